"""What can be done to the queue, one function an act.

Every function takes a connection; the caller owns the transaction, so that settling and claiming, or a bounce
and its notice, are one. The state of a recipient moves only here (architecture § 4.4):

    queued ─claim→ delivering ─settle→ delivered | deferred | bounced | expired | …
    deferred ─claim→ delivering; held ─release→ queued; any open state ─drop→ withdrawn

A lease is the moment written into `due_at` while a recipient is `delivering`: when it passes, the recipient is
due again, for whichever worker looks first. Delivery is at least once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, Table, bindparam, func, insert, null, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from mailhub.clock import DAY
from mailhub.ids import first_id, new_id
from mailhub.queue.models import ACTIVE, Event, EventKind, Message, Recipient, RecipientState
from mailhub.queue.records import Claimed, Committed, Cuts, NewEvent, NewMessage, Outcome, StoredMessage
from mailhub.store.spool import Location
from mailhub.store.statements import Prepared

message_table = cast(Table, Message.__table__)
recipient_table = cast(Table, Recipient.__table__)
event_table = cast(Table, Event.__table__)

REPEAT_WINDOW = DAY

_insert_messages = Prepared(insert(message_table))
_insert_recipients = Prepared(insert(recipient_table))
_insert_events = Prepared(insert(event_table))


# ---------------------------------------------------------------------- enqueue


def find_repeated(connection: Connection, messages: Sequence[NewMessage]) -> dict[bytes, tuple[int, str]]:
    """Of the fingerprints in `messages`, those that were accepted within the last 24 hours, with id and code."""
    wanted = [m.fingerprint for m in messages if m.fingerprint is not None]
    if not wanted:
        return {}
    since = min(m.received_at for m in messages) - REPEAT_WINDOW
    rows = connection.execute(
        select(message_table.c.fingerprint, message_table.c.id, message_table.c.code).where(
            message_table.c.fingerprint.in_(wanted), message_table.c.received_at >= since
        )
    )
    return {bytes(row.fingerprint): (row.id, row.code) for row in rows}


def enqueue(connection: Connection, messages: Sequence[NewMessage], locations: Sequence[Location]) -> list[Committed]:
    """Write the rows of `messages`, whose bodies already lie durably at `locations`; answers in the same order.

    A message that its account sent before within a day is answered as the first one was, and not delivered
    again (architecture § 4.5).
    """
    known = find_repeated(connection, messages)
    answers: list[Committed] = []
    message_rows: list[dict[str, Any]] = []
    recipient_rows: list[dict[str, Any]] = []
    events: list[NewEvent] = []
    for message, location in zip(messages, locations, strict=True):
        before = known.get(message.fingerprint) if message.fingerprint is not None else None
        if before is not None:
            answers.append(Committed(before[1], repeated=True))
            events.append(_event(message, EventKind.REPEATED, message_id=before[0], code=before[1]))
            continue
        if message.fingerprint is not None:
            known[message.fingerprint] = (message.id, message.code)
        answers.append(Committed(message.code, repeated=False))
        message_rows.append(_message_row(message, location))
        recipient_rows.extend(_recipient_rows(message))
        events.append(_event(message, EventKind.RECEIVED))
    if message_rows:
        _insert_messages.execute_many(connection, message_rows)
        _insert_recipients.execute_many(connection, recipient_rows)
    append_events(connection, events)
    return answers


def _event(message: NewMessage, kind: EventKind, *, message_id: int | None = None, code: str | None = None) -> NewEvent:
    facts = {
        "door": message.door,
        "client": message.client,
        "sender": message.sender,
        "recipients": len(message.recipients),
        "size": message.body.length,
        **message.facts,
    }
    return NewEvent(
        at=message.received_at,
        message_id=message_id or message.id,
        code=code or message.code,
        recipient=None,
        kind=kind,
        facts=facts,
    )


def _message_row(message: NewMessage, location: Location) -> dict[str, Any]:
    return {
        "id": message.id,
        "code": message.code,
        "door": message.door.value,
        "received_at": message.received_at,
        "sender": message.sender,
        "sender_verified": message.sender_verified,
        "account_id": message.account_id,
        "client": message.client,
        "message_id": storable(message.message_id, 1000),
        "subject": storable(message.subject, 1000),
        "size": location.length,
        "spool_file": location.file,
        "spool_offset": location.offset,
        "spool_length": location.length,
        "prefix": message.prefix,
        "cuts": ",".join(f"{start}-{end}" for start, end in message.cuts),
        "body_hash": message.body_hash,
        "dkim": None,
        "utf8": message.utf8,
        "eight_bit": message.eight_bit,
        "dsn_ret": message.dsn_ret,
        "dsn_envid": message.dsn_envid,
        "fingerprint": message.fingerprint,
        "junk": message.junk,
        "derived_from": message.derived_from,
        "done_at": None if message.recipients else message.received_at,
    }


def _recipient_rows(message: NewMessage) -> Iterable[dict[str, Any]]:
    for recipient in message.recipients:
        yield {
            "id": new_id(),
            "message_id": message.id,
            "address": recipient.address,
            "original": recipient.original,
            "notify": recipient.notify,
            "destination": recipient.destination,
            "state": RecipientState.QUEUED.value,
            "attempts": 0,
            "due_at": message.received_at,
            "lease": None,
            "last_reply": None,
            "delay_notified": False,
            "finished_at": None,
        }


def storable(text: str, limit: int | None = None) -> str:
    """A stranger's words as both databases take them: no NUL, no lone surrogates, at most `limit` characters."""
    if not text.isprintable():  # seldom: both are unprintable
        text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return text[:limit]


def append_events(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Add lines to the timeline."""
    _insert_events.execute_many(
        connection,
        [
            {
                "id": new_id(),
                "at": event.at,
                "message_id": event.message_id,
                "code": event.code,
                "recipient": None if event.recipient is None else storable(event.recipient, 320),
                "kind": event.kind.value,
                "facts": storable(json.dumps(event.facts, ensure_ascii=False, separators=(",", ":"))),
            }
            for event in events
        ],
    )


# ------------------------------------------------------------------ claim, settle

_due = (
    select(recipient_table.c.id)
    .where(recipient_table.c.due_at <= bindparam("now"))
    .order_by(recipient_table.c.due_at, recipient_table.c.message_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has one writer anyway, and leaves it out
)
_by_ids = select(message_table).where(message_table.c.id.in_(bindparam("ids", expanding=True)))


def _take_leases(due: Select[tuple[int]]) -> ReturningUpdate[Any]:
    return (
        update(recipient_table)
        .where(recipient_table.c.id.in_(due.scalar_subquery()))
        .values(
            state=RecipientState.DELIVERING.value,
            due_at=bindparam("lease_until"),
            lease=bindparam("worker"),
            attempts=recipient_table.c.attempts + 1,
        )
        .returning(recipient_table)
    )


_claim = _take_leases(_due)


def claim(
    connection: Connection, *, worker: str, now: int, limit: int, lease_until: int, without: Collection[str] = ()
) -> list[Claimed]:
    """Take the lease of up to `limit` recipients that are due, oldest first, for `worker` until `lease_until`.

    `without` are destinations that have enough under way. Recipients of one message follow each other.
    """
    statement = _claim
    if without:
        statement = _take_leases(_due.where(recipient_table.c.destination.not_in(list(without))))
    values = {"now": now, "most": limit, "lease_until": lease_until, "worker": worker}
    rows = sorted(connection.execute(statement, values).all(), key=lambda row: (row.message_id, row.id))
    if not rows:
        return []
    found = connection.execute(_by_ids, {"ids": list({row.message_id for row in rows})})
    messages = {row.id: _stored(row) for row in found}
    return [
        Claimed(
            id=row.id,
            message=messages[row.message_id],
            address=row.address,
            original=row.original,
            notify=row.notify,
            destination=row.destination,
            attempts=row.attempts,
            delay_notified=row.delay_notified,
        )
        for row in rows
    ]


def load_message(connection: Connection, message_id: int) -> StoredMessage | None:
    row = connection.execute(select(message_table).where(message_table.c.id == message_id)).first()
    return None if row is None else _stored(row)


def _stored(row: Row[*tuple[Any, ...]]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        code=row.code,
        door=row.door,
        received_at=row.received_at,
        sender=row.sender,
        sender_verified=row.sender_verified,
        account_id=row.account_id,
        message_id=row.message_id,
        subject=row.subject,
        size=row.size,
        location=Location(row.spool_file, row.spool_offset, row.spool_length),
        prefix=row.prefix,
        cuts=read_cuts(row.cuts),
        body_hash=row.body_hash,
        dkim=row.dkim,
        utf8=row.utf8,
        eight_bit=row.eight_bit,
        dsn_ret=row.dsn_ret,
        dsn_envid=row.dsn_envid,
        junk=row.junk,
    )


def read_cuts(text: str) -> Cuts:
    """`12-80,200-230` as pairs of offsets."""
    pairs = (part.split("-") for part in text.split(",") if part)
    return tuple((int(start), int(end)) for start, end in pairs)


_settle = Prepared(
    update(recipient_table)
    .where(recipient_table.c.id == bindparam("b_id"), recipient_table.c.lease == bindparam("b_lease"))
    .values(
        state=bindparam("b_state"),
        due_at=bindparam("b_due_at"),
        lease=null(),
        last_reply=bindparam("b_reply"),
        delay_notified=bindparam("b_delay"),
        finished_at=bindparam("b_finished"),
    )
)
_sign = Prepared(update(message_table).where(message_table.c.id == bindparam("b_id")).values(dkim=bindparam("b_dkim")))


def still_leased(connection: Connection, outcomes: Sequence[Outcome], *, worker: str) -> set[int]:
    """The recipient ids of `outcomes` whose lease `worker` still has: it speaks for these only."""
    query = select(recipient_table.c.id).where(
        recipient_table.c.id.in_([outcome.recipient.id for outcome in outcomes]), recipient_table.c.lease == worker
    )
    return set(connection.scalars(query.with_for_update()))


def settle(
    connection: Connection, outcomes: Sequence[Outcome], *, worker: str, now: int, signed: dict[int, bytes]
) -> None:
    """Write what became of attempts. An outcome whose lease was lost changes nothing but the timeline.

    `signed` are DKIM fields by message id, stored so that a later attempt sends the same bytes.
    """
    if signed:
        _sign.execute_many(connection, [{"b_id": id_, "b_dkim": field} for id_, field in signed.items()])
    if not outcomes:
        return
    _settle.execute_many(
        connection,
        [
            {
                "b_id": outcome.recipient.id,
                "b_lease": worker,
                "b_state": outcome.state.value,
                "b_due_at": outcome.due_at,
                "b_reply": storable(outcome.reply, 1000),
                "b_delay": outcome.delay_notified or outcome.recipient.delay_notified,
                "b_finished": now if outcome.due_at is None else None,
            }
            for outcome in outcomes
        ],
    )
    append_events(
        connection,
        [
            NewEvent(
                at=now,
                message_id=outcome.recipient.message.id,
                code=outcome.recipient.message.code,
                recipient=outcome.recipient.address,
                kind=outcome.event,
                facts=outcome.facts,
            )
            for outcome in outcomes
            if outcome.event is not None
        ],
    )
    mark_done(connection, {o.recipient.message.id for o in outcomes if o.due_at is None}, now=now)


_mark_done = (
    update(message_table)
    .where(
        message_table.c.id.in_(bindparam("ids", expanding=True)),
        ~select(recipient_table.c.id)
        .where(
            recipient_table.c.message_id == message_table.c.id,
            or_(recipient_table.c.due_at.is_not(None), recipient_table.c.state == RecipientState.HELD.value),
        )
        .exists(),
    )
    .values(done_at=bindparam("now"))
)


def mark_done(connection: Connection, message_ids: Collection[int], *, now: int) -> None:
    """Close the messages that nobody waits for any more; their bodies may go."""
    if message_ids:
        connection.execute(_mark_done, {"ids": list(message_ids), "now": now})


def release_leases(connection: Connection, *, worker: str, now: int) -> int:
    """Give back what an earlier process of this name held when it died; how many there were."""
    done = connection.execute(
        update(recipient_table)
        .where(recipient_table.c.lease == worker, recipient_table.c.state == RecipientState.DELIVERING.value)
        .values(state=RecipientState.QUEUED.value, due_at=now, lease=None)
    )
    return done.rowcount


def renew_leases(connection: Connection, ids: Sequence[int], *, worker: str, lease_until: int) -> None:
    """Keep what takes longer than a lease: a large message on a thin line."""
    if ids:
        connection.execute(
            update(recipient_table)
            .where(recipient_table.c.id.in_(list(ids)), recipient_table.c.lease == worker)
            .values(due_at=lease_until)
        )


def next_due(connection: Connection, *, after: int) -> int | None:
    """The earliest moment after `after` at which some recipient falls due."""
    query = select(func.min(recipient_table.c.due_at)).where(recipient_table.c.due_at > after)
    due: int | None = connection.scalar(query)
    return due


def count_sent(connection: Connection, account_id: int, *, since: int) -> int:
    """How many recipients an account has written to since the moment `since`."""
    query = (
        select(func.count())
        .select_from(recipient_table.join(message_table, message_table.c.id == recipient_table.c.message_id))
        .where(message_table.c.id >= first_id(since), message_table.c.account_id == account_id)
    )
    return connection.scalar(query) or 0


def count_open(connection: Connection) -> int:
    """How many recipients wait or are being delivered to."""
    return connection.scalar(select(func.count()).where(recipient_table.c.due_at.is_not(None))) or 0


def is_file_needed(connection: Connection, file: str, *, finished_after: int) -> bool:
    """Whether an open message lies in the spool file, or one that was finished later than `finished_after`."""
    query = select(message_table.c.id).where(
        message_table.c.spool_file == file,
        or_(message_table.c.done_at.is_(None), message_table.c.done_at > finished_after),
    )
    return connection.execute(query.limit(1)).first() is not None


ACTIVE_STATES = tuple(state.value for state in ACTIVE)


def is_due(connection: Connection, *, now: int) -> bool:
    """Whether some recipient is due."""
    return (
        connection.execute(select(recipient_table.c.id).where(recipient_table.c.due_at <= now).limit(1)).first()
        is not None
    )
