"""Brings a database's tables to what this version of mailhub expects (Alembic, `store/migrations/`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from mailhub.store.database import Database, open_database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Apply what is missing, in one transaction.

    Raises:
        StoreUnavailable: the database cannot be written.
    """
    database = open_database(url)
    try:
        migrate_database(database)
    finally:
        database.close()


def migrate_database(database: Database) -> None:
    """As `migrate`, on a database that is open."""
    with database.write() as connection:
        apply_migrations(connection)


def apply_migrations(connection: Connection, revision: str = "head") -> None:
    """Upgrade the tables to `revision` on `connection`; the caller commits."""

    def steps(current: tuple[str, ...], _context: Any) -> Sequence[Any]:
        return migration_scripts()._upgrade_revs(revision, current)  # type: ignore[arg-type]

    context = MigrationContext.configure(connection, opts={"fn": steps, "transaction_per_migration": False})
    with Operations.context(context):
        context.run_migrations()


@cache
def migration_scripts() -> ScriptDirectory:
    """The revisions, all read: a process that gives up root may not be able to read them afterwards."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    list(scripts.walk_revisions())
    return scripts
