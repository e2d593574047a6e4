"""Statements of the hot path, compiled once.

SQLAlchemy spends more time on binding the parameters of a row than SQLite on storing it. Where a statement is run
for thousands of rows and its values need no conversion (integers, text, bytes, booleans), it is compiled once a
dialect and handed to the driver as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Delete, Insert, Select, Update

Writing = Insert | Update | Delete


class Prepared:
    """A writing statement. `parameters` of `execute_many` are keyed by column, or by `bindparam` name."""

    def __init__(self, statement: Writing, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def execute_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row; every row has the same keys. Nothing happens without rows."""
        if not rows:
            return
        sql, order = self._text(connection)
        if order is None:
            connection.exec_driver_sql(sql, [dict(row) for row in rows])
        else:
            connection.exec_driver_sql(sql, [tuple([row[name] for name in order]) for row in rows])

    def execute(self, connection: Connection, row: Mapping[str, Any]) -> int:
        """Run it once; how many rows it wrote."""
        sql, order = self._text(connection)
        values: Any = dict(row) if order is None else tuple([row[name] for name in order])
        return connection.exec_driver_sql(sql, values).rowcount

    def _text(self, connection: Connection) -> tuple[str, list[str] | None]:
        known = self._compiled.get(connection.dialect.name)
        if known is None:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
            known = self._compiled[connection.dialect.name] = (str(compiled), compiled.positiontup)
        return known


class PreparedQuery:
    """A reading statement whose values are all `bindparam`s. The `expanding` ones are lists, and it is compiled once
    for each of their lengths: for lists of a few."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], tuple[str, list[str] | None]] = {}

    def execute(self, connection: Connection, parameters: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it."""
        sql, values = self._text(connection, parameters)
        return connection.exec_driver_sql(sql, values)

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows, on a cursor of the driver: a third of what `execute` costs. For columns that need no conversion."""
        sql, values = self._text(connection, parameters)
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(sql, values)
                return cursor.fetchall()  # to the end, so that no read transaction stays open
            finally:
                cursor.close()
        except Exception:  # once more the long way, which knows a broken connection and names our own error
            return connection.exec_driver_sql(sql, values).all()

    def _text(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[str, Any]:
        values: dict[str, Any] = {}
        for name, value in parameters.items():
            if isinstance(value, list):
                values.update({f"{name}_{place}": one for place, one in enumerate(value, 1)})
            else:
                values[name] = value
        key = (connection.dialect.name, *values)
        known = self._compiled.get(key)
        if known is None:
            filled = self._statement.params(**parameters)
            compiled = filled.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
            known = self._compiled[key] = (str(compiled), compiled.positiontup)
        sql, order = known
        return sql, values if order is None else tuple([values[name] for name in order])
