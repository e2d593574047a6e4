"""Signatures that could not be told when their message came are asked about again; who has the message hears of it when
one turns out to be no good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.clock import now_ms
from mailhub.errors import MailhubError
from mailhub.intake.telling_signatures import told_of
from mailhub.intake.verifying import Seen, SignedFile, Verifying
from mailhub.queue.enqueue import append_events
from mailhub.queue.models import EventKind, RecipientState
from mailhub.queue.records import NewEvent
from mailhub.queue.tables import message_table, recipient_table
from mailhub.registry.answers import answered
from mailhub.registry.readings import stored_facts
from mailhub.settings import Settings
from mailhub.signatures import keeping
from mailhub.signatures.again import next_due
from mailhub.signatures.keeping import JudgedFile, KeptVerdict
from mailhub.signatures.trust.pinned import still_believed
from mailhub.signatures.verdict import Caution, JudgedDocument, Verdict
from mailhub.signatures.words import main_word, told
from mailhub.store.database import Database

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
AT_ONCE = 50
ASK_SECONDS = 10.0  # nobody waits for the answer
MOST_TOLD = 200  # recipients of one message
_OURS = "local"
_HAVE_IT = (RecipientState.DELIVERED.value, RecipientState.QUEUED.value, RecipientState.HELD.value)


class VerifyingAgain:
    """For the one worker that keeps the house."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, verifying: Verifying, after: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._database = database
        self._verifying = verifying
        self._after = after

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.ask_due(now_ms()) == AT_ONCE:
                    pass
            except MailhubError as error:
                log.warning("signatures cannot be asked about again yet: %s", error)
            except Exception:
                log.exception("signatures could not be asked about again")
            await asyncio.sleep(LOOK_SECONDS)

    async def ask_due(self, now: int) -> int:
        """Ask about everything that is due at `now`; how many that were.

        Raises:
            StoreUnavailable
        """
        rows = await asyncio.to_thread(self._due, now)
        for row in rows:
            try:
                judged = await self._judge(row)
            except MailhubError:
                raise
            except Exception:  # one that trips us must not stop the others
                log.exception("the signatures of %s cannot be judged again", row.code)
                judged = row.judged
            await asyncio.to_thread(self._write, row, judged, now)
        if rows:
            self._after()
        return len(rows)

    def _due(self, now: int) -> list[KeptVerdict]:
        with self._database.read() as connection:
            return keeping.due(connection, now, AT_ONCE)

    async def _judge(self, row: KeptVerdict) -> JudgedDocument:
        file, seen = await asyncio.to_thread(self._file, row)
        trust = await asyncio.to_thread(self._verifying.trust)
        file = replace(file, signed=still_believed(file.signed, trust))  # a root may have been ended since
        (found,) = await self._verifying.judge([file], trust, seen, b"", seconds=ASK_SECONDS)
        if Caution.OTHER_SENDER in row.judged.warnings and Caution.OTHER_SENDER not in found.judged.warnings:
            # From was compared when the message lay before us.
            return replace(found.judged, warnings=(*found.judged.warnings, Caution.OTHER_SENDER))
        return found.judged

    def _file(self, row: KeptVerdict) -> tuple[SignedFile, Seen]:
        with self._database.read() as connection:
            facts, _ = stored_facts(connection, row.sha256)
            if facts is not None:
                (facts,) = answered(connection, [(row.sha256, facts)])
            query = select(message_table.c.sender).where(message_table.c.id == row.message_id)
            sender = connection.scalar(query) or ""
        recognition = None if facts is None else facts.recognition
        file = SignedFile(
            path=row.path, name="", sha256=row.sha256, signed=row.signed, recognition=recognition, own=not row.path
        )
        return file, Seen(at=row.seen_at, sender=sender)

    def _write(self, row: KeptVerdict, judged: JudgedDocument, now: int) -> None:
        with self._database.write() as connection:
            if judged.verdict is Verdict.UNKNOWN:
                days = self._settings().signatures.again_days
                keeping.put_off(connection, row, next_due(row.again, seen_at=row.seen_at, now=now, days=days))
                return
            keeping.keep_again(connection, row, judged, at=now)
            said = told_of(JudgedFile(path=row.path, sha256=row.sha256, signed=row.signed, judged=judged))
            line = NewEvent(
                at=now, message_id=row.message_id, code=row.code, recipient=None, kind=EventKind.VERIFIED,
                facts={"signatures": [said], "before": row.judged.verdict.value},
            )  # fmt: skip
            append_events(connection, [line])
            if judged.verdict is Verdict.INVALID:
                tell_recipients(connection, row, judged, at=now)


def tell_recipients(connection: Connection, row: KeptVerdict, judged: JudgedDocument, *, at: int) -> list[str]:
    """Tell those of ours who have the message; whom it was told to."""
    message, recipient = message_table.c, recipient_table.c
    head = connection.execute(select(message.subject, message.sender).where(message.id == row.message_id)).one_or_none()
    query = select(recipient.address).where(
        recipient.message_id == row.message_id, recipient.destination == _OURS, recipient.state.in_(_HAVE_IT)
    )
    people = sorted(set(connection.scalars(query.limit(MOST_TOLD))))
    signers = [one.signer.name for one in judged.signatures if one.verdict is Verdict.INVALID and one.signer.name]
    word = main_word(judged)
    facts = {
        "code": row.code,
        "subject": head.subject if head is not None else "",
        "sender": head.sender if head is not None else "",
        "signer": ", ".join(dict.fromkeys(signers)),
        "received_at": row.seen_at,
        "vi": told(word, "vi").meaning if word is not None else "",
        "en": told(word, "en").meaning if word is not None else "",
    }
    for address in people:
        about = f"signature-invalid {row.id} {address}"
        tell(connection, LetterKind.SIGNATURE_INVALID, address, facts, about=about, at=at)
    return people
