from __future__ import annotations

import pytest

from mailhub.store.database import Database
from tests.support.accounts import make_province
from tests.support.databases import database, sqlite_database

__all__ = ["database", "province", "sqlite_database", "sqlite_province"]


@pytest.fixture
def province(database: Database) -> Database:
    """The small province, on either engine."""
    make_province(database)
    return database


@pytest.fixture
def sqlite_province(sqlite_database: Database) -> Database:
    """The same on SQLite alone."""
    make_province(sqlite_database)
    return sqlite_database
