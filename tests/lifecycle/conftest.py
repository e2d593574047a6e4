from __future__ import annotations

from tests.accounts.conftest import database, province, sqlite_database

__all__ = ["database", "province", "sqlite_database"]
