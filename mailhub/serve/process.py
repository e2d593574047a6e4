"""What the process of every role is made of: a loop until SIGTERM, settings read again at SIGHUP, a spool, names."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import uvloop

from mailhub.dns.resolver import Resolver
from mailhub.settings import LiveSettings, Settings
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

Ready = Callable[[], None]


def run_loop(main: Callable[[asyncio.Event], Awaitable[None]], reload: Callable[[], None]) -> int:
    """Run `main` on a fresh uvloop until SIGTERM sets its event; SIGHUP calls `reload`."""

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload)
        await main(stop)

    uvloop.run(body())
    return 0


def reloader(live: LiveSettings, *also: Callable[[], object]) -> Callable[[], None]:
    """What SIGHUP does: the settings are read again, and then `also`; a wrong file changes nothing."""

    def reload() -> None:
        outcome = live.reload()
        if outcome.error is not None:
            log.error("the settings stay as they were: %s", outcome.error)
        else:
            log.info("settings read again; changed: %s", ", ".join(outcome.changed) or "nothing")
            if outcome.needs_restart:
                log.warning("these wait for the next start: %s", ", ".join(outcome.needs_restart))
            for act in also:
                act()

    return reload


def spool_of(settings: Settings, writer: str) -> Spool:
    """The spool as this process writes to it, ready."""
    spool = Spool(
        settings.spool_directory, writer, small_kib=settings.spool.small_kib, segment_mib=settings.spool.segment_mib
    )
    spool.prepare()
    return spool


def resolver_of(settings: Settings) -> Resolver:
    """`[dns]`."""
    return Resolver(settings.dns.nameservers, settings.dns.port, settings.dns.timeout_seconds)
