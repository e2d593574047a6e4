"""One made-up công văn as DOCX and PDF, laid out as Nghị định 30/2020/NĐ-CP, Phụ lục I has it (A4, its boxes 1 to 9b).

The demonstration attaches both. Everything needed is here: the PDF's fonts are those that typst carries with it,
so that it looks the same on a machine without any.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import docx
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLetter:
    """A công văn, box by box. `number_symbol` is `156/SNV-VTLT`; `signed_for` is `TL. GIÁM ĐỐC`."""

    parent: str
    issuer: str
    number_symbol: str
    place_and_day: str
    subject: str
    addressee: str
    paragraphs: tuple[str, ...]
    recipients: tuple[str, ...]
    signed_for: str
    title: str
    signer: str
    country: str = field(default=COUNTRY)
    motto: str = field(default=MOTTO)

    @property
    def file_stem(self) -> str:
        """`156-SNV-VTLT`: a name that every file system takes."""
        return self.number_symbol.replace("/", "-")


def sample_letter(day: date, *, province: str = "Tỉnh Minh Họa") -> OfficialLetter:
    """A letter of the demonstration's Sở Nội vụ. Nobody in it exists."""
    return OfficialLetter(
        parent=f"ỦY BAN NHÂN DÂN\n{province.upper()}",
        issuer="SỞ NỘI VỤ",
        number_symbol="156/SNV-VTLT",
        place_and_day=f"{province.removeprefix('Tỉnh ')}, {written_day(day)}",
        subject="V/v sử dụng thư điện tử công vụ\ntrong trao đổi văn bản",
        addressee="Sở Tài chính",
        paragraphs=(
            "Thực hiện Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư, "
            "Sở Nội vụ đề nghị Quý cơ quan phối hợp thực hiện một số nội dung sau:",
            "1. Sử dụng hộp thư điện tử công vụ của tỉnh khi gửi, nhận văn bản; không dùng hộp thư cá nhân.",
            "2. Kiểm tra hộp thư văn thư ít nhất hai lần mỗi ngày làm việc và xác nhận khi đã nhận văn bản.",
            "3. Rà soát danh sách cán bộ, công chức, viên chức được cấp hộp thư; gửi kết quả về Sở Nội vụ "
            "trước ngày 15 tháng 12 để tổng hợp.",
            "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị Quý cơ quan phản ánh về Sở Nội vụ để được "
            "hướng dẫn./.",
        ),
        recipients=("Như trên;", "Giám đốc Sở (b/c);", "Lưu: VT, VTLT."),
        signed_for="TL. GIÁM ĐỐC",
        title="CHÁNH VĂN PHÒNG",
        signer="Trần Hữu Quân",
    )


def written_day(day: date) -> str:
    """`ngày 05 tháng 01 năm 2026`: days below 10 and the months 1 and 2 get a zero, the others none (box 4)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


# ------------------------------------------------------------------------- PDF

# The letter comes in as JSON, which typst never reads as markup.
_TYPST = """
#let letter = json(bytes(sys.inputs.letter))
#let lines(text) = text.split("\\n").join(linebreak())
#let rule(width) = { v(-6pt); line(length: width, stroke: 0.6pt) }
#set document(title: letter.number_symbol)
#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 15mm))
#set text(font: "Libertinus Serif", lang: "vi", size: 13pt)
#set par(justify: true, leading: 0.75em)
#grid(columns: (2fr, 3fr), column-gutter: 4mm, align: center, row-gutter: 10pt,
  [#lines(letter.parent) \\ *#letter.issuer* #rule(30%)],
  [*#text(size: 12.5pt, letter.country)* \\ *#letter.motto* #rule(58%)],
  [Số: #letter.number_symbol \\ #text(size: 12pt, lines(letter.subject))],
  emph(letter.place_and_day),
)
#v(6mm)
#align(center)[Kính gửi: #letter.addressee]
#v(4mm)
#set par(first-line-indent: (amount: 10mm, all: true), spacing: 1em)
#for one in letter.paragraphs { par(one) }
#v(6mm)
#set par(first-line-indent: 0mm)
#grid(columns: (1fr, 1fr),
  align(left)[
    #text(size: 12pt)[*_Nơi nhận:_*] \\
    #set text(size: 11pt)
    #letter.recipients.map(one => [\\- #one]).join(linebreak())
  ],
  align(center)[*#letter.signed_for* \\ *#letter.title* #v(22mm) *#letter.signer*],
)
"""


def as_pdf(letter: OfficialLetter) -> bytes:
    """The letter as PDF/A-2b with its fonts inside."""
    made = typst.compile(
        _TYPST.encode(),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["a-2b"],
        sys_inputs={"letter": json.dumps(asdict(letter), ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made


# ------------------------------------------------------------------------ DOCX


def as_docx(letter: OfficialLetter) -> bytes:
    """The letter as Word opens it, in Times New Roman as the decree asks."""
    document = docx.Document()
    _set_page(document)
    head = document.add_table(rows=2, cols=2)
    _write(head.cell(0, 0), letter.parent, size=13, centre=True)
    _write(head.cell(0, 0), letter.issuer, size=13, bold=True, centre=True, more=True)
    _write(head.cell(0, 1), letter.country, size=12, bold=True, centre=True)
    _write(head.cell(0, 1), letter.motto, size=13, bold=True, centre=True, more=True)
    _write(head.cell(1, 0), f"Số: {letter.number_symbol}", size=13, centre=True)
    _write(head.cell(1, 0), letter.subject, size=12, centre=True, more=True)
    _write(head.cell(1, 1), letter.place_and_day, size=13, italic=True, centre=True)
    _set_widths(head, 65, 100)
    _paragraph(document, f"\nKính gửi: {letter.addressee}\n", centre=True)
    for one in letter.paragraphs:
        _paragraph(document, one)
    foot = document.add_table(rows=1, cols=2)
    _write(foot.cell(0, 0), "Nơi nhận:", size=12, bold=True, italic=True)
    for one in letter.recipients:
        _write(foot.cell(0, 0), f"- {one}", size=11, more=True)
    _write(foot.cell(0, 1), f"{letter.signed_for}\n{letter.title}\n\n\n\n{letter.signer}", bold=True, centre=True)
    _set_widths(foot, 82, 82)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(14)
    normal.paragraph_format.space_after = Pt(0)


def _set_widths(table: Any, *millimetres: int) -> None:
    for row in table.rows:
        for cell, width in zip(row.cells, millimetres, strict=True):
            cell.width = Mm(width)


def _write(
    cell: Any,
    text: str,
    *,
    size: int = 14,
    bold: bool = False,
    italic: bool = False,
    centre: bool = False,
    more: bool = False,
) -> None:
    """Put a paragraph into a cell; `more` adds another instead of filling the first."""
    paragraph = cell.add_paragraph() if more else cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _paragraph(document: Any, text: str, *, centre: bool = False) -> None:
    paragraph = document.add_paragraph(text)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Mm(10)
    paragraph.paragraph_format.space_after = Pt(6)
