from tests.support.databases import sqlite_database  # noqa: F401
