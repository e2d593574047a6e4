"""A transfer to another agency (điều động): the address stays, agency and rights change.

What the old unit gave ends with it: offices held, delegations, roles of administration, seats in lists made by hand.
Lists that are computed from the tree follow by themselves. Whatever belongs to an agency above the new one stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update
from sqlalchemy.orm import aliased

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.addresses import claim, read_own
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.finding import MailboxRow, subject_of
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.life.telling import facts_of, tell_unit
from mailhub.accounts.models import (
    Address,
    AddressKind,
    Agency,
    Delegation,
    Grant,
    GroupMember,
    GroupOfficer,
    Mailbox,
    MailboxKind,
    MailGroup,
    Person,
    Rank,
    RoleHolder,
)
from mailhub.accounts.organisation.pools import check_room
from mailhub.accounts.people.folded import mailbox_words
from mailhub.accounts.people.person import read_title
from mailhub.accounts.people.ranks import rank_of
from mailhub.accounts.periods import not_over
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_path, agency_subject, find_agency, has_ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where somebody goes. `agency` is a code; None for what stays; `address` is '' or the new first address."""

    agency: str
    title: str | None = None
    rank: Rank | None = None
    address: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What ended with a transfer, as addresses (roles of administration by name)."""

    offices: tuple[str, ...]
    delegations: tuple[str, ...]
    groups: tuple[str, ...]
    rights: tuple[str, ...]


def transfer(
    connection: Connection,
    actor: Actor,
    address: str,
    move: Move,
    *,
    reason: str,
    default_quota_mib: int | None = None,
    expect: int | None = None,
    at: int | None = None,
) -> Left:
    """Move an account to another agency, as the right over both allows; gives what ended with it.

    With a new first address the old one stays as another name of the same mailbox, in which nothing moves.

    Raises:
        NoSuchAccount, NoSuchAgency, ReasonMissing, NotAllowed (over either agency), ChangedMeanwhile, WrongState.
        AddressTaken, InvalidAddress, NoSuchDomain: of the new address. PoolFull, WrongState: the agency has ended.
        InvalidValue: it is no official's account.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        there = find_agency(connection, move.agency)
        mailbox = start(connection, acting, Action.ACCOUNT_MOVE, address, expect=expect)
        acting.check(Action.ACCOUNT_MOVE, agency_subject(connection, "account", mailbox.address, there))
        acting.check(Action.ACCOUNT_MOVE, subject_of(connection, mailbox))
        return carry_over(connection, acting, mailbox, move, default_quota_mib)


def check_move(mailbox: MailboxRow, agency_id: int) -> None:
    """Ask whether the account can go to that agency at all.

    Raises:
        WrongState, InvalidValue.
    """
    next_state(LifeAct.MOVE, mailbox.state, mailbox.address)
    if mailbox.kind is not MailboxKind.PERSONAL:
        raise InvalidValue(f"{mailbox.address} is an office's or a program's: only an official's account moves")
    if mailbox.agency_id == agency_id:
        raise WrongState(f"{mailbox.address} is of this agency already: for another post use `mailhub account change`")


def carry_over(
    connection: Connection, acting: Act, mailbox: MailboxRow, move: Move, default_quota_mib: int | None = None
) -> Left:
    """Inside an act: what `transfer` does."""
    there = find_agency(connection, move.agency)
    check_move(mailbox, there)
    if has_ended(connection, there, at=acting.at):
        raise WrongState(f"the agency {move.agency} has ended: move {mailbox.address} to the one that took over")
    room = mailbox.quota_mib
    check_room(connection, there, room, default_quota_mib=default_quota_mib, within=mailbox.agency_id)
    before = facts_of(connection, mailbox)
    left = _leave_unit(connection, mailbox, agency_path(connection, there), acting.at)
    values: dict[str, object] = {"agency_id": there, "unit_address": ""}
    address = read_own(move.address) if move.address else mailbox.address
    if address != mailbox.address:
        _rename(connection, mailbox, address)
        values |= {"address": address, "stored_as": mailbox.stored_as or mailbox.address}
    title = _person(connection, mailbox, there, move)
    values["folded"] = mailbox_words(mailbox.name, address, title=title)
    picture = acting.before
    changed = change(connection, acting, mailbox, **values)
    acting.before = {**picture, "agency": before["agency"], "address": mailbox.address}
    told = facts_of(connection, changed) | {"because": move.because.strip(), "former_agency": before["agency"]}
    told |= {"former_address": mailbox.address if address != mailbox.address else ""}
    acting.after = {**acting.after, **told, "left": {name: list(getattr(left, name)) for name in Left.__slots__}}
    tell(connection, LetterKind.MOVED, changed.address, told, at=acting.at)
    tell_unit(connection, LetterKind.MOVED, mailbox, acting.at, **told)
    return left


def _person(connection: Connection, mailbox: MailboxRow, agency_id: int, move: Move) -> str:
    """Write agency, post and rank of the person; gives the post."""
    values: dict[str, object] = {"agency_id": agency_id}
    if move.title is not None:
        values |= {"title": read_title(move.title), "rank": rank_of(move.title)}
    if move.rank is not None:
        values["rank"] = move.rank
    connection.execute(update(Person).where(Person.id == mailbox.person_id).values(**values))
    return connection.execute(select(Person.title).where(Person.id == mailbox.person_id)).scalar_one()


def _rename(connection: Connection, mailbox: MailboxRow, address: str) -> None:
    """Make the new address the first one. The old one goes on receiving; it may be sent from as any other name."""
    mine = select(Address.kind).where(Address.address == address, Address.mailbox_id == mailbox.id)
    if connection.execute(mine).scalar_one_or_none() is None:
        claim(connection, address, AddressKind.MAILBOX, mailbox_id=mailbox.id)
    for one, kind in ((mailbox.address, AddressKind.ALIAS), (address, AddressKind.MAILBOX)):
        connection.execute(update(Address).where(Address.address == one).values(kind=kind))
    connection.execute(update(GroupMember).where(GroupMember.member_mailbox_id == mailbox.id).values(member=address))


def _leave_unit(connection: Connection, mailbox: MailboxRow, kept: tuple[int, ...], at: int) -> Left:
    return Left(
        offices=_end_offices(connection, mailbox, kept, at),
        delegations=_end_delegations(connection, mailbox, kept, at),
        groups=_leave_groups(connection, mailbox, kept),
        rights=_end_grants(connection, mailbox, kept, at),
    )


def _end_offices(connection: Connection, mailbox: MailboxRow, kept: tuple[int, ...], at: int) -> tuple[str, ...]:
    running = not_over(RoleHolder, at)
    query = select(RoleHolder.id, Mailbox.address).join(Mailbox, Mailbox.id == RoleHolder.mailbox_id)
    query = query.where(RoleHolder.holder_id == mailbox.id, running, Mailbox.agency_id.not_in(kept))
    rows = connection.execute(query).all()
    which = RoleHolder.id.in_([row.id for row in rows])
    connection.execute(update(RoleHolder).where(which).values(until_at=at))
    return tuple(sorted({row.address for row in rows}))


def _end_delegations(connection: Connection, mailbox: MailboxRow, kept: tuple[int, ...], at: int) -> tuple[str, ...]:
    """Both those by which the mailbox works elsewhere and those by which others work in it."""
    owner, delegate = aliased(Mailbox), aliased(Mailbox)
    query = select(Delegation.id, Delegation.mailbox_id, owner.address, delegate.address.label("delegate"))
    query = query.join(owner, owner.id == Delegation.mailbox_id).join(delegate, delegate.id == Delegation.delegate_id)
    abroad = (Delegation.delegate_id == mailbox.id) & owner.agency_id.not_in(kept)
    at_home = (Delegation.mailbox_id == mailbox.id) & delegate.agency_id.not_in(kept)
    running = not_over(Delegation, at)
    # What two people ordered to be opened is no gift of the unit's, and nobody is told of it here.
    query = query.where(running, or_(abroad, at_home), Delegation.by_order.is_(False))
    rows = connection.execute(query).all()
    which = Delegation.id.in_([row.id for row in rows])
    connection.execute(update(Delegation).where(which).values(until_at=at))
    return tuple(sorted({row.delegate if row.mailbox_id == mailbox.id else row.address for row in rows}))


def _leave_groups(connection: Connection, mailbox: MailboxRow, kept: tuple[int, ...]) -> tuple[str, ...]:
    """Seats, moderation and ownership in the lists of other agencies that were made by hand."""
    foreign: ColumnElement[bool] = MailGroup.agency_id.not_in(kept)
    lists = select(MailGroup.id).where(foreign)
    by_hand = lists.where(MailGroup.rule.is_(None))
    seats = select(MailGroup.address).join(GroupMember, GroupMember.group_id == MailGroup.id)
    seats = seats.where(GroupMember.member_mailbox_id == mailbox.id, foreign, MailGroup.rule.is_(None))
    owned = select(MailGroup.address).where(MailGroup.owner_id == mailbox.id, foreign)
    officer = select(MailGroup.address).join(GroupOfficer, GroupOfficer.group_id == MailGroup.id)
    officer = officer.where(GroupOfficer.mailbox_id == mailbox.id, foreign)
    told = {name for query in (seats, owned, officer) for name in connection.execute(query).scalars()}
    mine = GroupMember.member_mailbox_id == mailbox.id
    connection.execute(delete(GroupMember).where(mine, GroupMember.group_id.in_(by_hand)))
    connection.execute(
        delete(GroupOfficer).where(GroupOfficer.mailbox_id == mailbox.id, GroupOfficer.group_id.in_(lists))
    )
    connection.execute(update(MailGroup).where(MailGroup.owner_id == mailbox.id, foreign).values(owner_id=None))
    return tuple(sorted(told))


def _end_grants(connection: Connection, mailbox: MailboxRow, kept: tuple[int, ...], at: int) -> tuple[str, ...]:
    """Roles for another agency or below it; one for the whole province has none, and stays."""
    running = not_over(Grant, at)
    query = select(Grant.id, Grant.role, Agency.code).join(Agency, Agency.id == Grant.agency_id)
    query = query.where(Grant.account_id == mailbox.id, running, Grant.agency_id.not_in(kept))
    rows = connection.execute(query).all()
    connection.execute(update(Grant).where(Grant.id.in_([row.id for row in rows])).values(until_at=at))
    return tuple(sorted({f"{row.role} ({row.code})" for row in rows}))
