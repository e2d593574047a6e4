from __future__ import annotations

from tests.accounts.conftest import database, directory, province, sqlite_database

__all__ = ["database", "directory", "province", "sqlite_database"]
