"""The subject: where it begins, and where the body takes over."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.text.lines import text_of
from tests.support.letterhead import FOOT, head, letter, named

pytestmark = pytest.mark.unit


def subject(text: str) -> str | None:
    return recognise(text_of(text)).value("subject")


@pytest.mark.parametrize(
    ("below", "value"),
    [
        ("Về việc kiểm kê kho sách\ncủa Sở Công Thương", "Về việc kiểm kê kho sách của Sở Công Thương"),
        ("VỀ VIỆC KIỂM KÊ KHO SÁCH\nCỦA SỞ CÔNG THƯƠNG", "VỀ VIỆC KIỂM KÊ KHO SÁCH CỦA SỞ CÔNG THƯƠNG"),
        ("V/v kiểm kê kho sách", "kiểm kê kho sách"),
        ("(V/v kiểm kê kho sách)", "kiểm kê kho sách"),
        ("Quy định mức thu phí kho sách", "Quy định mức thu phí kho sách"),
        (
            "Ban hành Kế hoạch thực hiện Quyết định số\n15/QĐ-TTg ngày 2/1/2034",
            "Ban hành Kế hoạch thực hiện Quyết định số 15/QĐ-TTg ngày 2/1/2034",
        ),
        ("Kiểm kê kho sách\n-----------", "Kiểm kê kho sách"),
    ],
)
def test_a_subject_below_the_heading_is_given_on_one_line(below: str, value: str) -> None:
    assert subject(named("12/QĐ-SCT", "QUYẾT ĐỊNH", below)) == value


def test_the_authority_line_is_not_of_the_subject() -> None:
    text = named("12/QĐ-SCT", "QUYẾT ĐỊNH", "KIỂM KÊ KHO SÁCH CỦA\nSỞ CÔNG THƯƠNG\nGIÁM ĐỐC SỞ CÔNG THƯƠNG")
    assert subject(text.replace("\n\nCăn cứ", "\nCăn cứ")) == "KIỂM KÊ KHO SÁCH CỦA SỞ CÔNG THƯƠNG"


@pytest.mark.parametrize(
    "body",
    [
        "I. MỤC ĐÍCH",
        "1. Mục đích",
        "Kính gửi: Các phòng",
        "Căn cứ Luật Kho sách;",
        "\nThực hiện Kế hoạch số 4/KH-UBND, Sở Công Thương xây dựng kế hoạch như sau",
        "\nNgày 03/01/2034, Giám đốc Sở chủ trì họp nghe báo cáo về tình hình kho sách",
        "\nSở Công Thương nhận được tờ trình của Phòng Kho sách về kiểm kê",
        "Phần thứ nhất",
    ],
)
def test_the_body_ends_the_subject(body: str) -> None:
    text = (
        f"{head('12/KH-SCT')}\nKẾ HOẠCH\nKiểm kê kho sách năm 2034\nvà những năm sau\n{body}\nNội dung tiếp theo.{FOOT}"
    )
    assert subject(text) == "Kiểm kê kho sách năm 2034 và những năm sau"


def test_a_stamp_between_heading_and_subject_is_passed_over() -> None:
    assert subject(named("12/QĐ-SCT", "QUYẾT ĐỊNH", "HỎA TỐC\nVề việc kiểm kê kho sách")) == "Về việc kiểm kê kho sách"


def test_heading_and_subject_on_one_line() -> None:
    text = f"{head('12/BC-SCT')}\nBÁO CÁO Tình hình kho sách\nquý I năm 2034\n\nKính gửi: UBND tỉnh{FOOT}"
    assert subject(text) == "Tình hình kho sách quý I năm 2034"


def test_the_owner_in_the_heading_is_not_the_subject() -> None:
    text = named("12/NQ-HĐT", "NGHỊ QUYẾT CỦA HỘI ĐỒNG QUẢN LÝ KHO\nSÁCH TỈNH HÀ LINH", "(Về việc kiểm kê kho sách)")
    assert subject(text) == "Về việc kiểm kê kho sách"


@pytest.mark.parametrize(
    "printed",
    [
        "V/v kiểm kê\nkho sách\ncũ",
        "V/V: kiểm kê kho sách cũ",
        "v/v kiểm kê kho sách cũ.",
        "V⁄w kiểm kê kho\nsách cũ",
        "V/v kiểm kê kho sách\n\ncũ",
    ],
)
def test_the_subject_of_a_letter_stands_behind_v_v(printed: str) -> None:
    assert subject(letter("12/SCT-VP", printed)) == "kiểm kê kho sách cũ"


def test_a_stamp_on_the_line_of_kinh_gui_does_not_hide_it() -> None:
    text = letter("12/SCT-VP", "V/v kiểm kê kho sách").replace("\nKính gửi", "\nHỎA TỐC Kính gửi")
    assert subject(text) == "kiểm kê kho sách"


def test_a_letter_without_v_v_has_its_subject_below_the_number() -> None:
    assert subject(letter("12/SCT-VP", "Về kiểm kê kho sách\ncủa ngành")) == "Về kiểm kê kho sách của ngành"


def test_a_notice_may_have_its_v_v_above_the_heading() -> None:
    text = letter("12/TB-SCT", "(V/v kiểm kê kho sách)").replace("\nKính gửi", "\nTHÔNG BÁO\n\nKính gửi")
    found = recognise(text_of(text))
    assert found.doc_type == "TB"
    assert found.value("subject") == "kiểm kê kho sách"


def test_an_invitation_without_a_subject_has_none() -> None:
    text = f"{head('12/GM-SCT')}\nGIẤY MỜI\n\nKính gửi: Các phòng\nSở Công Thương trân trọng kính mời{FOOT}"
    found = recognise(text_of(text))
    assert found.doc_type == "GM"
    assert found.value("subject") is None


def test_a_sentence_that_opens_a_list_is_no_subject() -> None:
    text = f"{head('12/GGT-SCT')}\nGIẤY GIỚI THIỆU\nSở Công Thương trân trọng giới thiệu:\nÔng Trần Văn Mẫu{FOOT}"
    assert subject(text) is None


def test_a_subject_that_ran_into_the_body_is_not_said() -> None:
    rows = "\n".join(f"và các nội dung khác của việc kiểm kê kho sách lần thứ {n} trong kế hoạch" for n in range(13))
    assert subject(named("12/BC-SCT", "BÁO CÁO", f"Kiểm kê\n{rows}")) is None
