"""Whether an OLE compound file ([MS-CFB]) is whole enough for a reader that believes what it says.

calamine follows chains of sectors without looking for an end, and takes memory for as many octets as are announced.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_LEAST = 512  # the header (§ 2.2)
_RESERVED = 0xFFFFFFFA  # sectors from here on are marks (§ 2.1)
_ENTRY = 128  # octets of the directory's entries (§ 2.6.1)
_SIZES = {9: 512, 12: 4096}
_MINI_SHIFT = 6


class Unsound(ValueError):
    """Chains that never end, or more announced than there is."""


def check_compound(data: memoryview) -> None:
    """Look at the header, the tables of sectors and the directory.

    Raises:
        Unsound: one of them would lead a careless reader astray.
    """
    try:
        _check(data)
    except (struct.error, IndexError) as error:
        raise Unsound("sectors that are not there") from error


def _check(data: memoryview) -> None:
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    directories, tables, directory = struct.unpack_from("<III", data, 40)
    _, mini_start, mini_count, more_start, more_count = struct.unpack_from("<IIIII", data, 56)
    if len(data) < _LEAST or shift not in _SIZES or mini_shift != _MINI_SHIFT:
        raise Unsound("no compound file")
    size = _SIZES[shift]
    if max(directories, tables, mini_count, more_count) * size > len(data):
        raise Unsound("more is announced than there is")
    places = list(struct.unpack_from("<109I", data, 76)) + _further_places(data, more_start, size)
    links: list[int] = []
    for place in places:
        if place < _RESERVED:
            links += _numbers(_sector(data, place, size))
    _check_ends(links)
    _check_ends([number for sector in _chain(links, mini_start) for number in _numbers(_sector(data, sector, size))])
    for sector in _chain(links, directory):
        _check_entries(_sector(data, sector, size), len(data), size)


def _sector(data: memoryview, number: int, size: int) -> memoryview:
    found = data[(number + 1) * size : (number + 2) * size]
    if not found:
        raise Unsound("a sector beyond the end")
    return found


def _numbers(sector: memoryview) -> Sequence[int]:
    return struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])


def _further_places(data: memoryview, sector: int, size: int) -> list[int]:
    """Where the tables lie beyond the 109 that the header has room for (§ 2.5)."""
    found: list[int] = []
    seen: set[int] = set()
    while sector < _RESERVED:
        if sector in seen:
            raise Unsound("tables without end")
        seen.add(sector)
        numbers = _numbers(_sector(data, sector, size))
        found += numbers[:-1]
        sector = numbers[-1]
    return found


def _check_ends(links: Sequence[int]) -> None:
    """Every chain ends, wherever one begins to follow it."""
    known = bytearray(len(links))  # 1: on the present way, 2: leads to an end
    for start in range(len(links)):
        way, sector = [], start
        while sector < len(links) and not known[sector]:
            known[sector] = 1
            way.append(sector)
            sector = links[sector]
        if sector < len(links) and known[sector] == 1:
            raise Unsound("a chain without end")
        for sector in way:
            known[sector] = 2


def _chain(links: Sequence[int], sector: int) -> list[int]:
    found = []
    while sector < _RESERVED:
        found.append(sector)
        sector = links[sector]
    return found


def _check_entries(sector: memoryview, most: int, size: int) -> None:
    for at in range(0, len(sector) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<Q", sector, at + 120)[0]
        if size == _SIZES[9]:  # the upper half may be anything there (§ 2.6.1)
            length &= 0xFFFFFFFF
        if sector[at + 66] in (2, 5) and length > most:
            raise Unsound("a stream longer than the file")
