"""The words of a cell, the same on the screen and in every file."""

from __future__ import annotations

from datetime import date
from functools import cache

from babel.numbers import format_decimal

from mailhub.clock import DAY, HOUR, MINUTE, SECOND
from mailhub.i18n import texts
from mailhub.reports.periods import Period, PeriodKind
from mailhub.reports.values import Cell, Met, Rate, Share, Suppressed, Unit

NOTHING = "–"
NOT_SAID = "*"


def shown(cell: Cell, unit: Unit, language: str) -> str:
    """`1.234`, `93,1 % (1.210/1.300)`, `14/10/2026`, `2 phút 5 giây`, `Đạt`; `–` for None, `*` for what is not said."""
    if cell is None:
        return NOTHING
    if isinstance(cell, Suppressed):
        return NOT_SAID
    if isinstance(cell, Share):
        return share_words(cell, language)
    if isinstance(cell, Rate):
        return rate_words(cell, language)
    if isinstance(cell, Met):
        words = texts(language)
        return words("report.met") if cell is Met.MET else words("report.missed")
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, int):
        return duration_words(cell, language) if unit is Unit.DURATION else number_words(cell, language)
    return cell


def number_words(number: float, language: str) -> str:
    """`1.234` in Vietnamese, `1,234` in English; of a fraction one place."""
    return format_decimal(number, format="#,##0.#", locale=_LOCALES[language])


def percent_words(percent: float | None, language: str) -> str:
    """`93,1 %`."""
    return NOTHING if percent is None else f"{number_words(round(percent, 1), language)} %"


def rate_words(rate: Rate, language: str) -> str:
    """`3,5`, `71,0`: always one place, so that they stand below each other."""
    if rate.per_hundred is None:
        return NOTHING
    return format_decimal(rate.per_hundred, format="#,##0.0", locale=_LOCALES[language])


def share_words(share: Share, language: str) -> str:
    """`93,1 % (1.210/1.300)`: the two numbers stand beside every share."""
    if share.percent is None:
        return NOTHING
    part, whole = number_words(share.part, language), number_words(share.whole, language)
    return f"{percent_words(share.percent, language)} ({part}/{whole})"


def duration_words(milliseconds: int, language: str) -> str:
    """Two units, the largest first: `1 giờ 5 phút`; below a second in thousandths."""
    if milliseconds < SECOND:
        return texts(language)("report.duration.millisecond", number=milliseconds)
    for place, (name, size) in enumerate(_SIZES):
        if milliseconds >= size:
            parts = [_unit(language, name, milliseconds // size)]
            if place + 1 < len(_SIZES):
                smaller, small = _SIZES[place + 1]
                rest = milliseconds % size // small
                parts += [_unit(language, smaller, rest)] if rest else []
            return " ".join(parts)
    return NOTHING


def number_of_period(period: Period, language: str) -> str:
    """Which month, quarter or half of its year: `10`; in Vietnamese papers quarter `III`, and `đầu`, the first half."""
    if language == "vi" and period.kind is PeriodKind.QUARTER:
        return ("I", "II", "III", "IV")[period.number - 1]
    return texts(language)(f"report.half.{period.number}") if period.kind is PeriodKind.HALF else f"{period.number}"


_SIZES = (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND))
_LOCALES = {"vi": "vi_VN", "en": "en_US"}


@cache
def _unit(language: str, name: str, number: int) -> str:
    return texts(language)(f"report.duration.{name}", number=number)
