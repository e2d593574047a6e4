"""The one door to the database: SQLite by default, PostgreSQL when a province has outgrown one machine.

SQLite is opened twice: to read (each statement on its own, never blocked in WAL mode) and to write. Writers
take turns by a lock file around `BEGIN IMMEDIATE … COMMIT` instead of meeting in SQLite's busy handler, which
polls and starves (measured with four processes: p99 7 ms against 19 ms). One process checkpoints.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool

from mailhub.store.errors import StoreUnavailable


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can name them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class _Turn:
    """One writer at a time, among threads by a lock and among processes by flock(2) on `path`."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._fd = -1
        self._pid = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._lock:
            if self._path is None:
                yield
                return
            if self._pid != os.getpid():  # flock belongs to the open file: a forked child needs its own
                try:
                    self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                except OSError as error:
                    raise StoreUnavailable(f"cannot open {self._path}: {error.strerror}") from error
                self._pid = os.getpid()
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)


class Database:
    """Connections to read and to write with; safe to use from any thread, opened anew after a fork."""

    def __init__(self, reader: Engine, writer: Engine, turn: _Turn) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = turn

    @property
    def is_sqlite(self) -> bool:
        return self._writer.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with; every statement sees what was committed before it.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        with _faults(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed (with fsync) when the block ends, undone when it raises.

        Raises:
            StoreUnavailable: the database does not answer, or cannot write (disk full, read-only).
            IntegrityError: a constraint refused the rows; the caller knows what that means.
        """
        with self._turn.taken(), _faults(), self._writer.begin() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the database file as far as no reader is in the way."""
        if self.is_sqlite:
            with self._turn.taken(), _faults(), self._reader.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them: they are still its own."""
        self._reader.dispose(close=False)
        self._writer.dispose(close=False)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, SQLAlchemyError) as error:
        raise StoreUnavailable(f"database: {getattr(error, 'orig', None) or error}") from error


def open_database(url: str, *, checkpoints: bool = False, busy_seconds: float = 10.0) -> Database:
    """Open the database at `url` (`sqlite:////absolute/path` or `postgresql+psycopg://…`).

    `checkpoints` is true in exactly one process of a SQLite database. Nothing is touched before first use.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        writer = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": int(busy_seconds)})
        autocommit: Engine = writer.execution_options(isolation_level="AUTOCOMMIT")
        return Database(autocommit, writer, _Turn(None))
    path = Path(str(parsed.database)).absolute()
    reader = _sqlite_engine(path, writes=False, checkpoints=False, busy_seconds=busy_seconds)
    writer = _sqlite_engine(path, writes=True, checkpoints=checkpoints, busy_seconds=busy_seconds)
    return Database(reader, writer, _Turn(path.with_name(path.name + ".turn")))


def _sqlite_engine(path: Path, *, writes: bool, checkpoints: bool, busy_seconds: float) -> Engine:
    import pysqlite3.dbapi2 as sqlite  # bundles a SQLite without the WAL-reset bug

    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=sqlite,
        poolclass=QueuePool,
        pool_size=4 if not writes else 1,
        max_overflow=16 if not writes else 0,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_seconds},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={1000 if checkpoints else 0}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
