"""Documents that belong together within one message: a Word and a PDF of the same, a draft and what became of it.

Documents of the same number, date and issuer need no link: their identity is the same (identity.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT, State
from mailhub.registry.identity import number_key, subject_key, territory_key
from mailhub.registry.models import LinkKind
from mailhub.registry.tables import document_table, link_table
from mailhub.store.statements import Prepared

_MOST = 20  # documents of one message that are compared with each other
_SHORTEST_SUBJECT = 8  # letters that a subject needs to tell anything

_insert = Prepared(upsert(link_table).on_conflict_do_nothing())


def link_within(connection: Connection, messages: Iterable[Sequence[Mapping[str, Any]]]) -> None:
    """Keep what links the documents of each message; `messages` are the rows of their documents."""
    found = {
        (first["id"], other["id"]): kind
        for rows in messages
        for first, other, kind in _links(rows)
        if first["id"] != other["id"]
    }
    rows = [{"document_id": a, "other_id": b, "kind": kind.value} for (a, b), kind in sorted(found.items())]
    _insert.execute_many(connection, rows)


def relink(connection: Connection, row: Mapping[str, Any]) -> None:
    """Look at a document's links again, after one of its fields was corrected."""
    mine = or_(link_table.c.document_id == row["id"], link_table.c.other_id == row["id"])
    others = [link.other_id if link.document_id == row["id"] else link.document_id
              for link in connection.execute(select(link_table).where(mine))]  # fmt: skip
    connection.execute(delete(link_table).where(mine))
    for other in connection.execute(select(document_table).where(document_table.c.id.in_(others))).mappings():
        for first, second, kind in _links([row, dict(other)]):
            values = {"document_id": first["id"], "other_id": second["id"], "kind": kind.value}
            connection.execute(insert(link_table).values(values))


def _links(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], LinkKind]]:
    """Of a draft the draft comes first."""
    documents = [row for row in rows if row["doc_type"] != NOT_A_DOCUMENT and not row["secrecy"]][:_MOST]
    for first, other in combinations(documents, 2):
        kind = _kind(first, other)
        if kind is LinkKind.PAIR:
            yield first, other, kind
        elif kind is LinkKind.DRAFT:
            yield (first, other, kind) if _is_draft(first) else (other, first, kind)


def _kind(first: Mapping[str, Any], other: Mapping[str, Any]) -> LinkKind | None:
    if not _agree(first["doc_type"], other["doc_type"]):
        return None
    if not _agree(territory_key(first["issuer"]), territory_key(other["issuer"])):
        return None
    numbers = number_key(first["number_symbol"]), number_key(other["number_symbol"])
    subjects = subject_key(first["subject"]), subject_key(other["subject"])
    if all(numbers):
        same = numbers[0] == numbers[1] and _agree(first["issue_date"], other["issue_date"])
        alike = first["identity"] is not None and first["identity"] == other["identity"]
        return LinkKind.PAIR if same and not alike else None
    if subjects[0] != subjects[1] or len(subjects[0]) < _SHORTEST_SUBJECT:
        return None
    return LinkKind.DRAFT if _is_draft(first) != _is_draft(other) else LinkKind.PAIR


def _is_draft(row: Mapping[str, Any]) -> bool:
    return row["state"] == State.DRAFT or (row["state"] != State.ISSUED and not row["number_symbol"])


def _agree(one: str, other: str) -> bool:
    """What is not shown contradicts nothing."""
    return not one or not other or one == other
