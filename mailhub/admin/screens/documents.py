"""Văn bản: every document that passed, searched and filtered; and those of which something was left in doubt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import day
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.documents.type_names import type_name
from mailhub.i18n import Texts
from mailhub.registry import service as registry
from mailhub.registry.closed import CLOSED
from mailhub.registry.errors import InvalidSearch
from mailhub.registry.filtering import DIRECTIONS
from mailhub.registry.records import DocumentLine
from mailhub.registry.sealed import sealed_among
from mailhub.signatures.finding import files_judged
from mailhub.signatures.verdict import Verdict
from mailhub.signatures.words import slug

screens = Screens()
SIGNED = (Verdict.VALID, Verdict.UNKNOWN, Verdict.UNTRUSTED, Verdict.INVALID)
# Colours beside the words: what has to be fast, what is not issued yet.
URGENT = {"HỎA TỐC": "bad", "THƯỢNG KHẨN": "warn", "KHẨN": "warn"}


@screens.get("/documents", needs(Action.DOCUMENT_READ))
def search_documents(visit: Visit) -> Response:
    """GET: the search line, the filters, the documents, what was seen last first."""
    return _show(visit, unsure=False, template="documents/list.html")


@screens.get("/documents/undecided", needs(Action.DOCUMENT_CORRECT))
def undecided_documents(visit: Visit) -> Response:
    """GET: documents of which something was left in doubt, for whoever may correct them."""
    return _show(visit, unsure=True, template="documents/undecided.html")


def _show(visit: Visit, *, unsure: bool, template: str) -> Response:
    t = visit.t
    sealed: set[bytes] = set()
    listing = Listing(
        name="van-ban-can-xac-dinh" if unsure else "van-ban",
        columns=_columns(t, sealed, unsure=unsure),
        fetch=lambda wanted: _fetch(visit, wanted, sealed, unsure=unsure),
        filters=_filters(t, unsure=unsure),
        search_hint="web.documents.search",
        empty="web.documents.none-undecided" if unsure else "web.documents.none",
    )
    try:
        return show(visit, listing, template, problem="")
    except InvalidSearch:
        # A day that is none finds nothing, and says so; the form keeps what was typed.
        empty = Listing(
            name=listing.name, columns=listing.columns, fetch=lambda _: Slice(()), filters=listing.filters,
            search_hint=listing.search_hint, empty=listing.empty,
        )  # fmt: skip
        return show(visit, empty, template, problem="web.documents.bad-day")


def _fetch(visit: Visit, wanted: Wanted, sealed: set[bytes], *, unsure: bool) -> Slice[DocumentLine]:
    with visit.writing() as (connection, actor):
        verdict = wanted.get("signature")
        asked = registry.Search(
            words=wanted.q,
            doc_type=wanted.get("type"),
            agency=wanted.get("agency"),
            direction=wanted.get("direction"),
            since=wanted.get("since"),
            until=wanted.get("until"),
            urgency=wanted.get("urgency"),
            state=wanted.get("state"),
            code=wanted.get("code"),
            unsure=unsure,
            full_text=bool(wanted.q),
            files=files_judged(connection, actor, Verdict(verdict)) if verdict else None,
        )
        page = registry.search(connection, actor, asked, cursor=wanted.after, limit=wanted.limit)
        sealed |= sealed_among(connection, (line.sha256 for line in page.lines))
    return Slice(page.lines, page.cursor)


def _filters(t: Texts, *, unsure: bool) -> Sequence[Filter]:
    types = sorted(((code, type_name(code)) for code in CLOSED["doc_type"] if code != "NONE"), key=lambda one: one[1])
    ways = [(one, t(f"web.documents.direction.{one}")) for one in DIRECTIONS]
    found = [
        Filter("type", "web.documents.type", types),
        Filter("agency", "web.documents.agency", kind=AGENCY),
        Filter("direction", "web.documents.direction", ways),
        Filter("since", "web.documents.since", kind="date"),
        Filter("until", "web.documents.until", kind="date"),
        Filter("urgency", "web.documents.urgency", [(one, one.capitalize()) for one in CLOSED["urgency"] if one]),
        Filter("state", "web.documents.state", states(t)),
        Filter("signature", "web.documents.signature", [(one.value, signed_words(t, one)) for one in SIGNED]),
    ]
    return [one for one in found if one.key not in ("signature", "urgency")] if unsure else found


def states(t: Texts) -> list[tuple[str, str]]:
    """Issued, draft, unknown, in words."""
    return [(one, t(f"web.documents.state.{one}")) for one in CLOSED["state"]]


def signed_words(t: Texts, verdict: Verdict) -> str:
    """`Hợp lệ` for VALID."""
    return t(f"signature.verdict.{slug(verdict.value)}.short")


def _columns(t: Texts, sealed: Collection[bytes], *, unsure: bool) -> Sequence[Column[DocumentLine]]:
    found = [
        Column[DocumentLine]("number", "web.documents.number", lambda one: _number(t, one)),
        Column[DocumentLine](
            "day", "web.documents.day", lambda one: Cell(issued_on(one.issue_date) or "–"), tight=True
        ),
        Column[DocumentLine]("kind", "web.documents.type", lambda one: _kind(t, one, sealed=one.sha256 in sealed)),
        Column[DocumentLine]("subject", "web.documents.subject", lambda one: _subject(t, one)),
        Column[DocumentLine]("signer", "web.documents.signer", lambda one: Cell(one.signer)),
    ]
    if unsure:
        found.append(Column("doubts", "web.documents.doubtful", lambda one: Cell(", ".join(doubted(t, one)))))
    else:
        found.append(Column("urgency", "web.documents.urgency", _urgency, tight=True))
    return found


def _number(t: Texts, one: DocumentLine) -> Cell:
    return Cell(one.number_symbol or t("web.documents.unnumbered"), href=f"/documents/{one.id}")


def _kind(t: Texts, one: DocumentLine, *, sealed: bool) -> Cell:
    draft = t("web.documents.state.draft") if one.state == "draft" else ""
    note = t("web.documents.sealed") if sealed else draft
    return Cell(type_name(one.doc_type) if one.doc_type else t("web.documents.type-unknown"), note=note)


def _subject(t: Texts, one: DocumentLine) -> Cell:
    if one.secrecy:
        return Cell(t("web.documents.withheld"), note=one.issuer)
    return Cell(one.subject or t("web.documents.no-subject"), note=one.issuer)


def _urgency(one: DocumentLine) -> Cell:
    return Cell(one.urgency.capitalize(), badge=URGENT.get(one.urgency, "")) if one.urgency else Cell("")


def doubted(t: Texts, one: DocumentLine) -> list[str]:
    """The fields of a document that were seen and are not sure, in words."""
    names = one.unsure or (() if one.doc_type else ("doc_type",))
    return [field_words(t, name) for name in names]


def field_words(t: Texts, name: str) -> str:
    """`Số, ký hiệu` for `number_symbol`; a field that has no words is its name."""
    ident = f"web.documents.field.{name}"
    return t(ident) if ident in t.ids() else name


def issued_on(text: str) -> str:
    """`20/11/2026` for `2026-11-20`."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def may_see_codes(actor: Actor | None) -> bool:
    """Whether links into the timeline of mail lead anywhere for this person."""
    return actor is not None and needs(Action.TRACE_READ).admits(actor)
