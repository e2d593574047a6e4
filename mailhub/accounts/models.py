"""The tables of the organisation: agencies, people, domains, mailboxes and every address that is ours.

The database keeps the promises too: an address belongs to one thing only, whatever its kind, because each one
has its row in `address`; a person has one personal mailbox, because the reference is unique. Rows are written
by `service` alone. Moments are milliseconds since the epoch; days that a decision names are dates.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class MailboxKind(StrEnum):
    """Whose a mailbox is."""

    PERSONAL = "personal"  # one official's, exactly one each
    ROLE = "role"  # an office's (văn thư, a desk), held by people in turn
    SERVICE = "service"  # a program's or a printer's
    SYSTEM = "system"  # postmaster@ of the province


class MailboxState(StrEnum):
    """The states of architecture § 10, in the order of a life."""

    REQUESTED = "requested"  # somebody asked for it: the address is kept, nothing else happens
    APPROVED = "approved"  # it takes mail; nobody has logged in yet
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETAINED = "retained"  # ended: no login, no mail; the mailbox is kept, and the person may come back to it
    ARCHIVED = "archived"  # its mail lies in the archive
    ERASED = "erased"  # nothing is left but the address, which is never given again


# An account that has ended, whatever has become of its mail.
ENDED_STATES = (MailboxState.RETAINED, MailboxState.ARCHIVED, MailboxState.ERASED)
# In these its mail arrives, unless it was told to refuse.
RECEIVING_STATES = (MailboxState.APPROVED, MailboxState.ACTIVE, MailboxState.SUSPENDED)


class Rank(StrEnum):
    """What a person's post counts as, for retention and for the rules that spare leaders."""

    LEADER = "leader"  # lãnh đạo of the province, of an agency or of a commune
    HEAD = "head"  # trưởng phòng and equals
    STAFF = "staff"


class Employment(StrEnum):
    """By what law somebody works (reference/organisation § 5); it decides who may have a mailbox."""

    UNKNOWN = ""
    OFFICER = "can-bo"  # cán bộ: elected or appointed
    CIVIL_SERVANT = "cong-chuc"
    PUBLIC_EMPLOYEE = "vien-chuc"
    CONTRACT = "hop-dong"


class Listing(StrEnum):
    """Who finds a mailbox in the directory."""

    PUBLIC = "public"  # the portal too
    INTERNAL = "internal"
    HIDDEN = "hidden"


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
    # The name without marks, for searches (text/folding.py).
    folded: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    # What it is: province, department (sở), commune, unit (phòng) … data, not law: levels come and go.
    kind: Mapped[str] = mapped_column(String(40), default="")
    # Which tier it stands on, as data: `tinh`, `xa`; '' = as the agency above.
    level: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    # QĐ 20/2020/QĐ-TTg (`H40.01.02`), and the form of QCVN 102:2016 before it (`000.01.02.H40`).
    identifier: Mapped[str | None] = mapped_column(String(40), index=True, unique=True)
    former_identifier: Mapped[str | None] = mapped_column(String(40), index=True, unique=True)
    # The Party, the council: a block that those above it neither list nor read.
    block: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Where its new mailboxes get their addresses; null = as the agency above.
    domain: Mapped[str | None] = mapped_column(ForeignKey("domain.name"))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    # MiB that the mailboxes of it and of those below may hold together; null = no pool of its own.
    quota_pool_mib: Mapped[int | None]
    # Its posts (biên chế), those of the units below it included; null = not known: persons are counted instead.
    staff: Mapped[int | None]
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
    folded: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    rank: Mapped[Rank] = mapped_column(String(16), default=Rank.STAFF, server_default=text("'staff'"))
    employment: Mapped[Employment] = mapped_column(String(16), default=Employment.UNKNOWN, server_default=text("''"))
    birth_date: Mapped[date | None] = mapped_column(Date)
    # HMAC of the personal identifier (CCCD) under a key that lies outside the database (store/sealing.py).
    identifier_digest: Mapped[bytes | None] = mapped_column(LargeBinary, index=True, unique=True)
    phone: Mapped[str] = mapped_column(String(32), default="", server_default=text("''"))
    # A private address, kept with the person's consent, for recovery alone.
    recovery_address: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
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
    # The last day on which it receives; null = open.
    receives_until: Mapped[date | None] = mapped_column(Date)
    # After a merger: the domain whose addresses stand for this one's in what is sent (mail/rewriting.py).
    renamed_to: Mapped[str | None] = mapped_column(ForeignKey("domain.name"))
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
    # What a suspension and an end took away, the last one last and joined by commas: restoring gives it back.
    former_states: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    may_login: Mapped[bool] = mapped_column(default=True)
    may_send: Mapped[bool] = mapped_column(default=True)
    receives: Mapped[bool] = mapped_column(default=True)
    # A suspension normally closes login and sending alone; this one refuses mail as well.
    refuses_while_suspended: Mapped[bool] = mapped_column(default=False)
    # Null = as the domain says, '' = here, else smtp://host:port.
    home: Mapped[str | None] = mapped_column(String(320))
    # The address that its files lie under, once it has another one; '' = its address.
    stored_as: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
    # Null = the setting's.
    quota_mib: Mapped[int | None]
    # '' = the agency's.
    unit_address: Mapped[str] = mapped_column(String(320), default="")
    # Name, address and post without marks, for searches.
    folded: Mapped[str] = mapped_column(String(800), default="", server_default=text("''"))
    # Which office a role mailbox is: `van-thu`, `mot-cua`, `lanh-dao` …; '' for the others.
    office: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"), index=True)
    listing: Mapped[Listing] = mapped_column(String(16), default=Listing.INTERNAL, server_default=text("'internal'"))
    # Why the login is closed while the account goes on receiving: `idle`, `leave`, joined by commas; '' = it is not.
    login_closed: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    # Moved on by every act, so that an administrator is told when another was faster.
    revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # Some day of the last login (ms); written once a day.
    last_login_at: Mapped[int | None] = mapped_column(BigInteger)
    # Sessions that were opened before this moment (ms) have to end: a secret was changed or taken back.
    sessions_from: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    created_at: Mapped[int] = mapped_column(BigInteger)
    # The announced end: the first day without it, by which decision, and who takes over.
    ends_on: Mapped[date | None] = mapped_column(Date, index=True)
    ends_because: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    # Last day on which an ended mailbox is kept whole; then it is archived.
    retained_until: Mapped[date | None] = mapped_column(Date, index=True)
    archived_at: Mapped[int | None] = mapped_column(BigInteger)
    erased_at: Mapped[int | None] = mapped_column(BigInteger)
    # The order by which nothing of it may be destroyed; '' = none.
    legal_hold: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))


class AccountActivity(Base):
    """The days of one month on which an account was used: somebody logged in, by whatever door, or sent."""

    __tablename__ = "account_activity"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 202611
    days: Mapped[int] = mapped_column(BigInteger)  # bit 0 is the first of the month


class GroupSenders(StrEnum):
    """Who may write to a group."""

    ANYONE = "anyone"
    OWN = "own"  # anybody with an account here
    MEMBERS = "members"
    LISTED = "listed"  # those named in `group_officer`, and the owner


class MailGroup(Base):
    """An address that stands for several: a list made by hand, or whoever fits `rule` in the tree."""

    __tablename__ = "mail_group"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    # Null = members are entered by hand; else a JSON object (sharing/computed.py).
    rule: Mapped[str | None] = mapped_column(String(1000))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    senders: Mapped[GroupSenders] = mapped_column(
        String(16), default=GroupSenders.ANYONE, server_default=text("'anyone'")
    )
    # What is written to it waits for a moderator (the owner, or those named in `group_officer`).
    moderated: Mapped[bool] = mapped_column(default=False, server_default=false())
    # It takes no mail any more; its address is never given again.
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class GroupTask(StrEnum):
    """What an officer of a group does (sharing/officers.py)."""

    SENDER = "sender"  # may write to it, and what is written waits for nobody
    MODERATOR = "moderator"  # lets others' mail go, and writes to it


class GroupOfficer(Base):
    """Somebody who may write to a group (`sender`) or lets others' mail to it go (`moderator`)."""

    __tablename__ = "group_officer"

    group_id: Mapped[int] = mapped_column(ForeignKey("mail_group.id"), primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True, autoincrement=False)
    task: Mapped[str] = mapped_column(String(16), primary_key=True)


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
    # When and by whom this row was entered: a paper decision often reaches the hub after its day.
    entered_at: Mapped[int | None] = mapped_column(BigInteger)
    entered_by: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
    because: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))


class DelegationRight(StrEnum):
    """How much of somebody's mailbox another may use; each holds the one before."""

    READ = "read"
    DRAFT = "draft"  # write into Drafts
    SEND = "send"  # send from it, the delegate named


class Delegation(Base):
    """Somebody works in another's personal mailbox, with a login of their own, from a moment until another."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    delegate_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    right: Mapped[DelegationRight] = mapped_column(String(16))
    from_at: Mapped[int] = mapped_column(BigInteger, index=True)
    until_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    because: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    # By a written order of two people (control/opening.py): it holds also while the mailbox is closed to its owner.
    by_order: Mapped[bool] = mapped_column(default=False, server_default=false())


class Grant(Base):
    """A right to administer: a role (rights.Role), for an agency and those below it, from a day until another."""

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    # Null = the whole province, blocks excepted.
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    from_at: Mapped[int] = mapped_column(BigInteger)
    until_at: Mapped[int | None] = mapped_column(BigInteger)
