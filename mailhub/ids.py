"""Numbers for rows and codes for people.

Row numbers are made here and not by the database, so that a batch of messages needs no answer from it
before the rows that refer to them are written.
"""

from __future__ import annotations

import os
import secrets
import threading

from mailhub.clock import now_ms

# Without 0/O, 1/I/L, U/V: what a clerk reads out over the telephone must arrive as it left (wording § 2).
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
CODE_GROUPS = (3, 3, 2)

_DIGITS = 19
_EPOCH_MS = 1_735_689_600_000  # 2025-01-01 UTC


class _RowIds:
    """63 bits: 41 of milliseconds, 14 drawn when the process starts, 8 that count within a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._process = 0
        self._last = 0

    def take(self) -> int:
        with self._lock:
            if self._pid != os.getpid():  # a forked child must not repeat its parent's numbers
                self._pid = os.getpid()
                self._process = secrets.randbits(14)
            self._last = max((now_ms() - _EPOCH_MS) << 8, self._last + 1)
            moment, count = self._last >> 8, self._last & 0xFF
            return (moment << 22) | (self._process << 8) | count


_row_ids = _RowIds()


def first_id(at_ms: int) -> int:
    """The smallest row number that can have been made at the moment `at_ms` or later."""
    return max(0, at_ms - _EPOCH_MS) << 22


def time_of(number: int) -> int:
    """The moment (ms) at which a row with this number was made."""
    return (number >> 22) + _EPOCH_MS


def read_id(text: str) -> int | None:
    """The row number that somebody wrote; None for what no row can have (a database refuses more than 63 bits)."""
    fits = text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) < 1 << 63
    return int(text) if fits else None


def new_id() -> int:
    """A row number, larger than every one this process made before."""
    return _row_ids.take()


def new_code() -> str:
    """A code such as `7K4-QW2-M9` that names a message or a refusal to people."""
    number, letters = secrets.randbelow(len(CODE_ALPHABET) ** sum(CODE_GROUPS)), ""
    for _ in range(sum(CODE_GROUPS)):
        number, digit = divmod(number, len(CODE_ALPHABET))
        letters += CODE_ALPHABET[digit]
    return _grouped(letters)


def read_code(text: str) -> str | None:
    """The code as it is stored, from what a person typed (`7k4qw2m9`, `Mã 7K4-QW2-M9`); None when it is none."""
    letters = [c for c in text.upper().removeprefix("MÃ").removeprefix("MA ").strip() if c not in " -."]
    if len(letters) != sum(CODE_GROUPS) or any(c not in CODE_ALPHABET for c in letters):
        return None
    return _grouped("".join(letters))


def _grouped(letters: str) -> str:
    first, second, _ = CODE_GROUPS
    return f"{letters[:first]}-{letters[first : first + second]}-{letters[first + second :]}"
