"""Incidents as people read them: lists, one of them, and the draft of its report. No words of any content are here."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import Scope, root_agency, scope_of
from mailhub.ids import read_code
from mailhub.incidents.errors import NoSuchIncident
from mailhub.incidents.models import Incident, IncidentCopy, IncidentState, Kept
from mailhub.incidents.officers import incident_subject
from mailhub.queue.tables import message_table

MOST_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedPlace:
    """A mailbox that is looked through for copies. `next_at` (ms) is None when that is over."""

    address: str
    looked: int
    removed: int
    next_at: int | None
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident. Times in ms. `places` are filled in by `show` alone."""

    id: int
    number: str
    code: str
    opened_at: int
    deadline_at: int
    state: IncidentState
    account_id: int | None
    agency_id: int | None
    agency: str
    sender: str
    client: str
    door: str
    recipients: tuple[str, ...]
    size: int
    level: str
    found_in: tuple[str, ...]
    rule: str
    version: int
    kept: Kept
    sealed_file: str
    times: int
    last_at: int
    copies_removed: int
    report: str
    reported_at: int | None
    closed_at: int | None
    closed_by: str
    closed_reason: str
    mistaken: bool
    places: tuple[SearchedPlace, ...] = field(default=())

    def is_late(self, at: int) -> bool:
        """Whether its report is overdue at that moment."""
        return self.state is IncidentState.OPEN and at >= self.deadline_at


def list_incidents(
    connection: Connection, actor: Actor, *, state: IncidentState | None = None, limit: int = MOST_ROWS
) -> Sequence[IncidentRow]:
    """The incidents that the actor may know of, newest first.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.INCIDENT_READ)
    query = _rows().order_by(Incident.id.desc()).limit(limit)
    if not scope.everything:
        query = query.where(_within(connection, scope))
    if state is not None:
        query = query.where(Incident.state == state)
    return [_read(dict(row)) for row in connection.execute(query).mappings()]


def show(connection: Connection, actor: Actor, number: str) -> IncidentRow:
    """One incident, by its number or any of its codes, with where copies are looked for.

    Raises:
        NoSuchIncident: there is none, or not for this actor.
    """
    found = find(connection, number)
    subject = incident_subject(connection, found["number"], found["agency_id"])
    if not may(actor, Action.INCIDENT_READ, subject):
        raise NoSuchIncident(f"no incident {number}")
    places = _places(connection, found["id"])
    return _read(find(connection, number), places)  # read after them: its sum is never behind theirs


def find(connection: Connection, number: str) -> dict[str, Any]:
    """The row of an incident, by its number or a code that a letter, a reply or a timeline told, whoever asks.

    Raises:
        NoSuchIncident
    """
    wanted = number.strip().upper()
    code = read_code(number) or wanted
    named = (Incident.number == wanted) | (Incident.code == code) | Incident.id.in_(_stored_under([code]))
    query = _rows().where(named).order_by(Incident.id).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NoSuchIncident(f"no incident {number}")
    return dict(row)


@dataclass(frozen=True, slots=True)
class Named:
    """Which incident a message was, and by which rule."""

    number: str
    rule: str
    version: int


def incidents_named(connection: Connection, actor: Actor, codes: Collection[str]) -> dict[str, Named]:
    """The incidents that these codes of messages stand for, as far as the actor may know of them."""
    found: dict[str, Named] = {}
    for code in codes:
        try:
            row = find(connection, code)
        except NoSuchIncident:
            continue
        if may(actor, Action.INCIDENT_READ, incident_subject(connection, row["number"], row["agency_id"])):
            found[code] = Named(row["number"], row["rule"], row["version"])
    return found


def _stored_under(codes: Collection[str]) -> Any:
    """The incidents of messages that were stored under these codes before they were known for what they are."""
    return (
        select(IncidentCopy.incident_id)
        .join(message_table, message_table.c.id == IncidentCopy.stored_id)
        .where(message_table.c.code.in_(codes))
    )


def _rows() -> Any:
    return select(Incident.__table__, func.coalesce(Agency.name, "").label("agency")).outerjoin(
        Agency, Agency.id == Incident.agency_id
    )


def _within(connection: Connection, scope: Scope) -> Any:
    if scope.agencies is None:
        return Incident.account_id == scope.account_id
    ours = Incident.agency_id.in_(scope.agencies)
    return ours | Incident.agency_id.is_(None) if root_agency(connection) in scope.agencies else ours


def _places(connection: Connection, incident_id: int) -> tuple[SearchedPlace, ...]:
    query = (
        select(IncidentCopy.__table__, Mailbox.address)
        .join(Mailbox, Mailbox.id == IncidentCopy.mailbox_id)
        .where(IncidentCopy.incident_id == incident_id)
        .order_by(IncidentCopy.id)
    )
    found: dict[str, SearchedPlace] = {}  # one line a mailbox, however many messages are looked for in it
    for row in connection.execute(query):
        one = SearchedPlace(
            address=row.address, looked=row.looked, removed=row.removed, next_at=row.due_at, fault=row.fault
        )
        found[row.address] = _together(found[row.address], one) if row.address in found else one
    return tuple(found.values())


def _together(one: SearchedPlace, other: SearchedPlace) -> SearchedPlace:
    times = [at for at in (one.next_at, other.next_at) if at is not None]
    return SearchedPlace(
        address=one.address,
        looked=one.looked + other.looked,
        removed=one.removed + other.removed,
        next_at=min(times, default=None),
        fault=other.fault or one.fault,
    )


def _read(row: Mapping[str, Any], places: tuple[SearchedPlace, ...] = ()) -> IncidentRow:
    values = {**row, "state": IncidentState(row["state"]), "kept": Kept(row["kept"])}
    values |= {"recipients": tuple(json.loads(row["recipients"])), "found_in": tuple(row["found_in"].split(","))}
    return IncidentRow(**values, places=places)
