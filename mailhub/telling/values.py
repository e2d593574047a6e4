"""A line of the timeline as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Mark(StrEnum):
    """What stands before a line: it went well, wants a look, went wrong, or waits (reference/ux § 3)."""

    DONE = "done"
    WARN = "warn"
    BAD = "bad"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line. `key` is the same whenever it is told again, for an anchor; `at` in ms.

    `details` are whole phrases, in order; `reply` is what the other server said, as it said it. `rules` and `codes`
    name the rules and the other messages that the line tells of, so that they can be led to; `titles` are the
    titles of those rules that the line knows, by id.
    """

    key: str
    at: int
    message: str
    mark: Mark
    sentence: str
    recipient: str = ""
    details: tuple[str, ...] = ()
    reply: str = ""
    rules: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
