"""Where is that mail? The events of a message, a refusal, or of everything to an address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from mailhub.accounts import audit
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.clock import MINUTE, now_ms
from mailhub.ids import first_id, read_code
from mailhub.queue.blocks import hidden_of, visible_rows
from mailhub.queue.models import EventKind, Purpose
from mailhub.queue.service import event_table, message_table, recipient_table
from mailhub.queue.spelling import as_kept, differs_in_case

ONE_LOOK = 60 * MINUTE  # ms


@dataclass(frozen=True, slots=True)
class Line:
    """One event, as it is shown: `message` is the code that people know, `id` its row number."""

    at: int
    message: str
    recipient: str | None
    kind: EventKind
    facts: dict[str, Any]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient whose story has not ended."""

    message: str
    recipient: str
    state: str
    due_at: int | None
    last_reply: str | None


class Timeline(NamedTuple):
    """What was found; `cut`: there are older messages than the ones shown."""

    lines: list[Line]
    waiting: list[Waiting]
    cut: bool = False


def trace_message(connection: Connection, actor: Actor, name: str, *, again: bool = False) -> Timeline:
    """The timeline of what `name` means: a code from a reply or notice, or a Message-ID.

    `again`: the same actor looks at the same once more, within `ONE_LOOK`, as a page does that refreshes itself; that
    is not written down a second time, and needs no turn of the writers.

    Raises:
        NotAllowed: also when it is not `again`.
    """
    if again:
        _check_noted(connection, actor, name)
    else:
        _note(connection, actor, name)
    code = read_code(name)
    codes = {code} if code else set()
    ident = name if name.startswith("<") else f"<{name}>"
    codes |= set(connection.scalars(select(message_table.c.code).where(message_table.c.message_id == ident)))
    return Timeline(*_lines(connection, actor, sorted(codes)))


def trace_recipient(connection: Connection, actor: Actor, address: str, *, since: int, limit: int = 200) -> Timeline:
    """The timelines of the newest `limit` messages to `address` since the moment `since`, and as many refusals.

    Letter case counts only where an address is known that is written just so.

    Raises:
        NotAllowed
    """
    _note(connection, actor, address)
    kept = as_kept(address)
    spelled = _Spelled(kept, [f"rfc822;{one}" for one in kept], kept)
    codes, cut = _codes(connection, spelled, since=since, limit=limit)
    if not codes:
        codes, cut = _codes(connection, _spelled_like(connection, address.strip()), since=since, limit=limit)
    return Timeline(*_lines(connection, actor, sorted(codes)), cut)


class _Spelled(NamedTuple):
    """An address as it is written in each column."""

    addresses: Sequence[str]
    originals: Sequence[str]
    refused: Sequence[str]


def _spelled_like(connection: Connection, address: str) -> _Spelled:
    """Every spelling of the address that is known, whatever its letter case."""
    r, e = recipient_table.c, event_table.c

    def known(column: ColumnElement[str], text: str, *more: ColumnElement[bool]) -> Sequence[str]:
        query = select(column).where(differs_in_case(connection, column, text), *more).distinct()
        return connection.scalars(query).all()

    return _Spelled(
        known(r.address, address),
        known(r.original, f"rfc822;{address}", r.original.is_not(None)),
        known(e.recipient, address, e.message_id.is_(None)),
    )


def trace_sender(connection: Connection, actor: Actor, address: str, *, since: int, limit: int = 200) -> Timeline:
    """The timelines of the newest `limit` messages from `address` since the moment `since`; letter case as above.

    What the door refused has no message row that says who sent it, and is found by its recipient only.

    Raises:
        NotAllowed
    """
    _note(connection, actor, address)
    m = message_table.c
    query = select(m.code).where(m.id >= first_id(since)).order_by(m.id.desc()).limit(limit + 1)
    codes = connection.scalars(query.where(m.sender.in_(as_kept(address)))).all()
    if not codes:
        spelled = select(m.sender).where(differs_in_case(connection, m.sender, address.strip())).distinct()
        codes = connection.scalars(query.where(m.sender.in_(connection.scalars(spelled).all()))).all()
    return Timeline(*_lines(connection, actor, sorted(codes[:limit])), len(codes) > limit)


def _codes(connection: Connection, spelled: _Spelled, *, since: int, limit: int) -> tuple[set[str], bool]:
    """The codes of messages and of refusals, newest first; whether there are more than `limit` of either."""
    if not any(spelled):
        return set(), False
    r = recipient_table.c
    accepted = or_(r.address.in_(spelled.addresses), r.original.in_(spelled.originals))
    refused = event_table.c.recipient.in_(spelled.refused)
    latest = func.max(message_table.c.received_at)
    messages = connection.scalars(
        select(message_table.c.code)
        .join(recipient_table, recipient_table.c.message_id == message_table.c.id)
        .where(accepted, recipient_table.c.purpose == Purpose.MAIL.value, message_table.c.received_at >= since)
        .group_by(message_table.c.code)
        .order_by(latest.desc())
        .limit(limit + 1)
    ).all()
    refusals = connection.scalars(
        select(event_table.c.code)
        .where(refused, event_table.c.message_id.is_(None), event_table.c.at >= since)
        .group_by(event_table.c.code)
        .order_by(func.max(event_table.c.at).desc())
        .limit(limit + 1)
    ).all()
    return {*messages[:limit], *refusals[:limit]}, max(len(messages), len(refusals)) > limit


def _lines(connection: Connection, actor: Actor, codes: Sequence[str]) -> tuple[list[Line], list[Waiting]]:
    if not codes:
        return [], []
    codes = _visible(connection, actor, codes)
    events = connection.execute(
        select(event_table).where(event_table.c.code.in_(codes)).order_by(event_table.c.at, event_table.c.id)
    )
    lines = [
        Line(row.at, row.code, row.recipient, EventKind(row.kind), json.loads(row.facts), row.id) for row in events
    ]
    hidden = hidden_of(connection, actor, sorted({line.recipient for line in lines if line.recipient}))
    lines = [line for line in lines if line.recipient not in hidden]
    rows = connection.execute(
        select(
            message_table.c.code,
            recipient_table.c.address,
            recipient_table.c.state,
            recipient_table.c.due_at,
            recipient_table.c.last_reply,
        )
        .join(message_table, message_table.c.id == recipient_table.c.message_id)
        .where(message_table.c.code.in_(codes), recipient_table.c.finished_at.is_(None))
        .where(recipient_table.c.purpose == Purpose.MAIL.value)
        .order_by(recipient_table.c.id)
    )
    waiting = [Waiting(*row) for row in rows]
    hidden = hidden_of(connection, actor, [one.recipient for one in waiting])
    return lines, [one for one in waiting if one.recipient not in hidden]


def _visible(connection: Connection, actor: Actor, codes: Sequence[str]) -> list[str]:
    """The codes without messages of which every recipient is a block's business (queue/blocks.py)."""
    conditions = visible_rows(connection, actor)
    if not conditions:
        return list(codes)
    query = select(message_table.c.code).where(message_table.c.code.in_(codes))
    known = set(connection.scalars(query))
    seen = query.join(recipient_table, recipient_table.c.message_id == message_table.c.id).where(*conditions)
    return sorted((set(codes) - known) | set(connection.scalars(seen)))


def _check_noted(connection: Connection, actor: Actor, what: str) -> None:
    since = now_ms() - ONE_LOOK
    noted = select(AuditRow.id).where(AuditRow.object == what[:200], AuditRow.object_kind == "timeline")
    noted = noted.where(AuditRow.actor == actor.name, AuditRow.action == Action.TRACE_READ.value, AuditRow.at >= since)
    subject = Subject(kind="timeline", name=what[:200])
    if not may(actor, Action.TRACE_READ, subject) or connection.execute(noted.limit(1)).first() is None:
        raise NotAllowed(f"{actor.name} may not read the timeline")


def _note(connection: Connection, actor: Actor, what: str) -> None:
    """Reading where somebody's mail went is itself written down."""
    subject = Subject(kind="timeline", name=what[:200])
    if not may(actor, Action.TRACE_READ, subject):
        raise NotAllowed(f"{actor.name} may not read the timeline")
    audit.take_turn(connection)
    audit.record(connection, actor, Action.TRACE_READ, subject, before={}, after={}, reason="", at=now_ms())
