"""The cells of a table (.xlsx, .xls, .ods, .csv, text copied from Excel), row by row. Runs in the sandbox."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

import python_calamine

from mailhub.files.charset import unpack_text
from mailhub.files.compound import check_compound
from mailhub.files.delimited import delimited_rows
from mailhub.files.facts import CellRows, Unreadable
from mailhub.files.merged import spread
from mailhub.files.package import BadPackage, Locked, Package, TooLarge
from mailhub.files.sheets import MOST_CELLS, MOST_SHEETS, check_spread
from mailhub.files.sniff import sniff
from mailhub.files.xls import widest
from mailhub.text.table import in_unicode

MOST_ROWS = 60_000  # of all sheets together
MOST_COLUMNS = 60
MOST_FILLED = 800_000  # cells that hold something
CELL_CHARACTERS = 500
SHEET_BYTES = 60 * 2**20  # of one sheet's XML: 25,000 rows of 20 cells have some 40 MiB
_BLOCK = 500  # rows that cross the wall in one line
_SHEETS = frozenset(("xlsx", "xlsm", "xls", "ods"))


def read_cells(data: memoryview) -> Iterator[CellRows]:
    """Every sheet's rows, some at a time; the last may say why there are no more. Raises nothing but MemoryError."""
    kind = sniff(data)
    try:
        if kind in _SHEETS:
            yield from _in_blocks(_book(data, kind))
        elif kind == "txt":
            yield from _in_blocks([("", False, delimited_rows(unpack_text(bytes(data))))])
        else:
            yield CellRows(unreadable=Unreadable.EMPTY if kind == "empty" else _unfit(data))
    except (python_calamine.PasswordError, Locked):
        yield CellRows(unreadable=Unreadable.ENCRYPTED)
    except TooLarge:
        yield CellRows(unreadable=Unreadable.TOO_LARGE)
    except (python_calamine.CalamineError, BadPackage, OSError, ValueError, TypeError, csv.Error):
        yield CellRows(unreadable=Unreadable.DAMAGED)
    except BaseException as error:
        # What Rust calls a panic comes as a class that is no Exception, and has no public name.
        if type(error).__name__ != "PanicException":
            raise
        yield CellRows(unreadable=Unreadable.DAMAGED)


def _unfit(data: memoryview) -> Unreadable:
    # Excel keeps a book with a password as an OLE file with one stream ([MS-OFFCRYPTO] § 2.3.2).
    locked = "EncryptedPackage".encode("utf-16-le") in bytes(data[: 2**20])
    return Unreadable.ENCRYPTED if locked else Unreadable.UNSUPPORTED


def _book(data: memoryview, kind: str) -> Iterator[tuple[str, bool, Iterable[list[str]]]]:
    """Name, whether it is hidden, and rows of each sheet."""
    if kind in ("xlsx", "xlsm"):
        check_spread(Package(data, SHEET_BYTES + 2**20), SHEET_BYTES)
    elif kind == "xls":
        check_compound(data)
        if widest(data) > MOST_CELLS:
            raise TooLarge("xls")
    with python_calamine.load_workbook(io.BytesIO(data)) as book:
        visible = {one.name: one.visible == python_calamine.SheetVisibleEnum.Visible for one in book.sheets_metadata}
        for name in book.sheet_names[:MOST_SHEETS]:
            try:
                sheet = book.get_sheet_by_name(name)
            except python_calamine.WorksheetNotFound:  # a sheet of charts
                continue
            yield name, not visible.get(name, True), _sheet(sheet)


def _sheet(sheet: Any) -> Iterator[list[str]]:
    """The rows from the first on; calamine leaves out the empty columns at the left, and no rows."""
    if sheet.start is None:
        return
    left = [""] * min(sheet.start[1], MOST_COLUMNS)
    rows = ([*left, *map(_shown, row[:MOST_COLUMNS])][:MOST_COLUMNS] for row in sheet.iter_rows())
    yield from spread(rows, sheet.merged_cell_ranges or ())


def _shown(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip()[:CELL_CHARACTERS]
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute or cell.second) else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _in_blocks(sheets: Iterable[tuple[str, bool, Iterable[list[str]]]]) -> Iterator[CellRows]:
    """Blocks of rows, empty ones at their ends left out, up to the limits."""
    rows_left, cells_left = MOST_ROWS, MOST_FILLED
    for name, hidden, rows in sheets:
        title = name.strip()[:100]
        numbered = enumerate(in_unicode([_trimmed(row) for row in islice(rows, rows_left + 1)]), 1)
        while block := list(islice(numbered, _BLOCK)):
            rows_left -= len(block)
            cells_left -= sum(map(len, (row for _, row in block)))
            if rows_left < 0 or cells_left < 0:
                yield CellRows(title, hidden=hidden, unreadable=Unreadable.TOO_LARGE)
                return
            yield CellRows(title, block[0][0], tuple(tuple(row) for _, row in block), hidden)


def _trimmed(row: list[str]) -> list[str]:
    """Without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]
