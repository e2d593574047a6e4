"""Finding the header of a table, of one row or two, and what each of its columns is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailhub.roster.headers import Field, field_of, is_sub_header, words_of

Row = Sequence[str]
_NUMBERING = re.compile(r"\(?\d{1,2}\)?|[A-E]|\(?\d{1,2}\)?\s*=\s*.{1,20}")
_NAMED = re.compile("t(?:ê|e\u0302|e)n|name", re.IGNORECASE)  # no header of ours is without: thousands of rows are
_LEAST = 2  # known columns of a header, the name's among them


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands: columns from 0, in order; `labels` are the header's own words by column."""

    places: Mapping[Field, tuple[int, ...]]
    labels: Mapping[int, str]
    height: int = 1  # rows of the header
    unknown: tuple[str, ...] = field(default=())

    def text(self, row: Row, wanted: Field) -> str:
        """What the row says in the first of the field's columns that says anything."""
        return next((row[place] for place in self.places.get(wanted, ()) if place < len(row) and row[place]), "")

    def all_text(self, row: Row, wanted: Field) -> str:
        """What the row says in all of the field's columns, repeats left out."""
        found = [row[place] for place in self.places.get(wanted, ()) if place < len(row) and row[place]]
        return " ".join(dict.fromkeys(found))

    def spot(self, row: Row, wanted: Field) -> int | None:
        """The column in which `text` found what it gave; the field's first when there is nothing."""
        filled = (place for place in self.places.get(wanted, ()) if place < len(row) and row[place])
        return next(filled, self.place(wanted))

    def place(self, wanted: Field) -> int | None:
        """The first of the field's columns."""
        return next(iter(self.places.get(wanted, ())), None)


def letter(column: int) -> str:
    """A column from 0 as Excel names it: 0 → A, 26 → AA."""
    name, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def find_header(rows: Sequence[Row], at: int, chosen: Mapping[str, Field]) -> Columns | None:
    """The header that begins at row `at`, or None. `chosen`: what people said that a label means, by its words."""
    top = rows[at]
    below = rows[at + 1] if at + 1 < len(rows) else ()
    if not any(_NAMED.search(cell) or (chosen and words_of(cell) in chosen) for cell in top):
        return None
    two = _has_second_row(top, below)
    columns = _columns(top, below if two else (), chosen)
    named = Field.NAME in columns.places or Field.GIVEN in columns.places
    known = {one for one in columns.places if one is not Field.NONE}
    return columns if named and len(known) >= _LEAST and _are_labels(top, chosen) else None


def _are_labels(top: Row, chosen: Mapping[str, Field]) -> bool:
    """Whether most of what the row says is a label: a person's row may hold a word like one."""
    cells = dict.fromkeys(cell for cell in top if cell)
    known = sum(words_of(cell) in chosen or field_of(cell) is not None for cell in cells)
    return 2 * known >= len(cells)


def is_numbering(row: Row) -> bool:
    """The row `(1) (2) (3) …` that stands below many headers."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) >= 3 and all(_NUMBERING.fullmatch(cell) for cell in cells)


def is_repeated(row: Row, columns: Columns) -> bool:
    """Whether the row is the header once more, as at the top of each printed page."""
    if not any(_NAMED.search(cell) for cell in row):
        return False
    cells = [(place, words_of(cell)) for place, cell in enumerate(row) if cell]
    same = sum(1 for place, words in cells if words and words in words_of(columns.labels.get(place, "")))
    return len(cells) >= _LEAST and same >= 0.6 * len(cells)


def _has_second_row(top: Row, below: Row) -> bool:
    if is_numbering(below):
        return False
    pairs = [(top[place] if place < len(top) else "", cell) for place, cell in enumerate(below) if cell]
    fresh = [cell for above, cell in pairs if words_of(above) != words_of(cell)]
    return bool(fresh) and all(is_sub_header(cell) for cell in fresh)


def _columns(top: Row, below: Row, chosen: Mapping[str, Field]) -> Columns:
    places: dict[Field, list[int]] = {}
    labels: dict[int, str] = {}
    unknown: list[str] = []
    for place in range(max(len(top), len(below))):
        above = top[place] if place < len(top) else ""
        under = below[place] if place < len(below) else ""
        if not above and not under:
            continue
        label = above if words_of(above) == words_of(under) or not under else f"{above} {under}".strip()
        labels[place] = " ".join(label.split())
        found = _chosen(label, above, under, chosen)
        if found is None:
            unknown.append(labels[place])
        else:
            places.setdefault(found, []).append(place)
    _settle_names(places, labels)
    height = 2 if below else 1
    return Columns({one: tuple(where) for one, where in places.items()}, labels, height, tuple(unknown))


def _chosen(label: str, above: str, under: str, chosen: Mapping[str, Field]) -> Field | None:
    for words in (words_of(label), words_of(above)):
        if words in chosen:
            return chosen[words]
    if field_of(under) in (Field.FAMILY, Field.GIVEN):
        return field_of(under)
    return field_of(label) or field_of(under) or field_of(above)


def _settle_names(places: dict[Field, list[int]], labels: Mapping[int, str]) -> None:
    """`Tên` alone is the whole name; `Họ` and `Tên` are halves; one header over two columns has halves below it."""
    if Field.GIVEN in places and Field.FAMILY not in places and Field.NAME not in places:
        places[Field.NAME] = places.pop(Field.GIVEN)
    names = places.get(Field.NAME, [])
    if len(names) >= 2 and names[1] == names[0] + 1 and labels[names[0]] == labels[names[1]]:
        places[Field.FAMILY], places[Field.GIVEN] = [names[0]], [names[1]]
        places[Field.NAME] = []
        del places[Field.NAME]
    if Field.NAME in places and Field.GIVEN in places and Field.FAMILY not in places:
        # `Họ và tên` over the family names, and the given names beside it.
        if places[Field.GIVEN][0] == places[Field.NAME][0] + 1:
            places[Field.FAMILY] = places.pop(Field.NAME)
        else:
            del places[Field.GIVEN]
