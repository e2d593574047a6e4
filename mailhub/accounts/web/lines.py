"""Who waits to have a password judged: one after the other for a name and network, and not too many at once.

Guesses made side by side would all be looked at before the first failure is counted. And argon2 must not take every
thread that pages are answered in.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from mailhub.accounts.addresses import fold
from mailhub.accounts.errors import TooManyLogins
from mailhub.accounts.throttle import network_of

PATIENCE = 15.0  # seconds; a login that comes later is told to come again


class _Line:
    """A lock that can be kept weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class LoginLines:
    """One a process."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._guard = threading.Lock()
        self._lines: WeakValueDictionary[tuple[str, str], _Line] = WeakValueDictionary()

    @contextmanager
    def place(self, login: str, ip: str) -> Iterator[None]:
        """Hold a place while the block judges a secret of this name from this address.

        Raises:
            TooManyLogins: very many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyLogins("too many logins wait to be checked")
        try:
            with self._guard:
                line = self._lines.setdefault((fold(login.strip())[:320], network_of(ip)), _Line())
            if not line.lock.acquire(timeout=PATIENCE):
                raise TooManyLogins("too many logins of this name wait to be checked")
            try:
                yield
            finally:
                line.lock.release()
        finally:
            self._places.release()
