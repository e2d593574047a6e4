"""Days as forms give them, as moments: a first day begins at midnight in Vietnam, a last day ends with its own."""

from __future__ import annotations

from datetime import date

from mailhub.clock import DAY, local_time, midnight


def first_moment(day: date | None) -> int | None:
    """Midnight at which the day begins (ms); None for no day."""
    return None if day is None else midnight(day)


def end_of(day: date | None) -> int | None:
    """The first moment after the day (ms); None for no day."""
    return None if day is None else midnight(day) + DAY


def first_day(at: int) -> str:
    """`22/11/2026`, of the day in which the moment lies."""
    return f"{local_time(at):%d/%m/%Y}"


def last_day(until_at: int | None) -> str:
    """The last day before the moment; "" for no end."""
    return "" if until_at is None else f"{local_time(until_at - 1):%d/%m/%Y}"
