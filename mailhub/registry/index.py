"""The index for searching, on either engine: for each document the set of its tokens (`tokens.py`), nothing else.

SQLite: FTS5 without content and positions, so that it holds no text and may be changed row by row. PostgreSQL: a
tsvector made of our own lexemes. Neither stems nor folds for us: both would do it differently, and neither knows đ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, TableClause, column, table
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.event import listen

from mailhub.registry.tokens import Clause, Term
from mailhub.store.database import Base

_MERGED_PAGES = 500  # of the index, in one step
FIELDS, TEXTS = "document_search", "document_text_search"
# Everything that these names begin is the engine's own business, not the models'.
PREFIXES = (FIELDS, TEXTS)

# FTS5 has a hidden column of its table's own name, which is what it is asked by.
_TABLES = {name: table(name, column("rowid"), column("words"), column(name)) for name in PREFIXES}

_SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(words, content='', contentless_delete=1, detail=none, "
    "prefix='2 3 4 5 6 7 8', tokenize='ascii')"
)
_POSTGRESQL = (
    "CREATE TABLE IF NOT EXISTS {name} (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_{name}_words ON {name} USING gin (words)",
)


def search_table(name: str) -> TableClause:
    """`document_search` or `document_text_search`: `rowid` is the document's number."""
    return _TABLES[name]


def create_index_tables(connection: Connection) -> None:
    """What the models cannot say: called by the migration, and by `create_all` in tests."""
    for name in PREFIXES:
        for statement in (_SQLITE,) if connection.dialect.name == "sqlite" else _POSTGRESQL:
            connection.exec_driver_sql(statement.format(name=name))


def drop_index_tables(connection: Connection) -> None:
    """Undo `create_index_tables`."""
    for name in PREFIXES:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def put_tokens(connection: Connection, name: str, tokens: Mapping[int, Collection[str]]) -> None:
    """Index each document by its tokens, in place of what it was indexed by before."""
    if not tokens:
        return
    if connection.dialect.name == "sqlite":
        rows: Sequence[Any] = [(number, " ".join(sorted(words))) for number, words in sorted(tokens.items())]
        connection.exec_driver_sql(f"INSERT OR REPLACE INTO {name} (rowid, words) VALUES (?, ?)", rows)  # noqa: S608
        return
    rows = [{"id": number, "words": sorted(words)} for number, words in sorted(tokens.items())]
    connection.exec_driver_sql(
        f"INSERT INTO {name} (rowid, words) VALUES (%(id)s, array_to_tsvector(%(words)s)) "  # noqa: S608
        "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words",
        rows,
    )


def drop_tokens(connection: Connection, name: str, document_id: int) -> None:
    """Take a document out of the index."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(f"DELETE FROM {name} WHERE rowid = {mark}", (document_id,))  # noqa: S608


def merge_step(connection: Connection, name: str) -> bool:
    """Merge some of the index's segments, so that words of rows that are gone go as well; False when nothing is left
    to do (SQLite, https://sqlite.org/fts5.html#the_merge_command: a negative number merges what `automerge` would not).
    """
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', {-_MERGED_PAGES})")  # noqa: S608
    after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return bool(after - before >= 2)


def matches(
    connection: Connection, name: str, clauses: Sequence[Clause], excluded: Sequence[Sequence[Clause]] = ()
) -> ColumnElement[bool]:
    """The condition that a row of the index has all of `clauses`, and not all of any of `excluded`."""
    index = search_table(name)
    if connection.dialect.name == "sqlite":
        question = _fts5(clauses)
        for others in excluded:
            question = f"({question}) NOT ({_fts5(others)})"
        return index.c[name].op("MATCH", is_comparison=True)(question)
    question = _tsquery(clauses)
    for others in excluded:
        question = f"({question}) & !({_tsquery(others)})"
    return index.c.words.op("@@", is_comparison=True)(sql_cast(question, TSQUERY))


def _fts5(clauses: Sequence[Clause]) -> str:
    return " AND ".join("(" + " OR ".join(_fts5_term(term) for term in clause) + ")" for clause in clauses)


def _fts5_term(term: Term) -> str:
    return f'"{_safe(term.token)}"' + ("*" if term.prefix else "")


def _tsquery(clauses: Sequence[Clause]) -> str:
    return " & ".join("(" + " | ".join(_tsquery_term(term) for term in clause) + ")" for clause in clauses)


def _tsquery_term(term: Term) -> str:
    return f"'{_safe(term.token)}'" + (":*" if term.prefix else "")


def _safe(token: str) -> str:
    """Tokens are letters and digits already; nothing else may come near the engines' own signs."""
    return "".join(c for c in token if c.isalnum()) or "0"


def _after_create(_metadata: Any, connection: Connection, **_options: Any) -> None:
    create_index_tables(connection)


listen(Base.metadata, "after_create", _after_create)
