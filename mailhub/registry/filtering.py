"""What documents can be filtered by: as words for the index where it knows them, else as conditions on the rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.tree import Scope, find_agency, subtree
from mailhub.clock import DAY, local_time, now_ms
from mailhub.ids import read_code
from mailhub.registry.access import sightings_within
from mailhub.registry.closed import CLOSED, in_its_spelling, read_day
from mailhub.registry.errors import InvalidSearch
from mailhub.registry.tables import attachment_table, document_table
from mailhub.registry.tokens import Clause, Term, issuer_clauses, month_clause, tag

IN, OUT = "in", "out"
DIRECTIONS = (IN, OUT)
_FIRST = "1900-01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; every filter that is set must fit. `since` and `until`: dates of issue (`read_day`).

    `agency` is a code: what went through that agency or one below it. `direction`: `out` was sent from there (without
    `agency`: from any of those that one may look at), `in` came from elsewhere.
    `files`: only documents in the files that this query gives (by SHA-256).
    """

    words: str = ""
    doc_type: str = ""
    since: str = ""
    until: str = ""
    issuer: str = ""
    state: str = ""
    urgency: str = ""
    secrecy: str = ""
    numbered: bool | None = None
    unsure: bool = False
    code: str = ""  # of a message
    full_text: bool = False
    agency: str = ""
    direction: str = ""
    files: Select[tuple[bytes]] | None = None


def filters_of(wanted: Search) -> list[Clause]:
    """The filters as tokens, so that the index itself leaves out what does not fit.

    Raises:
        InvalidSearch
    """
    clauses: list[Clause] = list(issuer_clauses(wanted.issuer))
    for kind, field in (("t", "doc_type"), ("s", "state"), ("u", "urgency"), ("l", "secrecy")):
        if value := getattr(wanted, field):
            spelled = in_its_spelling(field, value)
            if spelled is None:
                raise InvalidSearch(f"{field} is none of {', '.join(CLOSED[field]).lstrip(', ')}: {value[:40]}")
            clauses.append((Term(tag(kind, spelled)),))
    if wanted.numbered is not None:
        clauses.append((Term("h1" if wanted.numbered else "h0"),))
    if wanted.unsure:
        clauses.append((Term("x1"),))
    if wanted.since or wanted.until:
        months = month_clause(_day(wanted.since) or _FIRST, _day(wanted.until) or _last_day())
        clauses.extend([months] if months else [])
    return clauses


def agencies_of(connection: Connection, wanted: Search, scope: Scope) -> frozenset[int] | None:
    """The agencies whose documents are looked at; None: whatever belongs to anybody.

    Raises:
        NoSuchAgency: there is none, or none that one may look into.
    """
    if not wanted.agency:
        return scope.agencies
    below = subtree(connection, find_agency(connection, wanted.agency))
    found = below if scope.agencies is None else below & scope.agencies
    if not found:
        raise NoSuchAgency(f"no agency has the code {wanted.agency[:40]!r}")
    return found


def directed_of(direction: str, agencies: frozenset[int] | None) -> ColumnElement[bool]:
    """The condition that a document was sent from these agencies (None: from any of ours), or came from elsewhere."""
    if direction not in DIRECTIONS:
        raise InvalidSearch(f"direction is none of {', '.join(DIRECTIONS)}: {direction[:40]}")
    sender = attachment_table.c.sender_agency_id
    inside: ColumnElement[bool] = sender.is_not(None) if agencies is None else sender.in_(agencies)
    if direction == IN:
        inside = or_(sender.is_(None), ~inside)
    return exists().where(attachment_table.c.document_id == document_table.c.id, inside)


def conditions_of(wanted: Search, scope: Scope) -> list[ColumnElement[bool]]:
    """What the index does not know, asked of the rows.

    Raises:
        InvalidSearch
    """
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(document_table.c.issue_date >= _day(wanted.since))
    if wanted.until:
        found.append(document_table.c.issue_date.between("0", _day(wanted.until)))
    if wanted.code:
        code = read_code(wanted.code)
        if code is None:
            raise InvalidSearch(f"not a message code: {wanted.code}")
        seen = select(attachment_table.c.document_id).where(attachment_table.c.code == code, *sightings_within(scope))
        found.append(document_table.c.id.in_(seen))
    if wanted.files is not None:
        found.append(document_table.c.sha256.in_(wanted.files))
    return found


def _day(text: str) -> str:
    if not text:
        return ""
    day = read_day(text.strip())
    if day is None:
        raise InvalidSearch(f"not a date such as 2026-11-22 or 22/11/2026: {text[:40]}")
    return day.isoformat()


def _last_day() -> str:
    """A year from now: nothing is dated later but by mistake."""
    return local_time(now_ms() + 366 * DAY).date().isoformat()
