"""On which days an account was used: a bit a day, a row a month, so that a province's year is 240,000 rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from mailhub.accounts.models import AccountActivity
from mailhub.clock import local_time

_table = AccountActivity.__table__


def note_day(connection: Connection, account_id: int, at: int) -> None:
    """Somebody used the account on the day of `at` (ms): logged in, or sent."""
    note_days(connection, [(account_id, local_time(at).date())])


def note_days(connection: Connection, days: Sequence[tuple[int, date]]) -> None:
    """The same for many, each (account's number, day); telling a day again changes nothing."""
    bits: dict[tuple[int, int], int] = {}
    for account_id, day in days:
        key = (account_id, month_of(day))
        bits[key] = bits.get(key, 0) | 1 << (day.day - 1)
    if not bits:
        return
    fresh = upsert(AccountActivity)  # SQLite knows the same ON CONFLICT
    both = _table.c.days.op("|")(fresh.excluded.days)
    statement = fresh.on_conflict_do_update(index_elements=["account_id", "month"], set_={"days": both})
    rows: list[dict[str, Any]] = [
        {"account_id": account_id, "month": month, "days": found} for (account_id, month), found in sorted(bits.items())
    ]
    connection.execute(statement, rows)


def days_used(connection: Connection, first: date, last: date) -> Mapping[int, int]:
    """Account's number → on how many days from `first` to `last` (both counted) it was used; without those on none."""
    masks = _masks(first, last)
    query = select(_table.c.account_id, _table.c.month, _table.c.days)
    query = query.where(_table.c.month.between(month_of(first), month_of(last)))
    found: dict[int, int] = {}
    for account_id, month, days in connection.execute(query):
        used = (days & masks[month]).bit_count()
        if used:
            found[account_id] = found.get(account_id, 0) + used
    return found


def month_of(day: date) -> int:
    """202611."""
    return day.year * 100 + day.month


def _masks(first: date, last: date) -> dict[int, int]:
    """For each month, the bits of its days that count."""
    found: dict[int, int] = {}
    day = first
    while day <= last:
        found[month_of(day)] = found.get(month_of(day), 0) | 1 << (day.day - 1)
        day += timedelta(days=1)
    return found
