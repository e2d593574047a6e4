"""The frame of a Word 97 document: information block, streams and table of pieces ([MS-DOC] § 2.5, § 2.9.38)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

_WORD97 = 0xA5EC
_STREAM_BYTES = 48 * 2**20  # of one stream
_PIECES = 200_000
_FIELD, _RESULT, _END = "\x13", "\x14", "\x15"
_FIELD_MARKS = re.compile("[\x13-\x15]")
# Numbers of pairs in § 2.5.6 FibRgFcLcb97.
CHARACTER_PAGES, FONTS, CLX, SHAPES, BOX_TEXTS = 12, 15, 33, 40, 56


class BadDocument(Exception):
    """Not a Word document, or damaged beyond its text. Stays within `files/`."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the file information block tells (§ 2.5): lengths of the parts in characters, places in the table stream."""

    encrypted: bool
    table: str
    counts: tuple[int, ...]  # body, footnotes, headers, macros, comments, endnotes, text boxes, boxes of headers
    places: bytes  # pairs (offset, length), § 2.5.6

    def place(self, index: int) -> tuple[int, int]:
        """Offset and length of the pair `index` of § 2.5.6, (0, 0) when the block is too short for it."""
        if 8 * index + 8 > len(self.places):
            return 0, 0
        found: tuple[int, int] = struct.unpack_from("<II", self.places, 8 * index)
        return found


def stream_of(ole: Any, name: str) -> bytes:
    if not ole.exists(name):
        raise BadDocument(f"no stream {name}")
    data: bytes = ole.openstream(name).read(_STREAM_BYTES)
    return data


def base_of(document: bytes) -> Base:
    """The file information block at the start of the stream `WordDocument`.

    Raises:
        BadDocument: it is of another program or of an older Word.
    """
    if len(document) < 0x60 or struct.unpack_from("<H", document)[0] != _WORD97:
        raise BadDocument("no Word 97 document")
    flags = struct.unpack_from("<H", document, 0x0A)[0]
    words = struct.unpack_from("<H", document, 0x20)[0]  # csw
    longs_at = 0x22 + 2 * words
    longs = struct.unpack_from("<H", document, longs_at)[0]  # cslw
    values = struct.unpack_from(f"<{min(longs, 22)}I", document, longs_at + 2)
    pairs_at = longs_at + 2 + 4 * longs
    pairs = struct.unpack_from("<H", document, pairs_at)[0]  # cbRgFcLcb
    places = document[pairs_at + 2 : pairs_at + 2 + 8 * pairs]
    counts = (*values[3:7], *values[7:11])
    return Base(bool(flags & 0x0100), "1Table" if flags & 0x0200 else "0Table", counts, places)


def part_of(table: bytes, place: tuple[int, int]) -> bytes:
    start, length = place
    return table[start : start + length]


def pieces_of(clx: bytes) -> list[tuple[int, int, int]]:
    """The piece table (§ 2.9.38): (first character, last, offset with the flag of one octet a letter in bit 30)."""
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at + 5 > len(clx) or clx[at] != 2:
        raise BadDocument("no piece table")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    plc = clx[at + 5 : at + 5 + size]
    count = min((len(plc) - 4) // 12, _PIECES)
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    return [(ends[i], ends[i + 1], struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * i + 2)[0]) for i in range(count)]


def without_fields(text: str) -> str:
    """`text` with each field's code made NUL, its result kept; positions stay the same."""
    if _FIELD not in text:
        return text
    found: list[str] = []
    codes: list[bool] = []  # of each open field: whether we are in its code
    start = 0
    hidden = 0
    for mark in _FIELD_MARKS.finditer(text):
        piece = text[start : mark.start()]
        found.append("\x00" * len(piece) if hidden else piece)
        found.append("\x00")
        start = mark.end()
        if mark[0] == _FIELD:
            codes.append(True)
            hidden += 1
        elif mark[0] == _RESULT and codes and codes[-1]:
            codes[-1] = False
            hidden -= 1
        elif mark[0] == _END and codes:
            hidden -= codes.pop()
    found.append(text[start:])
    return "".join(found)
