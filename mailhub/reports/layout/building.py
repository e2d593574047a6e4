"""The parts of a report from keys: each column has its title and its definition in the catalogue under its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mailhub.i18n import Texts
from mailhub.reports.figures.scene import Scene
from mailhub.reports.periods import Period, PeriodKind
from mailhub.reports.showing import number_of_period
from mailhub.reports.units import Unit as Agency
from mailhub.reports.values import Cell, Chart, ChartKind, Column, Headline, Row, Share, Table, Unit

# Figures whose name needs more words where they stand alone than at the head of a column.
_LONGER_ALONE = frozenset(("sent", "received", "forwarded", "issued"))
Filters = tuple[tuple[str, str], ...]


class Maker:
    """Makes parts in one language. `values` fill the placeholders of every text (days, limits)."""

    def __init__(self, words: Texts, language: str, values: Mapping[str, object]) -> None:
        self.words = words
        self.language = language
        self._values = values

    def say(self, ident: str, **values: object) -> str:
        """A text of this report."""
        return self.words(ident, **{**self._values, **values})

    def label(self, key: str, unit: Unit = Unit.TEXT) -> Column:
        """A column that says what a row is about."""
        return Column(key=key, title=self.say(f"report.column.{key}"), unit=unit, label=True)

    def column(self, key: str, unit: Unit = Unit.NUMBER) -> Column:
        """A column of figures with their definition."""
        return Column(
            key=key,
            title=self.say(f"report.column.{key}"),
            unit=unit,
            definition=self.say(f"report.definition.{key}"),
        )

    def columns(self, *keys: str) -> tuple[Column, ...]:
        """Columns of numbers."""
        return tuple(self.column(key) for key in keys)

    def agencies(self) -> tuple[Column, Column]:
        """The labels of a row about an agency."""
        return self.label("agency"), self.label("code")

    def headline(self, key: str, value: Cell, before: Cell = None, *, unit: Unit | None = None) -> Headline:
        """A figure that stands alone."""
        kind = unit or (Unit.SHARE if isinstance(value, Share) else Unit.NUMBER)
        return Headline(
            key=key,
            title=self.say(f"report.{'figure' if key in _LONGER_ALONE else 'column'}.{key}"),
            definition=self.say(f"report.definition.{key}"),
            unit=kind,
            value=value,
            before=before,
        )

    def table(
        self,
        key: str,
        columns: Sequence[Column],
        rows: Iterable[Row],
        *,
        total: Sequence[Cell] | None = None,
        chart: Chart | None = None,
        cut: int = 0,
    ) -> Table:
        """`total` holds the cells of the figures; the labels' are filled in."""
        labels = sum(1 for column in columns if column.label)
        name: tuple[Cell, ...] = (self.say("report.total"), *([""] * (labels - 1)))
        return Table(
            key=key,
            title=self.say(f"report.table.{key}"),
            definition=self.say(f"report.table.{key}.definition"),
            columns=tuple(columns),
            rows=tuple(rows),
            total=None if total is None else Row(key="total", cells=(*name, *total)),
            chart=chart,
            empty=self.say("report.empty"),
            cut=cut,
        )

    def line_name(self, line: Agency, top: Agency) -> str:
        """The name of a line; of the top itself, that only what is directly its own is meant."""
        return self.say("report.directly", name=line.name) if line.id == top.id else line.name

    def month_name(self, month: Period) -> str:
        """`10/2026`, in charts and columns."""
        return f"{month.number:02}/{month.year}"

    def period_words(self, period: Period) -> str:
        """`Tháng 10 năm 2026 (từ ngày 15/09/2026 đến ngày 14/10/2026)`."""
        days = self.say("report.period.days", first=f"{period.first:%d/%m/%Y}", last=f"{period.last:%d/%m/%Y}")
        if period.kind is PeriodKind.DAYS:
            return days[:1].upper() + days[1:]
        number = number_of_period(period, self.language)
        name = self.say(f"report.period.{period.kind.value}", number=number, year=period.year)
        return f"{name} ({days})"


def compared_with(scene: Scene, maker: Maker) -> tuple[str, ...]:
    """Which days are compared with; a public version compares with none (`publishing.py`)."""
    days_before = f"{scene.before.first:%d/%m/%Y} – {scene.before.last:%d/%m/%Y}"
    return () if scene.public else (maker.say("report.before", days=days_before),)


def bars(label: str, *series: str) -> Chart:
    """A bar a row."""
    return Chart(kind=ChartKind.BAR, label=label, series=series)


def stacked(label: str, *series: str) -> Chart:
    """Bars of several parts."""
    return Chart(kind=ChartKind.STACKED, label=label, series=series)


def lines(label: str, *series: str) -> Chart:
    """Over time."""
    return Chart(kind=ChartKind.LINE, label=label, series=series, most=60)


def days(period: Period) -> Filters:
    """The filters of a period."""
    return (("from", period.first.isoformat()), ("to", period.last.isoformat()))
