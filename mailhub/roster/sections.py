"""Rows that name a unit for the rows below them, and rows that are nobody: totals, signatures. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.text.folding import clean, fold

_MARK = re.compile(
    r"^\s*(?:(?P<roman>[IVXLC]{1,6})|(?P<upper>[A-ZĐ])|(?P<digit>\d{1,3}(?:\.\d{1,3})*)|(?P<lower>[a-zđ]))\s*[.)/:\-–]\s*"
)
_ALONE = re.compile(r"(?P<roman>[IVXLC]{1,6})|(?P<upper>[A-ZĐ])|(?P<digit>\d{1,4}(?:\.\d{1,3})*)|(?P<lower>[a-zđ])")
# With marks: `Tổ 1` is a unit, `Tô Văn An` is not.
_UNIT = re.compile(
    r"(?:sở|ban|phòng|văn phòng|vp|trung tâm|chi cục|cục|ubnd|ủy ban|uỷ ban|hđnd|hội đồng|hội|xã|phường|đặc khu|"
    r"thị trấn|trạm|trường|đội|tổ|đảng ủy|đảng uỷ|tỉnh ủy|tỉnh uỷ|mặt trận|mttq|khối|lãnh đạo|thanh tra|thường trực|"
    r"đơn vị|bộ phận|quỹ|nhà|thư viện|đài|bệnh viện|viện|tt|chi nhánh|hạt)(?!\w)"
)
_NOBODY = re.compile(
    r"(?:tong cong|tong so|tong|cong|cong cong|danh sach nay|nguoi lap|noi nhan|thu truong|kt\.|tm\.|tl\.|q\.|xac nhan|"
    r"ky ten|ghi chu|luu y|ngay \d|\w[\w\s]{2,40}, ngay|an dinh|nguoi tong hop|ke toan)\b.*"
)
_END = re.compile(
    r"(?:nguoi lap|noi nhan|thu truong|kt\.|tm\.|tl\.|xac nhan|ky ten|nguoi tong hop|danh sach (?:nay|gom))\b.*"
)
_LEADERS = re.compile(r"(?:ban )?(?:lanh dao|giam doc|thuong truc|chu tich)\b.*")
_BLOCK = re.compile(r"khoi\b.*|cac (?:phong|don vi|co quan)\b.*|(?:can bo|cong chuc|vien chuc|hop dong)\b.*")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: its words, and how it is numbered, which tells its depth (`roman`, `digit`, … or '')."""

    text: str
    style: str


def read_section(text: str, number: str = "") -> Section:
    """The words of a heading without its number; `number` is what stands in the column of numbers."""
    found = _MARK.match(text)
    if found is not None:
        return Section(text[found.end() :].strip(" :.-–"), found.lastgroup or "")
    alone = _ALONE.fullmatch(number.strip(" .):-"))
    return Section(text.strip(" :.-–"), (alone.lastgroup or "") if alone else "")


def under(stack: tuple[Section, ...], fresh: Section) -> tuple[Section, ...]:
    """The headings that stand once `fresh` has come: those of its own style and what was below them are over."""
    for place, one in enumerate(stack):
        if one.style == fresh.style:
            return (*stack[:place], fresh)
    return (*stack, fresh)


def names_unit(text: str) -> bool:
    """Whether the words begin as a unit's name does."""
    return _UNIT.match(clean(read_section(text).text).lower()) is not None


def is_numbered_heading(number: str) -> bool:
    """Whether the number column holds what numbers headings and not people: I, II, A, B."""
    found = _ALONE.fullmatch(number.strip(" .):-"))
    return found is not None and found.lastgroup in ("roman", "upper")


def is_nobody(text: str) -> bool:
    """Totals, notes, dates and signatures."""
    return _NOBODY.fullmatch(fold(text)) is not None


def ends_table(text: str) -> bool:
    """What stands below the last row of a table: who made it, to whom it goes."""
    return _END.fullmatch(fold(text)) is not None


def is_part_of_unit(text: str) -> bool:
    """`LÃNH ĐẠO SỞ`, `KHỐI CÁC PHÒNG`: a heading that names no unit of its own."""
    words = fold(text)
    return _LEADERS.fullmatch(words) is not None or _BLOCK.fullmatch(words) is not None
