"""The letters that wait, as rows: read, and marked once each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from mailhub.accounts.life.models import Letter
from mailhub.accounts.login.recovery import SEALED
from mailhub.queue.records import NewMessage
from mailhub.store.facts import read_facts

AT_ONCE = 100  # letters in one transaction


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter that was entered and has not gone."""

    id: int
    kind: str
    to: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class WrittenLetter:
    """A letter with its message, or with why there is none."""

    letter: WaitingLetter
    message: NewMessage | None = None
    outcome: str = ""


def waiting_letters(connection: Connection) -> list[WaitingLetter]:
    """The oldest `AT_ONCE`."""
    query = select(Letter.id, Letter.kind, Letter.to_address, Letter.facts).where(Letter.sent_at.is_(None))
    rows = connection.execute(query.order_by(Letter.id).limit(AT_ONCE))
    return [WaitingLetter(row.id, row.kind, row.to_address, read_facts(row.facts)) for row in rows]


def mark_gone(connection: Connection, written: WrittenLetter, at: int) -> bool:
    """Whether the letter was still waiting; it is not any more. What was sealed in it goes."""
    letter, message = written.letter, written.message
    values: dict[str, Any] = {"sent_at": at, "outcome": written.outcome}
    values["code"] = None if message is None else message.code
    if SEALED in letter.facts:
        values["facts"] = json.dumps({key: value for key, value in letter.facts.items() if key != SEALED})
    waiting = (Letter.id == letter.id, Letter.sent_at.is_(None))
    return connection.execute(update(Letter).where(*waiting).values(values)).rowcount == 1
