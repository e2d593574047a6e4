"""From the cells of a file to the people in it: where each table begins and ends, and what each row is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailhub.roster.columns import Columns, Row, find_header, is_numbering, is_repeated
from mailhub.roster.entries import Entry, Given, read_entry
from mailhub.roster.findings import Finding
from mailhub.roster.headers import Field
from mailhub.roster.sections import (
    Section,
    ends_table,
    is_nobody,
    is_numbered_heading,
    names_unit,
    read_section,
    under,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet's rows; `rows[0]` is row 1 as Excel counts."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class ReadTable:
    """What a file holds: its people, the labels of columns that nobody knows, rows that were passed over."""

    entries: tuple[Entry, ...]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # sheet → label → field
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # sheet → column from 0 → label
    unknown: tuple[str, ...] = ()
    passed: int = 0
    sheets: int = 0  # with a table in it


def read_table(sheets: Iterable[Sheet], given: Given, chosen: Mapping[str, Field] | None = None) -> ReadTable:
    """Everybody in the file. `chosen`: what people said that a column's label (`headers.words_of`) means."""
    entries: list[Entry] = []
    columns: dict[str, dict[str, str]] = {}
    every_label: dict[str, Mapping[int, str]] = {}
    unknown: dict[str, None] = {}
    passed = found = 0
    for sheet in sheets:
        walk = _Walk(sheet, given, chosen or {})
        walk.go()
        if walk.columns is None:
            continue
        found += 1
        entries += walk.entries
        passed += walk.passed
        every_label[sheet.name] = labels = walk.columns.labels
        columns[sheet.name] = {
            labels[place]: one.value for one, places in walk.columns.places.items() for place in places
        }
        unknown |= dict.fromkeys(walk.columns.unknown)
    return ReadTable(tuple(entries), columns, every_label, tuple(unknown), passed, found)


class _Walk:
    """Goes down one sheet."""

    def __init__(self, sheet: Sheet, given: Given, chosen: Mapping[str, Field]) -> None:
        self._sheet, self._given, self._chosen = sheet, given, chosen
        self.columns: Columns | None = None
        self.entries: list[Entry] = []
        self.passed = 0
        self._sections: tuple[Section, ...] = ()
        self._open = False  # within a table

    def go(self) -> None:
        """Read every row."""
        at, rows = 0, self._sheet.rows
        while at < len(rows):
            if self._open and self.columns is not None and is_repeated(rows[at], self.columns):
                at += 1  # as at the top of each printed page
                continue
            header = find_header(rows, at, self._chosen)
            if header is not None:
                self.columns, self._open = header, True
                at += header.height
                continue
            if self._open and self.columns is not None:
                self._take(rows[at], at + 1, self.columns)
            at += 1

    def _take(self, row: Row, line: int, columns: Columns) -> None:
        filled = [cell for cell in row if cell.strip()]
        if not filled or is_numbering(row):
            return
        first = next((cell for cell in filled if not cell.strip(" .)").isdigit()), filled[0])
        number = columns.text(row, Field.NUMBER)
        if is_nobody(first) and not (number.strip(" .").isdigit() and number != first and len(filled) > 2):
            self._open = not ends_table(first)
            self.passed += 1
        elif (heading := self._heading(row, columns)) is not None:
            self._sections = under(self._sections, heading)
        elif self._is_person(row, columns):
            sections = tuple(one.text for one in self._sections)
            self.entries.append(read_entry(row, line, self._sheet.name, columns, sections, self._given))
        else:
            self.passed += 1

    def _heading(self, row: Row, columns: Columns) -> Section | None:
        """A row that says one thing besides its number, and that is no person's name."""
        number = columns.text(row, Field.NUMBER).strip()
        place = columns.place(Field.NUMBER)
        # Merged across the table, the heading stands in the number's column as well.
        others = dict.fromkeys(cell.strip() for at, cell in enumerate(row) if cell.strip() and at != place)
        if not others and number and not number.strip(" .)").isdigit():
            others, number = {number: None}, ""
        if len(others) == 2 and is_numbered_heading(number):
            return _with_count(list(others), number)
        if len(others) != 1:
            return None
        text = next(iter(others))
        if number == text:
            number = ""
        spread = sum(cell.strip() == text for cell in row) > 2
        if spread or is_numbered_heading(number) or (names_unit(text) and not number.strip(" .)").isdigit()):
            return read_section(text, number)
        if read_section(text).style in ("roman", "upper") and not number:
            return read_section(text)
        return read_section(text, number) if names_unit(text) and self._says_unit_only(row, columns) else None

    @staticmethod
    def _says_unit_only(row: Row, columns: Columns) -> bool:
        return not columns.text(row, Field.NAME) and not columns.text(row, Field.FAMILY)

    @staticmethod
    def _is_person(row: Row, columns: Columns) -> bool:
        """A row with a name, or with what only a person has: then the name is missing."""
        halves = (Field.NAME, Field.FAMILY, Field.GIVEN)
        rest = (Field.IDENTIFIER, Field.ADDRESS, Field.BIRTH, Field.TITLE)
        if any(columns.text(row, one) for one in (*halves, Field.FORMER)):
            return True
        return sum(bool(columns.text(row, one)) for one in rest) >= 1 and bool(columns.text(row, Field.NUMBER))


def _with_count(texts: list[str], number: str) -> Section | None:
    """`I | Phòng Kinh tế | 12`: a heading with the number of its people."""
    words = [text for text in texts if not text.isdigit()]
    return read_section(words[0], number) if len(words) == 1 else None


def repeated_rows(entries: Iterable[Entry]) -> dict[int, Finding]:
    """Rows that say of the same person what an earlier row says, by their place among `entries`."""
    seen: dict[tuple[object, ...], Entry] = {}
    by_number: dict[str, Entry] = {}
    by_address: dict[str, Entry] = {}
    found: dict[int, Finding] = {}
    for place, one in enumerate(entries):
        key = (one.name, one.title, one.unit, one.sections, one.birth, one.birth_year, one.identifier, one.address)
        if (first := seen.setdefault(key, one)) is not one:
            found[place] = Finding(f"trùng hoàn toàn với dòng {_place_of(first)}", "bỏ bớt một dòng")
        elif one.identifier and (first := by_number.setdefault(one.identifier, one)) is not one:
            found[place] = Finding(
                f"trùng số định danh với dòng {_place_of(first)}", "kiểm tra số định danh của hai dòng"
            )
        elif one.address and (first := by_address.setdefault(one.address, one)) is not one:
            found[place] = Finding(f"trùng địa chỉ thư với dòng {_place_of(first)}", "mỗi người một địa chỉ")
    return found


def _place_of(entry: Entry) -> str:
    return f"{entry.line} (trang {entry.sheet})" if entry.sheet else str(entry.line)
