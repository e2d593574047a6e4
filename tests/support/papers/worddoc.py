"""A paper as DOCX, as offices type it: head and foot are tables without lines."""

from __future__ import annotations

import io
from collections.abc import Iterable
from enum import StrEnum

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import parse_xml
from docx.shared import Pt

from tests.support.papers.paper import Paper


class MarkPlace(StrEnum):
    """Where urgency and secrecy are typed."""

    CELL = "cell"  # under the number, in the head's left cell
    PARAGRAPH = "paragraph"  # a line between head and heading
    BOX = "box"  # a floating text box, as Word's shapes are
    FRAME = "frame"  # a table of one cell


_BOX = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"><w:pict>'
    '<v:rect style="position:absolute;width:85pt;height:23pt" strokecolor="red"><v:textbox><w:txbxContent>'
    '<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/><w:color w:val="FF0000"/></w:rPr>'
    "<w:t>{mark}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:rect></w:pict></w:r>"
)


def as_docx(paper: Paper, marks: MarkPlace = MarkPlace.CELL) -> bytes:
    """The paper as a Word file."""
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(13)
    inside = paper.marks if marks is MarkPlace.CELL else ()
    _side_by_side(document, (*paper.left_head, *inside), paper.right_head)
    if marks is not MarkPlace.CELL:
        _marks(document, paper, marks)
    for line in paper.title:
        _add(document, line, bold=True)
    for line in paper.text:
        document.add_paragraph(line)
    _side_by_side(document, paper.left_foot, paper.right_foot)
    for line in paper.copy_lines:
        document.add_paragraph(line)
    if paper.annex:
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        for line in paper.annex:
            document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _side_by_side(document: docx.document.Document, left: Iterable[str], right: Iterable[str]) -> None:
    cells = document.add_table(rows=1, cols=2).rows[0].cells
    for cell, lines in zip(cells, (left, right), strict=True):
        for number, line in enumerate(lines):
            paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.add_run(line).bold = line.isupper()


def _marks(document: docx.document.Document, paper: Paper, place: MarkPlace) -> None:
    for mark in paper.marks:
        if place is MarkPlace.FRAME:
            document.add_table(rows=1, cols=1, style="Table Grid").rows[0].cells[0].text = mark
        elif place is MarkPlace.BOX:
            document.add_paragraph()._p.append(parse_xml(_BOX.format(mark=mark)))
        else:
            document.add_paragraph().add_run(mark).bold = True


def _add(document: docx.document.Document, line: str, *, bold: bool) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(line).bold = bold
