"""Requests as people read them: one by its code, a list by agency, and who may decide one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select

from mailhub.accounts.control.grants import holders_over
from mailhub.accounts.errors import NotFound
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import AccountRequest, RequestKind, RequestState
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import RIGHTS, Action, Actor, Role, Subject, may
from mailhub.accounts.tree import agency_subject, below, find_agency, scope_of
from mailhub.ids import read_code
from mailhub.text.folding import fold


class NoSuchRequest(NotFound):
    """No request has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request. `agency` is a code; `address` and `name` are the account's; times in ms."""

    id: int
    code: str
    kind: RequestKind
    state: RequestState
    mailbox_id: int | None
    agency_id: int
    agency: str
    address: str
    name: str
    details: dict[str, Any]
    basis: str
    requested_by: str
    requester_id: int | None
    requested_at: int
    decided_by: str | None
    decided_at: int | None
    answer: str


def find_request(connection: Connection, code: str) -> RequestRow:
    """The request with this code, as typed by a person.

    Raises:
        NoSuchRequest
    """
    row = connection.execute(_query().where(AccountRequest.code == (read_code(code) or ""))).one_or_none()
    if row is None:
        raise NoSuchRequest(f"no request has the code {code}: `mailhub request list` shows those that wait")
    return _read(row)


def show_request(connection: Connection, actor: Actor, code: str) -> RequestRow:
    """The same, for whoever may read it.

    Raises:
        NoSuchRequest, NotAllowed.
    """
    request = find_request(connection, code)
    subject = request_subject(connection, request)
    if not may(actor, Action.REQUEST_READ, subject) and not asked_by(actor, request):
        raise refusal(actor, Action.REQUEST_READ, request.code)
    return request


def list_requests(
    connection: Connection,
    actor: Actor,
    *,
    state: RequestState | None = RequestState.OPEN,
    kind: RequestKind | None = None,
    agency: str = "",
    account: str = "",
    text: str = "",
    after: int = 0,
    limit: int = 100,
    newest: bool = False,
) -> Sequence[RequestRow]:
    """Requests that the actor may see, the oldest first (or the newest), from behind the number `after` on.

    `account` is an address: those about it. `text`: words of the account's name or address, marks or not, or a code.

    Raises:
        NotAllowed, NoSuchAgency, NoSuchAccount.
    """
    query = _query()
    if after:
        query = query.where(AccountRequest.id < after if newest else AccountRequest.id > after)
    if account:
        query = query.where(AccountRequest.mailbox_id == find_mailbox(connection, account).id)
    if text:
        words = [Mailbox.folded.contains(word, autoescape=True) for word in fold(text).split()]
        query = query.where(or_(AccountRequest.code == (read_code(text) or ""), and_(*words)))
    scope = scope_of(connection, actor, Action.REQUEST_READ)
    if scope.agencies is not None:
        query = query.where(AccountRequest.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(AccountRequest.requester_id == scope.account_id)
    if agency:
        query = query.where(AccountRequest.agency_id.in_(below(find_agency(connection, agency))))
    if state is not None:
        query = query.where(AccountRequest.state == state)
    if kind is not None:
        query = query.where(AccountRequest.kind == kind)
    order = AccountRequest.id.desc() if newest else AccountRequest.id.asc()
    return [_read(row) for row in connection.execute(query.order_by(order).limit(limit))]


def open_request(connection: Connection, mailbox_id: int, kind: RequestKind) -> str:
    """The code of the request of that kind that waits for this account; '' when none does."""
    query = select(AccountRequest.code).where(
        AccountRequest.mailbox_id == mailbox_id,
        AccountRequest.kind == kind,
        AccountRequest.state == RequestState.OPEN,
    )
    return connection.execute(query.limit(1)).scalar_one_or_none() or ""


def request_subject(connection: Connection, request: RequestRow) -> Subject:
    """The request as `may()` looks at it: the account that it asks for, in the agency that asks."""
    return agency_subject(connection, "account", request.address or request.code, request.agency_id)


def asked_by(actor: Actor, request: RequestRow) -> bool:
    """Whether this actor is who asked. Two accounts are two people; the console itself is whoever acts through it,
    unless an account's own secret was given there. (What must be two people is a proposal, not a request.)"""
    if actor.account_id is not None and request.requester_id is not None:
        return actor.account_id == request.requester_id
    if actor.proved and actor.account_id is not None:
        return False
    return actor.name == request.requested_by or (bool(actor.via) and actor.via in request.requested_by)


def deciders(connection: Connection, subject: Subject, actor: Actor, *, at: int) -> Sequence[str]:
    """Addresses of those who may decide what `actor` asks for."""
    roles = [role for role in Role if Action.REQUEST_DECIDE in RIGHTS[role]]
    return holders_over(connection, roles, subject, at=at, but=actor.account_id)


def _query() -> Select[Any]:
    columns = (AccountRequest.__table__, Agency.code.label("agency"), Mailbox.address, Mailbox.name)
    query = select(*columns).join(Agency, Agency.id == AccountRequest.agency_id)
    return query.outerjoin(Mailbox, Mailbox.id == AccountRequest.mailbox_id)


def _read(row: Row[Any]) -> RequestRow:
    fields = dict(row._mapping)
    details = json.loads(fields["details"])
    fields |= {"kind": RequestKind(fields["kind"]), "state": RequestState(fields["state"]), "details": details}
    # Of a refused newcomer's mailbox nothing is left.
    fields |= {"address": fields["address"] or details.get("address", ""), "name": fields["name"] or ""}
    fields["name"] = fields["name"] or details.get("name", "")
    return RequestRow(**fields)
