"""What each role does, from its settings to its loop. Every function here runs in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from mailhub.accounts import directory as accounts_directory
from mailhub.accounts.life.processes import this_node
from mailhub.accounts.verifier import Verifier
from mailhub.delivery.housekeeping import keep_house
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.signing import Signer
from mailhub.delivery.worker import Worker
from mailhub.dns.resolver import Resolver
from mailhub.errors import MailhubError
from mailhub.intake.committer import Committer
from mailhub.intake.gauges import Gauges
from mailhub.intake.inspecting import SessionInspection
from mailhub.intake.late import LateInspector
from mailhub.lifecycle.closing import Closer
from mailhub.lifecycle.daily import Schedule
from mailhub.lifecycle.post import PostOffice
from mailhub.lifecycle.scene import Scene
from mailhub.mailboxes.dovecot import Dovecot
from mailhub.mailboxes.quota import QuotaAsker
from mailhub.mailboxes.sessions import SessionEnder
from mailhub.mailboxes.verifier import VerifierServer
from mailhub.serve.backends import (
    LiveAuthentication,
    closed_accounts,
    configure_pool,
    delivery_pool,
    dovecot_plan,
    login_backend,
    lookup_backend,
    mail_inspector,
    mailbox_home,
)
from mailhub.serve.closing import closing_scene
from mailhub.serve.inspectors import QUICK_SOCKET, SLOW_SOCKET
from mailhub.serve.nudge import Nudger, listen_for_nudges
from mailhub.serve.privileges import Identity, serving_identity
from mailhub.serve.shared_sessions import SharedSessions
from mailhub.settings import LiveSettings, Settings
from mailhub.smtp.ending import SessionWatch
from mailhub.smtp.hub import Hub
from mailhub.smtp.inject import InjectDoor
from mailhub.smtp.listener import Gate, Listener
from mailhub.smtp.mx import MxDoor
from mailhub.smtp.server import ServerLimits
from mailhub.smtp.submission import SubmissionDoor
from mailhub.smtp.tls import ServerTLS
from mailhub.store.database import Database, open_database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

Ready = Callable[[], None]


@dataclass(slots=True)
class Doors:
    """The listening sockets of one smtp process."""

    mx: socket.socket | None = None
    submission: socket.socket | None = None
    submissions: socket.socket | None = None
    inject: socket.socket | None = None


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


def _reloader(live: LiveSettings, *also: Callable[[], object]) -> Callable[[], None]:
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


# ------------------------------------------------------------------------- smtp


def run_smtp(live: LiveSettings, number: int, doors: Doors, ready: Ready) -> int:
    """The doors of one process."""
    reread: list[Callable[[], object]] = []
    tls = ServerTLS(live.current.tls_certificate, live.current.tls_key, minimum=live.current.tls.minimum)

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        spool = _spool(settings, f"smtp-{number}")
        nudger = Nudger(settings.run_directory, settings.workers.delivery)
        committer = Committer(database, spool, nudger)
        committer.start()
        hub = Hub(
            settings=lambda: live.current,
            directory=accounts_directory.Directory(database),
            spool=spool,
            committer=committer,
            resolver=_resolver(settings),
            verifier=Verifier(database, LiveAuthentication(live)),
            gauges=Gauges(lambda: live.current, database, settings.spool_directory),
            quota=QuotaAsker(settings.run_directory / "quota-status") if settings.mailboxes.enabled else None,
            inspection=SessionInspection(lambda: live.current, database, mail_inspector(live, database, QUICK_SOCKET)),
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
        database.close()

    return run_loop(main, _reloader(live, tls.refresh, lambda: [act() for act in reread]))


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


# ----------------------------------------------------------------------- worker


def run_worker(live: LiveSettings, number: int, ready: Ready) -> int:
    """One delivery process; number 0 keeps the house as well."""
    reread: list[Callable[[], object]] = []

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url, checkpoints=number == 0)
        spool = _spool(settings, f"worker-{number}")
        directory = accounts_directory.Directory(database)
        signer = Signer(lambda: live.current)
        reread.append(signer.forget)
        pool = delivery_pool(live, _resolver(settings))
        reread.append(lambda: configure_pool(pool, live))
        notices = NoticeWriter(lambda: live.current, directory, database, spool)
        worker = Worker(
            f"{os.uname().nodename}/worker-{number}", lambda: live.current, database, spool, pool, signer, notices
        )
        late = LateInspector(
            worker.name,
            lambda: live.current,
            database,
            spool,
            mail_inspector(live, database, SLOW_SOCKET),
            after=worker.nudge,
        )

        def nudge() -> None:
            worker.nudge()
            late.nudge()

        ear = listen_for_nudges(settings.run_directory, number, nudge)
        upkeep = []
        if number == 0:
            letters = _spool(settings, "post")
            post = PostOffice(lambda: live.current, directory, database, letters, after=worker.nudge)
            upkeep = [
                asyncio.create_task(keep_house(lambda: live.current, database, spool)),
                asyncio.create_task(post.run()),
                asyncio.create_task(Closer(_closing_scene(settings, database)).run()),
                asyncio.create_task(_schedule(live, database).run()),
            ]
        work = asyncio.create_task(worker.run())
        reading = asyncio.create_task(late.run())
        ready()
        stopped = asyncio.create_task(stop.wait())
        ended, _ = await asyncio.wait({stopped, work, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            # They never end by themselves: let the fault end the process, which is then started again.
            await asyncio.gather(*ended)
        reading.cancel()
        worker.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(work, 20)
        for task in upkeep:
            task.cancel()
        await pool.close()
        ear.close()
        database.close()

    return run_loop(main, _reloader(live, lambda: [act() for act in reread]))


def _schedule(live: LiveSettings, database: Database) -> Schedule:
    return Schedule(
        lambda: live.current, database, lambda address: mailbox_home(live.current.mail_directory, address)
    )


def _closing_scene(settings: Settings, database: Database) -> Scene:
    return closing_scene(settings, database, serving_identity(settings.hub.user))


# --------------------------------------------------------------------- verifier


def run_verifier(live: LiveSettings, identity: Identity, ready: Ready) -> int:
    """Answers Dovecot's questions about users, and ends the sessions of closed accounts."""

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        directory = accounts_directory.Directory(database)
        verifier = Verifier(database, LiveAuthentication(live))
        shared_sessions = SharedSessions()
        server = VerifierServer(
            settings.run_directory / "auth",
            login_backend(verifier, directory, settings, shared_sessions),
            lookup_backend(directory, settings),
        )
        dovecot = Dovecot(dovecot_plan(settings, identity), program=settings.mailboxes.dovecot)
        version, closed = closed_accounts(database, shared_sessions)
        ender = asyncio.create_task(
            _end_sessions(SessionEnder(dovecot, version, closed), settings.run_directory / "lmtp")
        )
        renewal = asyncio.create_task(_reload_on_renewal(dovecot, settings.tls_certificate, settings.tls_key))
        async with server:
            ready()
            await stop.wait()
        ender.cancel()
        renewal.cancel()
        database.close()

    return run_loop(main, _reloader(live))


async def _reload_on_renewal(dovecot: Dovecot, *files: Path) -> None:
    """Dovecot reads its certificate when it starts and when it is told to: tell it when the files have changed."""
    seen = _changed_at(files)
    while True:
        await asyncio.sleep(10)
        now = _changed_at(files)
        if now != seen:
            try:
                await dovecot.reload()
                seen = now
            except MailhubError as error:
                log.warning("Dovecot goes on with its old certificate: %s", error)


def _changed_at(files: tuple[Path, ...]) -> list[int]:
    return [file.stat().st_mtime_ns if file.exists() else 0 for file in files]


async def _end_sessions(ender: SessionEnder, lmtp: Path) -> None:
    """Begin when Dovecot answers for the first time: before that nobody has a session."""
    while not answers(lmtp):  # noqa: ASYNC110 - it is another process that comes up
        await asyncio.sleep(0.2)
    await ender.run()


def _spool(settings: Settings, writer: str) -> Spool:
    spool = Spool(
        settings.spool_directory, writer, small_kib=settings.spool.small_kib, segment_mib=settings.spool.segment_mib
    )
    spool.prepare()
    return spool


def _resolver(settings: Settings) -> Resolver:
    return Resolver(settings.dns.nameservers, settings.dns.port, settings.dns.timeout_seconds)


def answers(path: Path) -> bool:
    """Whether somebody listens on the Unix socket `path`."""
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(str(path))
        except OSError:
            return False
        return True
