"""A report as plain values: what every renderer (web, DOCX, PDF, XLSX, CSV, JSON) shows, and nothing else.

All words are in the report's language already, chosen when it was made. Words that come from people (names of agencies,
addresses, document numbers) are hostile text: each renderer escapes them in its own way. Keys are English and stable;
machines go by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from mailhub.reports.periods import Period


class ReportKind(StrEnum):
    """The four reports."""

    USAGE = "usage"  # private mail in public work
    ADOPTION = "adoption"
    DOCUMENTS = "documents"
    RULES = "rules"  # rules and operations


class Unit(StrEnum):
    """What the cells of a column are, beside `Suppressed` and None."""

    TEXT = "text"  # str
    NUMBER = "number"  # int
    SHARE = "share"  # Share
    RATE = "rate"  # Rate
    DAY = "day"  # date
    DURATION = "duration"  # int, milliseconds
    MET = "met"  # Met


class Met(StrEnum):
    """Whether a target is reached."""

    MET = "met"
    MISSED = "missed"


class Suppressed(Enum):
    """A small number that a public version does not say, or one from which such a number could be worked out."""

    SUPPRESSED = "suppressed"


SUPPRESSED = Suppressed.SUPPRESSED


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; of nothing there is no share."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """0 to 100 (more when the whole was counted too low); None of nothing."""
        return None if self.whole <= 0 else 100 * self.part / self.whole


@dataclass(frozen=True, slots=True)
class Rate:
    """`number` for each hundred of `of`: messages a hundred staff. Of nothing there is none."""

    number: int
    of: int

    @property
    def per_hundred(self) -> float | None:
        """With one place after the comma, as it is shown."""
        return None if self.of <= 0 else round(100 * self.number / self.of, 1)


# None: not known, or it does not apply. `Met` is a str; `Share` and `Rate` are none of the others.
Cell = int | str | date | Share | Rate | Met | Suppressed | None


def number_in(cell: Cell) -> int:
    """The number in a cell of a column of numbers; 0 where none is known or said."""
    return cell if isinstance(cell, int) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`label`: it says what the row is about; else it is a figure. `definition` tells what is counted and how."""

    key: str
    title: str
    unit: Unit
    definition: str = ""
    label: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell a column. `filters` name the mail or documents behind it, for a link: ("agency", "snv"), ("provider",
    "gmail.com"), ("from", "2026-10-15"), ("to", "2026-11-14"); empty: there is nothing to go to."""

    key: str
    cells: tuple[Cell, ...]
    filters: tuple[tuple[str, str], ...] = ()


class ChartKind(StrEnum):
    """How a table is drawn."""

    BAR = "bar"  # a bar a row and series
    LINE = "line"  # over time
    STACKED = "stacked"  # a bar a row, the series on top of each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Keys of columns: which one names the rows, which are drawn (numbers, shares). `most`: rows that are drawn."""

    kind: ChartKind
    label: str
    series: tuple[str, ...]
    most: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`definition` says what a row stands for; `empty` is what stands there when no row does. `total` has a cell a
    column as well; None where a sum means nothing. `cut`: rows beyond what a report shows (0: all are here)."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    definition: str = ""
    total: Row | None = None
    chart: Chart | None = None
    empty: str = ""
    cut: int = 0

    def column(self, key: str) -> int:
        """The place of a column. Raises KeyError."""
        for place, one in enumerate(self.columns):
            if one.key == key:
                return place
        raise KeyError(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A figure that stands alone, with what it was in the period before and what it ought to be (per cent)."""

    key: str
    title: str
    definition: str
    unit: Unit
    value: Cell
    before: Cell = None
    target: float | None = None
    met: Met | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter: headlines first, then paragraphs, then tables."""

    key: str
    title: str
    headlines: tuple[Headline, ...] = ()
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report. `period_words` is the period as people say it (`tháng 10 năm 2026 (từ … đến …)`).

    `agency` and `agency_name` are the agency that it is about, with those below it; `notes` say what limits the
    figures: what the hub cannot see, what was left out. `public`: small numbers are suppressed and nobody is named.
    """

    kind: ReportKind
    language: str  # vi, en
    title: str
    period: Period
    period_words: str
    agency: str
    agency_name: str
    made_at: int  # ms
    public: bool
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    def section(self, key: str) -> Section:
        """Raises KeyError."""
        for one in self.sections:
            if one.key == key:
                return one
        raise KeyError(key)

    def table(self, key: str) -> Table:
        """The table with that key, in whichever section. Raises KeyError."""
        for section in self.sections:
            for one in section.tables:
                if one.key == key:
                    return one
        raise KeyError(key)
