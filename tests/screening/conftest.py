from tests.accounts.conftest import province
from tests.support.databases import database, sqlite_database

__all__ = ["database", "province", "sqlite_database"]
