"""The message that goes back with a letter: as it was handed in, unless nobody may have it any more."""

from __future__ import annotations

from sqlalchemy import select

from mailhub.delivery.content import read_back
from mailhub.queue.leases import stored
from mailhub.queue.models import RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.store.database import Database
from mailhub.store.spool import Spool


def read_original(database: Database, spool: Spool, message_id: object, *, most: int) -> bytes:
    """The bytes of the message with this number; none when it is gone, over `most` octets (0: no limit), or turned out
    to be a state secret."""
    if not isinstance(message_id, int):
        return b""
    recipient = recipient_table.c
    destroyed = (recipient.message_id == message_id, recipient.state == RecipientState.DESTROYED.value)
    with database.read() as connection:
        row = connection.execute(select(message_table).where(message_table.c.id == message_id)).one_or_none()
        secret = connection.execute(select(recipient.id).where(*destroyed).limit(1)).first() is not None
    if row is None or secret or (most and row.size > most):
        return b""
    return read_back(spool, stored(row))
