"""Questions about what waits."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, union_all

from mailhub.ids import first_id
from mailhub.queue.models import OPEN, Purpose
from mailhub.queue.tables import message_table, pending_inspection_table, recipient_table
from mailhub.store.chunks import chunks


def is_open() -> ColumnElement[bool]:
    """The condition that a recipient's story has not ended, by the two small indexes of what is due and what is held:
    asked by its state alone, history is read through (bench/web.py: 0.5 ms instead of 134)."""
    due = select(recipient_table.c.id).where(recipient_table.c.due_at.is_not(None))
    held = select(recipient_table.c.id).where(recipient_table.c.held_for.is_not(None))
    states = recipient_table.c.state.in_([state.value for state in OPEN])
    return and_(recipient_table.c.id.in_(union_all(due, held)), states)


def is_due(connection: Connection, *, now: int) -> bool:
    """Whether some recipient is due."""
    return (
        connection.execute(select(recipient_table.c.id).where(recipient_table.c.due_at <= now).limit(1)).first()
        is not None
    )


def next_due(connection: Connection, *, after: int) -> int | None:
    """The earliest moment after `after` at which some recipient falls due."""
    query = select(func.min(recipient_table.c.due_at)).where(recipient_table.c.due_at > after)
    due: int | None = connection.scalar(query)
    return due


def count_sent(connection: Connection, account_id: int, *, since: int) -> int:
    """How many recipients an account has written to since the moment `since`; a sealed copy's are the same ones."""
    query = (
        select(func.count())
        .select_from(recipient_table.join(message_table, message_table.c.id == recipient_table.c.message_id))
        .where(message_table.c.id >= first_id(since), message_table.c.account_id == account_id)
        .where(recipient_table.c.purpose == Purpose.MAIL.value, message_table.c.derived_from.is_(None))
    )
    return connection.scalar(query) or 0


def count_open(connection: Connection) -> int:
    """How many recipients wait or are being delivered to."""
    return connection.scalar(select(func.count()).where(recipient_table.c.due_at.is_not(None))) or 0


def is_unread(connection: Connection, message_id: int) -> bool:
    """Whether the message's files are still being read. What reads them cannot let it go until the caller's
    transaction ends: to be asked before recipients are locked, in the order in which the reader locks them."""
    return bool(unread_of(connection, [message_id]))


def unread_of(connection: Connection, message_ids: Collection[int]) -> set[int]:
    """Those of these messages whose files are still being read; to be asked as `is_unread`."""
    pending, found = pending_inspection_table.c.message_id, set[int]()
    for chunk in chunks(sorted(message_ids)):
        found.update(connection.scalars(select(pending).where(pending.in_(chunk)).order_by(pending).with_for_update()))
    return found


def is_file_needed(connection: Connection, file: str, *, finished_after: int) -> bool:
    """Whether an open message lies in the spool file, or one that was finished later than `finished_after`."""
    query = select(message_table.c.id).where(
        message_table.c.spool_file == file,
        or_(message_table.c.done_at.is_(None), message_table.c.done_at > finished_after),
    )
    return connection.execute(query.limit(1)).first() is not None


def recipients_of(connection: Connection, message_id: int) -> list[str]:
    """Every address that the sender of a message wrote to."""
    written_to = recipient_table.c.purpose == Purpose.MAIL.value
    query = select(recipient_table.c.address).where(recipient_table.c.message_id == message_id, written_to)
    return list(connection.scalars(query))
