"""The page of the DOCX: paper and margins, letters, paragraphs, page numbers (Phụ lục I phần I mục I, II.6)."""

from __future__ import annotations

from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from mailhub.reports.rendering.paper import Paper

FONT = "Times New Roman"
_MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}
_FONTS = ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia")
_TAGS = {"vi": "vi-VN", "en": "en-GB"}


def prepare(document: Any, paper: Paper) -> None:
    """A4, the decree's margins, Times New Roman 14, page numbers on top; the file's own title and language."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    _set_margins(section)
    _number_pages(section)
    normal = document.styles["Normal"]
    _letters(normal, 14)
    _language(normal, _TAGS.get(paper.language, paper.language))
    _flow(normal.paragraph_format)
    for level in (1, 2):
        heading = document.styles[f"Heading {level}"]
        _letters(heading, 14, bold=True)
        heading.paragraph_format.space_before = Pt(12 if level == 1 else 8)
        heading.paragraph_format.space_after = Pt(6)
        heading.paragraph_format.keep_with_next = True
        heading.paragraph_format.alignment = ALIGN.LEFT
    _styles(document)
    about = document.core_properties
    about.title, about.subject, about.author, about.comments = paper.title, paper.about, paper.agency, ""
    about.language = _TAGS.get(paper.language, paper.language)


def write_run(paragraph: Any, text: str, *, bold: bool = False, italic: bool = False, size: float = 0) -> Any:
    """Text at the end of a paragraph, in letters of its own where they differ from the style's."""
    run = paragraph.add_run(text)
    if bold:
        run.bold = True
    if italic:
        run.italic = True
    if size:
        run.font.size = Pt(size)
    return run


def add_appendix_section(document: Any) -> Any:
    """A new section that lies, its pages counted from 1."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    _make_small(document.element.body)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    _set_margins(section)
    kind = OxmlElement("w:pgNumType")
    kind.set(qn("w:start"), "1")
    for old in section._sectPr.findall(qn("w:pgNumType")):
        section._sectPr.remove(old)
    section._sectPr.insert_element_before(kind, "w:cols", "w:titlePg", "w:docGrid")
    return section


def _make_small(body: Any) -> None:
    """The paragraph that ends a section is written after its last table: as low as can be, so that it needs no page of
    its own when the table fills its own."""
    ends = [one for one in body.iterchildren(qn("w:p")) if one.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None]
    form = Paragraph(ends[-1], body).paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)
    form.space_before = form.space_after = Pt(0)


def say_first_page(document: Any) -> None:
    """The number of a first page is not shown (mục I.7): its header is another one, and empty."""
    for section in document.sections:
        section.different_first_page_header_footer = True


def border_top(paragraph: Any, indent_mm: float) -> None:
    """A line above an empty paragraph, as far from both sides as that: the rules of the decree's head."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(indent_mm)
    form.first_line_indent = Mm(0)
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    form.line_spacing = Pt(4)
    form.space_before, form.space_after = Pt(4), Pt(0)
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _set_margins(section: Any) -> None:
    for name, width in _MARGINS.items():
        setattr(section, name, Mm(width))
    section.header_distance, section.footer_distance = Mm(10), Mm(10)


def _number_pages(section: Any) -> None:
    """In the middle of the top margin, size 13 (mục I.7). Later sections take it over."""
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = ALIGN.CENTER
    paragraph.paragraph_format.first_line_indent = Mm(0)
    paragraph.paragraph_format.space_after = Pt(0)
    run = write_run(paragraph, "", size=13)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


def _letters(style: Any, size: float, *, bold: bool = False, italic: bool = False) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, italic
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]  # a theme's font would win over the one that is named
    for name in _FONTS:
        fonts.set(qn(name), FONT)


def _language(style: Any, tag: str) -> None:
    element = OxmlElement("w:lang")
    for name in ("w:val", "w:eastAsia"):
        element.set(qn(name), tag)
    style.element.get_or_add_rPr().append(element)


def _flow(form: Any) -> None:
    """Both sides straight, first line 1.27 cm in, 6 points between paragraphs, single to 1.5 lines (mục II.6 e)."""
    form.alignment = ALIGN.JUSTIFY
    form.first_line_indent = Mm(12.7)
    form.space_before, form.space_after = Pt(0), Pt(6)
    form.line_spacing = 1.1
    form.widow_control = True


def _styles(document: Any) -> None:
    """Ours, beside Word's: titles in the middle, notes, and what stands in tables."""
    for name, size, align in (
        ("mailhub title", 14, ALIGN.CENTER),
        ("mailhub note", 11, ALIGN.LEFT),
        ("mailhub cell", 12, ALIGN.LEFT),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        _letters(style, size, italic=name == "mailhub note")
        form = style.paragraph_format
        form.alignment, form.first_line_indent, form.line_spacing = align, Mm(0), 1.0
        form.space_before, form.space_after = Pt(0), Pt(2 if name == "mailhub note" else 0)
