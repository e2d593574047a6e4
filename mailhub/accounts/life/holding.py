"""Legal hold: while an order stands, nothing of the account may be destroyed (reference/organisation § 6, case 8)."""

from __future__ import annotations

from sqlalchemy import Connection

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.errors import InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.rights import Action, Actor

_BETWEEN = "; "  # several orders may stand at once; each is released by itself
_LONGEST = 300


def hold_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    order: str,
    reason: str,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Nothing of the account is destroyed while the order (its number and day) stands. Login and mail go on.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: there is nothing left to hold.
        InvalidValue: no order, or one that stands already.
    """
    order = " ".join(order.replace(";", ",").split())
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_HOLD, address, expect=expect)
        next_state(LifeAct.HOLD, mailbox.state, mailbox.address)
        standing = orders(mailbox)
        if not any(letter.isalnum() for letter in order):
            raise InvalidValue("a hold needs its order: number and day, such as 'QĐ 12/QĐ-CA ngày 03/11/2026'")
        if order in standing:
            raise InvalidValue(f"{mailbox.address} is held by {order} already")
        return _write(connection, acting, mailbox, [*standing, order])


def release_hold(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    order: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """The order stands no longer; with several, `order` says which.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: nothing holds it.
        InvalidValue: several orders hold it and none was named, or not this one.
    """
    order = " ".join(order.replace(";", ",").split())
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_HOLD, address, expect=expect)
        if actor.account_id == mailbox.id:
            raise NotAllowed("nobody releases what holds their own account: another security officer does it")
        standing = orders(mailbox)
        if not standing:
            raise WrongState(f"no order holds {mailbox.address}: there is nothing to release")
        if not order and len(standing) > 1:
            raise InvalidValue(f"several orders hold {mailbox.address}: name one of {_BETWEEN.join(standing)}")
        gone = order or standing[0]
        if gone not in standing:
            raise InvalidValue(f"{gone} does not hold {mailbox.address}: {_BETWEEN.join(standing)} does")
        return _write(connection, acting, mailbox, [one for one in standing if one != gone])


def orders(mailbox: MailboxRow) -> list[str]:
    """The orders that hold the account."""
    return [one for one in mailbox.legal_hold.split(_BETWEEN) if one]


def check_not_held(mailbox: MailboxRow) -> None:
    """Refuse to destroy what an order holds.

    Raises:
        WrongState
    """
    if mailbox.legal_hold:
        raise WrongState(
            f"{mailbox.address} is held by {mailbox.legal_hold}: release it first (`mailhub account unhold`)"
        )


def _write(connection: Connection, acting: Act, mailbox: MailboxRow, standing: list[str]) -> MailboxRow:
    text = _BETWEEN.join(standing)
    if len(text) > _LONGEST:
        raise InvalidValue(f"the orders that hold {mailbox.address} are longer than {_LONGEST} letters: shorten them")
    before = acting.before
    changed = change(connection, acting, mailbox, legal_hold=text)
    acting.before = {**before, "legal_hold": mailbox.legal_hold}
    acting.after = {**acting.after, "legal_hold": text}
    return changed
