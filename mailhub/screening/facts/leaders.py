"""Names that mail from outside may pretend to: those of leaders, and of agencies. Read once, kept in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from mailhub.accounts.models import Agency, Mailbox, MailboxState, Person, Rank
from mailhub.policy.imitation import name_key
from mailhub.store.database import Database

PATIENCE = 30.0  # seconds: acts come in thousands, and whom somebody imitates was a leader half a minute ago as well


@dataclass(frozen=True, slots=True)
class Names:
    """Full names of leaders who have a mailbox, and names of agencies, as `imitation.name_key` makes them."""

    leaders: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()


class NamesAtHand:
    """The names for one process: read anew after an act, at most every `PATIENCE` seconds."""

    def __init__(self, database: Database, *, tick: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._tick = tick
        self._lock = threading.Lock()
        self._names = Names()
        self._version = -1
        self._read_at = float("-inf")

    def is_at_hand(self, version: int) -> bool:
        """Whether `current` answers from memory."""
        return version == self._version or self._tick() - self._read_at < PATIENCE

    def current(self, version: int) -> Names:
        """The names; `version` is the directory's now (`Look.version`).

        Raises:
            StoreUnavailable
        """
        with self._lock:
            now = self._tick()
            if version != self._version and now - self._read_at >= PATIENCE:
                self._names = self._read()
                self._version, self._read_at = version, now
            return self._names

    def _read(self) -> Names:
        leaders = (
            select(Person.full_name)
            .join(Mailbox, Mailbox.person_id == Person.id)
            .where(Person.rank == Rank.LEADER.value, Mailbox.state != MailboxState.ERASED.value)
        )
        with self._database.read() as connection:
            return Names(
                frozenset(map(name_key, connection.execute(leaders).scalars())),
                frozenset(map(name_key, connection.execute(select(Agency.name)).scalars())),
            )
