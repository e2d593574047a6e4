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
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool

from mailhub.store.errors import StoreUnavailable

_CHECKPOINT_PATIENCE_MS = 200  # writers wait meanwhile
_PASSING = ("locked", "full")  # faults that a connection outlives


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
    """One writer at a time, among threads by a lock and among processes by flock(2) on `path`.

    Nobody waits longer than `patience` seconds: a process that was stopped in its turn must not stop the others
    for good, and whoever commits knows that its client is still there.
    """

    def __init__(self, path: Path | None, patience: float = 0.0) -> None:
        self._path = path
        self._patience = patience
        self._lock = threading.Lock()
        self._fd = -1
        self._pid = 0
        self._guard = threading.Lock()
        self._asking = False  # a thread sits in flock(2)
        self._wanted = False
        self._got = threading.Event()

    @contextmanager
    def taken(self) -> Iterator[None]:
        if self._path is None:
            with self._lock:
                yield
            return
        if not self._lock.acquire(timeout=2 * self._patience):
            raise StoreUnavailable("database: another thread has been writing for too long")
        try:
            self._open(self._path)
            self._wait()
            try:
                yield
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Give the file back, unless somebody writes or waits just now. The next writer opens it again."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            with self._guard:
                if self._pid == os.getpid() and not self._asking:
                    os.close(self._fd)
                    self._fd, self._pid = -1, 0
        finally:
            self._lock.release()

    def _open(self, path: Path) -> None:
        if self._pid == os.getpid():  # flock belongs to the open file: a forked child needs its own
            return
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"cannot open {path}: {error.strerror}") from error
        self._pid, self._guard, self._asking = os.getpid(), threading.Lock(), False

    def _wait(self) -> None:
        """Come to our turn. flock(2) knows no time limit, and asking again and again starves: a thread asks."""
        if not self._asking:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pass
        with self._guard:
            self._wanted = True
            self._got.clear()
            if not self._asking:
                self._asking = True
                threading.Thread(target=self._ask, name="database turn", daemon=True).start()
        if self._got.wait(self._patience):
            return
        with self._guard:
            if self._got.is_set():
                return
            self._wanted = False
        raise StoreUnavailable("database: another process has been writing for too long")

    def _ask(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        with self._guard:
            self._asking = False
            if self._wanted:
                self._got.set()
            else:  # whoever wanted it has gone
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
        with self._faults(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed (with fsync) when the block ends, undone when it raises.

        Raises:
            StoreUnavailable: the database does not answer, or cannot write (disk full, read-only).
            IntegrityError, DataError: a constraint or a type refused the rows; the caller knows what that means.
        """
        with self._turn.taken(), self._faults(), self._writer.begin() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the database file as far as no reader is in the way."""
        if self.is_sqlite:
            with self._faults(), self._reader.connect() as connection:
                # The bulk while others write on; then, in a turn of its own, the rest, unless a reader is in the way.
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
                patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
                with self._turn.taken():
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={_CHECKPOINT_PATIENCE_MS}")
                    try:
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    finally:
                        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")

    def truncate_log(self) -> bool:
        """Empty SQLite's log, so that no page is left in it as it was; whether no reader was in the way.

        Raises:
            StoreUnavailable
        """
        with self._faults(), self._reader.connect() as connection, self._turn.taken():
            patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_CHECKPOINT_PATIENCE_MS}")
            try:
                row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
            return bool(row[0] == 0)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError):
            raise
        except (DBAPIError, SQLAlchemyError) as error:
            if self.is_sqlite and not any(word in str(error) for word in _PASSING):
                self.close()  # what comes next opens the files anew
            raise StoreUnavailable(f"database: {getattr(error, 'orig', None) or error}") from error

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()
        self._turn.close()

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them: they are still its own."""
        self._reader.dispose(close=False)
        self._writer.dispose(close=False)


def open_database(url: str, *, checkpoints: bool = False, busy_seconds: float = 10.0) -> Database:
    """Open the database at `url` (`sqlite:////absolute/path` or `postgresql+psycopg://…`).

    `checkpoints` is true in exactly one process of a SQLite database. Nothing is touched before first use.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        writer = create_engine(
            parsed, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": int(busy_seconds)}
        )
        autocommit: Engine = writer.execution_options(isolation_level="AUTOCOMMIT")
        return Database(autocommit, writer, _Turn(None))
    path = Path(str(parsed.database)).absolute()
    reader = _sqlite_engine(path, writes=False, checkpoints=False, busy_seconds=busy_seconds)
    writer = _sqlite_engine(path, writes=True, checkpoints=checkpoints, busy_seconds=busy_seconds)
    return Database(reader, writer, _Turn(path.with_name(path.name + ".turn"), busy_seconds))


def _sqlite_engine(path: Path, *, writes: bool, checkpoints: bool, busy_seconds: float) -> Engine:
    import pysqlite3.dbapi2 as sqlite  # bundles a SQLite without the WAL-reset bug

    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=sqlite,
        hide_parameters=True,  # rows hold addresses, logs must not
        poolclass=QueuePool,
        pool_size=4 if not writes else 1,
        max_overflow=16 if not writes else 0,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_seconds},
    )

    @event.listens_for(engine, "do_connect")
    def refuse_read_only(*_: Any) -> None:
        # SQLite would open the files read-only, and the whole process keep the log's index so for as long as any of
        # its connections lives, even when the files can be written again.
        for file in (path.parent, path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            if file.exists() and not os.access(file, os.W_OK):
                raise sqlite.OperationalError(f"{file} may not be written")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            # What a row said is overwritten when it goes or moves: a secret's words must not lie on in free pages, nor
            # in those that were freed before anybody knew what they were (incidents/scrubbing.py).
            "secure_delete=ON",
            f"wal_autocheckpoint={1000 if checkpoints else 0}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
