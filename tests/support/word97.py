"""Word 97 documents written by hand ([MS-DOC]): one piece, and what a test needs around it."""

from __future__ import annotations

import struct

from tests.support.ole import compound

TEXT_AT = 0x800
CELL, ROW, PAGE, PARAGRAPH, LINE, SHAPE = "\x07", "\x07", "\x0c", "\r", "\x0b", "\x08"
FIELD, RESULT, FIELD_END = "\x13", "\x14", "\x15"
DELETED, HIDDEN = b"\x00\x08\x01", b"\x3c\x08\x01"


def font(number: int) -> bytes:
    """The property that sets a run in the font of this number."""
    return struct.pack("<HH", 0x4A4F, number)


def word97(
    body: str,
    *,
    headers: str = "",
    boxes: dict[int, str] | None = None,
    runs: list[tuple[int, int, bytes]] | None = None,
    fonts: tuple[str, ...] = (),
    narrow: bool = False,
    encrypted: bool = False,
    more: dict[str, bytes] | None = None,
) -> bytes:
    """A .doc file. `boxes` are texts by the position of the SHAPE character that they hang on; `runs` are (first
    character, character after the last, properties); `narrow` writes one octet a letter; `more` are further streams.
    """
    boxes = boxes or {}
    box_texts = [text + "\r" for text in boxes.values()]
    box_part = "".join(box_texts) + ("\r" if boxes else "")
    text = body + headers + box_part + "\r"
    raw = text.encode("cp1252") if narrow else text.encode("utf-16-le", "surrogatepass")
    width = 1 if narrow else 2
    table = bytearray()
    places: dict[int, tuple[int, int]] = {}

    def put(index: int, part: bytes) -> None:
        places[index] = (len(table), len(part))
        table.extend(part)

    place = (2 * TEXT_AT) | 0x40000000 if narrow else TEXT_AT
    pieces = struct.pack("<II", 0, _length(text)) + struct.pack("<HIH", 0, place, 0)
    put(33, b"\x02" + struct.pack("<I", len(pieces)) + pieces)
    if boxes:
        shapes = b"".join(struct.pack("<I", at) for at in (*boxes, _length(body)))
        put(40, shapes + b"".join(struct.pack("<I22x", 100 + i) for i in range(len(boxes))))
        starts = [sum(map(_length, box_texts[:i])) for i in range(len(boxes) + 1)]
        ends = b"".join(struct.pack("<I", at) for at in starts)
        put(56, ends + b"".join(struct.pack("<14xI4x", 100 + i) for i in range(len(boxes))))
    if fonts:
        names = [struct.pack("<39x") + name.encode("utf-16-le") + b"\0\0" for name in fonts]
        put(15, struct.pack("<HH", len(fonts), 0) + b"".join(bytes([len(name)]) + name for name in names))
    document = bytearray(b"\0" * TEXT_AT) + raw
    if runs:
        document += b"\0" * (-len(document) % 512)
        put(12, struct.pack("<III", TEXT_AT, TEXT_AT + len(raw), len(document) // 512))
        document += _format_page([(TEXT_AT + width * a, TEXT_AT + width * b, p) for a, b, p in runs])
    document[:0x9A] = _base((_length(body), 0, _length(headers), 0, 0, 0, _length(box_part), 0), encrypted=encrypted)
    document[0x9A : 0x9A + 744] = b"".join(struct.pack("<II", *places.get(i, (0, 0))) for i in range(93))
    return compound({"WordDocument": bytes(document), "1Table": bytes(table), **(more or {})})


def _length(text: str) -> int:
    """In characters as Word counts them: those beyond the first plane are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _base(counts: tuple[int, ...], *, encrypted: bool) -> bytes:
    flags = 0x0200 | (0x0100 if encrypted else 0)
    head = struct.pack("<HHHHHH20xH28xH", 0xA5EC, 0xC1, 0, 0x0409, 0, flags, 14, 22)
    longs = struct.pack("<3I8I", 0, 0, 0, *counts).ljust(88, b"\0")
    return head + longs + struct.pack("<H", 93)


def _format_page(runs: list[tuple[int, int, bytes]]) -> bytes:
    """One page of character formats (§ 2.9.34): runs must touch each other; gaps are filled with plain ones."""
    edges, properties = [runs[0][0]], list[bytes]()
    for start, end, what in runs:
        if start != edges[-1]:
            edges.append(start)
            properties.append(b"")
        edges.append(end)
        properties.append(what)
    page = bytearray(512)
    page[: 4 * len(edges)] = struct.pack(f"<{len(edges)}I", *edges)
    at = 510
    for number, what in enumerate(properties):
        if what:
            at -= len(what) + 1
            at -= at % 2
            page[at : at + 1 + len(what)] = bytes([len(what)]) + what
            page[4 * len(edges) + number] = at // 2
    page[511] = len(properties)
    return bytes(page)
