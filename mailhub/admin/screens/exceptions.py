"""Ngoại lệ: who need not keep to a rule, until when, by whose decision; those that end soon come first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from mailhub.accounts.errors import InvalidValue, NoSuchAgency
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import day
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import counted
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.screens.rule_words import today_of
from mailhub.admin.screens.rules import may_change, put_and_go
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.rule import Exemption
from mailhub.screening.rules import editing, putting, versions
from mailhub.screening.rules.errors import FileDiffers, NoSuchException, NoSuchRule, PolicyFileFault
from mailhub.text.folding import fold

screens = Screens()
SOON_DAYS = 14  # as doctor tells
READERS = needs(Action.USE_READ, Action.POLICY_CHANGE)


@screens.get("/rules/exceptions", READERS)
def list_exceptions(visit: Visit) -> Response:
    """GET q, rule, soon: the exceptions, and the form for another."""
    return _list(visit)


@screens.post("/rules/exceptions", needs(Action.POLICY_CHANGE))
def add_exception(visit: Visit) -> Response:
    """POST rule, who, to, until, why, by: in force at once as a new version, and in policy.toml."""
    form, today = visit.form, today_of(visit.at)
    rule, who = form.text("rule", required=True, longest=80), form.text("who", required=True, longest=320)
    to, why = form.text("to", longest=320) or "*", form.text("why", required=True)
    by, until = form.text("by", required=True, longest=320), form.day("until", required=True)
    if until is not None and until < today:
        form.mend("until", "web.rules.ended-before-it-began")
    if form and until is not None:
        one = Exemption(rule=rule, who=who, to=to, why=why, until=until, by=by)
        try:
            putting.check_file_is_in_force(visit.site.database, visit.site.settings.directory)
            with visit.writing() as (connection, actor):
                done = editing.add_exception(connection, actor, one)
            return put_and_go(visit, done, "/rules/exceptions", "web.rules.exception-added")
        except NoSuchRule:
            form.mend("rule", "web.rules.no-rule")
        except NoSuchAgency:
            form.mend("who", "web.rules.no-who")
        except (InvalidValue, BookErrors, FileDiffers, PolicyFileFault) as error:
            form.mend("", "web.form.refused", detail=str(error))
    return _list(visit)


@screens.post("/rules/exceptions/end", needs(Action.POLICY_CHANGE))
def end_exception(visit: Visit) -> Response:
    """POST rule, who, to, reason: yesterday becomes its last day."""
    form = visit.form
    rule, who = form.text("rule", required=True, longest=80), form.text("who", required=True, longest=320)
    to, reason = form.text("to", longest=320), form.text("reason", required=True)
    if form:
        try:
            putting.check_file_is_in_force(visit.site.database, visit.site.settings.directory)
            with visit.writing() as (connection, actor):
                done = editing.end_exception(connection, actor, rule=rule, who=who, to=to, reason=reason)
            return put_and_go(visit, done, "/rules/exceptions", "web.rules.exception-ended")
        except (NoSuchException, FileDiffers, PolicyFileFault) as error:
            form.mend("", "web.form.refused", detail=str(error))
    return _list(visit)


def _list(visit: Visit) -> Response:
    today = today_of(visit.at)
    with visit.reading() as (connection, actor):
        rules = [(one.id, one.title) for one in versions.book_in_force(connection, actor).rules]
    changes = may_change(visit)
    soon = [("1", visit.t("web.rules.soon", days=SOON_DAYS)), ("0", visit.t("web.rules.over"))]
    listing = Listing(
        name="ngoai-le",
        columns=_columns(visit, today, dict(rules), changes=changes),
        fetch=lambda wanted: _fetch(visit, wanted, today, dict(rules)),
        filters=[
            Filter("rule", "web.rules.rule", rules),
            Filter("soon", "web.rules.when", soon),
        ],
        search_hint="web.rules.search-exceptions",
        empty="web.rules.no-exceptions",
    )
    response = show(
        visit, listing, "rules/exceptions.html", rules=rules, changes=changes, form=visit.form, ending=_ending(visit)
    )
    if visit.form.wrong:
        response.status_code = 422
    return response


def _ending(visit: Visit) -> dict[str, str]:
    """The exception whose link "end" was pressed, for the form that asks why."""
    query = visit.query if visit.request.method == "GET" else visit.form.typed
    return {
        key: query.get(key if visit.request.method == "POST" else f"end_{key}", "") for key in ("rule", "who", "to")
    }


def _columns(visit: Visit, today: date, titles: Mapping[str, str], *, changes: bool) -> list[Column[Exemption]]:
    t = visit.t

    def until(one: Exemption) -> Cell:
        if one.until < today:
            return Cell(day(one.until), note=t("web.rules.over"), value=one.until.isoformat())
        soon = one.until <= today + timedelta(days=SOON_DAYS)
        return Cell(day(one.until), note=t("web.rules.ends-soon") if soon else "", value=one.until.isoformat())

    found = [
        Column[Exemption]("until", "web.rules.until", until, tight=True),
        Column[Exemption]("who", "web.rules.whoever", lambda one: Cell(one.who)),
        Column[Exemption]("to", "web.rules.to", lambda one: Cell(one.to)),
        Column[Exemption](
            "rule",
            "web.rules.rule",
            lambda one: Cell(titles.get(one.rule, one.rule), href=f"/rules/{one.rule}", note=one.rule),
        ),
        Column[Exemption](
            "why", "web.rules.why", lambda one: Cell(one.why, note=one.by, value=f"{one.why} ({one.by})")
        ),
    ]
    if changes:
        found.append(Column("end", "web.rules.act", lambda one: _end_link(t("web.rules.end"), one, today), tight=True))
    return found


def _end_link(words: str, one: Exemption, today: date) -> Cell:
    if one.until < today:
        return Cell("", value="")
    asked = urlencode({"end_rule": one.rule, "end_who": one.who, "end_to": one.to})
    return Cell(words, href=f"/rules/exceptions?{asked}#end", value="")


def _said(one: Exemption, titles: Mapping[str, str]) -> tuple[str, ...]:
    return one.who, one.to, one.rule, titles.get(one.rule, ""), one.why, one.by


def _fetch(visit: Visit, wanted: Wanted, today: date, titles: Mapping[str, str]) -> Slice[Exemption]:
    with visit.reading() as (connection, actor):
        rows = editing.list_exceptions(connection, actor, rule=wanted.get("rule"))
    last = today + timedelta(days=SOON_DAYS)
    if wanted.get("soon") == "1":
        rows = [one for one in rows if today <= one.until <= last]
    elif wanted.get("soon") == "0":
        rows = [one for one in rows if one.until < today]
    words = fold(wanted.q)
    fits = [one for one in rows if words in fold(" ".join(_said(one, titles)))]
    # What ends soon is first, what is over last.
    fits.sort(key=lambda one: (one.until < today, one.until, one.who, one.rule, one.to))
    return counted(fits, wanted.after_number, wanted.limit)
