"""Which agency of our own organisation issued a document, when there is no doubt about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select

from mailhub.accounts.models import Agency
from mailhub.accounts.records import DirectoryVersion
from mailhub.registry.identity import agency_key, territory_key


@dataclass(frozen=True, slots=True)
class _Unit:
    id: int
    parent: int | None
    keys: frozenset[str]  # of its name, and of its code


class Agencies:
    """The organisation by the names that stand in documents' headers."""

    def __init__(self, rows: Iterable[tuple[int, str, str, int | None]]) -> None:
        """`rows` are id, code, name and parent's id."""
        self._units: dict[int, _Unit] = {}
        self._named: dict[str, list[_Unit]] = {}
        for number, code, name, parent in rows:
            keys = frozenset(key for key in (territory_key(name), agency_key(name), agency_key(code)) if key)
            unit = self._units[number] = _Unit(number, parent, keys)
            for key in keys:
                self._named.setdefault(key, []).append(unit)

    def find(self, issuer: str, parent_issuer: str = "") -> int | None:
        """The agency that a header names; None when none fits, or more than one.

        Every province has a Sở Nội vụ, so that an agency above that is printed has to be one above ours as well.
        """
        units = self.named(issuer, parent_issuer)
        return units[0] if len(units) == 1 else None

    def named(self, issuer: str, parent_issuer: str = "") -> tuple[int, ...]:
        """Every agency that a header may name: as `find`, doubts included."""
        found = {unit.id: unit for key in _keys(issuer) for unit in self._named.get(key, ())}
        units = list(found.values())
        if parent_issuer:
            units = [unit for unit in units if self._is_below(unit, _keys(parent_issuer))]
        return tuple(unit.id for unit in units)

    def line(self, number: int) -> tuple[int, ...]:
        """The agency and those above it."""
        found: list[int] = []
        here: int | None = number
        while here is not None and here not in found and here in self._units:
            found.append(here)
            here = self._units[here].parent
        return tuple(found)

    def _is_below(self, unit: _Unit, names: set[str]) -> bool:
        seen = {unit.id}
        here = unit.parent
        while here is not None and here not in seen and here in self._units:
            if self._units[here].keys & names:
                return True
            seen.add(here)
            here = self._units[here].parent
        return False


def load_agencies(connection: Connection) -> Agencies:
    """The organisation as it is now; read anew only after it was changed (accounts/version)."""
    version = connection.scalar(select(DirectoryVersion.version)) or 0
    known = _cache.get(connection.engine)
    if known is None or known[0] != version:
        rows = connection.execute(select(Agency.id, Agency.code, Agency.name, Agency.parent_id))
        known = (version, Agencies((row.id, row.code, row.name, row.parent_id) for row in rows))
        _cache[connection.engine] = known
    return known[1]


_cache: WeakKeyDictionary[Engine, tuple[int, Agencies]] = WeakKeyDictionary()


def _keys(name: str) -> set[str]:
    return {key for key in (territory_key(name), agency_key(name)) if key}
