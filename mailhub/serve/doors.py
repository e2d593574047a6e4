"""The process of the role `smtp`: every door on its own sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from mailhub.accounts.directory import Directory
from mailhub.accounts.life.processes import this_node
from mailhub.accounts.verifier import Verifier
from mailhub.intake.committer import Committer
from mailhub.intake.gauges import Gauges
from mailhub.intake.inspecting import SessionInspection
from mailhub.mailboxes.quota import QuotaAsker
from mailhub.screening.rules.book import LiveBook
from mailhub.screening.screen import Screen
from mailhub.sealing.gate import SealGate
from mailhub.serve.backends import LiveAuthentication, mail_inspector, signature_asker
from mailhub.serve.inspectors import QUICK_SOCKET
from mailhub.serve.nudge import Nudger
from mailhub.serve.process import Ready, reloader, resolver_of, run_loop, spool_of
from mailhub.settings import LiveSettings, Settings
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.smtp.ending import SessionWatch
from mailhub.smtp.hub import Hub
from mailhub.smtp.inject import InjectDoor
from mailhub.smtp.listener import Gate, Listener
from mailhub.smtp.mx import MxDoor
from mailhub.smtp.server import ServerLimits
from mailhub.smtp.submission import SubmissionDoor
from mailhub.smtp.tls import ServerTLS
from mailhub.smtp.word_taker import WordTaker
from mailhub.store.database import open_database
from mailhub.store.errors import StoreUnavailable

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Doors:
    """The listening sockets of one smtp process."""

    mx: socket.socket | None = None
    submission: socket.socket | None = None
    submissions: socket.socket | None = None
    inject: socket.socket | None = None


def run_smtp(live: LiveSettings, number: int, doors: Doors, ready: Ready) -> int:
    """The doors of one process."""
    reread: list[Callable[[], object]] = []
    tls = ServerTLS(live.current.tls_certificate, live.current.tls_key, minimum=live.current.tls.minimum)

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        spool = spool_of(settings, f"smtp-{number}")
        nudger = Nudger(settings.run_directory, settings.workers.delivery)
        committer = Committer(database, spool, nudger)
        committer.start()
        directory = Directory(database)
        trust = TrustKeeper(database)
        asker = signature_asker(live, database, trust, QUICK_SOCKET)
        reader = mail_inspector(live, database, QUICK_SOCKET, trust, asker)
        hub = Hub(
            settings=lambda: live.current,
            directory=directory,
            spool=spool,
            committer=committer,
            resolver=resolver_of(settings),
            verifier=Verifier(database, LiveAuthentication(live)),
            gauges=Gauges(lambda: live.current, database, settings.spool_directory),
            quota=QuotaAsker(settings.run_directory / "quota-status") if settings.mailboxes.enabled else None,
            inspection=SessionInspection(lambda: live.current, database, reader),
            screen=Screen(lambda: live.current, database, directory, LiveBook(database)),
            words=WordTaker(database, nudger),
            seals=SealGate(lambda: live.current, database),
        )
        watch = SessionWatch(f"{this_node()}/smtp-{number}", hub, database)
        await _register(watch)
        listeners = await _open_doors(hub, doors, tls)
        watch.sessions = lambda: [session for listener in listeners for session in listener.sessions]
        watching = asyncio.create_task(watch.run())
        reread.extend(partial(_renew_limits, one, live) for one in listeners)
        refresher = asyncio.create_task(_refresh_certificate(tls))
        ready()
        await stop.wait()
        refresher.cancel()
        await asyncio.gather(*(listener.drain(20.0) for listener in listeners))
        watching.cancel()
        await asyncio.to_thread(committer.stop)
        with suppress(StoreUnavailable):
            await asyncio.to_thread(watch.leave)
        watch.close()
        hub.screen.close()
        trust.close()
        database.close()

    return run_loop(main, reloader(live, tls.refresh, lambda: [act() for act in reread]))


async def _register(watch: SessionWatch) -> None:
    try:
        await asyncio.to_thread(watch.register)
    except StoreUnavailable as error:  # nobody logs in without a database; the watch registers when it is back
        log.warning("the process is not registered yet: %s", error)


async def _open_doors(hub: Hub, doors: Doors, tls: ServerTLS) -> list[Listener]:
    limits = server_limits(hub.settings())
    gate = Gate(limits.connections, limits.connections_per_network)  # of the process, not of a port
    found: list[Listener] = []
    plan = (
        (doors.mx, MxDoor, False),
        (doors.submission, SubmissionDoor, False),
        (doors.submissions, SubmissionDoor, True),
        (doors.inject, InjectDoor, False),
    )
    for one, door, implicit in plan:
        if one is not None:
            listener = Listener(partial(door, hub), limits=limits, tls=tls.context, implicit_tls=implicit, gate=gate)
            await listener.listen(one)
            found.append(listener)
    return found


def _renew_limits(listener: Listener, live: LiveSettings) -> None:
    listener.set_limits(server_limits(live.current))


async def _refresh_certificate(tls: ServerTLS) -> None:
    while True:
        await asyncio.sleep(10)
        tls.refresh()


def server_limits(settings: Settings) -> ServerLimits:
    """`[limits]` in the server's own units."""
    limits = settings.limits
    return ServerLimits(
        message_bytes=limits.message_mib * 1024 * 1024,
        recipients=limits.recipients,
        command_seconds=limits.command_seconds,
        data_idle_seconds=limits.data_idle_seconds,
        data_rate_bytes_per_minute=limits.data_rate_bytes_per_minute,
        errors=limits.errors,
        commands_without_mail=limits.commands_without_mail,
        header_bytes=limits.header_kib * 1024,
        connections=limits.connections,
        connections_per_network=limits.connections_per_network,
    )
