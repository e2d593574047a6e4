"""Sums over a period's days: from what is written down, and from the rows of days that are not yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from mailhub.reports.counting.counts import EVERY, PART_OF, Counts, Key, Part, What
from mailhub.reports.counting.keeping import COUNTING, counted, days_between, first_day
from mailhub.reports.models import ReportCount

Amount = tuple[int, int]  # number, more
_NOTHING: Amount = (0, 0)


@dataclass(slots=True)
class Sums:
    """Amounts by the names that were asked for, in their order."""

    by: tuple[str, ...]
    amounts: dict[tuple[Any, ...], Amount] = field(default_factory=dict)
    _by_first: dict[Any, list[tuple[Any, ...]]] = field(default_factory=dict)  # keys by what they begin with

    def add(self, key: tuple[Any, ...], number: int, more: int) -> None:
        """Count more of the same."""
        before = self.amounts.get(key)
        if before is None:
            before = _NOTHING
            self._by_first.setdefault(key[0] if key else None, []).append(key)
        self.amounts[key] = (before[0] + number, before[1] + more)

    def total(self, **wanted: Any) -> Amount:
        """What comes to, of the keys with these values; a value may be a collection of them."""
        number = more = 0
        for key, amount in self.items(**wanted):
            del key
            number, more = number + amount[0], more + amount[1]
        return number, more

    def number(self, **wanted: Any) -> int:
        """The first half of `total`."""
        return self.total(**wanted)[0]

    def items(self, **wanted: Any) -> Iterator[tuple[tuple[Any, ...], Amount]]:
        """Keys with their amounts, of those with these values."""
        asked = [
            (self.by.index(name), frozenset(value) if _several(value) else frozenset((value,)))
            for name, value in wanted.items()
        ]
        first = next((values for place, values in asked if place == 0), None)
        keys = self.amounts if first is None else (key for one in first for key in self._by_first.get(one, ()))
        for key in keys:
            if all(key[place] in values for place, values in asked):
                yield key, self.amounts[key]

    def values(self, name: str) -> list[Any]:
        """What is found under a name, in order."""
        place = self.by.index(name)
        return sorted({key[place] for key in self.amounts})


class Ledger:
    """Asks for sums. A day that has to be counted from its rows is counted once, whatever is asked of it.

    `agencies`: those that are counted (None: all, and what belongs to none).
    """

    def __init__(self, connection: Connection, agencies: frozenset[int] | None, today: date) -> None:
        self._connection = connection
        self._agencies = agencies
        self._today = today
        self._live: dict[tuple[Part, date], Counts] = {}

    def sums(
        self, what: What, first: date, last: date, *, by: Sequence[str], months: Sequence[tuple[date, date]] = ()
    ) -> Sums:
        """Amounts by `agency`, `a`, `b`, `c`, and `month`: the place in `months` (first, last) that a day lies in."""
        found = Sums(tuple(by))
        columns = [self._column(name, months) for name in by]
        table = ReportCount
        query = select(*columns, func.sum(table.number), func.sum(table.more))
        together = self._agencies is None and "agency" not in by
        query = query.where(table.what == what.value + EVERY * together, table.day.between(first, last))
        if self._agencies is not None:
            query = query.where(table.agency_id.in_(self._agencies))
        for row in self._connection.execute(query.group_by(*columns) if columns else query):
            if row[-2]:
                found.add(tuple(row[:-2]), int(row[-2]), int(row[-1]))
        self._add_live(found, what, first, last, months)
        return found

    def open_days(self, part: Part, first: date, last: date) -> list[date]:
        """The days of the period that have to be counted from their rows."""
        oldest = first_day(self._connection, part)
        begin, end = max(first, oldest or last), min(last, self._today)
        if oldest is None or begin > end:
            return []
        done = counted(self._connection, part, begin, end)
        return [day for day in days_between(begin, end) if day not in done]

    def _add_live(self, found: Sums, what: What, first: date, last: date, months: Sequence[tuple[date, date]]) -> None:
        part = PART_OF[what]
        for day in self.open_days(part, first, last):
            if (part, day) not in self._live:
                self._live[part, day] = COUNTING[part](self._connection, day)
            month = next((place for place, (begin, end) in enumerate(months) if begin <= day <= end), len(months))
            for key, number, more in self._live[part, day].rows():
                if key.what is what and (self._agencies is None or key.agency_id in self._agencies):
                    found.add(tuple(_value(key, name, month) for name in found.by), number, more)

    def _column(self, name: str, months: Sequence[tuple[date, date]]) -> ColumnElement[Any]:
        if name != "month":
            return {"agency": ReportCount.agency_id, "a": ReportCount.a, "b": ReportCount.b, "c": ReportCount.c}[
                name
            ].expression
        if not months:
            return literal(0).label("month")
        places = [(ReportCount.day <= last, place) for place, (_, last) in enumerate(months)]
        return case(*places, else_=len(months)).label("month")


def _value(key: Key, name: str, month: int) -> Any:
    return month if name == "month" else key.agency_id if name == "agency" else getattr(key, name)


def _several(value: Any) -> bool:
    return isinstance(value, (tuple, list, set, frozenset))
