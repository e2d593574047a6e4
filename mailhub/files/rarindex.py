"""A second look at a RAR of version 5: libarchive 3.6 takes files with a password for stored octets.

After RARLAB's "RAR 5.0 archive format": blocks of a checksum, then numbers of seven bits an octet.
"""

from __future__ import annotations

_SIGNATURE = b"Rar!\x1a\x07\x01\x00"
_CHECKSUM = 4
_FILE, _END = 2, 5
_HAS_EXTRA, _HAS_DATA = 1, 2
_ENCRYPTION = 1  # type of an extra record
_LONGEST_NUMBER = 10
_LARGEST_HEADER = 2 * 2**20
_MOST_BLOCKS = 20_000
_MOST_RECORDS = 100


def encrypted_files(data: bytes) -> frozenset[int]:
    """Which of the files (counted from 0 in their order) are encrypted. Never raises; stops at the first fault."""
    found: set[int] = set()
    at, number = len(_SIGNATURE), 0
    if not data.startswith(_SIGNATURE):
        return frozenset()
    for _ in range(_MOST_BLOCKS):
        size, head = _number(data, at + _CHECKSUM, len(data))
        end = head + size
        if not 0 < size <= _LARGEST_HEADER or end > len(data):
            break
        kind, head = _number(data, head, end)
        flags, head = _number(data, head, end)
        extra, head = _number(data, head, end) if flags & _HAS_EXTRA else (0, head)
        packed, head = _number(data, head, end) if flags & _HAS_DATA else (0, head)
        if kind == _END:
            break
        if kind == _FILE:
            if _holds_encryption(data, max(end - extra, head), end):
                found.add(number)
            number += 1
        at = end + packed
    return frozenset(found)


def _holds_encryption(data: bytes, at: int, end: int) -> bool:
    for _ in range(_MOST_RECORDS):
        size, start = _number(data, at, end)
        kind, _ = _number(data, start, end)
        if size <= 0 or start >= end:
            return False
        if kind == _ENCRYPTION:
            return True
        at = start + size
    return False


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, low seven bits first, and where it ends."""
    value = 0
    for shift, octet in enumerate(data[at : min(at + _LONGEST_NUMBER, end)]):
        value |= (octet & 0x7F) << 7 * shift
        if octet < 0x80:
            return value, at + shift + 1
    return 0, end
