"""Ký số của cơ quan: desks whose documents get the agency's signature by themselves, and who had what sealed."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NoSuchAgency, WrongState
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Listing, Slice, Wanted
from mailhub.admin.people.words import who
from mailhub.admin.screens.documents import may_see_codes
from mailhub.sealing import switching
from mailhub.sealing.acts import ASKED, SEALED, ActRow, list_acts
from mailhub.sealing.holding import why_words

screens = Screens()


@screens.get("/signatures/seals", needs(Action.SEAL_READ))
def list_seals(visit: Visit) -> Response:
    """GET: the desks that seal, and below them the acts, newest first."""
    return _list(visit)


@screens.post("/signatures/seals/on", needs(Action.SEAL_SWITCH))
def switch_on(visit: Visit) -> Response:
    """POST desk, agency, reason."""
    form = visit.form
    desk, agency = form.text("desk", required=True, longest=320), form.text("agency", longest=64)
    reason = form.text("reason", required=True)
    if form:
        try:
            with visit.writing() as (connection, actor):
                found = switching.switch_on(connection, actor, desk, agency=agency, reason=reason)
            return visit.go("/signatures/seals", "web.signatures.seal-on", desk=found.desk, agency=found.agency)
        except NoSuchAgency:
            form.mend("agency", "web.signatures.no-agency")
        except (NoSuchAccount, InvalidValue):
            form.mend("desk", "web.signatures.no-desk")
        except WrongState:
            form.mend("desk", "web.signatures.seals-already")
    return _list(visit)


@screens.post("/signatures/seals/off", needs(Action.SEAL_SWITCH))
def switch_off(visit: Visit) -> Response:
    """POST desk, reason."""
    form = visit.form
    desk, reason = form.text("desk", required=True, longest=320), form.text("reason", required=True)
    if form:
        with visit.writing() as (connection, actor):
            switching.switch_off(connection, actor, desk, reason=reason)
        return visit.go("/signatures/seals", "web.signatures.seal-off", desk=desk)
    return _list(visit)


def _list(visit: Visit) -> Response:
    with visit.reading() as (connection, actor):
        desks = switching.list_desks(connection, actor)
    listing = Listing(
        name="ky-so-co-quan",
        columns=_columns(visit),
        fetch=lambda wanted: _fetch(visit, wanted),
        searches=False,
        empty="web.signatures.no-acts",
    )
    switches = visit.actor is not None and needs(Action.SEAL_SWITCH).admits(visit.actor)
    response = show(
        visit,
        listing,
        "signatures/seals.html",
        desks=desks,
        switches=switches,
        form=visit.form,
        who=partial(who, visit.t),
    )
    if visit.form.wrong:
        response.status_code = 422
    return response


def _fetch(visit: Visit, wanted: Wanted) -> Slice[ActRow]:
    with visit.writing() as (connection, actor):
        rows = list_acts(connection, actor, before=wanted.after_number, limit=wanted.limit + 1)
    return keyed(rows, wanted.limit, lambda row: row.id)


def _columns(visit: Visit) -> list[Column[ActRow]]:
    traces = may_see_codes(visit.actor)

    def code(one: ActRow) -> Cell:
        name = one.sealed_code or one.code
        return Cell(name, href=f"/mail/{name}" if traces and name else "")

    def outcome(one: ActRow) -> Cell:
        if one.outcome == SEALED:
            stamp = "" if one.timestamped else visit.t("web.signatures.untimed")
            return Cell(visit.t("web.signatures.sealed"), badge="good", note=stamp)
        if one.outcome == ASKED:
            return Cell(visit.t("web.signatures.asked"), badge="wait")
        return Cell(visit.t("web.signatures.not-sealed"), badge="warn", note=why_words(one.outcome, visit.language))

    return [
        Column("at", "web.signatures.time", lambda one: Cell(when(one.at), at=one.at), tight=True),
        Column("number", "web.documents.number", lambda one: Cell(one.number_symbol or "–")),
        Column("desk", "web.signatures.desk", lambda one: Cell(one.desk)),
        Column("clerk", "web.signatures.clerk", lambda one: Cell(one.clerk)),
        Column("outcome", "web.signatures.outcome", outcome),
        Column("code", "web.documents.mail", code, tight=True),
        Column("original", "web.signatures.hash", lambda one: Cell(one.original[:16] + "…", value=one.original)),
    ]
