"""Tables of the DOCX, written as XML: python-docx looks through the whole table for each cell, and a report has
thousands. Text becomes text nodes, whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from mailhub.reports.rendering.paper import Grid, GridCell, GridColumn

_TWIPS = 1440 / 25.4  # a millimetre
_EDGES = ("top", "left", "bottom", "right", "insideH", "insideV")


def add_table(document: Any, grid: Grid) -> None:
    """The table, its header row repeated on each page, no row broken over two; then a little room."""
    after = document.add_paragraph()
    after.paragraph_format.space_after = after.paragraph_format.space_before = Pt(0)
    after.paragraph_format.line_spacing = Pt(6)
    after._p.addprevious(table_of(grid))


def table_of(grid: Grid) -> Any:
    """The element `w:tbl`."""
    table = OxmlElement("w:tbl")
    table.append(_properties(grid))
    widths = _child(table, "w:tblGrid")
    for column in grid.columns:
        _child(widths, "w:gridCol", w=str(_twips(column.width)))
    titles = tuple(GridCell(column.title) for column in grid.columns)
    table.append(_row(titles, grid, bold=True, header=True))
    for row in grid.rows:
        table.append(_row(row, grid, keep=grid.total is not None and row is grid.rows[-1]))
    if grid.total is not None:
        table.append(_row(grid.total, grid, bold=True))
    return table


def _properties(grid: Grid) -> Any:
    properties = OxmlElement("w:tblPr")
    _child(properties, "w:tblW", w=str(sum(_twips(column.width) for column in grid.columns)), type="dxa")
    borders = _child(properties, "w:tblBorders")
    for edge in _EDGES:
        _child(borders, f"w:{edge}", val="single", sz="4", space="0", color="000000")
    _child(properties, "w:tblLayout", type="fixed")
    margins = _child(properties, "w:tblCellMar")
    for side in ("left", "right"):
        _child(margins, f"w:{side}", w=str(_twips(1.2)), type="dxa")
    return properties


def _row(cells: Sequence[GridCell], grid: Grid, *, bold: bool = False, header: bool = False, keep: bool = False) -> Any:
    row = OxmlElement("w:tr")
    properties = _child(row, "w:trPr")
    _child(properties, "w:cantSplit")
    if header:
        _child(properties, "w:tblHeader")
    for cell, column in zip(cells, grid.columns, strict=True):
        row.append(_cell(cell, column, grid.size, bold=bold, header=header, keep=keep))
    return row


def _cell(cell: GridCell, column: GridColumn, size: float, *, bold: bool, header: bool, keep: bool) -> Any:
    element = OxmlElement("w:tc")
    properties = _child(element, "w:tcPr")
    _child(properties, "w:tcW", w=str(_twips(column.width)), type="dxa")
    if header:
        _child(properties, "w:vAlign", val="center")
    place = "center" if header or column.centred else "right" if column.figure else "left"
    element.append(_paragraph(cell.text, place, size, bold=bold, keep=header or keep))
    if cell.under:
        element.append(_paragraph(cell.under, place, min(size, 11) - 0.5, italic=True))
    return element


def _paragraph(
    text: str, place: str, size: float, *, bold: bool = False, italic: bool = False, keep: bool = False
) -> Any:
    paragraph = OxmlElement("w:p")
    form = _child(paragraph, "w:pPr")
    _child(form, "w:pStyle", val="mailhubcell")
    if keep:
        _child(form, "w:keepNext")
    _child(form, "w:spacing", before="30", after="30")
    _child(form, "w:jc", val=place)
    if text:
        run = _child(paragraph, "w:r")
        letters = _child(run, "w:rPr")
        if bold:
            _child(letters, "w:b")
        if italic:
            _child(letters, "w:i")
        for name in ("w:sz", "w:szCs"):
            _child(letters, name, val=str(int(size * 2)))
        written = _child(run, "w:t")
        written.set(qn("xml:space"), "preserve")
        written.text = text
    return paragraph


def _child(parent: Any, name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


def _twips(millimetres: float) -> int:
    return round(millimetres * _TWIPS)
