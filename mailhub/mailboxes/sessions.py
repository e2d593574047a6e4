"""Ends the live sessions of accounts whose login is closed, and keeps them ended."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from mailhub.mailboxes.dovecot import Session

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
WATCH_SECONDS = 10.0  # after a change, for logins that were under way when it was committed
SWEEP_SECONDS = 15.0  # without a change, for whatever slipped through


class Mailboxes(Protocol):
    """The part of `Dovecot` that is needed here."""

    async def sessions(self, user: str = "") -> list[Session]: ...
    async def end_sessions(self, users: set[str]) -> bool: ...


class SessionEnder:
    """Compares who is logged in with whose login is closed: at each change, often for a while after, then rarely.

    `version` is cheap and changes with every write to an account; `closed_accounts` says who of those that are
    logged in (primary addresses, or SHARED*PERSON) may not be any more. Errors of either are logged once, and
    the question is asked again half a second later. `settled` hears when all that the last answer named had gone.
    """

    def __init__(
        self,
        mailboxes: Mailboxes,
        version: Callable[[], Awaitable[object]],
        closed_accounts: Callable[[set[str]], Awaitable[set[str]]],
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._mailboxes = mailboxes
        self._version = version
        self._closed_accounts = closed_accounts
        self._settled = settled
        self._seen: object = None
        self._watch_until = 0.0
        self._next_sweep = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        told = ""
        while True:
            try:
                await self.look()
                told = ""
            except Exception as error:  # a directory or a Dovecot that is away must not end the watch over it
                if str(error) != told:
                    log.warning("sessions of closed accounts cannot be checked: %s", error)
                told = str(error)
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """One round. A change counts as seen only after the round that follows it succeeded."""
        now = time.monotonic()
        version = await self._version()
        if version != self._seen:
            self._watch_until = now + WATCH_SECONDS
        elif now >= self._watch_until and now < self._next_sweep:
            return
        present = {s.user for s in await self._mailboxes.sessions()}
        if present:
            closed = await self._closed_accounts(present)
            if closed and not await self._mailboxes.end_sessions(closed):
                return
            self._settled()
        self._seen = version
        self._next_sweep = now + SWEEP_SECONDS
