"""What `mailhub verify` judges by: the hub's trust data and answers, or those that the command itself was given."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from mailhub.cli.environment import Environment
from mailhub.clock import HOUR, now_ms
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.signed.answers import ANYWHERE, CrlFacts, revoked_lines
from mailhub.files.signed.facts import RevocationAnswer, Signed, Status
from mailhub.files.signed.trusted import Part
from mailhub.registry.matching import load_agencies
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.signatures.context import Context, DocumentWords, KnownSigner
from mailhub.signatures.judging import beside, wanted
from mailhub.signatures.matching import document_words, known_signers, plain_words
from mailhub.signatures.revocation.answers import known
from mailhub.signatures.revocation.checking import InspectorChecker
from mailhub.signatures.revocation.errors import NotBelieved
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.catalogue import shipped
from mailhub.signatures.trust.certificate_files import CertificateFile, read_certificates
from mailhub.signatures.trust.errors import BadCertificate
from mailhub.signatures.trust.pinned import Pinned, Trust, trust_of
from mailhub.signatures.verdict import Hierarchy, Wanted

_ARMOUR = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.*?)-----END [A-Z0-9 ]+-----", re.DOTALL)
_MOST_REVOCATION = 64 * 2**20  # octets of one file of answers
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
        self, environment: Environment, inspector: Inspector, pinned: Sequence[Pinned], evidence: Sequence[Evidence]
    ) -> None:
        from mailhub.signatures.revocation.asking import Asker  # a client of HTTP, which nobody needs alone

        self._environment = environment
        self._database = environment.database
        self._keeper = TrustKeeper(self._database)
        own = self._keeper.current()
        self.trust = own if not pinned else _joined(own, trust_of(pinned))
        self._given = Given(inspector, self.trust, evidence)
        checker = InspectorChecker(inspector)
        self._asker = Asker(lambda: environment.settings, self._database, self._keeper, checker)

    async def answers(self, signed: Signed, context: Context) -> tuple[RevocationAnswer, ...]:
        """The given files, the database, and the authorities within `[signatures] ocsp_seconds`."""
        given = await self._given.about(beside(signed))
        seconds = self._environment.settings.signatures.ocsp_seconds
        asked = await self._asker.answers(wanted(signed, context), seconds=seconds)
        with self._database.read() as connection:
            return (*given, *asked, *known(connection, beside(signed), context.now))

    def context(self, signed: Signed, recognition: Recognition | None, sender: str) -> Context:
        """With what the organisation knows of signers and issuer."""
        now, section = now_ms(), self._environment.settings.signatures
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


@contextmanager
def knowledge(
    hub: Environment | None, pinned: Sequence[Pinned], evidence: Sequence[Evidence]
) -> Iterator[tuple[Inspector, Knowledge]]:
    """An inspector to read files with, and what is known.

    Raises:
        SandboxImpossible, SettingsError, StoreUnavailable
    """
    with ExitStack() as stack:
        if hub is None:
            inspector = stack.enter_context(LocalPool())
            yield inspector, Alone(inspector, pinned, evidence)
            return
        from mailhub.cli.policy_inspector import inspector_of

        inspector = stack.enter_context(inspector_of(hub))  # before the database: root lends it, then steps down
        yield inspector, WithHub(hub, inspector, pinned, evidence)


def pinned_of(paths: Sequence[Path]) -> list[Pinned]:
    """The certificates of --trust, believed for this one command: `khác`, whatever they are called.

    One that another signed completes chains only when its issuer is given too; alone it is where chains may end.

    Raises:
        OSError, BadCertificate
    """
    found = {one.sha256: one for path in paths for one in _certificates(path)}
    roots = any(one.self_signed for one in found.values())
    return [
        Pinned(
            sha256=one.sha256,
            der=one.der,
            part=Part.ROOT if one.self_signed or not roots else Part.INTERMEDIATE,
            hierarchy=Hierarchy.OTHER,
            subject=one.subject,
            source="--trust",
        )
        for one in found.values()
    ]


def _certificates(path: Path) -> Sequence[CertificateFile]:
    try:
        return read_certificates(path.read_bytes())
    except BadCertificate as error:
        raise BadCertificate(f"{path}: {error}") from error


def evidence_of(paths: Sequence[Path]) -> list[Evidence]:
    """OCSP responses and lists, DER or PEM.

    Raises:
        OSError
    """
    found: list[Evidence] = []
    for path in paths:
        octets = path.read_bytes()[:_MOST_REVOCATION]
        armoured = [base64.b64decode(one) for one in _ARMOUR.findall(octets)]
        found += [Evidence(path.name, der) for der in armoured or [octets]]
    return found


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
