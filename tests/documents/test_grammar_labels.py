"""Kinds that the directives name beside the type."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.labels import LABELS, read_labels
from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.recognise import Witness
from mailhub.text.lines import text_of

pytestmark = pytest.mark.unit

HEADER = """UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: 45/BC-SNV                   Lam Sơn, ngày 05 tháng 7 năm 2026
"""
FOOT = "\nNơi nhận:\n{recipients}\n- Lưu: VT.\nGIÁM ĐỐC\nTrần Văn Bách\n"


def paper(heading: str, subject: str, body: str = "Sở Nội vụ báo cáo như sau:", recipients: str = "- Như trên;") -> str:
    return f"{HEADER}{heading}\n{subject}\n\nThực hiện chương trình công tác năm 2026;\n{body}\n" + FOOT.format(
        recipients=recipients
    )


def labels_of(plain: str, doc_type: str = "BC", witness: Witness | None = None) -> list[str]:
    return [found.value for found in read_labels(lay_out(text_of(plain)), doc_type, witness) if found.given]


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        ("Kết quả công tác tháng 6 và phương hướng tháng 7 năm 2026", "bao_cao_thang"),
        ("Tình hình thực hiện nhiệm vụ tháng 06/2026", "bao_cao_thang"),
        ("Kết quả công tác quý II năm 2026", "bao_cao_quy"),
        ("Tình hình công tác quý 3/2026", "bao_cao_quy"),
        ("Sơ kết công tác 6 tháng đầu năm 2026", "bao_cao_6_thang"),
        ("Công tác cải cách hành chính 06 tháng đầu năm, nhiệm vụ 6 tháng cuối năm 2026", "bao_cao_6_thang"),
        ("Kết quả công tác tuần 27 năm 2026", "bao_cao_tuan"),
        ("Tổng kết công tác năm 2026", "bao_cao_nam"),
    ],
)
def test_a_reports_period_is_read_from_its_subject(subject: str, label: str) -> None:
    assert labels_of(paper("BÁO CÁO", subject)) == [label]


@pytest.mark.parametrize(
    "subject",
    [
        "Kết quả kiểm tra theo Quyết định số 12/QĐ-SNV ngày 05 tháng 6 năm 2026",
        "Về việc xử lý đơn thư",
        "Tháng hành động vì trẻ em",
    ],
)
def test_a_date_in_a_reports_subject_is_no_period(subject: str) -> None:
    assert labels_of(paper("BÁO CÁO", subject)) == []


def test_only_a_report_has_a_period() -> None:
    assert labels_of(paper("KẾ HOẠCH", "Công tác quý II năm 2026"), "KH") == []


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("LỊCH CÔNG TÁC", "lich_cong_tac"),
        ("LỊCH LÀM VIỆC CỦA LÃNH ĐẠO SỞ", "lich_cong_tac"),
        ("TÀI LIỆU HỌP GIAO BAN", "tai_lieu_hop"),
        ("CHƯƠNG TRÌNH HỘI NGHỊ", "tai_lieu_hop"),
        ("GIẤY TRIỆU TẬP", "giay_trieu_tap"),
        ("PHIẾU KHẢO SÁT", "phieu_dieu_tra"),
        ("PHIẾU ĐIỀU TRA", "phieu_dieu_tra"),
        ("DỰ THẢO", "du_thao"),
    ],
)
def test_a_heading_says_what_the_paper_is(heading: str, label: str) -> None:
    assert label in labels_of(paper(heading, "Tuần thứ nhất"), "KHAC")


def test_a_schedule_without_a_header_is_still_one() -> None:
    assert labels_of("LỊCH CÔNG TÁC TUẦN 27\nTừ ngày 06/7 đến ngày 10/7/2026\nThứ Hai: họp giao ban.", "NONE") == [
        "lich_cong_tac"
    ]


@pytest.mark.parametrize(
    ("recipients", "labels"),
    [
        ("- UBND tỉnh (để b/c);", ["de_bao_cao"]),
        ("- Văn phòng Chính phủ (b/c);\n- Sở Tài chính (p/h);", ["de_bao_cao", "de_phoi_hop"]),
        ("- Các phòng (để biết);", ["de_biet"]),
        ("- Sở Tài chính (để phối hợp thực hiện);", ["de_phoi_hop"]),
        ("- Ban Giám hiệu: báo cáo;", ["de_bao_cao"]),
        ("- Các phòng (để thực hiện);", []),
        ("- Phòng Báo cáo viên;", []),
    ],
)
def test_suffixes_of_recipients_say_what_it_is_sent_for(recipients: str, labels: list[str]) -> None:
    assert labels_of(paper("QUYẾT ĐỊNH", "Về việc thành lập tổ", recipients=recipients), "QĐ") == labels


def test_a_notice_that_ends_with_for_your_knowledge_is_for_knowledge_only() -> None:
    known = paper("THÔNG BÁO", "Về việc đổi tên", body="Sở Nội vụ thông báo để các cơ quan, đơn vị biết./.")
    assert "de_biet" in labels_of(known, "TB")
    done = paper("THÔNG BÁO", "Về việc đổi tên", body="Thông báo để các cơ quan, đơn vị biết, thực hiện./.")
    assert "de_biet" not in labels_of(done, "TB")


def test_a_notice_to_all_units_of_the_house_is_a_general_one() -> None:
    plain = paper("THÔNG BÁO", "Về việc nghỉ lễ", recipients="- Các phòng, đơn vị trực thuộc Sở;")
    assert "thong_bao_chung" in labels_of(plain, "TB")
    assert "thong_bao_chung" not in labels_of(plain, "QĐ")


def test_names_of_files_and_subjects_of_mails_only_hint() -> None:
    page = lay_out(text_of("Nội dung cuộc họp ngày mai."))
    found = read_labels(
        page, "NONE", Witness(file_name="Tai lieu hop giao ban.docx", mail_subject="Lịch công tác tuần")
    )
    assert {label.value for label in found} == {"tai_lieu_hop", "lich_cong_tac"}
    assert not any(label.given for label in found)


def test_every_label_is_of_the_closed_list() -> None:
    plain = paper(
        "DỰ THẢO\nBÁO CÁO", "Công tác quý II năm 2026", recipients="- UBND tỉnh (b/c);\n- Các phòng (để biết);"
    )
    assert set(labels_of(plain)) <= set(LABELS)


@pytest.mark.parametrize("unit", ["tháng 6 ", "(để ", "- a (b/c);\n", "để các ", "DỰ THẢO\n", "số 1 ngày 1 "])
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(
        text_of(HEADER + "BÁO CÁO\n" + unit * (500_000 // len(unit)) + "\nNơi nhận:\n" + unit * (500_000 // len(unit)))
    )
    begun = time.process_time()
    read_labels(page, "BC", Witness(unit * 100_000))
    assert time.process_time() - begun < 3
