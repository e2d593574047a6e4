"""The issuer and the agency above it, from the header's left block."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Recognition
from mailhub.documents.grammar.spelling import spell
from mailhub.text.lines import text_of
from tests.support.letterhead import CREED, MOTTO, REASONS, named

pytestmark = pytest.mark.unit


def read(agencies: str, number: str = "12/TB-ABC") -> Recognition:
    return recognise(text_of(named(number, "THÔNG BÁO", agencies=agencies)))


@pytest.mark.parametrize(
    ("agencies", "issuer", "parent"),
    [
        ("UBND TỈNH HÀ LINH\nSỞ Y TẾ", "Sở Y tế", "UBND tỉnh Hà Linh"),
        ("ỦY BAN NHÂN DÂN\nTỈNH\nLÀO CAI", "Ủy ban nhân dân tỉnh Lào Cai", None),
        ("UỶ BAN NHÂN DÂN\nTHÀNH PHỐ HỒ CHÍ MINH", "Ủy ban nhân dân Thành phố Hồ Chí Minh", None),
        ("ỦY\nBAN NHÂN DÂN\nXÃ CỘNG HÒA", "Ủy ban nhân dân xã Cộng Hòa", None),
        (
            "BỘ GIÁO DỤC VÀ\nĐÀO TẠO\nTRƯỜNG ĐẠI HỌC\nKỸ THUẬT HÀ LINH",
            "Trường Đại học Kỹ thuật Hà Linh",
            "Bộ Giáo dục và Đào tạo",
        ),
        (
            "SỞ GIÁO DỤC VÀ ĐÀO TẠO\nTHÀNH PHỐ HỒ CHÍ MINH\nTRUNG TÂM KHO SÁCH\nVÀ THƯ VIỆN SỐ",
            "Trung tâm Kho Sách và Thư Viện Số",
            "Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh",
        ),
        ("BỘ\nY TẾ", "Bộ Y tế", None),
        ("HỘI ĐỒNG NHÂN DÂN\nTỈNH HÀ LINH\nKHÓA XV - KỲ HỌP THỨ 5", "Hội đồng nhân dân tỉnh Hà Linh", None),
        ("ĐẢNG BỘ HUYỆN AN KHÊ\nĐẢNG ỦY XÃ HÀ LINH", "Đảng ủy xã Hà Linh", "Đảng bộ huyện An Khê"),
        ("PHÒNG GD&ĐT HUYỆN AN KHÊ\nTRƯỜNG TH&THCS HÀ LINH", "Trường TH&THCS Hà Linh", "Phòng GD&ĐT huyện An Khê"),
        ("THỦ TƯỚNG\nCHÍNH PHỦ", "Thủ tướng Chính phủ", None),
        ("BẢO HIỂM XÃ HỘI\nVIỆT NAM", "Bảo hiểm xã hội Việt Nam", None),
        ("UBND TĨNH KIÊN GIANG\nSƠ Y TE", "Sở Y tế", "UBND tỉnh Kiên Giang"),
        ("SỞ Y TẾ HÀ LINH\nBệnh viện Đa khoa Hà Linh", "Bệnh viện Đa khoa Hà Linh", "Sở Y tế Hà Linh"),
    ],
)
def test_names_are_joined_split_and_spelled_as_people_write_them(
    agencies: str, issuer: str, parent: str | None
) -> None:
    found = read(agencies)
    assert found.value("issuer") == issuer
    assert found.value("parent_issuer") == parent


def test_motto_and_creed_run_together_with_the_agencies() -> None:
    text = (
        f"UBND TỈNH HÀ LINH {MOTTO}\nSỞ Y TẾ {CREED}\nSố: 12/TB-SYT Hà Linh, ngày 05 tháng 01 năm 2034\n"
        f"THÔNG BÁO\nLịch trực{REASONS}"
    )
    found = recognise(text_of(text))
    assert found.value("issuer") == "Sở Y tế"
    assert found.value("parent_issuer") == "UBND tỉnh Hà Linh"


def test_the_commune_cong_hoa_beside_the_motto() -> None:
    text = (
        f"ỦY BAN NHÂN DÂN\nXÃ CỘNG HÒA {MOTTO}\n{CREED}\nSố: 03/BC-UBND\nCộng Hòa, ngày 02 tháng 02 năm 2034\n"
        "BÁO CÁO\nKết quả tháng 1\n\nKính gửi: UBND huyện\n"
    )
    assert recognise(text_of(text)).value("issuer") == "Ủy ban nhân dân xã Cộng Hòa"


def test_a_motto_broken_over_two_lines_is_no_agency() -> None:
    text = named("12/TB-SYT", "THÔNG BÁO").replace(MOTTO, "CỘNG HÒA XÃ HỘI\nCHỦ NGHĨA VIỆT NAM")
    assert recognise(text_of(text)).value("issuer") == "Sở Công Thương"


def test_stamps_of_signing_software_above_the_header_are_no_agency() -> None:
    stamp = "TRUNG TÂM CÔNG BÁO\nVÀ TIN HỌC\nkho@halinh.gov.vn\n05.01.2034 15:17:44 +07:00\n\n"
    found = recognise(text_of(stamp + named("12/TB-SCT", "THÔNG BÁO")))
    assert found.value("issuer") == "Sở Công Thương"
    assert found.value("parent_issuer") == "UBND tỉnh Hà Linh"


def test_the_block_of_a_scan_read_before_the_motto_is_found() -> None:
    text = (
        f"BỘ XÂY DỰNG\nVIỆN KHO SÁCH\nSố: 12/VKS-TH\nV/v kiểm kê\nkho cũ\n{MOTTO}\n{CREED}\n\n"
        "Hà Linh, ngày 05 tháng 01 năm 2034\n\nKính gửi: Các phòng\n"
    )
    found = recognise(text_of(text))
    assert found.value("issuer") == "Viện Kho Sách"
    assert found.value("subject") == "kiểm kê kho cũ"


def test_several_agencies_issue_a_joint_circular() -> None:
    found = recognise(text_of(named("08/2034/TTLT-BTC-BCA", "THÔNG TƯ LIÊN TỊCH", agencies="BỘ TÀI CHÍNH\nBỘ CÔNG AN")))
    assert found.value("issuer") == "Bộ Tài chính - Bộ Công an"


def test_without_a_header_the_authority_line_tells() -> None:
    text = (
        "Số: 12/QĐ-ĐHKT\nHà Linh, ngày 05 tháng 01 năm 2034\nQUYẾT ĐỊNH\n"
        "Về việc kiểm kê\nHIỆU TRƯỞNG TRƯỜNG ĐẠI HỌC HÀ LINH\nCăn cứ Luật;\n"
    )
    found = recognise(text_of(text))
    assert found.value("issuer") == "Trường Đại học Hà Linh"
    assert found.fields["issuer"].evidence.rule == "issuer_in_authority_line"


def test_what_ocr_bent_is_not_said() -> None:
    found = read("B0 CoNc UllJONc#\nTRlICNG D4! H~C")
    assert found.value("issuer") is None


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "Sở Giáo dục và Đào tạo"),
        ("TRƯỜNG THPT HÀ LINH", "Trường THPT Hà Linh"),
        ("ỦY BAN NHÂN DÂN QUẬN 7", "Ủy ban nhân dân quận 7"),
        ("Chi cục Thuế huyện An Khê", "Chi cục Thuế huyện An Khê"),
        ("BAN CHỈ ĐẠO 138", "Ban Chỉ đạo 138"),
        ("HUYỆN THẠNH HÓA", "Huyện Thạnh Hóa"),
    ],
)
def test_capitals_become_the_usual_spelling(printed: str, written: str) -> None:
    assert spell(printed) == written
