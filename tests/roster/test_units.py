"""Units are found by the words that lists use for them."""

from __future__ import annotations

import pytest

from mailhub.accounts.tree import find_agency
from mailhub.roster.entries import Entry
from mailhub.roster.findings import Finding
from mailhub.roster.present import take_snapshot
from mailhub.roster.units import Unit, Units, units_of
from mailhub.store.database import Database

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


def test_an_agency_elsewhere_is_told_to_be_outside_the_list() -> None:
    every = [Unit(id=n, code=code, name=name, parent_id=above) for n, code, name, above in TREE]
    own = units_of(2, every[1:3], [*every[:1], *every[3:]])
    assert "ngoài phạm vi danh sách của snv" in str(found(own, unit="Sở Y tế"))
    assert "ngoài phạm vi danh sách của snv" in str(found(own, unit="UBND xã Tân Phú"))
    assert "ngoài phạm vi danh sách của snv" in str(found(own, code="SYT"))
    assert "chưa có đơn vị" in str(found(own, unit="Phòng Kinh tế"))  # several elsewhere: none of them is meant
    assert "chưa có đơn vị" in str(found(own, unit="Sở Tài chính"))
    assert "không có đơn vị nào có mã" in str(found(own, code="Sở Y tế"))


def test_an_agency_of_which_the_actor_may_not_know_is_not_told_to_be_there(sqlite_province: Database) -> None:
    with sqlite_province.read() as connection:
        scope = frozenset({find_agency(connection, "snv")})
        hidden = frozenset({find_agency(connection, "syt")})
        for seen, words in ((frozenset[int](), "ngoài phạm vi danh sách của snv"), (hidden, "chưa có đơn vị")):
            units = take_snapshot(connection, next(iter(scope)), scope, seen, 0).units
            assert words in str(found(units, unit="Sở Y tế"))
