from tests.support.databases import database, sqlite_database  # noqa: F401
