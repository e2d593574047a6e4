"""Which characters of a .doc are not shown, or shown otherwise: [MS-DOC] § 2.9.33 (Chpx) and § 2.6.1 (its Sprms).

Only three properties are looked at: deleted while changes were tracked, hidden, and a font of the .Vn family.
"""

from __future__ import annotations

import bisect
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailhub.text.legacy import from_tcvn3

_DELETED, _HIDDEN, _FONT = 0x0800, 0x083C, 0x4A4F  # sprmCFRMarkDel, sprmCFVanish, sprmCRgFtc0
_OPERANDS = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}  # octets, by the top three bits (§ 2.2.5.1)
_PAGE_BYTES = 512
_MOST_PAGES = 20_000
_KEPT = re.compile("[^\x07\x0c\r\x08\x13-\x15]")
_OF_UNICODE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
GONE, SMALL, CAPITALS = 1, 2, 3


@dataclass(slots=True)
class Spans:
    """Spans of octets of the stream, sorted, each with what becomes of its letters."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)

    def shown(self, text: str, at: int, width: int) -> str:
        """`text`, which lies at octet `at` with `width` octets a letter, as the page shows it; same length."""
        if not self.starts:
            return text
        found: list[str] = []
        done = 0
        for index in range(max(0, bisect.bisect_right(self.starts, at) - 1), len(self.starts)):
            first = max(done, (self.starts[index] - at) // width)
            last = min(len(text), (self.ends[index] - at) // width)
            if first >= len(text):
                break
            if last <= first:
                continue
            found += [text[done:first], _changed(text[first:last], self.kinds[index])]
            done = last
        found.append(text[done:])
        return "".join(found)


def _changed(text: str, kind: int) -> str:
    if kind == GONE:
        return _KEPT.sub("\x00", text)
    if _OF_UNICODE.search(text):
        return text
    plain = from_tcvn3(text, capitals=kind == CAPITALS)
    return plain if len(plain) == len(text) else text


def hidden_spans(document: bytes, pages: bytes, fonts: bytes) -> Spans:
    """The spans that differ from plain text. `pages` is the PlcfBteChpx, `fonts` the SttbfFfn of the table stream."""
    spans = Spans()
    try:
        by_font = _legacy_fonts(fonts)
        for start, end, properties in _runs(document, pages):
            kind = _kind(properties, by_font)
            if kind and end > start:
                spans.starts.append(start)
                spans.ends.append(end)
                spans.kinds.append(kind)
    except (struct.error, IndexError):
        pass  # a damaged format table costs formats, not text
    if any(a > b for a, b in zip(spans.starts, spans.starts[1:], strict=False)):
        return Spans()
    return spans


def _runs(document: bytes, pages: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(first octet, octet after the last, properties) of each run (§ 2.8.5 PlcBteChpx, § 2.9.34 ChpxFkp)."""
    count = min(max(0, (len(pages) - 4) // 8), _MOST_PAGES)
    for number in struct.unpack_from(f"<{count}I", pages, 4 * (count + 1)) if count else ():
        page = document[(number & 0x3FFFFF) * _PAGE_BYTES :][:_PAGE_BYTES]
        if len(page) < _PAGE_BYTES:
            return
        runs = page[-1]
        if 5 * runs + 4 > _PAGE_BYTES - 1:
            return
        edges = struct.unpack_from(f"<{runs + 1}I", page)
        for i in range(runs):
            at = 2 * page[4 * (runs + 1) + i]
            if at:
                yield edges[i], edges[i + 1], page[at + 1 : at + 1 + page[at]]


def _kind(properties: bytes, by_font: dict[int, int]) -> int:
    kind = at = 0
    while at + 3 <= len(properties):
        code = struct.unpack_from("<H", properties, at)[0]
        if code in (_DELETED, _HIDDEN) and properties[at + 2] == 1:
            return GONE
        if code == _FONT and at + 4 <= len(properties):
            kind = by_font.get(struct.unpack_from("<H", properties, at + 2)[0], 0)
        size = _OPERANDS.get(code >> 13)
        at += 2 + (size if size is not None else 1 + properties[at + 2])
    return kind


def _legacy_fonts(table: bytes) -> dict[int, int]:
    """Which fonts of the document (§ 2.9.286 SttbfFfn, § 2.9.87 FFN) are of the .Vn family, by their number."""
    found: dict[int, int] = {}
    if len(table) < 4:
        return found
    count = struct.unpack_from("<H", table)[0]
    at = 4
    for number in range(count):
        if at >= len(table):
            break
        size = table[at]
        name = table[at + 40 : at + 1 + size].decode("utf-16-le", "ignore").split("\x00")[0]
        if name.startswith(".Vn"):
            found[number] = CAPITALS if name.upper().endswith("H") else SMALL
        at += 1 + size
    return found
