"""Các phiên bản: every text of the rules that was in force, what one changes against another, and the way back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.export import attachment
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Listing, Slice, Wanted
from mailhub.admin.people.words import who
from mailhub.admin.refusals import in_words
from mailhub.admin.screens.rule_proposals import read_rules, tightening_words
from mailhub.admin.screens.rules import may_change, put_and_go
from mailhub.admin.screens.simulation import PERIODS, begin
from mailhub.admin.screens.trial_words import change_words, titles_of, value_words
from mailhub.policy.rules.comparing import differences
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.rehearsal.proposing import agreement_to
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import NoSuchVersion, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE
from mailhub.screening.rules.second_person import tightened
from mailhub.screening.rules.tightening import Way
from mailhub.screening.rules.versions import Version

screens = Screens()
_AROUND = 3  # lines around a change


@screens.get("/rules/versions", needs(Action.POLICY_READ))
def list_versions(visit: Visit) -> Response:
    """GET: the newest first, which is in force."""
    with visit.reading() as (connection, actor):
        found = versions.list_versions(connection, actor)
    newest = found[0].number if found else 0
    listing = Listing(
        name="phien-ban-quy-tac", columns=_columns(visit, newest), fetch=lambda wanted: _slice(found, wanted),
        searches=False, empty="web.rules.no-versions",
    )  # fmt: skip
    return show(visit, listing, "rules/versions.html", newest=newest)


@screens.get("/rules/versions/{number}", needs(Action.POLICY_READ))
def show_version(visit: Visit) -> Response:
    """GET against=N, format=toml: the text, and what is different from another (the one before it)."""
    return _page(visit)


@screens.post("/rules/versions/{number}/back", needs(Action.POLICY_CHANGE))
def go_back(visit: Visit) -> Response:
    """POST reason: this version's text in force again, as a new version, and in policy.toml. One that goes further than
    the rules in force is tried out first, and proposed to a second person."""
    form, number = visit.form, _number(visit.path["number"])
    reason = form.text("reason", required=True)
    if form:
        try:
            with visit.writing() as (connection, actor):
                two = visit.site.settings.policy.second_person
                done = versions.back(connection, actor, reason=reason, to=number, two_people=two)
        except NeedsSecondPerson:
            return _rehearsed(visit, number, reason)
        except SameRules:
            form.mend("", "web.rules.same-rules")
        except BookErrors as error:
            form.mend("", "web.form.refused", detail=str(error))
    if not form:
        return _page(visit, status=422)
    return put_and_go(visit, done, f"/rules/versions/{done.number}", "web.rules.activated")


def _rehearsed(visit: Visit, number: int, reason: str) -> Response:
    with visit.reading() as (connection, actor):
        text = versions.find_version(connection, actor, number).text
    return begin(visit, text, {"back": str(number), "reason": reason}, PERIODS[1])


def _page(visit: Visit, *, status: int = 200) -> Response:
    number = _number(visit.path["number"])
    against = _number(visit.query.get("against", "") or "0", least=0) or number - 1
    with visit.reading() as (connection, actor):
        one = versions.find_version(connection, actor, number)
        if visit.query.get("format") == "toml":
            return attachment(one.text.encode(), POLICY_FILE, "toml")
        other = versions.find_version(connection, actor, against) if against > 0 else None
        every = versions.list_versions(connection, actor)
        agreement = agreement_to(connection, one)
        old, new = _book(other), _book(one)
        tighter = _tighter(visit, connection, one, new, every[0].number)
    return visit.page(
        "rules/version.html", status=status, one=one, other=other, every=every, current=every[0].number == one.number,
        changes=differences(old, new), who=partial(who, visit.t), titles=titles_of(old, new),
        change_words=change_words(visit.t), value_words=value_words(visit.t),
        was=visit.t("web.rules.version-n", number=against), will=visit.t("web.rules.version-n", number=number),
        lines=list(_lines(other.text if other else "", one.text)), may_change=may_change(visit),
        whole=visit.query.get("text") == "1", agreement=agreement, tighter=tighter,
    )  # fmt: skip


def _tighter(visit: Visit, connection: Connection, one: Version, book: RuleBook, now: int) -> list[str]:
    """Why going back to it would be two people's."""
    if one.number == now or not may_change(visit) or not visit.site.settings.policy.second_person:
        return []
    found = tightened(connection, read_rules(versions.text_of(connection, now)), book, at=visit.at)
    return [tightening_words(visit.t, each) for each in found if each.way is Way.STAGE]


def _lines(before: str, after: str) -> Iterator[tuple[str, str]]:
    """(kind, line) of a comparison: `+`, `-`, ` `, `@` for a gap."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=_AROUND, lineterm="")
    for place, line in enumerate(found):
        if place >= 2:  # the two heads name files
            yield ("@", "…") if line.startswith("@@") else (line[:1] or " ", line[1:])


def _book(version: Version | None) -> RuleBook:
    return read_rules(None if version is None else version.text)


def _number(text: str, *, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise NoSuchVersion(f"there is no version {text[:20]}")
    return int(text)


def _columns(visit: Visit, newest: int) -> list[Column[Version]]:
    def number(one: Version) -> Cell:
        mark = visit.t("web.rules.in-force") if one.number == newest else ""
        return Cell(visit.t("web.rules.version-n", number=one.number), href=f"/rules/versions/{one.number}", note=mark)

    return [
        Column("number", "web.rules.version", number, tight=True),
        Column(
            "at", "web.rules.activated-at", lambda one: Cell(when(one.activated_at), at=one.activated_at), tight=True
        ),
        Column("by", "web.rules.by", lambda one: Cell(who(visit.t, one.by))),
        Column("reason", "web.documents.reason", lambda one: Cell(in_words(visit.t, one.reason))),
    ]


def _slice(rows: Sequence[Version], wanted: Wanted) -> Slice[Version]:
    after = wanted.after_number
    fits = [one for one in rows if not after or one.number < after]
    page = fits[: wanted.limit]
    return Slice(page, str(page[-1].number) if len(fits) > wanted.limit else "", len(rows))
