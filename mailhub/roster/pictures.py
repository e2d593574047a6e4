"""What an act changes, whatever it is: the rows that speak of an account before and after it, and the way back.

The acts themselves are those of `accounts/`; so that undoing them gives exactly what was, their traces are kept row
by row, from every table that refers to mailboxes or people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Date, LargeBinary, Table, and_, delete, insert, or_, select, update

from mailhub.accounts.models import Mailbox, Person
from mailhub.store.database import Base

# Counters and what logging in moves on: never taken back.
_VOLATILE = frozenset(("revision", "last_login_at"))
# Their rows are the account's history.
_HISTORY = frozenset(("login_attempt", "account_request", "review_entry", "closing"))

Key = tuple[str, str]  # table, primary key as JSON has it
Trace = list[Any]  # table, key columns, before (None: it was not there), after (None: it is gone)
Picture = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]


@cache
def referring() -> tuple[tuple[Table, tuple[Column[Any], ...], tuple[Column[Any], ...]], ...]:
    """Every table that refers to mailboxes or people, with those columns; what is referred to comes first."""
    found = []
    mailbox, person = Mailbox.__table__, Person.__table__
    for table in Base.metadata.sorted_tables:
        if table in (mailbox, person):
            continue
        to_mailbox = tuple(c for c in table.columns if any(key.column.table is mailbox for key in c.foreign_keys))
        to_person = tuple(c for c in table.columns if any(key.column.table is person for key in c.foreign_keys))
        if to_mailbox or to_person:
            found.append((table, to_mailbox, to_person))
    return tuple(found)


def take_picture(connection: Connection, mailboxes: Sequence[int]) -> Picture:
    """Every row that speaks of these mailboxes and their people, as it is now."""
    mailbox, person = Mailbox.__table__, Person.__table__
    found: Picture = {}
    _keep(connection, mailbox, mailbox.c.id.in_(mailboxes), found)
    people = [row["person_id"] for row in found.values() if row["person_id"] is not None]
    _keep(connection, person, person.c.id.in_(people), found)
    for table, to_mailbox, to_person in referring():
        if table.name in _HISTORY:
            continue
        clauses = [column.in_(mailboxes) for column in to_mailbox] + [column.in_(people) for column in to_person]
        _keep(connection, table, or_(*clauses), found)
    return found


def _keep(connection: Connection, table: Any, clause: Any, found: Picture) -> None:
    keys = [column.name for column in table.primary_key.columns]
    for row in connection.execute(select(table).where(clause)).mappings():
        found[table.name, tuple(row[key] for key in keys)] = dict(row)


def traces(before: Picture, after: Picture, mailboxes: Iterable[int]) -> dict[int, list[Trace]]:
    """What differs, by the mailbox that it belongs to."""
    wanted = set(mailboxes)
    people = {row["person_id"]: row["id"] for (table, _), row in after.items() if table == "mailbox"}
    found: dict[int, list[Trace]] = {number: [] for number in wanted}
    for key in {**before, **after}:
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        trace = _trace(key, was, now)
        if trace is not None:
            row = now or was or {}
            owner = next(_owners(key[0], row, wanted, people), None)
            if owner is not None:
                found[owner].append(trace)
    return found


def _owners(table: str, row: Mapping[str, Any], wanted: set[int], people: Mapping[int, int]) -> Iterator[int]:
    if table == "mailbox":
        return iter((row["id"],))
    if table == "person":
        return iter((people[row["id"]],))
    return iter([value for value in row.values() if type(value) is int and value in wanted])


def _trace(key: tuple[str, tuple[Any, ...]], was: dict[str, Any] | None, now: dict[str, Any] | None) -> Trace | None:
    table, numbers = key
    if was is not None and now is not None:
        names = [name for name in was if was[name] != now[name] and name not in _VOLATILE]
        if not names:
            return None
        return [table, list(numbers), _packed(was, names), _packed(now, names)]
    return [table, list(numbers), was and _packed(was, was), now and _packed(now, now)]


def _packed(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        value = row[name]
        if isinstance(value, (bytes, memoryview)):
            value = bytes(value).hex()
        found[name] = value.isoformat() if isinstance(value, date) else value
    return found


def _unpacked(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        kind = table.c[name].type
        if value is not None and isinstance(kind, Date):
            value = date.fromisoformat(value)
        elif value is not None and isinstance(kind, LargeBinary):
            value = bytes.fromhex(value)
        found[name] = value
    return found


def go_back(connection: Connection, kept: Sequence[Trace]) -> None:
    """Undo what the traces show; rows that somebody changed since are left alone, but the account's own never differ:
    the caller has compared their revision."""
    order = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
    for name, key, was, now in sorted(kept, key=lambda one: -order[one[0]]):
        if was is None:
            table = Base.metadata.tables[name]
            connection.execute(delete(table).where(_is(table, key)))
        elif now is not None:
            _set_back(connection, Base.metadata.tables[name], key, was, now)
    for name, _, was, now in sorted(kept, key=lambda one: order[one[0]]):
        if now is None and was is not None:
            table = Base.metadata.tables[name]
            connection.execute(insert(table).values(_unpacked(table, was)))


def _set_back(connection: Connection, table: Table, key: Sequence[Any], was: Any, now: Any) -> None:
    row = connection.execute(select(table).where(_is(table, key))).mappings().one_or_none()
    if row is None or _packed(dict(row), now) != now:
        return
    connection.execute(update(table).where(_is(table, key)).values(_unpacked(table, was)))


def _is(table: Table, key: Sequence[Any]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))


def remove(connection: Connection, mailbox_id: int, person_id: int | None) -> None:
    """Take an account away as if it had never been.

    Raises:
        IntegrityError: something that stays refers to it.
    """
    for table, to_mailbox, to_person in reversed(referring()):
        clauses = [column == mailbox_id for column in to_mailbox]
        clauses += [column == person_id for column in to_person if person_id is not None]
        connection.execute(delete(table).where(or_(*clauses)))
    connection.execute(delete(Mailbox).where(Mailbox.id == mailbox_id))
    if person_id is not None:
        connection.execute(delete(Person).where(Person.id == person_id))
