"""Documents by their header fields, the best fits first.

A number that fits exactly comes before words that fit with their marks, these before words that fit without, and
these before hits in the full text; within each, what was seen last comes first. That order is the index's own, so that
a page costs the same among a hundred documents and among millions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import Scope
from mailhub.clock import DAY, local_time, now_ms
from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT
from mailhub.ids import read_code
from mailhub.registry.access import note, of_desks, of_own_messages, scope_of, sightings_within
from mailhub.registry.closed import CLOSED, in_its_spelling, read_day
from mailhub.registry.errors import InvalidSearch
from mailhub.registry.index import FIELDS, TEXTS, matches, search_table
from mailhub.registry.records import DocumentLine, Page
from mailhub.registry.tables import attachment_table, document_table
from mailhub.registry.tokens import Clause, Question, Term, issuer_clauses, month_clause, read_question, tag
from mailhub.registry.values import storable

MOST_ROWS = 1_000
_FIRST = "1900-01-01"


class Tier(IntEnum):
    """How well a document fits the words."""

    NUMBER = 0
    EXACT = 1
    FOLDED = 2
    TEXT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; every filter that is set must fit. `since` and `until`: dates of issue (`read_day`)."""

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


def search(connection: Connection, actor: Actor, wanted: Search, *, cursor: str = "", limit: int = 50) -> Page:
    """A page of what fits, from behind `cursor` on. Reading what is not one's own is written down.

    Raises:
        NotAllowed, InvalidSearch (a date, a code or a cursor that is none).
    """
    finder = _Finder(connection, actor, wanted)
    tier, after = _read_cursor(cursor)
    if not cursor:
        what = storable(wanted.words.strip())[:200] or "list"
        note(connection, actor, Action.DOCUMENT_READ, Subject(kind="documents", name=what))
    lines: list[DocumentLine] = []
    limit = max(1, min(limit, MOST_ROWS))
    for step in finder.tiers():
        if step < tier:
            continue
        rows = finder.rows(step, after if step == tier else None, limit + 1 - len(lines))
        lines.extend(line_of(row, step) for row in rows)
        if len(lines) > limit:
            last = lines[limit - 1]
            return Page(tuple(lines[:limit]), _cursor(last.tier, last.id))
    return Page(tuple(lines), "")


def line_of(row: Any, tier: int = 0) -> DocumentLine:
    """A row of `document` as it is shown."""
    values = {name: row[name] for name in document_table.c.keys() if name not in ("labels", "unsure", "sha256")}  # noqa: SIM118
    return DocumentLine(
        **values,
        sha256=bytes(row["sha256"]),
        labels=tuple(row["labels"].splitlines()),
        unsure=tuple(row["unsure"].split()),
        tier=int(tier),
    )


class _Finder:
    """One search: its clauses for the index, and its conditions on the rows."""

    def __init__(self, connection: Connection, actor: Actor, wanted: Search) -> None:
        self._connection = connection
        self._wanted = wanted
        self._scope = scope_of(connection, actor, Action.DOCUMENT_READ)
        self._texts = self._text_scope(connection, actor)
        self._question: Question = read_question(wanted.words)
        self._base = _filters(wanted)
        self._conditions = _conditions(wanted, self._scope)
        if self._scope.agencies is not None:
            self._base.append(tuple(Term(f"a{number}") for number in sorted(self._scope.agencies)))
        if self._scope.account_id is not None:
            self._conditions.append(of_own_messages(self._scope.account_id))

    def tiers(self) -> Sequence[Tier]:
        asked = self._question
        if not asked.folded:
            return (Tier.FOLDED,)
        found = [tier for tier, clauses in self._clauses().items() if clauses]
        return [*found, Tier.TEXT] if self._texts is not None else found

    def rows(self, tier: Tier, after: int | None, limit: int) -> Sequence[Any]:
        query = self._in_texts() if tier is Tier.TEXT else self._in_fields(tier)
        if after is not None:
            query = query.where(document_table.c.id < after)
        query = query.where(*self._conditions).limit(limit)
        return self._connection.execute(query).mappings().all()

    def _clauses(self) -> dict[Tier, Sequence[Clause]]:
        asked = self._question
        return {Tier.NUMBER: asked.number, Tier.EXACT: asked.exact, Tier.FOLDED: asked.folded}

    def _in_fields(self, tier: Tier) -> Select[Any]:
        clauses = [*self._base, *self._clauses()[tier]]
        if not clauses:
            query = select(document_table).where(document_table.c.doc_type != NOT_A_DOCUMENT)
            return query.order_by(document_table.c.id.desc())
        better = [found for step, found in self._clauses().items() if step < tier and found]
        index = search_table(FIELDS)
        query = select(document_table).select_from(index.join(document_table, document_table.c.id == index.c.rowid))
        return query.where(matches(self._connection, FIELDS, clauses, better)).order_by(index.c.rowid.desc())

    def _in_texts(self) -> Select[Any]:
        assert self._texts is not None
        words = [clause for clause in self._question.folded if clause[0].token.startswith("f")]
        index, fields = search_table(TEXTS), search_table(FIELDS)
        here = fields.c.rowid == index.c.rowid
        query = select(document_table).select_from(index.join(document_table, document_table.c.id == index.c.rowid))
        query = query.where(matches(self._connection, TEXTS, words), of_desks(self._texts.agencies))
        for clauses in self._clauses().values():
            if clauses:
                query = query.where(~exists().where(here, matches(self._connection, FIELDS, clauses)))
        if self._base:
            query = query.where(exists().where(here, matches(self._connection, FIELDS, self._base)))
        return query.order_by(index.c.rowid.desc())

    def _text_scope(self, connection: Connection, actor: Actor) -> Scope | None:
        if not self._wanted.full_text:
            return None
        try:
            return scope_of(connection, actor, Action.DOCUMENT_TEXT)
        except NotAllowed:
            return None


def _filters(wanted: Search) -> list[Clause]:
    """The filters as tokens, so that the index itself leaves out what does not fit."""
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


def _conditions(wanted: Search, scope: Scope) -> list[ColumnElement[bool]]:
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


def _cursor(tier: int, number: int) -> str:
    return base64.urlsafe_b64encode(f"{tier}.{number}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, int | None]:
    if not cursor:
        return 0, None
    try:
        tier, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(".")
        return Tier(int(tier)), int(number)
    except (ValueError, binascii.Error):
        raise InvalidSearch("not a cursor of this search") from None
