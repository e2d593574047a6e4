"""The cells of tables come over the wall whole, and only as far as the limits go."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator

import pytest

from mailhub.files.cells import read_cells
from mailhub.files.facts import CellRows, Limits, Unreadable
from mailhub.sandbox.errors import BadAnswer
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.sandbox.wire import cells_line, read_line
from tests.support.inspector import needs_sandbox
from tests.support.office import cell, open_document, xlsx, zipped

NAMES = 'STT;Họ và tên;Đơn vị\r\n1;Nguyễn Văn An;"Phòng A;\nB"\r\n'


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    needs_sandbox()
    with LocalPool() as opened:
        yield opened


def given(data: bytes) -> FileBytes:
    return FileBytes("ds", "", data, hashlib.sha256(data).hexdigest())


def read(data: bytes) -> list[CellRows]:
    return list(read_cells(memoryview(data)))


def all_rows(pieces: list[CellRows]) -> list[tuple[str, ...]]:
    return [row for piece in pieces for row in piece.rows]


def test_a_large_list_comes_over_the_wall_as_it_is(inspector: Inspector) -> None:
    rows = "".join(
        f"<row r='{n}'>" + "".join(cell(f"{chr(65 + c)}{n}", f"ô {n} {c}") for c in range(20)) + "</row>"
        for n in range(1, 25_001)
    )
    pieces = asyncio.run(inspector.cells(given(xlsx({"DS": rows})), Limits(seconds=120), timeout=240))
    found = all_rows(pieces)
    assert len(found) == 25_000
    assert found[-1][19] == "ô 25000 19"
    assert {piece.sheet for piece in pieces} == {"DS"}
    assert pieces[-1].first + len(pieces[-1].rows) - 1 == 25_000


def test_a_file_that_is_no_table_says_so(inspector: Inspector) -> None:
    (piece,) = asyncio.run(inspector.cells(given(b"%PDF-1.7\n"), Limits(), timeout=60))
    assert piece.unreadable is Unreadable.UNSUPPORTED


@pytest.mark.unit
@pytest.mark.parametrize(
    "data",
    [
        NAMES.encode(),
        NAMES.encode("utf-8-sig"),
        b"\xff\xfe" + NAMES.encode("utf-16-le"),
        NAMES.replace(";", "\t").replace("A\t", "A;").encode(),
        NAMES.replace(";", ",").replace("A,", "A;").encode(),
        ("sep=;\n" + NAMES).encode(),
    ],
)
def test_text_tables_in_any_dress(data: bytes) -> None:
    assert [row for row in all_rows(read(data)) if row] == [
        ("STT", "Họ và tên", "Đơn vị"),
        ("1", "Nguyễn Văn An", "Phòng A;\nB"),
    ]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "unit", "codec"),
    [("NguyÔn V¨n Hßa", "Phßng Néi vô", "cp1252"), ("Nguyeãn Vaên Hoøa", "Phoøng Noäi vuï", "cp1252")],
)
def test_old_fonts_become_unicode_beside_headers_that_are(name: str, unit: str, codec: str) -> None:
    whole = f"TT,{name},{unit}\n2,{name},{unit}\n".encode(codec)
    assert all_rows(read(whole))[0] == ("TT", "Nguyễn Văn Hòa", "Phòng Nội vụ")
    rows = f"<row r='1'>{cell('A1', 'Tên')}{cell('B1', 'Họ và tên')}</row>"
    rows += f"<row r='2'>{cell('A2', unit)}{cell('B2', name)}</row>"
    assert all_rows(read(xlsx({"DS": rows}))) == [("Tên", "Họ và tên"), ("Phòng Nội vụ", "Nguyễn Văn Hòa")]


@pytest.mark.unit
def test_merged_cells_hold_their_text_each_and_rows_count_as_in_excel() -> None:
    rows = f"<row r='3'>{cell('B3', 'Ngày sinh')}{cell('D3', 'Chức vụ')}</row><row r='4'>{cell('B4', 'Nam')}</row>"
    book = xlsx({"DS": rows})
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    (name,) = [one for one in parts if "worksheets/" in one and one.endswith(".xml")]
    text = parts[name]
    assert isinstance(text, bytes)
    parts[name] = text.replace(
        b"</sheetData>", b"</sheetData><mergeCells><mergeCell ref='B3:C3'/><mergeCell ref='D3:D4'/></mergeCells>"
    )
    assert all_rows(read(zipped(parts)))[2:] == [
        ("", "Ngày sinh", "Ngày sinh", "Chức vụ"),
        ("", "Nam", "", "Chức vụ"),
    ]


@pytest.mark.unit
def test_open_document_sheets_are_read() -> None:
    body = (
        "<table:table table:name='DS'><table:table-row>"
        "<table:table-cell office:value-type='string'><text:p>Họ tên</text:p></table:table-cell>"
        "<table:table-cell office:value-type='float' office:value='12'><text:p>12</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    book = open_document(body, kind="spreadsheet", more={"META-INF/manifest.xml": manifest})
    assert all_rows(read(book)) == [("Họ tên", "12")]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Unreadable.EMPTY),
        (xlsx({"x": f"<row r='1'>{cell('A1', 'a')}</row><row r='1048576'>{cell('XFD1048576', 'b')}</row>"}),
         Unreadable.TOO_LARGE),
        (b"a,b\n" * 70_000, Unreadable.TOO_LARGE),
        (b"a,\"" + b"x" * 300_000, Unreadable.DAMAGED),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_fact(data: bytes, why: Unreadable) -> None:
    assert read(data)[-1].unreadable is why


@pytest.mark.unit
def test_what_comes_over_the_wall_is_checked() -> None:
    told = CellRows("DS", 3, (("a\x00b", "\u202ex"),))
    line = read_line(cells_line(told).rstrip())
    assert line.cells is not None
    assert line.cells.rows == (("a\ufffdb", "\ufffdx"),)
    for wrong in (b'{"cells": {"first": 0}}', b'{"cells": {"rows": "x"}}', b'{"cells": {"rows": [[1]]}}'):
        with pytest.raises(BadAnswer):
            read_line(wrong)
