"""Accounts that nobody logs in to: the login is closed, mail still arrives (QCVN 12:2026/BCA 3.7.2.7.6).

Leaders, role and service mailboxes are spared. Days count from the last login, or from the day the account came
into use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailhub.accounts.act import act
from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.causes import IDLE, causes_of, with_cause, without_cause
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.telling import facts_of, tell_unit
from mailhub.accounts.models import Mailbox, MailboxKind, MailboxState, Person, Rank
from mailhub.accounts.rights import Action, Actor
from mailhub.clock import DAY, local_time

WARN_DAYS = (14, 3)


@dataclass(frozen=True, slots=True)
class IdleAccount:
    """An account in use without a login; `days` full days since the last one."""

    id: int
    address: str
    days: int


def idle_accounts(connection: Connection, *, days: int, at: int) -> Sequence[IdleAccount]:
    """Accounts whose login is open and that nobody logged in to for at least `days` days, the longest first."""
    since = func.coalesce(Mailbox.last_login_at, Mailbox.created_at)
    query = (
        select(Mailbox.id, Mailbox.address, since.label("since"))
        .join(Person, Person.id == Mailbox.person_id)
        .where(
            Mailbox.kind == MailboxKind.PERSONAL,
            Mailbox.state == MailboxState.ACTIVE,
            Mailbox.login_closed.not_like(f"%{IDLE}%"),
            Person.rank != Rank.LEADER,
            since <= at - days * DAY,
        )
    )
    rows = connection.execute(query.order_by(since))
    return [IdleAccount(row.id, row.address, (at - row.since) // DAY) for row in rows]


def warn(connection: Connection, account: IdleAccount, *, limit: int, at: int) -> bool:
    """Enter the letter that the login will close soon, once for each of `WARN_DAYS`; False when there is none due."""
    left = limit - account.days
    step = min((days for days in WARN_DAYS if left <= days), default=None)
    if step is None or left <= 0:
        return False
    closes = local_time(at + left * DAY).date()
    facts = {"address": account.address, "days": account.days, "closes_on": closes.isoformat()}
    about = f"idle/{account.id}/{closes.isoformat()}/{step}"
    return tell(connection, LetterKind.IDLE_SOON, account.address, facts, about=about, at=at)


def close_idle(connection: Connection, actor: Actor, address: str, *, limit: int, at: int) -> None:
    """Close the login, and tell the mailbox and its unit.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=f"không đăng nhập trong {limit} ngày", at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_SUSPEND, address)
        if is_idle(mailbox):
            return
        changed = change(connection, acting, mailbox, login_closed=with_cause(mailbox.login_closed, IDLE))
        facts = {**facts_of(connection, changed), "days": limit}
        tell(connection, LetterKind.IDLE_CLOSED, changed.address, facts, at=at)
        tell_unit(connection, LetterKind.IDLE_CLOSED, changed, at, days=limit)


def reopen(connection: Connection, actor: Actor, address: str, *, reason: str = "", at: int | None = None) -> None:
    """Open a login that idleness closed; the days count anew.

    Raises:
        NoSuchAccount, NotAllowed. WrongState: it is not closed for idleness.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_UNLOCK, address)
        if not is_idle(mailbox):
            raise WrongState(f"the login of {mailbox.address} was not closed for idleness: nothing to reopen")
        left = without_cause(mailbox.login_closed, IDLE)
        change(connection, acting, mailbox, login_closed=left, last_login_at=acting.at)


def is_idle(mailbox: MailboxRow) -> bool:
    """Whether idleness keeps the login closed."""
    return IDLE in causes_of(mailbox.login_closed)
