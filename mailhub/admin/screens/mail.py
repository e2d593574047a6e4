"""/mail: mail by simple fields, or by the search line (queue/search_line.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from starlette.responses import Response

from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.mail_words import standing
from mailhub.clock import DAY, midnight
from mailhub.queue.finding import find_mail, similar_codes
from mailhub.queue.found_rows import FoundMail
from mailhub.queue.search_line import read_ident, read_line
from mailhub.queue.sought import BadWord, MailState, Sought
from mailhub.queue.successors import sealed_copies
from mailhub.registry.closed import read_day

screens = Screens()


@dataclass(slots=True)
class Looked:
    """How far back a page looked, for those that follow; the word that means nothing; the document's number that was
    asked for; codes like one that is unknown; which mails were sealed."""

    back_to: int | None = None
    wrong: BadWord | None = None
    number: str = ""
    similar: Sequence[str] = ()
    sealed: set[int] = field(default_factory=set)


@screens.get("/mail", needs(Action.TRACE_READ))
def search_mail(visit: Visit) -> Response:
    """The search and what it found, newest first."""
    looked = Looked()

    def fetch(wanted: Wanted) -> Slice[FoundMail]:
        try:
            sought = sought_of(wanted, at=visit.at)
        except BadWord as wrong:
            looked.wrong = wrong
            return Slice([])
        looked.number = sought.number
        with visit.writing() as (connection, actor):
            found = find_mail(connection, actor, sought, after=wanted.after, limit=wanted.limit)
            looked.sealed |= sealed_copies(connection, [row.id for row in found.rows])
            if not found.rows and sought.ident and "@" not in sought.ident:
                looked.similar = similar_codes(connection, actor, sought.ident)
        looked.back_to = found.back_to
        return Slice(found.rows, found.next)

    table = listing(visit, fetch, looked.sealed)
    told = {"looked": looked, "places": _places(visit), "in_subjects": lambda: _in_subjects(looked.number)}
    response = show(visit, table, "mail/search.html", part="mail/search_part.html", **told)
    if looked.wrong is not None and visit.is_part:  # what to mend stands above the table: the page as a whole
        return Response(status_code=204, headers={"HX-Redirect": f"/mail?{visit.request.url.query}"})
    return response


def _in_subjects(number: str) -> str:
    """The address of the search for mail that only names the document."""
    return "/mail?" + urlencode({"q": f'tiêu-đề:"{number}"'})


def _places(visit: Visit) -> list[tuple[str, str]]:
    """(text id, address) of other searches for the same words: people type names here as well."""
    given = (visit.query.get(name, "").strip()[:500] for name in ("q", "sender", "to"))
    words = next((one for one in given if one), "")
    if not words or ":" in words or "@" in words or visit.actor is None:
        return []
    ways = (
        ("web.menu.accounts.people", "/accounts", Action.ACCOUNT_READ),
        ("web.menu.accounts.offices", "/offices", Action.ACCOUNT_READ),
        ("web.menu.documents", "/documents", Action.DOCUMENT_READ),
    )
    query = urlencode({"q": words})
    return [(text, f"{path}?{query}") for text, path, action in ways if needs(action).admits(visit.actor)]


def sought_of(wanted: Wanted, *, at: int) -> Sought:
    """What the fields and the line ask for together; a field wins over the same in the line.

    Raises:
        BadWord
    """
    found = read_line(wanted.q, at=at)
    found = replace(
        found,
        sender=wanted.get("sender") or found.sender,
        to=wanted.get("to") or found.to,
        number=wanted.get("number") or found.number,
    )
    if text := wanted.get("code"):
        ident = read_ident(text)
        if ident is None:
            raise BadWord(text, "code")
        found = replace(found, ident=ident)
    if text := wanted.get("state"):
        found = replace(found, state=MailState(text))
    for key, beyond in (("since", 0), ("until", DAY)):
        if text := wanted.get(key):
            day = read_day(text)
            if day is None:
                raise BadWord(text, "day")
            moment = midnight(day) + beyond
            found = replace(found, since=moment) if key == "since" else replace(found, until=moment)
    return found


def listing(visit: Visit, fetch: object, sealed: Collection[int]) -> Listing[FoundMail]:
    """The table. `sealed`: rows of sealed copies."""
    t = visit.t
    states = [(one.value, t(f"web.mail.state.{one.value}")) for one in MailState]
    return Listing(
        name="thu",
        columns=[
            Column("subject", "web.mail.subject", lambda row: _subject(visit, row, sealed=row.id in sealed)),
            Column(
                "sender", "web.mail.sender", lambda row: Cell(row.sender or t("web.mail.null-sender"), value=row.sender)
            ),
            Column("to", "web.mail.to", lambda row: _to(visit, row)),
            Column("at", "web.mail.at", lambda row: Cell(when(row.at), at=row.at), tight=True),
            Column("state", "web.mail.state", lambda row: _state(visit, row), tight=True),
            Column("code", "web.mail.code", lambda row: Cell(row.code, href=f"/mail/{row.code}"), tight=True),
        ],
        fetch=fetch,  # type: ignore[arg-type]
        filters=[
            Filter("sender", "web.mail.sender", placeholder="an@sonoivu.gov.vn"),
            Filter("to", "web.mail.to", placeholder="gmail.com"),
            Filter("number", "web.mail.number", placeholder="156/QĐ-UBND"),
            Filter("code", "web.mail.code", placeholder="7K4-QW2-M9"),
            Filter("since", "web.mail.since", kind="date"),
            Filter("until", "web.mail.until", kind="date"),
            Filter("state", "web.mail.state", options=states),
        ],
        search_hint="web.mail.line",
        empty="web.mail.empty",
    )


def _subject(visit: Visit, row: FoundMail, *, sealed: bool) -> Cell:
    words = row.subject or visit.t("web.mail.no-subject")
    if row.refused:
        words = visit.t("web.mail.at-the-door")
    note = visit.t("web.mail.sealed") if sealed else ""
    return Cell(words, href=f"/mail/{row.code}", note=note)


def _to(visit: Visit, row: FoundMail) -> Cell:
    more = row.number - 1
    note = visit.t.count("web.mail.more", more) if more > 0 else ""
    return Cell(row.first or "–", note=note)


def _state(visit: Visit, row: FoundMail) -> Cell:
    words, badge = standing(row.states, visit.t)
    return Cell(words, badge=badge)
