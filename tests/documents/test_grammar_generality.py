"""What other issuers' papers showed: names run together, broken mottoes, names of the highlands, forms on a page."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.explanations import EXPLANATIONS
from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.number import Number, mended
from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Evidence, Recognition, State
from mailhub.text.lines import Source, text_of

pytestmark = pytest.mark.unit

MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"


def of(text: str) -> Recognition:
    return recognise(text_of(text))


def test_a_school_below_a_commune_is_the_issuer_though_the_communes_name_ends_like_the_word_for_commune() -> None:
    found = of(
        f"UBND XÃ MỸ XÁ\nTRƯỜNG TH BA ĐỒI\n{MOTTO}\nSố: 12/KH-TH\nMỹ Xá, ngày 08 tháng 9 năm 2025\n"
        "KẾ HOẠCH\nThực hiện nhiệm vụ năm học\nCăn cứ Luật Giáo dục;\nI. MỤC ĐÍCH"
    )
    assert found.value("issuer") == "Trường TH Ba Đồi"
    assert found.value("parent_issuer") == "UBND xã Mỹ Xá"


@pytest.mark.parametrize(
    ("line", "issuer"),
    [
        ("UBND HUYỆN NÚI XANH PHÒNG NỘI VỤ", "Phòng Nội vụ"),
        ("BỘ XÂY DỰNG VIỆN ĐO ĐẠC", "Viện Đo Đạc"),
        ("UBND XÃ TRƯỜNG PHÚ", "UBND xã Trường Phú"),
    ],
)
def test_two_agencies_on_one_line_are_two(line: str, issuer: str) -> None:
    found = of(
        f"{line}\n{MOTTO}\nSố: 12/TB-ABC\nNúi Xanh, ngày 08 tháng 9 năm 2025\nTHÔNG BÁO\nVề việc nghỉ lễ\nNơi nhận:"
    )
    assert found.value("issuer") == issuer


def test_a_partys_motto_broken_in_two_is_no_part_of_the_issuer() -> None:
    found = of(
        "BỘ\nCHÍNH TRỊ\n-------\n|\nĐẢNG\nCỘNG SẢN VIỆT NAM\n|\nSố:\n21-QĐ/TW\n|\nHà\nNội, ngày 01 tháng 4 năm 2019\n"
        "QUY ĐỊNH\nvề một việc\n- Căn cứ Điều lệ Đảng;"
    )
    assert (found.value("issuer"), found.value("issue_date")) == ("Bộ Chính trị", "2019-04-01")


def test_a_long_subject_of_a_letter_does_not_hide_the_date_below_it() -> None:
    subject = "V/v " + "góp ý dự thảo quy chế quản lý và vận hành hệ thống thông tin của các đơn vị " * 3
    found = of(f"SỞ NỘI VỤ\n{MOTTO}\nSố: 3/SNV-VP\n{subject}\nNúi Xanh, ngày 28 tháng 4 năm 2026\nKính gửi: Các phòng.")
    assert found.value("issue_date") == "2026-04-28"


def test_a_note_of_attachment_belongs_to_the_subject_of_a_proposal() -> None:
    found = of(
        f"SỞ NỘI VỤ\n{MOTTO}\nSố: 3/TTr-SNV\nNúi Xanh, ngày 28 tháng 4 năm 2026\nTỜ TRÌNH\nVề việc sửa Điều lệ Hội\n"
        "(ban hành kèm theo Quyết định số 9/QĐ-UBND)\nKính gửi: Ủy ban nhân dân tỉnh."
    )
    assert (found.value("subject") or "").endswith("(ban hành kèm theo Quyết định số 9/QĐ-UBND)")


@pytest.mark.parametrize("name", ["Y Thanh Niê Kđăm", "H'Lan Kđoh", "Ksor Bình", "Điểu K'Minh", "Giàng A Páo"])
def test_names_of_the_highlands_are_sure_enough_to_be_said(name: str) -> None:
    read = read_name(name)
    assert read is not None
    assert (read.text, read.certainty >= 0.6) == (name, True)


@pytest.mark.parametrize(
    ("symbol", "source", "value"),
    [
        ("OĐ-SNV", Source.OCR, "19/QĐ-SNV"),
        ("QĐĐ-SNV", Source.OCR, "19/QĐ-SNV"),
        ("OĐ-SNV", Source.TEXT, "19/OĐ-SNV"),
        ("KH-SNV", Source.OCR, "19/KH-SNV"),
    ],
)
def test_bent_letters_of_a_symbol_are_mended_from_the_heading_only_off_an_image(
    symbol: str, source: Source, value: str
) -> None:
    number = Number(f"19/{symbol}", symbol, "", 0.9, Evidence("number_line"))
    assert mended(number, "QĐ", source).value == value


def test_letters_that_say_nothing_under_a_heading_are_not_said() -> None:
    number = Number("19/ZXW-SNV", "ZXW-SNV", "", 0.9, Evidence("number_line"))
    assert mended(number, "QĐ", Source.OCR).confidence < 0.6


def test_a_contract_form_with_ellipses_is_no_document() -> None:
    found = of(
        f"Mẫu hợp đồng\n{MOTTO}\n…, ngày … tháng … năm …\nHỢP ĐỒNG DỊCH VỤ\nSố: …/HĐDV\n"
        "Hôm nay, ngày … tháng … năm …, tại …, chúng tôi gồm:\nBên A: …\n"
    )
    assert found.doc_type == "NONE"


def test_what_spoke_for_the_state_is_kept() -> None:
    found = of(
        f"SỞ NỘI VỤ\n{MOTTO}\nSố:     /QĐ-SNV\nNúi Xanh, ngày    tháng 4 năm 2026\nQUYẾT ĐỊNH\nVề việc nghỉ\nCăn cứ"
    )
    assert found.state is State.DRAFT
    assert found.state_evidence is not None
    assert "/QĐ-SNV" in found.state_evidence.text


def test_every_rule_of_a_date_has_words() -> None:
    assert "date_of_portal" in EXPLANATIONS


def test_a_megabyte_of_ellipses_and_capitals_takes_no_time() -> None:
    began = time.monotonic()
    for hostile in ("… " * 500_000, "UBND XÃ A PHÒNG \n" * 60_000, "V/v MẬT, " * 110_000):
        of(hostile)
    assert time.monotonic() - began < 3
