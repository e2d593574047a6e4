"""Charts of a report's tables, as plain values: the template draws them as SVG with classes, no script and no style.

What is drawn is drawn from the same cells as the table beside it, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailhub.reports.showing import NOT_SAID, shown
from mailhub.reports.values import SUPPRESSED, Cell, Chart, ChartKind, Column, Rate, Row, Share, Table, Unit

WIDTH, HEIGHT = 640.0, 240.0  # of a line chart, in SVG units
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 36.0, 12.0, 30.0
_STEPS = 4  # lines of the grid above zero


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: where it begins and how long it is, of 1000; `place` is its series' colour (1, 2, …)."""

    start: float
    length: float
    place: int
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row; `words` stand at the end of the bar."""

    label: str
    pieces: tuple[Piece, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a line, in SVG units."""

    x: float
    y: float
    words: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series; missing values part it."""

    place: int
    title: str
    points: tuple[Point, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A chart ready to be written. `series` are (place, title); one of `bars` and `lines` is empty."""

    series: tuple[tuple[int, str], ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    grid: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    left_out: int = 0


def draw(table: Table, language: str) -> Drawn | None:
    """The table's chart; None when it has none, or nothing to show."""
    chart = table.chart
    if chart is None or not table.rows:
        return None
    columns = [table.columns[table.column(key)] for key in chart.series]
    series = tuple((place, column.title) for place, column in enumerate(columns, start=1))
    if chart.kind is ChartKind.LINE:
        return _lines(table, chart, columns, series, language)
    return _bars(table, chart, columns, series, language)


def number_of(cell: Cell) -> float:
    """How much of it is drawn; nothing of what is not said or not known."""
    if isinstance(cell, Share):
        return cell.percent or 0.0
    if isinstance(cell, Rate):
        return cell.per_hundred or 0.0
    return float(cell) if isinstance(cell, int) else 0.0


def _bars(
    table: Table, chart: Chart, columns: Sequence[Column], series: tuple[tuple[int, str], ...], language: str
) -> Drawn | None:
    """Stacked, a bar a row; otherwise a bar a row and series."""
    shown_rows, label = table.rows[: chart.most], table.column(chart.label)
    places = [table.column(column.key) for column in columns]
    stacked = chart.kind is ChartKind.STACKED
    values = [[number_of(row.cells[place]) for place in places] for row in shown_rows]
    most = max((sum(row) if stacked else max(row, default=0.0) for row in values), default=0.0)
    if most <= 0:
        return None
    if any(column.unit is Unit.SHARE for column in columns):
        most = max(most, 100.0)  # a bar of 73 % fills 73 % of the room
    bars: list[Bar] = []
    for row, numbers in zip(shown_rows, values, strict=True):
        texts = [_words(row.cells[place], column, language) for place, column in zip(places, columns, strict=True)]
        name = str(row.cells[label])
        if stacked:
            bars.append(Bar(name, _stack(numbers, texts, most), _sum(row, places, numbers, columns, language)))
            continue
        for at, (number, text) in enumerate(zip(numbers, texts, strict=True)):
            piece = Piece(0.0, round(1000 * number / most, 1), at + 1, text)
            bars.append(Bar(name if at == 0 else "", (piece,), text))
    return Drawn(series=series, bars=tuple(bars), left_out=len(table.rows) - len(shown_rows))


def _stack(numbers: Sequence[float], texts: Sequence[str], most: float) -> tuple[Piece, ...]:
    pieces, start = [], 0.0
    for place, (number, text) in enumerate(zip(numbers, texts, strict=True), start=1):
        length = round(1000 * number / most, 1)
        if length:
            pieces.append(Piece(round(start, 1), length, place, text))
        start += length
    return tuple(pieces)


def _sum(row: Row, places: Sequence[int], numbers: Sequence[float], columns: Sequence[Column], language: str) -> str:
    if any(row.cells[place] is SUPPRESSED for place in places):
        return NOT_SAID
    return _words(int(sum(numbers)), columns[0], language)


def _lines(
    table: Table, chart: Chart, columns: Sequence[Column], series: tuple[tuple[int, str], ...], language: str
) -> Drawn | None:
    rows, label = table.rows[-chart.most :], table.column(chart.label)
    if len(rows) < 2:  # a point is no line
        return None
    places = [table.column(column.key) for column in columns]
    top = _rounded_up(max(number_of(row.cells[place]) for row in rows for place in places))
    if top <= 0:
        return None
    step = (WIDTH - _LEFT - _RIGHT) / (len(rows) - 1)
    across = [round(_LEFT + step * at, 1) for at in range(len(rows))]
    lines = []
    for (place, title), column, at in zip(series, columns, places, strict=True):
        points = [
            Point(
                x,
                _height(number_of(row.cells[at]), top),
                _words(row.cells[at], column, language),
                str(row.cells[label]),
            )
            for x, row in zip(across, rows, strict=True)
            if isinstance(row.cells[at], int | Share)
        ]
        path = " ".join(f"{'M' if first == 0 else 'L'}{one.x} {one.y}" for first, one in enumerate(points))
        lines.append(Line(place, title, tuple(points), path))
    unit = columns[0]
    is_share = any(isinstance(row.cells[places[0]], Share) for row in rows)
    heights = [top * mark / _STEPS for mark in range(_STEPS + 1)]
    names = [f"{one:g} %" if is_share else _words(round(one), unit, language) for one in heights]
    grid = tuple(zip([_height(one, top) for one in heights], names, strict=True))
    every = max(1, -(-len(rows) // 7))
    marks = tuple((across[at], str(rows[at].cells[label])) for at in range(0, len(rows), every))
    return Drawn(series=series, lines=tuple(lines), grid=grid, marks=marks)


def _height(value: float, top: float) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)


def _rounded_up(value: float) -> float:
    """A top that `_STEPS` lines divide into whole numbers: 4, 8, 20, 40, 80, 200 …"""
    size = float(_STEPS)
    while True:
        for factor in (1, 2, 5):
            if size * factor >= value:
                return size * factor if value > 0 else 0.0
        size *= 10


def _words(cell: Cell, column: Column, language: str) -> str:
    return shown(cell, column.unit, language)
