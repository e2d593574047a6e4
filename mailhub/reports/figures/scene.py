"""What every figure is asked of: a moment's database, the period, the agencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import Connection

from mailhub.accounts.rights import Actor
from mailhub.clock import local_time
from mailhub.reports.ledger import Ledger
from mailhub.reports.periods import Period, before, months_of
from mailhub.reports.units import Units
from mailhub.settings.sections.reports import ReportsSection


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`at` is the moment at which the report is made (ms). `people`: the actor may see names, and they are wanted."""

    connection: Connection
    actor: Actor
    units: Units
    period: Period
    section: ReportsSection
    at: int
    people: bool = False
    public: bool = False
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ledger", Ledger(self.connection, self.units.agencies, self.today))

    @property
    def today(self) -> date:
        return local_time(self.at).date()

    @cached_property
    def months(self) -> tuple[Period, ...]:
        """The months' reports that the period's days belong to, as far as they have begun (the first one at least): a
        month to come is not one in which nothing happened."""
        every = tuple(months_of(self.period, self.section.closing_day))
        return tuple(one for one in every if one.first <= self.today) or every[:1]

    @property
    def month_days(self) -> Sequence[tuple[date, date]]:
        """Their first and last days."""
        return [(one.first, one.last) for one in self.months]

    @property
    def before(self) -> Period:
        """The period before this one."""
        return before(self.period, self.section.closing_day)

    @property
    def last_day(self) -> date:
        """The day as of which things are counted that are, and do not happen: the period's last, or today."""
        return min(self.period.last, self.today)

    @property
    def day_after(self) -> date:
        return self.last_day + timedelta(days=1)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Everything that is read inside is of one moment, so that sums agree with their parts; others write on."""
    sqlite = connection.dialect.name == "sqlite"
    driver = connection.connection.driver_connection
    begun = driver.in_transaction if sqlite else driver.info.transaction_status  # type: ignore[union-attr]
    if begun:  # the caller's transaction is one moment already
        yield
        return
    connection.exec_driver_sql("BEGIN" if sqlite else "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        connection.exec_driver_sql("COMMIT")
