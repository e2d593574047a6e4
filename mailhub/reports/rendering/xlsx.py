"""The report as XLSX: a sheet a table, the single figures first, what everything means last.

Rows are written as they come (`constant_memory`), text always as text: a name that begins with `=` is a name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

from mailhub.clock import local_time
from mailhub.i18n import Texts, texts
from mailhub.reports.rendering.raw import percent_of
from mailhub.reports.showing import shown
from mailhub.reports.values import Cell, Column, Headline, Rate, Report, Row, Share, Table, Unit
from mailhub.text.plain import plain_line

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31  # of a sheet
_LONGEST_TEXT = 32_000  # a cell holds 32,767
_OPTIONS = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "head": {
        "bold": True,
        "text_wrap": True,
        "border": 1,
        "bg_color": "#E7EDF5",
        "valign": "vcenter",
        "align": "center",
    },
    "text": {"border": 1, "valign": "top"},
    "long": {"text_wrap": True, "valign": "top"},
    "number": {"border": 1, "num_format": "#,##0"},
    "share": {"border": 1, "num_format": '0.0"%"'},
    "rate": {"border": 1, "num_format": "#,##0.0"},
    "day": {"border": 1, "num_format": "dd/mm/yyyy"},
    "duration": {"border": 1, "num_format": "[h]:mm:ss"},
}


def as_xlsx(report: Report) -> bytes:
    """The file."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {**_OPTIONS, "default_date_format": "dd/mm/yyyy"})
    made = local_time(report.made_at).replace(tzinfo=None)  # Excel's times have no zone
    about = {"title": plain_line(report.title), "company": plain_line(report.agency_name), "created": made}
    book.set_properties(about)
    maker = _Maker(book, report)
    maker.overview()
    for section in report.sections:
        for table in section.tables:
            maker.table(table)
    maker.definitions()
    book.close()
    return out.getvalue()


class _Maker:
    """One workbook under way: its formats, and the names of its sheets that are taken."""

    def __init__(self, book: Any, report: Report) -> None:
        self._book, self._report = book, report
        self._words: Texts = texts(report.language)
        base = {"font_name": "Times New Roman", "font_size": 12}
        self._formats = {name: book.add_format(base | form) for name, form in _FORMATS.items()}
        self._bold = {name: book.add_format(base | form | {"bold": True}) for name, form in _FORMATS.items()}
        self._names: set[str] = set()

    def overview(self) -> None:
        """What it is about, and the figures that stand alone."""
        words, report = self._words, self._report
        sheet = self._sheet(words("report.file.sheet.overview"), (44, 22, 22, 14, 14))
        lines = [
            (report.title, "title"),
            (f"{words('report.file.agency')}: {report.agency_name}", "plain"),
            (f"{words('report.file.period')}: {report.period_words}", "plain"),
            *((words("report.file.public"), "plain") for _ in (0,) if report.public),
            *((note, "plain") for note in report.notes),
        ]
        for place, (text, form) in enumerate(lines):
            sheet.write_string(place, 0, _text(text), self._formats.get(form))
        names = [words(f"report.file.{name}") for name in ("figure", "now", "before", "target", "met")]
        place = len(lines) + 1
        self._heads(sheet, place, names)
        for one in (one for section in report.sections for one in section.headlines):
            place += 1
            self._headline(sheet, place, one)

    def _headline(self, sheet: Any, place: int, one: Headline) -> None:
        self._write(sheet, place, 0, one.title, Unit.TEXT)
        self._write(sheet, place, 1, one.value, one.unit)
        self._write(sheet, place, 2, one.before, one.unit)
        if one.target is None:
            self._write(sheet, place, 3, None, Unit.TEXT)
        else:
            sheet.write_number(place, 3, one.target, self._formats["share"])
        self._write(sheet, place, 4, one.met, Unit.MET)

    def table(self, table: Table) -> None:
        """Title, heads that stay when one scrolls, rows, the total."""
        sheet = self._sheet(table.title, [_width(column, table) for column in table.columns])
        sheet.write_string(0, 0, _text(table.title), self._formats["title"])
        self._heads(sheet, 2, [column.title for column in table.columns])
        sheet.freeze_panes(3, 1 if table.columns and table.columns[0].label else 0)
        place = 2
        for place, row in enumerate(table.rows, start=3):
            self._row(sheet, place, row, table, bold=False)
        if table.total is not None:
            self._row(sheet, place + 1, table.total, table, bold=True)
        if not table.rows:
            sheet.write_string(3, 0, _text(table.empty or self._words("report.file.empty")), self._formats["long"])
        elif table.cut:
            sheet.write_string(place + 3, 0, self._words.count("report.file.cut", table.cut))

    def definitions(self) -> None:
        """What each figure and each table counts, and how."""
        words = self._words
        sheet = self._sheet(words("report.file.sheet.definitions"), (34, 40, 100))
        self._heads(sheet, 0, [words(f"report.file.{name}") for name in ("table", "figure", "definition")])
        rows: list[tuple[str, str, str]] = []
        for section in self._report.sections:
            rows += [(section.title, one.title, one.definition) for one in section.headlines]
            for table in section.tables:
                rows += [(table.title, "", table.definition)] if table.definition else []
                rows += [(table.title, one.title, one.definition) for one in table.columns if one.definition]
        for place, row in enumerate(rows, start=1):
            for column, text in enumerate(row):
                sheet.write_string(place, column, _text(text), self._formats["long"])

    def _sheet(self, name: str, widths: Sequence[float]) -> Any:
        sheet = self._book.add_worksheet(self._name(name))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def _name(self, title: str) -> str:
        """A sheet's name of its own: 31 letters, without what Excel forbids."""
        plain = _NOT_IN_NAMES.sub(" ", plain_line(title)).strip() or "-"
        name, number = plain[:_LONGEST_NAME].strip(), 2
        while name.casefold() in self._names:
            tail = f" ({number})"
            name, number = plain[: _LONGEST_NAME - len(tail)].strip() + tail, number + 1
        self._names.add(name.casefold())
        return name

    def _heads(self, sheet: Any, place: int, names: Sequence[str]) -> None:
        for column, name in enumerate(names):
            sheet.write_string(place, column, _text(name), self._formats["head"])

    def _row(self, sheet: Any, place: int, row: Row, table: Table, *, bold: bool) -> None:
        for column, (cell, about) in enumerate(zip(row.cells, table.columns, strict=True)):
            self._write(sheet, place, column, cell, about.unit, bold=bold)

    def _write(self, sheet: Any, place: int, column: int, cell: Cell, unit: Unit, *, bold: bool = False) -> None:
        formats = self._bold if bold else self._formats
        part = _part(cell)
        if cell is None or (isinstance(cell, Share | Rate) and part is None):
            sheet.write_blank(place, column, None, formats["text"])
        elif part is not None:
            sheet.write_number(place, column, part, formats["share" if isinstance(cell, Share) else "rate"])
        elif isinstance(cell, date):
            sheet.write_datetime(place, column, cell, formats["day"])
        elif isinstance(cell, int) and unit is Unit.DURATION:
            sheet.write_number(place, column, cell / 86_400_000, formats["duration"])
        elif isinstance(cell, int):
            sheet.write_number(place, column, cell, formats["number"])
        else:
            sheet.write_string(place, column, _text(shown(cell, unit, self._report.language)), formats["text"])


def _part(cell: Cell) -> float | None:
    if isinstance(cell, Share):
        return percent_of(cell)
    return cell.per_hundred if isinstance(cell, Rate) else None


def _text(text: str) -> str:
    return plain_line(text)[:_LONGEST_TEXT]


def _width(column: Column, table: Table) -> float:
    """In letters: by the longest of the first rows."""
    place = table.column(column.key)
    longest = (
        max((len(str(row.cells[place])) for row in table.rows[:200]), default=0) if column.unit is Unit.TEXT else 0
    )
    return min(60.0, max(12.0, longest + 2.0, len(column.title) / 2 + 2))
