"""Messages that wait for their attachments to be read: who reads them now, and how they go on.

held for inspection ─claim→ being read ─finish→ queued, or what the rules say of what was read (fates.py)
                                  └─postpone→ tried again, until the latest time has come
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from mailhub.queue.askings import ask
from mailhub.queue.closing import hold_closed
from mailhub.queue.enqueue import append_events
from mailhub.queue.fates import apply_fates, destroy, hold_all
from mailhub.queue.leases import mark_done, stored
from mailhub.queue.models import EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.records import Fate, NewEvent, StoredMessage
from mailhub.queue.successors import Successor, succeed
from mailhub.queue.tables import event_table, message_table, pending_inspection_table, recipient_table

_EVER = 2**62
# Facts of events in which a message or its files speak: names, subjects, what was recognised.
_WORDS = frozenset(
    {"what", "subject", "names", "files", "documents", "vi", "en", "links", "hosts", "named", "signatures"}
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say of a message that was read late: fates by address, and the line that tells of them.

    `destroyed`: it bears a state secret; these facts are the line that is left of it. `fault` names what failed while
    it was judged: everybody who waits is held until a person looked. `successor` takes its place: its fates are those
    of the successor's recipients. `told`: further lines of its story.
    """

    fates: Mapping[str, Fate] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)
    destroyed: dict[str, Any] | None = None
    fault: str = ""
    successor: Successor | None = None
    told: tuple[tuple[EventKind, dict[str, Any]], ...] = ()


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


def latest_of(connection: Connection, message_id: int) -> int:
    """The moment after which a waiting message goes on as it is; 0 when it does not wait."""
    return connection.scalar(select(_pending.until).where(_pending.message_id == message_id)) or 0


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
    ruling: Ruling | None = None,
) -> bool:
    """Let the message go on, with what was read of it; False when another worker has it by now.

    Recipients that a person holds or dropped meanwhile stay as that person left them, but for what a rule refuses, asks
    about (fates.py), or a secret.
    `forget`: it brings a state secret, so that its subject and the names of its files go.
    """
    message, ruling = waiting.message, ruling or Ruling()
    gone = connection.execute(
        delete(pending_inspection_table).where(_pending.message_id == message.id, _pending.lease == worker)
    )
    if not gone.rowcount:
        return False
    if local_prefix:
        connection.execute(
            update(message_table).where(message_table.c.id == message.id).values(local_prefix=local_prefix)
        )
    if forget:
        forget_words(connection, message.id)
    events = [_line(message, now, EventKind.INSPECTED, facts)] if facts else []
    events += [_line(message, now, kind, said) for kind, said in ruling.told]
    if ruling.successor is not None:
        append_events(connection, events)
        events, message = [], succeed(connection, message, ruling.successor, now=now) or message
    events += _carry_out(connection, message, ruling, now=now)
    if _let_go(connection, message.id, now=now):
        events.append(_line(message, now, EventKind.RELEASED, {"for": "inspection", "reason": reason}))
    append_events(connection, events)
    mark_done(connection, [message.id], now=now)
    return True


def _carry_out(connection: Connection, message: StoredMessage, ruling: Ruling, *, now: int) -> list[NewEvent]:
    """What the rules say of it, as rows; the lines of its story."""
    events = [_line(message, now, EventKind.JUDGED, ruling.judged)] if ruling.judged else []
    if ruling.destroyed is not None:
        ended = destroy(connection, message.id, now=now)
        events.append(_line(message, now, EventKind.DESTROYED, {**ruling.destroyed, "recipients": ended}))
    elif ruling.fault:
        hold_all(connection, message.id, ruling.fault)
        events.append(_line(message, now, EventKind.HELD, {"for": HeldFor.FAULT.value, "rule": ruling.fault}))
    elif ruling.fates:
        meant, told = apply_fates(connection, message.id, message.code, ruling.fates, now=now)
        events += told + ask(connection, message, meant, at=now)
    return events


def _let_go(connection: Connection, message_id: int, *, now: int) -> bool:
    """Whoever waits for the inspection still; whether the mail goes on to anybody: the sender's own copy is nobody."""
    freed = connection.execute(
        update(recipient_table)
        .where(
            recipient_table.c.message_id == message_id,
            recipient_table.c.state == RecipientState.HELD.value,
            recipient_table.c.held_for == HeldFor.INSPECTION.value,
        )
        .values(state=RecipientState.QUEUED.value, due_at=now, held_for=None)
        .returning(recipient_table.c.purpose)
    ).all()
    if freed:
        hold_closed(connection, [message_id], now=now)
    return any(row.purpose != Purpose.SENT_COPY.value for row in freed)


def _line(message: StoredMessage, now: int, kind: EventKind, facts: dict[str, Any]) -> NewEvent:
    return NewEvent(at=now, message_id=message.id, code=message.code, recipient=None, kind=kind, facts=facts)


def forget_words(connection: Connection, message_id: int) -> None:
    """Take a secret's subject and the names of its files out of the message and its timeline: the one reason for which
    a line of a timeline is ever written anew."""
    gone = {"subject": "", "local_prefix": b""}
    connection.execute(update(message_table).where(message_table.c.id == message_id).values(**gone))
    query = select(event_table.c.id, event_table.c.facts).where(event_table.c.message_id == message_id)
    for row in connection.execute(query).all():
        facts = json.loads(row.facts)
        kept = {key: value for key, value in facts.items() if key not in _WORDS}
        if kept != facts:
            connection.execute(update(event_table).where(event_table.c.id == row.id).values(facts=json.dumps(kept)))


def is_finished(connection: Connection, message_id: int) -> bool:
    """Whether nobody waits for the message any more: its body may be gone."""
    query = select(message_table.c.id).where(message_table.c.id == message_id, message_table.c.done_at.is_not(None))
    return connection.execute(query).first() is not None
