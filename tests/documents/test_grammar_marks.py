"""Stamps of urgency, secrecy and circulation: every one is found, no word of a sentence ever is."""

from __future__ import annotations

import time
import unicodedata

import pytest

from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.marks import Marks, read_marks
from mailhub.documents.grammar.recognise import Witness
from mailhub.documents.grammar.stamp_words import mark_of
from mailhub.text.lines import Line, Source, Text, text_of

pytestmark = pytest.mark.unit

HEADER = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 45/SNV-VP                   Lam Sơn, ngày 05 tháng 3 năm 2026
"""
LETTER = (
    HEADER
    + """V/v chuẩn bị hội nghị
{mark}
Kính gửi: Các phòng thuộc Sở.
Thực hiện kế hoạch công tác, Sở Nội vụ đề nghị các phòng chuẩn bị nội dung.
Nơi nhận:                       GIÁM ĐỐC
- Như trên;
- Lưu: VT.                      Trần Văn Bách
"""
)
PLAN = (
    HEADER
    + """{mark}
KẾ HOẠCH
Tổ chức hội nghị quý I năm 2026
Căn cứ chương trình công tác, Sở Nội vụ ban hành kế hoạch như sau:
{body}
Nơi nhận:                       GIÁM ĐỐC
- Lưu: VT.                      Trần Văn Bách
"""
)


def marks_of(plain: str, *, image: bool = False, witness: Witness | None = None) -> Marks:
    return read_marks(lay_out(text_of(plain, source=Source.OCR if image else Source.TEXT)), witness)


def said(marks: Marks) -> tuple[str | None, str | None, str | None]:
    found = (marks.urgency, marks.secrecy, marks.circulation)
    first, second, third = (mark.value if mark is not None and mark.given else None for mark in found)
    return first, second, third


@pytest.mark.parametrize("template", [LETTER, PLAN])
@pytest.mark.parametrize(
    ("printed", "mark"),
    [
        ("HỎA TỐC", "HỎA TỐC"),
        ("HOẢ TỐC", "HỎA TỐC"),
        ("[ HỎA TỐC ]", "HỎA TỐC"),
        ("| H Ỏ A  T Ố C |", "HỎA TỐC"),
        ("Hỏa tốc", "HỎA TỐC"),
        ("HỎA TỐC HẸN GIỜ", "HỎA TỐC"),
        ("THƯỢNG KHẨN", "THƯỢNG KHẨN"),
        ("KHẨN", "KHẨN"),
        ("* KHẨN *", "KHẨN"),
        ("Độ khẩn: Khẩn", "KHẨN"),
        ("MẬT", "MẬT"),
        ("Mật", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("T U Y Ệ T  M Ậ T", "TUYỆT MẬT"),
        ("Độ mật: Tối mật", "TỐI MẬT"),
        ("MAT", "MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("TUYET MAT", "TUYỆT MẬT"),
        ("MËt", "MẬT"),
        ("Tèi mËt", "TỐI MẬT"),
        ("TuyÖt mËt", "TUYỆT MẬT"),
        ("Háa tèc", "HỎA TỐC"),
        ("MAÄT", "MẬT"),
        ("LƯU HÀNH NỘI BỘ", "LƯU HÀNH NỘI BỘ"),
        ("(Lưu hành nội bộ)", "LƯU HÀNH NỘI BỘ"),
        ("XEM XONG TRẢ LẠI", "XEM XONG TRẢ LẠI"),
        ("TÀI LIỆU THU HỒI", "TÀI LIỆU THU HỒI"),
    ],
)
def test_a_stamp_on_a_line_of_its_own_is_found(template: str, printed: str, mark: str) -> None:
    assert mark in said(marks_of(template.format(mark=printed, body="I. MỤC ĐÍCH")))


@pytest.mark.parametrize("printed", ["MẬT", "HỎA TỐC", "THƯỢNG KHẨN"])
def test_a_stamp_written_in_decomposed_letters_is_found(printed: str) -> None:
    plain = unicodedata.normalize("NFD", PLAN.format(mark=printed, body="I. MỤC ĐÍCH"))
    assert printed in said(marks_of(plain))


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("HÓA TỐC KÉ HOẠCH", "HỎA TỐC"),
        ("[nỏa rốc] KẾ HOẠCH", "HỎA TỐC"),
        ("KẾ HOẠCH HỎA TỐC", "HỎA TỐC"),
        ("KHÂN KẾ HOẠCH", "KHẨN"),
        ("TỐI MẬT KẾ HOẠCH", "TỐI MẬT"),
    ],
)
def test_a_stamp_that_ocr_set_beside_the_heading_is_found(line: str, mark: str) -> None:
    plain = PLAN.format(mark="", body="I. MỤC ĐÍCH").replace("KẾ HOẠCH\n", f"{line}\n", 1)
    assert mark in said(marks_of(plain, image=True))


@pytest.mark.parametrize("stamp", ["HỎA TỐC", "HỖỎA TỐC", "HOA TÓC", "THƯỢNG KHÂN", "MẬT"])
def test_a_stamp_that_ocr_set_before_kinh_gui_is_found(stamp: str) -> None:
    plain = LETTER.format(mark="").replace("Kính gửi:", f"{stamp} Kính gửi:")
    assert said(marks_of(plain, image=True)) != (None, None, None)


def test_both_a_secret_and_an_urgent_stamp_are_told() -> None:
    assert said(marks_of(PLAN.format(mark="MẬT\nHỎA TỐC", body="I."))) == ("HỎA TỐC", "MẬT", None)
    assert said(marks_of(PLAN.format(mark="TỐI MẬT - KHẨN", body="I."))) == ("KHẨN", "TỐI MẬT", None)


@pytest.mark.parametrize(
    "sentence",
    [
        "100% văn bản được gửi qua mạng (trừ văn bản mật).",
        "trừ những văn bản",
        "mật",
        "công tác bảo vệ bí mật nhà nước; bảo mật; mật khẩu; mật độ dân cư.",
        "KHẨN TRƯƠNG TRIỂN KHAI CÁC NHIỆM VỤ",
        "Các tình huống khẩn cấp; công điện khẩn; tình trạng khẩn cấp.",
        "DANH MỤC BÍ MẬT NHÀ NƯỚC",
        "Mật khẩu:",
        "BẢO MẬT",
        "MẬT ĐỘ",
        "khẩn",
        "Hóa học",
        "HÓA HỌC",
        "Mặt trận",
    ],
)
def test_a_word_of_a_sentence_is_no_stamp(sentence: str) -> None:
    assert said(marks_of(PLAN.format(mark="", body=sentence))) == (None, None, None)
    assert said(marks_of(PLAN.format(mark="", body=sentence), image=True)) == (None, None, None)


@pytest.mark.parametrize(
    "subject",
    [
        "Về việc thực hiện công điện khẩn của Thủ tướng",
        "Ứng phó khẩn cấp với bão số 3",
        "Tăng cường công tác bảo vệ bí mật nhà nước",
        "VỀ VIỆC TĂNG CƯỜNG QUẢN LÝ VĂN BẢN\nMẬT",
        "Về việc quản lý, sử dụng tài liệu\nmật",
        "DANH MỤC BÍ\nMẬT NHÀ NƯỚC",
        "Về triển khai nhiệm vụ\nkhẩn",
    ],
)
def test_a_subject_that_names_secrecy_or_urgency_bears_no_stamp(subject: str) -> None:
    plain = PLAN.format(mark="", body="I.").replace("Tổ chức hội nghị quý I năm 2026", subject)
    assert said(marks_of(plain)) == (None, None, None)


def test_a_cell_of_a_table_in_the_body_is_no_stamp() -> None:
    body = (
        "I. GIẢI THÍCH TỪ NGỮ\nTừ ngữ\nMật\nLà độ thấp nhất.\nMẬT\nTỐI MẬT\nII. TỔ CHỨC THỰC HIỆN\nCác phòng thực hiện."
    )
    marks = marks_of(PLAN.format(mark="", body=body))
    assert said(marks) == (None, None, None)
    assert marks.secrecy is not None  # seen, and below the line


def test_a_stamp_on_the_second_page_is_not_the_documents() -> None:
    assert marks_of(PLAN.format(mark="", body="I.\n\fMẬT\nHỎA TỐC\nII.")) == Marks()


def test_red_ink_in_the_upper_half_is_a_stamp_even_after_the_body_began() -> None:
    lines = [Line(text, page=1) for text in PLAN.format(mark="", body="I.").splitlines()]
    lines.append(Line("HỎA TỐC", page=1, left=0.1, top=0.2, right=0.3, bottom=0.23, colour="red"))
    assert said(read_marks(lay_out(Text(tuple(lines), source=Source.OCR, pages=1)))) == ("HỎA TỐC", None, None)


def test_a_stamp_in_the_upper_left_is_found_wherever_the_reader_put_it() -> None:
    lines = [Line(text, page=1, left=0.2, top=0.1 + n / 40, right=0.9, bottom=0.11 + n / 40) for n, text in enumerate(
        PLAN.format(mark="", body="I. MỤC ĐÍCH").splitlines()
    )]  # fmt: skip
    lines.insert(9, Line("MẬT", page=1, left=0.15, top=0.18, right=0.2, bottom=0.2))
    assert said(read_marks(lay_out(Text(tuple(lines), source=Source.OCR, pages=1))))[1] == "MẬT"


def test_the_symbol_the_mails_subject_and_the_files_name_only_hint() -> None:
    plain = PLAN.format(mark="", body="I.")
    for marks in (
        marks_of(plain.replace("45/SNV-VP", "45/BC-SNV(M)")),
        marks_of(plain, witness=Witness(mail_subject="[MẬT] kế hoạch")),
        marks_of(plain, witness=Witness(file_name="KH_45_MAT.pdf")),
    ):
        assert marks.secrecy is not None
        assert not marks.secrecy.given


@pytest.mark.parametrize("name", ["mat_bang.pdf", "quyet-toan.docx", "danh sach tom tat.pdf", "thuat toan.txt"])
def test_an_ordinary_file_name_hints_at_nothing(name: str) -> None:
    assert marks_of(PLAN.format(mark="", body="I."), witness=Witness(file_name=name)) == Marks()


def test_a_stamp_over_a_paper_whose_header_was_not_recognised_is_found() -> None:
    assert said(marks_of("TUYỆT MẬT\nDanh sách tuyến vận chuyển\n1. Tuyến một\n2. Tuyến hai"))[1] == "TUYỆT MẬT"


def test_a_list_of_the_degrees_of_secrecy_is_no_stamp() -> None:
    assert said(marks_of("DANH SÁCH\nMẬT\nTỐI MẬT\nTUYỆT MẬT\n1. Tuyến một"))[1] is None


@pytest.mark.parametrize(("read", "mark"), [("THU HÔI", "TÀI LIỆU THU HỒI"), ("HÀNH NỘI BỘ", "LƯU HÀNH NỘI BỘ")])
def test_a_long_stamp_that_lost_a_word_to_ocr_is_found(read: str, mark: str) -> None:
    assert said(marks_of(PLAN.format(mark=read, body="I."), image=True))[2] == mark
    assert said(marks_of(PLAN.format(mark=read, body="I.")))[2] is None


def test_mat_with_another_vowel_is_a_stamp_only_where_letters_were_read_off_an_image() -> None:
    assert mark_of("MẶT") is None
    assert mark_of("MẶT", image=True) == ("MẬT", 0.8)
    assert mark_of("Mặt trận", image=True) is None


@pytest.mark.parametrize("unit", ["MẬT ", "HỎA TỐC\n", "[", "Độ mật: ", "M Ậ T\n", "/TM-", "| "])
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(text_of(unit * (1_000_000 // len(unit))))
    begun = time.perf_counter()
    read_marks(page, Witness(unit * 100_000, unit * 100_000))
    assert time.perf_counter() - begun < 1
