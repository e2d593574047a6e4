"""The number and symbol: as printed, from the document's own header, or not at all."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognise import Witness, recognise
from mailhub.documents.grammar.recognition import LINE
from mailhub.text.lines import Line, Source, Text, text_of
from tests.support.letterhead import CREED, MOTTO, head, letter, named

pytestmark = pytest.mark.unit


def number(text: str) -> str | None:
    return recognise(text_of(text)).value("number_symbol")


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("15/QĐ-SCT", "15/QĐ-SCT"),
        ("88 /SCT-VP", "88/SCT-VP"),
        ("2188 / KH – SCT", "2188/KH-SCT"),
        ("779      /QĐ-UBND", "779/QĐ-UBND"),
        ("2760b/QĐ-ĐHKT", "2760b/QĐ-ĐHKT"),
        ("77/2034/CT-UBND", "77/2034/CT-UBND"),
        ("43/2034/TTLT – BTC- BCA", "43/2034/TTLT-BTC-BCA"),
        ("230/KH-THPT.HL", "230/KH-THPT.HL"),
        ("12/SGD&ĐT-VP", "12/SGD&ĐT-VP"),
        ("1/ABC", "1/ABC"),
        ("882A/VKT/ĐT", "882A/VKT/ĐT"),
        ("36-HD/VPTW", "36-HD/VPTW"),
        ("20/2034/QH17", "20/2034/QH17"),
    ],
)
def test_a_number_is_given_as_printed_without_blanks(printed: str, value: str) -> None:
    assert number(named(printed, "QUYẾT ĐỊNH")) == value


@pytest.mark.parametrize("blank", ["/KH-SCT", "     /KH-SCT", "……/KH-SCT", "...../KH-SCT", "___/KH-SCT"])
def test_a_number_left_blank_is_absent(blank: str) -> None:
    found = recognise(text_of(named(blank, "KẾ HOẠCH")))
    assert found.doc_type == "KH"
    assert found.value("number_symbol") is None


@pytest.mark.parametrize("bent", ["14?/KH-SCT", "J2§®/KH-SCT", "lÍ/KH-SCT", "2 1 3/KH-SCT", "4ª/KH-SCT"])
def test_a_number_that_the_reader_bent_is_seen_and_not_said(bent: str) -> None:
    found = recognise(text_of(named(bent, "KẾ HOẠCH")))
    assert found.value("number_symbol") is None
    assert "number_symbol" in found.abstained


@pytest.mark.parametrize(
    ("text", "confidence", "said"),
    [
        ("Số: 12/KH-SCT", 0.95, True),
        ("Số: 12 /KH-SCT", 0.9, False),
        ("Số: 12/KH-SCT", 0.4, False),
        ("Số: 6/KH-SCT", 0.9, False),
    ],
)
def test_a_scanned_number_is_said_when_it_is_printed_and_clear(text: str, confidence: float, said: bool) -> None:
    lines = [Line(line) for line in named("@", "KẾ HOẠCH").split("\n")]
    at = next(i for i, line in enumerate(lines) if line.text.startswith("Số"))
    lines[at] = Line(text, confidence=confidence)
    found = recognise(Text(tuple(lines), source=Source.OCR))
    assert (found.value("number_symbol") is not None) is said


@pytest.mark.parametrize(
    ("name", "said"), [("12-KH-SCT.pdf", True), ("12_KH_SCT_signed.pdf", True), ("scan12.pdf", False)]
)
def test_a_number_that_the_files_name_bears_out_is_said(name: str, said: bool) -> None:
    lines = [Line(line) for line in named("@", "KẾ HOẠCH").split("\n")]
    at = next(i for i, line in enumerate(lines) if line.text.startswith("Số"))
    lines[at] = Line("Số: 12 /KH-SCT", confidence=0.9)
    found = recognise(Text(tuple(lines), source=Source.OCR), Witness(file_name=name))
    assert (found.value("number_symbol") == "12/KH-SCT") is said


def test_a_files_name_alone_gives_no_number() -> None:
    found = recognise(text_of(named("/KH-SCT", "KẾ HOẠCH")), Witness(file_name="59-KH-SCT.pdf", mail_subject="KH 59"))
    assert found.value("number_symbol") is None


def test_the_number_of_the_incoming_stamp_is_not_taken() -> None:
    text = named("88/TB-UBND", "THÔNG BÁO", agencies="UBND TỈNH HÀ LINH\nĐẾN Số: 4701\nNgày: 13/3/2034")
    assert number(text) == "88/TB-UBND"


def test_the_number_of_a_gazette_is_not_taken() -> None:
    assert number("CÔNG BÁO/Số 12 + 13/Ngày 20-3-2034\n" + named("14/2034/QĐ-UBND", "QUYẾT ĐỊNH")) == "14/2034/QĐ-UBND"


def test_the_portals_metadata_is_not_taken() -> None:
    text = "Số hiệu 99/QĐ-XYZ\nNgày ban hành 05/01/2034\nNgười ký Trần Văn Mẫu\n\n" + named("12/QĐ-SCT", "QUYẾT ĐỊNH")
    assert number(text) == "12/QĐ-SCT"


def test_a_number_in_the_subject_is_not_taken_for_the_documents_own() -> None:
    text = letter("/SCT-VP", "V/v thực hiện Kế hoạch\nsố 45/KH-UBND ngày 02/01/2034")
    assert number(text) is None


def test_a_cited_number_at_the_beginning_of_a_line_is_not_taken() -> None:
    text = (
        f"SỞ CÔNG THƯƠNG\n{MOTTO}\n{CREED}\n\nTHÔNG BÁO\nLịch nghỉ\n\nCăn cứ Quyết định\nSố 15/QĐ-UBND ngày 2/1/2034;\n"
    )
    assert number(text) is None


def test_the_number_of_an_attached_form_is_not_taken() -> None:
    text = named("12/QĐ-SCT", "QUYẾT ĐỊNH") + f"\nMẫu số 01/ABC\n{MOTTO}\n{CREED}\nSố: 77/BC-XYZ\n"
    assert number(text) == "12/QĐ-SCT"


def test_a_number_on_the_line_of_the_date_ends_where_the_place_begins() -> None:
    text = (
        f"SỞ CÔNG THƯƠNG {MOTTO}\nPHÒNG KHO {CREED}\n"
        f"Số: 12/PK-VP Hà Linh, ngày 05 tháng 01 năm 2034\nV/v kiểm kê\n\nKính gửi: Sở\n"
    )
    found = recognise(text_of(text))
    assert found.value("number_symbol") == "12/PK-VP"
    assert found.value("issue_date") == "2034-01-05"


def test_a_number_line_broken_by_a_table_is_put_together() -> None:
    text = head("@").replace("Số: @", "Số:\n80/NQ-CP") + "\nNGHỊ QUYẾT\nVề kho sách\n\nChính phủ thống nhất.\n"
    assert number(text) == "80/NQ-CP"


def test_the_number_below_the_heading_of_a_collection_is_taken() -> None:
    text = (
        "NGHỊ ĐỊNH\nCỦA CHÍNH PHỦ SỐ 37/2034/NĐ-CP NGÀY 09 THÁNG 3 NĂM 2034\n"
        "VỀ KHO SÁCH\n\nCHÍNH PHỦ\n\nCăn cứ Luật Kho sách;\n"
    )
    found = recognise(text_of(text))
    assert found.value("number_symbol") == "37/2034/NĐ-CP"
    assert found.value("issue_date") == "2034-03-09"
    assert found.value("subject") == "VỀ KHO SÁCH"


def test_a_blank_number_keeps_its_symbol_for_the_type() -> None:
    text = f"{head('    /QĐ-SCT')}\nVề việc kiểm kê kho\n\nCăn cứ Luật Kho sách;\n"
    found = recognise(text_of(text))
    assert found.doc_type == "QĐ"
    assert found.fields["doc_type"].confidence >= LINE
