"""Days as people give them, as moments: `--from` begins its day, `--until` is a last day and ends with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any, TypeVar

import click

from mailhub.cli.acting import day_type
from mailhub.clock import DAY, local_time, midnight

F = TypeVar("F", bound=Callable[..., Any])


def period_options(function: F) -> F:
    """`--from DAY` and `--until DAY`, given to the function as `from_` and `until`."""
    until = click.option("--until", type=day_type, help="The last day (default: until further notice).")
    since = click.option("--from", "from_", type=day_type, help="The first day (default: at once).")
    return since(until(function))


def first_moment(day: datetime | None) -> int | None:
    """Midnight at which the day begins in Vietnam (ms); None for no day."""
    return None if day is None else midnight(day.date())


def end_of(day: datetime | None) -> int | None:
    """The first moment after the day (ms); None for no day."""
    begins = first_moment(day)
    return None if begins is None else begins + DAY


def period_words(from_at: int, until_at: int | None) -> str:
    """`từ 22/11/2026 đến hết 30/11/2026`, `từ 22/11/2026`."""
    words = f"từ {local_time(from_at):%d/%m/%Y}"
    if until_at is None:
        return words
    last = local_time(until_at - 1)
    at_midnight = local_time(until_at).time() == time()
    return f"{words} đến hết {last:%d/%m/%Y}" if at_midnight else f"{words} đến {local_time(until_at):%H:%M %d/%m/%Y}"
