"""Units are found by the words that lists use for them."""

from __future__ import annotations

import pytest

from mailhub.roster.entries import Entry
from mailhub.roster.findings import Finding
from mailhub.roster.units import Unit, Units, units_of

pytestmark = pytest.mark.unit

TREE = (
    (1, "tinh", "Tỉnh Minh Họa", None),
    (2, "snv", "Sở Nội vụ", 1),
    (3, "snv-vp", "Văn phòng Sở Nội vụ", 2),
    (4, "syt", "Sở Y tế", 1),
    (5, "syt-vp", "Văn phòng", 4),
    (6, "tanphu", "Ủy ban nhân dân xã Tân Phú", 1),
    (7, "tanphu-kt", "Phòng Kinh tế", 6),
    (8, "longhai", "Xã Long Hải", 1),
    (9, "longhai-kt", "Phòng Kinh tế", 8),
)


@pytest.fixture
def units() -> Units:
    return units_of(1, [Unit(id=n, code=code, name=name, parent_id=above) for n, code, name, above in TREE])


def found(units: Units, *sections: str, unit: str = "", code: str = "", sheet: str = "") -> int | str:
    entry = Entry(line=1, name="Nguyễn Văn An", unit=unit, unit_code=code, sections=sections, sheet=sheet)
    answer = units.resolve(entry)
    return str(answer) if isinstance(answer, Finding) else answer


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("Sở Nội vụ", 2),
        ("SỞ NỘI VỤ", 2),
        ("so noi vu", 2),
        ("Văn phòng Sở Nội vụ", 3),
        ("VP Sở Nội vụ", 3),
        ("UBND xã Tân Phú", 6),
        ("Xã Tân Phú", 6),
        ("UBND xã Long Hải", 8),
        ("syt-vp", 5),
    ],
)
def test_names_codes_and_abbreviations_lead_to_the_unit(units: Units, words: str, number: int) -> None:
    assert found(units, unit=words) == number


def test_a_heading_above_tells_which_of_several_is_meant(units: Units) -> None:
    assert found(units, "UBND XÃ TÂN PHÚ", unit="P. Kinh tế") == 7
    assert found(units, "XÃ LONG HẢI", "Phòng Kinh tế") == 9
    assert found(units, "SỞ NỘI VỤ", unit="Văn phòng") == 3
    assert found(units, "SỞ NỘI VỤ", "LÃNH ĐẠO SỞ") == 2
    assert found(units, sheet="Sở Y tế") == 4
    assert found(units, code="TANPHU-KT") == 7


def test_what_is_ambiguous_or_unknown_says_so_and_what_to_do(units: Units) -> None:
    assert "có thể là nhiều đơn vị" in str(found(units, unit="Phòng Kinh tế"))
    assert "có phải “Sở Nội vụ”" in str(found(units, unit="Sở Nội vu1"))
    assert "mã “x”" in str(found(units, code="x"))


def test_no_word_of_a_unit_is_the_lists_own_agency(units: Units) -> None:
    assert found(units) == 1
