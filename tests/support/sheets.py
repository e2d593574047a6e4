"""XLSX files that we wrote, read back: rows of texts, and whether a cell is anything but a value."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

_NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheet_rows(content: bytes) -> list[list[str]]:
    """The texts of the first sheet; fails when a cell calculates or leads somewhere."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = _texts(book, "xl/sharedStrings.xml") if "xl/sharedStrings.xml" in book.namelist() else []
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert root.find(".//m:f", _NAMES) is None, "a formula"
    assert root.find(".//m:hyperlink", _NAMES) is None, "a link"
    return [_row(row, shared) for row in root.iterfind(".//m:row", _NAMES)]


def _row(row: ElementTree.Element, shared: list[str]) -> list[str]:
    found: dict[int, str] = {}
    for cell in row.iterfind("m:c", _NAMES):
        text = "".join(one.text or "" for one in cell.iterfind(".//m:t", _NAMES))
        value = cell.find("m:v", _NAMES)
        if value is not None and value.text is not None:
            text = shared[int(value.text)] if cell.get("t") == "s" else value.text
        found[_column(cell.get("r", "A1"))] = text
    return [found.get(place, "") for place in range(max(found, default=-1) + 1)]


def _column(name: str) -> int:
    number = 0
    for letter in re.sub(r"[^A-Z]", "", name):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _texts(book: zipfile.ZipFile, name: str) -> list[str]:
    root = ElementTree.fromstring(book.read(name))
    return ["".join(t.text or "" for t in one.iterfind(".//m:t", _NAMES)) for one in root.iterfind("m:si", _NAMES)]
