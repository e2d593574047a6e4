"""What is counted of a day. Pure.

`a`, `b`, `c` are what a count is divided by:

| what      | a            | b                   | c                          | number     | more                   |
|-----------|--------------|---------------------|----------------------------|------------|------------------------|
| judged    | effect       |                     |                            | messages   | recipients             |
| rule      | rule's id    | stage               | effect, or `exempted`      | messages   | recipients             |
| mail      | event's kind | door                | what it was held for       | events     | octets (received only) |
| delay     | bucket       | `direct` or `held`  |                            | deliveries |                        |
| document  | type         | direction           | verdict/hierarchy, or ''   | documents  | of these by a desk     |
| signature | subscriber   | hierarchy           | verdict                    | files      |                        |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, log
from typing import NamedTuple

from mailhub.clock import midnight
from mailhub.ids import first_id

NO_AGENCY = 0
EVERY = "*"  # behind a kind of counts: the same of all agencies together, so that a province's year is soon read
EXEMPTED = "exempted"


class What(StrEnum):
    """Kinds of counts."""

    JUDGED = "judged"
    RULE = "rule"
    MAIL = "mail"
    DELAY = "delay"
    DOCUMENT = "document"
    SIGNATURE = "signature"


class Part(StrEnum):
    """Kinds of counts that come from the same rows, and so are written down together."""

    RULES = "rules"
    MAIL = "mail"
    DOCUMENTS = "documents"


KINDS: dict[Part, tuple[What, ...]] = {
    Part.RULES: (What.JUDGED, What.RULE),
    Part.MAIL: (What.MAIL, What.DELAY),
    Part.DOCUMENTS: (What.DOCUMENT, What.SIGNATURE),
}
PART_OF = {what: part for part, kinds in KINDS.items() for what in kinds}


class Direction(StrEnum):
    """Where a document went, as one agency sees it. What an agency sends has exactly one of the first three."""

    INTERNAL = "internal"  # to its own mailboxes only
    SENT = "sent"  # to other agencies of ours (and perhaps outside as well)
    OUT = "out"  # to addresses outside only
    RECEIVED = "received"  # from another agency of ours
    IN = "in"  # from outside


SENDING = (Direction.INTERNAL, Direction.SENT, Direction.OUT)


class Key(NamedTuple):
    """What a number is about."""

    what: What
    agency_id: int
    a: str
    b: str = ""
    c: str = ""


class Counts:
    """Numbers by their keys, as they are gathered."""

    def __init__(self) -> None:
        self.number: Counter[Key] = Counter()
        self.more: Counter[Key] = Counter()

    def add(self, key: Key, number: int = 1, more: int = 0) -> None:
        """Count something."""
        self.number[key] += number
        self.more[key] += more

    def together(self) -> Counts:
        """The same of all agencies."""
        found = Counts()
        for key, number, more in self.rows():
            found.add(key._replace(agency_id=NO_AGENCY), number, more)
        return found

    def rows(self) -> Iterator[tuple[Key, int, int]]:
        """Every key with its number, and with what is told more, in order of keys."""
        for key in sorted(self.number):
            yield key, self.number[key], self.more[key]


def id_range(day: date) -> tuple[int, int]:
    """The numbers of rows that were made on the day: from the first to below the second."""
    return first_id(midnight(day)), first_id(midnight(day + timedelta(days=1)))


# Delays are kept by buckets whose upper ends rise by a tenth, so that a percentile is told to a tenth.
_STEP = 1.1
_SHORTEST = 10  # ms


def bucket_of(delay: int) -> int:
    """The bucket of a delay (ms)."""
    return 0 if delay <= _SHORTEST else ceil(log(delay / _SHORTEST, _STEP) - 1e-9)


def longest_in(bucket: int) -> int:
    """The upper end of a bucket (ms)."""
    return round(_SHORTEST * _STEP**bucket)
