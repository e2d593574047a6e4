"""The one door to the database: turns, faults, migrations."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mailhub.registry import index
from mailhub.store.database import Database, open_database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.migrate import migrate
from mailhub.store.schema import METADATA
from tests.support.databases import ENGINES, new_database

pytestmark = pytest.mark.unit

COUNTING = """
import sys
from mailhub.store.database import open_database
from sqlalchemy import text
database = open_database(sys.argv[1])
for _ in range(200):
    with database.write() as connection:
        number = connection.scalar(text("SELECT number FROM counter"))
        connection.execute(text("UPDATE counter SET number = :n"), {"n": number + 1})
"""


@pytest.fixture
def counter(tmp_path: Path) -> Database:
    database = open_database(f"sqlite:///{tmp_path}/test.db", checkpoints=True, busy_seconds=0.3)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (number INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return database


def _number(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(text("SELECT number FROM counter")) or 0)


def _add_one(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE counter SET number = number + 1"))


def test_writers_of_several_processes_take_turns(counter: Database, tmp_path: Path) -> None:
    command = [sys.executable, "-c", COUNTING, f"sqlite:///{tmp_path}/test.db"]
    writers = [subprocess.Popen(command) for _ in range(3)]
    for _ in range(50):
        _add_one(open_database(f"sqlite:///{tmp_path}/test.db"))
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert _number(counter) == 650


def test_writers_of_several_threads_take_turns(tmp_path: Path, counter: Database) -> None:
    patient = open_database(f"sqlite:///{tmp_path}/test.db")

    def work() -> None:
        for _ in range(100):
            _add_one(patient)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _number(counter) == 400


def test_a_turn_that_another_process_keeps_is_not_waited_for_without_end(counter: Database, tmp_path: Path) -> None:
    handle = os.open(tmp_path / "test.db.turn", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    threads = threading.active_count()
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="another process"):
            _add_one(counter)
        assert time.monotonic() - began < 5
    assert threading.active_count() == threads + 1  # one asks, however many gave up
    os.close(handle)
    deadline = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    _add_one(counter)  # and the lock that nobody waited for any more was given back
    _add_one(open_database(f"sqlite:///{tmp_path}/test.db"))
    assert _number(counter) == 2


def test_the_turn_of_a_process_that_was_killed_is_free(counter: Database, tmp_path: Path) -> None:
    holding = (
        "import sys, time\nfrom mailhub.store.database import open_database\n"
        "with open_database(sys.argv[1]).write() as c:\n"
        "    c.exec_driver_sql('UPDATE counter SET number = 99')\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", holding, f"sqlite:///{tmp_path}/test.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreUnavailable):
            _add_one(counter)
        holder.send_signal(signal.SIGKILL)
    _add_one(counter)
    assert _number(counter) == 1


def test_a_database_that_is_locked_by_a_stranger_is_a_temporary_fault(counter: Database, tmp_path: Path) -> None:
    stranger = open_database(f"sqlite:///{tmp_path}/test.db")
    with stranger._writer.begin():  # BEGIN IMMEDIATE without the turn, as sqlite3(1) would
        with pytest.raises(StoreUnavailable, match="locked"):
            _add_one(counter)
        assert _number(counter) == 0  # reading goes on
    _add_one(counter)


def test_a_forked_child_has_a_turn_of_its_own(counter: Database) -> None:
    _add_one(counter)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            counter.after_fork()
            _add_one(counter)
            code = 0
        finally:
            os._exit(code)
    _add_one(counter)
    assert os.waitpid(pid, 0)[1] == 0
    assert _number(counter) == 3


def test_a_closed_database_keeps_no_file_open_and_writes_again_when_asked(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/closed.db")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with database.write() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS t (n INTEGER)"))
        database.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_constraint_is_not_a_fault_of_the_store(counter: Database) -> None:
    with pytest.raises(IntegrityError), counter.write() as connection:
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    _add_one(counter)


def test_a_block_that_raises_leaves_nothing(counter: Database) -> None:
    with pytest.raises(RuntimeError), counter.write() as connection:  # noqa: PT012
        connection.execute(text("UPDATE counter SET number = 5"))
        raise RuntimeError
    assert _number(counter) == 0


def test_a_database_without_its_folder_is_a_temporary_fault(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/missing/test.db")
    with pytest.raises(StoreUnavailable):
        _add_one(database)
    with pytest.raises(StoreUnavailable):
        _number(database)


def test_a_file_that_could_only_be_read_is_opened_anew(counter: Database, tmp_path: Path) -> None:
    """What SQLite did when it may not write, at the next connection; root may always write, so it is told."""
    counter.close()
    with counter.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreUnavailable, match="readonly"):
        _add_one(counter)
    _add_one(counter)
    assert _number(counter) == 1


def test_a_checkpoint_empties_the_log_and_does_not_wait_for_a_reader(counter: Database, tmp_path: Path) -> None:
    log = tmp_path / "test.db-wal"
    with open_database(f"sqlite:///{tmp_path}/test.db").read() as reader:
        result = reader.exec_driver_sql("SELECT number FROM counter")
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT * FROM counter").all()
        result.close()
        _add_one(counter)
        began = time.monotonic()
        counter.checkpoint()
        assert time.monotonic() - began < 3
        reader.exec_driver_sql("COMMIT")
    counter.checkpoint()
    assert log.stat().st_size == 0
    assert _number(counter) == 1


def _is_of_the_models(name: str | None, kind: str, _parents: object) -> bool:
    """Everything but the index for searching, which each engine makes in its own way."""
    return kind != "table" or name is None or not name.startswith(index.PREFIXES)


@pytest.mark.parametrize("engine", ENGINES)
def test_migrations_make_exactly_the_models_tables_and_may_run_twice(engine: str, tmp_path: Path) -> None:
    url = new_database(engine, tmp_path)
    migrate(url)
    migrate(url)
    database = open_database(url)
    with database.write() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": _is_of_the_models}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, METADATA) == []
    database.close()
