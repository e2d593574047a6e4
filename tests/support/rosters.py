"""Staff lists for tests: planned, applied and undone on a database, without a hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from mailhub.accounts.control.proposals import decide
from mailhub.accounts.rights import Actor, Role, console
from mailhub.clock import now_ms
from mailhub.roster import applying, undoing
from mailhub.roster.keeping import KeptRow, RowState, find_import, rows_of
from mailhub.roster.planning import Plan, Source, make_plan
from mailhub.roster.table import Sheet
from mailhub.settings.sections.accounts import AccountsSection
from mailhub.store.database import Base, Database
from mailhub.store.sealing import Sealer

ROOT = console("test")
SECOND = Actor(name="lanhdao@tinh.gov.vn", role=Role.CONSOLE, account_id=7, proved=True)
SETTINGS = AccountsSection()
SEALER = Sealer(b"k" * 32)
HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Đơn vị", "Số CCCD", "Email")
# What an import writes beside the accounts, and counters.
_BESIDE = {"audit_log", "audit_head", "directory_version", "roster_import", "roster_row", "letter", "install_key"}
_BESIDE |= {"closing", "closing_door", "proposal", "process_seen", "web_job", "web_session"}

Row = Sequence[str]


def sheet(*rows: Row, header: Row = HEADER, name: str = "") -> list[Sheet]:
    """A list of people under the usual header."""
    return [Sheet(name, [header, *rows])]


def plan(
    database: Database,
    sheets: Sequence[Sheet],
    *,
    agency: str = "",
    complete: bool = False,
    actor: Actor = ROOT,
    at: int | None = None,
    **more: Any,
) -> Plan:
    """Plan the list."""
    digest = hashlib.sha256(repr(sheets).encode()).digest()
    source = Source(name="ds.xlsx", digest=digest, sheets=sheets, complete=complete, **more)
    with database.write() as connection:
        return make_plan(connection, actor, agency, source, settings=SETTINGS, sealer=SEALER, at=at)


def agree(database: Database, code: str) -> None:
    """Have a second person agree when the list needs one."""
    with database.write() as connection:
        if applying.needs_second_person(find_import(connection, code), SETTINGS):
            asked = applying.ask_second_person(connection, ROOT, code, reason="thử", hours=1)
            decide(connection, SECOND, asked, agree=True)


def apply(
    database: Database, code: str, *, size: int = 200, batches: int = 10_000, actor: Actor = ROOT
) -> dict[str, int]:
    """Apply it, or only so many batches."""
    agree(database, code)
    with database.write() as connection:
        applying.begin(connection, actor, code, rules=SETTINGS)
    for _ in range(batches):
        with database.write() as connection:
            if not applying.apply_batch(connection, actor, code, rules=SETTINGS, size=size):
                break
    else:
        return {}
    with database.write() as connection:
        return applying.finish(connection, actor, code)


def undo(
    database: Database,
    code: str,
    *,
    size: int = 200,
    batches: int = 10_000,
    mail: Sequence[str] = (),
    at: int | None = None,
) -> dict[str, int]:
    """Undo it, or only so many batches; `mail`: addresses that mail has reached."""
    with database.write() as connection:
        undoing.begin_undo(connection, ROOT, code, rules=SETTINGS, reason="thử", at=at)
    for _ in range(batches):
        with database.write() as connection:
            done = undoing.undo_batch(
                connection, ROOT, code, size=size, has_mail=lambda _, wanted: set(wanted) & set(mail)
            )
        if not done:
            break
    else:
        return {}
    with database.write() as connection:
        return undoing.finish_undo(connection, ROOT, code)


def rows(database: Database, code: str, *states: RowState) -> list[KeptRow]:
    """The import's rows."""
    with database.read() as connection:
        return rows_of(connection, find_import(connection, code).id, states=states)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but what an import writes beside the accounts, and the revision, which only rises."""
    found = {}
    with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in _BESIDE:
                continue
            columns = [column for column in table.columns if column.name != "revision"]
            query = select(*columns).order_by(*table.primary_key.columns)
            if lines := [tuple(row) for row in connection.execute(query)]:
                found[table.name] = lines
    return found


def later(hours: float) -> int:
    """So many hours from now, in ms."""
    return now_ms() + int(hours * 3_600_000)
