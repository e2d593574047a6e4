"""The tables of the organisation: agencies, people, domains, mailboxes and every address that is ours.

The database keeps the promises too: an address belongs to one thing only, whatever its kind, because each one
has its row in `address`; a person has one personal mailbox, because the reference is unique. Rows are written
by `service` alone. Moments are milliseconds since the epoch; days that a decision names are dates.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class MailboxKind(StrEnum):
    """Whose a mailbox is."""

    PERSONAL = "personal"  # one official's, exactly one each
    ROLE = "role"  # an office's (văn thư, a desk), held by people in turn
    SERVICE = "service"  # a program's or a printer's
    SYSTEM = "system"  # postmaster@ of the province


class MailboxState(StrEnum):
    """The states of architecture § 10 that exist so far."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class AddressKind(StrEnum):
    """What an address leads to."""

    MAILBOX = "mailbox"
    ALIAS = "alias"
    GROUP = "group"


class Agency(Base):
    """A unit of the organisation, at any depth; the root is the province itself."""

    __tablename__ = "agency"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(40), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    # Where senders are sent when one of its mailboxes has ended (wording § 2.6). '' = the parent's.
    unit_address: Mapped[str] = mapped_column(String(320), default="")
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)


class Person(Base):
    """Somebody who works for an agency."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    full_name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200), default="")
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)


class Domain(Base):
    """A mail domain of ours. It may be sent from while it is official; it receives while `receives` says so."""

    __tablename__ = "domain"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    # The one that bare `postmaster` and the hub's own notices belong to; exactly one row is canonical.
    canonical: Mapped[bool] = mapped_column(default=False)
    # First and last day on which officials send from it; null = open.
    official_from: Mapped[date | None] = mapped_column(Date)
    official_until: Mapped[date | None] = mapped_column(Date)
    receives: Mapped[bool] = mapped_column(default=True)
    # Another name for this domain: an address that is not listed here is looked up there.
    alias_of: Mapped[str | None] = mapped_column(ForeignKey("domain.name"))
    # Where its mailboxes live: '' = here, else smtp://host:port.
    home: Mapped[str] = mapped_column(String(320), default="")
    # Its mailboxes are not listed here: any address is passed on to `home`.
    relay: Mapped[bool] = mapped_column(default=False)


class Mailbox(Base):
    """A mailbox and its account. Logging in and receiving are two switches (architecture § 10).

    The switches say what holds while the account is active; its state closes doors without touching them, so
    that restoring gives back what was, and no more.
    """

    __tablename__ = "mailbox"
    __table_args__ = (CheckConstraint("kind <> 'personal' OR person_id IS NOT NULL", name="personal_has_person"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    kind: Mapped[MailboxKind] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    state: Mapped[MailboxState] = mapped_column(String(16), default=MailboxState.ACTIVE)
    may_login: Mapped[bool] = mapped_column(default=True)
    may_send: Mapped[bool] = mapped_column(default=True)
    receives: Mapped[bool] = mapped_column(default=True)
    # A suspension normally closes login and sending alone; this one refuses mail as well.
    refuses_while_suspended: Mapped[bool] = mapped_column(default=False)
    # Null = as the domain says, '' = here, else smtp://host:port.
    home: Mapped[str | None] = mapped_column(String(320))
    # Null = the setting's.
    quota_mib: Mapped[int | None]
    # '' = the agency's.
    unit_address: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class MailGroup(Base):
    """An address that stands for several: a unit, a list."""

    __tablename__ = "mail_group"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)


class Address(Base):
    """Every local address, once. An address that was given away is never given again."""

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'group') = (group_id IS NOT NULL) AND (kind <> 'group') = (mailbox_id IS NOT NULL)",
            name="leads_to_one",
        ),
        Index("ix_address_domain", "domain"),
    )

    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    domain: Mapped[str] = mapped_column(ForeignKey("domain.name"))
    kind: Mapped[AddressKind] = mapped_column(String(16))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("mail_group.id"), index=True)
    # postmaster@ and abuse@: may be pointed elsewhere, never taken away.
    protected: Mapped[bool] = mapped_column(default=False)


class GroupMember(Base):
    """A member: a mailbox, another group, or an address of a domain whose mailboxes are not listed here."""

    __tablename__ = "group_member"
    __table_args__ = (UniqueConstraint("group_id", "member", name="uq_group_member_group_id_member"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    group_id: Mapped[int] = mapped_column(ForeignKey("mail_group.id"), index=True)
    # The member's primary address.
    member: Mapped[str] = mapped_column(String(320))
    member_mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    member_group_id: Mapped[int | None] = mapped_column(ForeignKey("mail_group.id"), index=True)


class RoleHolder(Base):
    """Who may send as a role mailbox, from a moment until another (null = until further notice)."""

    __tablename__ = "role_holder"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    from_at: Mapped[int] = mapped_column(BigInteger, index=True)
    until_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
