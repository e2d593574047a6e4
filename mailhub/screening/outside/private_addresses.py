"""The private addresses that officials gave for recovery: whose an address is, for one process.

Kept in memory, since the column has no index and an address has several spellings. Reading them all takes some tens of
milliseconds in a large province, and acts come in thousands (a staff list): so that is done at most every `PATIENCE`
seconds. In between the one address is looked for as it is spelled, so that one entered a moment ago is known.
Never told: facts say `official-private`, not whose.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from sqlalchemy import bindparam, select

from mailhub.accounts.addresses import fold
from mailhub.accounts.models import Person
from mailhub.screening.outside.private_names import same_mailbox_key
from mailhub.store.database import Database

PATIENCE = 30.0
_ALL = select(Person.recovery_address, Person.id).where(Person.recovery_address != "")
_ONE = select(Person.id).where(Person.recovery_address == bindparam("address")).limit(1)


class PrivateAddresses:
    """Safe to use from threads."""

    def __init__(self, database: Database, *, tick: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._tick = tick
        self._lock = threading.Lock()
        self._version = -1
        self._read_at = float("-inf")
        self._people: Mapping[str, int] = {}

    def is_at_hand(self, version: int) -> bool:
        """Whether `person_of` answers from memory."""
        return version == self._version

    def person_of(self, address: str, version: int) -> int | None:
        """The person who gave this private address; `version` is the directory's now (`Look.version`).

        Raises:
            StoreUnavailable
        """
        with self._lock:
            if version != self._version and self._tick() - self._read_at >= PATIENCE:
                self._read(version)
            found = self._people.get(same_mailbox_key(address))
            current = version == self._version
        if found is not None or current or not address.isprintable():
            return found
        with self._database.read() as connection:
            one: int | None = connection.execute(_ONE, {"address": fold(address)}).scalar()
            return one

    def _read(self, version: int) -> None:
        with self._database.read() as connection:
            rows = connection.execute(_ALL).all()
        self._people = {same_mailbox_key(row.recovery_address): row.id for row in rows}
        self._version, self._read_at = version, self._tick()
