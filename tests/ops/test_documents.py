"""The letter that the demonstration sends: laid out as Nghị định 30 says, readable everywhere."""

from __future__ import annotations

import io
import re
import zlib
from datetime import date

import docx
import pytest
import typst

from mailhub.ops.documents import COUNTRY, MOTTO, as_docx, as_pdf, sample_letter, written_day

pytestmark = pytest.mark.unit

LETTER = sample_letter(date(2026, 11, 22))


def test_the_docx_has_every_box_of_the_decree_in_two_columns() -> None:
    document = docx.Document(io.BytesIO(as_docx(LETTER)))
    head, foot = document.tables
    left, right = ([head.cell(row, column).text for row in (0, 1)] for column in (0, 1))
    assert left == [f"{LETTER.parent}\n{LETTER.issuer}", f"Số: 156/SNV-VTLT\n{LETTER.subject}"]
    assert right == [f"{COUNTRY}\n{MOTTO}", "Minh Họa, ngày 22 tháng 11 năm 2026"]
    assert LETTER.subject.startswith("V/v ")
    body = [paragraph.text.strip() for paragraph in document.paragraphs if paragraph.text.strip()]
    assert body[0] == "Kính gửi: Sở Tài chính"
    assert body[-1].endswith("./.")
    assert foot.cell(0, 0).text.startswith("Nơi nhận:\n- Như trên;")
    assert foot.cell(0, 1).text.startswith("TL. GIÁM ĐỐC\nCHÁNH VĂN PHÒNG")


def test_the_docx_is_a4_with_the_decrees_margins_and_typeface() -> None:
    document = docx.Document(io.BytesIO(as_docx(LETTER)))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert section.left_margin is not None
    assert section.right_margin is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.left_margin.mm), round(section.right_margin.mm)) == (30, 15)
    assert document.styles["Normal"].font.name == "Times New Roman"


def test_the_pdf_carries_its_fonts_and_maps_every_glyph_back_to_vietnamese() -> None:
    streams = _streams(as_pdf(LETTER))
    names = b"".join(streams)
    assert b"LibertinusSerif" in names.replace(b"-", b"")
    letters = "".join(_mapped_letters(streams))
    wanted = {letter for one in LETTER.paragraphs for letter in one if not letter.isspace()}
    assert wanted - set(letters) == set()
    assert {"ộ", "ử", "Ủ", "Ỉ", "Đ", "ị"} <= set(letters)


def test_no_letter_is_missing_from_the_fonts_that_typst_brings() -> None:
    families = typst.Fonts(include_system_fonts=False).families()
    assert "Libertinus Serif" in families  # the one that the template names; a substitute may lack ộ or ữ
    assert as_pdf(LETTER).startswith(b"%PDF-1.7")


def test_what_a_letter_says_is_text_and_never_typst_code() -> None:
    hostile = sample_letter(date(2026, 1, 5), province='Tỉnh #panic("x") *A* $y$')
    assert as_pdf(hostile).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_below_ten_and_the_first_two_months_have_a_zero(day: date, words: str) -> None:
    assert written_day(day) == words


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found.append(zlib.decompressobj().decompress(match[1]))
        except zlib.error:  # a stream that is not compressed
            found.append(match[1])
    return [pdf, *found]


def _mapped_letters(streams: list[bytes]) -> list[str]:
    """The right-hand sides of the ToUnicode maps (ISO 32000-1 § 9.10.3)."""
    maps = [stream for stream in streams if b"beginbfchar" in stream or b"beginbfrange" in stream]
    codes = [code for one in maps for code in re.findall(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>", one)]
    return [bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in codes]
