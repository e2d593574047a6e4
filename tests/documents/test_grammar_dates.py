"""The date of issue: from the header's line, abstaining where it is blank, bent or impossible."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Recognition
from mailhub.text.lines import Line, Source, Text, text_of
from tests.support.letterhead import CREED, MOTTO, letter, named

pytestmark = pytest.mark.unit


def read(dated: str, number: str = "12/QĐ-SCT", heading: str = "QUYẾT ĐỊNH") -> Recognition:
    return recognise(text_of(named(number, heading, dated=dated)))


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("Hà Linh, ngày 05 tháng 01 năm 2034", "2034-01-05"),
        ("Hà Linh, ngày 9 tháng 12 năm 2033", "2033-12-09"),
        ("TP. Hà Linh, ngày 31 tháng 3 năm 2034", "2034-03-31"),
        ("Thành phố Hà Linh, ngày 19 tháng11 năm 2034", "2034-11-19"),
        ("Hà Linh, ngày 12            tháng 3 năm 2034", "2034-03-12"),
        ("Hà Linh, Ngày 12 tháng 3 năm 2034.", "2034-03-12"),
        ("Ha Linh, ngay 12 thang 3 nam 2034", "2034-03-12"),
        ("Hà Linh, ngày 12\ntháng 3 năm 2034", "2034-03-12"),
        ("Hà\nLinh, ngày 12 tháng 3\nnăm 2034", "2034-03-12"),
    ],
)
def test_the_date_line_is_read_as_it_is_printed(printed: str, value: str) -> None:
    assert read(printed).value("issue_date") == value


@pytest.mark.parametrize(
    "printed",
    [
        "Hà Linh, ngày     tháng 01 năm 2034",
        "Hà Linh, ngày … tháng … năm 2034",
        "Hà Linh, ngày    tháng    năm 20",
        "Hà Linh, ngày 32 tháng 01 năm 2034",
        "Hà Linh, ngày 30 tháng 02 năm 2034",
        "Hà Linh, ngày 05 tháng 01 năm 203",
        "Hà Linh, ngày 05 tháng 01 năm 0034",
        "Hà Linh, ngày ƒ5 tháng 01 năm 2034",
        "Hà Linh, ngày l2 tháng 01 năm 2034",
    ],
)
def test_a_blank_bent_or_impossible_date_is_not_said(printed: str) -> None:
    assert read(printed).value("issue_date") is None


def test_a_smudge_before_a_scanned_day_may_be_a_digit() -> None:
    lines = tuple(Line(line, confidence=0.93) for line in named("12/QĐ-SCT", "QUYẾT ĐỊNH").split("\n"))
    clean = recognise(Text(lines, source=Source.OCR))
    bent = tuple(Line(line.text.replace("ngày 05", "ngày |5"), confidence=0.93) for line in lines)
    assert clean.value("issue_date") == "2034-01-05"
    assert recognise(Text(bent, source=Source.OCR)).value("issue_date") is None


def test_a_date_that_a_poor_scan_gives_is_not_said() -> None:
    lines = tuple(Line(line, confidence=0.5) for line in named("12/QĐ-SCT", "QUYẾT ĐỊNH").split("\n"))
    assert recognise(Text(lines, source=Source.OCR)).value("issue_date") is None


@pytest.mark.parametrize(("day", "confidence", "said"), [("9", 0.7, False), ("09", 0.7, True), ("9", 0.95, True)])
def test_a_scanned_day_of_one_digit_must_be_clear(day: str, confidence: float, said: bool) -> None:
    lines = named("12/QĐ-SCT", "QUYẾT ĐỊNH", dated=f"Hà Linh, ngày {day} tháng 01 năm 2034").split("\n")
    found = recognise(Text(tuple(Line(line, confidence=confidence) for line in lines), source=Source.OCR))
    assert (found.value("issue_date") == "2034-01-09") is said


def test_dates_of_subject_and_reasons_are_not_taken() -> None:
    text = letter(
        "12/SCT-VP",
        "V/v thực hiện Công văn\nngày 17 tháng 4 năm 2033 của Sở Y tế",
        dated="Hà Linh, ngày    tháng 01 năm 2034",
    )
    assert recognise(text_of(text)).value("issue_date") is None


def test_a_date_on_the_line_of_the_subject_is_found_and_the_subject_kept_whole() -> None:
    text = (
        f"SỞ CÔNG THƯƠNG          {MOTTO}\n                        {CREED}\nSố: 12/SCT-VP\n"
        "V/v kiểm kê kho          Hà Linh, ngày 08 tháng 9 năm 2034\nsách cũ\n\nKính gửi: Các phòng\n"
    )
    found = recognise(text_of(text))
    assert found.value("issue_date") == "2034-09-08"
    assert found.value("subject") == "kiểm kê kho sách cũ"


def test_a_portal_that_says_another_date_is_told_of() -> None:
    found = recognise(text_of("Số hiệu 12/QĐ-SCT\nNgày ban hành 05/01/2031\n\n" + named("12/QĐ-SCT", "QUYẾT ĐỊNH")))
    assert found.value("issue_date") == "2034-01-05"
    assert [doubt.kind for doubt in found.doubts] == ["ngay_mau_thuan"]


def test_a_portal_that_agrees_is_no_doubt() -> None:
    found = recognise(text_of("Ngày ban hành 05/01/2034\n\n" + named("12/QĐ-SCT", "QUYẾT ĐỊNH")))
    assert found.doubts == ()


def test_minutes_take_the_day_of_the_meeting() -> None:
    text = (
        f"SỞ CÔNG THƯƠNG\nSố: 03/BB-SCT\n{MOTTO}\n{CREED}\n\nBIÊN BẢN\nHọp xét thi đua\n\n"
        "Hôm nay, vào hồi 8 giờ 00, ngày 05 tháng 01 năm 2034, tại phòng họp.\n"
    )
    found = recognise(text_of(text))
    assert found.value("issue_date") == "2034-01-05"
    assert found.fields["issue_date"].evidence.rule == "date_in_first_sentence"
