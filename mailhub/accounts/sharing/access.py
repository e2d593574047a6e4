"""Who opens another's mailbox now: the holders of an office's, and delegates of a person's, each by the own login.

Nothing here is kept up to date by anybody: a right counts while both accounts are in use and the day is within its
days. So a suspension of either closes it, and a restoring gives back what was, without the rows being touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, select

from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.models import (
    RECEIVING_STATES,
    Delegation,
    DelegationRight,
    Mailbox,
    MailboxKind,
    MailboxState,
    RoleHolder,
)
from mailhub.accounts.periods import in_force
from mailhub.mail.login_name import split_login
from mailhub.store.chunks import chunks

# An order reaches what is still kept here; an archived mailbox is opened where the archive is.
_OPENED_BY_ORDER = (*RECEIVING_STATES, MailboxState.RETAINED)


class OpeningRight(StrEnum):
    """What somebody may do in a mailbox that is not the own one; from the least to the most."""

    READ = "read"
    DRAFT = "draft"
    SEND = "send"
    FULL = "full"  # an office's, by whoever holds it

    @property
    def height(self) -> int:
        """So that two can be compared: each holds those below it."""
        return list(OpeningRight).index(self)


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody may open a mailbox. `until` is when time alone will end that (ms), None for until further notice."""

    mailbox_id: int
    person_id: int
    right: OpeningRight
    until: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A mailbox, not the own one, that somebody came into: its number, its primary address, and the right."""

    mailbox_id: int
    address: str
    right: OpeningRight


def opens(connection: Connection, person_id: int, mailbox_id: int, at: int) -> Opening | None:
    """What the account `person_id` may do in the mailbox `mailbox_id` at that moment; None: nothing.

    What was opened by an order (control/opening.py) stays so while the mailbox is suspended or has ended.
    """
    person, mailbox = load_mailbox(connection, person_id), load_mailbox(connection, mailbox_id)
    if person is None or mailbox is None or not _may_use(person):
        return None
    found = [*_held(connection, person_id, mailbox, at), *_delegated(connection, person_id, mailbox, at)]
    return max(found, key=lambda one: (one.right.height, one.until is None, one.until or 0), default=None)


def _held(connection: Connection, person_id: int, mailbox: MailboxRow, at: int) -> Iterator[Opening]:
    if mailbox.kind is MailboxKind.ROLE and mailbox.state is MailboxState.ACTIVE:
        held = select(RoleHolder.until_at).where(
            RoleHolder.mailbox_id == mailbox.id, RoleHolder.holder_id == person_id, in_force(RoleHolder, at)
        )
        for until in connection.scalars(held):
            yield Opening(mailbox.id, person_id, OpeningRight.FULL, until)


def _delegated(connection: Connection, person_id: int, mailbox: MailboxRow, at: int) -> Iterator[Opening]:
    query = select(Delegation.right, Delegation.until_at, Delegation.by_order).where(
        Delegation.mailbox_id == mailbox.id, Delegation.delegate_id == person_id, in_force(Delegation, at)
    )
    usual = mailbox.kind is MailboxKind.PERSONAL and mailbox.state is MailboxState.ACTIVE
    for row in connection.execute(query):
        if usual or (row.by_order and mailbox.state in _OPENED_BY_ORDER):
            yield Opening(mailbox.id, person_id, OpeningRight(row.right), row.until_at)


def sends_for(connection: Connection, mailbox: MailboxRow, at: int) -> list[int]:
    """The mailboxes, not the own one, that the account may send from at that moment."""
    held = select(RoleHolder.mailbox_id).join(Mailbox, Mailbox.id == RoleHolder.mailbox_id)
    held = held.where(RoleHolder.holder_id == mailbox.id, in_force(RoleHolder, at), _sends(MailboxKind.ROLE))
    delegated = select(Delegation.mailbox_id).join(Mailbox, Mailbox.id == Delegation.mailbox_id)
    delegated = delegated.where(
        Delegation.delegate_id == mailbox.id,
        Delegation.right == DelegationRight.SEND.value,
        in_force(Delegation, at),
        _sends(MailboxKind.PERSONAL),
    )
    return sorted({*connection.scalars(held), *connection.scalars(delegated)})


def next_sharing_change(connection: Connection, at: int) -> int | None:
    """When a holding or a delegation next begins or ends by time alone (ms)."""
    columns = (RoleHolder.from_at, RoleHolder.until_at, Delegation.from_at, Delegation.until_at)
    moments = [connection.scalar(select(func.min(column)).where(column > at)) for column in columns]
    return min((moment for moment in moments if moment is not None), default=None)


def last_sharing_change(connection: Connection, at: int) -> int:
    """When a holding or a delegation last began or ended by time alone (ms; 0: never)."""
    columns = (RoleHolder.from_at, RoleHolder.until_at, Delegation.from_at, Delegation.until_at)
    moments = [connection.scalar(select(func.max(column)).where(column <= at)) for column in columns]
    return max((moment for moment in moments if moment is not None), default=0)


def sessions_to_end(
    connection: Connection, users: Iterable[str], at: int, *, granted: Mapping[str, OpeningRight] | None = None
) -> set[str]:
    """Of Dovecot's users who are logged in (addresses, and SHARED*PERSON), those that may not be any more.

    `granted` is the right that each shared session came in with: one that has become less ends it too, and the
    client comes in anew. A session that it does not name is taken to have come in with every right.
    """
    names = set(users)
    addresses = {part for user in names for part in split_login(user) if part}
    rows = {row.address: row for row in _rows(connection, addresses)}
    return {user for user in names if _is_over(connection, user, rows, at, granted or {})}


@dataclass(frozen=True, slots=True)
class _Logins:
    id: int
    address: str
    logs_in: bool


def _rows(connection: Connection, addresses: set[str]) -> list[_Logins]:
    columns = (Mailbox.id, Mailbox.address, Mailbox.state, Mailbox.may_login, Mailbox.login_closed)
    found: list[_Logins] = []
    for chunk in chunks(sorted(addresses)):
        for row in connection.execute(select(*columns).where(Mailbox.address.in_(chunk))):
            open_now = row.state == MailboxState.ACTIVE and row.may_login and not row.login_closed
            found.append(_Logins(row.id, row.address, open_now))
    return found


def _is_over(
    connection: Connection, user: str, rows: Mapping[str, _Logins], at: int, granted: Mapping[str, OpeningRight]
) -> bool:
    mailbox, person = split_login(user)
    if not person:
        return mailbox not in rows or not rows[mailbox].logs_in
    if mailbox not in rows or person not in rows:
        return True
    opening = opens(connection, rows[person].id, rows[mailbox].id, at)
    return opening is None or opening.right.height < granted.get(user, OpeningRight.FULL).height


def _may_use(person: MailboxRow) -> bool:
    return person.kind is MailboxKind.PERSONAL and person.logs_in


def _sends(kind: MailboxKind) -> ColumnElement[bool]:
    return and_(Mailbox.kind == kind, Mailbox.state == MailboxState.ACTIVE, Mailbox.may_send.is_(True))
