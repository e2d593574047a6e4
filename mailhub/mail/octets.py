"""Searching in octets that may not be `bytes`: a mapped file is searched as it lies, a window at a time."""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap

Octets = bytes | bytearray | memoryview | mmap
Find = Callable[[bytes, int, int], int]

_WINDOW = 256 * 1024


def finder(data: Octets) -> Find:
    """`find(needle, start, end)` over `data`, -1 when it is not there.

    `mmap.find` compares octet by octet and `memoryview` has none; copies of a window are faster and stay small.
    """
    if isinstance(data, bytes | bytearray):
        return data.find

    def find(needle: bytes, start: int, end: int) -> int:
        while start < end:
            at = bytes(data[start : min(start + _WINDOW, end)]).find(needle)
            if at >= 0:
                return start + at
            start += _WINDOW - len(needle) + 1
        return -1

    return find
