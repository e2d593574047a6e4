"""What is no official document is called NONE, and nothing is invented for it."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT
from mailhub.text.lines import text_of
from tests.support.letterhead import CREED, MOTTO, letter, named

pytestmark = pytest.mark.unit

FRAME = f"{MOTTO}\n{CREED}\n"
OTHERS = {
    "nothing": "",
    "news": "Tin trong tỉnh\n\nNgày 5/1, UBND tỉnh Hà Linh ban hành Quyết định số 15/QĐ-UBND về kho sách.\n"
    "Theo quyết định này, các sở có trách nhiệm kiểm kê.\nKế hoạch sẽ được thực hiện trong năm.\n" * 4,
    "application": f"{FRAME}\nĐƠN XIN NGHỈ PHÉP\n\nKính gửi: Ban giám đốc\nTôi tên là: .......\nNgười làm đơn\n",
    "blank form": f"{FRAME}\nĐƠN ĐỀ NGHỊ\nV/v ........\n\nKính gửi: ........\n"
    "Họ tên: .........\nNơi ở: ........\nLý do: ........\n",
    "invoice": "CÔNG TY TNHH MẪU\nHÓA ĐƠN GIÁ TRỊ GIA TĂNG\nSố: 0000123\n"
    "Ngày 05 tháng 01 năm 2034\nTổng cộng: 1.000.000\n",
    "template": f"TÊN CQ, TC CHỦ QUẢN\nTÊN CƠ QUAN, TỔ CHỨC\nSố:.../GM-...\n{FRAME}"
    "..., ngày... tháng... năm...\nGIẤY MỜI\n......\n",
    "english": "QUARTERLY REPORT\n\nThis report shows that the plan was met.\nThe board thanks everybody.\n" * 5,
    "essay": "TRƯỜNG ĐẠI HỌC HÀ LINH\nBÁO CÁO MÔN HỌC\nĐề tài: kho sách\nSinh viên thực hiện: A\n",
    "student": "TRƯỜNG ĐẠI HỌC HÀ LINH\nKHOA CÔNG NGHỆ\n\nBÁO CÁO\nĐỒ ÁN TỐT NGHIỆP\nSinh viên: A\nHà Linh, 2034\n",
    "job offer": "THÔNG BÁO TUYỂN DỤNG\nCông ty TNHH Mẫu cần tuyển 5 kế toán.\nLương thỏa thuận.\n",
    "wedding": "THƯ MỜI\nTrân trọng kính mời bạn đến dự tiệc cưới\nLúc 18 giờ ngày 5/1/2034\n",
    "lease": f"{FRAME}HỢP ĐỒNG THUÊ NHÀ\nHôm nay, ngày ... tháng ... năm ...\nBên A: .........\n"
    "Bên B: ..........\nCMND: ........\nĐịa chỉ: .......\n",
    "quotation": "Điều 3. Căn cứ Luật, Quyết định số 12/QĐ-UBND được ban hành.\nSố 15/QĐ-UBND cũng vậy.\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_papers_are_none_and_bear_no_number(name: str) -> None:
    found = recognise(text_of(OTHERS[name]))
    assert found.doc_type == NOT_A_DOCUMENT
    assert found.value("number_symbol") is None
    assert found.value("issuer") is None


def test_a_firms_plan_that_names_a_decision_is_none() -> None:
    text = "CÔNG TY CỔ PHẦN MẪU\nKẾ HOẠCH BẢO HÀNH\nTheo Quyết định số 12/QĐ-SCT ngày 05/01/2034\nThiết bị lưu trữ\n"
    assert recognise(text_of(text)).doc_type == NOT_A_DOCUMENT


def test_a_directive_without_its_header_is_known_and_bears_no_cited_number() -> None:
    text = (
        "CHỈ THỊ\nVỀ VIỆC TĂNG CƯỜNG KIỂM KÊ KHO SÁCH TRÊN ĐỊA BÀN TỈNH HÀ LINH\n"
        "Trong thời gian qua, việc kiểm kê theo Nghị định số 64/2027/NĐ-CP đã được thực hiện.\n1. Các sở:\n"
    )
    found = recognise(text_of(text))
    assert found.doc_type == "CT"
    assert found.value("number_symbol") is None


def test_a_report_of_ones_own_week_is_none() -> None:
    text = (
        f"TRUNG TÂM KHO SÁCH\n{FRAME}Hà Linh, ngày 11 tháng 4 năm 2034\nBÁO CÁO KẾT QUẢ CÔNG VIỆC CÁ NHÂN TUẦN 1\n"
        "Họ và tên: A\nTT\nTên công việc\n"
    )
    assert recognise(text_of(text)).doc_type == NOT_A_DOCUMENT


def test_the_cover_of_a_manual_is_none() -> None:
    text = "SỞ CÔNG THƯƠNG TỈNH HÀ LINH\nTRUNG TÂM KHO SÁCH\nKẾ HOẠCH BẢO HÀNH\nDự án: kho\nHà Linh 2034\n"
    assert recognise(text_of(text)).doc_type == NOT_A_DOCUMENT


def test_the_frame_of_a_document_is_enough_without_a_number() -> None:
    text = letter("/SCT-VP").replace("ngày 05 tháng 01", "ngày     tháng 01")
    found = recognise(text_of(text))
    assert found.doc_type == "CV"
    assert found.value("number_symbol") is None
    assert found.value("issue_date") is None


def test_what_is_said_is_said_with_a_reason() -> None:
    found = recognise(text_of(named("12/QĐ-SCT", "QUYẾT ĐỊNH")))
    for name in ("doc_type", "number_symbol", "issue_date", "issuer", "parent_issuer", "subject"):
        evidence = found.fields[name].evidence
        assert evidence.rule
        assert evidence.text
        assert evidence.line >= 0
