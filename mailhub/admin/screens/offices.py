"""Role mailboxes (hộp thư đơn vị, chức danh): who holds them now, and who held them on a day."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.rights import Action, may
from mailhub.accounts.sharing.holdings import list_holdings
from mailhub.accounts.sharing.office_list import OfficeLine, list_offices
from mailhub.accounts.tree import code_of
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.organisation.days import first_moment
from mailhub.admin.organisation.holding_words import answers, line_of

screens = Screens()
_VACANT = "vacant"
_KINDS = ("van-thu", "mot-cua", "lanh-dao")


@screens.get("/offices", needs(Action.ACCOUNT_READ))
def show_offices(visit: Visit) -> Response:
    """The list; filters show those without anybody, and who held them on a day."""

    def fetch(wanted: Wanted) -> Slice[OfficeLine]:
        with visit.reading() as (connection, actor):
            rows = list_offices(
                connection,
                actor,
                agency=wanted.get("agency"),
                text=wanted.q,
                vacant=wanted.get("holder") == _VACANT,
                on=first_moment(wanted.day("on")),
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
        lines=[line_of(visit, one) for one in holdings],
        now=[line_of(visit, one) for one in holdings if one.now],
        may_hold=may_hold,
        form=asked,
        answers=[] if day is None else answers(visit, mailbox.address, holdings, day),
    )


def _listing(visit: Visit, fetch: Callable[[Wanted], Slice[OfficeLine]]) -> Listing[OfficeLine]:
    t = visit.t
    then = "web.offices.holders-on" if visit.query.get("on") else "web.offices.holders-now"
    holders = [(_VACANT, t("web.offices.vacant"))]
    return Listing(
        name="hop-thu-don-vi",
        columns=(
            Column("address", "web.offices.address",
                   lambda one: Cell(one.address, href=f"/offices/{one.address}", note=one.name)),
            Column("agency", "web.rosters.agency", lambda one: Cell(one.agency, href=f"/agencies/{one.agency}")),
            Column("office", "web.offices.office", lambda one: Cell(_office(visit, one.office)), tight=True),
            Column("holders", then, lambda one: _holders(visit, one)),
        ),
        fetch=fetch,
        filters=(
            Filter("on", "web.offices.on", kind="date"),
            Filter("holder", "web.offices.holder", holders),
            Filter("agency", "web.rosters.agency", kind=AGENCY),
        ),
        search_hint="web.offices.search",
        empty="web.offices.none",
    )  # fmt: skip


def _office(visit: Visit, office: str) -> str:
    """`van-thu` as people say it; a word that somebody made up as it is."""
    return visit.t(f"web.offices.kind.{office}") if office in _KINDS else office


def _holders(visit: Visit, one: OfficeLine) -> Cell:
    if not one.holders:
        asked = bool(visit.query.get("on"))
        return Cell(visit.t("web.offices.nobody-then" if asked else "web.offices.vacant"), badge="warn")
    return Cell(", ".join(who.name for who in one.holders), note=", ".join(who.address for who in one.holders))
