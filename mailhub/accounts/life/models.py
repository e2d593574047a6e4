"""The tables of an account's life: requests, absences, reviews, what people were told, and doors that were closed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class RequestKind(StrEnum):
    """What an agency can ask the information department for (S1 § 2c: issue, revoke, recover)."""

    NEW = "new"
    MOVE = "move"
    END = "end"
    PASSWORD = "password"  # noqa: S105


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  # nobody decided within `[accounts] request_days`


class AccountRequest(Base):
    """What somebody asked for, and who decided. A new account's mailbox is there already, in state `requested`;
    it is null once that was refused and its address became free again."""

    __tablename__ = "account_request"
    __table_args__ = (Index("ix_account_request_open", "state", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[RequestKind] = mapped_column(String(16))
    state: Mapped[RequestState] = mapped_column(String(16), default=RequestState.OPEN)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    details: Mapped[str] = mapped_column(Text, default="{}")  # JSON; no secrets
    # The deciding document: "QĐ 156/QĐ-SNV ngày 20/11/2026".
    basis: Mapped[str] = mapped_column(String(300), default="")
    requested_by: Mapped[str] = mapped_column(String(320))
    requester_id: Mapped[int | None] = mapped_column(BigInteger)
    requested_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(320))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[str] = mapped_column(String(500), default="")


class Absence(Base):
    """A leave: mail keeps arriving, somebody acts, and the login is closed unless the decision says otherwise."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)  # the last day away
    acting_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    closes_login: Mapped[bool] = mapped_column(default=True)
    because: Mapped[str] = mapped_column(String(300), default="")
    delegation_id: Mapped[int | None] = mapped_column(BigInteger)
    # Moments at which the schedule began and ended it; null = not yet.
    began_at: Mapped[int | None] = mapped_column(BigInteger)
    over_at: Mapped[int | None] = mapped_column(BigInteger, index=True)


class Letter(Base):
    """A mail of the hub's own that is to be written: entered with the act it tells of, in one transaction.

    lifecycle/post.py writes and queues it. `facts` is a JSON object without secrets.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("about", name="uq_letter_about"),
        Index(
            "ix_letter_waiting", "id", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    to_address: Mapped[str] = mapped_column(String(320))
    facts: Mapped[str] = mapped_column(Text)
    # What must be told once only, however often the schedule runs: "end/12345/2026-12-01/30". Null = always.
    about: Mapped[str | None] = mapped_column(String(200))
    entered_at: Mapped[int] = mapped_column(BigInteger)
    # When it was queued, or given up: then `code` is null, and `outcome` says why.
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))


class Review(Base):
    """A round of "rà soát" (QCVN 12:2026/BCA 3.7.2.5.2): each agency confirms its list."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40), unique=True)  # 2026-Q4
    opened_at: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)


class ReviewEntry(Base):
    """One account in one round. `answer`: '' not yet, `kept`, `ends`, `moved`; `suspended` is what the rule did."""

    __tablename__ = "review_entry"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    answer: Mapped[str] = mapped_column(String(16), default="")
    answered_by: Mapped[str] = mapped_column(String(320), default="")
    answered_at: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(300), default="")


class DoorState(StrEnum):
    """How far closing one door has come."""

    CLOSING = "closing"  # not proved yet: tried again until it is
    CLOSED = "closed"
    ABSENT = "absent"  # there was nothing to close
    REOPENED = "reopened"  # the account was restored before


class Closing(Base):
    """One turn of the kill switch, and what proves it (architecture § 10)."""

    __tablename__ = "closing"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    act: Mapped[str] = mapped_column(String(16))  # suspend, end
    # The directory's version that this act made: a process that has read it knows.
    version: Mapped[int] = mapped_column(BigInteger)
    began_at: Mapped[int] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger, index=True)


class ClosingDoor(Base):
    """One door of a closing: when it closed, and how that was checked."""

    __tablename__ = "closing_door"

    closing_id: Mapped[int] = mapped_column(ForeignKey("closing.id"), primary_key=True, autoincrement=False)
    door: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[DoorState] = mapped_column(String(16), default=DoorState.CLOSING)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    checked: Mapped[str] = mapped_column(String(500), default="")  # how, or what still stands in the way
    tries: Mapped[int] = mapped_column(default=0)


class ProcessSeen(Base):
    """A process that holds sessions says which version of the directory it acts on, and that it lives."""

    __tablename__ = "process_seen"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)  # node/smtp-0
    pid: Mapped[int]
    started_at: Mapped[int] = mapped_column(BigInteger)
    beat_at: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
