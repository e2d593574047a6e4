"""A stored secret's words and octets leave this machine's database and spool.

Rows: SQLite has `secure_delete` on in every connection that writes (store/database.py), so that whatever a row once
said is overwritten with it, also in pages that were given back earlier. The log still holds the pages as they were: a
checkpoint that truncates it needs a moment without readers, and is tried until there is one. PostgreSQL keeps old row
versions until VACUUM, which is asked for; its archived log is beyond us (docs/policy.md says so).
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import Connection, column, delete, func, select, table, update

from mailhub.incidents.models import IncidentCopy
from mailhub.queue.inspections import forget_words
from mailhub.queue.models import RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.registry.forgetting import forget_message, tidy_index
from mailhub.signatures.keeping import forget as forget_verdicts
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Location, Spool

log = logging.getLogger(__name__)

_TRIES, _PAUSE = 20, 0.5  # of the checkpoint, seconds
_VACUUMED = (
    "message", "event", "attachment", "document", "recipient", "pending_word", "policy_decision", "signature_verdict",
)  # fmt: skip
# Stands above us; its row of a secret is written anew, bare, by whoever judged it.
_decision = table("policy_decision", column("message_id"))


def forget_rows(connection: Connection, message_id: int) -> None:
    """Take the words of a stored message out of every table, in the caller's transaction."""
    forget_words(connection, message_id)
    forget_message(connection, message_id)
    forget_verdicts(connection, [message_id])
    connection.execute(delete(_decision).where(_decision.c.message_id == message_id))


def delivered_to(connection: Connection, message_id: int) -> tuple[str, ...]:
    """Whose mailboxes the message reached, or may be on its way to, although it was only then known for what it is: a
    person had let it go before it was read."""
    query = select(recipient_table.c.address).where(
        recipient_table.c.message_id == message_id,
        recipient_table.c.destination == "local",
        (recipient_table.c.state == RecipientState.DELIVERED.value) | (recipient_table.c.attempts > 0),
    )
    return tuple(connection.scalars(query))


def reached(connection: Connection, message_id: int) -> int:
    """How many recipients had the message before it was known for what it is, here or elsewhere."""
    done = recipient_table.c.state == RecipientState.DELIVERED.value
    query = select(func.count()).where(recipient_table.c.message_id == message_id, done)
    return connection.execute(query).scalar_one()


def wipe(database: Database, spool: Spool, message_id: int) -> None:
    """Overwrite the message's octets, then empty the log; marks them as gone. May be done twice.

    Raises:
        StoreUnavailable
    """
    columns = (message_table.c.spool_file, message_table.c.spool_offset, message_table.c.spool_length)
    with database.read() as connection:
        row = connection.execute(select(*columns).where(message_table.c.id == message_id)).one_or_none()
    if row is not None:
        spool.wipe(Location(row.spool_file, row.spool_offset, row.spool_length))
    with database.write() as connection:
        done = update(IncidentCopy).where(IncidentCopy.stored_id == message_id).values(due_at=None, looked=1)
        connection.execute(done)
    tidy_index(database)
    empty_log(database)


def empty_log(database: Database) -> bool:
    """Leave no older page of the database behind in its log; False when readers did not let go in time: then
    housekeeping does it, which asks for the same once a minute."""
    if not database.is_sqlite:
        _vacuum(database)
        return True
    for _ in range(_TRIES):
        if database.truncate_log():
            return True
        time.sleep(_PAUSE)
    log.warning("the database's log could not be emptied yet: somebody reads all the time")
    return False


def _vacuum(database: Database) -> None:
    """Have PostgreSQL take the old row versions out of its pages."""
    try:
        with database.read() as connection:  # outside any transaction, as VACUUM has to be
            for name in _VACUUMED:
                connection.exec_driver_sql(f"VACUUM {name}")
    except StoreUnavailable as error:
        log.warning("PostgreSQL could not be vacuumed: %s", error)
