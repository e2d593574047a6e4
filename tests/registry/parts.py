"""What the registry's tests share: made-up documents, as if they had been recognised, in messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from mailhub.accounts.rights import Actor, Role, console
from mailhub.documents.grammar.recognition import Evidence, Family, Found, Recognition, State
from mailhub.files.facts import FileFacts
from mailhub.ids import new_code, new_id
from mailhub.registry import service as registry
from mailhub.registry.records import Kept, Page, Sighting
from mailhub.registry.tables import document_table
from mailhub.store.database import Database
from mailhub.text.lines import Source
from tests.queue.parts import message, put

NOW = 1_800_000_000_000
ROOT = console("test")

DECISION = {
    "doc_type": "QĐ",
    "number_symbol": "15/QĐ-SNV",
    "issue_date": "2026-11-20",
    "issuer": "SỞ NỘI VỤ",
    "parent_issuer": "UBND TỈNH MINH HỌA",
    "subject": "Về việc bổ nhiệm Trưởng phòng Tổ chức",
    "signer": "Trần Thị Bình",
}


def recognition(
    values: Mapping[str, str] = DECISION, *, state: State = State.ISSUED, doubted: Mapping[str, str] | None = None
) -> Recognition:
    """As the grammar answers: `values` are sure, `doubted` ones below the line."""
    fields = {name: Found(value, 0.9, Evidence("made-up", value[:200], 1, 3)) for name, value in values.items()}
    fields |= {name: Found(value, 0.4, Evidence("made-up")) for name, value in (doubted or {}).items()}
    return Recognition(fields=fields, family=Family.ADMINISTRATIVE, state=state, labels=())


def facts(values: Mapping[str, str] | None = DECISION, **changes: Any) -> FileFacts:
    """A PDF with this document in it; None: no document."""
    found = recognition({"doc_type": "NONE"} if values is None else values)
    return replace(FileFacts("a.pdf", "pdf", 1000, pages=1, source=Source.TEXT, recognition=found), **changes)


def sighting(content: str, known: FileFacts | None = None, **changes: Any) -> Sighting:
    """A file whose octets are `content`, in a message of its own."""
    values: dict[str, Any] = {
        "message_id": new_id(),
        "code": new_code(),
        "at": NOW,
        "path": "2",
        "names": ("quyet-dinh.pdf",),
        "declared": "application/pdf",
        "sha256": hashlib.sha256(content.encode()).digest(),
        "size": 1000,
        "facts": known or facts(),
    }
    return Sighting(**{**values, **changes})


def keep(database: Database, *sightings: Sighting) -> list[Kept]:
    with database.write() as connection:
        return registry.keep(connection, sightings)


def received(database: Database, message_id: int, *addresses: str) -> None:
    """The queue's rows that say who got a message."""
    put(database, message(*addresses, id=message_id))


def find(database: Database, words: str = "", *, actor: Actor = ROOT, cursor: str = "", **filters: Any) -> Page:
    limit = filters.pop("limit", 50)
    with database.write() as connection:
        return registry.search(connection, actor, registry.Search(words=words, **filters), cursor=cursor, limit=limit)


def numbers(database: Database, words: str = "", **filters: Any) -> list[str]:
    """Number and symbol of everything that is found, best first."""
    return [line.number_symbol for line in find(database, words, **filters).lines]


def documents(database: Database) -> list[Row[Any]]:
    with database.read() as connection:
        return list(connection.execute(select(document_table).order_by(document_table.c.id)))


def clerk(agency_id: int, role: Role = Role.CLERK) -> Actor:
    return Actor(name="vt@tinh.gov.vn", role=role, agency_id=agency_id)
