"""What people may see of groups: those of their agencies, and their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, func, select

from mailhub.accounts.models import Agency, GroupMember, GroupSenders, GroupTask, Mailbox, MailGroup
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.computed import members_by_rule
from mailhub.accounts.sharing.officers import (
    OWNER,
    GroupRow,
    Officer,
    find_group,
    groups_in_hand,
    hands_of,
    officers_of,
)
from mailhub.accounts.sharing.rules import read_rule
from mailhub.accounts.tree import Scope, find_agency, hidden_agencies, scope_of, subtree
from mailhub.clock import now_ms

_TASKS = (OWNER, *GroupTask)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A group in a list. `computed`: its members follow from the tree."""

    address: str
    name: str
    agency: str
    computed: bool
    senders: GroupSenders
    moderated: bool
    owner: str
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as it is shown: `kind` is `mailbox`, `group` or `elsewhere`."""

    address: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """One group in full. `number` counts its members, `members` are those of them that the reader may see."""

    group: GroupRow
    agency: str
    officers: tuple[Officer, ...]
    number: int
    members: tuple[MemberLine, ...]


def list_groups(
    connection: Connection,
    actor: Actor,
    *,
    agency: str = "",
    after: str = "",
    limit: int = 1000,
    ended: bool = False,
    text: str = "",
    at: int | None = None,
) -> Sequence[GroupLine]:
    """The groups of agencies that the actor reads, and those in which the actor has a say, by address.

    `agency` is a code: that agency and those below it. `ended`: those that take no mail any more as well. `text`
    stands in the address or in the name.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    query = select(MailGroup.__table__, Agency.code, Mailbox.address.label("owner"))
    query = query.join(Agency, Agency.id == MailGroup.agency_id).outerjoin(Mailbox, Mailbox.id == MailGroup.owner_id)
    query = query.where(MailGroup.address > after)
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    if not scope.everything:
        own = MailGroup.id.in_(_own(connection, actor, at))
        query = query.where(own if scope.agencies is None else own | MailGroup.agency_id.in_(scope.agencies))
    if agency:
        query = query.where(MailGroup.agency_id.in_(subtree(connection, find_agency(connection, agency))))
    if not ended:
        query = query.where(MailGroup.ended_at.is_(None))
    if text:
        named = MailGroup.name.contains(text, autoescape=True)
        query = query.where(named | MailGroup.address.contains(text.casefold(), autoescape=True))
    return [
        GroupLine(
            address=row.address,
            name=row.name,
            agency=row.code,
            computed=row.rule is not None,
            senders=GroupSenders(row.senders),
            moderated=row.moderated,
            owner=row.owner or "",
            ended_at=row.ended_at,
        )
        for row in connection.execute(query.order_by(MailGroup.address).limit(limit))
    ]


def show_group(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    after: str = "",
    limit: int = 1000,
    at: int | None = None,
) -> GroupReport:
    """One group with up to `limit` of its members by address, from behind `after` on.

    Who has a say in it sees all of them, others those they may read.

    Raises:
        NoSuchGroup. NotAllowed: it is neither of the actor's agencies nor the actor's own.
    """
    group = find_group(connection, address)
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    own = group.id in _own(connection, actor, at)
    if not own and not scope.everything and group.agency_id not in (scope.agencies or ()):
        raise refusal(actor, Action.ACCOUNT_READ, group.address, what="xem nhóm thư")
    seen = Scope() if own else scope
    hidden = hidden_agencies(connection, actor)
    if group.rule is not None:
        number, members = _by_rule(connection, group, seen, hidden, after)
    else:
        number, members = _by_hand(connection, group, seen, hidden, after)
    return GroupReport(
        group=group,
        agency=connection.execute(select(Agency.code).where(Agency.id == group.agency_id)).scalar_one(),
        officers=tuple(officers_of(connection, [group.id])),
        number=number,
        members=tuple(islice(members, limit)),
    )


def _own(connection: Connection, actor: Actor, at: int | None) -> frozenset[int]:
    return groups_in_hand(connection, hands_of(connection, actor, now_ms() if at is None else at), _TASKS)


def _by_rule(
    connection: Connection, group: GroupRow, scope: Scope, hidden: frozenset[int], after: str
) -> tuple[int, Iterator[MemberLine]]:
    found = members_by_rule(connection, read_rule(group.rule or ""), group.agency_id)
    return len(found), (
        MemberLine(one.address, one.name, "mailbox")
        for one in found
        if one.address > after
        and one.agency_id not in hidden
        and (scope.agencies is None or one.agency_id in scope.agencies)
    )


def _by_hand(
    connection: Connection, group: GroupRow, scope: Scope, hidden: frozenset[int], after: str
) -> tuple[int, Iterator[MemberLine]]:
    mine = GroupMember.group_id == group.id
    number = connection.execute(select(func.count()).select_from(GroupMember).where(mine)).scalar_one()
    query = select(GroupMember.member, Mailbox.name, Mailbox.agency_id, GroupMember.member_group_id, MailGroup.name)
    query = query.outerjoin(Mailbox, Mailbox.id == GroupMember.member_mailbox_id)
    query = query.outerjoin(MailGroup, MailGroup.id == GroupMember.member_group_id).where(mine)
    rows = connection.execute(query.where(GroupMember.member > after).order_by(GroupMember.member)).all()
    return number, _lines(rows, scope, hidden)


def _lines(rows: Sequence[Row[*tuple[Any, ...]]], scope: Scope, hidden: frozenset[int]) -> Iterator[MemberLine]:
    for member, name, agency_id, group_id, group_name in rows:
        if group_id is not None:
            yield MemberLine(member, group_name, "group")
        elif agency_id is None:
            yield MemberLine(member, "", "elsewhere")
        elif agency_id in hidden:  # of a block: who put the address here knows that much, and no name
            if scope.everything:
                yield MemberLine(member, "", "mailbox")
        elif scope.agencies is None or agency_id in scope.agencies:
            yield MemberLine(member, name, "mailbox")
