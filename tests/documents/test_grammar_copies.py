"""Copies: sao y, sao lục, trích sao."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.copies import read_copy_form
from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.signer import read_signer
from mailhub.text.lines import text_of

pytestmark = pytest.mark.unit

PAPER = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 45/KH-SNV                   Lam Sơn, ngày 05 tháng 3 năm 2026
KẾ HOẠCH
Tổ chức hội nghị
Căn cứ chương trình công tác, Sở Nội vụ ban hành kế hoạch.
{body}
Nơi nhận:
- Lưu: VT.
GIÁM ĐỐC
Trần Văn Bách
"""
COPY = """
{form}
UBND HUYỆN BẢO SƠN
VĂN PHÒNG
Số: 12/{code}-VP                Bảo Sơn, ngày 09 tháng 3 năm 2026
Nơi nhận:
- Các phòng;
CHÁNH VĂN PHÒNG
Lê Thị Mận
"""


@pytest.mark.parametrize(("form", "code"), [("SAO Y", "SY"), ("SAO LỤC", "SL"), ("TRÍCH SAO", "TrS")])
def test_the_second_header_of_a_copy_tells_its_form(form: str, code: str) -> None:
    page = lay_out(text_of(PAPER.format(body="") + COPY.format(form=form, code=code)))
    copy = read_copy_form(page)
    assert copy is not None
    assert copy.form.value == code
    assert copy.form.given
    assert copy.first > 0
    assert "Trần Văn Bách" in page.rows[copy.first - 1].text
    assert copy.last == len(page.rows) - 1


def test_who_signed_the_copy_is_not_who_signed_the_document() -> None:
    block = read_signer(lay_out(text_of(PAPER.format(body="") + COPY.format(form="SAO Y", code="SY"))))
    assert block is not None
    assert block.signer is not None
    assert block.signer.value == "Trần Văn Bách"
    assert [doubt.kind for doubt in block.doubts] == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SAO Y; UBND HUYỆN BẢO SƠN; Thời gian ký: 2026-03-09T08:00:00+07:00", "SY"),
        ("SAO Y BẢN CHÍNH", "SY"),
        ("SAO LỤC; VĂN PHÒNG UBND; 09/03/2026 08:00:00", "SL"),
        ("TRÍCH SAO; VĂN PHÒNG UBND", "TrS"),
    ],
)
def test_the_line_of_an_electronic_copy_tells_its_form(line: str, code: str) -> None:
    copy = read_copy_form(lay_out(text_of(line + "\n" + PAPER.format(body=""))))
    assert copy is not None
    assert copy.form.value == code
    assert copy.form.given
    assert (copy.first, copy.last) == (-1, -1)


@pytest.mark.parametrize(
    "body",
    [
        "Việc sao y, sao lục, trích sao thực hiện theo quy định.",
        "1. Sao y bản chính;\n2. Trích lục.",
        "SAO Y BẢN CHÍNH ĐƯỢC GỬI KÈM",
    ],
)
def test_a_document_that_speaks_of_copies_is_none(body: str) -> None:
    assert read_copy_form(lay_out(text_of(PAPER.format(body=body)))) is None


def test_a_sample_of_the_form_in_an_annex_is_no_copy() -> None:
    annex = "\nPHỤ LỤC\nMẪU CHỮ\nSAO Y BẢN CHÍNH\n15.\nSố trang văn bản\nIn thường\n"
    assert read_copy_form(lay_out(text_of(PAPER.format(body="") + annex))) is None


@pytest.mark.parametrize("unit", ["SAO Y; ", "SAO Y\n", "Số: /SY-\n", "Số: ...."])
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(text_of(unit * (1_000_000 // len(unit))))
    begun = time.perf_counter()
    read_copy_form(page)
    assert time.perf_counter() - begun < 1
