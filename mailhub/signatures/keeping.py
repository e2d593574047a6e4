"""Verdicts frozen with the message that brought the signatures: what was known then, and from what.

A secret document leaves no row: who signed it and what its stamps say are words of it (`registry/secret.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from mailhub.clock import MINUTE
from mailhub.files.signed.encoding import signed_from_json, signed_to_json
from mailhub.files.signed.facts import Signed
from mailhub.ids import new_id
from mailhub.signatures.codec import judged_from_json, judged_to_json
from mailhub.signatures.models import SignatureVerdict
from mailhub.signatures.verdict import JudgedDocument, Verdict

table: Table = SignatureVerdict.__table__  # type: ignore[assignment]
FIRST_PAUSE = 10 * MINUTE
_LONGEST_PATH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFile:
    """One signed file of a message, and what is said of it. `path` is the place of the part (IMAP) and in it
    ("2/1"); "" is the message's own signature (S/MIME)."""

    path: str
    sha256: bytes
    signed: Signed
    judged: JudgedDocument
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVerdict:
    """A row. `again`: how often it had been asked before; `due_at`: None, when nobody will ask again."""

    id: int
    message_id: int
    code: str
    path: str
    sha256: bytes
    signed: Signed
    judged: JudgedDocument
    seen_at: int
    at: int
    again: int = 0
    due_at: int | None = None


def keep(
    connection: Connection, files: Sequence[JudgedFile], *, message_id: int, code: str, seen_at: int, at: int
) -> None:
    """Write down what was judged of a message's files when it came, in the transaction in which it is taken."""
    rows = [
        _row(message_id, code, one.path, one.sha256, one.signed, one.judged, seen_at, at)
        for one in files
        if one.judged.verdict is not Verdict.NOT_SIGNED
    ]
    if rows:
        connection.execute(insert(table), rows)


def keep_again(connection: Connection, before: KeptVerdict, judged: JudgedDocument, *, at: int) -> None:
    """A newer verdict of the same signatures, beside the first, which stays; nobody asks again."""
    connection.execute(update(table).where(table.c.id == before.id).values(due_at=None))
    row = _row(before.message_id, before.code, before.path, before.sha256, before.signed, judged, before.seen_at, at)
    connection.execute(insert(table).values(**{**row, "again": before.again + 1, "due_at": None}))


def put_off(connection: Connection, before: KeptVerdict, due_at: int | None) -> None:
    """It is not known yet: ask again at `due_at`; None: never."""
    connection.execute(update(table).where(table.c.id == before.id).values(due_at=due_at, again=table.c.again + 1))


def due(connection: Connection, now: int, most: int) -> list[KeptVerdict]:
    """What is to be asked again by now, the longest overdue first."""
    query = select(table).where(table.c.due_at <= now).order_by(table.c.due_at).limit(most)
    return [kept(row) for row in connection.execute(query)]


def verdicts_of(connection: Connection, message_ids: Iterable[int]) -> list[KeptVerdict]:
    """Everything that was judged of these messages' signatures, in order of time."""
    query = select(table).where(table.c.message_id.in_(list(message_ids))).order_by(table.c.at, table.c.id)
    return [kept(row) for row in connection.execute(query)]


def forget(connection: Connection, message_ids: Iterable[int]) -> None:
    """A message turned out to bring a state secret: nothing of who signed it stays."""
    connection.execute(delete(table).where(table.c.message_id.in_(list(message_ids))))


def kept(row: Row[tuple[object, ...]]) -> KeptVerdict:
    """A row as a value.

    Raises:
        BadAnswer: it was not written by `keep`.
    """
    values = dict(row._mapping)
    return KeptVerdict(
        **{name: values[name] for name in ("id", "message_id", "code", "path", "seen_at", "at", "again", "due_at")},
        sha256=bytes(values["sha256"]),
        signed=signed_from_json(values["signed"]),
        judged=judged_from_json(values["judged"]),
    )


def _row(
    message_id: int, code: str, path: str, sha256: bytes, signed: Signed, judged: JudgedDocument, seen_at: int, at: int
) -> dict[str, object]:
    unknown = judged.verdict is Verdict.UNKNOWN
    return {
        "id": new_id(),
        "message_id": message_id,
        "code": code,
        "path": path[:_LONGEST_PATH],
        "sha256": sha256,
        "verdict": judged.verdict.value,
        "complete": judged.complete,
        "judged": judged_to_json(judged),
        "signed": signed_to_json(signed),
        "trust": judged.trust,
        "seen_at": seen_at,
        "at": at,
        "again": 0,
        "due_at": at + FIRST_PAUSE if unknown else None,
    }
