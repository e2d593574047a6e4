from __future__ import annotations

from tests.support.databases import database, sqlite_database
from tests.support.pki import pki

__all__ = ["database", "pki", "sqlite_database"]
