"""Fetches authorities' lists of revoked certificates by the clock, from the addresses of the trust data."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mailhub.clock import HOUR, now_ms
from mailhub.settings import Settings
from mailhub.signatures.models import RevocationList
from mailhub.signatures.revocation import keeping, sources
from mailhub.signatures.revocation.checking import Checker
from mailhub.signatures.revocation.errors import FetchFailed, NotBelieved, OlderList
from mailhub.signatures.revocation.fetching import fetch
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.pinned import Addresses, Trust
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

FETCH_SECONDS = 120.0  # 32 MiB over a thin line
LOOK_SECONDS = 60.0
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of fetching one issuer's list. `problem` "": it is kept, and revokes `count` certificates."""

    issuer: str
    url: str
    count: int = 0
    problem: str = ""


class Refresher:
    """Keeps the lists fresh. One process of a hub does."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, keeper: TrustKeeper, checker: Checker
    ) -> None:
        self._settings = settings
        self._database = database
        self._keeper = keeper
        self._checker = checker

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.run_once()
            except StoreUnavailable as error:
                log.warning("lists of revoked certificates: %s", error)
            except Exception:  # the worker's other work goes on
                log.exception("lists of revoked certificates")
            await asyncio.sleep(LOOK_SECONDS)

    async def run_once(self, *, everything: bool = False, at: int | None = None) -> Sequence[Fetched]:
        """Fetch the lists that are due at `at` (now), or all of them. In a closed network nothing happens.

        Raises:
            StoreUnavailable
        """
        moment = now_ms() if at is None else at
        if not self._settings().signatures.online:
            return ()
        trust = self._keeper.current()
        due = await asyncio.to_thread(self._due, trust, moment, everything)
        return [await self._fetch(trust, issuer, url, moment) for issuer, url in due]

    def _due(self, trust: Trust, at: int, everything: bool) -> list[tuple[str, str]]:
        """Issuers with their address: no list yet, an old one, or one that says itself that it has ended."""
        every = [(issuer, where.crl) for issuer, where in trust.addresses.items() if where.crl]
        if everything:
            return every
        table, pause = RevocationList.__table__.c, self._settings().signatures.crl_hours * HOUR
        with self._database.read() as connection:
            dates = connection.execute(select(table.issuer, table.fetched_at, table.next_update))
            until = {row.issuer: min(row.fetched_at + pause, row.next_update or 2**62) for row in dates}
            return [
                (key, url) for key, url in every if until.get(key, 0) <= at and sources.may_ask(connection, url, at)
            ]

    async def _fetch(self, trust: Trust, issuer: str, url: str, at: int) -> Fetched:
        section = self._settings().signatures
        try:
            der = await fetch(url, most=section.crl_mib * _MIB, seconds=FETCH_SECONDS, proxy=section.proxy)
            count = await take_list(self._database, self._checker, trust, issuer, der, source=url, at=at)
        except (FetchFailed, NotBelieved, OlderList) as error:
            await asyncio.to_thread(self._note, url, at, str(error))
            log.warning("list of revoked certificates %s: %s", url, error)
            return Fetched(issuer=issuer, url=url, problem=str(error))
        await asyncio.to_thread(self._note, url, at, "")
        return Fetched(issuer=issuer, url=url, count=count)

    def _note(self, url: str, at: int, problem: str) -> None:
        with self._database.write() as connection:
            sources.note(connection, url, at, problem)


async def take_list(
    database: Database, checker: Checker, trust: Trust, issuer: str, der: bytes, *, source: str, at: int
) -> int:
    """Have a list checked against its pinned issuer, and keep it; gives how many certificates it revokes. A list that
    says where it lies (RFC 5280 § 5.2.5) has to name the pinned address, whoever carried it here.

    Raises:
        NotBelieved: not this issuer's word. OlderList: a newer one is kept. StoreUnavailable.
    """
    where = trust.addresses.get(issuer, Addresses())
    facts = await checker.crl(der, trust.certificates[issuer], where.crl or source)
    if facts.problem or facts.issuer != issuer:
        raise NotBelieved(facts.problem or "another issuer's list")
    if facts.this_update > at + HOUR:
        raise NotBelieved("a list from the future: compare this machine's clock")
    return await asyncio.to_thread(keeping.keep_list, database, issuer, facts, der, source=source, at=at)
