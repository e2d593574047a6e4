"""A person's better answer. Both are kept; the latest holds, is searched for, and teaches (export.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.clock import local_time, now_ms
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.encoding import to_json
from mailhub.ids import new_id
from mailhub.registry.access import subject_of
from mailhub.registry.closed import CLOSED, in_its_spelling, read_day
from mailhub.registry.contents import latest_corrections, rewrite
from mailhub.registry.errors import InvalidCorrection
from mailhub.registry.index import FIELDS, put_tokens
from mailhub.registry.indexing import document_tokens
from mailhub.registry.linking import relink
from mailhub.registry.matching import load_agencies
from mailhub.registry.readings import read_again, stored_facts
from mailhub.registry.records import CorrectionLine, DocumentLine
from mailhub.registry.secret import OF_SECRETS, is_level, redacted
from mailhub.registry.showing import find_documents
from mailhub.registry.tables import agency_table, attachment_table, correction_table, document_table, file_table
from mailhub.registry.values import CORRECTABLE, WIDTHS, columns, recognised_values, storable
from mailhub.text.folding import clean

_NUMBER = re.compile(r"\d{1,6}[^\W\d_]{0,2}(?:[/-][^\s/]{1,40}){1,5}")
_FIRST_YEAR = 1945
_LONGEST_REASON = 1000


def correct(
    connection: Connection, actor: Actor, name: str, field: str, value: str, reason: str = "", *, at: int | None = None
) -> tuple[CorrectionLine, ...]:
    """Say what a document's field is; '' says that the document does not show it. Gives a line for each file.

    `name` is as `find_documents` takes it: by its number every file of the document is corrected, by id or hash the
    one. A level of secrecy makes the document a secret one: its words go for good. Without its level again, the words
    come back when the same file is next seen.

    Raises:
        InvalidCorrection: no such field, or no such value of it. NoSuchDocument, AmbiguousDocument, NotAllowed.
    """
    value, moment = read_value(field, value), now_ms() if at is None else at
    audit.take_turn(connection)
    lines = find_documents(connection, actor, name, Action.DOCUMENT_READ)
    for line in lines:
        if not may(actor, Action.DOCUMENT_CORRECT, subject_of(connection, actor, line.id, str(line.id))):
            raise refusal(actor, Action.DOCUMENT_CORRECT, str(line.id))
    ordered = sorted(lines, key=lambda line: line.id)
    reason = storable(reason.strip())[:_LONGEST_REASON]
    return tuple(_correct(connection, actor, line, field, value, reason, moment) for line in ordered)


def _correct(
    connection: Connection, actor: Actor, line: DocumentLine, field: str, value: str, reason: str, moment: int
) -> CorrectionLine:
    row = _locked(connection, line.id)
    recognition = _recognition(connection, line)
    kept: dict[str, Any] = {
        "id": new_id(),
        "document_id": line.id,
        "field": field,
        "recognised": recognised_values(recognition)[field],
        "corrected": value,
        "by": actor.name,
        "at": moment,
        "reason": reason,
    }
    connection.execute(insert(correction_table).values(kept))
    secret = _apply(connection, row, recognition, moment)
    # The values are in `correction`; the audit log, which forgets nothing, holds no words of documents, so that of a
    # secret it has only why it is one.
    audit.record(
        connection,
        actor,
        Action.DOCUMENT_CORRECT,
        subject_of(connection, actor, line.id, str(line.id)),
        after={"field": field},
        reason="" if secret and field not in OF_SECRETS else reason,
        at=moment,
    )
    return CorrectionLine(**{key: found for key, found in kept.items() if key != "id"}, before=row[field])


def read_value(field: str, value: str) -> str:
    """The value as it is kept: blanks tidied, closed lists in their own spelling, numbers without inner blanks.

    Raises:
        InvalidCorrection
    """
    if field not in CORRECTABLE:
        raise InvalidCorrection(f"no field {field!r}; one of {', '.join(CORRECTABLE)}")
    text = " ".join(storable(clean(value)).split())
    if field in CLOSED:
        return _one_of(field, text)
    if not text:
        return ""
    if field == "issue_date":
        return _date(text)
    if field == "number_symbol":
        text = text.replace(" ", "")
        if not _NUMBER.fullmatch(text):
            raise InvalidCorrection(f"not a number and symbol such as 15/QĐ-UBND: {text[:60]}")
    if len(text) > WIDTHS[field]:
        raise InvalidCorrection(f"{field} has at most {WIDTHS[field]} characters")
    return text


def _one_of(field: str, text: str) -> str:
    spelled = in_its_spelling(field, text)
    if spelled is None or (not spelled and field == "doc_type"):
        raise InvalidCorrection(f"{field} is none of {', '.join(CLOSED[field]).lstrip(', ')}: {text[:40]}")
    return spelled


def _date(text: str) -> str:
    day = read_day(text)
    if day is None:
        raise InvalidCorrection(f"not a date such as 2026-11-22 or 22/11/2026: {text[:40]}")
    if not _FIRST_YEAR <= day.year <= local_time(now_ms()).year + 1:
        raise InvalidCorrection(f"no document is dated {text}")
    return day.isoformat()


def _locked(connection: Connection, document_id: int) -> dict[str, Any]:
    query = select(document_table).where(document_table.c.id == document_id).with_for_update()
    return dict(connection.execute(query).mappings().one())


def _recognition(connection: Connection, line: DocumentLine) -> Recognition:
    facts, _ = stored_facts(connection, line.sha256)
    return Recognition() if facts is None or facts.recognition is None else facts.recognition


def _apply(connection: Connection, row: Mapping[str, Any], recognition: Recognition, moment: int) -> bool:
    """Make the document what the latest answers say; whether it is a secret one now."""
    values = columns(recognition, latest_corrections(connection, row["id"]), load_agencies(connection))
    values["corrected_at"] = moment
    rewrite(connection, row, values)
    fresh = {**row, **values}
    secret = is_level(fresh["secrecy"])
    if secret:
        _redact(connection, bytes(row["sha256"]))
    else:
        relink(connection, fresh)
        if is_level(row["secrecy"]):
            read_again(connection, _files_around(connection, bytes(row["sha256"])))
    query = select(agency_table).where(agency_table.c.document_id == row["id"])
    agencies = {found.agency_id: found.desk for found in connection.execute(query)}
    put_tokens(connection, FIELDS, {row["id"]: document_tokens(fresh, agencies)})
    return secret


def _redact(connection: Connection, sha256: bytes) -> None:
    """Take the document's words out of what is kept of its file, and of the archives that it came in."""
    for one in _files_around(connection, sha256):
        facts, _ = stored_facts(connection, one)
        if facts is not None:
            kept = redacted(replace(facts, sha256=facts.sha256 or one.hex()), sha256.hex())
            connection.execute(update(file_table).where(file_table.c.sha256 == one).values(facts=to_json(kept)))
        connection.execute(update(attachment_table).where(attachment_table.c.sha256 == one).values(names="[]"))


def _files_around(connection: Connection, sha256: bytes) -> set[bytes]:
    """The file with this hash, and the archives that it came in."""
    came = select(attachment_table.c.message_id, attachment_table.c.path).where(attachment_table.c.sha256 == sha256)
    hashes = {sha256}
    for message_id, path in connection.execute(came).all():
        outer = path.partition("/")[0]
        where = (attachment_table.c.message_id == message_id, attachment_table.c.path == outer)
        hashes |= {bytes(found) for found in connection.scalars(select(attachment_table.c.sha256).where(*where))}
    return hashes
