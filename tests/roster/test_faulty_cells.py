"""Cells that only look like a name or an identifier: formulas, signs, too few digits."""

from __future__ import annotations

import pytest

from mailhub.files.cells import read_cells
from mailhub.roster.source import sheets_of
from mailhub.roster.table import read_table
from tests.roster.test_reading import GIVEN, one, read
from tests.support.office import cell, xlsx

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text", ["=CONCATENATE(A1,B1)", "=Nguyễn", "'=Nguyễn", "+Nguyễn", "@Nguyễn", "-CMD|' /C x'!A0"]
)
def test_what_excel_would_compute_is_no_name(text: str) -> None:
    (entry,) = read(["STT", "Họ và tên", "Chức vụ"], ["1", text, "Chuyên viên"]).entries
    assert entry.is_wrong
    assert entry.name == ""
    assert "là công thức, không phải họ và tên" in str(entry.findings[0])


@pytest.mark.parametrize("text", ["Nguyễn Văn An 2", "Nguyễn Văn An?", "#NAME?", "Nguyễn_An", "12345"])
def test_a_name_with_digits_or_signs_is_wrong(text: str) -> None:
    (entry,) = read(["STT", "Họ và tên", "Chức vụ"], ["1", text, "Chuyên viên"]).entries
    assert entry.is_wrong


def test_a_formula_that_nobody_computed_is_a_name_that_is_missing() -> None:
    labels = "".join(
        cell(place, text) for place, text in (("A1", "STT"), ("B1", "Họ đệm"), ("C1", "Tên"), ("D1", "Chức vụ"))
    )
    rows = f"<row r='1'>{labels}</row>"
    formula = "<f>CONCATENATE(&quot;Ha&quot;,&quot;ck&quot;)</f>"
    for line, (family, given) in enumerate(((formula, ""), (formula + "<v></v>", ""), ("", formula)), 2):
        halves = "".join(
            f"<c r='{column}{line}'>{what}</c>" if what else cell(f"{column}{line}", "An")
            for column, what in (("B", family), ("C", given))
        )
        rows += f"<row r='{line}'><c r='A{line}'><v>{line}</v></c>{halves}{cell(f'D{line}', 'Chuyên viên')}</row>"
    entries = read_table(sheets_of(read_cells(memoryview(xlsx({"DS": rows})))), GIVEN).entries
    assert [(entry.is_wrong, entry.name) for entry in entries] == [(True, "")] * 3
    assert "thiếu họ của “An”" in str(entries[0].findings[0])
    assert "thiếu tên của “An”" in str(entries[2].findings[0])
    assert "nếu ô là công thức" in str(entries[0].findings[0])


@pytest.mark.parametrize("text", ["9750000012", "1234567890", "98900000123", "0123456789"])
def test_too_few_digits_are_told_before_the_province(text: str) -> None:
    entry = one("Số CCCD", text)
    assert entry.identifier == ""
    assert f"chỉ có {len(text)} chữ số, cần 12 (hoặc 9 đối với CMND)" in str(entry.findings[0])


def test_zeros_that_excel_lost_are_still_put_back() -> None:
    assert one("Số CCCD", "1075000001").identifier == "001075000001"
    assert one("Số CCCD", "10085000001").identifier == "010085000001"


def test_a_name_of_one_word_is_remarked() -> None:
    (entry,) = read(["STT", "Họ và tên", "Chức vụ"], ["1", "Hack", "Chuyên viên"]).entries
    assert not entry.is_wrong
    assert "chỉ có một chữ “Hack”" in str(entry.findings[0])
