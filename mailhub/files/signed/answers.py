"""What came of checking an answer of a certificate authority: plain values that cross the sandbox's wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailhub.files.signed.facts import RevocationAnswer

# In the place of a list's address: a person who names the file vouches that it is the issuer's whole list.
ANYWHERE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspFacts:
    """An OCSP response that was asked for. `problem` not empty: it proves nothing, and there is no answer."""

    problem: str = ""
    answer: RevocationAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFacts:
    """A list of revoked certificates. `problem` not empty: it proves nothing, and all else is empty.

    `lines` holds `count` of them, `serial at reason` each (`revoked_lines`): one string, as 200,000 objects would take
    a hundred megabytes on both sides of the wall.
    """

    problem: str = ""
    issuer: str = ""  # SHA-256 of the issuer's certificate
    this_update: int = 0
    next_update: int = 0
    number: str = ""  # decimal; "" when the list has none
    count: int = 0
    lines: str = ""


@dataclass(frozen=True, slots=True)
class RevokedLine:
    """One certificate of a list. `at` in milliseconds; `reason` as in `RevocationAnswer`, "" when none is given."""

    serial: str
    at: int
    reason: str


def revoked_lines(facts: CrlFacts) -> Iterator[RevokedLine]:
    """The lines of a list, one at a time."""
    start = 0
    while (end := facts.lines.find("\n", start)) >= 0:
        serial, at, reason = facts.lines[start:end].split(" ")
        yield RevokedLine(serial, int(at), reason)
        start = end + 1
