"""Ends the open sessions of accounts that may not send any more, or whose secret changed, and proves that it did.

Each process looks at the directory's version every quarter of a second; when it has moved, the accounts of the open
sessions are read anew in one question. The process's row (`process_seen`) tells the version that it has acted on:
from there on no session of a closed account obeys a command, and no message of it is taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable

from sqlalchemy import select

from mailhub.accounts.life.closings import open_closings
from mailhub.accounts.life.processes import SeenProcess, forget_process, note_process
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.version import VersionReader
from mailhub.clock import now_ms
from mailhub.smtp.hub import Hub
from mailhub.smtp.server import SMTPServer
from mailhub.store.chunks import chunks
from mailhub.store.database import Database

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
BEAT_SECONDS = 5.0


class SessionWatch:
    """Watches the sessions of one process. `name` is NODE/smtp-NUMBER."""

    def __init__(
        self, name: str, hub: Hub, database: Database, sessions: Callable[[], Iterable[SMTPServer]] = tuple
    ) -> None:
        self._name = name
        self._hub = hub
        self._database = database
        self.sessions = sessions  # set before `run`, once the doors are open
        self._version = VersionReader(database)
        self._started_at = now_ms()
        self._acted = -1
        self._written = -1
        self._beat_due = 0.0

    def register(self) -> None:
        """Write the process's row before its doors open: nobody proves a closing without asking it."""
        self._acted = self._version.read()
        self._write()

    def leave(self) -> None:
        """The sessions are over: take the row away."""
        with self._database.write() as connection:
            forget_process(connection, self._name, os.getpid())

    def close(self) -> None:
        """Give the connection back."""
        self._version.close()

    async def run(self) -> None:
        """Until cancelled. A database that is away is asked again: its doors are closed to everybody meanwhile."""
        told = ""
        while True:
            try:
                await self.look()
                told = ""
            except Exception as error:  # the watch must not end
                if str(error) != told:
                    log.warning("open sessions cannot be compared with the accounts: %s", error)
                told = str(error)
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """One round."""
        version = await asyncio.to_thread(self._version.read)
        if version != self._acted:
            # Taken after the version was read: who logs in later was compared with it or with a newer one.
            open_sessions = [one for one in self.sessions() if isinstance(one.client.account, int)]
            ids = {one.client.account for one in open_sessions if isinstance(one.client.account, int)}
            standing = await asyncio.to_thread(self._standing, ids)
            for session in open_sessions:
                since = standing.get(session.client.account) if isinstance(session.client.account, int) else None
                if since is None:
                    self._end(session, "account-closed")
                elif since > session.client.logged_in_at:
                    self._end(session, "login-outdated")
            self._acted = version
        await asyncio.to_thread(self._tell)

    def _end(self, session: SMTPServer, kind: str) -> None:
        if session.dismissed:
            return
        client, tx = session.client, session.transaction
        reply = self._hub.refuse(kind, client) if tx is None else self._hub.refuse_message(kind, client, tx)
        session.dismiss(reply)

    def _standing(self, ids: set[int]) -> dict[int, int]:
        """Of these accounts, those that may log in and send, with the moment from which on sessions count: the rule
        of `submission.current_account`."""
        found: dict[int, int] = {}
        fits = (Mailbox.state == MailboxState.ACTIVE, Mailbox.may_send.is_(True), Mailbox.may_login.is_(True))
        with self._database.read() as connection:
            for chunk in chunks(sorted(ids)):
                query = select(Mailbox.id, Mailbox.sessions_from)
                query = query.where(Mailbox.id.in_(chunk), Mailbox.login_closed == "", *fits)
                found |= {row.id: row.sessions_from for row in connection.execute(query)}
        return found

    def _tell(self) -> None:
        """Write the row at each beat, and at once while somebody waits for it: a write costs the disk a turn."""
        due = time.monotonic() >= self._beat_due
        if not due and self._written < self._acted:
            with self._database.read() as connection:
                due = bool(open_closings(connection))
        if due:
            self._write()

    def _write(self) -> None:
        seen = SeenProcess(self._name, os.getpid(), self._started_at, now_ms(), self._acted)
        with self._database.write() as connection:
            note_process(connection, seen)
        self._written, self._beat_due = seen.version, time.monotonic() + BEAT_SECONDS
