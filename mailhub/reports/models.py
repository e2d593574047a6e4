"""The tables of reports: what each day brought, counted once it is over."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class ReportCount(Base):
    """How often something happened on a day, for an agency. What `a`, `b`, `c` say is in `counting/`, by `what`.

    SQLite keeps the rows in the key's order: a year is read from end to end.
    """

    __tablename__ = "report_count"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    what: Mapped[str] = mapped_column(String(16), primary_key=True)  # counting.counts.What; `mail*`: all agencies
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    # 0: it belongs to no agency of ours.
    agency_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    a: Mapped[str] = mapped_column(String(80), primary_key=True)
    b: Mapped[str] = mapped_column(String(40), primary_key=True)
    c: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    more: Mapped[int] = mapped_column(BigInteger)


class ReportDay(Base):
    """A day whose counts of one kind are written down: it is counted from `report_count`, no more from the rows."""

    __tablename__ = "report_day"

    part: Mapped[str] = mapped_column(String(16), primary_key=True)  # counting.counts.Part
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)  # ms
