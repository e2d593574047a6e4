"""Rows, columns and the parts of a page; what hostile text costs."""

from __future__ import annotations

import time

import pytest

from mailhub.documents.grammar.explanations import EXPLANATIONS, explain
from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.rows import motto_span, rows_of
from mailhub.text.lines import text_of
from tests.support.letterhead import CREED, MOTTO, head, letter, named

pytestmark = pytest.mark.unit

MEGABYTE = 1_000_000
HOSTILE = {
    "one letter": "a" * MEGABYTE,
    "blanks": " " * MEGABYTE,
    "number again and again": "Số: " * (MEGABYTE // 4),
    "numbers begun": "Số: \n" * 30_000,
    "dates": "ngày tháng năm " * (MEGABYTE // 15),
    "short lines": "a\n" * 50_000,
    "headings": "QUYẾT ĐỊNH\n" * 30_000,
    "agencies": "SỞ Y TẾ\n" * 30_000,
    "mottos": (MOTTO + "\n") * 8_000,
    "motto in one line": MOTTO * 28_000,
    "bars": "|" * MEGABYTE,
    "columns": "a    " * 200_000,
    "slashes": "Số: " + "/" * MEGABYTE,
    "endless number": f"{MOTTO}\nSố: " + "1" * 500_000 + "/" + "A-" * 250_000,
    "marks": "a\u0301\u0302\u0303" * 250_000,
    "subject": f"{head('1/QĐ-SCT')}QUYẾT ĐỊNH\n" + "về (\n" * 40_000,
    "v v": "V/v a\n" * 30_000,
    "annexes": "(kèm theo\n" * 30_000,
    "form feeds": "\f" * 50_000,
    "letters apart": "Q U Y " * 160_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little_and_raises_nothing(name: str) -> None:
    text = text_of(HOSTILE[name])
    began = time.process_time()
    recognise(text)
    assert time.process_time() - began < 3


def test_a_letter_costs_milliseconds() -> None:
    text = text_of(letter("12/SCT-VP") + "Nội dung của văn bản được viết tiếp ở đây cho đủ hai trang giấy.\n" * 60)
    recognise(text)
    began = time.process_time()
    for _ in range(20):
        recognise(text)
    assert (time.process_time() - began) / 20 < 0.02


def test_columns_on_one_line_become_rows() -> None:
    texts = [row.text for row in rows_of(text_of(f"UBND TỈNH HÀ LINH      {MOTTO}\nSỞ Y TẾ\t{CREED}\n|A   |B |"))]
    assert texts == ["UBND TỈNH HÀ LINH", MOTTO, "SỞ Y TẾ", CREED, "A", "B"]


def test_blanks_left_for_a_pen_are_no_columns() -> None:
    texts = [row.text for row in rows_of(text_of("Số:          /KH-UBND\nHà Linh, ngày        tháng 3 năm 2034"))]
    assert texts == ["Số: /KH-UBND", "Hà Linh, ngày tháng 3 năm 2034"]


def test_a_sentence_that_names_the_state_is_not_split() -> None:
    line = "Theo Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam"
    assert [row.text for row in rows_of(text_of(line))] == [line]


def test_rules_are_no_rows_and_leave_a_gap() -> None:
    rows = rows_of(text_of("A b\n-------\nC d\nE f\n\n* * *\nG h"))
    assert [(row.text, row.gap) for row in rows] == [("A b", False), ("C d", True), ("E f", False), ("G h", True)]


def test_the_motto_is_found_with_its_end() -> None:
    line = f"XÃ CỘNG HÒA {MOTTO} A"
    begin, end = motto_span(line)
    assert line[begin:end] == MOTTO


def test_the_parts_of_a_page_follow_each_other() -> None:
    page = lay_out(
        text_of("Tải văn bản\nkho@halinh.gov.vn\n\n" + named("12/QĐ-SCT", "QUYẾT ĐỊNH") + f"\nPHỤ LỤC\n{MOTTO}\nBảng\n")
    )
    assert page.before[-1].text == "kho@halinh.gov.vn"
    assert page.head[0].text == "UBND TỈNH HÀ LINH"
    assert page.rows[page.title].text == "QUYẾT ĐỊNH"
    assert page.middle[0].text.startswith("Căn cứ")
    assert page.tail[0].text == "Nơi nhận:"
    assert page.tail[-1].text == "Trần Văn Mẫu"
    assert page.after[0].text == "PHỤ LỤC"


def test_a_second_document_in_the_file_is_behind_the_first() -> None:
    page = lay_out(text_of(letter("12/SCT-VP") + named("99/QĐ-XYZ", "QUYẾT ĐỊNH", agencies="BỘ MẪU")))
    assert page.after[0].text == "BỘ MẪU"
    assert recognise(text_of("\n".join(row.text for row in page.rows))).value("number_symbol") == "12/SCT-VP"


def test_long_documents_are_read_at_both_ends() -> None:
    body = "Nội dung.\n" * 20_000
    found = recognise(text_of(named("12/QĐ-SCT", "QUYẾT ĐỊNH").replace("Điều 1.", body + "Điều 1.")))
    assert found.doc_type == "QĐ"
    assert found.value("signer") == "Trần Văn Mẫu"


@pytest.mark.parametrize(
    "text", [named("12/QĐ-SCT", "QUYẾT ĐỊNH"), letter("12/SCT-VP"), letter("12/SCT-VP", "Về kho"), "Tin tức"]
)
def test_every_rule_of_the_head_has_words_for_people(text: str) -> None:
    found = recognise(text_of(text))
    for name in ("doc_type", "number_symbol", "issue_date", "issuer", "parent_issuer", "subject"):
        if name in found.fields:
            assert found.fields[name].evidence.rule in EXPLANATIONS
    assert explain("heading_whole_line").startswith("cả dòng")
    assert explain("khối chữ ký") == "khối chữ ký"
