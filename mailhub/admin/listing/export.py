"""Files of tables. What somebody else wrote never becomes a formula (threats § 4.16; OWASP: CSV injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import xlsxwriter
from starlette.responses import Response

from mailhub.text.cells import safe_cell

CSV = "csv"
XLSX = "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# XML 1.0 § 2.2 has no place for these, and nobody reads a cell that is turned around.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
LONGEST_CELL = 32_767  # of Excel


def as_csv(titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """RFC 4180, UTF-8 with the mark that Excel needs to see it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    writer.writerows([value if isinstance(value, int) else safe_cell(_clean(value)) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def as_xlsx(titles: Sequence[str], rows: Iterable[Sequence[str | int]], *, sheet: str = "mailhub") -> bytes:
    """One sheet; every text is written as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": False})
    page = book.add_worksheet(sheet)
    bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
    page.freeze_panes(1, 0)
    for column, title in enumerate(titles):
        page.set_column(column, column, min(40, max(12, len(title) + 4)))
        page.write_string(0, column, title, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                page.write_number(number, column, value)
            else:
                page.write_string(number, column, _clean(value))
    book.close()
    return out.getvalue()


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)[:LONGEST_CELL]


def attachment(content: bytes, name: str, form: str) -> Response:
    """A download (RFC 6266), never shown by the browser itself."""
    disposition = f"attachment; filename=\"{name.encode('ascii', 'replace').decode()}\"; filename*=UTF-8''{quote(name)}"
    return Response(
        content, media_type=TYPES.get(form, "application/octet-stream"), headers={"Content-Disposition": disposition}
    )
