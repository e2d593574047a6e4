"""Periods of reports with a closing day. Pure.

Figures of a month are counted from the day after the closing day of the month before up to the closing day: October's
from 15/09 to 14/10, a quarter's, half-year's and year's likewise, up to the closing day of its last month (Nghị định
09/2019/NĐ-CP Điều 12, from the 15th to the 14th; Thông tư 01/2020/TT-VPCP). The closing day is a setting; in a month
that is too short it is its last day. 31 makes calendar months.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

CLOSING_DAY = 14


class PeriodKind(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    DAYS = "days"  # arbitrary days


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}
_WRITTEN = re.compile(r"(\d{4})(?:-?(?:Q([1-4])|H([12])|(\d{2})))?", re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_MOST_DAYS = 3_700  # ten years: a report has a line or a column a month


class NoSuchPeriod(ValueError):
    """Words that name no period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """`first` and `last` are both counted. `number` says which month, quarter or half of `year` it is; 0 for others."""

    kind: PeriodKind
    first: date
    last: date
    year: int = 0
    number: int = 0

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def name(self) -> str:
        """As `read_period` takes it: `2026-10`, `2026-Q4`, `2026-H2`, `2026`; `2026-10-01..2026-10-09`."""
        match self.kind:
            case PeriodKind.MONTH:
                return f"{self.year}-{self.number:02}"
            case PeriodKind.QUARTER:
                return f"{self.year}-Q{self.number}"
            case PeriodKind.HALF:
                return f"{self.year}-H{self.number}"
            case PeriodKind.YEAR:
                return f"{self.year}"
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def month(year: int, number: int, closing_day: int = CLOSING_DAY) -> Period:
    """The month's report.

    Raises:
        NoSuchPeriod: as with the others.
    """
    return _period(PeriodKind.MONTH, year, number, closing_day)


def quarter(year: int, number: int, closing_day: int = CLOSING_DAY) -> Period:
    """Quý 1 begins in the year before: from 15/12 to 14/03."""
    return _period(PeriodKind.QUARTER, year, number, closing_day)


def half(year: int, number: int, closing_day: int = CLOSING_DAY) -> Period:
    """The first or the second half of a year."""
    return _period(PeriodKind.HALF, year, number, closing_day)


def whole_year(year: int, closing_day: int = CLOSING_DAY) -> Period:
    """From 15/12 of the year before to 14/12."""
    return _period(PeriodKind.YEAR, year, 1, closing_day)


def of_days(first: date, last: date) -> Period:
    """Any days.

    Raises:
        NoSuchPeriod: the last one lies before the first, more than ten years behind it, or in a year that no report is
        made of.
    """
    if last < first:
        raise NoSuchPeriod(f"the last day, {last:%d/%m/%Y}, lies before the first, {first:%d/%m/%Y}")
    if first.year <= _FIRST_YEAR or last.year >= _LAST_YEAR or (last - first).days >= _MOST_DAYS:
        raise NoSuchPeriod(f"no report is made of {first:%d/%m/%Y} to {last:%d/%m/%Y}: ten years at most")
    return Period(kind=PeriodKind.DAYS, first=first, last=last)


def read_period(text: str, closing_day: int = CLOSING_DAY) -> Period:
    """The period that `2026-10`, `2026-Q4`, `2026Q4`, `2026-H2`, `2026` or `2026-10-01..2026-10-09` names.

    Raises:
        NoSuchPeriod: it names none.
    """
    first, dots, last = text.strip().partition("..")
    if dots:
        try:
            return of_days(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError as error:
            raise NoSuchPeriod(f"not a period: {text[:40]!r}") from error
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise NoSuchPeriod(f"not a period: {text[:40]!r} (2026-10, 2026-Q4, 2026-H2, 2026)")
    year = int(found[1])
    for place, kind in ((2, PeriodKind.QUARTER), (3, PeriodKind.HALF), (4, PeriodKind.MONTH)):
        if found[place]:
            return _period(kind, year, int(found[place]), closing_day)
    return whole_year(year, closing_day)


def last_closed(kind: PeriodKind, today: date, closing_day: int = CLOSING_DAY) -> Period:
    """The newest period of that kind that is over before `today`.

    Raises:
        NoSuchPeriod: arbitrary days have no such.
    """
    step = _months_of(kind)
    number = (today.year + 1) * 12 // step  # beyond today, whatever the kind
    while True:
        year, place = divmod(number * step - 1, 12)
        period = _period(kind, year, place // step + 1, closing_day)
        if period.last < today:
            return period
        number -= 1


def before(period: Period, closing_day: int = CLOSING_DAY) -> Period:
    """The period before it, of the same kind; of arbitrary days, as many days before them."""
    if period.kind is PeriodKind.DAYS:
        last = period.first - timedelta(days=1)
        return Period(kind=PeriodKind.DAYS, first=last - timedelta(days=period.days - 1), last=last)
    parts = 12 // _months_of(period.kind)
    if period.number > 1:
        return _period(period.kind, period.year, period.number - 1, closing_day)
    return _period(period.kind, period.year - 1, parts, closing_day)


def months_of(period: Period, closing_day: int = CLOSING_DAY) -> Iterator[Period]:
    """The months' reports that its days belong to, in order; the first and the last are cut to the period's days."""
    year, number = _month_of(period.first, closing_day)
    while True:
        one = month(year, number, closing_day)
        first, last = max(one.first, period.first), min(one.last, period.last)
        yield Period(kind=PeriodKind.MONTH, first=first, last=last, year=year, number=number)
        if one.last >= period.last:
            return
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)


def _month_of(day: date, closing_day: int) -> tuple[int, int]:
    """The year and month whose report counts the day."""
    if day <= _closing(day.year, day.month, closing_day):
        return day.year, day.month
    return (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)


def _period(kind: PeriodKind, year: int, number: int, closing_day: int) -> Period:
    step = _months_of(kind)
    if not _FIRST_YEAR <= year <= _LAST_YEAR or not 1 <= number <= 12 // step:
        raise NoSuchPeriod(f"there is no {kind.value} {number} of {year}")
    last_month = number * step
    first_month = last_month - step
    opening = _closing(year, first_month, closing_day) if first_month else _closing(year - 1, 12, closing_day)
    last = _closing(year, last_month, closing_day)
    return Period(kind=kind, first=opening + timedelta(days=1), last=last, year=year, number=number)


def _months_of(kind: PeriodKind) -> int:
    try:
        return _MONTHS[kind]
    except KeyError:
        raise NoSuchPeriod("arbitrary days have no calendar") from None


def _closing(year: int, number: int, closing_day: int) -> date:
    return date(year, number, min(closing_day, monthrange(year, number)[1]))
