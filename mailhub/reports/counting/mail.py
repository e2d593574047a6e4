"""What became of mail on a day, and how long it took: from the timeline's events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from mailhub.accounts.life.activity import note_days
from mailhub.clock import MINUTE
from mailhub.queue.models import Door, Event, EventKind, Message, Recipient
from mailhub.queue.successors import sealed_copies
from mailhub.reports.counting.counts import Counts, Key, What, bucket_of, id_range
from mailhub.reports.counting.parties import Parties
from mailhub.store.chunks import chunks

_COUNTED = (
    EventKind.RECEIVED, EventKind.DELIVERED, EventKind.RELAYED, EventKind.BOUNCED, EventKind.EXPIRED,
    EventKind.WITHDRAWN, EventKind.REFUSED, EventKind.HELD, EventKind.RELEASED, EventKind.NOTIFIED, EventKind.REPEATED,
)  # fmt: skip
_ARRIVED = (EventKind.DELIVERED, EventKind.RELAYED)
_WHY = (EventKind.HELD, EventKind.RELEASED)  # their facts tell what it was held for
_AT_ONCE = MINUTE  # what took no longer than this was not held for anybody's word

_Rows = Sequence[Any]  # of `_events`


def count_mail(connection: Connection, day: date) -> Counts:
    """Events by kind and door, and the delays of what arrived."""
    rows = _without_sealed_copies(connection, _events(connection, day))
    first = _first_recipients(connection, rows)
    parties = Parties(connection, [row.account_id for row in rows], [_recipient(row, first) for row in rows])
    held = _held(connection, rows)
    counts = Counts()
    for row in rows:
        agency_id = parties.of(row.account_id, _recipient(row, first))
        octets = row.size or 0 if row.kind == EventKind.RECEIVED else 0
        why = str(json.loads(row.facts).get("for", ""))[:40] if row.kind in _WHY else ""
        counts.add(Key(What.MAIL, agency_id, row.kind, row.door or "", why), more=octets)
        if row.kind in _ARRIVED and row.received_at is not None and row.door != Door.INTERNAL:
            way = "held" if row.code in held else "direct"
            bucket = bucket_of(max(0, row.at - row.received_at))
            counts.add(Key(What.DELAY, agency_id, f"{bucket:03}", way))
    return counts


def note_senders(connection: Connection, day: date) -> None:
    """Whoever sent on the day used the account, although a client may have logged in the day before."""
    first, end = id_range(day)
    query = select(Message.account_id).where(
        Message.id >= first, Message.id < end, Message.account_id.is_not(None), Message.door == Door.SUBMISSION
    )
    accounts = connection.scalars(query.distinct())
    note_days(connection, [(account_id, day) for account_id in accounts if account_id is not None])


def _events(connection: Connection, day: date) -> _Rows:
    first, end = id_range(day)
    query = (
        select(
            Event.kind, Event.message_id, Event.code, Event.recipient, Event.at, Event.facts,
            Message.account_id, Message.received_at, Message.door, Message.size,
            Message.derived_from,
        )
        .outerjoin(Message, Message.id == Event.message_id)
        .where(Event.id >= first, Event.id < end, Event.kind.in_(_COUNTED))
    )  # fmt: skip
    return list(connection.execute(query))


def _without_sealed_copies(connection: Connection, rows: _Rows) -> _Rows:
    """A copy with the agency's seal that went in place of a mail was sent by nobody: the mail itself was counted."""
    made = {row.message_id for row in rows if row.kind == EventKind.RECEIVED and row.derived_from is not None}
    copies = sealed_copies(connection, made)
    return [row for row in rows if row.kind != EventKind.RECEIVED or row.message_id not in copies]


def _recipient(row: Any, first: dict[int, str]) -> str | None:
    return row.recipient or first.get(row.message_id or 0)


def _first_recipients(connection: Connection, rows: _Rows) -> dict[int, str]:
    """Of messages from outside that an event names no recipient of: the first one."""
    wanted = {row.message_id for row in rows if row.account_id is None and row.message_id and not row.recipient}
    found: dict[int, str] = {}
    for some in chunks(sorted(wanted)):
        firsts = select(func.min(Recipient.id)).where(Recipient.message_id.in_(some)).group_by(Recipient.message_id)
        query = select(Recipient.message_id, Recipient.address).where(Recipient.id.in_(firsts))
        found.update((row.message_id, row.address) for row in connection.execute(query))
    return found


def _held(connection: Connection, rows: _Rows) -> set[str]:
    """The codes of late deliveries that waited for somebody's word, or for their files to be read."""
    late = {
        row.code
        for row in rows
        if row.kind in _ARRIVED and row.received_at is not None and row.at - row.received_at > _AT_ONCE
    }
    found: set[str] = set()
    for some in chunks(sorted(late)):
        query = select(Event.code).where(Event.code.in_(some), Event.kind == EventKind.HELD)
        found.update(connection.scalars(query))
    return found
