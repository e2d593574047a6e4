"""The fixture `database`: an empty database with all tables, once on SQLite and once on PostgreSQL.

A test module asks for it by `from tests.support.databases import database` (and `# noqa: F401`), or a conftest does
so for a folder. One PostgreSQL cluster a worker, made by initdb below /tmp and listening on a Unix socket only; it
refuses to run as root, so that root lends it to `postgres` or `nobody`. One database a test; on PostgreSQL those of
earlier tests are emptied and used again, since making one costs three times what most tests do with it.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA

ENGINES = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of its own, on either engine."""
    sqlite = request.param == "sqlite"
    url = _copied_file(tmp_path) if sqlite else _emptied() or _create(_name(), template=_template())
    opened = _opened(url)
    yield opened
    opened.close()
    if not sqlite:
        _left.append(url)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A database of its own on SQLite, where the engine does not matter."""
    opened = new_tables("sqlite", tmp_path)
    yield opened
    opened.close()


def new_database(engine: str, folder: Path) -> str:
    """The URL of a new, empty database: a file in `folder`, or one in the worker's cluster."""
    if engine == "sqlite":
        return f"sqlite:///{folder / 'mailhub.db'}"
    return _create(_name())


def new_tables(engine: str, folder: Path) -> Database:
    """An open database with all tables: a copy of one that has them, which takes a tenth of the time."""
    url = _copied_file(folder) if engine == "sqlite" else _create(_name(), template=_template())
    return _opened(url)


def copy_database(url: str) -> str:
    """The URL of a copy of the database at `url` in the worker's cluster; nobody may be connected to that."""
    return _create(_name(), template=str(make_url(url).database))


def drop_database(url: str) -> None:
    """Give the room of a database in the worker's cluster back, for tests that make many."""
    admin = create_engine(cluster(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _name() -> str:
    return f"test_{os.getpid()}_{next(_numbers)}"


def _copied_file(folder: Path) -> str:
    (folder / "mailhub.db").write_bytes(_empty_file())
    return new_database("sqlite", folder)


def _opened(url: str) -> Database:
    """Without fsync(2), which is most of a small test's time: what outlives a power cut is seen elsewhere."""
    opened = open_database(url, checkpoints=True)
    if opened.is_sqlite:
        for engine in (opened._reader, opened._writer):
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return opened


_left: list[str] = []  # what tests have ended with
# Without its triggers, in which PostgreSQL keeps foreign keys: no table has to go before another. True when nothing
# but rows had been changed, and nobody is connected.
_EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND pg_relation_size(oid) > 0
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
END $$;
"""
_SHAPE = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), md5(string_agg(line, ',')) FROM (
    SELECT format('%s %s %s %s', c.relname, a.attname, a.atttypid, a.attnotnull) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum
) AS columns
"""


def _emptied() -> str:
    """The URL of a database that a test has left as it was made but for its rows, which are gone now; '' for none."""
    while _left:
        url = _left.pop()
        with psycopg.connect(host=str(make_url(url).query["host"]), user="app", dbname=make_url(url).database) as one:
            if one.execute(_SHAPE).fetchone() == (1, _template_shape()):
                one.execute(_EMPTY)
                return url
    return ""


@cache
def _template() -> str:
    _make_tables(_create("tables"))  # nobody may be connected to a template
    return "tables"


@cache
def _template_shape() -> str:
    with psycopg.connect(host=str(cluster().query["host"]), user="app", dbname=_template()) as one:
        found = one.execute(_SHAPE).fetchone()
    assert found is not None
    return str(found[1])


@cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _make_tables(new_database("sqlite", Path(folder)), checkpoints=True)
        return Path(folder, "mailhub.db").read_bytes()  # the last connection has moved its log into it


def _make_tables(url: str, *, checkpoints: bool = False) -> None:
    opened = open_database(url, checkpoints=checkpoints)
    with opened.write() as connection:
        METADATA.create_all(connection)
    opened.close()


def _create(name: str, template: str = "template0") -> str:
    base = cluster()
    admin = create_engine(base, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    return base.set(database=name).render_as_string(hide_password=False)


@cache
def cluster() -> URL:
    """Start this process's PostgreSQL, once; it is stopped when the process ends."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="mailhub-pg-", dir="/tmp"))
    folder.chmod(0o755)  # a hub under test runs as its own user, and has to reach the socket
    prefix = _step_down(folder)
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        subprocess.run([*prefix, *command], check=True, cwd=folder, capture_output=True, env={"PATH": os.defpath})

    run(
        f"{programs}/initdb",
        "-D",
        str(data),
        "-U",
        "app",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    careless = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"
    options = f"-k {folder} -c listen_addresses= -c max_connections=200 {careless}"
    started_by = os.getpid()

    def stop() -> None:
        if os.getpid() == started_by:  # not a forked child of the tests
            subprocess.run(
                [*prefix, f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop"],
                check=False,
                cwd=folder,
                capture_output=True,
            )
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    run(f"{programs}/pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(log), "start")
    return URL.create("postgresql+psycopg", username="app", database="postgres", query={"host": str(folder)})


def _step_down(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
