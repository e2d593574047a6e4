"""Text of Word 97-2003 documents (.doc), read from the piece table as [MS-DOC] § 2.4.1 describes.

catdoc, the usual tool, joins the last line of a table's left cell to the first of the right one, loses text boxes and
shows page fields as letters; it stays as the fallback for files that have no piece table (Word 6 and 95).
"""

from __future__ import annotations

import io
import re
import struct
import subprocess

import olefile

from mailhub.files.compound import Unsound, check_compound
from mailhub.files.edges import placed
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.flow import Flow
from mailhub.files.reading import FEW_LETTERS, MOST_PICTURES, PICTURE_BYTES, Reading
from mailhub.files.word97_base import (
    BOX_TEXTS,
    CHARACTER_PAGES,
    CLX,
    FONTS,
    SHAPES,
    BadDocument,
    Base,
    base_of,
    part_of,
    pieces_of,
    stream_of,
    without_fields,
)
from mailhub.files.word97_runs import Spans, hidden_spans
from mailhub.text.lines import Text, text_of

_BOXES = 500
# Characters that stand for something else (§ 2.4.1, § 2.9.236 and the fields' marks § 2.8.25).
_CELL, _BREAK, _PAGE, _PARAGRAPH, _COLUMN = "\x07", "\x0b", "\x0c", "\r", "\x0e"
_SHAPE = "\x08"
_PARTS = re.compile("[\x07\x0c\r\x08]")
_OTHERS = str.maketrans(
    {"\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": "", "\x02": "", "\x01": "", "\x05": "", "\x00": ""}
)
_NUMBERS_ONLY = re.compile(r"[\W\d_]*")
_PICTURE = re.compile(rb"\xff\xd8\xff[\xdb\xe0\xe1]|\x89PNG\r\n\x1a\n")
_CATDOC_SECONDS = 3.0


def read_word97(data: memoryview, limits: Limits) -> Reading:
    """The text of a .doc file. Raises nothing but MemoryError."""
    flow = Flow(limits.text_characters)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            document = stream_of(ole, "WordDocument")
            base = base_of(document)
            if base.encrypted:
                return Reading(unreadable=Unreadable.ENCRYPTED)
            table = stream_of(ole, base.table)
            pictured = stream_of(ole, "Data") if ole.exists("Data") else b""
        _read(document, table, base, flow)
        text = flow.text()
        few = sum(len(line.text) for line in text.lines) < FEW_LETTERS
        return Reading(text, pictures=_pictures(pictured) + _pictures(document) if few else ())
    except MemoryError:
        raise
    except Exception:  # olefile and struct raise nearly everything on hostile files
        kept = flow.text()
        if any(line.text.strip() for line in kept.lines):
            return Reading(kept, Unreadable.DAMAGED)
    return _by_catdoc(data, limits)


def _read(document: bytes, table: bytes, base: Base, flow: Flow) -> None:
    pieces = pieces_of(part_of(table, base.place(CLX)))
    total = sum(base.counts) + 1
    spans = hidden_spans(document, part_of(table, base.place(CHARACTER_PAGES)), part_of(table, base.place(FONTS)))
    whole = _characters(document, pieces, total, spans)
    starts = [sum(base.counts[:index]) for index in range(len(base.counts) + 1)]
    body, notes, heads = (whole[starts[i] : starts[i + 1]] for i in range(3))
    boxes = _boxes(table, base, whole[starts[6] : starts[7]])
    first, last = placed(_lines(heads))
    for line in first:
        flow.paragraph(line)
    _write(body, flow, boxes)
    for rest in (_lines(notes), *map(_lines, boxes.values()), last):
        flow.cut()
        for line in rest:
            flow.paragraph(line)


def _lines(part: str) -> list[str]:
    """The paragraphs of notes, boxes or page headers that say something."""
    paragraphs = without_fields(part).translate(_OTHERS).replace(_CELL, "\r").split("\r")
    return [line for line in paragraphs if not _NUMBERS_ONLY.fullmatch(line)]


def _characters(document: bytes, pieces: list[tuple[int, int, int]], total: int, spans: Spans) -> str:
    """All parts of the document in one string, in which position is character position; at most the stream's size."""
    found: list[str] = []
    length = 0
    budget = 2 * len(document) + 2  # pieces may name the same octets again and again
    for first, last, place in pieces:
        count = min(last, total) - first
        if count <= 0 or first != length:
            break
        narrow = bool(place & 0x40000000)
        start = (place & 0x3FFFFFFF) // 2 if narrow else place & 0x3FFFFFFF
        width = 1 if narrow else 2
        raw = document[start : start + width * count]
        budget -= len(raw)
        if budget < 0:
            raise BadDocument("pieces overlap")
        # Word keeps a pair of surrogates as two characters; positions need them apart.
        text = raw.decode("cp1252", "replace") if narrow else _utf16(raw)
        text = spans.shown(text, start, width)
        found.append(text.ljust(count, "\x00"))
        length += count
    return "".join(found)


def _utf16(raw: bytes) -> str:
    text = raw.decode("utf-16-le", "replace")
    if len(text) * 2 == len(raw):
        return text
    return "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) // 2 * 2])))


def _boxes(table: bytes, base: Base, text: str) -> dict[int, str]:
    """Texts of the text boxes, by the character position of what they hang on (§ 2.8.32, § 2.8.37); others at -1, …"""
    if not text:
        return {}
    shapes = part_of(table, base.place(SHAPES))
    count = min(max(0, (len(shapes) - 4) // 30), 20_000)
    anchors = {
        struct.unpack_from("<I", shapes, 4 * (count + 1) + 26 * i)[0]: struct.unpack_from("<I", shapes, 4 * i)[0]
        for i in range(count)
    }
    places = part_of(table, base.place(BOX_TEXTS))
    count = min(max(0, (len(places) - 4) // 26), _BOXES)
    if not count:
        return {-1: text}
    found: dict[int, str] = {}
    for i in range(count):
        start, end = struct.unpack_from("<II", places, 4 * i)
        shape = struct.unpack_from("<I", places, 4 * (count + 1) + 22 * i + 14)[0]
        words = text[start:end].strip("\r\x00")
        if words:
            found[anchors.get(shape, -1 - i)] = words
    return found


def _write(body: str, flow: Flow, boxes: dict[int, str]) -> None:
    """The body's paragraphs and cells. Boxes that hang on a paragraph come after it and are taken out of `boxes`."""
    body = without_fields(body)
    start = 0
    waiting: list[str] = []
    for mark in _PARTS.finditer(body):
        if flow.full:
            flow.complete = False
            return
        if mark[0] == _SHAPE:
            if mark.start() in boxes:
                waiting.append(boxes.pop(mark.start()))
            continue
        words = body[start : mark.start()].replace(_SHAPE, "").translate(_OTHERS)
        start = mark.end()
        if words.strip() or mark[0] == _PARAGRAPH:
            flow.paragraph(words)
        if mark[0] == _CELL:
            flow.cut()
        elif mark[0] == _PAGE:
            flow.new_page()
        for box in waiting:
            flow.cut()
            for line in _lines(box):
                flow.paragraph(line)
            flow.cut()
        waiting.clear()
    flow.paragraph(body[start:].replace(_SHAPE, "").translate(_OTHERS))


def _pictures(stream: bytes) -> tuple[bytes, ...]:
    """Pictures lie in a stream as they came ([MS-ODRAW] § 2.2.23); their decoders find the end themselves."""
    starts = [found.start() for found in _PICTURE.finditer(stream)][:MOST_PICTURES]
    return tuple(stream[start : start + PICTURE_BYTES] for start in starts)


def _by_catdoc(data: memoryview, limits: Limits) -> Reading:
    """What catdoc makes of it; its output is cut at the limit, its faults are the file's."""
    try:
        check_compound(data)  # catdoc follows chains of sectors for ever
        done = subprocess.run(
            ["catdoc", "-d", "utf-8", "-w"],
            input=data, capture_output=True, timeout=min(_CATDOC_SECONDS, limits.seconds), check=False,
        )  # fmt: skip
    except (Unsound, OSError, subprocess.SubprocessError):
        return Reading(unreadable=Unreadable.DAMAGED)
    plain = done.stdout[: 4 * limits.text_characters].decode("utf-8", "replace")[: limits.text_characters]
    if done.returncode or not plain.strip():
        return Reading(unreadable=Unreadable.DAMAGED)
    return Reading(Text(text_of(plain).lines), Unreadable.DAMAGED)
