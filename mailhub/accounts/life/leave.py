"""Leave: days away, somebody acts, and the login is closed unless the decision says otherwise. Mail keeps arriving.

The acting person's delegation carries the leave's own times, so that it ends by itself. Closing and opening the login
is an act at the first midnight and at the one after the last day; the schedule asks `due` and does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import Act, act
from mailhub.accounts.control.grants import keep_an_administrator
from mailhub.accounts.errors import InvalidValue, NotFound
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.life.causes import LEAVE, with_cause, without_cause
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Absence
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.life.telling import address_of, facts_of
from mailhub.accounts.models import Delegation, DelegationRight, MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.delegation import check_delegation
from mailhub.clock import local_time, midnight
from mailhub.ids import new_id

# What an acting person may be given; sending in somebody's name is a delegation of its own, by that person.
ACTING_RIGHTS = (DelegationRight.READ, DelegationRight.DRAFT)


class NoSuchLeave(NotFound):
    """No leave is entered there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A leave to enter: first and last day away; `acting` is an address or ''; `because` the decision."""

    from_on: date
    until_on: date
    acting: str = ""
    right: DelegationRight = DelegationRight.READ
    closes_login: bool = True
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveRow:
    """A leave that is entered; `began_at` and `over_at` in ms, None = not yet."""

    id: int
    mailbox_id: int
    from_on: date
    until_on: date
    acting_id: int | None
    closes_login: bool
    because: str
    delegation_id: int | None
    began_at: int | None
    over_at: int | None


def enter_leave(
    connection: Connection,
    actor: Actor,
    address: str,
    leave: Leave,
    *,
    reason: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> int:
    """Enter a leave, and begin it when its first day is today or past; gives its number.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile, WrongState, LastAdministrator. InvalidValue: days that are over or
        turned round, a leave within another, or an acting person who cannot act.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        found, acting_id = find_mailbox(connection, address), None
        if leave.acting:
            acting.check(Action.DELEGATE, subject_of(connection, found))
            acting_id = _acting(connection, found, leave)
            check_delegation(connection, acting, found, find_mailbox(connection, leave.acting))
        mailbox = start(connection, acting, Action.ACCOUNT_LEAVE, address, expect=expect)
        next_state(LifeAct.LEAVE, mailbox.state, mailbox.address)
        today = local_time(acting.at).date()
        _check_days(connection, mailbox, leave, today)
        if leave.closes_login:
            keep_an_administrator(connection, mailbox.id, at=acting.at)
        row = {"id": new_id(), "mailbox_id": mailbox.id, "from_on": leave.from_on, "until_on": leave.until_on}
        row |= {"acting_id": acting_id, "closes_login": leave.closes_login, "because": leave.because.strip()}
        row["delegation_id"] = _delegate(connection, mailbox, acting_id, leave, acting.at)
        connection.execute(insert(Absence).values(row))
        entered = _load(connection, int(str(row["id"])))
        if leave.from_on <= today:
            _begin(connection, acting, mailbox, entered)
        else:
            change(connection, acting, mailbox)
        acting.after = {**acting.after, **_picture(connection, entered)}
        return entered.id


def due(connection: Connection, today: date) -> tuple[Sequence[LeaveRow], Sequence[LeaveRow]]:
    """The leaves that begin by today, and those that were over before today, as far as that was not done yet."""
    table = Absence.__table__
    open_ = select(table).where(table.c.over_at.is_(None)).order_by(table.c.id)
    begin = open_.where(table.c.began_at.is_(None), table.c.from_on <= today, table.c.until_on >= today)
    over = open_.where(table.c.until_on < today)
    rows = [connection.execute(query).mappings().all() for query in (begin, over)]
    return [LeaveRow(**row) for row in rows[0]], [LeaveRow(**row) for row in rows[1]]


def begin_leave(connection: Connection, actor: Actor, absence_id: int, *, at: int) -> None:
    """The first midnight: the login closes, and the acting person is told. Nothing happens when that was done.

    Raises:
        NoSuchLeave, NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        leave, mailbox = _start(connection, acting, absence_id)
        if leave.began_at is None and leave.over_at is None:
            _begin(connection, acting, mailbox, leave)


def end_leave(connection: Connection, actor: Actor, absence_id: int, *, at: int) -> None:
    """The midnight after the last day: the login opens as far as nothing else keeps it closed. Once is enough.

    Raises:
        NoSuchLeave, NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        leave, mailbox = _start(connection, acting, absence_id)
        if leave.over_at is None:
            _over(connection, acting, mailbox, leave)


def come_back(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> int:
    """Back early, or not away at all: the leave of now, or else the next one, ends at once. Gives its number.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile, NoSuchLeave.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_LEAVE, address, expect=expect)
        leaves = leaves_of(connection, mailbox.id)
        if not leaves:
            raise NoSuchLeave(f"no leave is entered for {mailbox.address}")
        _over(connection, acting, mailbox, leaves[0])
        return leaves[0].id


def leaves_of(connection: Connection, mailbox_id: int, *, past: bool = False) -> Sequence[LeaveRow]:
    """The account's leaves that are not over, by their first day; with `past` all of them."""
    table = Absence.__table__
    query = select(table).where(table.c.mailbox_id == mailbox_id).order_by(table.c.from_on, table.c.id)
    if not past:
        query = query.where(table.c.over_at.is_(None))
    return [LeaveRow(**row) for row in connection.execute(query).mappings()]


def leaves_covered(connection: Connection, acting_id: int) -> Sequence[LeaveRow]:
    """The leaves that are not over in which this account acts, by their first day."""
    table = Absence.__table__
    query = select(table).where(table.c.acting_id == acting_id, table.c.over_at.is_(None))
    rows = connection.execute(query.order_by(table.c.from_on, table.c.id)).mappings()
    return [LeaveRow(**row) for row in rows]


def _check_days(connection: Connection, mailbox: MailboxRow, leave: Leave, today: date) -> None:
    if leave.until_on < leave.from_on:
        raise InvalidValue(
            f"the last day away, {leave.until_on:%d/%m/%Y}, is before the first, {leave.from_on:%d/%m/%Y}"
        )
    if leave.until_on < today:
        raise InvalidValue(f"the leave until {leave.until_on:%d/%m/%Y} is over already")
    for other in leaves_of(connection, mailbox.id):
        if leave.from_on <= other.until_on and other.from_on <= leave.until_on:
            days = f"{other.from_on:%d/%m/%Y} to {other.until_on:%d/%m/%Y}"
            raise InvalidValue(
                f"{mailbox.address} is away from {days} already: end that leave first (`mailhub account back`)"
            )


def _acting(connection: Connection, mailbox: MailboxRow, leave: Leave) -> int:
    other = find_mailbox(connection, leave.acting)
    if other.id == mailbox.id or other.kind is not MailboxKind.PERSONAL or not other.logs_in:
        raise InvalidValue(f"{leave.acting} cannot act for {mailbox.address}: name another official who can log in")
    if leave.right not in ACTING_RIGHTS:
        raise InvalidValue("an acting person reads or drafts; sending is delegated by itself (`mailhub delegation`)")
    for away in leaves_of(connection, other.id):
        if leave.from_on <= away.until_on and away.from_on <= leave.until_on:
            days = f"{away.from_on:%d/%m/%Y} to {away.until_on:%d/%m/%Y}"
            raise InvalidValue(f"{other.address} is away too, from {days}: name somebody else")
    return other.id


def _delegate(connection: Connection, mailbox: MailboxRow, acting_id: int | None, leave: Leave, at: int) -> int | None:
    if acting_id is None:
        return None
    number = new_id()
    row = {"mailbox_id": mailbox.id, "delegate_id": acting_id, "right": leave.right, "because": leave.because.strip()}
    row |= {"from_at": max(at, midnight(leave.from_on)), "until_at": midnight(leave.until_on + timedelta(days=1))}
    connection.execute(insert(Delegation).values(id=number, **row))
    return number


def _start(connection: Connection, acting: Act, absence_id: int) -> tuple[LeaveRow, MailboxRow]:
    leave = _load(connection, absence_id)
    mailbox = load_mailbox(connection, leave.mailbox_id)
    assert mailbox is not None  # the foreign key
    acting.check(Action.ACCOUNT_LEAVE, subject_of(connection, mailbox))
    acting.before = mailbox.picture()
    return leave, mailbox


def _begin(connection: Connection, acting: Act, mailbox: MailboxRow, leave: LeaveRow) -> None:
    connection.execute(update(Absence).where(Absence.id == leave.id).values(began_at=acting.at))
    causes = with_cause(mailbox.login_closed, LEAVE) if leave.closes_login else mailbox.login_closed
    change(connection, acting, mailbox, login_closed=causes)
    acting.after = {**acting.after, **_picture(connection, leave), "leave": "begins"}
    told = facts_of(connection, mailbox) | _picture(connection, leave)
    acting_address = address_of(connection, leave.acting_id)
    if acting_address:
        given = select(Delegation.right).where(Delegation.id == leave.delegation_id)
        told["right"] = connection.execute(given).scalar_one_or_none() or ""
        tell(connection, LetterKind.LEAVE_BEGINS, acting_address, told, about=f"leave/{leave.id}/begins", at=acting.at)


def _over(connection: Connection, acting: Act, mailbox: MailboxRow, leave: LeaveRow) -> None:
    connection.execute(update(Absence).where(Absence.id == leave.id).values(over_at=acting.at))
    if leave.delegation_id is not None:
        running = (Delegation.id == leave.delegation_id, Delegation.until_at > acting.at)
        connection.execute(update(Delegation).where(*running).values(until_at=acting.at))
    others = any(one.began_at is not None and one.closes_login for one in leaves_of(connection, mailbox.id))
    causes = mailbox.login_closed if others else without_cause(mailbox.login_closed, LEAVE)
    change(connection, acting, mailbox, login_closed=causes)
    acting.after = {**acting.after, **_picture(connection, leave), "leave": "over"}
    if leave.began_at is not None:
        told = facts_of(connection, mailbox) | _picture(connection, leave)
        tell(connection, LetterKind.LEAVE_OVER, mailbox.address, told, about=f"leave/{leave.id}/over", at=acting.at)


def _load(connection: Connection, absence_id: int) -> LeaveRow:
    row = connection.execute(select(Absence.__table__).where(Absence.id == absence_id)).mappings().one_or_none()
    if row is None:
        raise NoSuchLeave("no leave has this number")
    return LeaveRow(**row)


def _picture(connection: Connection, leave: LeaveRow) -> dict[str, object]:
    return {
        "from_on": leave.from_on.isoformat(),
        "until_on": leave.until_on.isoformat(),
        "acting": address_of(connection, leave.acting_id),
        "closes_login": leave.closes_login,
        "because": leave.because,
    }
