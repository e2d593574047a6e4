"""What the doors of a closing are closed and looked at with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, exists, select, update

from mailhub.accounts.directory import AccountView
from mailhub.accounts.life.closings import open_closings
from mailhub.accounts.life.models import Closing, ClosingDoor, DoorState
from mailhub.accounts.models import Mailbox
from mailhub.accounts.web.doors import WebDoorSettings
from mailhub.mailboxes.dovecot import Session
from mailhub.store.database import Database


class Mailboxes(Protocol):
    """The part of Dovecot that is needed here."""

    def is_present(self) -> bool: ...
    async def sessions(self) -> list[Session]: ...
    async def end_sessions(self, users: set[str]) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """`mailboxes` is None where this hub serves none; `script` gives a mailbox's active Sieve script, or ''. `settings`
    are those that web sessions and tokens are found by."""

    database: Database
    mailboxes: Mailboxes | None
    script: Callable[[AccountView], str]
    node: str
    settings: WebDoorSettings


@dataclass(frozen=True, slots=True)
class Turn:
    """A closing that is not proved yet, and its doors that are still open."""

    id: int
    account_id: int
    address: str
    act: str
    version: int
    began_at: int
    doors: frozenset[str]


class Finding(NamedTuple):
    """What was found at one door. `checked` tells people how, or what stands in the way (at most 500 characters)."""

    state: DoorState
    checked: str


def closed(checked: str) -> Finding:
    return Finding(DoorState.CLOSED, checked)


def absent(checked: str) -> Finding:
    return Finding(DoorState.ABSENT, checked)


def waiting(checked: str) -> Finding:
    return Finding(DoorState.CLOSING, f"{checked}; đang thử lại")


Findings = dict[tuple[int, str], Finding]  # by closing and door


def open_turns(connection: Connection, only: int | None = None) -> list[Turn]:
    """The turns that are not proved, oldest first."""
    numbers = open_closings(connection) if only is None else [only]
    if not numbers:
        return []
    doors: dict[int, set[str]] = {}
    query = select(ClosingDoor.closing_id, ClosingDoor.door).join(Closing, Closing.id == ClosingDoor.closing_id)
    query = query.where(Closing.done_at.is_(None), ClosingDoor.state == DoorState.CLOSING)
    for row in connection.execute(query if only is None else query.where(Closing.id == only)):
        doors.setdefault(row.closing_id, set()).add(row.door)
    rows = connection.execute(
        select(Closing.id, Closing.mailbox_id, Mailbox.address, Closing.act, Closing.version, Closing.began_at)
        .join(Mailbox, Mailbox.id == Closing.mailbox_id)
        .where(Closing.done_at.is_(None), *([] if only is None else [Closing.id == only]))
        .order_by(Closing.id)
    )
    return [Turn(*row, frozenset(doors.get(row.id, ()))) for row in rows]


def write_findings(connection: Connection, findings: Findings, *, tries: int, at: int) -> None:
    """Write what was found; a door that was reopened meanwhile stays so. A turn without open doors is done."""
    for (number, door), found in findings.items():
        values: dict[str, object] = {"state": found.state, "checked": found.checked[:500]}
        values["tries"] = ClosingDoor.tries + tries
        if found.state is not DoorState.CLOSING:
            values["closed_at"] = at
        here = (ClosingDoor.closing_id == number, ClosingDoor.door == door, ClosingDoor.state == DoorState.CLOSING)
        connection.execute(update(ClosingDoor).where(*here).values(**values))
    finish(connection, {number for number, _ in findings}, at=at)


def finish(connection: Connection, closing_ids: Iterable[int], *, at: int) -> None:
    """Mark the turns done that have no open door left."""
    still = exists().where(ClosingDoor.closing_id == Closing.id, ClosingDoor.state == DoorState.CLOSING)
    which = (Closing.id.in_(list(closing_ids)), Closing.done_at.is_(None), ~still)
    connection.execute(update(Closing).where(*which).values(done_at=at))
