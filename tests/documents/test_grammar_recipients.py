"""Whom a document addresses (Kính gửi) and who receives it (Nơi nhận)."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.recipients import read_addressees, read_recipients
from mailhub.documents.grammar.rows import Page
from mailhub.text.lines import Source, text_of

pytestmark = pytest.mark.unit

HEAD = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 45/SNV-VP                   Lam Sơn, ngày 05 tháng 3 năm 2026
V/v chuẩn bị hội nghị

"""
BODY = """
Thực hiện chương trình công tác năm 2026, Sở Nội vụ đề nghị các đơn vị chuẩn bị nội dung.
Trân trọng./.
"""


def page_of(address: str, foot: str = "", *, image: bool = False) -> Page:
    return lay_out(text_of(HEAD + address + BODY + foot, source=Source.OCR if image else Source.TEXT))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Kính gửi: Ủy ban nhân dân các huyện.", ("Ủy ban nhân dân các huyện",)),
        ("Kính gởi: Các Thầy Cô lãnh đạo khoa", ("Các Thầy Cô lãnh đạo khoa",)),
        ("Kínhgửi: Sở Tài chính", ("Sở Tài chính",)),
        ("Kính gửi:\n- Sở Tài chính;\n- Sở Tư pháp;\n- UBND các xã.", ("Sở Tài chính", "Sở Tư pháp", "UBND các xã")),
        ("Kính gửi: - Sở Tài chính;\n          - Sở Tư pháp.", ("Sở Tài chính", "Sở Tư pháp")),
        ("Kính gửi: - Sở Tài chính; - Sở Tư pháp.", ("Sở Tài chính", "Sở Tư pháp")),
        ("Kính gửi:\n+ Sở Tài chính;\n~ Sở Tư pháp.", ("Sở Tài chính", "Sở Tư pháp")),
        ("Kính gửi: Thủ trưởng các sở, ban, ngành,\nđoàn thể tỉnh.", ("Thủ trưởng các sở, ban, ngành, đoàn thể tỉnh",)),
        ("Kính gửi:\n        Chủ tịch Ủy ban nhân dân tỉnh", ("Chủ tịch Ủy ban nhân dân tỉnh",)),
        ("", ()),
    ],
)  # fmt: skip
def test_kinh_gui_is_read_on_one_line_or_as_a_list(address: str, expected: tuple[str, ...]) -> None:
    assert read_addressees(page_of(address)) == expected


def test_the_body_that_follows_kinh_gui_is_no_addressee() -> None:
    address = "Kính gửi: Sở Tài chính\nCăn cứ Luật Tổ chức chính quyền địa phương;\n- Căn cứ chương trình công tác;"
    assert read_addressees(page_of(address)) == ("Sở Tài chính",)


def test_noi_nhan_keeps_suffixes_and_the_filed_copy_last() -> None:
    foot = """Nơi nhận:
- Như trên;
- Văn phòng Chính phủ (b/c);
- Sở Tài chính (để phối hợp);
- UBND các huyện, thị xã,
thành phố (t/h);
- Lưu: VT, TCCB.
GIÁM ĐỐC
Trần Văn Bách"""
    assert read_recipients(page_of("", foot)) == (
        "Như trên",
        "Văn phòng Chính phủ (b/c)",
        "Sở Tài chính (để phối hợp)",
        "UBND các huyện, thị xã, thành phố (t/h)",
        "Lưu: VT, TCCB",
    )


BLANKS = """Nơi nhận:                       KT. GIÁM ĐỐC
- Như trên;                     PHÓ GIÁM ĐỐC
- Sở Tài chính (b/c);
- Lưu: VT.                      Trần Văn Bách"""
BARS = """|Nơi nhận:           |KT. GIÁM ĐỐC |
|- Như trên;         |PHÓ GIÁM ĐỐC |
|- Sở Tài chính (b/c);|             |
|- Lưu: VT.          |Trần Văn Bách|"""
RIGHT_FIRST = """KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC
Trần Văn Bách
Nơi nhận:
- Như trên;
- Sở Tài chính (b/c);
- Lưu: VT."""


@pytest.mark.parametrize("foot", [BLANKS, BARS, RIGHT_FIRST])
def test_the_signers_column_is_no_recipient(foot: str) -> None:
    assert read_recipients(page_of("", foot)) == ("Như trên", "Sở Tài chính (b/c)", "Lưu: VT")


def test_what_ocr_joined_is_taken_apart() -> None:
    foot = "Mới nhận: TL. CHỦ TỊCH\n~ Như trên; CHÁNH VĂN PHÒNG\n- Sở Tài chính;\n- Lưu: VT, TH. Trần Văn Bách"
    found = read_recipients(page_of("", foot, image=True))
    assert found[:2] == ("Như trên", "Sở Tài chính")
    assert found[2].startswith("Lưu: VT")


def test_a_document_without_noi_nhan_has_no_recipients() -> None:
    assert read_recipients(page_of("", "GIÁM ĐỐC\nTrần Văn Bách")) == ()
    assert read_recipients(page_of("", "Công tác tiếp nhận:\n- Hồ sơ;\nGIÁM ĐỐC\nTrần Văn Bách")) == ()


@pytest.mark.parametrize("unit", ["- Sở;\n", "Kính gửi: ", "; ", "- a - A ", "Lưu: VT\n", "nhan: "])
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(
        text_of(HEAD + "Kính gửi:\n" + unit * (500_000 // len(unit)) + "\nNơi nhận:\n" + unit * (500_000 // len(unit)))
    )
    begun = time.perf_counter()
    read_addressees(page)
    read_recipients(page)
    assert time.perf_counter() - begun < 1
