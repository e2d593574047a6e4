"""Imports and their rows in the database: written by the plan, moved on by `applying` and `undoing`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.tree import agency_subject, scope_of
from mailhub.ids import new_code, new_id, read_code
from mailhub.roster.deciding import PlannedRow, RowAct
from mailhub.roster.errors import NoSuchImport
from mailhub.roster.headers import Field
from mailhub.roster.models import RosterImport, RosterRow

ROSTER, JOIN = "roster", "join"  # kinds of imports: a staff list, the map of a domain that joins
_PROBLEM = 500
_IDENTIFIER = re.compile(r"(?<!\d)(?:\d{9}|\d{12})(?!\d)")  # CMND, CCCD; telephone numbers have ten or eleven


class ImportState(StrEnum):
    """How far an import has come."""

    PLANNED = "planned"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowState(StrEnum):
    """What became of one row."""

    PLANNED = "planned"
    DOUBT = "doubt"  # it waits for a person's word
    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"  # somebody changed the account after the plan
    UNDONE = "undone"
    KEPT = "kept"  # not taken back, `problem` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """An import as people read it."""

    id: int
    code: str
    kind: str
    state: ImportState
    agency_id: int
    agency: str
    file_name: str
    file_digest: bytes
    options: dict[str, Any]
    summary: dict[str, Any]
    planned_by: str
    planned_at: int
    proposal_code: str | None
    applied_by: str | None
    applied_at: int | None
    undone_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """One row of an import. `wanted` holds what is to be, `before` what undoing needs."""

    number: int
    line: int
    act: RowAct
    mailbox_id: int | None
    state: RowState
    wanted: dict[str, Any]
    before: dict[str, Any]
    problem: str


def store_plan(
    connection: Connection,
    actor: Actor,
    agency_id: int,
    kept: Mapping[str, Any],
    rows: Sequence[PlannedRow],
    *,
    at: int,
    kind: str = ROSTER,
) -> str:
    """Enter the import with its rows; gives its code."""
    number, code = new_id(), new_code()
    connection.execute(
        insert(RosterImport).values(
            id=number,
            code=code,
            kind=kind,
            state=ImportState.PLANNED.value,
            agency_id=agency_id,
            file_name=kept["name"][-300:],
            file_digest=kept["digest"],
            options=_json(kept["options"]),
            summary=_json(kept["summary"]),
            planned_by=actor.name,
            planned_at=at,
        )
    )
    if rows:
        connection.execute(insert(RosterRow), [_row(number, order, row) for order, row in enumerate(rows, 1)])
    return code


def _row(import_id: int, order: int, row: PlannedRow) -> dict[str, Any]:
    name, address = _without_identifiers(row.name), _without_identifiers(row.address)
    wanted: dict[str, Any] = {"values": row.wanted, "name": name, "address": address, "sheet": row.sheet}
    wanted |= {"revision": row.revision, "fresh": row.fresh, "doubt": row.doubt}
    wanted["findings"] = [
        [_without_identifiers(one.what), one.todo, one.fault, one.column, one.label] for one in row.findings
    ]
    faults = _without_identifiers("; ".join(str(one) for one in row.findings if one.fault))
    return {
        "import_id": import_id,
        "number": order,
        "line": row.line,
        "act": row.act.value,
        "mailbox_id": row.mailbox_id,
        "state": (RowState.DOUBT if row.doubt else RowState.PLANNED).value,
        "wanted": _json(wanted),
        "before": "{}",
        "problem": (row.doubt or faults)[:_PROBLEM],
    }


def _without_identifiers(text: str) -> str:
    """A cell's words that are kept: where columns have slipped, a personal identifier stands among the names."""
    return _IDENTIFIER.sub("…", text)


def find_import(connection: Connection, code: str) -> ImportRow:
    """The import with this code.

    Raises:
        NoSuchImport
    """
    query = _imports().where(RosterImport.code == (read_code(code) or code))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NoSuchImport(f"không có lần nhập danh sách nào mang mã {code}")
    return _read(dict(row))


def subject_of_import(connection: Connection, one: ImportRow) -> Subject:
    """What is asked when something is done with this import: its agency."""
    return agency_subject(connection, "agency", one.agency, one.agency_id)


def right_for(one: ImportRow, action: Action) -> Action:
    """What it takes to do that with this import: a domain joins by a right of its own."""
    return Action.DOMAIN_JOIN if one.kind == JOIN else action


def list_imports(connection: Connection, actor: Actor, *, limit: int = 100, kind: str = ROSTER) -> list[ImportRow]:
    """Those of the agencies that the actor may plan for, the newest first."""
    scope = scope_of(connection, actor, Action.ROSTER_PLAN)
    query = _imports().where(RosterImport.kind == kind).order_by(RosterImport.id.desc())
    if not scope.everything:
        query = query.where(RosterImport.agency_id.in_(scope.agencies or ()))
    return [_read(dict(row)) for row in connection.execute(query.limit(limit)).mappings()]


def check_readable(connection: Connection, actor: Actor, one: ImportRow, *, noted: str = "") -> None:
    """Ask whether the actor may see this import; `noted` is what the audit log then says was read.

    Raises:
        NoSuchImport: no, and that it is there is nobody else's business.
    """
    if not may(actor, Action.ROSTER_PLAN, subject_of_import(connection, one)):
        raise NoSuchImport(f"không có lần nhập danh sách nào mang mã {one.code}")
    if noted:
        audit.record(connection, actor, noted, subject_of_import(connection, one))


def rows_of(
    connection: Connection,
    import_id: int,
    *,
    states: Sequence[RowState] = (),
    acts: Sequence[RowAct] = (),
    after: int = 0,
    limit: int | None = None,
    backwards: bool = False,
) -> list[KeptRow]:
    """Rows in the order of application; `after` and `limit` for pages (`backwards`: from the last one up)."""
    table = RosterRow.__table__
    query = select(table).where(table.c.import_id == import_id)
    query = query.order_by(table.c.number.desc() if backwards else table.c.number)
    if after:
        query = query.where(table.c.number < after if backwards else table.c.number > after)
    if states:
        query = query.where(table.c.state.in_([one.value for one in states]))
    if acts:
        query = query.where(table.c.act.in_([one.value for one in acts]))
    return [_read_row(dict(row)) for row in connection.execute(query.limit(limit)).mappings()]


def every_row(
    connection: Connection, import_id: int, *, states: Sequence[RowState] = (), acts: Sequence[RowAct] = ()
) -> Iterator[KeptRow]:
    """All rows, page by page."""
    after = 0
    while page := rows_of(connection, import_id, states=states, acts=acts, after=after, limit=1000):
        yield from page
        after = page[-1].number


def count_states(connection: Connection, import_id: int) -> dict[tuple[RowAct, RowState], int]:
    """How many rows of each act have come how far."""
    table = RosterRow.__table__
    query = select(table.c.act, table.c.state, func.count()).where(table.c.import_id == import_id)
    rows = connection.execute(query.group_by(table.c.act, table.c.state))
    return {(RowAct(act), RowState(state)): count for act, state, count in rows}


def count_lines(connection: Connection, import_id: int) -> int:
    """How many rows of the file the import has; who is not in it (`line` 0) does not count."""
    table = RosterRow.__table__
    query = select(func.count()).where(table.c.import_id == import_id, table.c.line > 0)
    return connection.execute(query).scalar_one()


def move_import(connection: Connection, import_id: int, **values: Any) -> None:
    """Write these fields of the import."""
    connection.execute(update(RosterImport).where(RosterImport.id == import_id).values(**values))


def last_options(connection: Connection, agency_id: int) -> dict[str, Field]:
    """What people said of columns when the agency's last list was planned, by the labels' words."""
    query = select(RosterImport.options).where(RosterImport.agency_id == agency_id, RosterImport.kind == ROSTER)
    found = connection.execute(query.order_by(RosterImport.id.desc()).limit(1)).scalar_one_or_none()
    columns: dict[str, str] = json.loads(found).get("columns", {}) if found else {}
    return {label: Field(name) for label, name in columns.items()}


def last_planned(connection: Connection, one: ImportRow) -> bool:
    """Whether no later list of the agency has been applied meanwhile; maps of domains do not stand in the way."""
    if one.kind != ROSTER:
        return True
    query = select(RosterImport.id).where(RosterImport.agency_id == one.agency_id, RosterImport.id > one.id)
    query = query.where(RosterImport.kind == ROSTER)
    return connection.execute(query.where(RosterImport.applied_at.is_not(None)).limit(1)).first() is None


def _imports() -> Any:
    return select(RosterImport.__table__, Agency.code.label("agency")).join(Agency, Agency.id == RosterImport.agency_id)


def _read(row: dict[str, Any]) -> ImportRow:
    row |= {"options": json.loads(row["options"]), "summary": json.loads(row["summary"])}
    return ImportRow(**row | {"state": ImportState(row["state"])})


def _read_row(row: dict[str, Any]) -> KeptRow:
    del row["import_id"]
    row |= {"wanted": json.loads(row["wanted"]), "before": json.loads(row["before"])}
    return KeptRow(**row | {"act": RowAct(row["act"]), "state": RowState(row["state"])})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
