"""Text of Word documents (OOXML: .docx, .docm, .dotx), as ECMA-376 part 1 § 17 lays it out.

Order: the body, its tables cell by cell; what stands in text boxes after the paragraph they hang on; then footnotes;
then page headers and footers (`edges.py`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from mailhub.files.docx_runs import Fonts, fonts_of
from mailhub.files.edges import placed
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.flow import Flow
from mailhub.files.package import MOST_ELEMENTS, BadPackage, Locked, Package, TooLarge, parse_xml
from mailhub.files.reading import FEW_LETTERS, Reading, pasted
from mailhub.text.lines import Line, Text

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_LOOSE = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN = _W + "t", _W + "tab", _W + "br", _W + "cr", _W + "noBreakHyphen"
_PTAB, _SYMBOL, _PAGE, _BOX = _W + "ptab", _W + "sym", _W + "lastRenderedPageBreak", _W + "txbxContent"
_PARAGRAPH, _TABLE, _ROW, _CELL = _W + "p", _W + "tbl", _W + "tr", _W + "tc"
_INSIDE = (_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN, _PTAB, _SYMBOL, _PAGE)
# Not on the page: what was deleted or moved away while changes were tracked, and the old wording beside the new.
_GONE = {b"w:del ": _W + "del", b"w:moveFrom ": _W + "moveFrom", b"Fallback": _FALLBACK}
_HEADS = re.compile(r"word/(?:header|footer)\d{0,6}\.xml")
_PICTURES = re.compile(r"word/media/[^/]{1,80}\.(?:png|jpe?g|tiff?|bmp)", re.IGNORECASE)
_DEEPEST = 40  # tables within tables
_HEAD_CHARACTERS = 4_000


def read_docx(data: memoryview, limits: Limits) -> Reading:
    """The text of a Word document. Raises nothing but MemoryError."""
    flow = Flow(limits.text_characters)
    fault: Unreadable | None = None
    pictures: tuple[bytes, ...] = ()
    text = Text()
    try:
        package = Package(data)
        body = package_body(package)
        raw, whole = package.head(body)
        fault = None if whole else Unreadable.TOO_LARGE
        sheet = _sheet(package)
        fault = _read_body(raw, sheet, flow) or fault
        text = _with_edges(package, sheet, flow)
        if sum(len(line.text) for line in text.lines) < FEW_LETTERS:
            pictures = pasted(package, _PICTURES)
    except Locked:
        fault = Unreadable.ENCRYPTED
    except TooLarge:
        fault = Unreadable.TOO_LARGE
    except BadPackage:
        fault = fault or Unreadable.DAMAGED
    return Reading(text if text.lines else flow.text(), fault, pictures=pictures)


def package_body(package: Package) -> str:
    """The name of the main part: nearly always the usual one, else the one that the relations name."""
    if "word/document.xml" in package.names:
        return "word/document.xml"
    found = re.search(rb'officeDocument"[^>]{0,500}Target="/?([^"]{1,200})"', package.read("_rels/.rels", 2**20))
    if found is None:
        raise BadPackage("no main part")
    return found[1].decode("utf-8", "replace")


def _sheet(package: Package) -> bytes:
    try:
        return package.read("word/styles.xml", 4 * 2**20) if "word/styles.xml" in package.names else b""
    except BadPackage:
        return b""


def _read_body(raw: bytes, sheet: bytes, flow: Flow) -> Unreadable | None:
    root, whole = _parse(raw)
    deep = _Walk(flow, fonts_of(raw, root, sheet), boxes=b"txbxContent" in raw).blocks(root)
    if deep:
        return Unreadable.TOO_DEEP
    return None if whole else Unreadable.DAMAGED


def _parse(raw: bytes) -> tuple[Any, bool]:
    """The tree without what is not on the page."""
    if _STRICT in raw[:4_000]:
        raw = raw.replace(_STRICT, _LOOSE)
    root, whole = parse_xml(raw)
    for mark, tag in _GONE.items():
        if mark in raw:
            for element in list(root.iter(tag)):
                parent = element.getparent()
                if parent is not None:
                    parent.remove(element)
    return root, whole


class _Walk:
    """Goes through blocks (paragraphs, tables, what wraps them) and gives their text to a flow."""

    def __init__(self, flow: Flow, fonts: Fonts | None, *, boxes: bool) -> None:
        self._flow = flow
        self._fonts = fonts
        self._boxes = boxes
        self._left = MOST_ELEMENTS
        self._fresh = True  # nothing was written on this page yet

    def blocks(self, parent: Any, depth: int = 0) -> bool:
        """Read everything below `parent`; True when something lay too deep."""
        if depth > _DEEPEST:
            return True
        deep = False
        for element in parent:
            self._left -= 1
            if self._flow.full or self._left < 0:
                self._flow.complete = False
                break
            tag = element.tag
            if tag == _PARAGRAPH:
                deep |= self._paragraph(element, depth)
            elif tag == _TABLE:
                deep |= self._table(element, depth)
            elif len(element):
                deep |= self.blocks(element, depth + 1)
        return deep

    def _table(self, table: Any, depth: int) -> bool:
        deep = False
        self._flow.cut()
        for cell in table.iter(_CELL):
            # Cells of tables within it are that table's to read.
            if next(cell.iterancestors(_TABLE)) is table:
                deep |= self.blocks(cell, depth + 1)
                self._flow.cut()
        return deep

    def _paragraph(self, paragraph: Any, depth: int) -> bool:
        boxes = list(paragraph.iter(_BOX)) if self._boxes else []
        for box in boxes:
            box.getparent().remove(box)
        pieces: list[str] = []
        for element in paragraph.iter(_INSIDE):
            tag = element.tag
            if tag == _TEXT:
                words = element.text or ""
                pieces.append(words if self._fonts is None else self._fonts.shown(words, element.getparent()))
            elif tag == _PAGE or (tag == _BREAK and element.get(_W + "type") == "page"):
                self._turn(pieces)
            else:
                pieces.append(_sign(tag, element, pieces))
        words = "".join(pieces)
        self._fresh &= not words.strip()
        self._flow.paragraph(words)
        deep = False
        for box in boxes:
            self._flow.cut()
            deep |= self.blocks(box, depth + 1)
            self._flow.cut()
        return deep

    def _turn(self, pieces: list[str]) -> None:
        """A page break; Word writes a second mark of the same break at the top of the new page."""
        words = "".join(pieces)
        if self._fresh and not words.strip():
            return
        self._flow.paragraph(words)
        pieces.clear()
        self._flow.new_page()
        self._fresh = True


def _sign(tag: str, element: Any, pieces: list[str]) -> str:
    if tag in (_BREAK, _RETURN):
        return "\n"
    if tag == _TAB:
        # The same name stands for a tab stop in a paragraph's properties.
        return "" if element.getparent().tag == _W + "tabs" else "\t"
    if tag == _HYPHEN:
        return "-"
    if tag == _SYMBOL:
        return {"F0FE": "☒", "F0A8": "☐", "F06F": "☐", "F0FC": "✓"}.get((element.get(_W + "char") or "").upper(), " ")
    return "\t" if pieces else ""


def _with_edges(package: Package, sheet: bytes, flow: Flow) -> Text:
    """The body's text with footnotes and page headers put around it."""
    first: list[str] = []
    notes = ["word/footnotes.xml"] if "word/footnotes.xml" in package.names else []
    for name in notes + package.matching(_HEADS)[:12]:
        edge = Flow(_HEAD_CHARACTERS)
        try:
            raw, _ = package.head(name, 2**20)
            root, _ = _parse(raw)
        except BadPackage:
            continue
        _Walk(edge, fonts_of(raw, root, sheet), boxes=b"txbxContent" in raw).blocks(root)
        _watermarks(root, edge)
        before, after = placed([line.text for line in edge.text().lines])
        first += before
        flow.cut()
        for line in after:
            flow.paragraph(line)
    text = flow.text()
    return replace(text, lines=(*map(Line, first), *text.lines))


def _watermarks(root: Any, flow: Flow) -> None:
    """Words drawn across the page, such as `DỰ THẢO`: text on a path of an old drawing."""
    for path in root.iter("{urn:schemas-microsoft-com:vml}textpath"):
        flow.paragraph((path.get("string") or "")[:200])
