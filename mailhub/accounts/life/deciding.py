"""What becomes of a request: approved (and carried out), refused, taken back, or lapsed. Nobody decides their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, select, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.errors import NotAllowed, WrongState
from mailhub.accounts.finding import MailboxRow, load_mailbox, subject_of
from mailhub.accounts.life.concurrency import change
from mailhub.accounts.life.ending import End, close_for_good, plan_end
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import AccountRequest, RequestKind, RequestState
from mailhub.accounts.life.moving import Move, carry_over
from mailhub.accounts.life.newcomers import let_go
from mailhub.accounts.life.request_rows import RequestRow, asked_by, find_request, request_subject
from mailhub.accounts.life.retention import RetentionRules
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.life.telling import address_of, facts_of
from mailhub.accounts.models import Agency, Rank
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.clock import DAY, local_time


def approve(
    connection: Connection,
    actor: Actor,
    code: str,
    *,
    answer: str = "",
    own: bool = False,
    settings: RetentionRules | None = None,
    default_quota_mib: int | None = None,
    at: int | None = None,
) -> RequestRow:
    """Grant a request and do what it asks for; a password still needs its slip to be handed out.

    `own`: the console decides what was asked at the console, and says so; no other role decides its own.

    Raises:
        NoSuchRequest, NotAllowed (a transfer needs the right over both agencies). WrongState: it was decided, or the
        account is not what it was. And whatever the act itself refuses.
    """
    with act(connection, actor, reason=answer.strip(), at=at) as acting:
        request = _start(connection, acting, code, own=own)
        mailbox = _mailbox(connection, request)
        # The account may have gone to another agency since it was asked for: that one's approvers decide then.
        acting.check(Action.REQUEST_DECIDE, subject_of(connection, mailbox))
        match request.kind:
            case RequestKind.NEW:
                _open(connection, acting, mailbox)
            case RequestKind.MOVE:
                _move(connection, acting, request, mailbox, default_quota_mib)
            case RequestKind.END:
                _end(connection, acting, request, mailbox, settings)
            case RequestKind.PASSWORD:
                next_state(LifeAct.NEW_PASSWORD, mailbox.state, mailbox.address)
        return _decide(connection, acting, request, RequestState.APPROVED, answer)


def refuse(
    connection: Connection, actor: Actor, code: str, *, answer: str, own: bool = False, at: int | None = None
) -> RequestRow:
    """Do not grant a request. A newcomer's address becomes free again when nothing ever happened with it.

    Raises:
        NoSuchRequest, ReasonMissing (the answer), NotAllowed, WrongState.
    """
    with act(connection, actor, reason=need_reason(answer), at=at) as acting:
        request = _start(connection, acting, code, own=own)
        return _close(connection, acting, request, RequestState.REFUSED, answer)


def withdraw(connection: Connection, actor: Actor, code: str, *, reason: str = "", at: int | None = None) -> RequestRow:
    """Take a request back: whoever made it, or another who may make such requests for the agency.

    Raises:
        NoSuchRequest, NotAllowed, WrongState.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        request = find_request(connection, code)
        acting.check(Action.REQUEST_MAKE, request_subject(connection, request))
        _check_open(request)
        return _close(connection, acting, request, RequestState.WITHDRAWN, reason)


def lapse(connection: Connection, actor: Actor, *, days: int, at: int) -> Sequence[str]:
    """Close the requests that nobody decided within so many days; gives their codes. For the daily schedule.

    Raises:
        NotAllowed
    """
    late = AccountRequest.requested_at < at - days * DAY
    query = select(AccountRequest.code).where(AccountRequest.state == RequestState.OPEN, late)
    codes = list(connection.execute(query.order_by(AccountRequest.id)).scalars())
    answer = f"quá {days} ngày không có ý kiến"
    for code in codes:
        with act(connection, actor, reason=answer, at=at) as acting:
            request = find_request(connection, code)
            acting.check(Action.REQUEST_DECIDE, request_subject(connection, request))
            _close(connection, acting, request, RequestState.LAPSED, answer)
    return codes


def _start(connection: Connection, acting: Act, code: str, *, own: bool) -> RequestRow:
    request = find_request(connection, code)
    subject = request_subject(connection, request)
    acting.check(Action.REQUEST_DECIDE, subject)
    _check_open(request)
    if asked_by(acting.actor, request) and not (own and acting.actor.role is Role.CONSOLE):
        told = "another person decides it"
        if acting.actor.role is Role.CONSOLE:
            told += "; at the console, --own says that both was you"
        raise NotAllowed(f"{request.code} is a request of {acting.actor.name} themselves: {told}")
    acting.before = {"request": request.code, "kind": request.kind, "state": request.state}
    return request


def _check_open(request: RequestRow) -> None:
    if request.state is not RequestState.OPEN:
        when = "" if request.decided_at is None else f" at {local_time(request.decided_at):%H:%M %d/%m/%Y}"
        raise WrongState(f"{request.code} is {request.state} by {request.decided_by}{when}: make a new request")


def _mailbox(connection: Connection, request: RequestRow) -> MailboxRow:
    mailbox = None if request.mailbox_id is None else load_mailbox(connection, request.mailbox_id)
    if mailbox is None:
        raise WrongState(f"the account that {request.code} is about is gone")
    return mailbox


def _open(connection: Connection, acting: Act, mailbox: MailboxRow) -> None:
    state = next_state(LifeAct.APPROVE, mailbox.state, mailbox.address)
    opened = change(connection, acting, mailbox, state=state)
    about = f"welcome/{mailbox.id}"
    tell(connection, LetterKind.WELCOME, mailbox.address, facts_of(connection, opened), about=about, at=acting.at)


def _move(
    connection: Connection, acting: Act, request: RequestRow, mailbox: MailboxRow, default_quota_mib: int | None
) -> None:
    wanted = request.details
    there = agency_subject(connection, "account", mailbox.address, find_agency(connection, wanted["agency"]))
    acting.check(Action.REQUEST_DECIDE, there)
    acting.check(Action.REQUEST_DECIDE, subject_of(connection, mailbox))
    rank = None if wanted["rank"] is None else Rank(wanted["rank"])
    move = Move(
        agency=wanted["agency"], title=wanted["title"], rank=rank, address=wanted["address"], because=request.basis
    )
    carry_over(connection, acting, mailbox, move, default_quota_mib)


def _end(
    connection: Connection, acting: Act, request: RequestRow, mailbox: MailboxRow, settings: RetentionRules | None
) -> None:
    wanted = request.details
    on = None if wanted["on"] is None else date.fromisoformat(wanted["on"])
    # Approved late: the day it was asked for has come, so the end is now.
    if on is not None and on > local_time(acting.at).date():
        plan_end(connection, acting, mailbox, on, because=request.basis, handover=wanted["handover"])
        return
    close_for_good(connection, acting, mailbox, End(because=request.basis, handover=wanted["handover"]), settings)


def _close(connection: Connection, acting: Act, request: RequestRow, state: RequestState, answer: str) -> RequestRow:
    """End a request without doing what it asks for."""
    decided = _decide(connection, acting, request, state, answer)
    if request.kind is RequestKind.NEW and request.mailbox_id is not None:
        mailbox = _mailbox(connection, request)
        next_state(LifeAct.REFUSE, mailbox.state, mailbox.address)
        after = acting.after
        freed = let_go(connection, acting, mailbox)
        acting.after = {**after, "address_free": freed}
    return decided


def _decide(connection: Connection, acting: Act, request: RequestRow, state: RequestState, answer: str) -> RequestRow:
    values = {"state": state, "decided_by": acting.actor.name, "decided_at": acting.at, "answer": answer.strip()[:500]}
    connection.execute(update(AccountRequest).where(AccountRequest.id == request.id).values(**values))
    decided = find_request(connection, request.code)
    told = {"request": decided.code, "kind": decided.kind.value, "answer": decided.answer, "because": decided.basis}
    acting.after = {**acting.after, **told, "decision": state.value}
    told |= {"state": state.value, "address": decided.address, "name": decided.name}
    asker = address_of(connection, request.requester_id)
    if asker and not asked_by(acting.actor, request):
        told["agency"] = connection.execute(select(Agency.name).where(Agency.id == request.agency_id)).scalar_one()
        tell(connection, LetterKind.REQUEST_DECIDED, asker, told, at=acting.at)
    return decided
