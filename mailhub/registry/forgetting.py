"""A message that proves to be a secret: what it alone brought is no document any more.

Of the secret file its hash, size, type and level stay (`secret.py`), so that it is known at once when it comes again.
What others sent as well is theirs, and stays.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from mailhub.registry.index import PREFIXES, drop_tokens, merge_step
from mailhub.registry.readings import stored_facts
from mailhub.registry.secret import holds_secret
from mailhub.registry.tables import (
    agency_table,
    attachment_table,
    correction_table,
    document_table,
    file_table,
    link_table,
    text_table,
)
from mailhub.store.database import Database

_MOST_STEPS = 10_000


def forget_message(connection: Connection, message_id: int) -> None:
    """Take the names and documents that the message brought out of the registry, in the caller's transaction."""
    here = attachment_table.c.message_id == message_id
    hashes = {bytes(one) for one in connection.scalars(select(attachment_table.c.sha256).where(here))}
    connection.execute(update(attachment_table).where(here).values(names="[]", declared=""))
    for sha256 in hashes:
        # Those of other messages that were forgotten in the same way say nothing, not even a type.
        others = (attachment_table.c.sha256 == sha256, ~here, attachment_table.c.declared != "")
        elsewhere = select(attachment_table.c.id).where(*others).limit(1)
        if connection.execute(elsewhere).first() is None:
            _forget_file(connection, sha256)


def _forget_file(connection: Connection, sha256: bytes) -> None:
    found = connection.execute(select(document_table.c.id).where(document_table.c.sha256 == sha256)).scalar()
    facts, _ = stored_facts(connection, sha256)
    if facts is not None and holds_secret(facts):
        return  # bare already
    connection.execute(delete(file_table).where(file_table.c.sha256 == sha256))
    if found is None:
        return
    for name in PREFIXES:
        drop_tokens(connection, name, found)
    connection.execute(delete(link_table).where((link_table.c.document_id == found) | (link_table.c.other_id == found)))
    for one in (agency_table, text_table, correction_table):
        connection.execute(delete(one).where(one.c.document_id == found))
    connection.execute(update(attachment_table).where(attachment_table.c.document_id == found).values(document_id=None))
    connection.execute(delete(document_table).where(document_table.c.id == found))


def tidy_index(database: Database) -> None:
    """Have the search index of SQLite give up the words of documents that were taken out of it: FTS5 marks a row as
    gone and keeps its words until the segments are merged. In small steps, since each holds up every writer."""
    if not database.is_sqlite:
        return
    for name in PREFIXES:
        for _ in range(_MOST_STEPS):
            with database.write() as connection:
                if not merge_step(connection, name):
                    break


__all__ = ["forget_message", "tidy_index"]
