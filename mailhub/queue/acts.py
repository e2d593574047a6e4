"""What a person does to waiting mail: hold, release, retry, drop. Each leaves a line in the timeline and the audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from mailhub.accounts import audit
from mailhub.accounts.act import need_reason
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.clock import now_ms
from mailhub.ids import read_code
from mailhub.queue.blocks import visible_rows
from mailhub.queue.closing import hold_closed
from mailhub.queue.errors import NotInQueue
from mailhub.queue.fates import change_recipients, owner_of
from mailhub.queue.models import ACTIVE, EventKind, HeldFor, RecipientState
from mailhub.queue.records import NewEvent
from mailhub.queue.service import append_events, mark_done, message_table, recipient_table
from mailhub.queue.spelling import as_kept, folded
from mailhub.queue.waiting import is_open, unread_of
from mailhub.queue.words import forget_settled

MOST_ROWS = 1000
_BY_RULE = (HeldFor.WORD, HeldFor.FAULT)

_columns = [
    recipient_table.c.id,
    recipient_table.c.message_id,
    recipient_table.c.address,
    recipient_table.c.destination,
    recipient_table.c.state,
    recipient_table.c.attempts,
    recipient_table.c.due_at,
    recipient_table.c.last_reply,
    recipient_table.c.held_for,
    recipient_table.c.held_about,
    message_table.c.code,
    message_table.c.sender,
    message_table.c.subject,
    message_table.c.received_at,
    message_table.c.size,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which waiting recipients are meant; every filter that is set must fit. `ids` are row numbers (list_waiting)."""

    ids: Sequence[int] = ()
    codes: Sequence[str] = ()
    to: str = ""
    sender: str = ""
    destination: str = ""
    state: str = ""

    def is_empty(self) -> bool:
        return not (self.ids or self.codes or self.to or self.sender or self.destination or self.state)

    def conditions(self, connection: Connection) -> list[ColumnElement[bool]]:
        """The WHERE of this selection.

        Raises:
            NotInQueue: a code is not one.
        """
        found: list[ColumnElement[bool]] = []
        if self.ids:
            found.append(recipient_table.c.id.in_(list(self.ids)[:MOST_ROWS]))
        if self.codes:
            codes = [read_code(code) for code in self.codes]
            if None in codes:
                raise NotInQueue(f"not a message code: {self.codes[codes.index(None)]}")
            found.append(message_table.c.code.in_(codes))
        if self.to:
            found.append(recipient_table.c.address.in_(_known_as(connection, self.to)))
        if self.sender:
            found.append(message_table.c.sender == self.sender)
        if self.destination:
            found.append(recipient_table.c.destination == self.destination)
        if self.state:
            found.append(recipient_table.c.state == self.state)
        return found


def _known_as(connection: Connection, address: str) -> Sequence[str]:
    """`address` as recipients that wait are written; letter case counts only where one is written just so."""
    column = recipient_table.c.address
    waiting = select(column).where(is_open()).distinct()
    exact = connection.scalars(waiting.where(column.in_(as_kept(address)))).all()
    return exact or connection.scalars(waiting.where(func.lower(column).in_(folded(address.strip())))).all()


def list_waiting(
    connection: Connection, actor: Actor, selection: Selection, *, after: int = 0, limit: int = MOST_ROWS
) -> Sequence[Row[Any]]:
    """Recipients that still wait, oldest row first, `limit` at a time, beginning after row number `after`.

    Raises:
        NotAllowed, NotInQueue (a code that is none)
    """
    _check(actor, Action.QUEUE_READ, "queue")
    query = (
        select(*_columns)
        .join(message_table, message_table.c.id == recipient_table.c.message_id)
        .where(
            is_open(),
            recipient_table.c.id > after,
            *selection.conditions(connection),
            *visible_rows(connection, actor),
        )
        .order_by(recipient_table.c.id)
        .limit(limit)
    )
    return connection.execute(query).all()


def hold(connection: Connection, actor: Actor, selection: Selection, *, reason: str) -> int:
    """Keep recipients from being delivered to until `release`; how many. What waits to be read waits on after that."""
    waits = (recipient_table.c.state == RecipientState.HELD.value) & recipient_table.c.held_for.in_(
        [HeldFor.INSPECTION.value, HeldFor.SENDER_CLOSED.value]
    )
    return _move(
        connection, actor, selection, (RecipientState.QUEUED, RecipientState.DEFERRED), EventKind.HELD, reason,
        {"state": RecipientState.HELD.value, "due_at": None, "held_for": HeldFor.PERSON.value}, also=waits,
    )  # fmt: skip


def release(connection: Connection, actor: Actor, selection: Selection, *, reason: str = "") -> int:
    """Let held recipients go on, now; how many. What a closed account sent waits on until that is restored.

    Nobody lets go what was not judged: while the files are being read it waits for that, and then goes on by itself.
    What a person held and a rule asks about (fates.py) waits for that word; a second release, with a reason, stands
    for the word as well, and one of what waits for a moderator too.

    Raises:
        ReasonMissing: some wait for somebody's word, or a rule failed on them, and there is no reason.
        NotAllowed. NotInQueue: nothing fits, or only what is still being read.
    """
    return _move(
        connection, actor, selection, (RecipientState.HELD,), EventKind.RELEASED, reason,
        {"state": RecipientState.QUEUED.value, "due_at": now_ms(), "held_for": None, "held_about": ""},
    )  # fmt: skip


def retry(connection: Connection, actor: Actor, selection: Selection, *, reason: str = "") -> int:
    """Try deferred recipients now instead of when they are due; how many."""
    return _move(
        connection, actor, selection, (RecipientState.QUEUED, RecipientState.DEFERRED), EventKind.RETRIED, reason,
        {"due_at": now_ms()},
    )  # fmt: skip


def drop(connection: Connection, actor: Actor, selection: Selection, *, reason: str) -> int:
    """Give recipients up without a notice; how many. The timeline keeps who did it and why."""
    return _move(
        connection, actor, selection, (*ACTIVE, RecipientState.HELD), EventKind.WITHDRAWN, reason,
        {"state": RecipientState.WITHDRAWN.value, "due_at": None, "lease": None, "finished_at": now_ms()},
    )  # fmt: skip


def _move(
    connection: Connection,
    actor: Actor,
    selection: Selection,
    states: Sequence[RecipientState],
    kind: EventKind,
    reason: str,
    values: dict[str, Any],
    *,
    also: ColumnElement[bool] | None = None,
) -> int:
    _check(actor, Action.QUEUE_CHANGE, "queue")
    audit.take_turn(connection)
    fits = recipient_table.c.state.in_([state.value for state in states])
    query = (
        select(*_columns)
        .join(message_table, message_table.c.id == recipient_table.c.message_id)
        .where(fits if also is None else fits | also, *selection.conditions(connection))
        .where(*visible_rows(connection, actor))
    )
    asked, unread = set[int](), set[int]()
    if kind is EventKind.RELEASED:  # asked before the recipients are locked (waiting.py), of these and no later ones
        asked = {row.message_id for row in connection.execute(query)}
        unread = unread_of(connection, asked)
    # A worker must not claim what is being held or dropped.
    rows: Sequence[Row[Any]] = connection.execute(query.with_for_update(of=recipient_table)).all()
    if kind is EventKind.RELEASED:
        rows = [row for row in rows if row.message_id in asked]
    if not rows:
        raise NotInQueue("nothing in the queue fits")
    if kind is EventKind.RELEASED:
        rows = _releasable(rows, unread, reason)
    now = now_ms()
    for change, ids in _changes(rows, values, unread, releases=kind is EventKind.RELEASED):
        change_recipients(connection, ids, change)
    _note(connection, actor, rows, kind, reason, now)
    messages = {row.message_id for row in rows}
    if kind is EventKind.RELEASED:
        hold_closed(connection, messages, now=now)
    if kind in (EventKind.RELEASED, EventKind.WITHDRAWN):
        forget_settled(connection, messages)
    mark_done(connection, messages, now=now)
    return len(rows)


def _releasable(rows: Sequence[Row[Any]], unread: Collection[int], reason: str) -> Sequence[Row[Any]]:
    """Those that a release changes anything for.

    Raises:
        NotInQueue: they are still being read. ReasonMissing: a rule holds some; whoever knows better says why.
    """
    found = [row for row in rows if row.held_for != HeldFor.INSPECTION or row.message_id not in unread]
    if not found:
        codes = ", ".join(sorted({row.code for row in rows}))
        raise NotInQueue(f"{codes} is still being read, and goes on by itself (to give it up: mailhub queue drop)")
    if any(row.held_for in _BY_RULE or _passes_word(row) for row in found):
        need_reason(reason)
    return found


def _passes_word(row: Row[Any]) -> bool:
    """Whether to let it go past its moderator is to let it go past somebody's word as well."""
    return row.held_for == HeldFor.MODERATION and owner_of(row.held_about) is not None


def _changes(
    rows: Sequence[Row[Any]], values: dict[str, Any], unread: Collection[int], *, releases: bool
) -> list[tuple[dict[str, Any], list[int]]]:
    """What is written, for which recipients: a release leads to the next thing that they wait for, if any."""
    if not releases:
        return [(values, [row.id for row in rows])]
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        owner = owner_of(row.held_about) if row.held_for == HeldFor.PERSON else None
        gate = (HeldFor.WORD.value, str(owner)) if owner is not None else ("", "")
        gate = (HeldFor.INSPECTION.value, "") if row.message_id in unread else gate
        found.setdefault(gate, []).append(row.id)
    return [({"held_for": why, "held_about": about} if why else values, ids) for (why, about), ids in found.items()]


def _note(
    connection: Connection, actor: Actor, rows: Sequence[Row[Any]], kind: EventKind, reason: str, now: int
) -> None:
    """A line of the timeline for each recipient, and one of the audit log for each message."""
    facts = {"actor": actor.name, "reason": reason}
    events = [
        NewEvent(at=now, message_id=r.message_id, code=r.code, recipient=r.address, kind=kind, facts=facts)
        for r in rows
    ]
    append_events(connection, events)
    for code in sorted({row.code for row in rows}):
        before = {"recipients": [row.address for row in rows if row.code == code]}
        subject, after = Subject(kind="message", name=code), {"act": kind.value}
        audit.record(connection, actor, Action.QUEUE_CHANGE, subject, before=before, after=after, reason=reason, at=now)


def _check(actor: Actor, action: Action, name: str) -> None:
    if not may(actor, action, Subject(kind="queue", name=name)):
        raise refusal(actor, action, name)
