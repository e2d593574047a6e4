"""What the daily schedule does beyond accounts: figures are counted, then reports are mailed from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from mailhub.accounts.directory import Directory
from mailhub.lifecycle.daily import Task
from mailhub.lifecycle.done import Done
from mailhub.reports.counting.keeping import count_days
from mailhub.reports.mailing.sending import ReportMail
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

_DAYS_AT_ONCE = 400  # a year that nobody counted yet is counted in one run


def report_tasks(
    settings: Callable[[], Settings],
    database: Database,
    directory: Directory,
    spool: Spool,
    *,
    after: Callable[[], None] = lambda: None,
) -> tuple[Task, ...]:
    """For `Schedule(also=…)`. `spool` is theirs alone; `after` is called when something was queued."""

    def count(done: Done, at: int, _today: date) -> None:
        if counted := count_days(database, at=at, most=_DAYS_AT_ONCE):
            done.add("days-counted", str(len(counted)))

    return count, ReportMail(settings, directory, database, spool, after=after).run
