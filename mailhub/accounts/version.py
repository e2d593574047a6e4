"""Reads `directory_version` before each answer of the directory, on a connection that is kept.

Taking a connection from the pool and back costs ten times what the question does; on a cursor of the driver it
is a few microseconds on SQLite.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

_QUERY = "SELECT version FROM directory_version WHERE id = 1"
_inherited: list[object] = []  # a parent's connections, kept from being closed by the child


class _Moment(threading.local):
    """What was read in the moment that this thread is in, by database; None outside one."""

    seen: dict[int, int] | None = None


_now = _Moment()


@contextmanager
def moment() -> Iterator[None]:
    """Everybody who asks within the block gets the version as it was at the first question: for what is judged in one
    step. Nothing in the block may wait, or another task would be told what is past."""
    if _now.seen is not None:
        yield
        return
    _now.seen = {}
    try:
        yield
    finally:
        _now.seen = None


class VersionReader:
    """Not for several threads at once: the directory has a lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack: ExitStack | None = None
        self._cursor: Any = None
        self._pid = os.getpid()

    def read(self) -> int:
        """The version that is committed now, or was in this `moment`; 0 before the first act. A lost connection is
        replaced once.

        Raises:
            StoreUnavailable
        """
        seen = _now.seen
        if seen is None:
            return self._read()
        key = id(self._database)
        if key not in seen:
            seen[key] = self._read()
        return seen[key]

    def read_anew(self) -> int:
        """The version that is committed now, whatever moment this is.

        Raises:
            StoreUnavailable
        """
        version = self._read()
        if _now.seen is not None:
            _now.seen[id(self._database)] = version
        return version

    def _read(self) -> int:
        if self._pid != os.getpid():
            _inherited.append((self._stack, self._cursor))
            self._stack, self._cursor, self._pid = None, None, os.getpid()
        had_one = self._cursor is not None
        try:
            return self._ask()
        except Exception as error:
            self.close()
            if not had_one:
                raise _unavailable(error) from error
        try:
            return self._ask()
        except Exception as error:
            self.close()
            raise _unavailable(error) from error

    def close(self) -> None:
        """Give the connection back to the pool, which throws it away if it is broken."""
        stack, self._stack, self._cursor = self._stack, None, None
        if stack is not None:
            try:
                stack.close()
            except Exception as error:  # it was broken: that is why we give it back
                _ = error

    def _ask(self) -> int:
        if self._cursor is None:
            stack = ExitStack()
            connection = stack.enter_context(self._database.read())
            self._stack = stack
            self._cursor = connection.connection.cursor()
        self._cursor.execute(_QUERY)
        rows = self._cursor.fetchall()  # to the end, so that no read transaction stays open
        return int(rows[0][0]) if rows else 0


def _unavailable(error: Exception) -> StoreUnavailable:
    return error if isinstance(error, StoreUnavailable) else StoreUnavailable(f"database: {error}")
