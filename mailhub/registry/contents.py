"""The documents in some files, while a batch of messages is written: their rows, agencies, texts and tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mailhub.documents.grammar.recognition import Recognition
from mailhub.ids import new_id
from mailhub.registry.answers import Answer, latest
from mailhub.registry.index import FIELDS, TEXTS, drop_tokens, put_tokens
from mailhub.registry.indexing import document_tokens
from mailhub.registry.matching import load_agencies
from mailhub.registry.readings import Reading
from mailhub.registry.secret import OF_SECRETS, as_read, is_level, may_be_secret
from mailhub.registry.tables import (
    agency_table,
    attachment_table,
    correction_table,
    document_table,
    link_table,
    text_table,
)
from mailhub.registry.tokens import text_tokens
from mailhub.registry.values import columns, is_document, storable
from mailhub.store.chunks import chunks
from mailhub.store.statements import Prepared

MOST_TEXT = 200_000  # characters kept of one document

# Locked, so that two processes do not each forget the agency that the other adds (PostgreSQL).
_by_hash = (
    select(document_table)
    .where(document_table.c.sha256.in_(bindparam("hashes", expanding=True)))
    .order_by(document_table.c.id)
    .with_for_update()
)
_agencies = select(agency_table).where(agency_table.c.document_id.in_(bindparam("numbers", expanding=True)))
_insert_documents = Prepared(insert(document_table))
_add_agencies = Prepared(upsert(agency_table).on_conflict_do_nothing())
_add_texts = Prepared(upsert(text_table).on_conflict_do_nothing())


class Documents:
    """The documents of the files with the hashes that are given; rows by hash. `write` must come last."""

    def __init__(self, connection: Connection, hashes: Collection[bytes]) -> None:
        self._connection = connection
        self._rows: dict[bytes, dict[str, Any]] = {}
        for chunk in chunks(sorted(hashes)):
            for row in connection.execute(_by_hash, {"hashes": chunk}).mappings():
                self._rows[bytes(row["sha256"])] = dict(row)
        self._new: list[dict[str, Any]] = []
        self._touched: set[int] = set()
        self._agencies: dict[int, dict[int, bool]] = {}
        self._missing: list[dict[str, Any]] = []
        self._texts: dict[int, str] = {}

    def __contains__(self, sha256: bytes) -> bool:
        return sha256 in self._rows

    def number_of(self, sha256: bytes) -> int | None:
        row = self._rows.get(sha256)
        return None if row is None else int(row["id"])

    def row_of(self, sha256: bytes) -> Mapping[str, Any] | None:
        return self._rows.get(sha256)

    def is_secret(self, sha256: bytes) -> bool:
        row = self._rows.get(sha256)
        return row is not None and is_level(row["secrecy"])

    def take(self, readings: Sequence[Reading]) -> None:
        """Make a document of each reading that shows one, or read it anew where it exists."""
        fresh = {r.sha256: r for r in sorted(readings, key=lambda r: r.rank)}
        if not any(is_document(as_read(r.facts.recognition)) or r.sha256 in self._rows for r in fresh.values()):
            return
        agencies = load_agencies(self._connection)
        for sha256, reading in fresh.items():
            recognition = as_read(reading.facts.recognition)
            known = self._rows.get(sha256)
            if known is not None:
                values = columns(
                    recognition or Recognition(), latest_corrections(self._connection, known["id"]), agencies
                )
                rewrite(self._connection, known, values)
                known.update(values)
                self._touched.add(known["id"])
            elif recognition is not None and is_document(recognition):
                row = {"id": new_id(), "sha256": sha256, **columns(recognition, {}, agencies)}
                row |= {"first_seen_at": reading.sighting.at, "corrected_at": None}
                self._rows[sha256] = row
                self._new.append(row)

    def seen_by(self, agencies: Mapping[int, Mapping[int, bool]]) -> None:
        """Add the agencies that each document (by number) went through, True where it passed the desk."""
        fresh = {row["id"] for row in self._new}
        known = [number for number in agencies if number not in fresh]
        self._load_agencies({*known, *self._touched})
        for number, found in agencies.items():
            mine = self._agencies.setdefault(number, {})
            for agency, desk in found.items():
                if agency not in mine:
                    self._missing.append({"document_id": number, "agency_id": agency, "desk": desk})
                elif desk and not mine[agency]:
                    self._mark_desk(number, agency)
                else:
                    continue
                mine[agency] = desk
                self._touched.add(number)

    def keep_text(self, readings: Iterable[Reading]) -> None:
        """Keep the full texts of what passed a desk, unless a level of secrecy was seen on it."""
        for reading in readings:
            number, text = self.number_of(reading.sha256), reading.facts.text
            if number is not None and text and not self.is_secret(reading.sha256) and not may_be_secret(reading.facts):
                self._texts[number] = storable(text[:MOST_TEXT])

    def write(self) -> None:
        """Write all of it."""
        _insert_documents.execute_many(self._connection, self._new)
        _add_agencies.execute_many(self._connection, self._missing)
        rows = {row["id"]: row for row in self._rows.values()}
        changed = self._touched | {row["id"] for row in self._new}
        tokens = {number: document_tokens(rows[number], self._agencies.get(number, {})) for number in changed}
        put_tokens(self._connection, FIELDS, tokens)
        self._write_texts()

    def _write_texts(self) -> None:
        if not self._texts:
            return
        query = select(text_table.c.document_id).where(text_table.c.document_id.in_(list(self._texts)))
        there = set(self._connection.scalars(query))
        fresh = {number: text for number, text in self._texts.items() if number not in there}
        _add_texts.execute_many(self._connection, [{"document_id": n, "text": t} for n, t in sorted(fresh.items())])
        put_tokens(self._connection, TEXTS, {number: text_tokens(text) for number, text in fresh.items()})

    def _load_agencies(self, numbers: Collection[int]) -> None:
        for chunk in chunks(sorted(numbers)):
            for row in self._connection.execute(_agencies, {"numbers": chunk}):
                self._agencies.setdefault(row.document_id, {})[row.agency_id] = row.desk

    def _mark_desk(self, number: int, agency: int) -> None:
        where = (agency_table.c.document_id == number, agency_table.c.agency_id == agency)
        self._connection.execute(update(agency_table).where(*where).values(desk=True))


def latest_corrections(connection: Connection, document_id: int) -> dict[str, str]:
    """Field → the answer that holds."""
    query = select(correction_table.c.field, correction_table.c.recognised, correction_table.c.corrected)
    rows = connection.execute(
        query.where(correction_table.c.document_id == document_id).order_by(correction_table.c.id)
    )
    return latest(Answer(row.field, row.recognised, row.corrected) for row in rows)


def rewrite(connection: Connection, row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Give a document new values; when they make it a secret, everything that says anything of it goes."""
    connection.execute(update(document_table).where(document_table.c.id == row["id"]).values(**values))
    if is_level(values["secrecy"]):
        forget_words(connection, row["id"], row["sha256"])


def forget_words(connection: Connection, document_id: int, sha256: bytes) -> None:
    """Take away text, names, links and corrected words of a document that turned out to be secret."""
    connection.execute(delete(text_table).where(text_table.c.document_id == document_id))
    drop_tokens(connection, TEXTS, document_id)
    of_it = (link_table.c.document_id == document_id) | (link_table.c.other_id == document_id)
    connection.execute(delete(link_table).where(of_it))
    connection.execute(update(attachment_table).where(attachment_table.c.sha256 == sha256).values(names="[]"))
    words = (correction_table.c.document_id == document_id) & correction_table.c.field.not_in(OF_SECRETS)
    connection.execute(update(correction_table).where(words).values(recognised="", corrected="", reason=""))
