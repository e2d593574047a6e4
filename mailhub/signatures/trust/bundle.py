"""What is believed now, in every process, and never out of date.

Before each answer one tiny row is read (`accounts/version.py`), which every change of the trust data moves on in its
own transaction: no file is judged by a root that was ended before it came.
"""

from __future__ import annotations

import threading

from mailhub.accounts.version import VersionReader
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.pinned import NOTHING, Pinned, Trust, trust_of
from mailhub.store.database import Database


class TrustKeeper:
    """The trust data for one process. Safe to use from threads; close it when done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = VersionReader(database)
        self._lock = threading.Lock()
        self._seen = -1
        self._pinned: tuple[Pinned, ...] | None = None
        self._trust = NOTHING

    def current(self) -> Trust:
        """What is believed now. The same object as long as nothing changed.

        Raises:
            StoreUnavailable
        """
        with self._lock:
            version = self._version.read()
            if version != self._seen:
                with self._database.read() as connection:
                    pinned = rows.in_force(connection)
                if pinned != self._pinned:  # most acts change something else
                    self._pinned, self._trust = pinned, trust_of(pinned)
                # The version read *before* the rows: if they are newer, the next question reads them again.
                self._seen = version
            return self._trust

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._version.close()
