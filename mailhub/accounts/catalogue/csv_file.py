"""The directory as CSV for Excel: UTF-8 with its mark, a header in Vietnamese, no cell that Excel would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from mailhub.accounts.catalogue.entries import Entry
from mailhub.text.cells import safe_cell

_BYTE_ORDER_MARK = "\ufeff"
HEADER = ("Họ và tên / Tên hộp thư", "Chức vụ", "Đơn vị", "Mã đơn vị", "Địa chỉ thư điện tử", "Điện thoại", "Loại")
_KINDS = {"personal": "cá nhân", "role": "đơn vị, chức danh"}


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The file, a line at a time, each ended by CRLF (RFC 4180 § 2)."""
    yield _BYTE_ORDER_MARK + _line(HEADER)
    for entry in entries:
        cells = (entry.name, entry.title, entry.agency, entry.agency_code, entry.address, entry.phone)
        yield _line((*cells, _KINDS.get(entry.kind, entry.kind)))


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return line.getvalue()
