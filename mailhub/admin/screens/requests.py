"""/requests: what agencies ask for; one request with what it would change, and the word of whoever decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import load_mailbox, subject_of
from mailhub.accounts.life import deciding
from mailhub.accounts.life.models import RequestKind, RequestState
from mailhub.accounts.life.request_rows import RequestRow, asked_by, list_requests, request_subject, show_request
from mailhub.accounts.organisation.agencies import find_agency_row
from mailhub.accounts.people.duplicates import Candidate, Suspect, suspects
from mailhub.accounts.people.people import show_person
from mailhub.accounts.reading import AccountReport, show_account
from mailhub.accounts.rights import Action, Actor, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.people.words import REQUEST_BADGES, who
from mailhub.admin.screens.account_acts import beside

screens = Screens()
_READS = (Action.REQUEST_READ, Action.REQUEST_MAKE, Action.REQUEST_DECIDE)


@screens.get("/requests", needs(Action.REQUEST_READ))
def requests(visit: Visit) -> Response:
    """The list, the newest first."""
    t = visit.t

    def fetch(wanted: Wanted) -> Slice[RequestRow]:
        state, kind = wanted.get("state"), wanted.get("kind")
        with visit.reading() as (connection, actor):
            rows = list_requests(
                connection,
                actor,
                state=RequestState(state) if state else None,
                kind=RequestKind(kind) if kind else None,
                agency=wanted.get("agency"),
                text=wanted.q,
                after=wanted.after_number,
                limit=wanted.limit + 1,
                newest=True,
            )
        return keyed(rows, wanted.limit, lambda row: row.id)

    def asked(row: RequestRow) -> Cell:
        return Cell(when(row.requested_at), at=row.requested_at, note=who(t, row.requested_by))

    columns = (
        Column[RequestRow]("code", "web.request.code", lambda row: Cell(row.code, f"/requests/{row.code}"), tight=True),
        Column[RequestRow]("kind", "web.request.kind", lambda row: Cell(t(f"web.request.kind.{row.kind}"))),
        Column[RequestRow]("name", "web.account.name", lambda row: Cell(row.name, note=row.address)),
        Column[RequestRow]("agency", "web.account.agency", lambda row: Cell(row.agency), tight=True),
        Column[RequestRow](
            "state",
            "web.account.state",
            lambda row: Cell(t(f"web.request.state.{row.state}"), badge=REQUEST_BADGES[row.state]),
        ),
        Column[RequestRow]("asked", "web.request.asked", asked),
    )
    listing = Listing(
        name="de-nghi",
        columns=columns,
        fetch=fetch,
        filters=(
            Filter("state", "web.account.state", [(one.value, t(f"web.request.state.{one}")) for one in RequestState]),
            Filter("kind", "web.request.kind", [(one.value, t(f"web.request.kind.{one}")) for one in RequestKind]),
            Filter("agency", "web.account.agency", kind=AGENCY),
        ),
        search_hint="web.request.search",
        empty="web.request.none",
    )
    return show(visit, listing, "requests/list.html")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as its page shows it. `account` None: the actor may not see it, or nothing is left of it."""

    request: RequestRow
    account: AccountReport | None
    differences: list[tuple[str, str, str]]  # text id, now, wanted
    suspects: list[Suspect]
    decides: bool
    withdraws: bool
    slips: bool


@screens.get("/requests/{code}", needs(*_READS))
def request(visit: Visit) -> Response:
    """What it asks for, what that would change, who may be the same person; and the buttons of whoever may press."""
    return show_one(visit)


def show_one(visit: Visit, *, status: int = 200) -> Response:
    """The request's page."""
    with visit.reading() as (connection, actor):
        seen = _see(connection, actor, visit.path["code"], at=visit.at)
    on = seen.request.details.get("on")
    values: dict[str, Any] = {"on": date.fromisoformat(on) if on else None, "who": lambda name: who(visit.t, name)}
    return visit.page("requests/one.html", status=status, seen=seen, row=seen.request, **values)


@screens.post("/requests/{code}/approve", needs(Action.REQUEST_DECIDE))
def approve(visit: Visit) -> Response:
    """Granted, and done."""
    answer, settings = visit.form.text("answer", longest=500), visit.site.settings
    if not visit.form:
        return show_one(visit, status=422)
    try:
        with visit.writing() as (connection, actor):
            show_request(connection, actor, visit.path["code"])
            row = deciding.approve(
                connection,
                actor,
                visit.path["code"],
                answer=answer,
                settings=settings.accounts,
                default_quota_mib=settings.mailboxes.quota_mib,
                at=visit.at,
            )
    except AccountError as error:
        beside(visit.form, error)
        return show_one(visit, status=422)
    return visit.go(f"/requests/{row.code}", "web.request.approved", kind=visit.t(f"web.request.kind.{row.kind}"))


@screens.post("/requests/{code}/refuse", needs(Action.REQUEST_DECIDE))
def refuse(visit: Visit) -> Response:
    """Not granted; who asked reads why."""
    answer = visit.form.text("answer", longest=500)
    if not answer:
        visit.form.mend("answer", "web.request.say-why")
    if not visit.form:
        return show_one(visit, status=422)
    try:
        with visit.writing() as (connection, actor):
            show_request(connection, actor, visit.path["code"])
            row = deciding.refuse(connection, actor, visit.path["code"], answer=answer, at=visit.at)
    except AccountError as error:
        beside(visit.form, error)
        return show_one(visit, status=422)
    return visit.go(f"/requests/{row.code}", "web.request.refused")


@screens.post("/requests/{code}/withdraw", needs(Action.REQUEST_MAKE))
def withdraw(visit: Visit) -> Response:
    """Taken back by whoever asked, or another of that agency who may ask."""
    reason = visit.form.text("answer", longest=500)
    try:
        with visit.writing() as (connection, actor):
            show_request(connection, actor, visit.path["code"])
            row = deciding.withdraw(connection, actor, visit.path["code"], reason=reason, at=visit.at)
    except AccountError as error:
        beside(visit.form, error)
        return show_one(visit, status=422)
    return visit.go(f"/requests/{row.code}", "web.request.withdrawn")


def _see(connection: Connection, actor: Actor, code: str, *, at: int) -> Seen:
    row = show_request(connection, actor, code)
    mailbox = None if row.mailbox_id is None else load_mailbox(connection, row.mailbox_id)
    account = None
    if mailbox is not None and may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        account = show_account(connection, actor, mailbox.address, at=at)
    subject, waits = request_subject(connection, row), row.state is RequestState.OPEN
    mine = asked_by(actor, row)
    slips = account is not None and may(actor, Action.ACCOUNT_SLIP, subject_of(connection, account.mailbox))
    return Seen(
        request=row,
        account=account,
        differences=_differences(connection, row, account),
        suspects=_suspects(connection, actor, row, account) if waits else [],
        decides=waits and not mine and may(actor, Action.REQUEST_DECIDE, subject),
        withdraws=waits and may(actor, Action.REQUEST_MAKE, subject),
        slips=slips and row.state is RequestState.APPROVED and row.kind in (RequestKind.NEW, RequestKind.PASSWORD),
    )


def _differences(connection: Connection, row: RequestRow, account: AccountReport | None) -> list[tuple[str, str, str]]:
    """Of a transfer: what is there now and what would be."""
    if row.kind is not RequestKind.MOVE or account is None:
        return []
    wanted = row.details
    there = str(find_agency_row(connection, wanted["agency"])["name"])
    pairs = [("agency", account.agency_name, there)]
    pairs += [("title", account.title, wanted["title"])] if wanted.get("title") is not None else []
    pairs += [("address", account.mailbox.address, wanted["address"])] if wanted.get("address") else []
    return [one for one in pairs if one[1] != one[2]]


def _suspects(connection: Connection, actor: Actor, row: RequestRow, account: AccountReport | None) -> list[Suspect]:
    """Who here may be the newcomer, as the one who decides sees it."""
    if row.kind is not RequestKind.NEW or account is None:
        return []
    person = show_person(connection, actor, account.mailbox.address)
    candidate = Candidate(name=row.name, agency_id=row.agency_id, birth_date=person.birth_date)
    return suspects(connection, actor, candidate, but=account.mailbox.person_id)
