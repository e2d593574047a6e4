"""Messages that wait for their attachments to be read: who reads them now, and how they go on.

held for inspection ─claim→ being read ─finish→ queued
                                  └─postpone→ tried again, until the latest time has come
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from mailhub.queue.enqueue import append_events
from mailhub.queue.leases import stored
from mailhub.queue.models import EventKind, HeldFor, RecipientState
from mailhub.queue.records import NewEvent, StoredMessage
from mailhub.queue.tables import message_table, pending_inspection_table, recipient_table

_pending = pending_inspection_table.c
_due = (
    select(_pending.message_id)
    .where(_pending.due_at <= bindparam("now"))
    .order_by(_pending.due_at)
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


def next_inspection(connection: Connection) -> int | None:
    """The earliest moment at which some message waits to be read; None when none does."""
    due: int | None = connection.scalar(select(func.min(_pending.due_at)))
    return due


def claim_inspections(connection: Connection, *, worker: str, now: int, lease_until: int, limit: int) -> list[Waiting]:
    """Take the lease of up to `limit` messages that wait to be read."""
    values = {"now": now, "most": limit, "lease_until": lease_until, "worker": worker}
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
) -> bool:
    """Let the message go on, with what was read of it; False when another worker has it by now.

    Recipients that a person holds, released or dropped meanwhile stay as that person left them.
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
    connection.execute(
        update(recipient_table)
        .where(
            recipient_table.c.message_id == waiting.message.id,
            recipient_table.c.state == RecipientState.HELD.value,
            recipient_table.c.held_for == HeldFor.INSPECTION.value,
        )
        .values(state=RecipientState.QUEUED.value, due_at=now, held_for=None)
    )
    events = [(EventKind.INSPECTED, facts)] if facts else []
    append_events(
        connection,
        [
            NewEvent(
                at=now, message_id=waiting.message.id, code=waiting.message.code, recipient=None, kind=kind, facts=what
            )
            for kind, what in [*events, (EventKind.RELEASED, {"for": "inspection", "reason": reason})]
        ],
    )
    return True
