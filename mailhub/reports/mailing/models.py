"""The table of reports by mail."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class ReportSchedule(Base):
    """A report that somebody wants each month, quarter, half-year or year. Ended rows stay: they say what was sent."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        Index("ix_report_schedule_due", "next_due_on", "ended_at"),
        Index("ix_report_schedule_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    kind: Mapped[str] = mapped_column(String(16))  # values.ReportKind
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    every: Mapped[str] = mapped_column(String(8))  # periods.PeriodKind: month, quarter, half, year
    formats: Mapped[str] = mapped_column(String(40))  # `docx,xlsx`
    language: Mapped[str] = mapped_column(String(2))
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_at: Mapped[int] = mapped_column(BigInteger)
    # The day after the closing day of the period that is counted now.
    next_due_on: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    sent_period: Mapped[str] = mapped_column(String(24), default="", server_default=text("''"))
    # Why nothing was sent last time (service.Trouble); '' when it was.
    trouble: Mapped[str] = mapped_column(String(24), default="", server_default=text("''"))
    trouble_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
