"""Text of Excel files (.xlsx, .xlsm, .xls): names of the sheets and rows, as many as the limit takes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import python_calamine

from mailhub.files.compound import check_compound
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.flow import Flow
from mailhub.files.odt import write_row
from mailhub.files.package import BadPackage, Locked, Package, TooLarge
from mailhub.files.reading import Reading
from mailhub.files.xls import widest

MOST_SHEETS = 20
MOST_ROWS = 5_000  # of one sheet
MOST_COLUMNS = 256
PART_BYTES = 24 * 2**20  # calamine keeps no tree of it
MOST_CELLS = 4_000_000  # calamine holds the whole rectangle from the first cell to the last
_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_SHEET_PARTS = re.compile(r"xl/worksheets/[^/]{1,80}\.xml")


def read_sheets(data: memoryview, limits: Limits) -> Reading:
    """The text of an Excel file. Raises nothing but MemoryError."""
    flow = Flow(limits.text_characters)
    try:
        if bytes(data[:2]) == b"PK":
            check_spread(Package(data))
        else:
            check_compound(data)
            if widest(data) > MOST_CELLS:
                return Reading(unreadable=Unreadable.TOO_LARGE)
        _read(data, flow)
    except (python_calamine.PasswordError, Locked):
        return Reading(flow.text(), Unreadable.ENCRYPTED)
    except TooLarge:
        return Reading(flow.text(), Unreadable.TOO_LARGE)
    except (python_calamine.CalamineError, BadPackage, OSError, ValueError, TypeError):
        return Reading(flow.text(), Unreadable.DAMAGED)
    except BaseException as error:
        # What Rust calls a panic comes as a class that is no Exception, and has no public name.
        if type(error).__name__ != "PanicException":
            raise
        return Reading(flow.text(), Unreadable.DAMAGED)
    return Reading(flow.text())


def _read(data: memoryview, flow: Flow) -> None:
    with python_calamine.load_workbook(io.BytesIO(data)) as book:
        for name in book.sheet_names[:MOST_SHEETS]:
            _sheet(book, name, flow)
        flow.complete &= len(book.sheet_names) <= MOST_SHEETS


def check_spread(package: Package, most_bytes: int = PART_BYTES) -> None:
    """Refuse sheets whose cells lie so far apart that the rectangle between them would fill the memory.

    Raises:
        BadPackage, TooLarge: a sheet has more octets of XML than `most_bytes`, or is as large as that.
    """
    for name in package.names:
        if name.endswith((".xml", ".bin", ".rels")) and name.startswith("xl/") and not _SHEET_PARTS.fullmatch(name):
            package.read(name, PART_BYTES)
    for name in package.matching(_SHEET_PARTS):
        sheet = package.read(name, most_bytes)
        columns = rows = 1
        for column, row in _CELL.findall(sheet):
            columns = max(columns, _number(column))
            rows = max(rows, int(row))
        if columns * rows > MOST_CELLS:
            raise TooLarge(name)


def _number(letters: bytes) -> int:
    """`A` → 1, `AA` → 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _sheet(book: Any, name: str, flow: Flow) -> None:
    try:
        rows: Iterable[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=MOST_ROWS)
    except python_calamine.WorksheetNotFound:
        return
    flow.cut()
    flow.paragraph(name[:100])
    for row in rows:
        if flow.full:
            flow.complete = False
            return
        write_row([shown for cell in row[:MOST_COLUMNS] if (shown := _shown(cell))], flow)


def _shown(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return " ".join(str(cell).split())[:2_000]
