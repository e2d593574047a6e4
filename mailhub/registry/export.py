"""Corrected documents as labelled data, in the fields of the accuracy corpus: what people said beside what was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.files.facts import Unreadable
from mailhub.registry.contents import latest_corrections
from mailhub.registry.readings import stored_facts
from mailhub.registry.secret import OF_SECRETS, is_level
from mailhub.registry.showing import corrections_of
from mailhub.registry.tables import document_table
from mailhub.registry.values import recognised_values

LABELS = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
_OPEN = ("doc_type", "secrecy")  # the labels of a document whose words are withheld
_PAGE = 500


def export_labels(connection: Connection, actor: Actor, since: int = 0) -> Iterator[str]:
    """A JSON object a line for each document corrected at `since` (ms) or later, in the order of their numbers.

    The labels are the latest answers, null where the document shows nothing; `recognised` holds what was read of the
    same fields, and `corrected` the fields that a person gave, with the reason. Nobody's name but the signer's.
    Of a document whose words are withheld (a secret, or one that was taken for one and not seen again since) the line
    has `"withheld": true` and type, level and state alone: what is not kept is not what is not shown.

    Raises:
        NotAllowed
    """
    subject = Subject(kind="documents", name="corrections")
    if not may(actor, Action.DOCUMENT_EXPORT, subject):
        raise refusal(actor, Action.DOCUMENT_EXPORT)
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
    holding = latest_corrections(connection, row["id"])
    given = {line.field: line for line in corrections_of(connection, row["id"]) if line.field in holding}
    withheld = is_level(row["secrecy"]) or (facts is not None and facts.unreadable is Unreadable.SECRET)
    labels = _OPEN if withheld else LABELS
    kept = [name for name in given if not withheld or name in OF_SECRETS]
    return {
        "id": str(row["id"]),
        "sha256": bytes(row["sha256"]).hex(),
        **({"withheld": True} if withheld else {}),
        **{name: row[name] or None for name in labels},
        "state": row["state"],
        "recognised": {name: read.get(name) or None for name in labels},
        "corrected": {
            name: {"value": given[name].corrected or None, **({} if withheld else {"reason": given[name].reason})}
            for name in kept
        },
    }
