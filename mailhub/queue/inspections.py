"""Messages that wait for their attachments to be read: who reads them now, and how they go on.

held for inspection ─claim→ being read ─finish→ queued
                                  └─postpone→ tried again, until the latest time has come
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from mailhub.queue.closing import hold_closed
from mailhub.queue.enqueue import append_events
from mailhub.queue.leases import stored
from mailhub.queue.models import EventKind, HeldFor, RecipientState
from mailhub.queue.records import NewEvent, StoredMessage
from mailhub.queue.tables import event_table, message_table, pending_inspection_table, recipient_table

_EVER = 2**62
_pending = pending_inspection_table.c
_due = (
    select(_pending.message_id)
    .where(_pending.due_at <= bindparam("now"), _pending.until <= bindparam("latest"))
    .order_by(_pending.until)  # what is urgent has less time, and goes first
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has one writer anyway, and leaves it out
)
_claim = (
    update(pending_inspection_table)
    .where(_pending.message_id.in_(_due.scalar_subquery()))
    .values(due_at=bindparam("lease_until"), lease=bindparam("worker"), attempts=_pending.attempts + 1)
    .returning(pending_inspection_table)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that this worker is to read. After the moment `until` it goes on as it is."""

    message: StoredMessage
    until: int
    attempts: int


def is_inspection_due(connection: Connection, *, now: int) -> bool:
    """Whether some message waits to be read."""
    return connection.execute(select(_pending.message_id).where(_pending.due_at <= now).limit(1)).first() is not None


def claim_inspections(
    connection: Connection, *, worker: str, now: int, lease_until: int, limit: int, overdue: bool = False
) -> list[Waiting]:
    """Take the lease of up to `limit` messages that wait to be read, or only of those whose latest time has come."""
    latest = now if overdue else _EVER
    values = {"now": now, "latest": latest, "most": limit, "lease_until": lease_until, "worker": worker}
    rows = connection.execute(_claim, values).all()
    if not rows:
        return []
    ids = [row.message_id for row in rows]
    messages = {
        row.id: stored(row) for row in connection.execute(select(message_table).where(message_table.c.id.in_(ids)))
    }
    return [Waiting(messages[row.message_id], row.until, row.attempts) for row in rows]


def release_inspections(connection: Connection, *, worker: str, now: int) -> None:
    """Give back what an earlier process of this name was reading when it died."""
    connection.execute(update(pending_inspection_table).where(_pending.lease == worker).values(due_at=now, lease=None))


def postpone_inspection(connection: Connection, waiting: Waiting, *, worker: str, due_at: int) -> None:
    """Try again at `due_at`; nothing when the lease was lost."""
    connection.execute(
        update(pending_inspection_table)
        .where(_pending.message_id == waiting.message.id, _pending.lease == worker)
        .values(due_at=due_at, lease=None)
    )


def finish_inspection(
    connection: Connection,
    waiting: Waiting,
    *,
    worker: str,
    now: int,
    facts: dict[str, Any],
    local_prefix: bytes,
    reason: str,
    forget: bool = False,
) -> bool:
    """Let the message go on, with what was read of it; False when another worker has it by now.

    Recipients that a person holds, released or dropped meanwhile stay as that person left them. `forget`: it brings a
    state secret, so that its subject and the names of its files go.
    """
    gone = connection.execute(
        delete(pending_inspection_table).where(_pending.message_id == waiting.message.id, _pending.lease == worker)
    )
    if not gone.rowcount:
        return False
    if local_prefix:
        connection.execute(
            update(message_table).where(message_table.c.id == waiting.message.id).values(local_prefix=local_prefix)
        )
    if forget:
        _forget_words(connection, waiting.message.id)
    freed = connection.execute(
        update(recipient_table)
        .where(
            recipient_table.c.message_id == waiting.message.id,
            recipient_table.c.state == RecipientState.HELD.value,
            recipient_table.c.held_for == HeldFor.INSPECTION.value,
        )
        .values(state=RecipientState.QUEUED.value, due_at=now, held_for=None)
    )
    events = [(EventKind.INSPECTED, facts)] if facts else []
    if freed.rowcount:
        hold_closed(connection, [waiting.message.id], now=now)
        events.append((EventKind.RELEASED, {"for": "inspection", "reason": reason}))
    append_events(
        connection,
        [
            NewEvent(
                at=now, message_id=waiting.message.id, code=waiting.message.code, recipient=None, kind=kind, facts=what
            )
            for kind, what in events
        ],
    )
    return True


def _forget_words(connection: Connection, message_id: int) -> None:
    """The one line of a timeline that is ever written anew: what the message waited for, by its files' names."""
    connection.execute(update(message_table).where(message_table.c.id == message_id).values(subject=""))
    held = (event_table.c.message_id == message_id) & (event_table.c.kind == EventKind.HELD.value)
    for row in connection.execute(select(event_table.c.id, event_table.c.facts).where(held)).all():
        facts = json.loads(row.facts)
        if facts.pop("what", None) is not None:
            connection.execute(update(event_table).where(event_table.c.id == row.id).values(facts=json.dumps(facts)))


def is_finished(connection: Connection, message_id: int) -> bool:
    """Whether nobody waits for the message any more: its body may be gone."""
    query = select(message_table.c.id).where(message_table.c.id == message_id, message_table.c.done_at.is_not(None))
    return connection.execute(query).first() is not None
