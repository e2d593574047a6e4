"""Role mailboxes (văn thư, bộ phận một cửa): who holds one, who held it when, and how it is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import Act, act
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Mailbox, MailboxKind, RoleHolder
from mailhub.accounts.periods import not_over
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.sharing.blocks import keep_within_block
from mailhub.clock import now_ms
from mailhub.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Somebody's time with a role mailbox; ms, `until_at` None until further notice. `now`: it is running."""

    role: str
    holder: str
    name: str
    from_at: int
    until_at: int | None
    now: bool


def hold_role(
    connection: Connection,
    actor: Actor,
    role: str,
    holder: str,
    *,
    from_at: int | None = None,
    until_at: int | None = None,
    reason: str = "",
    at: int | None = None,
) -> None:
    """Let an official use a role mailbox, from a moment (now) until another (further notice); times in ms.

    Raises:
        NoSuchAccount; InvalidValue: `role` is no role mailbox, `holder` no personal one, or the times are odd.
        NotAllowed: the actor must have the right over both, gives it to somebody else, and within a block.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox, person = find_mailbox(connection, role), find_mailbox(connection, holder)
        _begin(connection, acting, mailbox, person, from_at, until_at)
        acting.after = {"holder": person.address, "from_at": from_at or acting.at, "until_at": until_at}


def release_role(
    connection: Connection, actor: Actor, role: str, holder: str, *, reason: str = "", at: int | None = None
) -> None:
    """The official holds the role mailbox no longer, from now on.

    Raises:
        NoSuchAccount: one of them does not exist, or the one does not hold the other. NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox, person = find_mailbox(connection, role), find_mailbox(connection, holder)
        acting.check(Action.ROLE_HOLD, subject_of(connection, mailbox))
        _end(connection, acting, mailbox, person)
        acting.before = {"holder": person.address}


def hand_over_role(
    connection: Connection,
    actor: Actor,
    role: str,
    holder: str,
    successor: str,
    *,
    reason: str,
    until_at: int | None = None,
    at: int | None = None,
) -> None:
    """One holds a role mailbox no longer and another does, in one act. `reason` is its record (biên bản).

    Raises:
        NoSuchAccount: an address is none, or `holder` does not hold the mailbox. InvalidValue: no record, one and the
        same person, no role mailbox, odd times. NotAllowed.
    """
    if not reason.strip():
        raise InvalidValue("a hand-over needs its record: number and date, or what was handed over")
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, role)
        before, after = find_mailbox(connection, holder), find_mailbox(connection, successor)
        if before.id == after.id:
            raise InvalidValue(f"{holder} and {successor} are the same person's")
        _begin(connection, acting, mailbox, after, None, until_at)
        _end(connection, acting, mailbox, before)
        acting.before = {"holder": before.address}
        acting.after = {"holder": after.address, "from_at": acting.at, "until_at": until_at}


def list_holdings(
    connection: Connection, actor: Actor, role: str, *, past: bool = True, at: int | None = None
) -> Sequence[Holding]:
    """Who holds a role mailbox and, with `past`, who held it when; the latest first.

    Raises:
        NoSuchAccount, NotAllowed. InvalidValue: it is no role mailbox.
    """
    moment, mailbox = now_ms() if at is None else at, find_mailbox(connection, role)
    if not may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        raise refusal(actor, Action.ACCOUNT_READ, mailbox.address)
    if mailbox.kind is not MailboxKind.ROLE:
        raise InvalidValue(f"{mailbox.address} is no role mailbox")
    query = select(Mailbox.address, Mailbox.name, RoleHolder.from_at, RoleHolder.until_at)
    query = query.join(RoleHolder, RoleHolder.holder_id == Mailbox.id).where(RoleHolder.mailbox_id == mailbox.id)
    if not past:
        query = query.where(not_over(RoleHolder, moment))
    rows = connection.execute(query.order_by(RoleHolder.from_at.desc(), RoleHolder.id.desc()))
    return [
        Holding(
            role=mailbox.address,
            holder=row.address,
            name=row.name,
            from_at=row.from_at,
            until_at=row.until_at,
            now=row.from_at <= moment and (row.until_at is None or row.until_at > moment),
        )
        for row in rows
    ]


def _begin(
    connection: Connection,
    acting: Act,
    mailbox: MailboxRow,
    person: MailboxRow,
    from_at: int | None,
    until_at: int | None,
) -> None:
    acting.check(Action.ROLE_HOLD, subject_of(connection, person))
    acting.check(Action.ROLE_HOLD, subject_of(connection, mailbox))
    if mailbox.kind is not MailboxKind.ROLE or person.kind is not MailboxKind.PERSONAL:
        raise InvalidValue(
            f"an official's mailbox holds a role mailbox; {person.address} and {mailbox.address} are not that"
        )
    if acting.actor.account_id == person.id:
        raise NotAllowed("nobody gives a role mailbox to themselves: another administrator does it")
    keep_within_block(connection, mailbox, person)
    start = acting.at if from_at is None else from_at
    if until_at is not None and until_at <= start:
        raise InvalidValue("the holding ends before it begins")
    if until_at is not None and until_at <= acting.at:
        raise InvalidValue("the holding would have ended already: what is entered begins to count today")
    row = {"mailbox_id": mailbox.id, "holder_id": person.id, "from_at": start, "until_at": until_at}
    connection.execute(insert(RoleHolder).values(id=new_id(), **row))
    _tell(connection, mailbox, person, start, until_at, at=acting.at)


def _end(connection: Connection, acting: Act, mailbox: MailboxRow, person: MailboxRow) -> None:
    pair = (RoleHolder.mailbox_id == mailbox.id, RoleHolder.holder_id == person.id)
    running = not_over(RoleHolder, acting.at)
    ended = connection.execute(update(RoleHolder).where(*pair, running).values(until_at=acting.at))
    if ended.rowcount == 0:
        raise NoSuchAccount(f"{person.address} does not hold {mailbox.address}")
    _tell(connection, mailbox, person, None, acting.at, at=acting.at, ended=True)


def _tell(
    connection: Connection,
    mailbox: MailboxRow,
    person: MailboxRow,
    from_at: int | None,
    until_at: int | None,
    *,
    at: int,
    ended: bool = False,
) -> None:
    facts = {"address": mailbox.address, "role_name": mailbox.name, "name": person.name}
    facts_of_time = {"from_at": from_at, "until_at": until_at, "ended": ended}
    tell(connection, LetterKind.ROLE_HELD, person.address, facts | facts_of_time, at=at)
