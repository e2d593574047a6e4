"""How long an ended mailbox is kept, by the rank of whom it was (reference/organisation § 4.4: 6 and 12 months)."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Protocol

from mailhub.accounts.models import Rank


class RetentionRules(Protocol):
    """`[accounts]`, as far as retention asks."""

    @property
    def retention_months_staff(self) -> int: ...

    @property
    def retention_months_head(self) -> int: ...

    @property
    def retention_months_leader(self) -> int: ...

    @property
    def archive_years(self) -> int: ...


def retained_until(rank: Rank | None, ended_on: date, settings: RetentionRules) -> date:
    """The last day on which the mailbox is kept whole. An office's or a program's (None) is kept as long as any."""
    table = {
        Rank.STAFF: settings.retention_months_staff,
        Rank.HEAD: settings.retention_months_head,
        Rank.LEADER: settings.retention_months_leader,
    }
    months = max(table.values()) if rank is None else table[rank]
    return add_months(ended_on, months)


def erasable_from(archived_on: date, settings: RetentionRules) -> date | None:
    """The first day on which the archive may be erased; None = never."""
    if settings.archive_years == 0:
        return None
    return add_months(archived_on, 12 * settings.archive_years)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last when it is shorter (Bộ luật Dân sự 2015 Điều 148.4)."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
