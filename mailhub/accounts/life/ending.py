"""The end of an account: announced for a day, called off, carried out. Its mail is kept for a while (retention.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.addresses import read_own
from mailhub.accounts.control.grants import keep_an_administrator
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox
from mailhub.accounts.life.closings import begin_closing
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.retention import RetentionRules, retained_until
from mailhub.accounts.life.states import TRANSITIONS, LifeAct, next_state, pushed
from mailhub.accounts.life.telling import address_of, facts_of, tell_unit
from mailhub.accounts.models import Address, Mailbox, MailboxState, Person, Rank
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.system import guard
from mailhub.clock import local_time
from mailhub.settings.sections.accounts import AccountsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an account ends: the deciding document, where senders are sent, who takes over ('' = as announced)."""

    because: str = ""
    unit_address: str = ""
    handover: str = ""


def announce(
    connection: Connection,
    actor: Actor,
    address: str,
    on: date,
    *,
    reason: str,
    because: str = "",
    handover: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Say on which day the account is there no longer, from 00:00; a new announcement takes the place of the last.

    Nothing closes before that day: the schedule carries it out (`due`, `carry_out`) and writes 30, 7 and 1 days
    before.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile, WrongState, Protected, LastAdministrator.
        InvalidValue: the day has come already, or nobody can take over there.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_END, address, expect=expect)
        return plan_end(connection, acting, mailbox, on, because=because, handover=handover)


def call_off(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """The announced end does not come.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: none was announced, or it has come.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_END, address, expect=expect)
        next_state(LifeAct.PLAN_END, mailbox.state, mailbox.address)
        if mailbox.ends_on is None:
            raise WrongState(f"no end was announced for {mailbox.address}: there is nothing to call off")
        acting.before = {**acting.before, "ends_on": mailbox.ends_on.isoformat()}
        changed = change(connection, acting, mailbox, ends_on=None, ends_because="", handover_id=None)
        acting.after = {**acting.after, "ends_on": None}
        return changed


def due(connection: Connection, today: date) -> list[str]:
    """Addresses of the accounts whose announced end has come and that have not ended."""
    live = list(TRANSITIONS[LifeAct.END])
    query = select(Mailbox.address).where(Mailbox.ends_on <= today, Mailbox.state.in_(live))
    return list(connection.execute(query.order_by(Mailbox.id)).scalars())


def carry_out(
    connection: Connection, actor: Actor, address: str, *, settings: RetentionRules, at: int
) -> MailboxRow | None:
    """End the account as announced, when its day has come and it has not ended; None when there is nothing to do.

    Raises:
        NoSuchAccount, NotAllowed, Protected, LastAdministrator.
    """
    found = find_mailbox(connection, address)
    if found.ends_on is None or found.ends_on > local_time(at).date() or found.state not in TRANSITIONS[LifeAct.END]:
        return None
    reason = f"ngừng sử dụng từ ngày {found.ends_on:%d/%m/%Y} như đã thông báo"
    with act(connection, actor, reason=reason, at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_END, address)
        return close_for_good(connection, acting, mailbox, End(), settings)


def plan_end(
    connection: Connection, acting: Act, mailbox: MailboxRow, on: date, *, because: str, handover: str
) -> MailboxRow:
    """Inside an act: what `announce` does."""
    next_state(LifeAct.PLAN_END, mailbox.state, mailbox.address)
    today = local_time(acting.at).date()
    if on <= today:
        raise InvalidValue(
            f"{on:%d/%m/%Y} is not in the future: an announced end is a day from {today:%d/%m/%Y} + 1 on;"
            " to end it now, leave the day out (`mailhub account revoke`)"
        )
    guard(connection, mailbox.id)
    keep_an_administrator(connection, mailbox.id, at=acting.at)
    values = {"ends_on": on, "ends_because": because.strip(), "handover_id": _taker(connection, mailbox, handover)}
    before = acting.before
    changed = change(connection, acting, mailbox, **values)
    acting.before = {**before, "ends_on": None if mailbox.ends_on is None else mailbox.ends_on.isoformat()}
    told = {"ends_on": on.isoformat(), "because": because.strip(), "handover": handover}
    acting.after = {**acting.after, **told}
    return changed


def close_for_good(
    connection: Connection, acting: Act, mailbox: MailboxRow, wanted: End, settings: RetentionRules | None
) -> MailboxRow:
    """Inside an act: what `mailboxes.end_account` does."""
    state = next_state(LifeAct.END, mailbox.state, mailbox.address)
    guard(connection, mailbox.id)
    keep_an_administrator(connection, mailbox.id, at=acting.at)
    today = local_time(acting.at).date()
    kept = retained_until(rank_of(connection, mailbox), today, settings or AccountsSection())
    because = wanted.because.strip() or mailbox.ends_because
    taker = _taker(connection, mailbox, wanted.handover) if wanted.handover else mailbox.handover_id
    values: dict[str, object] = {"state": state, "former_states": pushed(mailbox.former_states, mailbox.state)}
    values |= {"ended_at": acting.at, "ends_on": today, "ends_because": because, "handover_id": taker}
    values |= {"retained_until": kept}
    if wanted.unit_address:
        values["unit_address"] = read_own(wanted.unit_address)
    changed = change(connection, acting, mailbox, **values)
    told = {"because": because, "retained_until": kept.isoformat(), "handover": address_of(connection, taker)}
    acting.after = {**acting.after, **told}
    begin_closing(connection, mailbox.id, "end", at=acting.at)
    tell_unit(connection, LetterKind.ENDED, changed, acting.at, on=today.isoformat(), **told)
    if told["handover"]:
        facts = {**facts_of(connection, changed), **told, "on": today.isoformat(), "act": "taker"}
        tell(connection, LetterKind.ENDED, told["handover"], facts, at=acting.at)
    if mailbox.ends_on is not None and mailbox.ends_on > today:
        acting.after = {**acting.after, "announced": mailbox.ends_on.isoformat()}
    return changed


def announced_end(connection: Connection, mailbox: MailboxRow, *, at: int) -> date | None:
    """The day to come that had been announced when an account was ended before it: restoring does not bring it back.

    `mailbox` as it is before that; None when there is none.
    """
    if mailbox.state is not MailboxState.RETAINED:
        return None
    mine = select(Address.address).where(Address.mailbox_id == mailbox.id)
    which = (AuditRow.object_kind == "account", AuditRow.object.in_(mine), AuditRow.action == Action.ACCOUNT_END)
    query = select(AuditRow.after).where(*which).order_by(AuditRow.id.desc()).limit(1)
    announced = json.loads(connection.execute(query).scalar_one_or_none() or "{}").get("announced")
    day = date.fromisoformat(announced) if announced else None
    return day if day is not None and day > local_time(at).date() else None


def rank_of(connection: Connection, mailbox: MailboxRow) -> Rank | None:
    """The rank of the mailbox's person; None for an office's or a program's."""
    if mailbox.person_id is None:
        return None
    return Rank(connection.execute(select(Person.rank).where(Person.id == mailbox.person_id)).scalar_one())


def _taker(connection: Connection, mailbox: MailboxRow, address: str) -> int | None:
    if not address.strip():
        return None
    taker = find_mailbox(connection, address)
    if taker.id == mailbox.id or not taker.takes_mail:
        raise InvalidValue(f"{address} cannot take over from {mailbox.address}: name another account that takes mail")
    return taker.id
