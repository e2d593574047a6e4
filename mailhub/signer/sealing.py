"""One order from its first check to the signature: mandate, inspector, own look, key, journal."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from mailhub.clock import now_ms
from mailhub.files.sealing.values import Prepared, SealKind
from mailhub.signer.cms_building import build_cms
from mailhub.signer.deciding import (
    check_attachment,
    check_certificate,
    check_document,
    check_limit,
    check_order,
    check_person,
    check_signatures,
)
from mailhub.signer.derived import NotDerived, digest_of
from mailhub.signer.errors import JournalError, MandateError, SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.journal import Entry, Journal
from mailhub.signer.keys import AgencyCertificate, KeyRing
from mailhub.signer.mandate import Mandate, Mandates, load_mandates
from mailhub.signer.orders import KeyStatus, Refusal, Sealed, SealOrder, SealRefused, SignerStatus
from mailhub.signer.preparing import Preparer, Wanted

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class SigningDesk:
    """The signer without its socket. `clock` gives ms."""

    folder: Folder
    preparer: Preparer
    clock: Callable[[], int] = now_ms
    mandates: Mandates = field(default_factory=Mandates)
    problem: str = ""
    _ring: KeyRing = field(init=False)
    _journal: Journal = field(init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Raises:
        MandateError, JournalError
        """
        self.mandates = load_mandates(self.folder)
        self._ring = KeyRing(self.folder)
        self._journal = Journal(self.folder.path / "journal")

    async def reload(self) -> None:
        """Read the mandates anew, and open every key anew; a wrong file leaves the old in force."""
        try:
            mandates = await asyncio.to_thread(load_mandates, self.folder)
        except MandateError as error:
            self.problem = "; ".join(error.problems)
            log.error("the mandates stay as they were: %s", self.problem)  # noqa: TRY400
            return
        async with self._turn:
            self.mandates, self.problem = mandates, ""
            self._ring.close()
        await self.open_keys()

    async def open_keys(self) -> None:
        """Open all of them, so that the first order finds its key; what does not open is said, and tried again."""
        for mandate in self.mandates.by_agency.values():
            try:
                await asyncio.to_thread(self._ring.certificate, mandate.key)
            except SignerError as error:
                log.error("the key of %s cannot be used: %s", mandate.agency, error)  # noqa: TRY400

    async def seal(self, order: SealOrder) -> Sealed | SealRefused:
        """Carry it out, or say why not; every refusal is logged without a word of the document."""
        try:
            return await self._seal(order)
        except SignerError as error:
            lied = error.reason is Refusal.NOT_DERIVED  # a fault of ours, or a child that was taken over
            log.log(
                logging.ERROR if lied else logging.WARNING,
                "refused for %s, act %s: %s", order.agency[:40], order.act[:60], error,
            )  # fmt: skip
            return SealRefused(reason=error.reason, detail=error.detail[:300])

    async def _seal(self, order: SealOrder) -> Sealed:
        mandates, at = self.mandates, self.clock()
        mandate = check_order(order, mandates.by_agency.get(order.agency))
        original = await _beside(lambda: hashlib.sha256(order.original).hexdigest(), len(order.original))
        self._check_limit(mandate, order, original, at)
        number = self._number_of_main(order)
        certificate = await asyncio.to_thread(self._ring.certificate, mandate.key)
        check_certificate(certificate.not_before, certificate.not_after, at)
        wanted = Wanted(
            order=order,
            mandate=mandate,
            certificate=certificate.der,
            own=(certificate.sha256,),
            number=number,
            at=at,
        )
        prepared, update = await self.preparer.prepare(wanted, mandates.trust)
        await self._check(order, mandate, prepared)
        placeholder = (prepared.contents_at, prepared.contents_end)
        try:
            digest = await _beside(partial(digest_of, order.original, update, placeholder), len(order.original))
        except NotDerived as error:
            raise SignerError(Refusal.NOT_DERIVED, str(error)) from error
        words = (prepared.document.doc_type, prepared.document.number_symbol or number)
        async with self._turn:
            if self.mandates is not mandates:
                raise SignerError(Refusal.BUSY, "the mandates were read anew meanwhile")
            self._check_limit(mandate, order, original, at)
            cms = await self._sign(mandate, digest, room=placeholder[1] - placeholder[0] - 2)
            await self._write_down(order, certificate, (original, digest.hex()), cms, words)
        return Sealed(
            update=update,
            cms=cms,
            contents=(placeholder[0] + 1, placeholder[1] - 1),
            certificate=certificate.sha256,
            doc_type=words[0],
            number_symbol=words[1],
        )

    async def _check(self, order: SealOrder, mandate: Mandate, prepared: Prepared) -> None:
        if order.kind is SealKind.ATTACHMENT:
            check_attachment(prepared.document)
            check_signatures(prepared.signed)
            return
        check_document(mandate, prepared.document)
        check_person(mandate, prepared.signed, await asyncio.to_thread(self._own_certificates), prepared.beside)

    def _check_limit(self, mandate: Mandate, order: SealOrder, original: str, at: int) -> None:
        known = self._journal.known(mandate.agency, order.act, original, at)
        check_limit(mandate, self._journal.today(mandate.agency, at), known=known)

    def _number_of_main(self, order: SealOrder) -> str:
        """What an attachment's text names: the document that the same act had sealed, by our own journal."""
        if order.kind is not SealKind.ATTACHMENT:
            return ""
        main = self._journal.main(order.agency, order.act, order.main)
        if main is None:
            raise SignerError(Refusal.NO_MAIN)
        return main.number_symbol

    async def _sign(self, mandate: Mandate, digest: bytes, *, room: int) -> bytes:
        chain = await asyncio.to_thread(self._ring.chain, mandate.key)
        cms = await build_cms(digest, chain, partial(self._ring.sign, mandate.key))
        if 2 * len(cms) > room:
            raise SignerError(Refusal.NOT_PREPARED, "no room for the signature")
        return cms

    async def _write_down(
        self,
        order: SealOrder,
        certificate: AgencyCertificate,
        hashes: tuple[str, str],
        cms: bytes,
        words: tuple[str, str],
    ) -> None:
        entry = Entry(
            at=self.clock(),
            agency=order.agency,
            desk=order.desk,
            clerk=order.clerk,
            act=order.act,
            kind=order.kind,
            doc_type=words[0],
            number_symbol=words[1],
            original=hashes[0],
            digest=hashes[1],
            cms=hashlib.sha256(cms).hexdigest(),
            certificate=certificate.sha256,
            main=order.main,
        )
        try:
            await asyncio.to_thread(self._journal.append, entry)
        except JournalError as error:
            raise SignerError(Refusal.JOURNAL, str(error)) from error

    def _own_certificates(self) -> frozenset[str]:
        """Of every agency here whose key is open: their signatures are no person's."""
        found = set()
        for mandate in self.mandates.by_agency.values():
            try:
                found.add(self._ring.certificate(mandate.key).sha256)
            except SignerError:
                continue
        return frozenset(found)

    # ---------------------------------------------------------------- status

    async def status(self) -> SignerStatus:
        """How mandates and keys do."""
        at = self.clock()
        keys = [await asyncio.to_thread(self._status, one, at) for one in self.mandates.by_agency.values()]
        return SignerStatus(
            keys=tuple(keys), problem=self.problem[:400], entries=self._journal.entries, head=self._journal.head
        )

    def _status(self, mandate: Mandate, at: int) -> KeyStatus:
        certificate, problem, wrong = None, "", 0
        try:
            wrong = self._ring.wrong_pins(mandate.key)
            certificate = self._ring.certificate(mandate.key)
            check_certificate(certificate.not_before, certificate.not_after, at)
        except SignerError as error:
            problem = str(error)[:300]
        return KeyStatus(
            agency=mandate.agency,
            desks=tuple(sorted(mandate.desks)),
            types=tuple(sorted(mandate.types)),
            posts=tuple(sorted(mandate.posts)),
            limit=mandate.limit,
            today=self._journal.today(mandate.agency, at),
            store="pkcs12" if mandate.key.pkcs12 else "pkcs11",
            subject=certificate.subject if certificate else "",
            certificate=certificate.sha256 if certificate else "",
            not_before=certificate.not_before if certificate else 0,
            not_after=certificate.not_after if certificate else 0,
            wrong_pins=wrong,
            problem=problem,
        )


async def _beside(work: Callable[[], T], octets: int) -> T:
    """In a thread when it is long: hashing 40 MB takes a while."""
    return await asyncio.to_thread(work) if octets > 2**20 else work()
