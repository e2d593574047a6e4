"""Marks of secrecy in subjects and bodies of mail (reference/secrecy-and-conduct § 1.4), and what is none."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.documents.grammar.body_marks import mark_in_subject, marks_in
from mailhub.text.lines import Source

pytestmark = pytest.mark.unit

LETTER = ["Kính gửi Sở Nội vụ,", "", "{}", "", "Báo cáo tình hình quý IV."]


def around(line: str) -> list[str]:
    return [one.format(line) for one in LETTER]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("MẬT", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("TUYỆT MẬT", "TUYỆT MẬT"),
        ("   MẬT   ", "MẬT"),
        ("[TỐI MẬT]", "TỐI MẬT"),
        ("*** MẬT ***", "MẬT"),
        ("M Ậ T", "MẬT"),
        ("T U Y Ệ T   M Ậ T", "TUYỆT MẬT"),
        ("> MẬT", "MẬT"),
        (">> TỐI MẬT", "TỐI MẬT"),
        ("MAT", "MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("TUYET MAT", "TUYỆT MẬT"),
        ("MËT", "MẬT"),
        ("TuyÖt mËt", "TUYỆT MẬT"),
        ("Tèi mËt", "TỐI MẬT"),
        ("TOÁI MAÄT", "TỐI MẬT"),
        ("Độ mật: Mật", "MẬT"),
        ("ĐỘ MẬT: TỐI MẬT", "TỐI MẬT"),
        ("Mức độ mật: Tuyệt mật.", "TUYỆT MẬT"),
        ("Độ mật: Mật; độ khẩn: Hỏa tốc", "MẬT"),
        ("TÀI LIỆU BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", "TỐI MẬT"),
        ("Bí mật nhà nước độ Mật", "MẬT"),
        ("Số: 05/BC-UBND\tMẬT", "MẬT"),
        ("Độ mật: TỐI MẬT - Kế hoạch diễn tập", "TỐI MẬT"),
        ("Độ mật: Tối mật – Kế hoạch diễn tập", "TỐI MẬT"),
        ("ĐỘ MẬT: TUYỆT MẬT PHƯƠNG ÁN PHÒNG THỦ", "TUYỆT MẬT"),
        ("[Độ mật: MẬT] Kế hoạch", "MẬT"),
        ("TÀI LIỆU MẬT", "MẬT"),
        ("VĂN BẢN MẬT", "MẬT"),
        ("VĂN BẢN TỐI MẬT", "TỐI MẬT"),
        ("HỒ SƠ ĐỘ TUYỆT MẬT", "TUYỆT MẬT"),
        ("MẬT        Lào Cai, ngày 22 tháng 11 năm 2026", "MẬT"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_mark_on_a_line_of_its_own(line: str, level: str, form: str) -> None:
    shown = unicodedata.normalize("NFD", line) if form == "NFD" else line
    assert marks_in(around(shown)) == level


@pytest.mark.parametrize(
    "line",
    [
        "bảo mật",
        "Mật khẩu: xem phong bì",
        "mật khẩu",
        "MẬT KHẨU",
        "BẢO MẬT",
        "mật độ dân số",
        "MẬT ĐỘ XÂY DỰNG",
        "bí mật kinh doanh",
        "BÍ MẬT KINH DOANH",
        "công tác bảo vệ bí mật nhà nước",
        "BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "(trừ văn bản mật)",
        "(TRỪ VĂN BẢN MẬT)",
        "trừ những văn bản mật theo quy định của pháp luật",
        "> gửi qua thư điện tử (trừ văn bản mật);",
        "Văn bản mật",
        "quản lý tài liệu mật",
        "Tài liệu mật",
        "QUẢN LÝ TÀI LIỆU MẬT",
        "VĂN BẢN MẬT ĐI",
        "TÀI LIỆU MẤT",
        "HỒ SƠ MẤT, HỎNG",
        "TÀI LIỆU BẢO MẬT",
        "Độ mật: MẬT / TỐI MẬT / TUYỆT MẬT",
        "ĐỘ MẬT: MẬT, TỐI MẬT HOẶC TUYỆT MẬT",
        "Độ mật: Mật khẩu",
        "Độ mật: Mật được ghi theo Phụ lục I",
        "GỬI VĂN BẢN MẬT, TỐI MẬT QUA ĐƯỜNG CƠ YẾU",
        "LƯU HÀNH NỘI BỘ",
        "XEM XONG TRẢ LẠI",
        "HỎA TỐC",
        "mật",
        "Mật",
        "MẤT",
        "MẶT",
        "MẮT",
        "Mat",
        "- MẬT",
        "1. MẬT",
        "a) TỐI MẬT",
        "Độ mật: không",
        "Độ mật: Thường",
        "Độ mật: ",
        "Độ mật: Mật / Tối mật / Tuyệt mật",
        "Độ mật: Mật ghi ở góc trái trang đầu của văn bản theo hướng dẫn",
        "Danh mục bí mật nhà nước độ Tối mật của ngành",
        "DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ TUYỆT MẬT",
        "mật ong rừng",
    ],
)
def test_words_of_a_sentence_are_no_mark(line: str) -> None:
    assert marks_in(around(line)) == ""
    assert mark_in_subject(f"V/v {line}") == ""


def test_what_the_directives_say_is_no_mark() -> None:
    """The seeds' own words (secrecy-and-conduct § 1.3): they hold the word, and none is secret."""
    text = """
    b) Trao đổi văn bản giữa các cơ quan: sử dụng hệ thống quản lý văn bản và điều hành (trừ văn bản mật);
    d) Các cơ quan không gửi bản giấy khi đã gửi bản điện tử có ký số, trừ văn bản mật theo quy định;
    e) Thực hiện nghiêm Luật Bảo vệ bí mật nhà nước; không soạn thảo văn bản mật trên máy tính nối mạng.
    """
    assert marks_in(text.splitlines()) == ""
    assert marks_in([f"> {line}" for line in text.splitlines()]) == ""


def test_a_list_of_the_levels_is_no_mark() -> None:
    assert marks_in(["Các độ mật gồm:", "TUYỆT MẬT", "TỐI MẬT", "MẬT"]) == ""
    assert marks_in(["MẬT", "Thông tin mà nếu lộ thì gây nguy hại", "TỐI MẬT", "gây nguy hại nghiêm trọng"]) == ""


def test_a_sentence_in_capitals_that_breaks_before_the_word_is_no_mark() -> None:
    assert marks_in(["VỀ VIỆC QUẢN LÝ, SỬ DỤNG VĂN BẢN", "MẬT"]) == ""
    assert marks_in(["QUY ĐỊNH VỀ ĐẶT", "MẬT", "KHẨU THƯ CÔNG VỤ"]) == ""


def test_a_title_in_capitals_that_breaks_before_the_paper_is_no_mark() -> None:
    assert marks_in(["QUY CHẾ QUẢN LÝ", "TÀI LIỆU MẬT"]) == ""
    assert marks_in(["SỔ ĐĂNG KÝ", "VĂN BẢN MẬT", "NĂM 2026"]) == ""
    assert marks_in(["CÔNG TÁC BẢO VỆ", "HỒ SƠ MẬT"]) == ""
    assert marks_in(["TÀI LIỆU MẬT:", "– Danh mục kèm theo"]) == ""


def test_below_an_agencys_name_it_is_one() -> None:
    assert marks_in(["UBND TỈNH LÀO CAI", "SỞ NỘI VỤ", "MẬT", "Số: 12/BC-SNV"]) == "MẬT"


def test_the_highest_of_several_counts_when_they_are_no_list() -> None:
    between = ["Nội dung của báo cáo."] * 12
    assert marks_in(["MẬT", *between, "TUYỆT MẬT"]) == "TUYỆT MẬT"


def test_letters_off_an_image_are_read_with_their_faults() -> None:
    assert marks_in(["TÔI MẬT"], source=Source.OCR) == "TỐI MẬT"


@pytest.mark.parametrize(
    ("subject", "level"),
    [
        ("[MẬT] Báo cáo", "MẬT"),
        ("Re: [Mật] Báo cáo", "MẬT"),
        ("Fwd: (TỐI MẬT) Kế hoạch", "TỐI MẬT"),
        ("TUYỆT MẬT: phương án", "TUYỆT MẬT"),
        ("MẬT - Báo cáo quý", "MẬT"),
        ("MẬT", "MẬT"),
        ("Độ mật: Tối mật", "TỐI MẬT"),
        ("Độ mật: TỐI MẬT - Kế hoạch", "TỐI MẬT"),
        ("Kế hoạch (độ mật: tối mật)", "TỐI MẬT"),
        ("[TỐI MẬT]", "TỐI MẬT"),
        ("TÀI LIỆU MẬT", "MẬT"),
        ("VĂN BẢN TỐI MẬT", "TỐI MẬT"),
        ("Fwd: TÀI LIỆU MẬT", "MẬT"),
        ("FW: Re: VĂN BẢN TUYỆT MẬT - Phương án", "TUYỆT MẬT"),
        ("[TÀI LIỆU MẬT] Kế hoạch", "MẬT"),
        ("[TOI MAT] Ke hoach", "TỐI MẬT"),
        ("[MËT] B¸o c¸o", "MẬT"),
    ],
)
def test_a_subject_is_marked(subject: str, level: str) -> None:
    assert mark_in_subject(subject) == level
    assert mark_in_subject(unicodedata.normalize("NFD", subject)) == level


@pytest.mark.parametrize(
    "subject",
    ["[MAT] build 12", "[bảo mật] tập huấn", "Mật khẩu: đổi trước 28/11",
     "[MẬT KHẨU]", "(M) 05", "Mật ong: giá tháng 11",
     "[LƯU HÀNH NỘI BỘ] Lịch họp", "Triển khai Luật Bảo vệ bí mật nhà nước", "mật", ""],
)  # fmt: skip
def test_a_subject_that_is_not(subject: str) -> None:
    assert mark_in_subject(subject) == ""


@given(st.lists(st.text(max_size=80), max_size=20), st.text(max_size=200))
def test_nothing_makes_it_raise(lines: list[str], subject: str) -> None:
    assert marks_in(lines) in {"", "MẬT", "TỐI MẬT", "TUYỆT MẬT"}
    assert mark_in_subject(subject) in {"", "MẬT", "TỐI MẬT", "TUYỆT MẬT"}


@pytest.mark.parametrize(
    "line", ["ＭẬＴ", "TUYỆＴ МẬТ", "ΜẬΤ", "𝐓𝐔𝐘Ệ𝐓 𝐌Ậ𝐓", "TUYệT MậT", "=" * 40 + " TỐI MẬT " + "=" * 40]
)
def test_a_mark_in_other_letters_or_a_long_frame_is_one(line: str) -> None:
    assert marks_in(around(line)) != ""


@pytest.mark.parametrize("subject", ["[mật] Báo cáo", "Kế hoạch (tuyệt mật)", "ＴＵＹỆＴ MẬＴ: phương án"])
def test_a_subject_is_marked_in_small_or_wide_letters_too(subject: str) -> None:
    assert mark_in_subject(subject) != ""


@pytest.mark.parametrize("lines", [["MẬT"], ["MẬT", "TUYỆT MẬT"], ["MẬT x"]])
def test_many_lines_that_look_like_marks_take_no_long_time(lines: list[str]) -> None:
    begun = time.process_time()
    marks_in(lines * (40_000 // len(lines)))
    assert time.process_time() - begun < 3.0  # with the square of them it took most of a minute
