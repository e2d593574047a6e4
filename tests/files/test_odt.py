"""OpenDocument letters and sheets are read as a person reads them."""

from __future__ import annotations

import time

import pytest

from mailhub.files.facts import Limits, Unreadable
from mailhub.files.odt import read_ods, read_odt
from tests.support.office import open_document, styles_odt

pytestmark = pytest.mark.unit


def lines(body: str, **more: str) -> list[str]:
    parts: dict[str, str | bytes] = {f"{name}.xml": text for name, text in more.items()}
    reading = read_odt(memoryview(open_document(body, more=parts)), Limits())
    assert reading.unreadable is None
    return [line.text for line in reading.text.lines if line.text]


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def row(*cells: str) -> str:
    return (
        "<table:table-row>" + "".join(f"<table:table-cell>{c}</table:table-cell>" for c in cells) + "</table:table-row>"
    )


def test_cells_of_the_head_never_share_a_line() -> None:
    rows = row(p("UBND TỈNH A") + p("SỞ MẪU"), p("CỘNG HÒA")) + row(p("Số: 1"), p("A, ngày 2"))
    found = lines(f"<table:table>{rows}</table:table><text:h>BÁO CÁO</text:h>")
    assert found == ["UBND TỈNH A", "SỞ MẪU", "CỘNG HÒA", "Số: 1", "A, ngày 2", "BÁO CÁO"]


def test_blanks_tabs_and_breaks_are_what_they_look_like() -> None:
    assert lines(p("a<text:s text:c='3'/>b<text:line-break/><text:span>c<text:tab/>d</text:span> e")) == [
        "a   b",
        "c\td e",
    ]


def test_columns_built_with_tabs_are_taken_apart() -> None:
    assert lines(p("UBND TỈNH A<text:tab/>CỘNG HÒA") + p("SỞ MẪU<text:tab/>Độc lập")) == [
        "UBND TỈNH A",
        "SỞ MẪU",
        "CỘNG HÒA",
        "Độc lập",
    ]


def test_deleted_words_and_remarks_are_gone() -> None:
    gone = f"<text:tracked-changes><text:changed-region>{p('cũ')}</text:changed-region></text:tracked-changes>"
    assert lines(gone + p("mới<office:annotation><text:p>lời bàn</text:p></office:annotation>")) == ["mới"]


def test_boxes_and_notes_follow_their_paragraph_and_the_text() -> None:
    box = f"<draw:frame><draw:text-box>{p('HỎA TỐC')}</draw:text-box></draw:frame>"
    note = (
        f"<text:note><text:note-citation>1</text:note-citation><text:note-body>{p('chú')}</text:note-body></text:note>"
    )
    assert lines(p(f"QUYẾT ĐỊNH{box}{note}") + p("hai")) == ["QUYẾT ĐỊNH", "HỎA TỐC", "hai", "chú"]


def test_page_headers_come_last() -> None:
    assert lines(p("BÁO CÁO"), styles=styles_odt(p("Mẫu in"))) == ["BÁO CÁO", "Mẫu in"]
    assert lines(p("BÁO CÁO"), styles=styles_odt(p("HỎA TỐC"))) == ["HỎA TỐC", "BÁO CÁO"]


def test_an_encrypted_manifest_is_told() -> None:
    data = open_document(p("x"), more={"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"})
    assert read_odt(memoryview(data), Limits()).unreadable is Unreadable.ENCRYPTED


def test_rows_of_sheets_are_lines_and_heads_are_not_joined() -> None:
    rows = row(p("UBND TỈNH A"), p("CỘNG HÒA")) + row(p("1"), p("hai"), p("ba"))
    sheet = f"<table:table table:name='Danh sách'>{rows}</table:table>"
    reading = read_ods(memoryview(open_document(sheet, kind="spreadsheet")), Limits())
    assert [line.text for line in reading.text.lines] == ["Danh sách", "UBND TỈNH A", "CỘNG HÒA", "1\thai\tba"]


def test_repeated_cells_are_not_multiplied() -> None:
    wide = (
        "<table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'>"
    )
    sheet = f"<table:table>{wide}{p('x')}</table:table-cell></table:table-row></table:table>"
    assert len(read_ods(memoryview(open_document(sheet, kind="spreadsheet")), Limits()).text.lines) == 1


@pytest.mark.parametrize(
    "body",
    [
        "<text:span>" * 2_000 + "x" + "</text:span>" * 2_000,
        p("<text:s text:c='999999999'/>x" * 10_000),
        "<table:table>" * 1_500 + "</table:table>" * 1_500,
        "<text:p/>" * 100_000,
    ],
    ids=("spans", "blanks", "tables", "paragraphs"),
)
def test_hostile_content_ends_in_time(body: str) -> None:
    start = time.process_time()
    reading = read_odt(memoryview(open_document(body)), Limits())
    assert len(reading.text.plain) <= Limits().text_characters
    assert time.process_time() - start < 3


@pytest.mark.parametrize("size", [0, 30, 100, 300])
def test_a_cut_file_is_damaged(size: int) -> None:
    assert read_odt(memoryview(open_document(p("x"))[:size]), Limits()).unreadable is Unreadable.DAMAGED
