"""What an agency asks for: a new account, a transfer, an end, a password (S1 § 2c). Others decide (deciding.py).

A newcomer's mailbox is entered at once in state `requested`, so that the address is kept while the request waits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.creating import create_account
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import AccountRequest, RequestKind
from mailhub.accounts.life.moving import Move, check_move
from mailhub.accounts.life.newcomers import Newcomer, check_duplicates
from mailhub.accounts.life.request_rows import deciders, open_request
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.life.telling import facts_of
from mailhub.accounts.models import MailboxState
from mailhub.accounts.people.naming import Naming
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.clock import local_time
from mailhub.ids import new_code, new_id
from mailhub.text.plain import plain_line

_BASIS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A request that was entered: the code to name it by, and the account's address."""

    code: str
    address: str


@dataclass(slots=True, kw_only=True)
class _Asking:
    kind: RequestKind
    mailbox: MailboxRow
    subject: Subject
    agency_id: int
    basis: str
    details: dict[str, Any] = field(default_factory=dict)


def request_new(
    connection: Connection,
    actor: Actor,
    newcomer: Newcomer,
    *,
    basis: str,
    naming: Naming,
    reason: str = "",
    default_quota_mib: int | None = None,
    at: int | None = None,
) -> Made:
    """Ask for an account for somebody new: person and mailbox are entered, and wait.

    Raises:
        What `create_account` raises. SuspectedDuplicate: somebody who may be the same is here already, and
        `newcomer.override` does not say why it is another.
    """
    check_duplicates(connection, actor, newcomer)
    mailbox_id = create_account(
        connection,
        actor,
        newcomer.address.strip(),
        newcomer.name,
        agency=newcomer.agency,
        person=newcomer.person,
        state=MailboxState.REQUESTED,
        naming=naming,
        default_quota_mib=default_quota_mib,
        at=at,
    )
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = load_mailbox(connection, mailbox_id)
        assert mailbox is not None
        subject = agency_subject(connection, "account", mailbox.address, mailbox.agency_id)
        acting.check(Action.REQUEST_MAKE, subject)
        asking = _Asking(
            kind=RequestKind.NEW, mailbox=mailbox, subject=subject, agency_id=mailbox.agency_id, basis=basis
        )
        asking.details = {"address": mailbox.address, "name": mailbox.name}
        asking.details |= {"title": newcomer.person.title, "override": newcomer.override.strip()}
        return _enter(connection, acting, asking)


def request_move(
    connection: Connection,
    actor: Actor,
    address: str,
    move: Move,
    *,
    reason: str,
    at: int | None = None,
) -> Made:
    """Ask for a transfer; the agency that lets go may ask, and the one that takes. `move.because` is the decision.

    Raises:
        NoSuchAccount, NoSuchAgency, ReasonMissing, NotAllowed, WrongState, InvalidValue.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox, there = find_mailbox(connection, address), find_agency(connection, move.agency)
        source = subject_of(connection, mailbox)
        mine = may(actor, Action.REQUEST_MAKE, source)
        agency_id = mailbox.agency_id if mine else there
        subject = agency_subject(connection, "account", mailbox.address, agency_id)
        acting.check(Action.REQUEST_MAKE, subject)
        check_move(mailbox, there)
        asking = _Asking(
            kind=RequestKind.MOVE, mailbox=mailbox, subject=subject, agency_id=agency_id, basis=move.because
        )
        asking.details = {"agency": move.agency, "title": move.title, "rank": move.rank, "address": move.address}
        return _enter(connection, acting, asking)


def request_end(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    basis: str,
    reason: str,
    on: date | None = None,
    handover: str = "",
    at: int | None = None,
) -> Made:
    """Ask for an account's end, at once or from a day on.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, WrongState, InvalidValue.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        subject = subject_of(connection, mailbox)
        acting.check(Action.REQUEST_MAKE, subject)
        next_state(LifeAct.END, mailbox.state, mailbox.address)
        if on is not None and on <= local_time(acting.at).date():
            raise InvalidValue(f"{on:%d/%m/%Y} has come already: leave the day out to ask for an end at once")
        if handover:
            find_mailbox(connection, handover)
        asking = _Asking(
            kind=RequestKind.END, mailbox=mailbox, subject=subject, agency_id=mailbox.agency_id, basis=basis
        )
        asking.details = {"on": None if on is None else on.isoformat(), "handover": handover, "reason": reason.strip()}
        return _enter(connection, acting, asking)


def request_password(
    connection: Connection, actor: Actor, address: str, *, reason: str, basis: str = "", at: int | None = None
) -> Made:
    """Ask for a new slip for somebody who cannot log in.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, WrongState.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        subject = subject_of(connection, mailbox)
        acting.check(Action.REQUEST_MAKE, subject)
        next_state(LifeAct.NEW_PASSWORD, mailbox.state, mailbox.address)
        asking = _Asking(
            kind=RequestKind.PASSWORD, mailbox=mailbox, subject=subject, agency_id=mailbox.agency_id, basis=basis
        )
        return _enter(connection, acting, asking)


def _enter(connection: Connection, acting: Act, asking: _Asking) -> Made:
    mailbox, basis = asking.mailbox, plain_line(" ".join(asking.basis.split()))
    waiting = open_request(connection, mailbox.id, asking.kind)
    if waiting:
        raise WrongState(f"{waiting} asks the same for {mailbox.address} and waits: decide or withdraw it first")
    if len(basis) > _BASIS:
        raise InvalidValue(f"the deciding document takes at most {_BASIS} letters: number and day are enough")
    code = new_code()
    row = {"id": new_id(), "code": code, "kind": asking.kind, "mailbox_id": mailbox.id, "basis": basis}
    row |= {"agency_id": asking.agency_id, "details": json.dumps(asking.details, ensure_ascii=False)}
    row |= {"requested_by": acting.actor.name, "requester_id": acting.actor.account_id, "requested_at": acting.at}
    connection.execute(insert(AccountRequest).values(row))
    told = {"request": code, "kind": asking.kind.value, "because": basis}
    acting.after = {**told, **asking.details}
    told |= {key: str(value) for key, value in facts_of(connection, mailbox).items()}
    told["asked_by"] = acting.actor.name
    for decider in deciders(connection, asking.subject, acting.actor, at=acting.at):
        tell(connection, LetterKind.REQUEST_MADE, decider, told, at=acting.at)
    return Made(code=code, address=mailbox.address)
