"""Role mailboxes (hộp thư đơn vị, chức danh): who holds them now, and who held them on a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from starlette.responses import Response

from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.rights import Action, may
from mailhub.accounts.sharing.office_list import OfficeLine, list_offices
from mailhub.accounts.sharing.roles import Holding, list_holdings
from mailhub.accounts.tree import code_of
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.organisation.days import first_day, last_day
from mailhub.clock import DAY, local_time, midnight

screens = Screens()
_VACANT = "vacant"
_KINDS = ("van-thu", "mot-cua", "lanh-dao")


@screens.get("/offices", needs(Action.ACCOUNT_READ))
def show_offices(visit: Visit) -> Response:
    """The list; a filter shows those without anybody."""

    def fetch(wanted: Wanted) -> Slice[OfficeLine]:
        with visit.reading() as (connection, actor):
            rows = list_offices(
                connection,
                actor,
                agency=wanted.get("agency"),
                text=wanted.q,
                vacant=wanted.get("holder") == _VACANT,
                after=wanted.after,
                limit=wanted.limit + 1,
                at=visit.at,
            )
        return keyed(rows, wanted.limit, lambda row: row.address)

    may_add = visit.actor is not None and reaches_others(visit.actor, (Action.ROLE_ADD,))
    return show(visit, _listing(visit, fetch), "offices/list.html", may_add=may_add)


@screens.get("/offices/{address}", needs(Action.ACCOUNT_READ))
def show_office(visit: Visit) -> Response:
    """One office: its holders of all times, and the answer to "who held it on that day?"."""
    with visit.reading() as (connection, actor):
        mailbox = find_mailbox(connection, visit.path["address"])
        holdings = list_holdings(connection, actor, mailbox.address, at=visit.at)
        may_hold = may(actor, Action.ROLE_HOLD, subject_of(connection, mailbox))
        agency = code_of(connection, mailbox.agency_id)
    asked = Form({"on": visit.query.get("on", "")})
    day = asked.day("on")
    return visit.page(
        "offices/one.html",
        mailbox=mailbox,
        agency=agency,
        holdings=[(one, held_words(visit, one), state_of(one, visit.at)) for one in holdings],
        now=[one for one in holdings if one.now],
        may_hold=may_hold,
        form=asked,
        answer=[] if day is None else answer_for(visit, mailbox, holdings, day),
    )


def answer_for(visit: Visit, mailbox: MailboxRow, holdings: Sequence[Holding], day: date) -> list[str]:
    """Who held the office on that day, in sentences: one for each, the earliest first."""
    begins = midnight(day)
    ends, shown = begins + DAY, f"{day:%d/%m/%Y}"
    found = [one for one in holdings if one.from_at < ends and (one.until_at is None or one.until_at > begins)]
    found = [one for one in found if one.until_at is None or one.until_at > one.from_at]
    if not found:
        return [visit.t("web.offices.answer.nobody", day=shown, office=mailbox.address)]
    told = []
    for one in sorted(found, key=lambda one: one.from_at):
        values = {"day": shown, "office": mailbox.address, "name": one.name, "address": one.holder}
        part = _part_of_day(visit, one, begins, ends)
        period = held_words(visit, one)
        told.append(visit.t("web.offices.answer.held", **values, part=part, period=period))
    return told


def _part_of_day(visit: Visit, one: Holding, begins: int, ends: int) -> str:
    """` (từ 14:05)`, where it was not the whole day."""
    since = f"{local_time(one.from_at):%H:%M}" if one.from_at > begins else ""
    until = f"{local_time(one.until_at):%H:%M}" if one.until_at is not None and one.until_at < ends else ""
    if since and until:
        return visit.t("web.offices.answer.between", since=since, until=until)
    if since:
        return visit.t("web.offices.answer.since", since=since)
    return visit.t("web.offices.answer.until", until=until) if until else ""


def held_words(visit: Visit, one: Holding) -> str:
    """`từ 01/01/2026 đến hết 30/06/2026`; the minute where it was not midnight."""
    begins = local_time(one.from_at)
    since = first_day(one.from_at) if begins.hour == begins.minute == 0 else f"{begins:%H:%M %d/%m/%Y}"
    if one.until_at is None:
        return visit.t("web.offices.held.since", since=since)
    until = local_time(one.until_at)
    if until.hour == until.minute == 0:
        return visit.t("web.offices.held.whole-days", since=since, until=last_day(one.until_at))
    return visit.t("web.offices.held.until", since=since, until=f"{until:%H:%M %d/%m/%Y}")


def state_of(one: Holding, at: int) -> str:
    """`now`, `later` or `past`."""
    if one.now:
        return "now"
    return "later" if one.from_at > at else "past"


def _listing(visit: Visit, fetch: Callable[[Wanted], Slice[OfficeLine]]) -> Listing[OfficeLine]:
    t = visit.t
    holders = [(_VACANT, t("web.offices.vacant"))]
    return Listing(
        name="hop-thu-don-vi",
        columns=(
            Column("address", "web.offices.address",
                   lambda one: Cell(one.address, href=f"/offices/{one.address}", note=one.name)),
            Column("agency", "web.rosters.agency", lambda one: Cell(one.agency, href=f"/agencies/{one.agency}")),
            Column("office", "web.offices.office", lambda one: Cell(_office(visit, one.office)), tight=True),
            Column("holders", "web.offices.holders-now", lambda one: _holders(visit, one)),
        ),
        fetch=fetch,
        filters=(Filter("holder", "web.offices.holder", holders), Filter("agency", "web.rosters.agency", kind=AGENCY)),
        search_hint="web.offices.search",
        empty="web.offices.none",
    )  # fmt: skip


def _office(visit: Visit, office: str) -> str:
    """`van-thu` as people say it; a word that somebody made up as it is."""
    return visit.t(f"web.offices.kind.{office}") if office in _KINDS else office


def _holders(visit: Visit, one: OfficeLine) -> Cell:
    if not one.holders:
        return Cell(visit.t("web.offices.vacant"), badge="warn")
    return Cell(", ".join(who.name for who in one.holders), note=", ".join(who.address for who in one.holders))
