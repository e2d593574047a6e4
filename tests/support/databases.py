"""The fixture `database`: an empty database with all tables, once on SQLite and once on PostgreSQL.

A test module asks for it by `from tests.support.databases import database` (and `# noqa: F401`), or a conftest does
so for a folder. One PostgreSQL cluster a worker, made by initdb below /tmp and listening on a Unix socket only; it
refuses to run as root, so that root lends it to `postgres` or `nobody`. One database a test.
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

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA

ENGINES = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of its own, on either engine."""
    opened = new_tables(request.param, tmp_path)
    yield opened
    opened.close()


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
    return _create(f"test_{os.getpid()}_{next(_numbers)}")


def new_tables(engine: str, folder: Path) -> Database:
    """An open database with all tables: a copy of one that has them, which takes a tenth of the time."""
    if engine == "postgresql":
        return open_database(_create(f"test_{os.getpid()}_{next(_numbers)}", template=_template()))
    (folder / "mailhub.db").write_bytes(_empty_file())
    return open_database(new_database(engine, folder), checkpoints=True)


def copy_database(url: str) -> str:
    """The URL of a copy of the database at `url` in the worker's cluster; nobody may be connected to that."""
    return _create(f"test_{os.getpid()}_{next(_numbers)}", template=str(make_url(url).database))


def drop_database(url: str) -> None:
    """Give the room of a database in the worker's cluster back, for tests that make many."""
    admin = create_engine(cluster(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@cache
def _template() -> str:
    _make_tables(_create("tables"))  # nobody may be connected to a template
    return "tables"


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
    careless = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
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
