from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailhub.accounts.directory import Directory
from mailhub.store.database import Database
from tests.support.accounts import make_province
from tests.support.databases import database, sqlite_database

__all__ = ["database", "directory", "province", "sqlite_database"]


@pytest.fixture
def province(database: Database) -> Database:
    """The database with the small province in it."""
    make_province(database)
    return database


@pytest.fixture
def directory(province: Database) -> Iterator[Directory]:
    opened = Directory(province)
    yield opened
    opened.close()
