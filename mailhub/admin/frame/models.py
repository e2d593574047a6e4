"""Long work that somebody started on a page, and how far it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class WebJob(Base):
    """One piece of work. It runs in a thread of one web process; the row says how far it is, to every process."""

    __tablename__ = "web_job"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(300))
    process: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16))  # running, done, failed, silent
    done: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    total: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    # Where its result is to be seen, or what went wrong: a path of ours; a text id with its values as JSON.
    leads_to: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    told: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    started_at: Mapped[int] = mapped_column(BigInteger)
    beat_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
