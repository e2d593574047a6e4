"""The log of who changed what: each row's hash covers the row and the hash before it.

A row that is changed, taken out or put in breaks the chain at that place; a log cut short at its end no
longer fits the head row. What this does not stop is somebody who rewrites the whole log and the head: that is
for the signed daily head (a later issue).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from mailhub.accounts.records import AuditHead, AuditRow
from mailhub.accounts.rights import Actor, Subject
from mailhub.clock import now_ms
from mailhub.text.plain import plain_line

GENESIS = "0" * 64
_HEAD = 1
_PAGE = 1000
_COVERED = (
    "id", "at", "actor", "actor_ip", "action", "object_kind", "object", "reason", "before", "after", "previous_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify_chain` found. `first_bad` is the number of the first row that does not fit, or None."""

    ok: bool
    rows: int
    first_bad: int | None


def take_turn(connection: Connection) -> tuple[int, str]:
    """Lock the end of the chain until the transaction ends; gives its last number and hash.

    Every act begins here, before it writes anything else: writers of accounts thus queue up in one place, and
    neither forks the chain nor meets another in a deadlock. (On SQLite the writer's turn is taken already.)
    """
    query = select(AuditHead.last_id, AuditHead.hash).where(AuditHead.id == _HEAD).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        connection.execute(
            text("INSERT INTO audit_head (id, last_id, hash) VALUES (:id, 0, :hash) ON CONFLICT DO NOTHING"),
            {"id": _HEAD, "hash": GENESIS},
        )
        row = connection.execute(query).one()
    return row.last_id, row.hash


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    at: int | None = None,
) -> int:
    """Append a row in the caller's transaction; gives its number. Neither picture may hold a secret."""
    entry = Entry(str(action), subject, before or {}, after or {})
    return record_many(connection, actor, [entry], reason=reason, at=at)


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, as `record_many` takes it."""

    action: str
    subject: Subject
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def record_many(
    connection: Connection, actor: Actor, entries: Sequence[Entry], *, reason: str = "", at: int | None = None
) -> int:
    """Append a row an entry, as `record` does one by one; gives the last number."""
    last, previous = take_turn(connection)
    moment = now_ms() if at is None else at
    rows: list[dict[str, Any]] = []
    for entry in entries:
        last += 1
        row: dict[str, Any] = {
            "id": last,
            "at": moment,
            "actor": actor.name,
            "actor_ip": actor.ip,
            "action": entry.action,
            "object_kind": entry.subject.kind,
            "object": entry.subject.name,
            "reason": plain_line(reason),
            "before": _canonical(_plain(dict(entry.before))),
            "after": _canonical(_plain(dict(entry.after))),
            "previous_hash": previous,
        }
        row["hash"] = previous = _digest(row)
        rows.append(row)
    if rows:
        connection.execute(insert(AuditRow), rows)
        connection.execute(update(AuditHead).where(AuditHead.id == _HEAD).values(last_id=last, hash=previous))
    return last


def verify_chain(connection: Connection) -> ChainReport:
    """Recompute every hash, in order of numbers, and compare with the head; writers may go on meanwhile."""
    last, last_hash = _head(connection)
    previous, number = GENESIS, 0
    for row in _rows(connection):
        if row["id"] != number + 1 or row["previous_hash"] != previous or row["hash"] != _digest(row):
            return ChainReport(False, number, number + 1)
        previous, number = row["hash"], number + 1
        if number == last and previous != last_hash:
            return ChainReport(False, number - 1, number)
    if number < last or number > _head(connection)[0]:
        return ChainReport(False, number, number + 1)
    return ChainReport(True, number, None)


def _head(connection: Connection) -> tuple[int, str]:
    query = select(AuditHead.last_id, AuditHead.hash).where(AuditHead.id == _HEAD)
    row = connection.execute(query).one_or_none()
    return (0, GENESIS) if row is None else (row.last_id, row.hash)


def _rows(connection: Connection) -> Iterator[Mapping[str, Any]]:
    table, after = AuditRow.__table__, -(2**62)
    while True:
        query = select(table).where(table.c.id > after).order_by(table.c.id).limit(_PAGE)
        page = connection.execute(query).all()
        yield from (row._asdict() for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _plain(value: object) -> object:
    """A picture whose words cannot write over the terminal, or turn round the line, of whoever reads the log."""
    if isinstance(value, str):
        return plain_line(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical([row[name] for name in _COVERED]).encode()).hexdigest()
