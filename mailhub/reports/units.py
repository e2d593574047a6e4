"""The agencies that a report is about, and its lines: those directly below the one asked for, each with all below.

What lies in a block that the reader is no part of is not there: neither as a line nor in a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.errors import InvalidValue, NoSuchAgency
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import hidden_agencies, scope_of
from mailhub.reports.counting.counts import NO_AGENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An agency. `level` is its own or the nearest one's above; `staff` its posts (None: not known)."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    parent: int | None
    identifier: str
    staff: int | None
    ends_on: date | None

    def there(self, day: date) -> bool:
        """Whether it has not ended by that day."""
        return self.ends_on is None or self.ends_on > day


class Units:
    """The agency that is asked for (`top`), and what lies below it within the reader's reach.

    `agencies` is None when it is everything, what belongs to no agency included.
    """

    def __init__(self, top: Unit, inside: Mapping[int, Unit], agencies: frozenset[int] | None) -> None:
        self.top = top
        self.inside = inside
        self.agencies = agencies
        self._line: dict[int, int] = {}
        for number in inside:
            self._find_line(number)

    @property
    def lines(self) -> list[Unit]:
        """The lines of a report, by code: the top itself first (what is directly its own), then those below it."""
        below = sorted((one for one in self.inside.values() if one.parent == self.top.id), key=lambda one: one.code)
        return [self.top, *below]

    def line_of(self, agency_id: int) -> int:
        """The line that an agency counts in; NO_AGENCY for what is in none."""
        return self._line.get(agency_id, NO_AGENCY)

    def by_line(self, numbers: Mapping[int, int]) -> dict[int, int]:
        """Numbers by agency as numbers by line."""
        found: dict[int, int] = {}
        for agency_id, number in numbers.items():
            line = self.line_of(agency_id)
            found[line] = found.get(line, 0) + number
        return found

    def members(self, line: Unit) -> Iterable[Unit]:
        """The agencies that count in a line."""
        return (one for one in self.inside.values() if self._line[one.id] == line.id)

    def _find_line(self, number: int) -> int:
        known = self._line.get(number)
        if known is not None:
            return known
        one = self.inside[number]
        above = one.parent
        if above is None or self.top.id in (number, above) or above not in self.inside:
            line = number
        else:
            line = self._find_line(above)
        self._line[number] = line
        return line


def units_for(connection: Connection, actor: Actor, asked: str) -> Units:
    """What the report for `asked` (a code; '': as far as the actor's right reaches) is about.

    Raises:
        NotAllowed. NoSuchAgency: there is none, or it is not for this actor to read.
    """
    scope = scope_of(connection, actor, Action.REPORT_READ)
    every = _every(connection)
    reached = frozenset(every) if scope.agencies is None else scope.agencies & frozenset(every)
    top = _top(every, reached, asked)
    inside = {number: every[number] for number in _below(every, top.id) if number in reached}
    whole = scope.agencies is None and top.parent is None
    return Units(top, inside, None if whole else frozenset(inside))


def public_units(connection: Connection, actor: Actor, asked: str) -> Units:
    """What a public version is about: everything that the public may know of, and the same whoever makes it. Of two
    that differ by an agency or a block, one less the other would tell what both leave out.

    Raises:
        NotAllowed, NoSuchAgency: as above. InvalidValue: it is asked for less.
    """
    top = units_for(connection, actor, asked).top.id
    every = _every(connection)
    root = _root(every)
    if top != root:
        raise InvalidValue("a public version is of the whole organisation, and made by who reads the reports of all")
    blocks = hidden_agencies(connection, None)
    inside = {number: every[number] for number in _below(every, root) if number not in blocks}
    return Units(every[root], inside, frozenset(inside) if blocks else None)


def publishes(connection: Connection, actor: Actor) -> bool:
    """Whether the actor may make public versions.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.REPORT_READ)
    every = _every(connection)
    return bool(every) and (scope.agencies is None or _root(every) in scope.agencies)


def _root(every: Mapping[int, Unit]) -> int:
    return min((one for one in every.values() if one.parent not in every), key=lambda one: one.code).id


def _every(connection: Connection) -> dict[int, Unit]:
    table = Agency.__table__
    columns = (table.c.id, table.c.code, table.c.name, table.c.kind, table.c.level, table.c.parent_id,
               table.c.identifier, table.c.staff, table.c.ends_on)  # fmt: skip
    rows = {row.id: row for row in connection.execute(select(*columns))}
    levels: dict[int | None, str] = {None: ""}

    def level(number: int | None) -> str:
        if number not in levels:
            row = rows[number]
            levels[number] = row.level or level(row.parent_id)
        return levels[number]

    return {
        row.id: Unit(
            id=row.id,
            code=row.code,
            name=row.name,
            kind=row.kind,
            level=level(row.id),
            parent=row.parent_id,
            identifier=row.identifier or "",
            staff=row.staff,
            ends_on=row.ends_on,
        )
        for row in rows.values()
    }


def _top(every: Mapping[int, Unit], reached: frozenset[int], asked: str) -> Unit:
    if asked:
        found = next((one for one in every.values() if one.code == asked), None)
        if found is None or found.id not in reached:
            raise NoSuchAgency(f"no agency has the code {asked!r}")
        return found
    tops = [every[number] for number in reached if every[number].parent not in reached]
    if not tops:
        raise NoSuchAgency("there is no agency yet: enter the province itself first")
    return min(tops, key=lambda one: one.code)


def _below(every: Mapping[int, Unit], top: int) -> list[int]:
    """The agency and all below it."""
    children: dict[int | None, list[int]] = {}
    for one in every.values():
        children.setdefault(one.parent, []).append(one.id)
    found = [top]
    for number in found:
        found.extend(children.get(number, ()))
    return found
