"""The people of a table: one entry a row, as the file says it, read cell by cell. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mailhub.accounts.addresses import split
from mailhub.accounts.models import Employment
from mailhub.roster.columns import Columns, letter
from mailhub.roster.findings import Finding, remark
from mailhub.roster.given_address import GivenAddress, read_address, read_private
from mailhub.roster.headers import Field
from mailhub.roster.values import (
    check_age,
    is_yes,
    read_day,
    read_employment,
    read_halves,
    read_identifier,
    read_name,
    read_phone,
)
from mailhub.text.folding import clean, fold

_TITLES = (
    "truong phong", "pho truong", "truong ban", "truong khoa", "pho phong", "giam doc", "pho giam", "chu tich",
    "pho chu tich", "chuyen vien", "nhan vien", "van thu", "ke toan", "can su", "bi thu", "pho bi thu", "chanh ",
    "pho chanh", "cong chuc", "vien chuc", "lai xe", "thanh tra vien", "thu quy", "tp.", "ptp", "pgd",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person of the file. `line` is the row as Excel counts; `sections` the headings above it.

    `identifier` is the number itself: it stays in memory, only its digest is kept.
    """

    line: int
    sheet: str = ""
    name: str = ""
    title: str = ""
    unit: str = ""
    unit_code: str = ""
    sections: tuple[str, ...] = ()
    birth: date | None = None
    birth_year: int | None = None
    identifier: str = field(default="", repr=False)
    address: str = ""
    recovery: str = field(default="", repr=False)
    phone: str = ""
    employment: Employment = Employment.UNKNOWN
    ends_on: date | None = None
    former: str = ""  # the address in the domain that joins
    kind: str = ""
    findings: tuple[Finding, ...] = ()
    cells: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_wrong(self) -> bool:
        return any(one.fault for one in self.findings)

    def with_findings(self, *more: Finding) -> Entry:
        return replace(self, findings=(*self.findings, *more))


@dataclass(frozen=True, slots=True)
class Given:
    """What the readers of cells need to know of the province."""

    own_domains: Collection[str]
    today: date
    former_domain: str = ""  # of a map: the domain that joins


def read_entry(
    row: Sequence[str], line: int, sheet: str, columns: Columns, sections: tuple[str, ...], given: Given
) -> Entry:
    """The person of one row, every cell of it read."""
    cells = _Cells(row, columns)
    name = cells.name()
    title = " ".join(clean(cells.text(Field.TITLE)).split())[:200]
    unit, title = cells.unit(title)
    birth, year = cells.birth(given.today)
    ends_on, _, notes = read_day(columns.text(row, Field.ENDS))
    cells.say(Field.ENDS, notes, year_is_fault=True)
    identifier, notes = read_identifier(columns.text(row, Field.IDENTIFIER))
    cells.say(Field.IDENTIFIER, notes)
    phone, notes = read_phone(columns.text(row, Field.PHONE))
    cells.say(Field.PHONE, notes)
    employment, notes = read_employment(columns.text(row, Field.EMPLOYMENT))
    cells.say(Field.EMPLOYMENT, notes)
    address = cells.address(given.own_domains)
    return Entry(
        line=line,
        sheet=sheet,
        name=name,
        title=title,
        unit=unit,
        unit_code=columns.text(row, Field.UNIT_CODE).strip(),
        sections=sections,
        birth=birth,
        birth_year=year,
        identifier=identifier,
        address=address.official,
        recovery=cells.recovery(address.private, given.own_domains),
        phone=phone,
        employment=employment,
        ends_on=ends_on,
        former=cells.former(given.former_domain),
        kind=columns.text(row, Field.KIND).strip(),
        findings=tuple(cells.findings),
        cells=tuple(row),
    )


class _Cells:
    """One row under its header; collects what there is to say about its cells."""

    def __init__(self, row: Sequence[str], columns: Columns) -> None:
        self._row, self._columns = row, columns
        self.findings: list[Finding] = []

    def text(self, wanted: Field) -> str:
        return self._columns.text(self._row, wanted)

    def say(self, wanted: Field, notes: Iterable[Finding], *, year_is_fault: bool = False) -> None:
        """Keep what was found in the field's column."""
        place = self._columns.spot(self._row, wanted)
        for one in notes:
            if place is not None:
                one = replace(one, column=letter(place), label=self._columns.labels.get(place, ""))
            if year_is_fault and not one.fault and one.what.startswith("chỉ có"):
                one = replace(one, fault=True, todo="ghi đủ ngày/tháng/năm")
            self.findings.append(one)

    def name(self) -> str:
        halves = Field.FAMILY in self._columns.places
        if halves:
            name, notes = read_halves(self.text(Field.FAMILY), self.text(Field.GIVEN))
        else:
            name, notes = read_name(self.text(Field.NAME))
        self.say(Field.FAMILY if halves else Field.NAME, notes)
        return name

    def unit(self, title: str) -> tuple[str, str]:
        """The unit's words, and the title: some lists have it in the unit's column."""
        unit = " ".join(clean(self._columns.all_text(self._row, Field.UNIT)).split())[:300]
        if unit and fold(unit).startswith(_TITLES) and not _names_office(unit):
            note = remark(f"“{unit}” là chức vụ, không phải đơn vị; đã hiểu là chức vụ")
            self.say(Field.UNIT, [note])
            return "", title or unit[:200]
        return unit, title

    def birth(self, today: date) -> tuple[date | None, int | None]:
        day, year, notes = read_day(self.text(Field.BIRTH))
        self.say(Field.BIRTH, [*notes, *check_age(day, year, today)])
        return day, year

    def address(self, own_domains: Collection[str]) -> GivenAddress:
        found = read_address(self.text(Field.ADDRESS), own_domains)
        self.say(Field.ADDRESS, found.findings)
        if not self.text(Field.ADDRESS) and Field.ADDRESS in self._columns.places:
            self._look_beside()
        return found

    def former(self, domain: str) -> str:
        """The address in the domain that joins; a map has one in each row."""
        if not domain:
            return ""
        text = self.text(Field.FORMER)
        found = read_address(text, {domain, split(clean(text).strip())[1].lower()})
        self.say(Field.FORMER, found.findings)
        if any(one.fault for one in found.findings):
            return ""
        if not found.official:
            self.say(Field.FORMER, [Finding("thiếu địa chỉ cũ", f"ghi địa chỉ ở {domain}")])
        elif split(found.official)[1] != domain:
            self.say(Field.FORMER, [Finding(f"{found.official} không thuộc tên miền {domain}", "kiểm tra địa chỉ cũ")])
        return found.official

    def _look_beside(self) -> None:
        """An address in a column that is none's: the cells of this row have slipped."""
        known = {Field.ADDRESS, Field.FORMER, Field.PRIVATE, Field.NOTE, Field.NONE}
        places = [(one, place) for one, where in self._columns.places.items() if one not in known for place in where]
        for one, place in places:
            if place < len(self._row) and "@" in self._row[place]:
                what = f"có địa chỉ thư “{self._row[place][:60]}” ở cột này"
                self.say(one, [Finding(what, "các ô của dòng có thể bị lệch cột: đưa về đúng cột")])

    def recovery(self, private: str, own_domains: Collection[str]) -> str:
        """A private address, kept only where the list says that the person agreed."""
        own, notes = read_private(self.text(Field.PRIVATE), own_domains)
        self.say(Field.PRIVATE, notes)
        found = own or private
        if found and not is_yes(self.text(Field.CONSENT)):
            column = Field.PRIVATE if own else Field.ADDRESS
            todo = "muốn dùng để khôi phục mật khẩu: thêm cột “Đồng ý” và ghi x sau khi người đó đồng ý"
            self.say(column, [remark("không lưu địa chỉ riêng vì chưa có sự đồng ý", todo)])
            return ""
        return found


def _names_office(unit: str) -> bool:
    """`Thanh tra …`, `Văn thư – Lưu trữ`: units whose names begin like a post."""
    return fold(unit).startswith(("chi cuc", "ban giam doc"))
