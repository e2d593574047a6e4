"""The public version of a report: small numbers are not said, nor what they follow from (`suppression.py`). Pure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from mailhub.reports.suppression import Sum, suppressed
from mailhub.reports.values import SUPPRESSED, Headline, Rate, Report, Row, Section, Table, Unit, number_in

# Tables whose columns of one name come to the same total, and the headlines that say it.
GROUPS = {
    "usage.months": "use",
    "usage.agencies": "use",
    "usage.league": "use",
    "usage.providers": "use",
    "usage.links": "use",
    "usage.agency_months": "use",
    "usage.rules": "private rules",
    "rules.rules": "rules",
    "rules.agencies": "judged",
    "rules.months": "judged",
    "rules.held": "held",
    "rules.mail": "mail",
    "rules.incidents": "incidents",
}
# A message counts once among the judged, and once for each rule that fitted: where both come to the same, each tells
# the other.
_TWINS = tuple((("judged", name, "all"), ("rules", name, "all")) for name in ("told", "waited", "refused"))
_HEADLINES = {"overall": "use", "decisions": "judged", "mail": "mail", "incidents": "incidents"}  # by section
# Within a row: a column that is the sum of others.
ROW_SUMS = {
    "messages": ("sent", "received", "forwarded"),
    "judged": ("passed", "told", "waited", "refused"),
    "fitted": ("counted", "told", "waited", "refused", "exempted"),
}
# It is nearly the number of messages, and would tell it.
_LEFT_OUT = ("recipients",)
_MATRIX, _MATRIX_ROWS, _MATRIX_COLUMNS = "usage.agency_months", "usage.agencies", "usage.months"
_LEAGUE = "usage.league"  # its messages are those of the table of agencies; its rates tell them
_SAID = ("staff",)  # numbers, but not of messages
# Rows stand by the size of this column. One that is not said there stands last: its place would tell how large it is.
_ORDER = {
    "usage.agencies": "messages",
    "usage.league": "messages",
    "usage.providers": "messages",
    "usage.links": "links",
    "usage.rules": "fitted",
    "rules.rules": "fitted",
}
_ALL = "all"


def publish(report: Report, below: int, months: Iterable[Report] = ()) -> Report:
    """The report without numbers from 1 to `below` - 1 of messages, and without others that would tell them.

    `months`: the same of each month that it consists of, if there are several. What a month's own public version leaves
    out is left out here as well: a quarter less two months tells the third.
    """
    slim = _slimmed(report)
    also = {name for month in months for name in _of_month(month, below)}
    hidden = _hidden(slim, below, also)
    return replace(slim, sections=tuple(_hide(section, hidden) for section in slim.sections))


def _of_month(month: Report, below: int) -> Iterator[Hashable]:
    """What the month's version leaves out, by the names that the same numbers have in a longer report."""
    for name in _hidden(_slimmed(month), below):
        yield name
        group, column, where = name
        if (group, column) == ("use", "messages") and where.startswith(f"{_MATRIX_ROWS}:"):
            yield group, column, f"{where.partition(':')[2]} {month.period.name}"


def _slimmed(report: Report) -> Report:
    return replace(report, sections=tuple(_slim(section) for section in report.sections))


def _hidden(slim: Report, below: int, also: Collection[Hashable] = ()) -> frozenset[Any]:
    """The names of the cells that are left out."""
    cells: dict[Hashable, int] = {}
    sums: list[Sum] = []
    for table in _tables(slim):
        _gather(table, cells, sums)
    for section in slim.sections:
        for headline in section.headlines:
            if headline.unit is Unit.NUMBER and section.key in _HEADLINES:
                cells.setdefault(_headline_name(section, headline), number_in(headline.value))
    sums += [Sum(one, (other,)) for one, other in _TWINS if one in cells and cells[one] == cells.get(other)]
    return suppressed(cells, sums, below, also)


def _tables(report: Report) -> Iterator[Table]:
    return (table for section in report.sections for table in section.tables if table.key in GROUPS)


def _slim(section: Section) -> Section:
    return replace(section, tables=tuple(_slim_table(table) for table in section.tables))


def _slim_table(table: Table) -> Table:
    kept = [place for place, column in enumerate(table.columns) if column.key not in _LEFT_OUT]

    def row(one: Row) -> Row:
        return replace(one, cells=tuple(one.cells[place] for place in kept))

    columns = tuple(table.columns[place] for place in kept)
    total = None if table.total is None else row(table.total)
    return replace(table, columns=columns, rows=tuple(row(one) for one in table.rows), total=total)


# ------------------------------------------------------------ cells and sums


def _gather(table: Table, cells: dict[Hashable, int], sums: list[Sum]) -> None:
    every = [*table.rows, *([table.total] if table.total is not None else [])]
    figures = _figures(table)
    for row in every:
        for place in figures:
            name = _name(table, row, place)
            if cells.setdefault(name, number_in(row.cells[place])) != number_in(row.cells[place]):
                raise ValueError(f"two tables say different numbers of {name}")
        sums.extend(_within_row(table, row, figures))
    if table.total is not None and table.rows:
        for place in figures:
            parts = tuple(_name(table, row, place) for row in table.rows)
            sums.append(Sum(_name(table, table.total, place), parts))


def _within_row(table: Table, row: Row, figures: list[int]) -> Iterator[Sum]:
    places = {table.columns[place].key: place for place in figures}
    if table.key == _MATRIX:
        months = tuple(_name(table, row, place) for key, place in places.items() if key != "messages")
        yield Sum(_name(table, row, places["messages"]), months)
        return
    for total, parts in ROW_SUMS.items():
        if total in places and all(part in places for part in parts):
            yield Sum(_name(table, row, places[total]), tuple(_name(table, row, places[part]) for part in parts))


def _figures(table: Table) -> list[int]:
    return [
        place
        for place, one in enumerate(table.columns)
        if not one.label and one.unit is Unit.NUMBER and one.key not in _SAID
    ]


def _name(table: Table, row: Row, place: int) -> Hashable:
    """What a cell is called: the same wherever the same number stands."""
    column, group = table.columns[place].key, GROUPS[table.key]
    is_total = row is table.total
    if table.key == _LEAGUE:
        return group, column, _ALL if is_total else f"{_MATRIX_ROWS}:{row.key}"
    if table.key != _MATRIX:
        return group, column, _ALL if is_total else f"{table.key}:{row.key}"
    if column == "messages":
        return group, column, _ALL if is_total else f"{_MATRIX_ROWS}:{row.key}"
    where = f"{_MATRIX_COLUMNS}:{column}" if is_total else f"{row.key} {column}"
    return group, "messages", where


def _headline_name(section: Section, headline: Headline) -> Hashable:
    return _HEADLINES[section.key], headline.key, _ALL


# ------------------------------------------------------------ what is left


def _hide(section: Section, hidden: frozenset[Hashable]) -> Section:
    tables = tuple(_hide_in(table, hidden) if table.key in GROUPS else table for table in section.tables)
    headlines = tuple(_hide_headline(section, one, hidden) for one in section.headlines)
    return replace(section, tables=tables, headlines=headlines)


def _hide_in(table: Table, hidden: frozenset[Hashable]) -> Table:
    figures = _figures(table)

    def row(one: Row) -> Row:
        cells = list(one.cells)
        for place in figures:
            if _name(table, one, place) in hidden:
                cells[place] = SUPPRESSED
        said = SUPPRESSED not in (cells[place] for place in figures)
        kept = (cell if said or not isinstance(cell, Rate) else SUPPRESSED for cell in cells)
        return replace(one, cells=tuple(kept), filters=())

    total = None if table.total is None else row(table.total)
    return replace(table, rows=_in_order(table, [row(one) for one in table.rows]), total=total)


def _in_order(table: Table, rows: list[Row]) -> tuple[Row, ...]:
    if table.key not in _ORDER:
        return tuple(rows)
    place = table.column(_ORDER[table.key])
    said = [row for row in rows if row.cells[place] is not SUPPRESSED]
    return (*said, *sorted((row for row in rows if row.cells[place] is SUPPRESSED), key=lambda row: row.key))


def _hide_headline(section: Section, one: Headline, hidden: frozenset[Hashable]) -> Headline:
    """Without what it was in the period before: that period's own version may have left it out for the sake of another
    number, which would follow."""
    gone = one.unit is Unit.NUMBER and section.key in _HEADLINES and _headline_name(section, one) in hidden
    return replace(one, value=SUPPRESSED if gone else one.value, before=None)
