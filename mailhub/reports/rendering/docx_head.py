"""The head and the foot of the decree's paper: who issues it and Quốc hiệu; Nơi nhận and the place to sign.

Phụ lục I phần I mục II.1 to II.4, II.7, II.9; sizes as in the examples of mục V.
"""

from __future__ import annotations

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm, Pt

from mailhub.reports.rendering.docx_page import border_top, write_run
from mailhub.reports.rendering.paper import Paper

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
LEFT_MM, RIGHT_MM = 68.0, 97.0
_MOTTO_MM = 59.0  # as long as the words in 13 points, bold
_CAPITAL_MM = 3.05  # a bold capital of 12 points, on the average


def add_head(document: Any, paper: Paper) -> None:
    """Two columns without borders; number and date on one line."""
    table = _columns(document, 2)
    left, right = table.rows[0].cells
    _lines(left, [(paper.superior, 12, False)] if paper.superior else [])
    _lines(left, [(paper.agency, 12, True)])
    border_top(left.add_paragraph(style="mailhub title"), (LEFT_MM - agency_rule(paper.agency)) / 2)
    _lines(right, [(NATION, 12, True), (MOTTO, 13, True)])
    border_top(right.add_paragraph(style="mailhub title"), (RIGHT_MM - _MOTTO_MM) / 2)
    left, right = table.rows[1].cells
    _lines(left, [(paper.number, 13, False)])
    paragraph = _lines(right, [(paper.place_and_date, 13, False)])
    paragraph.runs[0].italic = True
    for cell in (left, right):
        cell.paragraphs[0].paragraph_format.space_before = Pt(6)


def agency_rule(agency: str) -> float:
    """Between a third and half of the agency's line (mục II.2 b), in mm."""
    return 0.42 * min(LEFT_MM - 6, max(24.0, len(agency) * _CAPITAL_MM))


def add_signature(document: Any, paper: Paper) -> None:
    """Nơi nhận at the left; at the right the signer's office, room for the signature, and the name to be written."""
    closing = document.paragraphs[-1] if document.paragraphs else None
    room = document.add_paragraph()
    room.paragraph_format.space_after = Pt(0)
    for above in (closing, room):
        if above is not None:
            above.paragraph_format.keep_with_next = True  # nobody signs a page on which nothing is said
    table = _columns(document, 1)
    left, right = table.rows[0].cells
    word, *listed = paper.recipients
    paragraph = _first(left)
    paragraph.alignment = ALIGN.LEFT
    write_run(paragraph, word, bold=True, italic=True, size=12)
    for line in listed:
        paragraph = left.add_paragraph(style="mailhub title")
        paragraph.alignment = ALIGN.LEFT
        write_run(paragraph, line, size=11)
    office, *rest = paper.signature.split("\n")
    write_run(_first(right), office, bold=True)
    for line in rest:
        paragraph = right.add_paragraph(style="mailhub title")
        paragraph.paragraph_format.space_before = Pt(64)
        write_run(paragraph, line, bold=True)


def _columns(document: Any, rows: int) -> Any:
    table = document.add_table(rows=rows, cols=2)
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, (LEFT_MM, RIGHT_MM), strict=True):
            cell.width = Mm(width)
    for column, width in zip(table.columns, (LEFT_MM, RIGHT_MM), strict=True):
        column.width = Mm(width)
    return table


def _lines(cell: Any, lines: list[tuple[str, float, bool]]) -> Any:
    """Centred lines of (text, size, bold) at the cell's end; its empty first paragraph is used first."""
    paragraph = None
    for text, size, bold in lines:
        paragraph = _first(cell) if not cell.paragraphs[-1].text and len(cell.paragraphs) == 1 else None
        if paragraph is None:
            paragraph = cell.add_paragraph(style="mailhub title")
        write_run(paragraph, text, bold=bold, size=size)
    return paragraph


def _first(cell: Any) -> Any:
    paragraph = cell.paragraphs[0]
    paragraph.style = paragraph.part.document.styles["mailhub title"]
    return paragraph
