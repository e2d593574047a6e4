"""Another message takes a message's place for everybody who still waits for it: the sealed copy of what a desk sent.

In the transaction that ends the reading of the first one (inspections.py): its rows of recipients end as REDIRECTED,
and stand once more under the successor, whose code the timeline names. What somebody is still asked about goes along:
moderators hear of the new code.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.ids import new_id
from mailhub.queue.enqueue import append_events, message_row
from mailhub.queue.fates import change_recipients
from mailhub.queue.leases import load_message, mark_done
from mailhub.queue.models import EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.records import NewEvent, NewMessage, StoredMessage
from mailhub.queue.tables import (
    message_table,
    pending_moderation_table,
    pending_word_table,
    recipient_table,
)
from mailhub.signatures.models import SealAct
from mailhub.store.chunks import chunks
from mailhub.store.spool import Location

_recipient = recipient_table.c
# Who waits for the reading, or would get the message once a person or a moderator lets it go.
_GOES_ALONG = (HeldFor.INSPECTION.value, HeldFor.MODERATION.value, HeldFor.PERSON.value, HeldFor.SENDER_CLOSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """The message that takes the other's place, without recipients of its own; its octets lie durably at `location`.

    `told` are the facts of the line under the first message that says so.
    """

    message: NewMessage
    location: Location
    told: dict[str, Any] = field(default_factory=dict)


def succeed(connection: Connection, before: StoredMessage, successor: Successor, *, now: int) -> StoredMessage | None:
    """Enter the successor and move to it whoever waits; None when nobody does any more, and nothing was entered."""
    waits = (_recipient.state == RecipientState.HELD.value) & _recipient.held_for.in_(_GOES_ALONG)
    query = select(recipient_table).where(_recipient.message_id == before.id, waits).order_by(_recipient.id)
    rows = connection.execute(query.with_for_update()).mappings().all()
    number = sum(row["purpose"] == Purpose.MAIL.value for row in rows)
    if not number:
        return None
    message = successor.message
    connection.execute(insert(message_table), [message_row(message, successor.location) | {"done_at": None}])
    copies = [{**row, "id": new_id(), "message_id": message.id} for row in rows]
    connection.execute(insert(recipient_table), copies)
    final = {"state": RecipientState.REDIRECTED.value, "due_at": None, "held_for": None, "held_about": ""}
    change_recipients(connection, [row["id"] for row in rows], {**final, "finished_at": now})
    _move_pending(connection, before, message, now)
    append_events(connection, _lines(before, successor, number, now))
    mark_done(connection, [before.id], now=now)
    return load_message(connection, message.id)


def gave_its_place() -> ColumnElement[bool]:
    """The condition that a sealed copy took a message's place for all its recipients: lists show that one."""
    act, one = SealAct.__table__.c, recipient_table.alias().c
    sealed = exists().where(act.message_id == message_table.c.id, act.sealed_code != "")
    left = exists().where(
        one.message_id == message_table.c.id,
        one.purpose == Purpose.MAIL.value,
        one.state != RecipientState.REDIRECTED.value,
    )
    return sealed.correlate(message_table) & ~left.correlate(message_table)


def sealed_copies(connection: Connection, ids: Collection[int]) -> frozenset[int]:
    """Those of these messages that took another's place with the agency's seal on what is attached."""
    act = SealAct.__table__.c
    query = select(message_table.c.id).join(SealAct, act.message_id == message_table.c.derived_from)
    query = query.where(act.sealed_code == message_table.c.code)
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        found |= set(connection.scalars(query.where(message_table.c.id.in_(some))))
    return frozenset(found)


def _lines(before: StoredMessage, successor: Successor, number: int, now: int) -> list[NewEvent]:
    """The first message's story ends with where it goes on; the other's begins with where it comes from."""
    message = successor.message
    came = {"door": message.door, "client": message.client, "sender": message.sender, "recipients": number}
    came |= {"size": successor.location.length, "derived_from": before.code, **message.facts}
    found = [
        _line(before.id, before.code, EventKind.SEALED, {"sealed_as": message.code, **successor.told}, now),
        _line(message.id, message.code, EventKind.RECEIVED, came, now),
        _line(message.id, message.code, EventKind.SEALED, {"derived_from": before.code, **successor.told}, now),
    ]
    if message.inspected:
        found.append(_line(message.id, message.code, EventKind.INSPECTED, message.inspected, now))
    return found


def _line(message_id: int, code: str, kind: EventKind, facts: dict[str, Any], now: int) -> NewEvent:
    return NewEvent(at=now, message_id=message_id, code=code, recipient=None, kind=kind, facts=facts)


def _move_pending(connection: Connection, before: StoredMessage, message: NewMessage, now: int) -> None:
    """What others were asked about the first message they are asked about the other."""
    _, moderated = (
        connection.execute(update(table).where(table.c.message_id == before.id).values(message_id=message.id))
        for table in (pending_word_table, pending_moderation_table)
    )
    if not moderated.rowcount:
        return
    asked = Letter.about.startswith(f"moderation/{before.id}/", autoescape=True)
    query = select(Letter.to_address, Letter.facts, Letter.about).where(asked)
    for row in connection.execute(query.order_by(Letter.id)).all():
        facts = {**json.loads(row.facts), "code": message.code, "subject": message.subject}
        about = str(row.about).replace(f"/{before.id}/", f"/{message.id}/", 1)
        tell(connection, LetterKind.MODERATION, row.to_address, facts, about=about, at=now)


__all__ = ["Successor", "gave_its_place", "sealed_copies", "succeed"]
