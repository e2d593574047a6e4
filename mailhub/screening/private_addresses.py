"""The private addresses that officials gave for recovery: whose an address is, for one process.

Kept in memory, since the column has no index and an address has several spellings. An act that changes one moves the
directory's version, so that the answer is exact. Never told: facts say `official-private`, not whose.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from sqlalchemy import select

from mailhub.accounts.models import Person
from mailhub.screening.private_names import same_mailbox_key
from mailhub.store.database import Database


class PrivateAddresses:
    """Safe to use from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._version = -1
        self._people: Mapping[str, int] = {}

    def person_of(self, address: str, version: int) -> int | None:
        """The person who gave this private address; `version` is the directory's now (`Look.version`).

        Raises:
            StoreUnavailable
        """
        with self._lock:
            if version != self._version:
                query = select(Person.recovery_address, Person.id).where(Person.recovery_address != "")
                with self._database.read() as connection:
                    rows = connection.execute(query).all()
                self._people = {same_mailbox_key(row.recovery_address): row.id for row in rows}
                self._version = version
            return self._people.get(same_mailbox_key(address))
