"""Text of OpenDocument files: letters (.odt) and sheets (.ods), as ODF 1.3 part 3 lays out `content.xml`.

Order as for Word: body with its tables cell by cell, boxes after the paragraph that they hang on, notes, then page
headers and footers.
"""

from __future__ import annotations

import re
from typing import Any

from mailhub.files.edges import placed
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.flow import Flow
from mailhub.files.package import MOST_ELEMENTS, BadPackage, Locked, Package, TooLarge, parse_xml
from mailhub.files.reading import FEW_LETTERS, Reading, pasted

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_T, _TABLE, _DRAW, _OFFICE = (f"{{{_OASIS}{name}:1.0}}" for name in ("text", "table", "drawing", "office"))
_STYLE = f"{{{_OASIS}style:1.0}}"
_PARAGRAPHS = frozenset((_T + "p", _T + "h"))
_CELLS = frozenset((_TABLE + "table-cell", _TABLE + "covered-table-cell"))
_BOXES = frozenset((_DRAW + "text-box",))
_NOTES = frozenset((_T + "note-body",))
# Not on the page: what was deleted (its text is kept here), remarks, lists of variables, scripts, mail's fields.
_UNSEEN = frozenset(
    (_T + "tracked-changes", _OFFICE + "annotation", _T + "note-citation", _OFFICE + "forms", _T + "sequence-decls",
     _OFFICE + "scripts", _T + "variable-decls", _DRAW + "object", _TABLE + "content-validations")
)  # fmt: skip
_PICTURES = re.compile(r"Pictures/[^/]{1,100}\.(?:png|jpe?g|tiff?|bmp)", re.IGNORECASE)
_DEEPEST = 120
_MOST_BLANKS = 200
_EDGE_CHARACTERS = 4_000
_ROW_CELLS = 256


def read_odt(data: memoryview, limits: Limits) -> Reading:
    """The text of an OpenDocument letter. Raises nothing but MemoryError."""
    return _read(data, limits, sheets=False)


def read_ods(data: memoryview, limits: Limits) -> Reading:
    """The text of an OpenDocument sheet: names of the sheets and rows. Raises nothing but MemoryError."""
    return _read(data, limits, sheets=True)


def _read(data: memoryview, limits: Limits, *, sheets: bool) -> Reading:
    flow = Flow(limits.text_characters)
    fault: Unreadable | None = None
    pictures: tuple[bytes, ...] = ()
    try:
        package = Package(data)
        if encrypted(package):
            return Reading(unreadable=Unreadable.ENCRYPTED)
        raw, whole = package.head("content.xml")
        root, sound = parse_xml(raw)
        fault = Unreadable.TOO_LARGE if not whole else None if sound else Unreadable.DAMAGED
        first, last = _edges(package)
        walk = _Walk(flow, sheets=sheets)
        for line in first:
            flow.paragraph(line)
        walk.blocks(root, 0)
        walk.finish()
        for line in last:
            flow.paragraph(line)
        fault = Unreadable.TOO_DEEP if walk.deep else fault
        if sum(len(line.text) for line in flow.text().lines) < FEW_LETTERS:
            pictures = pasted(package, _PICTURES)
    except Locked:
        fault = Unreadable.ENCRYPTED
    except TooLarge:
        fault = Unreadable.TOO_LARGE
    except BadPackage:
        fault = fault or Unreadable.DAMAGED
    return Reading(flow.text(), fault, pictures=pictures)


def encrypted(package: Package) -> bool:
    """Whether the manifest says that parts are encrypted (ODF 1.3 part 2 § 4.8)."""
    if "META-INF/manifest.xml" not in package.names:
        return False
    return b"encryption-data" in package.head("META-INF/manifest.xml", 2**20)[0]


class _Walk:
    """Goes through an OpenDocument tree and gives its paragraphs to a flow."""

    def __init__(self, flow: Flow, *, sheets: bool) -> None:
        self.deep = False
        self._flow = flow
        self._sheets = sheets
        self._left = MOST_ELEMENTS
        self._notes: list[Any] = []

    def blocks(self, parent: Any, depth: int) -> None:
        if depth > _DEEPEST:
            self.deep = True
            return
        for element in parent:
            tag = element.tag
            self._left -= 1
            if self._flow.full or self._left < 0:
                self._flow.complete = False
                return
            if tag in _PARAGRAPHS:
                self._paragraph(element, depth)
            elif tag in _UNSEEN:
                continue
            elif self._sheets and tag == _TABLE + "table-row":
                self._row(element)
            elif tag in _CELLS or tag in _BOXES or tag == _TABLE + "table":
                self._flow.cut()
                if self._sheets and tag == _TABLE + "table":
                    self._flow.paragraph((element.get(_TABLE + "name") or "")[:100])
                self.blocks(element, depth + 1)
                self._flow.cut()
            elif len(element):
                self.blocks(element, depth + 1)

    def finish(self) -> None:
        """Footnotes and endnotes, which stand below the text."""
        for note in self._notes:
            self._flow.cut()
            self.blocks(note, 0)

    def _paragraph(self, paragraph: Any, depth: int) -> None:
        pieces: list[str] = []
        boxes: list[Any] = []
        self._inline(paragraph, pieces, boxes, depth)
        self._flow.paragraph("".join(pieces))
        for box in boxes:
            self._flow.cut()
            self.blocks(box, depth + 1)
            self._flow.cut()

    def _inline(self, element: Any, pieces: list[str], boxes: list[Any], depth: int) -> None:
        if depth > _DEEPEST:
            self.deep = True
            return
        pieces.append(element.text or "")
        for child in element:
            tag = child.tag
            self._left -= 1
            if self._left < 0:
                return
            if tag == _T + "s":
                pieces.append(" " * _count(child.get(_T + "c"), _MOST_BLANKS))
            elif tag == _T + "tab":
                pieces.append("\t")
            elif tag == _T + "line-break":
                pieces.append("\n")
            elif tag in _BOXES:
                boxes.append(child)
            elif tag in _NOTES:
                self._notes.append(child)
            elif tag not in _UNSEEN:
                self._inline(child, pieces, boxes, depth + 1)
            pieces.append(child.tail or "")

    def _row(self, row: Any) -> None:
        cells: list[str] = []
        for cell in row.iterchildren(*_CELLS):
            words = " ".join(" ".join("".join(part.itertext()).split()) for part in cell.iter(_T + "p"))
            if words:
                cells.append(words)
            if len(cells) >= _ROW_CELLS:
                break
        write_row(cells, self._flow)


def write_row(cells: list[str], flow: Flow) -> None:
    """A row of a sheet. Two cells are the columns of a letter's head or foot; more of them are a table."""
    flow.cut()
    if len(cells) <= 2:
        for cell in cells:
            flow.paragraph(cell)
            flow.cut()
    else:
        flow.table_row(cells)


def _count(value: str | None, most: int) -> int:
    return min(most, int(value)) if value and value.isdecimal() and len(value) < 9 else 1


def _edges(package: Package) -> tuple[list[str], list[str]]:
    """Page headers and footers, from the page styles: what comes before the body, and after it."""
    if "styles.xml" not in package.names:
        return [], []
    root, _ = parse_xml(package.head("styles.xml", 4 * 2**20)[0])
    first: list[str] = []
    last: list[str] = []
    for name in ("header-first", "header", "footer-first", "footer"):
        for edge in list(root.iter(_STYLE + name))[:4]:
            flow = Flow(_EDGE_CHARACTERS)
            _Walk(flow, sheets=False).blocks(edge, 0)
            before, after = placed([line.text for line in flow.text().lines])
            first += before
            last += after
    return first, last
