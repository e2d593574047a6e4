"""One document in full: what was recognised and why, where it was seen, what belongs to it, who corrected it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import Scope
from mailhub.ids import read_id
from mailhub.registry.access import documents_within, may_read_text, note, scope_of, sightings_within, subject_of
from mailhub.registry.errors import AmbiguousDocument, NoSuchDocument
from mailhub.registry.index import FIELDS, matches, search_table
from mailhub.registry.models import LinkKind
from mailhub.registry.readings import stored_facts
from mailhub.registry.records import CorrectionLine, DocumentLine, DocumentReport, Linked, Seen
from mailhub.registry.sealed import other_files
from mailhub.registry.search import line_of
from mailhub.registry.tables import attachment_table, correction_table, document_table, link_table, text_table
from mailhub.registry.tokens import Term, number_tokens

MOST_SEEN = 200
_MOST_LINKS = 50
_HEX = re.compile(r"[0-9a-f]{12,64}")


def find_document(connection: Connection, actor: Actor, name: str, action: Action) -> DocumentLine:
    """The document that `name` means, in the file that came last. Raises as `find_documents`."""
    return find_documents(connection, actor, name, action)[0]


def find_documents(connection: Connection, actor: Actor, name: str, action: Action) -> list[DocumentLine]:
    """What `name` means: its id (`#` before it or not), its file's SHA-256 (12 digits suffice), or its number and
    symbol. Several lines are one document in several files, the last one first.

    Raises:
        NoSuchDocument: there is none, or none that the actor may know of.
        AmbiguousDocument: several have this number.
    """
    try:
        within = documents_within(scope_of(connection, actor, action))
    except NotAllowed:
        raise NoSuchDocument(f"no document is known as {name[:100]}") from None
    rows = list(_candidates(connection, name.strip().removeprefix("#"), within))
    lines = [line_of(row) for row in rows]
    allowed = [line for line in lines if may(actor, action, subject_of(connection, actor, line.id, str(line.id)))]
    if not allowed:
        raise NoSuchDocument(f"no document is known as {name[:100]}")
    if len(allowed) > 1 and len({line.identity or line.id for line in allowed}) > 1:
        known = ", ".join(f"#{line.id} ({line.issuer or line.doc_type}, {line.issue_date})" for line in allowed[:20])
        more = ", …" if len(allowed) > 20 else ""
        raise AmbiguousDocument(f"several documents are known as {name[:100]}, name one by its id: {known}{more}")
    return allowed


def show(connection: Connection, actor: Actor, name: str) -> DocumentReport:
    """A document in full. Looking at it is written down unless it is one's own.

    Raises:
        NoSuchDocument, AmbiguousDocument.
    """
    line = find_document(connection, actor, name, Action.DOCUMENT_READ)
    note(connection, actor, Action.DOCUMENT_READ, subject_of(connection, actor, line.id, str(line.id)))
    facts, read_at = stored_facts(connection, line.sha256)
    if facts is None:
        raise NoSuchDocument(f"what was read of document {line.id} is gone")
    code = connection.scalar(select(Agency.code).where(Agency.id == line.agency_id)) if line.agency_id else None
    has_text = select(text_table.c.document_id).where(text_table.c.document_id == line.id)
    return DocumentReport(
        line=line,
        agency=code or "",
        file=facts,
        recognition=facts.recognition,
        read_at=read_at,
        seen=_seen(connection, line.id, scope_of(connection, actor, Action.DOCUMENT_READ)),
        links=tuple(_links(connection, actor, line)),
        corrections=corrections_of(connection, line.id),
        has_text=may_read_text(actor, connection, line.id) and connection.execute(has_text).first() is not None,
    )


def corrections_of(connection: Connection, document_id: int) -> tuple[CorrectionLine, ...]:
    """Every answer that people gave, oldest first."""
    query = select(correction_table).where(correction_table.c.document_id == document_id)
    held: dict[str, str] = {}
    lines = []
    for row in connection.execute(query.order_by(correction_table.c.id)).mappings():
        values = {key: row[key] for key in ("document_id", "at", "field", "recognised", "corrected", "by", "reason")}
        lines.append(CorrectionLine(**values, before=held.get(row["field"], row["recognised"])))
        held[row["field"]] = row["corrected"]
    return tuple(lines)


def _candidates(connection: Connection, name: str, within: Sequence[ColumnElement[bool]]) -> Sequence[Any]:
    """`within` is part of the question: every agency has a 01/QĐ, and ours must not lie behind fifty of others."""
    query = select(document_table).where(*within).limit(_MOST_LINKS)
    number = read_id(name) if len(name) >= 12 else None
    if number is not None:
        found = connection.execute(query.where(document_table.c.id == number)).mappings().all()
        if found or not _HEX.fullmatch(name):
            return found
    if _HEX.fullmatch(name.lower()):
        return connection.execute(query.where(_begins(name.lower()))).mappings().all()
    tokens = [token for token in number_tokens(name) if token.startswith("n")]
    if not tokens or tokens == ["n"]:
        return []
    index = search_table(FIELDS)
    query = query.select_from(index.join(document_table, document_table.c.id == index.c.rowid))
    fits = matches(connection, FIELDS, [(Term(tokens[0]),)])
    return connection.execute(query.where(fits).order_by(index.c.rowid.desc())).mappings().all()


def _begins(digits: str) -> ColumnElement[bool]:
    """The hash begins with these hexadecimal digits."""
    low, high = bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))
    return document_table.c.sha256.between(low, high)


def _seen(connection: Connection, document_id: int, scope: Scope) -> tuple[Seen, ...]:
    query = select(attachment_table).where(attachment_table.c.document_id == document_id, *sightings_within(scope))
    rows = connection.execute(query.order_by(attachment_table.c.id.desc()).limit(MOST_SEEN))
    return tuple(
        Seen(
            at=row.at,
            code=row.code,
            path=row.path,
            names=tuple(json.loads(row.names)),
            declared=row.declared,
            account_id=row.account_id,
            desk_agency_id=row.desk_agency_id,
        )
        for row in rows
    )


def _links(connection: Connection, actor: Actor, line: DocumentLine) -> list[Linked]:
    kinds: dict[int, str] = {}
    mine = or_(link_table.c.document_id == line.id, link_table.c.other_id == line.id)
    for row in connection.execute(select(link_table).where(mine).limit(_MOST_LINKS)):
        forward = row.document_id == line.id
        other = row.other_id if forward else row.document_id
        kinds[other] = row.kind if row.kind == LinkKind.PAIR else ("issued" if forward else "draft")
    kinds |= other_files(connection, line.sha256)
    which: ColumnElement[bool] = document_table.c.id.in_(list(kinds))
    if line.identity is not None:
        which |= document_table.c.identity == line.identity
    query = select(document_table).where(which, document_table.c.id != line.id).order_by(document_table.c.id)
    others = [line_of(row) for row in connection.execute(query.limit(_MOST_LINKS)).mappings()]
    return [Linked(kinds.get(other.id, "same"), other) for other in others if _may_know(connection, actor, other)]


def _may_know(connection: Connection, actor: Actor, line: DocumentLine) -> bool:
    return may(actor, Action.DOCUMENT_READ, subject_of(connection, actor, line.id, str(line.id)))
