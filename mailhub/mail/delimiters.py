"""The lines that divide a multipart (RFC 2046 § 5.1.1), found in one pass for all multiparts that are open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailhub.mail.octets import Octets, finder
from mailhub.mail.open_part import OpenPart
from mailhub.mail.parts import PartProblem

_LONGEST_LINE = 2000  # no delimiter is longer (RFC 5322 § 2.1.1 allows 998)
_MOST_LOOKS = 50_000  # lines that begin like a delimiter and are none


class Delimiter(NamedTuple):
    """From the line feed before it, at `start`, to `end` after its own; `owner` is the multipart that it divides."""

    start: int
    end: int
    owner: OpenPart
    closing: bool


class Delimiters:
    """Finds the delimiters of the open multiparts in the octets up to `stop`."""

    def __init__(self, data: Octets, stop: int) -> None:
        self.find = finder(data)
        self.exhausted = False
        self._data = data
        self._stop = stop
        self._looks = _MOST_LOOKS
        self._needle = b""
        self._lines: dict[bytes, tuple[OpenPart, bool]] = {}

    def look_for(self, parts: Iterable[OpenPart]) -> None:
        """Search from now on for those of `parts`: for whatever their boundaries begin with."""
        bounded = [part for part in parts if part.boundary]
        self._lines = {}
        self._needle = b"\n--" + _common_beginning([part.boundary for part in bounded]) if bounded else b""
        # An inner boundary goes before the same one further out, unless it has been closed.
        for part in sorted(bounded, key=lambda part: (not part.closed, part.depth)):
            self._lines[part.boundary] = (part, False)
            self._lines[part.boundary + b"--"] = (part, True)

    def next(self, at: int, stop: int | None = None) -> Delimiter | None:
        """The first delimiter that begins at `at` or later and before `stop`.

        Lines that only begin like one divide nothing, but their multipart is marked ambiguous, since RFC 2046 § 5.1.1
        lets a reader take them for delimiters. After too many of them there are none: `exhausted`.
        """
        stop = self._stop if stop is None else stop
        find, needle = self.find, self._needle
        while needle and (start := find(needle, at, stop)) >= 0:
            end = find(b"\n", start + 3, self._stop)
            end = self._stop if end < 0 else end
            line = bytes(self._data[start + 3 : min(end, start + _LONGEST_LINE)]).rstrip(b" \t\r")
            hit = self._lines.get(line)
            if hit is not None:
                return Delimiter(start, min(end + 1, self._stop), *hit)
            self._mark_ambiguous(line)
            self._looks -= 1
            if self._looks < 0:
                self.exhausted = True
                return None
            at = end
        return None

    def _mark_ambiguous(self, line: bytes) -> None:
        for boundary, (owner, _) in self._lines.items():
            if line.startswith(boundary) and not owner.closed:
                owner.add(PartProblem.AMBIGUOUS)


def _common_beginning(boundaries: list[bytes]) -> bytes:
    low, high = min(boundaries), max(boundaries)
    same = next((at for at, octet in enumerate(low) if octet != high[at]), len(low))
    return low[:same]
