"""The audit log as people read it: those rows that are about what they administer, and the reading is one more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, or_, select, union

from mailhub.accounts import audit
from mailhub.accounts.models import Address, Agency, Mailbox, MailGroup
from mailhub.accounts.records import AuditRow
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.tree import Scope, agency_subject, root_agency, scope_of

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which rows are wanted; what is empty does not matter. Moments in ms, `until` not included."""

    object: str = ""
    actor: str = ""
    action: str = ""
    since: int = 0
    until: int | None = None


def read_log(
    connection: Connection, actor: Actor, wanted: LogFilter, *, newest: int | None = None
) -> Iterator[dict[str, Any]]:
    """The rows that fit and that the actor may see, oldest first; only the `newest` so many when given.

    Raises:
        NotAllowed
    """
    table = AuditRow.__table__
    conditions = _conditions(connection, actor, wanted)
    after = 0
    if newest is not None and newest <= _PAGE:
        last = select(table).where(*conditions).order_by(table.c.id.desc()).limit(newest)
        yield from map(_read, reversed(connection.execute(last).mappings().all()))
        return
    if newest is not None:
        ids = select(table.c.id).where(*conditions).order_by(table.c.id.desc()).limit(newest)
        first = min(connection.execute(ids).scalars(), default=None)
        if first is None:
            return
        after = first - 1
    while True:
        query = select(table).where(table.c.id > after, *conditions).order_by(table.c.id).limit(_PAGE)
        page = connection.execute(query).mappings().all()
        yield from map(_read, page)
        if len(page) < _PAGE:
            return
        after = page[-1]["id"]


def log_page(
    connection: Connection, actor: Actor, wanted: LogFilter, *, before: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest rows that fit and that the actor may see, latest first; with `before` those of smaller numbers.

    Raises:
        NotAllowed
    """
    table = AuditRow.__table__
    conditions = _conditions(connection, actor, wanted)
    if before:
        conditions.append(table.c.id < before)
    query = select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit)
    return [_read(row) for row in connection.execute(query).mappings()]


def _conditions(connection: Connection, actor: Actor, wanted: LogFilter) -> list[ColumnElement[bool]]:
    table = AuditRow.__table__
    conditions = [table.c.at >= wanted.since, *_within(connection, scope_of(connection, actor, Action.AUDIT_READ))]
    if wanted.object:
        conditions.append(table.c.object == wanted.object)
    if wanted.actor:
        conditions.append(or_(table.c.actor == wanted.actor, table.c.actor.startswith(wanted.actor + " (")))
    if wanted.action:
        conditions.append(or_(table.c.action == wanted.action, table.c.action.startswith(wanted.action + ".")))
    if wanted.until is not None:
        conditions.append(table.c.at < wanted.until)
    return conditions


def _read(row: RowMapping) -> dict[str, Any]:
    return {**row, "before": json.loads(row["before"]), "after": json.loads(row["after"])}


def note_log_read(connection: Connection, actor: Actor, what: str) -> None:
    """Write down that somebody read the log.

    Raises:
        NotAllowed
    """
    subject = Subject(kind="audit", name=what[:320])
    places = [held.agency_id for held in actor.holds if held.agency_id is not None]
    own = [agency_subject(connection, "audit", what[:320], number) for number in places]
    if not any(may(actor, Action.AUDIT_READ, one) for one in (subject, *own)):
        raise refusal(actor, Action.AUDIT_READ)
    audit.record(connection, actor, Action.AUDIT_READ, subject)


def _within(connection: Connection, scope: Scope) -> list[ColumnElement[bool]]:
    if scope.everything:
        return []
    column = AuditRow.__table__.c.object
    if scope.account_id is not None:
        return [column == select(Mailbox.address).where(Mailbox.id == scope.account_id).scalar_subquery()]
    agencies = scope.agencies or frozenset()
    if root_agency(connection) in agencies:  # all but the blocks: what belongs to no agency as well
        # The few that are left out, not the thousands that are not (bench/accounts.py).
        outside = frozenset(connection.execute(select(Agency.id)).scalars()) - agencies
        return [column.not_in(_named(Agency.id.in_(outside)))]
    return [column.in_(_named(Agency.id.in_(agencies)))]


def _named(which: ColumnElement[bool]) -> Select[tuple[str]]:
    """The names under which the things of those agencies stand in the log."""
    # By every name that they ever had: rows of before a new first address, or of before a domain's, keep the old one.
    addresses = select(Address.address).join(Mailbox, Mailbox.id == Address.mailbox_id)
    addresses = addresses.join(Agency, Agency.id == Mailbox.agency_id).where(which)
    groups = select(Address.address).join(MailGroup, MailGroup.id == Address.group_id)
    groups = groups.join(Agency, Agency.id == MailGroup.agency_id).where(which)
    every = union(addresses, groups, select(Agency.code).where(which)).subquery()
    return select(every.c[0])
