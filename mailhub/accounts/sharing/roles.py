"""Role mailboxes (văn thư, bộ phận một cửa) are given, taken back, handed over, and what was is put on record."""

from __future__ import annotations

from sqlalchemy import Connection, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import MailboxKind, RoleHolder
from mailhub.accounts.periods import not_over
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.blocks import keep_within_block
from mailhub.accounts.sharing.holdings import enter_row


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
        _begin(connection, acting, mailbox, person, from_at, until_at, reason.strip())
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
        _begin(connection, acting, mailbox, after, None, until_at, reason.strip())
        _end(connection, acting, mailbox, before)
        acting.before = {"holder": before.address}
        acting.after = {"holder": after.address, "from_at": acting.at, "until_at": until_at}


def enter_past_holding(
    connection: Connection,
    actor: Actor,
    role: str,
    holder: str,
    *,
    from_at: int,
    until_at: int,
    reason: str,
    at: int | None = None,
) -> None:
    """Put on record that somebody held a role mailbox in a time that is over, by the decision `reason`; times in ms.

    It opens nothing, changes no session and sends no letter: it is for the question who held the office on a day.

    Raises:
        NoSuchAccount. NotAllowed: as `hold_role`. ReasonMissing: its decision is not named.
        InvalidValue: not an office and an official, odd times, a time that is not over, or one on record already.
    """
    because = need_reason(reason)
    with act(connection, actor, reason=because, at=at) as acting:
        mailbox, person = find_mailbox(connection, role), find_mailbox(connection, holder)
        _check_pair(connection, acting, mailbox, person)
        _check_order(from_at, until_at)
        if until_at > acting.at:
            raise InvalidValue("the holding is not over yet: give the office instead, from that day on")
        enter_row(connection, acting, mailbox, person, from_at=from_at, until_at=until_at, because=because)
        acting.after = {"holder": person.address, "from_at": from_at, "until_at": until_at, "past": True}


def _begin(
    connection: Connection,
    acting: Act,
    mailbox: MailboxRow,
    person: MailboxRow,
    from_at: int | None,
    until_at: int | None,
    because: str,
) -> None:
    _check_pair(connection, acting, mailbox, person)
    start = acting.at if from_at is None else from_at
    _check_order(start, until_at)
    if until_at is not None and until_at <= acting.at:
        raise InvalidValue("the holding is over already: put it on record as a past one, with its decision")
    enter_row(connection, acting, mailbox, person, from_at=start, until_at=until_at, because=because)
    _tell(connection, mailbox, person, start, until_at, at=acting.at)


def _check_pair(connection: Connection, acting: Act, mailbox: MailboxRow, person: MailboxRow) -> None:
    acting.check(Action.ROLE_HOLD, subject_of(connection, person))
    acting.check(Action.ROLE_HOLD, subject_of(connection, mailbox))
    if mailbox.kind is not MailboxKind.ROLE or person.kind is not MailboxKind.PERSONAL:
        raise InvalidValue(
            f"an official's mailbox holds a role mailbox; {person.address} and {mailbox.address} are not that"
        )
    if acting.actor.account_id == person.id:
        raise NotAllowed("nobody gives a role mailbox to themselves: another administrator does it")
    keep_within_block(connection, mailbox, person)


def _check_order(from_at: int, until_at: int | None) -> None:
    if until_at is not None and until_at <= from_at:
        raise InvalidValue("the holding ends before it begins")


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
