"""What the rules say of a recipient's copy, as rows: at the dot (enqueue.py), and after a late inspection.

A recipient whose group's moderator is asked as well waits for the moderator first; whose word comes after that stands
beside the groups in `held_about`: "12,34,w567". What a person holds is judged like the rest: a refusal ends it, a word
that is needed stands in its `held_about` (",w567") and is waited for when the person lets it go. What a person dropped
stays dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, update

from mailhub.queue.models import OPEN, EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.records import Fate, NewEvent, NewRecipient
from mailhub.queue.tables import pending_moderation_table, pending_word_table, recipient_table
from mailhub.store.chunks import chunks

REFUSED_BY_RULE = "policy"  # what the timeline says it was for
MOST_NAMED = 50  # recipients of one message with a line of their own in the timeline
_FINAL = (RecipientState.REFUSED, RecipientState.DESTROYED, RecipientState.REDIRECTED)

_recipient = recipient_table.c
# Those about whom the rules have not spoken while files are unread.
_UNJUDGED = _recipient.held_for.in_([HeldFor.INSPECTION.value, HeldFor.MODERATION.value, HeldFor.PERSON.value])
# Other gates behind which a word may be waited for: a moderator's, a person's who holds it.
BEFORE_WORD = (HeldFor.MODERATION.value, HeldFor.PERSON.value)


def with_word(groups: str, owner_id: int) -> str:
    """`held_about` of who waits for a moderator of `groups` (or a person who holds it), then for the word of
    `owner_id`."""
    return f"{groups},w{owner_id}"


def groups_of(held_about: str) -> list[str]:
    """The groups in a `held_about`."""
    return [one for one in held_about.split(",") if one and not one.startswith("w")]


def owner_of(held_about: str) -> int | None:
    """Whose word is waited for after the moderator's, or after the person who holds it; None: nobody's."""
    return next((int(one[1:]) for one in held_about.split(",") if one.startswith("w")), None)


def waits_for(owner_id: int) -> ColumnElement[bool]:
    """Held recipients that wait for this mailbox's word, now or once a moderator has agreed, a person let go."""
    held = _recipient.state == RecipientState.HELD.value
    now = and_(_recipient.held_for == HeldFor.WORD.value, _recipient.held_about == str(owner_id))
    later = and_(_recipient.held_for.in_(BEFORE_WORD), _recipient.held_about.like(f"%,w{owner_id}"))
    return held & or_(now, later)


def values_of(fate: Fate, groups: str, *, at: int) -> dict[str, Any]:
    """What the row of a recipient says of its fate, besides what it says without one. `groups`: those whose moderators
    are asked, as `held_about` names them."""
    found: dict[str, Any] = {"rule": fate.rule, "folder": fate.folder}
    if fate.state in _FINAL:
        final = {"state": fate.state.value, "held_for": None, "held_about": "", "due_at": None, "finished_at": at}
        return found | final
    if fate.state is not RecipientState.HELD:
        return found
    if fate.asking is None:
        return found | _held(HeldFor.FAULT, "")
    if groups:
        return found | _held(HeldFor.MODERATION, with_word(groups, fate.asking.owner_id))
    return found | _held(HeldFor.WORD, str(fate.asking.owner_id))


def _held(why: HeldFor, about: str) -> dict[str, Any]:
    return {"state": RecipientState.HELD.value, "held_for": why.value, "held_about": about, "due_at": None}


def place_of(fate: Fate | None, address: str, original: str | None, taken: set[str]) -> dict[str, Any]:
    """Where a copy goes that a desk gets instead, once a desk: `taken` are the message's other addresses."""
    if fate is None or not fate.address or fate.address == address:
        return {}
    if fate.address in taken:
        return {"state": RecipientState.REDIRECTED.value}
    taken.add(fate.address)
    return {"address": fate.address, "destination": fate.destination, "original": original or f"rfc822;{address}"}


def is_final(recipient: NewRecipient) -> bool:
    """Whether nothing is left to be done for a recipient from the first."""
    return recipient.fate is not None and recipient.fate.state in _FINAL


def fate_events(fates: Iterable[tuple[str, Fate]], *, at: int, message_id: int, code: str) -> list[NewEvent]:
    """The lines of a story that tell what became of single recipients."""
    found: list[NewEvent] = []
    for address, fate in fates:
        kind, facts = _told(fate)
        if kind is not None and len(found) < MOST_NAMED:
            line = NewEvent(at=at, message_id=message_id, code=code, recipient=address, kind=kind, facts=facts)
            found.append(line)
    return found


def _told(fate: Fate) -> tuple[EventKind | None, dict[str, Any]]:
    if fate.state is RecipientState.REFUSED:
        return EventKind.REFUSED, {"for": REFUSED_BY_RULE, "rule": fate.rule}
    if fate.state is RecipientState.HELD and fate.asking is None:
        return EventKind.HELD, {"for": HeldFor.FAULT.value, "rule": fate.rule}
    if fate.address:
        return EventKind.JUDGED, {"desk": fate.address, "rule": fate.rule}
    return None, {}


# ----------------------------------------------------------------- after a late inspection


def apply_fates(
    connection: Connection, message_id: int, code: str, fates: Mapping[str, Fate], *, now: int
) -> tuple[list[tuple[str, Fate]], list[NewEvent]]:
    """Write down the fates of those who wait for the inspection, for a moderator, or are held by a person.

    Gives who was meant, for `askings.ask`, and the lines of the timeline. Who has none is let go by the caller.
    """
    held = _recipient.state == RecipientState.HELD.value
    rows = _rows(connection, message_id, held & _UNJUDGED, _recipient.purpose == Purpose.MAIL.value)
    taken = set(connection.scalars(select(_recipient.address).where(_recipient.message_id == message_id)))
    changes: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    meant: list[tuple[str, Fate]] = []
    for row in rows:
        fate = fates.get(row.address)
        if fate is None:
            continue
        moderated = row.held_for == HeldFor.MODERATION.value
        values = values_of(fate, row.held_about if moderated else "", at=now)
        if row.held_for == HeldFor.PERSON.value and fate.asking is not None:  # it stays that person's until then
            values |= _held(HeldFor.PERSON, with_word("", fate.asking.owner_id))
        place = place_of(fate, row.address, row.original, taken)
        if "state" in place:
            values |= {"held_for": None, "due_at": None, "finished_at": now}
        changes.setdefault(tuple((values | place).items()), []).append(row.id)
        meant.append((row.address, fate))
    for change, ids in changes.items():
        change_recipients(connection, ids, dict(change))
    return meant, fate_events(meant, at=now, message_id=message_id, code=code)


def hold_all(connection: Connection, message_id: int, fault: str) -> None:
    """Whoever waits for the inspection or for a moderator, or is held by a person, is held until a person looked."""
    values = {"held_for": HeldFor.FAULT.value, "held_about": "", "rule": fault[:80]}
    held = _recipient.state == RecipientState.HELD.value
    connection.execute(
        update(recipient_table).where(_recipient.message_id == message_id, held, _UNJUDGED).values(**values)
    )


def destroy(connection: Connection, message_id: int, *, now: int) -> int:
    """Nobody gets the message any more, whoever released it, and nobody is asked; how many recipients that ends.

    A delivery that is under way loses its lease: what comes of it is not written any more.
    """
    rows = _rows(connection, message_id, _recipient.state.in_([state.value for state in OPEN]))
    values = {"state": RecipientState.DESTROYED.value, "due_at": None, "lease": None, "held_for": None}
    change_recipients(connection, [row.id for row in rows], {**values, "held_about": "", "finished_at": now})
    for table in (pending_moderation_table, pending_word_table):
        connection.execute(delete(table).where(table.c.message_id == message_id))
    return len(rows)


def _rows(connection: Connection, message_id: int, *conditions: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = (_recipient.id, _recipient.address, _recipient.original, _recipient.held_for, _recipient.held_about)
    query = select(*columns).where(_recipient.message_id == message_id, *conditions).order_by(_recipient.id)
    return connection.execute(query.with_for_update()).all()


def change_recipients(connection: Connection, ids: Sequence[int], values: dict[str, Any]) -> None:
    """Write `values` into the rows of these recipients."""
    for chunk in chunks(ids):
        connection.execute(update(recipient_table).where(_recipient.id.in_(chunk)).values(**values))
