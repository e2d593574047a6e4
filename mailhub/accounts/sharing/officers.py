"""Who has a say in a group: its owner, and those named to write to it or to moderate it.

The rows stay as they are when an account is suspended or ended; they only have no force while it is not in use. So
the kill switch takes a group from its owner at once, and restoring gives it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, union_all

from mailhub.accounts.addresses import fold
from mailhub.accounts.errors import NoSuchGroup
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.models import GroupOfficer, GroupSenders, GroupTask, Mailbox, MailboxState, MailGroup, RoleHolder
from mailhub.accounts.periods import in_force
from mailhub.accounts.rights import Actor, Subject
from mailhub.accounts.tree import agency_subject

OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A row of `mail_group`."""

    id: int
    address: str
    name: str
    agency_id: int
    rule: str | None
    owner_id: int | None
    senders: GroupSenders
    moderated: bool
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody with a task in a group: `owner`, `sender` or `moderator`; `in_force` while the account is in use."""

    group_id: int
    mailbox_id: int
    address: str
    task: str
    in_force: bool


def load_groups(connection: Connection, ids: Iterable[int]) -> dict[int, GroupRow]:
    """The groups with these numbers (at most some hundreds)."""
    rows = connection.execute(select(MailGroup.__table__).where(MailGroup.id.in_(list(ids)))).mappings()
    return {row["id"]: GroupRow(**{**row, "senders": GroupSenders(row["senders"])}) for row in rows}


def find_group(connection: Connection, address: str) -> GroupRow:
    """The group with this address, an ended one too.

    Raises:
        NoSuchGroup
    """
    found = connection.scalar(select(MailGroup.id).where(MailGroup.address == fold(address.strip())))
    if found is None:
        raise NoSuchGroup(f"no group has the address {address}")
    return load_groups(connection, [found])[found]


def officers_of(connection: Connection, ids: Iterable[int]) -> list[Officer]:
    """Everybody with a task in these groups, in force or not; owners first, then by address."""
    wanted = list(ids)
    columns = (Mailbox.id, Mailbox.address, Mailbox.state)
    owners = select(MailGroup.id, *columns).join(Mailbox, Mailbox.id == MailGroup.owner_id)
    named = select(GroupOfficer.group_id, *columns, GroupOfficer.task).join(
        Mailbox, Mailbox.id == GroupOfficer.mailbox_id
    )
    found = [
        Officer(row[0], row[1], row[2], OWNER, _in_use(row[3]))
        for row in connection.execute(owners.where(MailGroup.id.in_(wanted)))
    ]
    others = [
        Officer(row[0], row[1], row[2], row[4], _in_use(row[3]))
        for row in connection.execute(named.where(GroupOfficer.group_id.in_(wanted)))
    ]
    return found + sorted(others, key=lambda officer: (officer.address, officer.task))


def hands_of(connection: Connection, actor: Actor, at: int) -> frozenset[int]:
    """The mailboxes in whose name the actor may act now: the own one, and the role mailboxes held; none while the
    account may not log in. Who sends for a leader does not decide for that leader."""
    mailbox = None if actor.account_id is None else load_mailbox(connection, actor.account_id)
    if mailbox is None or not mailbox.logs_in:
        return frozenset()
    held = select(RoleHolder.mailbox_id).where(RoleHolder.holder_id == mailbox.id, in_force(RoleHolder, at))
    return frozenset((mailbox.id, *connection.scalars(held)))


def subject_of_group(
    connection: Connection, actor: Actor, group: GroupRow, tasks: Iterable[str], *, at: int
) -> Subject:
    """The group as `may()` looks at it; the actor's own when the actor has one of `tasks` in it, in force."""
    hands = hands_of(connection, actor, at)
    wanted = set(tasks)
    officers = officers_of(connection, [group.id]) if hands else []
    own = any(one.in_force and one.task in wanted and one.mailbox_id in hands for one in officers)
    account = actor.account_id if own else None
    return agency_subject(connection, "group", group.address, group.agency_id, account_id=account)


def groups_in_hand(connection: Connection, hands: Iterable[int], tasks: Iterable[str]) -> frozenset[int]:
    """The groups in which one of these mailboxes has one of these tasks now."""
    mine, wanted = list(hands), list(tasks)
    in_use = Mailbox.state == MailboxState.ACTIVE.value
    owned = select(MailGroup.id).join(Mailbox, Mailbox.id == MailGroup.owner_id)
    owned = owned.where(MailGroup.owner_id.in_(mine), in_use)
    named = select(GroupOfficer.group_id).join(Mailbox, Mailbox.id == GroupOfficer.mailbox_id)
    named = named.where(GroupOfficer.mailbox_id.in_(mine), GroupOfficer.task.in_(wanted), in_use)
    return frozenset(connection.scalars(union_all(owned, named) if OWNER in wanted else named))


def offices_in_force(connection: Connection, mailbox_id: int) -> int:
    """In how many groups the mailbox has a say now: 0 proves that the kill switch took it (group-ownership)."""
    return len(groups_in_hand(connection, [mailbox_id], [OWNER, *GroupTask]))


def offices_kept(connection: Connection, mailbox_id: int) -> int:
    """In how many groups the mailbox has a say as soon as its account is in use again."""
    named = select(GroupOfficer.group_id).where(GroupOfficer.mailbox_id == mailbox_id)
    query = select(MailGroup.id).where(or_(MailGroup.owner_id == mailbox_id, MailGroup.id.in_(named)))
    return len(set(connection.scalars(query)))


def _in_use(state: str) -> bool:
    return state == MailboxState.ACTIVE
