"""Asks authorities about certificates by OCSP (RFC 6960, over HTTP as in RFC 5019), where nothing in force is known.

Only at the address of the pinned issuer's trust data: what the certificate in hand says of where to ask is never read.
A question names the certificate by its issuer's hashes and its serial number, so that no file need be opened for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from mailhub.clock import now_ms
from mailhub.files.signed.facts import RevocationAnswer, Status
from mailhub.settings import Settings
from mailhub.signatures.revocation import keeping, sources
from mailhub.signatures.revocation.answers import known, lacking
from mailhub.signatures.revocation.checking import Checker
from mailhub.signatures.revocation.errors import FetchFailed, NotBelieved
from mailhub.signatures.revocation.fetching import fetch
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.pinned import Trust
from mailhub.signatures.verdict import Wanted
from mailhub.store.database import Database

log = logging.getLogger(__name__)

MOST_OCTETS = 64 * 1024
MOST_AT_ONCE = 20  # certificates that one message may have asked about
SILENT_SECONDS = 300.0  # for which nobody is asked again about what an authority does not know
_MOST_SILENT = 10_000
_LATER = 0.2  # seconds that checking and keeping take: asking ends before the time does


class Asker:
    """What a process asks authorities. Certificates that are being asked about already are waited for."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, keeper: TrustKeeper, checker: Checker
    ) -> None:
        self._settings = settings
        self._database = database
        self._keeper = keeper
        self._checker = checker
        self._under_way: dict[Wanted, asyncio.Task[None]] = {}
        self._silent: dict[Wanted, float] = {}  # until when, by time.monotonic()

    async def answers(
        self, wanted: Iterable[Wanted], *, seconds: float, at: int | None = None
    ) -> tuple[RevocationAnswer, ...]:
        """What is known about these certificates, after those have been asked about of which nothing is in force.

        Takes no longer than `seconds`; 0, or a closed network, asks nobody. What has not been answered by then is
        answered on and known the next time.

        Raises:
            StoreUnavailable
        """
        asked, moment = tuple(dict.fromkeys(wanted)), now_ms() if at is None else at
        if not asked:
            return ()
        found = await asyncio.to_thread(self._known, asked, moment)
        section = self._settings().signatures
        missing = lacking(asked, found, moment, section.max_age_hours)[:MOST_AT_ONCE]
        if not (missing and section.online and seconds > 0):
            return found
        tasks = [task for one in missing if (task := self._task(one, seconds, moment)) is not None]
        if not tasks:
            return found
        await asyncio.wait(tasks, timeout=seconds)
        return await asyncio.to_thread(self._known, asked, moment)

    def _known(self, wanted: Sequence[Wanted], at: int) -> tuple[RevocationAnswer, ...]:
        with self._database.read() as connection:
            return known(connection, wanted, at)

    def _task(self, one: Wanted, seconds: float, at: int) -> asyncio.Task[None] | None:
        """The asking about one certificate; None when its issuer is not ours, or tells no address."""
        trust = self._keeper.current()
        where = trust.addresses.get(one.issuer)
        if where is None or not where.ocsp or self._silent.get(one, 0.0) > time.monotonic():
            return None
        if one not in self._under_way:
            task = asyncio.create_task(self._ask(trust, where.ocsp, one, max(0.1, seconds - _LATER), at))
            self._under_way[one] = task
            task.add_done_callback(lambda _: self._under_way.pop(one, None))
        return self._under_way[one]

    async def _ask(self, trust: Trust, url: str, one: Wanted, seconds: float, at: int) -> None:
        """Ask, have it checked, keep it. Whatever fails leaves the certificate unknown."""
        try:
            if not await asyncio.to_thread(self._may_ask, url, at):
                return
            problem = await self._asked(trust, url, one, seconds, at)
            if not problem:
                return
            log.info("OCSP %s about %s: %s", url, one.serial, problem)
            if len(self._silent) >= _MOST_SILENT:
                self._silent.clear()
            self._silent[one] = time.monotonic() + SILENT_SECONDS
        except NotBelieved as error:  # nobody could check it just now
            log.warning("OCSP %s: %s", url, error)
        except Exception:  # of one certificate: the others go on
            log.exception("OCSP %s", url)

    async def _asked(self, trust: Trust, url: str, one: Wanted, seconds: float, at: int) -> str:
        """What was wrong with the answer; "" when it tells something, or when none came: that is the address's fault.

        Raises:
            NotBelieved
        """
        issuer, proxy = trust.certificates[one.issuer], self._settings().signatures.proxy
        body, kind = question(issuer, one.serial), "application/ocsp-request"
        try:
            der = await fetch(url, body=body, kind=kind, most=MOST_OCTETS, seconds=seconds, proxy=proxy)
        except FetchFailed as error:
            await asyncio.to_thread(self._note, url, at, str(error))
            return ""
        facts = await self._checker.ocsp(der, issuer, one.serial)
        answer = facts.answer
        if answer is None or (answer.issuer, answer.serial) != (one.issuer, one.serial):
            await asyncio.to_thread(self._note, url, at, "")
            return facts.problem or "the answer is about another certificate"
        await asyncio.to_thread(self._keep, url, answer, der, at)
        return "the authority does not know it" if answer.status is Status.UNKNOWN else ""

    def _may_ask(self, url: str, at: int) -> bool:
        with self._database.read() as connection:
            return sources.may_ask(connection, url, at)

    def _note(self, url: str, at: int, problem: str) -> None:
        with self._database.write() as connection:
            sources.note(connection, url, at, problem)

    def _keep(self, url: str, answer: RevocationAnswer, der: bytes, at: int) -> None:
        with self._database.write() as connection:
            sources.note(connection, url, at)
            keeping.keep_answer(connection, answer, der, at=at)


def question(issuer: bytes, serial: str) -> bytes:
    """The OCSP request about the certificate `serial` (hexadecimal) of `issuer` (DER, pinned). SHA-1 names the issuer
    and proves nothing: responders know it by that (RFC 5019 § 2.1.1). No nonce: answers may come from a cache."""
    certificate = x509.load_der_x509_certificate(issuer)
    name = hashes.Hash(hashes.SHA1())  # noqa: S303
    name.update(certificate.subject.public_bytes())
    # The digest of the key's BIT STRING without tag, length and unused bits: as RFC 5280 § 4.2.1.2 (1) has it too.
    key = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name.finalize(),
        key,
        int(serial, 16),
        hashes.SHA1(),  # noqa: S303
    )
    return builder.build().public_bytes(serialization.Encoding.DER)
