"""The process of the role `verifier`: Dovecot's questions about users, and the end of closed accounts' sessions."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from mailhub.accounts.directory import Directory
from mailhub.accounts.verifier import Verifier
from mailhub.errors import MailhubError
from mailhub.mailboxes.dovecot import Dovecot
from mailhub.mailboxes.sessions import SessionEnder
from mailhub.mailboxes.verifier import VerifierServer
from mailhub.serve.backends import LiveAuthentication, closed_accounts, dovecot_plan, login_backend, lookup_backend
from mailhub.serve.privileges import Identity
from mailhub.serve.process import Ready, reloader, run_loop
from mailhub.serve.shared_sessions import SharedSessions
from mailhub.serve.sockets import answers
from mailhub.settings import LiveSettings
from mailhub.store.database import open_database

log = logging.getLogger(__name__)


def run_verifier(live: LiveSettings, identity: Identity, ready: Ready) -> int:
    """Answers Dovecot's questions about users, and ends the sessions of closed accounts."""

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        directory = Directory(database)
        verifier = Verifier(database, LiveAuthentication(live))
        shared_sessions = SharedSessions()
        server = VerifierServer(
            settings.run_directory / "auth",
            login_backend(verifier, directory, settings, shared_sessions),
            lookup_backend(directory, settings),
        )
        dovecot = Dovecot(dovecot_plan(settings, identity), program=settings.mailboxes.dovecot)
        version, closed, settled = closed_accounts(database, shared_sessions)
        ender = asyncio.create_task(
            _end_sessions(SessionEnder(dovecot, version, closed, settled), settings.run_directory / "lmtp")
        )
        renewal = asyncio.create_task(_reload_on_renewal(dovecot, settings.tls_certificate, settings.tls_key))
        async with server:
            ready()
            await stop.wait()
        ender.cancel()
        renewal.cancel()
        database.close()

    return run_loop(main, reloader(live))


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
