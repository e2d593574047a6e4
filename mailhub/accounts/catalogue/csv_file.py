"""The directory as CSV for Excel: UTF-8 with its mark, a header in Vietnamese, no cell that Excel would compute.

A name that begins with `=` would be run as a formula by whoever opens the file (OWASP, "CSV injection"): such a cell
gets an apostrophe before it, which Excel and LibreOffice take as "this is text".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from mailhub.accounts.catalogue.entries import Entry

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BYTE_ORDER_MARK = "\ufeff"
HEADER = ("Họ và tên / Tên hộp thư", "Chức vụ", "Đơn vị", "Mã đơn vị", "Địa chỉ thư điện tử", "Điện thoại", "Loại")
_KINDS = {"personal": "cá nhân", "role": "đơn vị, chức danh"}


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The file, a line at a time, each ended by CRLF (RFC 4180 § 2)."""
    yield _BYTE_ORDER_MARK + _line(HEADER)
    for entry in entries:
        cells = (entry.name, entry.title, entry.agency, entry.agency_code, entry.address, entry.phone)
        yield _line((*cells, _KINDS.get(entry.kind, entry.kind)))


def harmless(cell: str) -> str:
    """The cell as text that no spreadsheet computes."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return line.getvalue()
