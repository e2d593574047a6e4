"""Các phiên bản: every text of the rules that was in force, what one changes against another, and the way back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from starlette.responses import Response

from mailhub.accounts.action_words import plain_who
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.export import attachment
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Listing, Slice, Wanted
from mailhub.admin.screens.rules import may_change, put_and_go
from mailhub.admin.screens.simulation import change_words, titles_of, value_words
from mailhub.policy.rules.comparing import differences
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import NoSuchVersion, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE
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
    """POST reason: this version's text in force again, as a new version, and in policy.toml."""
    form, number = visit.form, _number(visit.path["number"])
    reason = form.text("reason", required=True)
    if form:
        try:
            with visit.writing() as (connection, actor):
                done = versions.back(connection, actor, reason=reason, to=number)
        except SameRules:
            form.mend("", "web.rules.same-rules")
        except BookErrors as error:
            form.mend("", "web.form.refused", detail=str(error))
    if not form:
        return _page(visit, status=422)
    return put_and_go(visit, done, f"/rules/versions/{done.number}", "web.rules.activated")


def _page(visit: Visit, *, status: int = 200) -> Response:
    number = _number(visit.path["number"])
    against = _number(visit.query.get("against", "") or "0", least=0) or number - 1
    with visit.reading() as (connection, actor):
        one = versions.find_version(connection, actor, number)
        if visit.query.get("format") == "toml":
            return attachment(one.text.encode(), POLICY_FILE, "toml")
        other = versions.find_version(connection, actor, against) if against > 0 else None
        every = versions.list_versions(connection, actor)
    old, new = _book(other), _book(one)
    return visit.page(
        "rules/version.html", status=status, one=one, other=other, every=every, current=every[0].number == one.number,
        changes=differences(old, new), who=plain_who, titles=titles_of(old, new),
        change_words=change_words(visit.t), value_words=value_words(visit.t),
        was=visit.t("web.rules.version-n", number=against), will=visit.t("web.rules.version-n", number=number),
        lines=list(_lines(other.text if other else "", one.text)), may_change=may_change(visit),
        whole=visit.query.get("text") == "1",
    )  # fmt: skip


def _lines(before: str, after: str) -> Iterator[tuple[str, str]]:
    """(kind, line) of a comparison: `+`, `-`, ` `, `@` for a gap."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=_AROUND, lineterm="")
    for place, line in enumerate(found):
        if place >= 2:  # the two heads name files
            yield ("@", "…") if line.startswith("@@") else (line[:1] or " ", line[1:])


def _book(version: Version | None) -> RuleBook:
    """The rules of a version; none of what this program cannot read any more."""
    try:
        return RuleBook(()) if version is None else read_book(version.text, POLICY_FILE)
    except BookErrors:
        return RuleBook(())


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
        Column("by", "web.rules.by", lambda one: Cell(plain_who(one.by))),
        Column("reason", "web.documents.reason", lambda one: Cell(one.reason)),
    ]


def _slice(rows: Sequence[Version], wanted: Wanted) -> Slice[Version]:
    after = wanted.after_number
    fits = [one for one in rows if not after or one.number < after]
    page = fits[: wanted.limit]
    return Slice(page, str(page[-1].number) if len(fits) > wanted.limit else "", len(rows))
