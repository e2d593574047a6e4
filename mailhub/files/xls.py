"""How far apart the cells of an .xls lie, before a reader is let loose on it ([MS-XLS] § 2.1.4, § 2.4)."""

from __future__ import annotations

import io
import struct

import olefile

_START, _END = 0x0809, 0x000A
# Records that begin with a row and a column: blank, number, label, boolean, formula, RK, SST label and rows of them.
_CELLS = frozenset((0x0201, 0x0203, 0x0204, 0x0205, 0x0006, 0x027E, 0x00FD, 0x00BD, 0x00BE, 0x00D6))
_MOST_RECORDS = 500_000
_MOST_BYTES = 48 * 2**20


def widest(data: memoryview) -> int:
    """The cells of the largest rectangle that the cells of one sheet span; 0 when it is no Excel file."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            name = next((name for name in ("Workbook", "Book") if ole.exists(name)), None)
            return _widest(ole.openstream(name).read(_MOST_BYTES)) if name is not None else 0
    except MemoryError:
        raise
    except Exception:  # olefile raises nearly everything on hostile files
        return 0


def _widest(book: bytes) -> int:
    most = rows = columns = at = 0
    for _ in range(_MOST_RECORDS):
        if at + 8 > len(book):
            break
        kind, size, row, column = struct.unpack_from("<HHHH", book, at)
        if kind == _START:
            rows = columns = 0
        elif kind in _CELLS:
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            most = max(most, rows * columns)
        at += 4 + size
    return most
