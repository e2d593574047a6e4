"""The table of incidents. No words of the content, no subject, no file name, ever (Luật 117/2025/QH15 Điều 5)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class Kept(StrEnum):
    """What became of the content."""

    DESTROYED = "destroyed"
    SEALED = "sealed"  # to the security officer's key; on no disk in the clear
    OPENED = "opened"  # given out by two people's decision, then destroyed here


class IncidentState(StrEnum):
    """How far an incident has come."""

    OPEN = "open"
    REPORTED = "reported"
    CLOSED = "closed"


class Incident(Base):
    """A message that bore a secret's mark. Times in ms."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # 2026-0001
    code: Mapped[str] = mapped_column(String(16), index=True)  # of the message, for people
    opened_at: Mapped[int] = mapped_column(BigInteger, index=True)
    deadline_at: Mapped[int] = mapped_column(BigInteger)  # `[secrets] report_hours`
    state: Mapped[IncidentState] = mapped_column(String(16))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    agency_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    sender: Mapped[str] = mapped_column(String(320))
    client: Mapped[str] = mapped_column(String(64))
    door: Mapped[str] = mapped_column(String(16))
    recipients: Mapped[str] = mapped_column(String)  # JSON: addresses
    size: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[str] = mapped_column(String(16))
    found_in: Mapped[str] = mapped_column(String(60))  # subject, body, file, scan; joined by commas
    rule: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    kept: Mapped[Kept] = mapped_column(String(16))
    sealed_file: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    times: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[int] = mapped_column(BigInteger)
    copies_removed: Mapped[int] = mapped_column(default=0)
    report: Mapped[str] = mapped_column(String, default="", server_default=text("''"))
    reported_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_by: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
    closed_reason: Mapped[str] = mapped_column(String, default="", server_default=text("''"))
    mistaken: Mapped[bool] = mapped_column(default=False)  # two people said that it was no secret


class IncidentFingerprint(Base):
    """A keyed hash of what bore the mark: the same again is the same incident, and tells nobody without the key."""

    __tablename__ = "incident_fingerprint"

    fingerprint: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    mistaken: Mapped[bool] = mapped_column(default=False)  # no secret: the rules judge it as any other


class IncidentCopy(Base):
    """A place where copies of the content may lie: a mailbox, or a stored message's bytes. Looked at when due."""

    __tablename__ = "incident_copy"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    # One of the two: whose folders are searched, or the row number of the message whose bytes are overwritten.
    mailbox_id: Mapped[int | None] = mapped_column(BigInteger)
    stored_id: Mapped[int | None] = mapped_column(BigInteger)
    # The header's Message-ID, by which copies are found; '' once nothing is searched any more.
    message_id: Mapped[str] = mapped_column(String(1000), default="", server_default=text("''"))
    since: Mapped[int] = mapped_column(BigInteger)  # when it was caught
    due_at: Mapped[int | None] = mapped_column(BigInteger, index=True)  # null: no more
    looked: Mapped[int] = mapped_column(default=0)  # times that it was searched to the end
    removed: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
