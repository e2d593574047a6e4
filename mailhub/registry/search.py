"""Documents by their header fields, the best fits first.

A number that fits exactly comes before words that fit with their marks, these before words that fit without, and
these before hits in the full text; within each, what was seen last comes first. That order is the index's own, so that
a page costs the same among a hundred documents and among millions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import Scope
from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT
from mailhub.registry.access import note, of_desks, of_own_messages, passed_one_of, scope_of
from mailhub.registry.errors import InvalidSearch
from mailhub.registry.filtering import Search, agencies_of, conditions_of, directed_of, filters_of
from mailhub.registry.index import FIELDS, TEXTS, matches, search_table
from mailhub.registry.records import DocumentLine, Page
from mailhub.registry.sealed import not_replaced
from mailhub.registry.tables import document_table
from mailhub.registry.tokens import Clause, Question, Term, read_question
from mailhub.registry.values import storable

__all__ = ["Search", "Tier", "line_of", "search"]

MOST_ROWS = 1_000
# Few agencies are asked of the index, where little is theirs. Many are asked of the rows: nearly each fits, and the
# index would join thousands of lists (bench/web.py: 7 ms instead of 316 for a whole province without its blocks).
MOST_AGENCIES = 500


class Tier(IntEnum):
    """How well a document fits the words."""

    NUMBER = 0
    EXACT = 1
    FOLDED = 2
    TEXT = 3


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
        self._base = filters_of(wanted)
        self._conditions = conditions_of(wanted, self._scope)
        agencies = agencies_of(connection, wanted, self._scope)
        if agencies is not None and len(agencies) > MOST_AGENCIES:
            self._conditions.append(passed_one_of(agencies))
        elif agencies is not None:
            self._base.append(tuple(Term(f"a{number}") for number in sorted(agencies)) or (Term("a0"),))
        if wanted.direction:
            self._conditions.append(directed_of(wanted.direction, agencies))
        if self._scope.account_id is not None:
            self._conditions.append(of_own_messages(self._scope.account_id))
        if not wanted.code and wanted.files is None:  # who asks for one mail or one verdict wants that very file
            self._conditions.append(not_replaced(self._scope))

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
