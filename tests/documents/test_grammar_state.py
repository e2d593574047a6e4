"""Whether a document was issued or is a draft."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.recognise import Witness
from mailhub.documents.grammar.recognition import Evidence, Found, State
from mailhub.documents.grammar.signer import read_signer
from mailhub.documents.grammar.state import read_state
from mailhub.text.lines import Source, text_of

pytestmark = pytest.mark.unit

NUMBER = Found("45/KH-SNV", 0.95, Evidence("test"))
DATE = Found("2026-03-05", 0.95, Evidence("test"))


def paper(*, number: str = "45/KH-SNV", day: str = "05", above: str = "", subject: str = "Tổ chức hội nghị") -> str:
    return f"""{above}UBND TỈNH LAM SƠN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ                       Độc lập - Tự do - Hạnh phúc
Số: {number}                   Lam Sơn, ngày {day} tháng 3 năm 2026
KẾ HOẠCH
{subject}
Căn cứ chương trình công tác, Sở Nội vụ ban hành kế hoạch.
Nơi nhận:
- Lưu: VT.
GIÁM ĐỐC
Trần Văn Bách
"""


def state_of(
    plain: str, number: Found | None = None, date: Found | None = None, *, image: bool = False, file_name: str = ""
) -> tuple[State, str]:
    page = lay_out(text_of(plain, source=Source.OCR if image else Source.TEXT))
    state, evidence = read_state(page, number, date, read_signer(page), Witness(file_name=file_name))
    return state, evidence.rule


def test_number_and_date_make_an_issued_document() -> None:
    assert state_of(paper(), NUMBER, DATE) == (State.ISSUED, "có số và ngày")


def test_number_and_signer_make_one_when_the_day_was_stamped_over() -> None:
    assert state_of(paper(), NUMBER, None) == (State.ISSUED, "có số và người ký")


@pytest.mark.parametrize(
    "said",
    ["DỰ THẢO", "Dự thảo", "(Dự thảo lần 2)", "DỰ THẢO 3", "DỰ THẢO LẦN THỨ II", "Dự thảo 12/3/2026", "DT lần 2"],
)
def test_a_document_that_says_it_is_a_draft_is_one(said: str) -> None:
    assert state_of(paper(number="     /KH-SNV", above=f"{said}\n")) == (State.DRAFT, "ghi chữ dự thảo")


@pytest.mark.parametrize("number", ["      /KH-SNV", "……/KH-SNV", ".../2026/QĐ-SNV", "____/KH-SNV"])
def test_a_blank_number_in_typed_text_makes_a_draft(number: str) -> None:
    assert state_of(paper(number=number, day="    ")) == (State.DRAFT, "số để trống")


def test_a_blank_number_on_a_scan_is_handwriting_that_was_not_read() -> None:
    assert state_of(paper(number="     /KH-SNV", day="   "), image=True)[0] is State.UNKNOWN


def test_a_blank_number_beside_a_digital_signature_was_stamped_in() -> None:
    plain = paper(number="     /KH-SNV", above="Ký bởi: Sở Nội vụ\nThời gian ký: 05/03/2026 08:00:00 +07:00\n")
    assert state_of(plain)[0] is State.UNKNOWN


@pytest.mark.parametrize(
    "subject", ["Góp ý dự thảo Luật", "Lấy ý kiến về dự thảo\nNghị định", "Hoàn thiện dự thảo lần 2"]
)
def test_a_document_about_a_draft_is_none(subject: str) -> None:
    assert state_of(paper(subject=subject), NUMBER, DATE)[0] is State.ISSUED
    assert state_of(paper(subject=subject), NUMBER, None)[0] is State.ISSUED


def test_a_draft_mark_left_on_an_issued_document_does_not_undo_it() -> None:
    assert state_of(paper(above="DỰ THẢO\n"), NUMBER, DATE)[0] is State.ISSUED


@pytest.mark.parametrize(
    "name", ["Du thao ke hoach.docx", "Dự thảo QĐ.doc", "DT lan 2 bao cao.docx", "KH_du-thao_v3.docx"]
)
def test_a_file_name_speaks_only_where_the_paper_has_no_number(name: str) -> None:
    plain = paper().replace("Số: 45/KH-SNV", "")
    assert state_of(plain, file_name=name) == (State.DRAFT, "tên tệp")
    assert state_of(paper(), NUMBER, DATE, file_name=name)[0] is State.ISSUED


def test_a_paper_without_signs_of_either_is_unknown() -> None:
    assert state_of("Danh sách đại biểu\n1. Đại biểu A\n2. Đại biểu B") == (State.UNKNOWN, "chưa đủ dấu hiệu")


@pytest.mark.parametrize("unit", ["Số: ", "Dự thảo ", "ngày ...", "Số: ….….", "( "])
def test_a_megabyte_of_anything_is_read_in_a_second(unit: str) -> None:
    page = lay_out(text_of(unit * (1_000_000 // len(unit))))
    begun = time.process_time()
    read_state(page, None, None, None, Witness(unit * 100_000))
    assert time.process_time() - begun < 3
