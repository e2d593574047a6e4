"""How asking at an address went: a dead one is not asked again at once, and the doctor names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from mailhub.clock import HOUR, SECOND
from mailhub.signatures.models import RevocationSource
from mailhub.text.plain import plain_line

FIRST_PAUSE_MS = 30 * SECOND
LONGEST_PAUSE_MS = HOUR
_table = RevocationSource.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One address. Times in ms, 0 = never; `problem` is the last one, "" when it answered."""

    url: str
    asked_at: int
    answered_at: int
    failures: int
    problem: str

    @property
    def again_at(self) -> int:
        """When it is worth asking again: a pause that doubles with each failure."""
        if not self.failures:
            return 0
        return self.asked_at + min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(self.failures - 1, 20))


def source_of(connection: Connection, url: str) -> Source | None:
    """How it went there; None when nobody asked yet."""
    row = connection.execute(select(_table).where(_table.c.url == url)).mappings().one_or_none()
    return None if row is None else Source(**row)


def may_ask(connection: Connection, url: str, at: int) -> bool:
    """Whether its pause is over."""
    found = source_of(connection, url)
    # A clock that was turned back must not keep us silent for years.
    return found is None or found.again_at <= at or found.asked_at > at


def note(connection: Connection, url: str, at: int, problem: str = "") -> None:
    """Keep how it went; "" says that it answered with what was asked for."""
    found = source_of(connection, url)
    values: dict[str, object] = {"asked_at": at, "problem": plain_line(problem)[:300]}
    if problem:
        values["failures"] = 1 if found is None else found.failures + 1
    else:
        values |= {"failures": 0, "answered_at": at}
    if found is None:
        connection.execute(insert(RevocationSource).values(**{"url": url, "answered_at": 0, **values}))
    else:
        connection.execute(update(RevocationSource).where(_table.c.url == url).values(**values))


def every(connection: Connection) -> Sequence[Source]:
    """All addresses that were asked."""
    return [Source(**row) for row in connection.execute(select(_table).order_by(_table.c.url)).mappings()]
