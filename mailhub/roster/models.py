"""The tables of imports: the file that was planned, its rows, and what each did, so that it can be undone."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class RosterImport(Base):
    """One staff list (or one map of a domain that joins) on its way: planned, applied, undone."""

    __tablename__ = "roster_import"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # roster, join
    state: Mapped[str] = mapped_column(String(16))  # planned, applying, applied, undoing, undone
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    file_name: Mapped[str] = mapped_column(String(300))
    file_digest: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256; the file lies in data/imports/HEX
    options: Mapped[str] = mapped_column(Text, default="{}")  # JSON: what was chosen
    summary: Mapped[str] = mapped_column(Text, default="{}")  # JSON: counts
    planned_by: Mapped[str] = mapped_column(String(320))
    planned_at: Mapped[int] = mapped_column(BigInteger)
    proposal_code: Mapped[str | None] = mapped_column(String(16))
    applied_by: Mapped[str | None] = mapped_column(String(320))
    applied_at: Mapped[int | None] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)


class RosterRow(Base):
    """What one row of the file means, and what became of it."""

    __tablename__ = "roster_row"

    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # order of application
    line: Mapped[int]  # as Excel counts; 0 = it is not in the file (ended)
    act: Mapped[str] = mapped_column(String(16))  # create, change, move, end, same, wrong
    mailbox_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    state: Mapped[str] = mapped_column(String(16), default="planned")  # planned, done, failed, undone, kept
    wanted: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    before: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    problem: Mapped[str] = mapped_column(String(500), default="")
