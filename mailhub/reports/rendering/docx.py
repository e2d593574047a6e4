"""The paper as DOCX: staff edit it before the leader signs, so headings, tables and header rows are Word's own.

Layout: Nghị định 30/2020/NĐ-CP, Phụ lục I phần I: page (mục I), the parts and their letters (mục II and V).
"""

from __future__ import annotations

import io
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm, Pt

from mailhub.reports.rendering.docx_blank import blank_document
from mailhub.reports.rendering.docx_head import add_head, add_signature
from mailhub.reports.rendering.docx_page import add_appendix_section, border_top, prepare, say_first_page, write_run
from mailhub.reports.rendering.docx_table import add_table
from mailhub.reports.rendering.paper import Appendix, Block, Grid, Heading, Paper


def as_docx(paper: Paper) -> bytes:
    """The file."""
    document = blank_document()
    prepare(document, paper)
    add_head(document, paper)
    add_title(document, paper)
    for block in paper.blocks:
        add_block(document, block)
    add_signature(document, paper)
    for appendix in paper.appendices:
        _add_appendix(document, appendix)
    say_first_page(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_title(document: Any, paper: Paper) -> None:
    """Tên loại, trích yếu with its line, and Kính gửi (mục II.5, II.9)."""
    kind = document.add_paragraph(style="mailhub title")
    kind.paragraph_format.space_before = Pt(18)
    write_run(kind, paper.kind, bold=True)
    for line in paper.about.split("\n"):
        write_run(document.add_paragraph(style="mailhub title"), line, bold=True)
    add_rule(document, 165, 165 / 3)
    if paper.addressee:
        addressee = document.add_paragraph()
        addressee.alignment = ALIGN.CENTER
        addressee.paragraph_format.first_line_indent = Mm(0)
        addressee.paragraph_format.space_before = Pt(12)
        addressee.paragraph_format.space_after = Pt(12)
        write_run(addressee, paper.addressee)


def add_rule(holder: Any, room: float, length: float) -> None:
    """A thin line of `length` in the middle of `room` (mm): the border of an empty paragraph."""
    rule = holder.add_paragraph(style="mailhub title")
    border_top(rule, (room - length) / 2)


def add_block(document: Any, block: Block) -> None:
    """A chapter's title, a paragraph, a table."""
    if isinstance(block, Heading):
        heading = document.add_paragraph(style=f"Heading {block.level}")
        write_run(heading, block.text, bold=True)
    elif isinstance(block, Grid):
        add_table(document, block)
    else:
        paragraph = document.add_paragraph(style="mailhub note" if block.small else None)
        write_run(paragraph, block.text)


def _add_appendix(document: Any, appendix: Appendix) -> None:
    """On a page that lies, with page numbers of its own (mục III.1)."""
    add_appendix_section(document)
    for text in (appendix.label, appendix.title):
        line = document.add_paragraph(style="mailhub title")
        write_run(line, text, bold=True)
    line = document.add_paragraph(style="mailhub title")
    write_run(line, appendix.leads, italic=True)
    line.paragraph_format.space_after = Pt(12)
    for block in appendix.blocks:
        add_block(document, block)
