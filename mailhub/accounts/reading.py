"""What people may see of accounts: lists by key, one account in full, its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.act import need_reason
from mailhub.accounts.attempts import Attempt, last_attempts
from mailhub.accounts.audit import ChainReport, verify_chain
from mailhub.accounts.credentials import password_set_at
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.models import Address, AddressKind, Agency, GroupMember, Mailbox, MailGroup, RoleHolder
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import find_agency, scope_of, subtree

__all__ = [
    "AccountLine",
    "AccountReport",
    "ChainReport",
    "Story",
    "list_accounts",
    "show_account",
    "verify_chain",
    "why",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account in a list."""

    id: int
    address: str
    name: str
    kind: str
    agency: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """One account in full. Times in ms; `holds` and `held_by` are those of now."""

    mailbox: MailboxRow
    agency: str
    aliases: tuple[str, ...]
    groups: tuple[str, ...]
    holds: tuple[str, ...]
    held_by: tuple[str, ...]
    password_set_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of the audit log about an account."""

    at: int
    actor: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Why an account is as it is: what was changed last, and what was tried last, newest first."""

    mailbox: MailboxRow
    password_set_at: int | None
    changes: Sequence[Change]
    attempts: Sequence[Attempt]


def list_accounts(
    connection: Connection,
    actor: Actor,
    *,
    after: str = "",
    limit: int = 100,
    agency: str = "",
    state: str = "",
) -> Sequence[AccountLine]:
    """Accounts that the actor may see, in the order of their addresses, from behind `after` on.

    `agency` is a code: that agency and those below it.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    query = select(Mailbox.id, Mailbox.address, Mailbox.name, Mailbox.kind, Mailbox.state, Agency.code)
    query = query.join(Agency, Agency.id == Mailbox.agency_id).where(Mailbox.address > after)
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    if scope.account_id is not None:
        query = query.where(Mailbox.id == scope.account_id)
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    if agency:
        query = query.where(Mailbox.agency_id.in_(subtree(connection, find_agency(connection, agency))))
    if state:
        query = query.where(Mailbox.state == state)
    rows = connection.execute(query.order_by(Mailbox.address).limit(limit))
    return [
        AccountLine(id=row.id, address=row.address, name=row.name, kind=row.kind, agency=row.code, state=row.state)
        for row in rows
    ]


def show_account(connection: Connection, actor: Actor, address: str, *, at: int) -> AccountReport:
    """One account in full.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = _readable(connection, actor, Action.ACCOUNT_READ, address)
    now = (RoleHolder.from_at <= at) & (RoleHolder.until_at.is_(None) | (RoleHolder.until_at > at))
    aliases = select(Address.address).where(Address.mailbox_id == mailbox.id, Address.kind == AddressKind.ALIAS)
    groups = select(MailGroup.address).join(GroupMember, GroupMember.group_id == MailGroup.id)
    holds = select(Mailbox.address).join(RoleHolder, RoleHolder.mailbox_id == Mailbox.id)
    held_by = select(Mailbox.address).join(RoleHolder, RoleHolder.holder_id == Mailbox.id)

    def column(query: object) -> tuple[str, ...]:
        return tuple(sorted(set(connection.execute(query).scalars())))  # type: ignore[call-overload]

    return AccountReport(
        mailbox=mailbox,
        agency=connection.execute(select(Agency.code).where(Agency.id == mailbox.agency_id)).scalar_one(),
        aliases=column(aliases),
        groups=column(groups.where(GroupMember.member_mailbox_id == mailbox.id)),
        holds=column(holds.where(RoleHolder.holder_id == mailbox.id, now)),
        held_by=column(held_by.where(RoleHolder.mailbox_id == mailbox.id, now)),
        password_set_at=password_set_at(connection, mailbox.id),
    )


def why(connection: Connection, actor: Actor, address: str, *, limit: int = 20) -> Story:
    """What was changed and tried last with an account.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = _readable(connection, actor, Action.ACCOUNT_WHY, address)
    query = select(AuditRow.at, AuditRow.actor, AuditRow.action, AuditRow.reason)
    query = query.where(AuditRow.object_kind == "account", AuditRow.object == mailbox.address)
    rows = connection.execute(query.order_by(AuditRow.id.desc()).limit(limit))
    return Story(
        mailbox=mailbox,
        password_set_at=password_set_at(connection, mailbox.id),
        changes=[Change(at=row.at, actor=row.actor, action=row.action, reason=row.reason) for row in rows],
        attempts=last_attempts(connection, mailbox.id, limit=limit),
    )


def note_reading(connection: Connection, actor: Actor, address: str, *, reason: str) -> None:
    """Leave a row in the audit log that the actor looked into an account's tries, and why.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed.
    """
    mailbox = _readable(connection, actor, Action.ACCOUNT_WHY, address)
    audit.record(connection, actor, Action.ACCOUNT_WHY, subject_of(connection, mailbox), reason=need_reason(reason))


def _readable(connection: Connection, actor: Actor, action: Action, address: str) -> MailboxRow:
    mailbox = find_mailbox(connection, address)
    if not may(actor, action, subject_of(connection, mailbox)):
        raise NotAllowed(f"{actor.name} may not {action} {mailbox.address}")
    return mailbox
