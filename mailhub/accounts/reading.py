"""What people may see of accounts: lists by key (account_lists.py), one account in full, its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from mailhub.accounts import audit
from mailhub.accounts.account_lists import AccountLine, Only, Order, count_accounts, list_accounts
from mailhub.accounts.act import need_reason
from mailhub.accounts.attempts import last_success
from mailhub.accounts.audit import ChainReport, verify_chain
from mailhub.accounts.control.grants import roles_of
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.leave import LeaveRow, leaves_of
from mailhub.accounts.life.story import Access, Story, access_of, tell_story
from mailhub.accounts.life.telling import address_of
from mailhub.accounts.login.rule import StandingSettings
from mailhub.accounts.models import (
    Address,
    AddressKind,
    Agency,
    GroupMember,
    Mailbox,
    MailGroup,
    Person,
    RoleHolder,
)
from mailhub.accounts.periods import in_force
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.sharing.delegation import list_delegations
from mailhub.clock import now_ms

__all__ = [
    "AccountLine",
    "AccountReport",
    "ChainReport",
    "Only",
    "Order",
    "Story",
    "count_accounts",
    "list_accounts",
    "show_account",
    "verify_chain",
    "why",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """One account in full. Times in ms; `holds`, `held_by` and the delegations are those of now.

    `groups` are the lists made by hand that it is in; `delegates` work in it, `delegated` are mailboxes it works in,
    each as `address (right)`; `rights` are its roles of administration.
    """

    mailbox: MailboxRow
    agency: str
    agency_name: str
    title: str
    rank: str
    employment: str
    aliases: tuple[str, ...]
    groups: tuple[str, ...]
    holds: tuple[str, ...]
    held_by: tuple[str, ...]
    delegates: tuple[str, ...]
    delegated: tuple[str, ...]
    rights: tuple[str, ...]
    leaves: Sequence[LeaveRow]
    handover: str
    access: Access
    shows_hold: bool
    entered_at: int | None = None

    @property
    def password_set_at(self) -> int | None:
        """When the password was set (ms), or None when there is none."""
        return self.access.password_set_at

    @property
    def last_login_at(self) -> int | None:
        """When it logged in last (ms): the mailbox's row tells the day, the tries that are kept tell more."""
        return max(filter(None, (self.mailbox.last_login_at, self.entered_at)), default=None)


def show_account(connection: Connection, actor: Actor, address: str, *, at: int) -> AccountReport:
    """One account in full.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = _readable(connection, actor, Action.ACCOUNT_READ, address)
    now = in_force(RoleHolder, at)
    aliases = select(Address.address).where(Address.mailbox_id == mailbox.id, Address.kind == AddressKind.ALIAS)
    groups = select(MailGroup.address).join(GroupMember, GroupMember.group_id == MailGroup.id)
    holds = select(Mailbox.address).join(RoleHolder, RoleHolder.mailbox_id == Mailbox.id)
    held_by = select(Mailbox.address).join(RoleHolder, RoleHolder.holder_id == Mailbox.id)
    agency = connection.execute(select(Agency.code, Agency.name).where(Agency.id == mailbox.agency_id)).one()
    person = _person(connection, mailbox)

    def column(query: object) -> tuple[str, ...]:
        return tuple(sorted(set(connection.execute(query).scalars())))  # type: ignore[call-overload]

    delegations = [one for one in list_delegations(connection, actor, account=mailbox.address, at=at) if one.now]
    return AccountReport(
        mailbox=mailbox,
        agency=agency.code,
        agency_name=agency.name,
        title="" if person is None else person.title,
        rank="" if person is None else person.rank,
        employment="" if person is None else person.employment,
        aliases=column(aliases),
        groups=column(groups.where(GroupMember.member_mailbox_id == mailbox.id)),
        holds=column(holds.where(RoleHolder.holder_id == mailbox.id, now)),
        held_by=column(held_by.where(RoleHolder.mailbox_id == mailbox.id, now)),
        delegates=tuple(f"{one.delegate} ({one.right})" for one in delegations if one.mailbox == mailbox.address),
        delegated=tuple(f"{one.mailbox} ({one.right})" for one in delegations if one.delegate == mailbox.address),
        rights=_rights(connection, mailbox.id, at),
        leaves=leaves_of(connection, mailbox.id),
        handover=address_of(connection, mailbox.handover_id),
        access=access_of(connection, mailbox.id, at=at),
        shows_hold=may(actor, Action.ACCOUNT_HOLD, subject_of(connection, mailbox)),
        entered_at=last_success(connection, mailbox.id),
    )


def why(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    limit: int = 20,
    at: int | None = None,
    settings: StandingSettings | None = None,
    looks: bool = True,
) -> Story:
    """Why an account is as it is: where it stands, what was changed and tried last. `settings` is `[passwords]`.
    Without `looks` the changes leave out who only looked.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = _readable(connection, actor, Action.ACCOUNT_WHY, address)
    moment = now_ms() if at is None else at
    return tell_story(connection, actor, mailbox, limit=limit, at=moment, settings=settings, looks=looks)


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
        raise refusal(actor, action, mailbox.address)
    return mailbox


def _person(connection: Connection, mailbox: MailboxRow) -> Row[*tuple[Any, ...]] | None:
    query = select(Person.title, Person.rank, Person.employment).where(Person.id == mailbox.person_id)
    return connection.execute(query).one_or_none()


def _rights(connection: Connection, mailbox_id: int, at: int) -> tuple[str, ...]:
    held = roles_of(connection, mailbox_id, at=at)
    numbers = [one.agency_id for one in held if one.agency_id is not None]
    rows = connection.execute(select(Agency.id, Agency.code).where(Agency.id.in_(numbers)))
    codes = {row.id: row.code for row in rows}
    return tuple(sorted({f"{one.role} ({codes.get(one.agency_id or 0, '')})" for one in held}))
