"""Periods with a closing day: every day is counted in one month's report, and in one only."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports.periods import (
    NoSuchPeriod,
    Period,
    PeriodKind,
    before,
    half,
    last_closed,
    month,
    months_of,
    of_days,
    quarter,
    read_period,
    whole_year,
)

pytestmark = pytest.mark.unit

days = st.dates(date(2010, 1, 1), date(2060, 12, 31))
closing_days = st.integers(1, 31)


def ends(period: Period) -> tuple[date, date]:
    return period.first, period.last


def test_periods_close_on_the_fourteenth() -> None:
    """Nghị định 09/2019/NĐ-CP Điều 12."""
    assert ends(month(2026, 10)) == (date(2026, 9, 15), date(2026, 10, 14))
    assert ends(month(2026, 1)) == (date(2025, 12, 15), date(2026, 1, 14))
    assert ends(quarter(2026, 1)) == (date(2025, 12, 15), date(2026, 3, 14))
    assert ends(quarter(2026, 4)) == (date(2026, 9, 15), date(2026, 12, 14))
    assert ends(half(2026, 1)) == (date(2025, 12, 15), date(2026, 6, 14))
    assert ends(half(2026, 2)) == (date(2026, 6, 15), date(2026, 12, 14))
    assert ends(whole_year(2026)) == (date(2025, 12, 15), date(2026, 12, 14))


def test_another_closing_day_and_short_months() -> None:
    assert ends(month(2026, 2, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert ends(month(2028, 3, 30)) == (date(2028, 3, 1), date(2028, 3, 30))
    assert ends(whole_year(2026, 31)) == (date(2026, 1, 1), date(2026, 12, 31))


@given(day=days, closing_day=closing_days)
def test_every_day_belongs_to_one_month_of_one_year(day: date, closing_day: int) -> None:
    found = [
        (year, number)
        for year in (day.year, day.year + 1)
        for number in range(1, 13)
        if month(year, number, closing_day).first <= day <= month(year, number, closing_day).last
    ]
    assert len(found) == 1
    assert [(one.year, one.number) for one in months_of(of_days(day, day), closing_day)] == found


@given(year=st.integers(2001, 2100), closing_day=closing_days)
def test_a_year_is_its_quarters_its_halves_and_its_months(year: int, closing_day: int) -> None:
    whole = whole_year(year, closing_day)
    for parts in (
        [quarter(year, number, closing_day) for number in range(1, 5)],
        [half(year, number, closing_day) for number in (1, 2)],
        list(months_of(whole, closing_day)),
    ):
        assert sum(part.days for part in parts) == whole.days
        assert (parts[0].first, parts[-1].last) == (whole.first, whole.last)
        assert all(a.last + timedelta(days=1) == b.first for a, b in itertools.pairwise(parts))


@given(today=days, closing_day=closing_days, kind=st.sampled_from([one for one in PeriodKind if one != "days"]))
def test_the_last_closed_period_is_over_and_the_next_is_not(today: date, closing_day: int, kind: PeriodKind) -> None:
    found = last_closed(kind, today, closing_day)
    assert found.last < today
    assert before(found, closing_day).last + timedelta(days=1) == found.first
    assert last_closed(kind, found.last + timedelta(days=1), closing_day) == found
    assert last_closed(kind, found.last, closing_day) == before(found, closing_day)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-10", month(2026, 10)),
        ("2026Q4", quarter(2026, 4)),
        ("2026-h2", half(2026, 2)),
        ("2026", whole_year(2026)),
        ("2026-10-01..2026-10-09", of_days(date(2026, 10, 1), date(2026, 10, 9))),
    ],
)
def test_a_period_is_read_as_it_is_written(text: str, period: Period) -> None:
    assert read_period(text) == period
    assert read_period(period.name) == period


@pytest.mark.parametrize(
    "text", ["", "10/2026", "2026-13", "2026-00", "2026-Q5", "1999", "2026-10-09..2026-10-01", "a..b"]
)
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(NoSuchPeriod):
        read_period(text)


def test_arbitrary_days_are_ten_years_at_most() -> None:
    """A report has a column a month: from the year 1 to 9999 would be a table that nobody can open."""
    for first, last in (("0001-01-01", "9999-12-31"), ("2001-01-01", "2026-01-01"), ("1900-01-01", "1900-02-01")):
        with pytest.raises(NoSuchPeriod):
            of_days(date.fromisoformat(first), date.fromisoformat(last))
    ten = of_days(date(2001, 1, 1), date(2010, 12, 31))
    assert before(ten).last == date(2000, 12, 31)
