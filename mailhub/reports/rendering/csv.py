"""The report as CSV: a table after the other, each under its title, in UTF-8 with a BOM so that Excel reads it.

Figures are bare numbers, shares and rates have one place after a point, days are ISO 8601, durations whole seconds.
No cell becomes a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from mailhub.i18n import Texts, texts
from mailhub.reports.rendering.raw import percent_of
from mailhub.reports.showing import shown
from mailhub.reports.values import Cell, Rate, Report, Row, Section, Share, Table, Unit
from mailhub.text.cells import safe_cell
from mailhub.text.plain import plain_line


def as_csv(report: Report) -> bytes:
    """RFC 4180 with CRLF, every cell in quotation marks."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for line in _lines(report, texts(report.language)):
        writer.writerow([safe_cell(plain_line(cell)) for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _lines(report: Report, words: Texts) -> Iterator[list[str]]:
    yield [report.title]
    yield [words("report.file.agency"), report.agency_name]
    yield [words("report.file.period"), report.period_words]
    yield [words("report.file.days"), report.period.first.isoformat(), report.period.last.isoformat()]
    for note in report.notes:
        yield [words("report.file.note"), note]
    for section in report.sections:
        if section.headlines:
            yield from _headlines(section, report.language, words)
        for table in section.tables:
            yield from _table(table, report.language, words)


def _headlines(section: Section, language: str, words: Texts) -> Iterator[list[str]]:
    yield []
    yield [section.title]
    names = ("figure", "now", "before", "target", "met", "definition")
    yield [words(f"report.file.{name}") for name in names]
    for one in section.headlines:
        met = "" if one.met is None else shown(one.met, Unit.MET, language)
        target = "" if one.target is None else f"{one.target:g}"
        values = (csv_cell(one.value, one.unit, language), csv_cell(one.before, one.unit, language))
        yield [one.title, *values, target, met, one.definition]


def _table(table: Table, language: str, words: Texts) -> Iterator[list[str]]:
    yield []
    yield [table.title, *([table.definition] if table.definition else [])]
    yield [column.title for column in table.columns]
    if not table.rows:
        yield [table.empty or words("report.file.empty")]
    for row in (*table.rows, *((table.total,) if table.total is not None else ())):
        yield _row(row, table, language)
    if table.cut:
        yield [words.count("report.file.cut", table.cut)]


def _row(row: Row, table: Table, language: str) -> list[str]:
    cells = zip(row.cells, table.columns, strict=True)
    return [csv_cell(cell, column.unit, language) for cell, column in cells]


def csv_cell(cell: Cell, unit: Unit, language: str) -> str:
    """`1234`, `93.1`, `2026-10-14`; words are as they are; "" when nothing is known."""
    if cell is None:
        return ""
    if isinstance(cell, Share):
        percent = percent_of(cell)
        return "" if percent is None else f"{percent:.1f}"
    if isinstance(cell, Rate):
        return "" if cell.per_hundred is None else f"{cell.per_hundred:.1f}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return str(round(cell / 1000)) if unit is Unit.DURATION else str(cell)
    return shown(cell, unit, language)
