"""Groups: an address for several, made by hand or computed from the tree, and who has a say in it.

Administrators open, change and end the groups of their agencies; a group's owner looks after its members, and its
moderators after its mail. Owner and officers count while their accounts are in use (sharing/officers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.addresses import check_free, claim, fold, lookup, read_own, split
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed, NotByHand, WrongState
from mailhub.accounts.finding import find_mailbox, load_mailbox, subject_of
from mailhub.accounts.models import (
    AddressKind,
    Domain,
    GroupMember,
    GroupOfficer,
    GroupSenders,
    GroupTask,
    MailboxKind,
    MailboxState,
    MailGroup,
)
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.sharing.computed import Member, agencies_of, check_words, load_tree, members_by_rule
from mailhub.accounts.sharing.officers import OWNER, GroupRow, find_group, load_groups, subject_of_group
from mailhub.accounts.sharing.rules import read_rule
from mailhub.accounts.tree import agency_subject, find_agency, scope_of
from mailhub.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """What is to be different; None leaves it as it is. `owner`: an address, '' for nobody. `rule`: JSON, '' makes a
    group by hand of it, with nobody in it yet."""

    name: str | None = None
    owner: str | None = None
    senders: GroupSenders | None = None
    moderated: bool | None = None
    rule: str | None = None


class RuleReachesBeyond(NotAllowed):
    """The rule reaches agencies that are not the actor's; `codes` are the first of them."""

    def __init__(self, message: str, codes: Sequence[str]) -> None:
        super().__init__(message)
        self.codes = codes


def preview_rule(
    connection: Connection, actor: Actor, rule: str, *, agency: str = "", group: str = ""
) -> Sequence[Member]:
    """Who would be in a group of `agency` (a code; '' the province) by this rule, or in the group that there is.

    Raises:
        InvalidRule, RuleReachesBeyond, NoSuchAgency, NoSuchGroup. NotAllowed: the actor may not make groups there.
    """
    action = Action.GROUP_CHANGE if group else Action.GROUP_ADD
    row = find_group(connection, group) if group else None
    agency_id = find_agency(connection, agency) if row is None else row.agency_id
    subject = agency_subject(connection, "group", group or agency, agency_id)
    if not may(actor, action, subject):
        raise refusal(actor, action, subject.name)
    return members_by_rule(connection, read_rule(_checked_rule(connection, actor, action, rule, agency_id)), agency_id)


def add_group(
    connection: Connection,
    actor: Actor,
    address: str,
    name: str,
    *,
    agency: str = "",
    rule: str = "",
    owner: str = "",
    senders: GroupSenders = GroupSenders.ANYONE,
    moderated: bool = False,
    at: int | None = None,
) -> int:
    """Open a group address, by hand or by `rule` (sharing/rules.py); gives the group's number.

    Raises:
        AddressTaken, InvalidAddress, NoSuchDomain, NoSuchAgency, NoSuchAccount. InvalidRule. InvalidValue: the owner
        is no person's or office's mailbox in use. NotAllowed: the group, its owner or somebody that the rule reaches
        is beyond the actor.
    """
    address = read_own(address)
    with act(connection, actor, at=at) as acting:
        agency_id = find_agency(connection, agency)
        subject = agency_subject(connection, "group", address, agency_id)
        acting.check(Action.GROUP_ADD, subject)
        check_free(connection, address)
        row: dict[str, Any] = {"address": address, "name": name.strip() or address, "agency_id": agency_id}
        row |= {"senders": GroupSenders(senders).value, "moderated": moderated}
        row["rule"] = _checked_rule(connection, actor, Action.GROUP_ADD, rule, agency_id) if rule else None
        row["owner_id"] = _officer(connection, acting, owner) if owner else None
        acting.check(Action.GROUP_ADD, subject)
        number = new_id()
        connection.execute(insert(MailGroup).values(id=number, **row))
        claim(connection, address, AddressKind.GROUP, group_id=number)
        acting.after = {"name": row["name"], "agency": agency, "rule": row["rule"], "owner": owner}
        acting.after |= {"senders": row["senders"], "moderated": moderated}
        return number


def change_group(
    connection: Connection,
    actor: Actor,
    address: str,
    change: GroupChange,
    *,
    reason: str = "",
    at: int | None = None,
) -> None:
    """Give a group another owner, other senders, a moderator's eye, another rule or name.

    Raises:
        NoSuchGroup, NoSuchAccount, InvalidRule, NotAllowed. InvalidValue: as `add_group`. WrongState: it has ended.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        group, subject = _for_change(connection, acting, address)
        values: dict[str, Any] = {}
        if change.name is not None:
            values["name"] = change.name.strip() or group.address
        if change.senders is not None:
            values["senders"] = GroupSenders(change.senders).value
        if change.moderated is not None:
            values["moderated"] = change.moderated
        if change.owner is not None:
            values["owner_id"] = _officer(connection, acting, change.owner) if change.owner else None
        if change.rule is not None:
            values["rule"] = _new_rule(connection, actor, group, change.rule)
        if not values:
            raise InvalidValue("nothing is to be different: name an owner, senders, a rule, a name or moderation")
        acting.check(Action.GROUP_CHANGE, subject)
        acting.before = {key: getattr(group, key) for key in values}
        connection.execute(update(MailGroup).where(MailGroup.id == group.id).values(**values))
        acting.after = values


def add_officer(
    connection: Connection, actor: Actor, group: str, address: str, task: GroupTask, *, at: int | None = None
) -> None:
    """Name somebody who may write to a group (`sender`), or who lets others' mail go (`moderator`); once is enough.

    Raises:
        NoSuchGroup, NoSuchAccount, InvalidValue, WrongState. NotAllowed: the group or the account is beyond the actor.
    """
    with act(connection, actor, at=at) as acting:
        row, subject = _for_change(connection, acting, group)
        mailbox_id = _officer(connection, acting, address)
        acting.check(Action.GROUP_CHANGE, subject)
        same = {"group_id": row.id, "mailbox_id": mailbox_id, "task": GroupTask(task).value}
        there = select(GroupOfficer.group_id).filter_by(**same)
        if connection.execute(there).first() is None:
            connection.execute(insert(GroupOfficer).values(**same))
        acting.after = {"task": same["task"], "officer": fold(address.strip())}


def remove_officer(
    connection: Connection, actor: Actor, group: str, address: str, task: GroupTask, *, at: int | None = None
) -> None:
    """Somebody has this task no longer.

    Raises:
        NoSuchGroup, NotAllowed. NoSuchAccount: there is no such account, or it has no such task.
    """
    with act(connection, actor, at=at) as acting:
        row, _subject = _for_change(connection, acting, group)
        mailbox = find_mailbox(connection, address)
        which = (GroupOfficer.group_id == row.id, GroupOfficer.mailbox_id == mailbox.id)
        gone = connection.execute(delete(GroupOfficer).where(*which, GroupOfficer.task == GroupTask(task).value))
        if gone.rowcount == 0:
            raise NoSuchAccount(f"{address} is no {task} of {group}")
        acting.before = {"task": task, "officer": mailbox.address}


def add_member(connection: Connection, actor: Actor, group: str, member: str, *, at: int | None = None) -> None:
    """Put a mailbox (by any name), another group, or an address of a relayed domain into a group; once is enough.

    Raises:
        NoSuchGroup, NoSuchAccount (the member is none of these; outside addresses cannot be members). NotByHand,
        WrongState. NotAllowed: the group is beyond the actor, or the group within, which not everybody may write to.
    """
    with act(connection, actor, at=at) as acting:
        row = find_group(connection, group)
        acting.check(Action.GROUP_MEMBER, subject_of_group(connection, actor, row, [OWNER], at=acting.at))
        _check_by_hand(row)
        found = _member(connection, member)
        inner = found.get("member_group_id")
        if isinstance(inner, int):
            _check_inner(connection, acting, load_groups(connection, [inner])[inner])
        there = select(GroupMember.id).where(GroupMember.group_id == row.id, GroupMember.member == found["member"])
        if connection.execute(there).one_or_none() is None:
            connection.execute(insert(GroupMember).values(id=new_id(), group_id=row.id, **found))
        acting.after = {"member": found["member"]}


def remove_member(connection: Connection, actor: Actor, group: str, member: str, *, at: int | None = None) -> None:
    """Take a member out of a group.

    Raises:
        NoSuchGroup, NoSuchAccount (it is no member), NotByHand, NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        row = find_group(connection, group)
        acting.check(Action.GROUP_MEMBER, subject_of_group(connection, actor, row, [OWNER], at=acting.at))
        _check_by_hand(row)
        primary = str(_member(connection, member)["member"])
        which = (GroupMember.group_id == row.id, GroupMember.member == primary)
        if connection.execute(delete(GroupMember).where(*which)).rowcount == 0:
            raise NoSuchAccount(f"{member} is not in the group {group}")
        acting.before = {"member": primary}


def end_group(connection: Connection, actor: Actor, address: str, *, reason: str, at: int | None = None) -> None:
    """The group takes no mail any more; its address is never given again. What waits for a moderator is refused soon
    after, and its senders told (queue/moderation.lapse).

    Raises:
        ReasonMissing. NoSuchGroup, NotAllowed. WrongState: it has ended before.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        group, _subject = _for_change(connection, acting, address)
        connection.execute(update(MailGroup).where(MailGroup.id == group.id).values(ended_at=acting.at))
        acting.before = {"name": group.name, "rule": group.rule, "senders": group.senders}


def _for_change(connection: Connection, acting: Act, address: str) -> tuple[GroupRow, Subject]:
    group = find_group(connection, address)
    subject = agency_subject(connection, "group", group.address, group.agency_id)
    acting.check(Action.GROUP_CHANGE, subject)
    if group.ended_at is not None:
        raise WrongState(f"the group {group.address} has ended")
    return group, subject


def _check_by_hand(group: GroupRow) -> None:
    if group.ended_at is not None:
        raise WrongState(f"the group {group.address} has ended")
    if group.rule is not None:
        raise NotByHand(
            f"the members of {group.address} follow from the tree by its rule: change the rule "
            f"(mailhub group change {group.address} --rule …), or put {group.address} and them into a group by hand"
        )


def _check_inner(connection: Connection, acting: Act, inner: GroupRow) -> None:
    """Whoever has a say in the outer group will have it for the inner one: those of the inner one must want that."""
    if inner.ended_at is not None:
        raise WrongState(f"the group {inner.address} has ended")
    if inner.senders is GroupSenders.ANYONE and not inner.moderated:
        return
    subject = subject_of_group(connection, acting.actor, inner, [OWNER], at=acting.at)
    if not may(acting.actor, Action.GROUP_MEMBER, subject):
        raise NotAllowed(f"not everybody may write to {inner.address}: its owner or its agency has to put it there")


def _officer(connection: Connection, acting: Act, address: str) -> int:
    """The number of somebody who may become an officer, and is within the actor's reach."""
    mailbox = find_mailbox(connection, address)
    acting.check(Action.GROUP_CHANGE, subject_of(connection, mailbox))
    if mailbox.kind not in (MailboxKind.PERSONAL, MailboxKind.ROLE):
        raise InvalidValue(f"a person's or an office's mailbox looks after a group; {mailbox.address} is neither")
    if mailbox.state not in (MailboxState.APPROVED, MailboxState.ACTIVE):
        raise InvalidValue(f"{mailbox.address} is not in use ({mailbox.state}): restore it first, or name another")
    return mailbox.id


def _new_rule(connection: Connection, actor: Actor, group: GroupRow, rule: str) -> str | None:
    if group.rule is None and rule:
        seats = select(GroupMember.id).where(GroupMember.group_id == group.id).limit(1)
        if connection.execute(seats).first() is not None:
            raise InvalidValue(f"{group.address} has members by hand: remove them first, or make a group of its own")
    return _checked_rule(connection, actor, Action.GROUP_CHANGE, rule, group.agency_id) if rule else None


def _checked_rule(connection: Connection, actor: Actor, action: Action, text: str, agency_id: int) -> str:
    """The rule as it is stored: its words exist, and it reaches nobody beyond the actor.

    Raises:
        InvalidRule, NotAllowed
    """
    rule, tree = read_rule(text), load_tree(connection)
    check_words(connection, rule, tree)
    scope = scope_of(connection, actor, action)
    if not scope.everything:
        beyond = agencies_of(rule, agency_id, tree) - (scope.agencies or frozenset())
        if beyond:
            codes = sorted(tree.units[number].code for number in beyond)
            raise RuleReachesBeyond(
                f"the rule reaches agencies that are not {actor.name}'s ({', '.join(codes[:5])}"
                f'{", …" if len(codes) > 5 else ""}): add "unit" with an agency of your own, or ask the province',
                codes[:5],
            )
    return rule.text()


def _member(connection: Connection, text: str) -> Mapping[str, object]:
    address = fold(text.strip())
    found = lookup(connection, address)
    if found is not None and found[0] is AddressKind.GROUP:
        return {"member": address, "member_group_id": found[1]}
    if found is not None:
        mailbox = load_mailbox(connection, found[1])
        assert mailbox is not None
        return {"member": mailbox.address, "member_mailbox_id": mailbox.id}
    relayed = select(Domain.name).where(Domain.name == split(address)[1], Domain.relay.is_(True))
    if connection.execute(relayed).one_or_none() is None:
        raise NoSuchAccount(f"not an address of ours: {text}")
    return {"member": read_own(address)}
