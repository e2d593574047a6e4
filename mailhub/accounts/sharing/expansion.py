"""A group and the groups within it, read at once: who gets its mail, and who may write to each part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import split
from mailhub.accounts.models import GroupMember, GroupSenders, GroupTask, Mailbox
from mailhub.accounts.sharing.computed import Tree, load_tree, members_by_rule
from mailhub.accounts.sharing.officers import OWNER, GroupRow, load_groups, officers_of
from mailhub.accounts.sharing.rules import read_rule
from mailhub.accounts.sharing.targets import DomainEntry, Target, takes_mail, target_of
from mailhub.accounts.tree import unit_address


@dataclass(frozen=True, slots=True)
class Gate:
    """One group of a tree: who may write to it, and who is directly in it.

    named: addresses of its owner, its senders and its moderators, while their accounts are in use.
    moderators: whom a message that waits is told of. members: those directly in it, whether they take mail or not.
    """

    id: int
    address: str
    senders: GroupSenders
    moderated: bool
    named: frozenset[str]
    moderators: tuple[str, ...]
    members: frozenset[str]
    targets: tuple[Target, ...]
    inner: tuple[int, ...]


@dataclass(frozen=True)
class GroupTree:
    """The group `root` with all groups within it; circles do no harm."""

    root: int
    gates: Mapping[int, Gate]

    @cached_property
    def open(self) -> bool:
        """Whether anybody may write to all of it, and nothing waits for anybody."""
        return all(gate.senders is GroupSenders.ANYONE and not gate.moderated for gate in self.gates.values())

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Everybody in it who takes mail, once each."""
        found = {target.address: target for gate in self.gates.values() for target in gate.targets}
        return tuple(found.values())

    @cached_property
    def everybody(self) -> frozenset[str]:
        """The primary address of everybody in it."""
        return frozenset().union(*(gate.members for gate in self.gates.values()))


def read_group(connection: Connection, domains: Mapping[str, DomainEntry], group_id: int) -> GroupTree | None:
    """The group as it is now; None once it has ended. Groups within it that have ended are left out."""
    gates: dict[int, Gate] = {}
    seen, frontier, agencies = {group_id}, [group_id], None
    while frontier:
        groups = {number: row for number, row in load_groups(connection, frontier).items() if row.ended_at is None}
        if agencies is None and any(row.rule is not None for row in groups.values()):
            agencies = load_tree(connection)
        for gate in _gates(connection, domains, groups, agencies):
            gates[gate.id] = gate
        frontier = [n for gate in map(gates.get, groups) if gate is not None for n in gate.inner if n not in seen]
        frontier = list(dict.fromkeys(frontier))
        seen.update(frontier)
    return GroupTree(group_id, gates) if group_id in gates else None


@dataclass
class _Content:
    members: set[str]
    targets: dict[str, Target]
    inner: list[int]


def _gates(
    connection: Connection,
    domains: Mapping[str, DomainEntry],
    groups: Mapping[int, GroupRow],
    agencies: Tree | None,
) -> list[Gate]:
    contents = _by_hand(connection, domains, [row.id for row in groups.values() if row.rule is None])
    for row in groups.values():
        if row.rule is not None:
            found = members_by_rule(connection, read_rule(row.rule), row.agency_id, agencies)
            targets = {
                one.address: target_of(one.mailbox_id, one.address, one.home, domains, stored_as=one.stored_as)
                for one in found
            }
            contents[row.id] = _Content(set(targets), targets, [])
    officers = [one for one in officers_of(connection, groups) if one.in_force]
    gates = []
    for row in groups.values():
        mine = [one for one in officers if one.group_id == row.id]
        moderators = [one.address for one in mine if one.task in (OWNER, GroupTask.MODERATOR)]
        if row.moderated and not moderators:  # nobody of its own is left: the agency's people decide, and hear of it
            moderators = [address for address in (unit_address(connection, row.agency_id),) if address]
        content = contents[row.id]
        gates.append(
            Gate(
                id=row.id,
                address=row.address,
                senders=row.senders,
                moderated=row.moderated,
                named=frozenset(one.address for one in mine),
                moderators=tuple(dict.fromkeys(moderators)),
                members=frozenset(content.members),
                targets=tuple(content.targets.values()),
                inner=tuple(content.inner),
            )
        )
    return gates


def _by_hand(connection: Connection, domains: Mapping[str, DomainEntry], ids: list[int]) -> defaultdict[int, _Content]:
    found: defaultdict[int, _Content] = defaultdict(lambda: _Content(set(), {}, []))
    for row in connection.execute(_MEMBERS.where(GroupMember.group_id.in_(ids)).order_by(GroupMember.id)):
        content = found[row.group_id]
        if row.member_group_id is not None:
            content.inner.append(row.member_group_id)
            continue
        address = row.member if row.member_mailbox_id is None else row.address
        content.members.add(address)
        if row.member_mailbox_id is None:
            entry = domains.get(split(row.member)[1])
            if entry is not None and entry.relay:
                content.targets[address] = Target(address, None, entry.home)
        elif takes_mail(row.state, receives=row.receives, refuses_while_suspended=row.refuses_while_suspended):
            stored_as = row.stored_as
            content.targets[address] = target_of(row.member_mailbox_id, address, row.home, domains, stored_as=stored_as)
    return found


_MEMBERS = select(
    GroupMember.group_id,
    GroupMember.member,
    GroupMember.member_group_id,
    GroupMember.member_mailbox_id,
    Mailbox.address,
    Mailbox.home,
    Mailbox.stored_as,
    Mailbox.state,
    Mailbox.receives,
    Mailbox.refuses_while_suspended,
).outerjoin(Mailbox, Mailbox.id == GroupMember.member_mailbox_id)
