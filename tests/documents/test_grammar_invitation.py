"""When and where an invitation asks one to come, and who presides."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.invitation import read_invitation, starts_at
from mailhub.documents.grammar.layout import lay_out
from mailhub.text.lines import Source, text_of

pytestmark = pytest.mark.unit

HEAD = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 30/GM-SNV                   Lam Sơn, ngày 05 tháng 3 năm 2026
GIẤY MỜI
Họp giao ban quý I
Sở Nội vụ trân trọng kính mời:
"""
FOOT = "\nNơi nhận:\n- Như trên;\n- Lưu: VT.\nGIÁM ĐỐC\nTrần Văn Bách\n"


def invited(body: str, *, issued: str | None = "2026-03-05", image: bool = False) -> dict[str, str]:
    page = lay_out(text_of(HEAD + body + FOOT, source=Source.OCR if image else Source.TEXT))
    return {name: found.value for name, found in read_invitation(page, issued).items() if found.given}


@pytest.mark.parametrize(
    ("time_line", "place_line"),
    [
        ("Thời gian: 08 giờ 00, thứ Ba, ngày 10/3/2026.", "Địa điểm: Phòng họp số 2, Sở Nội vụ."),
        ("2. Thời gian: 08 giờ 00, thứ Ba, ngày 10/3/2026.", "3. Địa điểm: Phòng họp số 2, Sở Nội vụ."),
        ("- Thời gian họp: 08 giờ 00, thứ Ba, ngày 10/3/2026;", "- Địa điểm họp: Phòng họp số 2, Sở Nội vụ;"),
        ("b) Thời gian : 08 giờ 00, thứ Ba, ngày 10/3/2026", "c) Địa điểm : Phòng họp số 2, Sở Nội vụ"),
        ("Thời gian 08 giờ 00, thứ Ba, ngày 10/3/2026.", "Địa điểm Phòng họp số 2, Sở Nội vụ."),
        ("|Thời gian |: 08 giờ 00, thứ Ba, ngày 10/3/2026. |", "|Địa điểm |: Phòng họp số 2, Sở Nội vụ. |"),
        ("Thời gian: 08 giờ 00, thứ Ba,\nngày 10/3/2026.", "Địa điểm: Phòng họp số 2,\nSở Nội vụ."),
    ],
)
def test_time_and_place_are_read_however_their_lines_begin(time_line: str, place_line: str) -> None:
    found = invited(f"1. Thành phần: các phòng.\n{time_line}\n{place_line}\nRất mong các đại biểu tham dự đúng giờ./.")
    assert found["meeting_time"] == "08 giờ 00, thứ Ba, ngày 10/3/2026"
    assert found["meeting_starts"] == "2026-03-10T08:00"
    assert found["meeting_place"] == "Phòng họp số 2, Sở Nội vụ"


def test_the_chair_is_read_from_its_line_or_from_the_sentence() -> None:
    assert invited("Chủ trì: Ông Trần Văn Bách - Giám đốc Sở.")["meeting_chair"] == "Ông Trần Văn Bách - Giám đốc Sở"
    sentence = "Dự họp giao ban do đồng chí Trần Văn Bách - Giám đốc Sở chủ trì."
    assert invited(sentence)["meeting_chair"] == "Trần Văn Bách - Giám đốc Sở"


def test_a_sentence_that_invites_gives_time_and_place() -> None:
    found = invited("Đến dự họp giao ban vào lúc 14 giờ 30 ngày 10 tháng 3 năm 2026 tại Hội trường Sở Nội vụ.")
    assert found["meeting_starts"] == "2026-03-10T14:30"
    assert found["meeting_place"] == "Hội trường Sở Nội vụ"


def test_time_and_place_on_one_line_are_parted() -> None:
    found = invited("Thời gian, địa điểm: 08 giờ ngày 10/3/2026, tại Hội trường Sở Nội vụ.")
    assert found["meeting_starts"] == "2026-03-10T08:00"
    assert found["meeting_place"] == "Hội trường Sở Nội vụ"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("8 giờ 00, thứ Hai, ngày 15/01/2018", "2018-01-15T08:00"),
        ("08h30 ngày 5 tháng 9 năm 2017", "2017-09-05T08:30"),
        ("14g00, ngày 12/9/2017", "2017-09-12T14:00"),
        ("lúc 7h30' ngày 12.9.2026", "2026-09-12T07:30"),
        ("13:30 ngày 05-6-2026", "2026-06-05T13:30"),
        ("từ 14h00 đến 17h00 ngày 12/9/2017", "2017-09-12T14:00"),
        ("02 ngày, ngày 18-19/01/2018, bắt đầu lúc 08 giờ", "2018-01-18T08:00"),
        ("2 giờ chiều ngày 03/4/2026", "2026-04-03T14:00"),
        ("chiều thứ Ba, ngày 10/3/2026, lúc 2 giờ", "2026-03-10T14:00"),
        ("07 giờ 30 phút, ngày 10 tháng 3", "2026-03-10T07:30"),
        ("8 giờ ngày 10/01", "2027-01-10T08:00"),
        ("sáng ngày 10/3/2026", None),
        ("8 giờ 00", None),
        ("99 giờ ngày 31/02/2026", None),
        ("8 giờ ngày 31/02/2026", None),
    ],
)
def test_the_beginning_is_read_as_iso_8601(printed: str, expected: str | None) -> None:
    assert starts_at(printed, "2026-03-05") == expected


def test_without_a_year_anywhere_no_beginning_is_invented() -> None:
    found = invited("Thời gian: 8 giờ ngày 10/3.", issued=None)
    assert found["meeting_time"] == "8 giờ ngày 10/3"
    assert "meeting_starts" not in found


def test_a_document_that_invites_nobody_says_nothing() -> None:
    assert invited("Các phòng thực hiện kế hoạch. Trong thời gian tới, địa điểm sẽ được báo sau.") == {}


@pytest.mark.parametrize(
    "unit", ["Thời gian: ", "8 giờ ", "lúc 8 giờ ", "do ông ", "Địa điểm:\n", "1" * 50, "10/3/", ", tại "]
)
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(text_of(HEAD + unit * (1_000_000 // len(unit))))
    begun = time.perf_counter()
    read_invitation(page, "2026-03-05")
    starts_at(unit * (1_000_000 // len(unit)))
    assert time.perf_counter() - begun < 1
