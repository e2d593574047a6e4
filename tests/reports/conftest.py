from __future__ import annotations

import pytest

from mailhub.store.database import Database
from tests.support.accounts import make_province
from tests.support.databases import database, sqlite_database

__all__ = ["database", "province", "sqlite_database"]


@pytest.fixture
def province(database: Database) -> Database:
    """The database with the small province in it."""
    make_province(database)
    return database
