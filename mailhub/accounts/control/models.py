"""The tables of control: acts that need two people, and the sealed heads of the audit log."""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class Proposal(Base):
    """An act that waits for a second person."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(32))  # mass-end, trust, open-mailbox
    subject: Mapped[str] = mapped_column(String(320))
    payload: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    reason: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[str] = mapped_column(String(320))
    proposer_id: Mapped[int | None] = mapped_column(BigInteger)
    proposed_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    decided_by: Mapped[str | None] = mapped_column(String(320))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    decision: Mapped[str] = mapped_column(String(16), default="")  # '', approved, refused
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class AuditSeal(Base):
    """The head of the audit log at the end of a day, signed and sent out."""

    __tablename__ = "audit_seal"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[int] = mapped_column(BigInteger)
    sent_to: Mapped[str] = mapped_column(String(320), default="")
