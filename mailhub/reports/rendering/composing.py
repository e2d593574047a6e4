"""From a report to the paper that DOCX and PDF print: chapters, numbered titles, tables, what each figure means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from mailhub.clock import local_time
from mailhub.i18n import Texts, texts
from mailhub.reports.rendering.letterhead import Letterhead
from mailhub.reports.rendering.measuring import LYING_MM, UPRIGHT_MM, fitted, squeezed
from mailhub.reports.rendering.paper import Appendix, Block, Grid, GridCell, GridColumn, Heading, Paper, Words
from mailhub.reports.showing import percent_words, shown
from mailhub.reports.values import Cell, Column, Headline, Report, Row, Section, Table, Unit
from mailhub.text.plain import plain_line

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_FIGURES = (Unit.NUMBER, Unit.SHARE, Unit.RATE, Unit.DURATION)


@dataclass(slots=True)
class _Made:
    """What a paper under way has so far: its appendices, and the figures whose meaning it has told."""

    appendices: list[Appendix] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)


def compose(report: Report, head: Letterhead) -> Paper:
    """The paper, in the report's language."""
    words = texts(report.language)
    made = _Made()
    blocks: list[Block] = [*_opening(report, head, words)]
    for number, section in enumerate(report.sections, start=1):
        blocks.extend(_chapter(section, number, report, made))
    blocks.extend(_closing(report, words, len(report.sections) + 1))
    return Paper(
        language=report.language,
        title=plain_line(f"{report.title}, {report.period_words}"),
        superior=plain_line(head.superior).upper(),
        agency=plain_line(head.agency).upper(),
        number=words("report.file.number"),
        place_and_date=_place_and_date(report, head, words),
        kind=words("report.file.kind"),
        about=f"{plain_line(report.title)}\n{plain_line(report.period_words)}",
        addressee=words("report.file.addressee"),
        blocks=tuple(blocks),
        appendices=tuple(made.appendices),
        recipients=tuple(words("report.file.recipients").split("\n")),
        signature=words("report.file.signature"),
    )


def _place_and_date(report: Report, head: Letterhead, words: Texts) -> str:
    """The day is left to who signs; the month as the decree writes it: 01, 02, 3 … 12."""
    made = local_time(report.made_at).date()
    month = f"{made.month:02}" if made.month <= 2 else str(made.month)
    return words("report.file.date", place=plain_line(head.place) or "…", month=month, year=made.year)


def _opening(report: Report, head: Letterhead, words: Texts) -> Iterator[Block]:
    agency, about = plain_line(report.agency_name), plain_line(report.period_words)
    if report.language == "vi":  # in the midst of a sentence
        about = about[:1].lower() + about[1:]
    if head.regulation:
        ground = plain_line(head.regulation)
        yield Words(words("report.file.opening.ground", ground=ground, agency=agency, period=about))
    else:
        yield Words(words("report.file.opening", agency=agency, period=about))
    if report.public:
        yield Words(words("report.file.public"), small=True)


def _chapter(section: Section, number: int, report: Report, made: _Made) -> Iterator[Block]:
    yield Heading(f"{roman(number)}. {plain_line(section.title).upper()}", 1)
    numbers = count(1)
    if section.headlines:
        made.explained |= {one.definition for one in section.headlines}
        yield squeezed(_headlines(section.headlines, texts(report.language), report.language), UPRIGHT_MM)
    yield from (Words(plain_line(text)) for text in section.paragraphs)
    for table in section.tables:
        yield from _table(table, next(numbers), report, made)


def _closing(report: Report, words: Texts, number: int) -> Iterator[Block]:
    if report.notes:
        yield Heading(f"{roman(number)}. {words('report.file.notes').upper()}", 1)
        yield from (Words(plain_line(note)) for note in report.notes)
    yield Words(words("report.file.end", agency=plain_line(report.agency_name)))


def _headlines(headlines: tuple[Headline, ...], words: Texts, language: str) -> Grid:
    """The figures that stand alone; the definition below each one's name, columns only where something stands."""
    before = any(one.before is not None for one in headlines)
    target = any(one.target is not None for one in headlines)
    columns = [
        GridColumn(title=words("report.file.nth"), centred=True),
        GridColumn(title=words("report.file.figure")),
        GridColumn(title=words("report.file.now"), figure=True),
    ]
    if before:
        columns.append(GridColumn(title=words("report.file.before"), figure=True))
    if target:
        columns += [
            GridColumn(title=words("report.file.target"), figure=True),
            GridColumn(title=words("report.file.met"), centred=True),
        ]
    rows = []
    for place, one in enumerate(headlines, start=1):
        cells = [
            GridCell(str(place)),
            GridCell(plain_line(one.title), plain_line(one.definition)),
            GridCell(cell_text(one.value, one.unit, language)),
        ]
        if before:
            cells.append(GridCell(cell_text(one.before, one.unit, language)))
        if target:
            aim = percent_words(one.target, language).replace(" %", "\u00a0%")
            cells += [GridCell(aim), GridCell(cell_text(one.met, Unit.MET, language))]
        rows.append(tuple(cells))
    return Grid(columns=tuple(columns), rows=tuple(rows))


def cell_text(cell: Cell, unit: Unit, language: str) -> str:
    """The words of a cell, on one line."""
    return plain_line(shown(cell, unit, language)).replace(" %", "\u00a0%")


def _table(table: Table, number: int, report: Report, made: _Made) -> Iterator[Block]:
    words, title = texts(report.language), plain_line(table.title)
    yield Heading(f"{number}. {title}", 2)
    if not table.rows:
        yield Words(plain_line(table.empty) or words("report.file.empty"))
        return
    grid = _grid(table, words, report.language)
    upright = fitted(grid, UPRIGHT_MM)
    notes = list(_notes(table, words, made))
    if upright is not None:
        yield upright
        yield from notes
        return
    label = words("report.file.appendix", number=roman(len(made.appendices) + 1))
    leads = words("report.file.appendix-of", agency=plain_line(report.agency_name))
    # Notes first: behind a table that fills its page they would stand on a page of their own.
    blocks: tuple[Block, ...] = (*notes, squeezed(grid, LYING_MM))
    made.appendices.append(Appendix(label=label, title=title.upper(), leads=leads, blocks=blocks))
    yield Words(words("report.file.see-appendix", appendix=label))


def _grid(table: Table, words: Texts, language: str) -> Grid:
    columns = [GridColumn(title=words("report.file.nth"), centred=True)]
    columns += [_column(column) for column in table.columns]
    rows = tuple(_row(row, str(place), table, language) for place, row in enumerate(table.rows, start=1))
    total = None if table.total is None else _row(table.total, "", table, language)
    return Grid(columns=tuple(columns), rows=rows, total=total)


def _column(column: Column) -> GridColumn:
    centred = column.unit in (Unit.DAY, Unit.MET)
    return GridColumn(title=plain_line(column.title), figure=column.unit in _FIGURES, centred=centred)


def _row(row: Row, nth: str, table: Table, language: str) -> tuple[GridCell, ...]:
    cells = zip(row.cells, table.columns, strict=True)
    empty = "" if not nth else None  # a total says nothing where a sum means nothing
    return (
        GridCell(nth),
        *(
            GridCell("" if cell is None and empty == "" else cell_text(cell, column.unit, language))
            for cell, column in cells
        ),
    )


def _notes(table: Table, words: Texts, made: _Made) -> Iterator[Words]:
    """What a row stands for and what each figure means, below the table: each once in a paper."""
    if table.cut:
        yield Words(words.count("report.file.cut", table.cut), small=True)
    if table.definition:
        yield Words(plain_line(table.definition), small=True)
    for column in table.columns:
        if column.definition and column.definition not in made.explained:
            made.explained.add(column.definition)
            yield Words(f"- {plain_line(column.title)}: {plain_line(column.definition)}", small=True)


def roman(number: int) -> str:
    """`IV` for 4."""
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written
