"""Corrected documents as labelled data, in the fields of the accuracy corpus: what people said beside what was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.registry.readings import stored_facts
from mailhub.registry.showing import corrections_of
from mailhub.registry.tables import document_table
from mailhub.registry.values import recognised_values

LABELS = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
_PAGE = 500


def export_labels(connection: Connection, actor: Actor, since: int = 0) -> Iterator[str]:
    """A JSON object a line for each document corrected at `since` (ms) or later, in the order of their numbers.

    The labels are the latest answers, null where the document shows nothing; `recognised` holds what was read of the
    same fields, and `corrected` the fields that a person gave, with the reason. Nobody's name but the signer's.

    Raises:
        NotAllowed
    """
    subject = Subject(kind="documents", name="corrections")
    if not may(actor, Action.DOCUMENT_EXPORT, subject):
        raise NotAllowed(f"{actor.name} may not export corrections")
    audit.record(connection, actor, Action.DOCUMENT_EXPORT, subject, after={"since": since})
    return _lines(connection, since)


def _lines(connection: Connection, since: int) -> Iterator[str]:
    after = 0
    while True:
        query = select(document_table).where(document_table.c.corrected_at >= since, document_table.c.id > after)
        rows = connection.execute(query.order_by(document_table.c.id).limit(_PAGE)).mappings().all()
        for row in rows:
            yield json.dumps(_object(connection, row), ensure_ascii=False)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["id"]


def _object(connection: Connection, row: Any) -> dict[str, Any]:
    facts, _ = stored_facts(connection, bytes(row["sha256"]))
    read = recognised_values(facts.recognition) if facts is not None and facts.recognition is not None else {}
    given = {line.field: line for line in corrections_of(connection, row["id"])}
    return {
        "id": str(row["id"]),
        "sha256": bytes(row["sha256"]).hex(),
        **{name: row[name] or None for name in LABELS},
        "state": row["state"],
        "recognised": {name: read.get(name) or None for name in LABELS},
        "corrected": {name: {"value": line.corrected or None, "reason": line.reason} for name, line in given.items()},
    }
