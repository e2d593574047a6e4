"""The message that goes along with a letter: as it was handed in, unless nobody may have it any more."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from mailhub.delivery.content import read_back
from mailhub.queue.leases import stored
from mailhub.queue.models import RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.store.database import Database
from mailhub.store.spool import Spool


class Original(NamedTuple):
    """Its bytes, b"" when there are none to have; `whole`: with its body, else the header alone."""

    octets: bytes = b""
    whole: bool = True


def read_original(
    database: Database, spool: Spool, message_id: object, *, most: int, headers: bool = False, whole: bool = True
) -> Original:
    """The message with this number; nothing when it is gone, or turned out to be a state secret.

    Of what is over `most` octets (0: no limit), and where `whole` is False, there is the header alone, if `headers`
    allows that, else nothing.
    """
    if not isinstance(message_id, int):
        return Original()
    recipient = recipient_table.c
    destroyed = (recipient.message_id == message_id, recipient.state == RecipientState.DESTROYED.value)
    with database.read() as connection:
        row = connection.execute(select(message_table).where(message_table.c.id == message_id)).one_or_none()
        secret = connection.execute(select(recipient.id).where(*destroyed).limit(1)).first() is not None
    if row is None or secret:
        return Original()
    fits = whole and not (most and row.size > most)
    if not fits and not headers:
        return Original()
    return Original(read_back(spool, stored(row), whole=fits), fits)
