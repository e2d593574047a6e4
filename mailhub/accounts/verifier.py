"""`authenticate` for code that awaits: threads, the delay after a failure, and a bound on who waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from weakref import WeakValueDictionary

from mailhub.accounts.addresses import fold
from mailhub.accounts.authenticate import Accepted, AuthenticationSettings, Rejected, authenticate
from mailhub.accounts.errors import TooManyLogins
from mailhub.accounts.sharing.login import open_shared
from mailhub.accounts.throttle import network_of
from mailhub.clock import now_ms
from mailhub.mail.login_name import split_login
from mailhub.mailboxes.old_server import TURNS as OLD_SERVER_TURNS
from mailhub.store.database import Database

__all__ = ["Accepted", "Rejected", "Verifier"]

MOST_CHECKS = 400  # waiting for their turn at argon2; at 20 ms each on two cores that is four seconds
MOST_CHECKS_OF_A_NETWORK = 100
MOST_DELAYS = 2000


class Verifier:
    """One a process. `check` is for an event loop; close it when the loop ends."""

    def __init__(self, database: Database, settings: AuthenticationSettings) -> None:
        self._database = database
        self._settings = settings
        # Those beyond the turns at argon2 read and write rows, or wait for an old server.
        threads = settings.passwords.concurrent + 2 + OLD_SERVER_TURNS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="verifier")
        self._checks: Counter[str] = Counter()
        self._delays = 0
        # Guesses made side by side would all be looked at before the first failure is counted: so, one by one.
        self._lines: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def check(self, login: str, secret: str, *, service: str, ip: str, wait: bool = True) -> Accepted | Rejected:
        """Judge a login: an address, or SHARED*PERSON with the person's own secret. A rejection is given back after
        its delay (at once when `wait` is false).

        When very many wait already, a rejection comes without its delay: the delay holds all the same, since
        tries before its end are refused unseen.

        Raises:
            TooManyLogins, StoreUnavailable: no judgement; the client should come again later.
        """
        network = network_of(ip)
        line = self._lines.setdefault((fold(_whose(login)), network), asyncio.Lock())
        with self._place(network):
            async with line:
                verdict = await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._authenticate, login, secret, service, ip
                )
        # Dovecot's door waits by itself, but for a yes it does not expect to.
        wait = wait or isinstance(verdict, Accepted)
        if wait and verdict.delay_seconds > 0 and self._delays < MOST_DELAYS:
            self._delays += 1
            try:
                await asyncio.sleep(verdict.delay_seconds)
            finally:
                self._delays -= 1
        return verdict

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _authenticate(self, login: str, secret: str, service: str, ip: str) -> Accepted | Rejected:
        at, settings = now_ms(), self._settings
        mailbox, person = split_login(login.strip())
        verdict = authenticate(
            self._database, person or mailbox, secret, service=service, ip=ip, at=at, settings=settings
        )
        if not person or isinstance(verdict, Rejected):
            return verdict
        opened = open_shared(self._database, verdict.account_id, mailbox, service=service, ip=ip, at=at)
        return Rejected(0.0) if opened is None else replace(verdict, opened=opened)

    @contextmanager
    def _place(self, network: str) -> Iterator[None]:
        if self._checks.total() >= MOST_CHECKS or self._checks[network] >= MOST_CHECKS_OF_A_NETWORK:
            raise TooManyLogins("too many logins wait to be checked")
        self._checks[network] += 1
        try:
            yield
        finally:
            self._checks[network] -= 1
            if not self._checks[network]:
                del self._checks[network]


def _whose(login: str) -> str:
    """Whose secret a login tries."""
    mailbox, person = split_login(login.strip())
    return person or mailbox
