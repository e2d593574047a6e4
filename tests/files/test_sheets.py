"""Excel sheets are read row by row, as far as the limits go."""

from __future__ import annotations

import struct
import time

import pytest

from mailhub.files.facts import Limits, Unreadable
from mailhub.files.sheets import read_sheets
from tests.support.office import cell, xlsx, zipped
from tests.support.ole import compound

pytestmark = pytest.mark.unit


def test_sheets_have_their_name_and_rows_are_lines() -> None:
    rows = f"<row r='1'>{cell('A1', 'UBND TỈNH A')}{cell('D1', 'CỘNG HÒA')}</row>"
    rows += f"<row r='3'>{cell('A3', 'STT')}{cell('B3', 'Họ tên')}{cell('C3', 'Đơn vị')}<c r='D3'><v>12</v></c></row>"
    reading = read_sheets(memoryview(xlsx({"Danh sách": rows})), Limits())
    assert reading.unreadable is None
    assert [line.text for line in reading.text.lines] == [
        "Danh sách",
        "UBND TỈNH A",
        "CỘNG HÒA",
        "STT\tHọ tên\tĐơn vị\t12",
    ]


def test_two_cells_a_world_apart_do_not_fill_the_memory() -> None:
    rows = f"<row r='1'>{cell('A1', 'a')}</row><row r='1048576'>{cell('XFD1048576', 'b')}</row>"
    assert read_sheets(memoryview(xlsx({"x": rows})), Limits()).unreadable is Unreadable.TOO_LARGE


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def xls(*cells: tuple[int, int, str]) -> bytes:
    """A BIFF8 book of one sheet with texts at (row, column)."""
    start = struct.pack("<HHHHII", 0x0600, 0, 0, 0, 0, 0)
    name = b"Trang"
    body = b"".join(
        record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
        for row, column, text in cells
    )
    book_size = (
        len(record(0x0809, start)) + len(record(0x0085, struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name)) + 4
    )
    sheet = record(0x0085, struct.pack("<IBBBB", book_size, 0, 0, len(name), 0) + name)
    book = record(0x0809, start) + sheet + record(0x000A, b"")
    begin = struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)
    return compound({"Workbook": book + record(0x0809, begin) + body + record(0x000A, b"")})


def test_old_excel_files_are_read_as_well() -> None:
    reading = read_sheets(memoryview(xls((0, 0, "UBND TỈNH A"), (0, 3, "CỘNG HÒA"))), Limits())
    assert [line.text for line in reading.text.lines] == ["Trang", "UBND TỈNH A", "CỘNG HÒA"]


def test_cells_of_old_files_a_world_apart_do_not_fill_the_memory() -> None:
    data = xls((0, 0, "a"), (65_535, 255, "b"))
    assert read_sheets(memoryview(data), Limits()).unreadable is Unreadable.TOO_LARGE


def test_a_huge_part_is_not_unpacked() -> None:
    assert read_sheets(memoryview(xlsx({"x": " " * (25 * 2**20)})), Limits()).unreadable is Unreadable.TOO_LARGE


def test_many_rows_end_at_the_limit_and_say_so() -> None:
    rows = "".join(f"<row r='{i}'>{cell(f'A{i}', 'mười chữ cái')}</row>" for i in range(1, 3_000))
    start = time.process_time()
    reading = read_sheets(memoryview(xlsx({"x": rows})), Limits(text_characters=1_000))
    assert len(reading.text.plain) <= 1_000
    assert not reading.text.complete
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), zipped({"xl/workbook.xml": "<x"})]
)
def test_what_is_no_sheet_is_damaged(data: bytes) -> None:
    assert read_sheets(memoryview(data), Limits()).unreadable is Unreadable.DAMAGED
