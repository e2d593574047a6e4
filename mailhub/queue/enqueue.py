"""Messages enter: their rows, those of their recipients, and the first line of their story."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, exists, insert, or_, select, text

from mailhub.clock import DAY
from mailhub.ids import new_id
from mailhub.queue.askings import ask
from mailhub.queue.fates import fate_events, is_final, place_of, values_of
from mailhub.queue.models import EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.moderators import MOST_GROUPS, ask_moderators
from mailhub.queue.records import Committed, Fate, NewEvent, NewMessage, NewRecipient
from mailhub.queue.senders import closed_accounts
from mailhub.queue.tables import event_table, message_table, pending_inspection_table, recipient_table
from mailhub.store.spool import Location
from mailhub.store.statements import Prepared

REPEAT_WINDOW = DAY
_FAILED = [
    state.value
    for state in (
        RecipientState.BOUNCED,
        RecipientState.EXPIRED,
        RecipientState.WITHDRAWN,
        RecipientState.REFUSED,  # by a group's moderator, or nobody gave the word that was asked for
    )
]

_take_turns = text("SELECT pg_advisory_xact_lock(one) FROM unnest(CAST(:keys AS bigint[])) AS one")
_insert_messages = Prepared(insert(message_table))
_insert_recipients = Prepared(insert(recipient_table))
_insert_pending = Prepared(insert(pending_inspection_table))
_insert_events = Prepared(insert(event_table))


def find_repeated(connection: Connection, messages: Sequence[NewMessage]) -> dict[bytes, tuple[int, str]]:
    """Of the fingerprints in `messages`, those that were accepted within the last 24 hours, with id and code.

    Who sends again what came back, or what was withdrawn, wants it delivered: such messages are not among them. What a
    rule refused is: the answer is the same, and no second notice goes.
    """
    wanted = [m.fingerprint for m in messages if m.fingerprint is not None]
    if not wanted:
        return {}
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        # The same message may be coming in by another process at this moment: whoever is second sees the first's.
        keys = sorted({int.from_bytes(one[:8], "big", signed=True) for one in wanted})
        connection.execute(_take_turns, {"keys": keys})
    since = min(m.received_at for m in messages) - REPEAT_WINDOW
    failed = exists().where(
        recipient_table.c.message_id == message_table.c.id,
        recipient_table.c.state.in_(_FAILED),
        or_(recipient_table.c.state != RecipientState.REFUSED.value, recipient_table.c.rule == ""),
        recipient_table.c.purpose == Purpose.MAIL.value,
    )
    rows = connection.execute(
        select(message_table.c.fingerprint, message_table.c.id, message_table.c.code).where(
            message_table.c.fingerprint.in_(wanted), message_table.c.received_at >= since, ~failed
        )
    )
    return {bytes(row.fingerprint): (row.id, row.code) for row in rows}


def enqueue(connection: Connection, messages: Sequence[NewMessage], locations: Sequence[Location]) -> list[Committed]:
    """Write the rows of `messages`, whose bodies already lie durably at `locations`; answers in the same order.

    A message that its account sent before within a day is answered as the first one was, and not delivered
    again (architecture § 4.5). One whose account was closed since it was judged is not taken.
    """
    known = find_repeated(connection, messages)
    closed = closed_accounts(connection, {m.account_id for m in messages if m.account_id is not None})
    answers: list[Committed] = []
    message_rows: list[dict[str, Any]] = []
    recipient_rows: list[dict[str, Any]] = []
    events: list[NewEvent] = []
    for message, location in zip(messages, locations, strict=True):
        if message.account_id in closed:
            answers.append(Committed("", repeated=False, closed=True))
            continue
        before = known.get(message.fingerprint) if message.fingerprint is not None else None
        if before is not None:
            answers.append(Committed(before[1], repeated=True))
            events.append(_event(message, EventKind.REPEATED, message_id=before[0], code=before[1]))
            continue
        if message.fingerprint is not None:
            known[message.fingerprint] = (message.id, message.code)
        answers.append(Committed(message.code, repeated=False))
        message_rows.append(message_row(message, location))
        recipient_rows.extend(_recipient_rows(message))
        events.append(_event(message, EventKind.RECEIVED))
        events.extend(_waiting_events(message))
    if message_rows:
        _insert_messages.execute_many(connection, message_rows)
        _insert_recipients.execute_many(connection, recipient_rows)
        fresh = {row["id"] for row in message_rows}
        pending = [_pending_row(m) for m in messages if m.inspecting is not None and m.id in fresh]
        if pending:
            _insert_pending.execute_many(connection, pending)
        for message in messages:
            if message.moderating and message.id in fresh:
                ask_moderators(connection, message)
            if message.judged and message.id in fresh:
                events += _carry_out(connection, message)
    append_events(connection, events)
    return answers


def _event(message: NewMessage, kind: EventKind, *, message_id: int | None = None, code: str | None = None) -> NewEvent:
    facts = {
        "door": message.door,
        "client": message.client,
        "sender": message.sender,
        "recipients": sum(recipient.purpose is Purpose.MAIL for recipient in message.recipients),
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


def _waiting_events(message: NewMessage) -> Iterable[NewEvent]:
    """What was read in the files, and what the message waits for: the rest to be read, a group's moderator."""
    if message.inspected:
        yield _line(message, EventKind.INSPECTED, message.inspected)
    if message.inspecting is not None:
        held = message.inspecting
        yield _line(message, EventKind.HELD, {"for": "inspection", "what": list(held.what), "until": held.until})
    if message.judged:
        yield _line(message, EventKind.JUDGED, message.judged)
    for asked in message.moderating:
        yield _line(message, EventKind.HELD, {"for": "moderation", "group": asked.group, "until": asked.until})


def _carry_out(connection: Connection, message: NewMessage) -> list[NewEvent]:
    """Ask for the words that the rules want; the lines of what they did."""
    fates = [(one.address, one.fate) for one in message.recipients if one.fate is not None]
    told = fate_events(fates, at=message.received_at, message_id=message.id, code=message.code)
    return told + ask(connection, message, fates, at=message.received_at, subject_told=message.inspecting is None)


def _line(message: NewMessage, kind: EventKind, facts: dict[str, Any]) -> NewEvent:
    return NewEvent(
        at=message.received_at, message_id=message.id, code=message.code, recipient=None, kind=kind, facts=facts
    )


def _pending_row(message: NewMessage) -> dict[str, Any]:
    assert message.inspecting is not None
    return {
        "message_id": message.id,
        "due_at": message.received_at,
        "lease": None,
        "until": message.inspecting.until,
        "attempts": 0,
    }


def message_row(message: NewMessage, location: Location) -> dict[str, Any]:
    """The row of a message whose body lies at `location`."""
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
        "local_prefix": message.local_prefix,
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
        "done_at": message.received_at if all(map(is_final, message.recipients)) else None,
    }


def _recipient_rows(message: NewMessage) -> Iterable[dict[str, Any]]:
    taken = {recipient.address for recipient in message.recipients}
    for recipient in message.recipients:
        held_for = _held_for(message, recipient)
        groups = ",".join(map(str, recipient.held_about[:MOST_GROUPS]))
        row = {
            "id": new_id(),
            "message_id": message.id,
            "address": recipient.address,
            "original": recipient.original,
            "notify": recipient.notify,
            "destination": recipient.destination,
            "state": RecipientState.QUEUED.value if held_for is None else RecipientState.HELD.value,
            "attempts": 0,
            "due_at": message.received_at if held_for is None else None,
            "lease": None,
            "held_for": None if held_for is None else held_for.value,
            "held_about": groups,
            "last_reply": None,
            "delay_notified": False,
            "finished_at": None,
            "purpose": recipient.purpose.value,
            "sent_by": recipient.sent_by,
            "rule": "",
            "folder": "",
        }
        if recipient.fate is not None:
            row |= _by_the_rules(message, recipient, recipient.fate, groups, taken)
        yield row


def _by_the_rules(
    message: NewMessage, recipient: NewRecipient, fate: Fate, groups: str, taken: set[str]
) -> dict[str, Any]:
    """What a recipient's row says otherwise because of a rule."""
    values = values_of(fate, groups, at=message.received_at)
    place = place_of(fate, recipient.address, recipient.original, taken)
    if "state" in place:
        values |= {"held_for": None, "due_at": None, "finished_at": message.received_at}
    return values | place


def _held_for(message: NewMessage, recipient: NewRecipient) -> HeldFor | None:
    """What a recipient waits for first: people take longer than the reading of files, which goes on meanwhile."""
    if recipient.held_about:
        return HeldFor.MODERATION
    return HeldFor.INSPECTION if message.inspecting is not None else None


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
