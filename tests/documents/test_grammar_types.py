"""The type of a document: by its heading, then its symbol, then the layout of a letter."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Family
from mailhub.text.lines import Line, Source, Text, text_of
from tests.support.letterhead import CREED, FOOT, MOTTO, REASONS, head, letter, named

pytestmark = pytest.mark.unit

DECREE = {
    "NQ": "NGHỊ QUYẾT",
    "QĐ": "QUYẾT ĐỊNH",
    "CT": "CHỈ THỊ",
    "QC": "QUY CHẾ",
    "QyĐ": "QUY ĐỊNH",
    "TC": "THÔNG CÁO",
    "TB": "THÔNG BÁO",
    "HD": "HƯỚNG DẪN",
    "CTr": "CHƯƠNG TRÌNH",
    "KH": "KẾ HOẠCH",
    "PA": "PHƯƠNG ÁN",
    "ĐA": "ĐỀ ÁN",
    "DA": "DỰ ÁN",
    "BC": "BÁO CÁO",
    "BB": "BIÊN BẢN",
    "TTr": "TỜ TRÌNH",
    "HĐ": "HỢP ĐỒNG",
    "CĐ": "CÔNG ĐIỆN",
    "BGN": "BẢN GHI NHỚ",
    "BTT": "BẢN THỎA THUẬN",
    "GUQ": "GIẤY ỦY QUYỀN",
    "GM": "GIẤY MỜI",
    "GGT": "GIẤY GIỚI THIỆU",
    "GNP": "GIẤY NGHỈ PHÉP",
    "PG": "PHIẾU GỬI",
    "PC": "PHIẾU CHUYỂN",
    "PB": "PHIẾU BÁO",
}


def kind(text: str) -> str:
    return recognise(text_of(text)).doc_type


@pytest.mark.parametrize(("code", "heading"), DECREE.items())
def test_every_type_of_the_decree_is_known_by_its_heading(code: str, heading: str) -> None:
    found = recognise(text_of(named(f"12/{code}-SCT", heading)))
    assert found.doc_type == code
    assert found.family is Family.ADMINISTRATIVE
    assert found.fields["doc_type"].evidence.rule == "heading_whole_line"


def test_a_letter_has_no_heading() -> None:
    assert kind(letter("12/SCT-VP")) == "CV"


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("GIÁY MỜI", "GM"),
        ("DUYẾT ĐỊNH", "QĐ"),
        ("QUYÉT ĐỊNH", "QĐ"),
        ("T H Ô N G   B Á O", "TB"),
        ("KÉ HOẠCH.", "KH"),
        ("HÓA TỐC KÉ HOẠCH", "KH"),
        ("[nỏa rốc] GIÁY MỜI", "GM"),
        ("THƯ MỜI", "GM"),
        ("GIẤY TRIỆU TẬP", "GM"),
        ("CÔNG ĐIỆN KHẨN", "CĐ"),
        ("CHƯƠNG TRÌNH PHỐI HỢP", "CTr"),
        ("KẾ HOẠCH LIÊN TỊCH", "KH"),
        ("NGHỊ QUYẾT CỦA HỘI ĐỒNG QUẢN LÝ", "NQ"),
        ("BÁO CÁO Tình hình quý I", "BC"),
        ("QUYẾT\nĐỊNH", "QĐ"),
        ("Quyết định", "QĐ"),
    ],
)
def test_headings_are_known_as_they_come_out_of_scans_and_tables(printed: str, code: str) -> None:
    assert kind(named("12/ABC-SCT", printed)) == code


@pytest.mark.parametrize("word", ["hướng dẫn quy trình", "Thông báo lịch họp", "báo cáo kết quả thực hiện Kế hoạch"])
def test_a_letter_whose_subject_names_another_type_stays_a_letter(word: str) -> None:
    assert kind(letter("12/SCT-VP", f"V/v {word}")) == "CV"


def test_a_decision_that_issues_a_regulation_is_a_decision() -> None:
    attached = (
        f"\n{MOTTO}\n{CREED}\nQUY CHẾ\nQuản lý kho\n(Ban hành kèm theo Quyết định số 12/QĐ-SCT)\nĐiều 1. Phạm vi\n"
    )
    assert kind(named("12/QĐ-SCT", "QUYẾT ĐỊNH", "Ban hành Quy chế quản lý kho") + attached) == "QĐ"


def test_a_regulation_without_its_decision_is_an_annex() -> None:
    text = (
        f"UBND TỈNH HÀ LINH\n{MOTTO}\n{CREED}\n\nQUY CHẾ\nQuản lý kho\n"
        f"(Ban hành kèm theo Quyết định số 12/QĐ-UBND)\n\nĐiều 1.\n"
    )
    assert kind(text) == "PL"


def test_an_annex_keeps_its_parents_number_to_the_parent() -> None:
    found = recognise(text_of("PHỤ LỤC I\nDANH MỤC KHO\n(Kèm theo Kế hoạch số 12/KH-UBND ngày 05/01/2034)\n1. Kho A\n"))
    assert found.doc_type == "PL"
    assert found.value("number_symbol") is None


def test_the_heading_wins_over_the_symbol_and_the_quarrel_is_told() -> None:
    found = recognise(text_of(named("12/KH-SCT", "BÁO CÁO")))
    assert found.doc_type == "BC"
    assert [doubt.kind for doubt in found.doubts] == ["loai_mau_thuan"]


def test_a_lost_heading_is_told_by_the_symbol() -> None:
    text = f"{head('12/QĐ-SCT')}\nVề việc kiểm kê kho{REASONS}{FOOT}"
    assert kind(text) == "QĐ"


def test_the_ruling_words_of_a_decision_are_no_heading_of_their_own() -> None:
    found = recognise(text_of(named("12/QĐ-SCT", "QUYẾT ĐỊNH").replace("Điều 1.", "QUYẾT ĐỊNH:\nĐiều 1.")))
    assert found.fields["doc_type"].evidence.line < 9


@pytest.mark.parametrize(
    ("number", "heading", "code", "family"),
    [
        ("99/2031/QH17", "LUẬT", "Luật", Family.NORMATIVE),
        ("30/2031/NĐ-CP", "NGHỊ ĐỊNH", "NĐ", Family.NORMATIVE),
        ("08/2031/TT-BCT", "THÔNG TƯ", "TT", Family.NORMATIVE),
        ("08/2031/TTLT-BTC-BCA", "THÔNG TƯ LIÊN TỊCH", "TTLT", Family.NORMATIVE),
        ("14/2031/QĐ-UBND", "QUYẾT ĐỊNH", "QĐ", Family.NORMATIVE),
        ("03/VBHN-BCT", "VĂN BẢN HỢP NHẤT", "VBHN", Family.NORMATIVE),
        ("02/PT-SCT", "PHIẾU TRÌNH", "KHAC", Family.OTHER),
        ("02/KLTT-SCT", "KẾT LUẬN THANH TRA", "KHAC", Family.OTHER),
    ],
)
def test_normative_types_and_slips_outside_the_list(number: str, heading: str, code: str, family: Family) -> None:
    found = recognise(text_of(named(number, heading)))
    assert (found.doc_type, found.family) == (code, family)


def test_a_party_document_is_told_by_its_header() -> None:
    text = (
        "TỈNH ỦY HÀ LINH\nVĂN PHÒNG\n*\nSố 15-CV/VPTU\nĐẢNG CỘNG SẢN VIỆT NAM\nHà Linh, ngày 3 tháng 4 năm 2033\n"
        "V/v góp ý dự thảo\n\nKính gửi: Các ban đảng,\n\nNội dung.\n"
    )
    found = recognise(text_of(text))
    assert (found.doc_type, found.family) == ("CV", Family.PARTY)
    assert found.value("number_symbol") == "15-CV/VPTU"


def test_a_youth_union_document_is_told_by_its_header() -> None:
    text = (
        head("45-KH/TĐTN-BPT", agencies="TỈNH ĐOÀN HÀ LINH\n***")
        .replace(MOTTO, "ĐOÀN TNCS HỒ CHÍ MINH")
        .replace(CREED, "")
    )
    assert recognise(text_of(f"{text}KẾ HOẠCH\nTổ chức trại hè\n\nI. MỤC ĐÍCH\n")).family is Family.UNION


def test_a_scan_in_two_columns_is_read_by_the_places_of_its_lines() -> None:
    lines = (
        Line("UBND TỈNH HÀ LINH", left=0.12, right=0.36, top=0.07, bottom=0.08),
        Line("SƠ CÔNG THƯƠNG", left=0.15, right=0.33, top=0.09, bottom=0.10),
        Line("Số: 12/KH-SCT", left=0.16, right=0.32, top=0.12, bottom=0.13, confidence=0.95),
        Line("CỘNG HÒA XÁ HỘI CHỦ NGHĨA VIỆT NAM", left=0.43, right=0.82, top=0.07, bottom=0.08),
        Line("Độc lập - Tự do - Hạnh phúc", left=0.5, right=0.75, top=0.09, bottom=0.10),
        Line("Hà Linh, ngày 05 tháng 01 năm 2034", left=0.45, right=0.78, top=0.12, bottom=0.13, confidence=0.96),
        Line("KÉ HOẠCH", left=0.44, right=0.55, top=0.17, bottom=0.18),
        Line("Kiểm kê kho sách năm 2034", left=0.3, right=0.7, top=0.19, bottom=0.20),
        Line("I. MỤC ĐÍCH", left=0.15, right=0.3, top=0.24, bottom=0.25),
    )
    found = recognise(Text(lines, source=Source.OCR, pages=1))
    assert found.doc_type == "KH"
    assert found.value("issuer") == "Sở Công Thương"
    assert found.value("subject") == "Kiểm kê kho sách năm 2034"
