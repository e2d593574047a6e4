"""Who signed: the block of the main document, wherever columns, stamps and attachments put it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.signer import SignerBlock, read_signer
from mailhub.text.lines import Line, Source, Text, text_of

pytestmark = pytest.mark.unit

HEAD = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 45/KH-SNV                   Lam Sơn, ngày 05 tháng 3 năm 2026
KẾ HOẠCH
Tổ chức hội nghị
Căn cứ chương trình công tác của ông Phạm Văn Hùng - Chủ tịch UBND tỉnh;
I. NỘI DUNG
1. Đồng chí Lê Thị Mận phụ trách chung.
Các phòng thực hiện kế hoạch này./.
"""


def block_of(foot: str, *, image: bool = False, head: str = HEAD) -> SignerBlock:
    block = read_signer(lay_out(text_of(head + foot, source=Source.OCR if image else Source.TEXT)))
    assert block is not None
    return block


def signer_of(foot: str, *, image: bool = False, head: str = HEAD) -> str | None:
    block = read_signer(lay_out(text_of(head + foot, source=Source.OCR if image else Source.TEXT)))
    return block.signer.value if block is not None and block.signer is not None and block.signer.given else None


FEET = {
    "columns by blanks": """Nơi nhận:                       TM. ỦY BAN NHÂN DÂN
- Như trên;                     KT. CHỦ TỊCH
- Sở Tài chính;                 PHÓ CHỦ TỊCH
- Lưu: VT.                      Trần Văn Bách""",
    "columns by tabs": """Nơi nhận:\tTM. ỦY BAN NHÂN DÂN
- Như trên;\tKT. CHỦ TỊCH
- Sở Tài chính;\tPHÓ CHỦ TỊCH
- Lưu: VT.\tTrần Văn Bách""",
    "table bars": """|Nơi nhận:      |TM. ỦY BAN NHÂN DÂN |
|- Như trên;    |KT. CHỦ TỊCH        |
|- Lưu: VT.     |PHÓ CHỦ TỊCH        |
|               |(Đã ký)             |
|               |Trần Văn Bách       |""",
    "left block, then right block": """Nơi nhận:
- Như trên;
- Phó GĐ Sở: ông Lê Minh Tân;
- Lưu: VT.
TM. ỦY BAN NHÂN DÂN
KT. CHỦ TỊCH
PHÓ CHỦ TỊCH

Trần Văn Bách""",
    "right block, then left block": """TM. ỦY BAN NHÂN DÂN
KT. CHỦ TỊCH
PHÓ CHỦ TỊCH
Trần Văn Bách
Nơi nhận:
- Như trên;
- Lưu: VT.""",
    "capital letters": """TM. ỦY BAN NHÂN DÂN
KT. CHỦ TỊCH
PHÓ CHỦ TỊCH
TRẦN VĂN BÁCH""",
}


@pytest.mark.parametrize("layout", FEET)
def test_the_block_is_read_however_its_columns_were_laid(layout: str) -> None:
    block = block_of(FEET[layout])
    assert block.signer is not None
    assert (block.signer.value, block.signer.given) == ("Trần Văn Bách", True)
    assert block.authority is not None
    assert block.authority.value == "TM. / KT."
    assert block.post is not None
    assert block.post.value == "PHÓ CHỦ TỊCH"


@pytest.mark.parametrize(
    ("lines", "authority", "post"),
    [
        ("GIÁM ĐỐC", None, "GIÁM ĐỐC"),
        ("Q. GIÁM ĐỐC", "Q.", "GIÁM ĐỐC"),
        ("KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC", "KT.", "PHÓ GIÁM ĐỐC"),
        ("TL. CHỦ TỊCH\nKT. CHÁNH VĂN PHÒNG\nPHÓ CHÁNH VĂN PHÒNG", "TL. / KT.", "PHÓ CHÁNH VĂN PHÒNG"),
        ("TUQ. BỘ TRƯỞNG\nVỤ TRƯỞNG VỤ TỔ CHỨC CÁN BỘ", "TUQ.", "VỤ TRƯỞNG VỤ TỔ CHỨC CÁN BỘ"),
        ("KT.HIỆU TRƯỞNG\nPHÓ HIỆU TRƯỞNG", "KT.", "PHÓ HIỆU TRƯỞNG"),
        ("TM. BAN THƯỜNG VỤ\nCHỦ TỊCH", "TM.", "CHỦ TỊCH"),
        ("KT. BỘ TRƯỞNG", "KT.", None),
    ],
)
def test_authority_marks_and_post_are_told_apart(lines: str, authority: str | None, post: str | None) -> None:
    block = block_of(f"Nơi nhận:\n- Như trên;\n- Lưu: VT.\n{lines}\nNguyễn Thị Hoa")
    assert (block.authority.value if block.authority else None) == authority
    assert (block.post.value if block.post else None) == post
    assert block.signer is not None
    assert block.signer.value == "Nguyễn Thị Hoa"


@pytest.mark.parametrize(
    "printed",
    [
        "TS. Trần Văn Bách",
        "PGS.TS. TRẦN VĂN BÁCH",
        "BSCKII. Trần Văn Bách",
        "Đại tá Trần Văn Bách",
        "Thiếu tướng, TS Trần Văn Bách",
        "(Đã ký) Trần Văn Bách",
        "“Trần Văn Bách",
        "ThS.BS Trần Văn Bách",
    ],
)
def test_titles_ranks_and_signs_are_no_part_of_the_name(printed: str) -> None:
    assert signer_of(f"Nơi nhận:\n- Lưu: VT.\nGIÁM ĐỐC\n{printed}") == "Trần Văn Bách"


def test_nobody_of_the_body_or_of_the_recipients_signs() -> None:
    foot = "Nơi nhận:\n- Ông Phạm Văn Hùng (để b/c);\n- Đ/c Lê Thị Mận;\n- Lưu: VT.\nGIÁM ĐỐC\n"
    assert signer_of(foot) is None
    assert signer_of("") is None


def test_a_name_on_the_line_of_a_recipient_signs_and_the_recipient_does_not() -> None:
    foot = "Nơi nhận: GIÁM ĐỐC\n- Ông Lê Minh Tân;\n- Sở Tài chính;\n- Lưu: VT, TCCB. Trần Văn Bách"
    assert signer_of(foot, image=True) == "Trần Văn Bách"


def test_the_signer_of_an_attachment_is_not_taken_for_the_documents() -> None:
    foot = """Nơi nhận:
- Lưu: VT.
GIÁM ĐỐC
(chữ ký, dấu)
PHỤ LỤC
DANH SÁCH ĐẠI BIỂU
(Kèm theo Kế hoạch số 45/KH-SNV)
NGƯỜI LẬP BIỂU
Lê Thị Mận"""
    assert signer_of(foot) is None


def test_the_main_documents_signer_stands_before_that_of_its_attachment() -> None:
    foot = (
        FEET["left block, then right block"]
        + """
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
GIẤY ĐĂNG KÝ
HIỆU TRƯỞNG
Đỗ Thị Lan"""
    )
    assert signer_of(foot) == "Trần Văn Bách"


def test_of_two_who_sign_side_by_side_the_right_one_is_given_and_the_other_doubted() -> None:
    foot = """GIÁM ĐỐC SỞ Y TẾ                 GIÁM ĐỐC SỞ NỘI VỤ
Lê Thị Mận                       Trần Văn Bách"""
    block = block_of(foot)
    assert block.signer is not None
    assert block.signer.value == "Trần Văn Bách"
    assert block.post is not None
    assert block.post.value == "GIÁM ĐỐC SỞ NỘI VỤ"
    assert [(doubt.kind, doubt.detail) for doubt in block.doubts] == [("nhieu_nguoi_ky", "Lê Thị Mận")]


def test_who_keeps_the_minutes_is_not_who_presides() -> None:
    assert signer_of("THƯ KÝ                     CHỦ TỌA\nLê Thị Mận                 Trần Văn Bách") == "Trần Văn Bách"
    assert signer_of("THƯ KÝ\nLê Thị Mận\nCHỦ TỌA\nTrần Văn Bách") == "Trần Văn Bách"


def test_who_approves_is_not_who_signs() -> None:
    foot = "CHÁNH THANH TRA\nTrần Văn Bách\nPHÊ DUYỆT CỦA GIÁM ĐỐC\nGIÁM ĐỐC\nLê Thị Mận"
    assert signer_of(foot) == "Trần Văn Bách"


def test_a_block_printed_twice_is_doubted() -> None:
    foot = FEET["left block, then right block"] + "\nUBND tỉnh Lam Sơn\nPhó Chủ tịch\n(Đã ký)\nTrần Văn Bách"
    assert [doubt.kind for doubt in block_of(foot).doubts] == ["khoi_ky_lap"]


def test_signing_software_names_the_agency_and_the_block_the_signer() -> None:
    foot = """Nơi nhận:                       KT. CHỦ TỊCH
- Bộ Nội vụ (b/c);              PHÓ CHỦ TỊCH
- Sở Nội vụ;                                   Ký bởi: Ủy ban Nhân
- Các huyện;                                   dân tỉnh
                                               Email:
                                               ubnd@lamson.example
                                               Ngày ký: 03-03-2026
- Lưu: VT.                      Trần Văn Bách"""
    assert signer_of(foot) == "Trần Văn Bách"


def test_a_person_that_only_signing_software_names_is_not_given() -> None:
    head = "Người ký: Lê Thị Mận\nEmail: man@lamson.example\nThời gian ký: 05/03/2026 08:00:00\n" + HEAD
    assert signer_of("Nơi nhận:\n- Lưu: VT.\nGIÁM ĐỐC\n", head=head) is None


def test_a_portals_data_name_the_signer_when_the_block_is_cut_off() -> None:
    head = "Số hiệu: 45/KH-SNV\nNgày ban hành: 05/03/2026\nNgười ký: Trần Văn Bách\nLoại văn bản: Kế hoạch\n" + HEAD
    assert signer_of("", head=head) == "Trần Văn Bách"


def test_a_portal_that_names_another_signer_is_doubted() -> None:
    head = "Số hiệu: 45/KH-SNV\nNgày ban hành: 05/03/2026\nNgười ký: Lê Thị Mận\nLoại văn bản: Kế hoạch\n" + HEAD
    block = block_of(FEET["left block, then right block"], head=head)
    assert block.signer is not None
    assert block.signer.value == "Trần Văn Bách"
    assert ("nguoi_ky_mau_thuan", "Lê Thị Mận") in [(doubt.kind, doubt.detail) for doubt in block.doubts]


@pytest.mark.parametrize(
    "bent", ["SiWên ¡ Thanh Hải", ": Tá Thị Lê Vân", "Nguyên Vãn Bâch", "tRần vĂn Bách", "Quâu Ẩ ông uận"]
)
def test_a_name_that_ocr_spoilt_is_not_given(bent: str) -> None:
    assert signer_of(f"Nơi nhận: GIÁM ĐỐC\n- Như trên;\n- Lưu: VT.\n{bent}", image=True) is None


@pytest.mark.parametrize(
    ("read", "meant"), [("guyễn Văn Bách", "Nguyễn"), ("ùi Văn Bách", "Bùi"), ("uỳnh Thị Mận", "Huỳnh")]
)
def test_a_family_name_that_the_seal_beheaded_is_mended_where_only_one_ends_so(read: str, meant: str) -> None:
    found = read_name(read, image=True)
    assert found is not None
    assert found.text.split()[0] == meant
    assert found.certainty < 0.9
    assert read_name(read) is None


@pytest.mark.parametrize("read", ["ương Văn Bách", "ô Văn Bách", "à Thị Mận", "xyz Văn Bách", "ỗ Kim Bách"])
def test_a_beheaded_family_name_that_may_be_several_is_not_guessed(read: str) -> None:
    found = read_name(read, image=True)
    assert found is None or found.certainty < 0.6


@pytest.mark.parametrize(
    "read", ["Đỉnh Văn Bách", "Trân Văn Bách", "Nguyên Văn Bách", "Lê Hũu Bách", "Lê Đúc Bách", "Lê Văn Thạmc"]
)
def test_a_name_that_lost_a_mark_is_hardly_certain(read: str) -> None:
    found = read_name(read, image=True)
    assert found is None or found.certainty < 0.6


def test_two_names_on_one_line_are_two() -> None:
    for line in ("Lê Thị Mận Trần Văn Bách", "Phạm Anh Điền Trần Văn Bách", "Huỳnh Kim Thạch Trần Văn Bách"):
        found = read_name(line)
        assert found is not None
        assert found.text == "Trần Văn Bách"


def test_offices_side_by_side_on_a_page_go_to_the_names_below_them() -> None:
    lines = [
        *(Line(line.text, left=0.15, top=0.1 + n / 50, right=0.9) for n, line in enumerate(text_of(HEAD).lines)),
        Line("THƯ KÝ", left=0.15, top=0.7, right=0.22),
        Line("CHỦ TỌA", left=0.68, top=0.7, right=0.78),
        Line("Lê Thị Mận", left=0.15, top=0.8, right=0.25),
        Line("Trần Văn Bách", left=0.67, top=0.802, right=0.79),
    ]
    block = read_signer(lay_out(Text(tuple(lines), source=Source.TEXT, pages=1)))
    assert block is not None
    assert block.signer is not None
    assert block.signer.value == "Trần Văn Bách"
    assert block.post is not None
    assert block.post.value == "CHỦ TỌA"


def test_a_foot_behind_a_false_end_is_found_with_less_trust() -> None:
    page = replace(lay_out(text_of(HEAD + FEET["left block, then right block"])), foot=8, end=8)
    block = read_signer(page)
    assert block is not None
    assert block.signer is not None
    assert block.signer.value == "Trần Văn Bách"
    assert 0.6 <= block.signer.confidence < 0.8


def test_a_name_read_with_little_confidence_is_not_given() -> None:
    lines = [*text_of(HEAD).lines, Line("GIÁM ĐỐC", left=0.6), Line("Trần Văn Bách", left=0.6, confidence=0.3)]
    block = read_signer(lay_out(Text(tuple(lines), source=Source.OCR)))
    assert block is not None
    assert block.signer is not None
    assert not block.signer.given


@pytest.mark.parametrize(
    "words",
    ["Phó Chủ tịch", "Văn phòng Sở", "Hà Nội", "Hồ Chí Minh", "Lâm Đồng", "ĐOÀN THANH TRA", "Như trên", "Sở Nội Vụ"],
)
def test_posts_places_and_agencies_are_no_names(words: str) -> None:
    assert read_name(words) is None


@pytest.mark.parametrize(
    "name", ["Lê An", "Huỳnh Thị Kim Ngân Anh", "Sùng A Páo", "Điểu Văn Nam", "Trần Thành Công", "Y Thanh Hà"]
)
def test_names_of_two_to_five_syllables_are_names(name: str) -> None:
    found = read_name(name)
    assert found is not None
    assert found.text == name


@pytest.mark.parametrize(
    "unit",
    ["Trần Văn Bách ", "KT. CHỦ TỊCH\n", "- Lưu: VT.\n", "Nguyễn\n", "Người ký: Lê An\n", "a", ";) ", "CHỦ TỊCH "],
)
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(text_of("Nơi nhận:\n" + unit * (1_000_000 // len(unit))))
    begun = time.perf_counter()
    read_signer(page)
    assert time.perf_counter() - begun < 1
