"""What a file's signatures are judged by: the hub's trust data and answers, or those that a command was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mailhub.clock import HOUR, now_ms
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.signed.answers import ANYWHERE, CrlFacts, revoked_lines
from mailhub.files.signed.facts import RevocationAnswer, Signed, Status
from mailhub.registry.matching import load_agencies
from mailhub.sandbox.pool import Inspector
from mailhub.settings import Settings
from mailhub.signatures.context import Context, DocumentWords, KnownSigner
from mailhub.signatures.judging import beside, wanted
from mailhub.signatures.matching import document_words, known_signers, plain_words
from mailhub.signatures.revocation.answers import known
from mailhub.signatures.revocation.checking import InspectorChecker
from mailhub.signatures.revocation.errors import NotBelieved
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.catalogue import shipped
from mailhub.signatures.trust.pinned import Pinned, Trust, trust_of
from mailhub.signatures.verdict import Wanted
from mailhub.store.database import Database

_NO_SIGNER: Mapping[str, KnownSigner] = {}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Answers that the command was given: DER, and the file's name for what is said of it."""

    name: str
    der: bytes


class Knowledge(Protocol):
    """What is known beside the file itself."""

    @property
    def trust(self) -> Trust: ...

    async def answers(self, signed: Signed, context: Context) -> tuple[RevocationAnswer, ...]:
        """What is known of the certificates in `signed`, asking where that is allowed."""
        ...

    def context(self, signed: Signed, recognition: Recognition | None, sender: str) -> Context:
        """What the judgement needs."""
        ...


class Alone:
    """Without a hub: the certificates that ship, those of --trust, the answers of --revocation. Asks nobody."""

    def __init__(self, inspector: Inspector, pinned: Sequence[Pinned], evidence: Sequence[Evidence]) -> None:
        self.trust = trust_of(_without_repeats((*shipped(), *pinned)))
        self._given = Given(inspector, self.trust, evidence)

    async def answers(self, signed: Signed, context: Context) -> tuple[RevocationAnswer, ...]:  # noqa: ARG002
        """What the given files prove."""
        return await self._given.about(beside(signed))

    def context(self, signed: Signed, recognition: Recognition | None, sender: str) -> Context:  # noqa: ARG002
        """Now is when the file is first seen."""
        now = now_ms()
        return Context(
            seen_at=now, now=now, hierarchies=self.trust.hierarchies, document=plain_words(recognition), sender=sender
        )


class WithHub:
    """The trust data, the answers and the organisation of a hub; its settings say whether authorities are asked."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        inspector: Inspector,
        pinned: Sequence[Pinned] = (),
        evidence: Sequence[Evidence] = (),
    ) -> None:
        from mailhub.signatures.revocation.asking import Asker  # a client of HTTP, which nobody needs alone

        self._settings = settings
        self._database = database
        self._keeper = TrustKeeper(self._database)
        own = self._keeper.current()
        self.trust = own if not pinned else _joined(own, trust_of(pinned))
        self._given = Given(inspector, self.trust, evidence)
        checker = InspectorChecker(inspector)
        self._asker = Asker(settings, self._database, self._keeper, checker)

    def close(self) -> None:
        """Give the connection back; a command that ends need not."""
        self._keeper.close()

    async def answers(self, signed: Signed, context: Context) -> tuple[RevocationAnswer, ...]:
        """The given files, the database, and the authorities within `[signatures] ocsp_seconds`."""
        given = await self._given.about(beside(signed))
        seconds = self._settings().signatures.ocsp_seconds
        asked = await self._asker.answers(wanted(signed, context), seconds=seconds)
        with self._database.read() as connection:
            return (*given, *asked, *known(connection, beside(signed), context.now))

    def context(self, signed: Signed, recognition: Recognition | None, sender: str) -> Context:
        """With what the organisation knows of signers and issuer."""
        now, section = now_ms(), self._settings().signatures
        document: DocumentWords | None = None
        signers = _NO_SIGNER
        with self._database.read() as connection:
            signers = known_signers(connection, signed)
            if recognition is not None:
                document = document_words(connection, recognition, load_agencies(connection))
        return Context(
            seen_at=now,
            now=now,
            hierarchies=self.trust.hierarchies,
            document=document,
            signers=signers,
            sender=sender,
            weak=section.weak,
            max_age=section.max_age_hours * HOUR,
        )


class Given:
    """The answers that a command was given. Each is checked once, as a list and as an OCSP response of each pinned
    issuer in question; what proves nothing is left out: the verdict says then that the status is unknown."""

    def __init__(self, inspector: Inspector, trust: Trust, evidence: Sequence[Evidence]) -> None:
        self._checker = InspectorChecker(inspector)
        self._trust = trust
        self._evidence = evidence
        self._lists: dict[tuple[bytes, str], CrlFacts] = {}

    async def about(self, wanted: Sequence[Wanted]) -> tuple[RevocationAnswer, ...]:
        """What the files prove about these certificates."""
        found: list[RevocationAnswer] = []
        for one in self._evidence:
            for issuer in dict.fromkeys(each.issuer for each in wanted if each.issuer in self._trust.certificates):
                found += await self._of_one(one.der, issuer, [each for each in wanted if each.issuer == issuer])
        return tuple(found)

    async def _of_one(self, der: bytes, issuer: str, about: Sequence[Wanted]) -> Sequence[RevocationAnswer]:
        certificate = self._trust.certificates[issuer]
        try:
            listed = self._lists.get((der, issuer))
            if listed is None:
                listed = self._lists[der, issuer] = await self._checker.crl(der, certificate, ANYWHERE)
            if not listed.problem:
                return list(_from_list(listed, about))
            if not _may_be_ocsp(der):
                return ()
            answered = [await self._checker.ocsp(der, certificate, each.serial) for each in about]
            return [facts.answer for facts in answered if facts.answer is not None]
        except NotBelieved:
            return ()


def _may_be_ocsp(der: bytes) -> bool:
    """OCSPResponse begins with an ENUMERATED (RFC 6960 § 4.2.1), a list with a SEQUENCE: no child is asked in vain."""
    return b"\x0a\x01\x00" in der[:12]


def _from_list(listed: CrlFacts, about: Sequence[Wanted]) -> Iterator[RevocationAnswer]:
    """A list says `good` of whom it does not name (RFC 5280 § 5)."""
    serials = {each.serial for each in about}
    named = {line.serial: line for line in revoked_lines(listed) if line.serial in serials}
    for each in about:
        good = RevocationAnswer(
            issuer=each.issuer,
            serial=each.serial,
            status=Status.GOOD,
            this_update=listed.this_update,
            next_update=listed.next_update,
            kind="crl",
        )
        line = named.get(each.serial)
        if line is None:
            yield good
        else:
            yield replace(good, status=Status.REVOKED, revoked_at=line.at, reason=line.reason)


def _without_repeats(pinned: Sequence[Pinned]) -> list[Pinned]:
    """What ships is known better than what a file of --trust says again."""
    found: dict[str, Pinned] = {}
    for one in pinned:
        if one.der:
            found.setdefault(one.sha256, one)
    return list(found.values())


def _joined(own: Trust, more: Trust) -> Trust:
    added = [one for one in more.bundle.certificates if one.sha256 not in own.certificates]
    bundle = replace(
        own.bundle,
        version=f"{own.bundle.version}+{more.bundle.version}",
        certificates=(*own.bundle.certificates, *added),
    )
    return Trust(
        bundle=bundle,
        hierarchies={**more.hierarchies, **own.hierarchies},
        addresses=own.addresses,
        certificates={**more.certificates, **own.certificates},
    )
