"""What is signed in a message is judged: whom its signatures lead to, and what the authorities say of them now.

Only messages that carry a signature cost anything here. What fails here on our side makes a signature UNKNOWN, to be
asked about again; it never makes it valid.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from mailhub.accounts.models import Mailbox
from mailhub.accounts.profiles import load_lines
from mailhub.clock import HOUR, now_ms
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.facts import FileFacts
from mailhub.files.signed.facts import Form, Problem, RevocationAnswer, Signed
from mailhub.mail.address import AmbiguousAddress, addresses_of
from mailhub.mail.headers import all_of, header_end, read_fields, unfold
from mailhub.mail.octets import Octets
from mailhub.registry.matching import Agencies, load_agencies
from mailhub.registry.secret import holds_secret
from mailhub.settings import Settings
from mailhub.signatures.context import Context, DocumentWords
from mailhub.signatures.judging import beside, judge, wanted
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.matching import document_words, known_signers
from mailhub.signatures.revocation.answers import known
from mailhub.signatures.revocation.asking import Asker
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.pinned import Trust
from mailhub.signatures.verdict import JudgedDocument, Level, Verdict, Wanted
from mailhub.store.database import Database

log = logging.getLogger(__name__)

MOST_SIGNED = 200  # files of one message that are judged
MOST_HEADER = 64 * 1024
_NOBODY = "nobody@invalid"  # RFC 2606 § 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a message came. `at`: when our hub first got it (ms); `sender`: the envelope's."""

    at: int
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """A signed file of a message, before it is judged. `own`: it is the message's own signature."""

    path: str
    name: str
    sha256: bytes
    signed: Signed
    recognition: Recognition | None = None
    own: bool = False


class Verifying:
    """Judges for one process."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, keeper: TrustKeeper, asker: Asker | None
    ) -> None:
        """Without `asker` nobody is asked: what is known already has to do."""
        self._settings = settings
        self._database = database
        self._keeper = keeper
        self._asker = asker

    def trust(self) -> Trust:
        """What is believed now.

        Raises:
            StoreUnavailable
        """
        return self._keeper.current()

    async def judge(
        self, files: Sequence[SignedFile], trust: Trust, seen: Seen, data: Octets, *, seconds: float
    ) -> tuple[JudgedFile, ...]:
        """The verdicts, in the files' order. Authorities are asked for at most `seconds`, and for no longer than the
        settings let a message wait.

        Raises:
            StoreUnavailable
        """
        if not files:
            return ()
        files = files[:MOST_SIGNED]
        contexts = await asyncio.to_thread(self._contexts, files, trust, seen, data)
        asked = [one for file, context in zip(files, contexts, strict=True) for one in _wanted(file.signed, context)]
        left = min(seconds, self._settings().signatures.ocsp_seconds)
        answers: tuple[RevocationAnswer, ...] = ()
        if self._asker is not None:
            answers = await self._asker.answers(asked, seconds=max(0.0, left), at=now_ms())
        answers += await asyncio.to_thread(self._known, files, frozenset(asked if self._asker else ()))
        return tuple(
            JudgedFile(
                path="" if file.own else file.path,
                name=file.name,
                sha256=file.sha256,
                signed=file.signed,
                judged=judged_safely(file.signed, answers, replace(context, now=now_ms())),
            )
            for file, context in zip(files, contexts, strict=True)
        )

    def _known(self, files: Sequence[SignedFile], asked: frozenset[Wanted]) -> tuple[RevocationAnswer, ...]:
        others = {one for file in files for one in beside(file.signed)} - asked
        with self._database.read() as connection:
            return known(connection, others, now_ms())

    def _contexts(self, files: Sequence[SignedFile], trust: Trust, seen: Seen, data: Octets) -> list[Context]:
        section = self._settings().signatures
        # An author whom not all read alike is nobody's: what is signed then is not by who is shown.
        author = (author_of(data) or _NOBODY) if len(data) and any(file.own for file in files) else ""
        with self._database.read() as connection:
            agencies = load_agencies(connection)
            sender = sender_agencies(connection, seen.sender)
            return [
                Context(
                    seen_at=seen.at,
                    now=now_ms(),
                    hierarchies=trust.hierarchies,
                    document=words_of(connection, file.recognition, agencies),
                    signers=known_signers(connection, file.signed),
                    sender_agencies=sender,
                    sender=author if file.own else "",
                    weak=section.weak,
                    max_age=section.max_age_hours * HOUR,
                )
                for file in files
            ]


def judged_safely(signed: Signed, answers: Sequence[RevocationAnswer], context: Context) -> JudgedDocument:
    """The verdict; UNKNOWN where our own judging breaks down, so that it is asked again."""
    try:
        return judge(signed, answers, context)
    except Exception:
        log.exception("a signature cannot be judged")
        return JudgedDocument(
            verdict=Verdict.UNKNOWN, level=Level.CARE, reasons=(Problem.CRASHED,), judged_at=context.now
        )


def _wanted(signed: Signed, context: Context) -> tuple[Wanted, ...]:
    try:
        return wanted(signed, context)
    except Exception:
        log.exception("it cannot be told who is to be asked about a signature")
        return ()


def words_of(connection: Connection, recognition: Recognition | None, agencies: Agencies) -> DocumentWords | None:
    """What the signed document says of itself; None where none was recognised."""
    return None if recognition is None else document_words(connection, recognition, agencies)


def sender_agencies(connection: Connection, sender: str) -> tuple[str, ...]:
    """Codes of the agency of the mailbox that a message comes from, and of those above it; none for a stranger's."""
    if not sender:
        return ()
    number = connection.scalar(select(Mailbox.agency_id).where(Mailbox.address == sender.casefold()))
    return load_lines(connection, [number])[number].codes if number is not None else ()


def author_of(data: Octets) -> str:
    """The address in From (RFC 5322 § 3.6.2), lower case; "" when there is not exactly one that all read alike."""
    head = bytes(data[:MOST_HEADER])
    fields = all_of(read_fields(head[: header_end(head)]), b"from")
    if len(fields) != 1:
        return ""
    try:
        found = addresses_of(unfold(fields[0].raw))
    except AmbiguousAddress:
        return ""
    return found[0].text.lower() if len(found) == 1 else ""


def signed_within(facts: FileFacts, path: str, sha256: bytes, *, own: bool = False) -> Iterator[SignedFile]:
    """The signed files in a file, itself and its members, but for those that hold a secret: nothing of who signed them
    may be kept."""
    if holds_secret(facts):
        return
    if facts.signed is not None:
        yield SignedFile(
            path=path,
            name=facts.name,
            sha256=sha256,
            signed=facts.signed,
            recognition=facts.recognition,
            # Anything may call itself S/MIME: a signed PDF in its place signs no message.
            own=own and all(one.form is Form.SMIME for one in facts.signed.signatures),
        )
    for position, member in enumerate(facts.members, 1):
        hashed = bytes.fromhex(member.sha256) if len(member.sha256) == 64 else b"\0" * 32
        yield from signed_within(member, f"{path}/{position}", hashed)


__all__ = ["Seen", "SignedFile", "Verifying", "author_of", "signed_within"]
