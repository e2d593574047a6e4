"""One writer at a time for the rows that several messages share: figures, correspondents, networks.

On PostgreSQL two processes that add to the same rows in different orders would end in a deadlock. Whoever writes such
rows takes this turn first, before any lock of the audit log, and keeps it to the commit. SQLite has one writer anyway.
"""

from __future__ import annotations

from sqlalchemy import Connection

_TURN = 0x6D61696C68756201  # any number of our own


def take_turn(connection: Connection) -> None:
    """Wait for the turn; it ends with the transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
