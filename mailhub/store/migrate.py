"""Brings a database's tables to what this version of mailhub expects (Alembic, `store/migrations/`)."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(config, revision)
