"""The blanks of a header that a hand fills in: the number after `Số:`, the day and month of the date line.

Tesseract reads print; what it makes of handwriting in between is noise. So both lines are read once more, letter by
letter, the blank is cut out between its printed neighbours, and its digits are read by `digits`. They are believed when
both readers agree, when the print is beyond doubt, or when the digit reader is sure in every rendering. Otherwise an
ellipsis stands where the digits would: a wrong number is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from mailhub.files import digits, tesseract
from mailhub.files.columns import Word
from mailhub.files.ink import Gray
from mailhub.text.folding import fold
from mailhub.text.lines import Line

UNREAD = "…"
DOUBTED = 0.2  # confidence of a line whose blank could not be read

_SURE = 0.75  # of the digit reader alone
_LIKELY = 0.35  # of the digit reader where Tesseract says the same
_PRINTED = 0.985  # of Tesseract's letters, each, where print is taken without a second reader
_LONGEST = 200  # letters of a line
_HEADER = 0.45  # of the page, from above
_BROADEST, _COLON = (
    0.85,
    0.4,
)  # how far a `y` or an `ố`, and a colon behind it, reach to the right, in capitals' heights

_NUMBER_LINE = re.compile(r"\W{0,3}s[o0]\W{0,3}[^\W_]?.{0,24}[/-]")
_DATE_LINE = re.compile(r"ng?.y.{0,14}th.ng.{0,10}n.m\W{0,3}\d")
# The symbol: capitals behind the slash, with the year of normative documents before them.
_SYMBOL = re.compile(r"(?P<year>(?:19|20)\d\d[/|lI])?(?P<symbol>[A-ZĐƯƠÂĂÔÊÐ][\wĐđ&]*(?:[-–.,]+[\w&]+)*)\W*$")
_DAY = re.compile(r"n?g.y(?P<blank>.{0,12}?)t?h.ng")
_MONTH = re.compile(r"th.ng(?P<blank>.{0,10}?)n[aăá]?m\W?")
_DIGITS = re.compile(r"\d{1,5}")


@dataclass(frozen=True, slots=True)
class _Strip:
    """A line read letter by letter. The letters' boxes are in pixels of `gray`, a cut-out of the page."""

    gray: Gray
    letters: list[Word]
    middle: float
    capital: float

    @property
    def text(self) -> str:
        return "".join(letter.text[0] for letter in self.letters[:_LONGEST])


def mended(gray: Gray, lines: Sequence[Line], *, seconds: float) -> list[Line]:
    """`lines` of a page with its number and date lines read again. Raises tesseract.OcrFailed."""
    result = list(lines)
    for wanted, mend in ((_is_number_line, _number), (_is_date_line, _date)):
        for index, line in enumerate(result):
            if wanted(line):
                strip = _strip(gray, line, seconds)
                better = mend(strip, line) if strip is not None else None
                if better is not None:
                    result[index] = better
                    break
    return result


def _is_number_line(line: Line) -> bool:
    return _in_header(line) and (line.left or 0) < 0.45 and bool(_NUMBER_LINE.match(fold(line.text)))


def _is_date_line(line: Line) -> bool:
    return _in_header(line) and (line.right or 0) > 0.5 and bool(_DATE_LINE.search(fold(line.text)))


def _in_header(line: Line) -> bool:
    return line.colour == "" and line.top is not None and line.top < _HEADER


def _strip(gray: Gray, line: Line, seconds: float) -> _Strip | None:
    height, width = gray.shape
    left, right = int((line.left or 0) * width), int((line.right or 1) * width)
    top, bottom = int((line.top or 0) * height), int((line.bottom or 1) * height)
    margin = (bottom - top) // 2
    part = gray[max(0, top - margin) : bottom + margin, max(0, left - 30) : right + 30]
    if min(part.shape) < 10:
        return None
    letters = tesseract.read_characters(part, seconds=seconds)
    capitals = [letter.height for letter in letters if letter.text.isascii() and letter.text.isupper()]
    low = [letter.bottom for letter in letters if letter.text in "nmaiuxrvhSTKHBUGNMCDVL"]
    if len(letters) < 6 or not capitals or not low:
        return None
    return _Strip(part, letters, median(low) - median(capitals) / 2, median(capitals))


def _number(strip: _Strip, line: Line) -> Line | None:
    """`Số: 15/QĐ-BNV` with its digits read again; None when the line is no number line after all."""
    text = strip.text
    colon = next((at for at, sign in enumerate(text[:6]) if sign in ":;."), 1)
    symbol = _SYMBOL.search(text, colon + 1)
    if symbol is None:
        return None
    start = symbol.start()
    year = symbol["year"][:4] + "/" if symbol["year"] else ""
    guess = text[colon + 1 : start].strip("/\\|lI1" if not text[colon + 1 : start].rstrip("/").isdigit() else "/")
    number, sure = _blank(strip, colon, start, guess)
    return _replaced(line, f"Số: {number}/{year}{symbol['symbol']}", sure)


def _date(strip: _Strip, line: Line) -> Line | None:
    """`Hà Nội, ngày 05 tháng 01 năm 2020` with day and month read again."""
    text = "".join(fold(letter.text)[:1] or "?" for letter in strip.letters)
    day, month = _DAY.search(text), None
    if day is not None:
        month = _MONTH.search(text, day.end() - 4)
    year = re.search(r"n.m\W{0,3}(\d{4})", text)
    if day is None or month is None or year is None:
        return None
    days, day_sure = _blank(strip, day.start("blank") - 1, day.end("blank"), day["blank"])
    months, month_sure = _blank(strip, month.start("blank") - 1, month.end("blank"), month["blank"])
    if days and not _fits(days, 31):
        days, day_sure = UNREAD, DOUBTED
    if months and not _fits(months, 12):
        months, month_sure = UNREAD, DOUBTED
    place = re.split(r"(?i)[,.]?\s*ng?[aàáảạ]y", line.text, maxsplit=1)[0].strip(" ,.")
    shown = " ".join(f"{place}, ngày {days} tháng {months} năm {year[1]}".split())
    return _replaced(line, shown.removeprefix(", "), min(day_sure, month_sure))


def _fits(number: str, most: int) -> bool:
    return number.isdigit() and len(number) <= 2 and 1 <= int(number) <= most


def _replaced(line: Line, text: str, sure: float) -> Line:
    return replace(line, text=text, confidence=round(min(1.0, sure), 3))


def _blank(strip: _Strip, before: int, after: int, guess: str) -> tuple[str, float]:
    """The digits between two letters, and how sure they are: "" where nobody wrote any, UNREAD where they are not."""
    left, right = _behind(strip, before), strip.letters[after].left
    printed = guess if _DIGITS.fullmatch(guess) else ""
    print_sure = min((letter.confidence for letter in strip.letters[before + 1 : after]), default=0.0)
    seen = _seen(strip, left, right)
    number = seen.text.rstrip("/")
    if not number and not printed and seen.probability >= _SURE:
        return "", seen.probability
    if printed and printed == number and seen.probability >= _LIKELY:
        return printed, max(print_sure, seen.probability)
    if printed and print_sure >= _PRINTED and seen.probability < _SURE:
        return printed, 0.8
    if _DIGITS.fullmatch(number) and seen.probability >= _SURE:
        return number, 0.9 * seen.probability
    return UNREAD, DOUBTED


def _behind(strip: _Strip, at: int) -> float:
    """Where the letter ends behind which a blank begins; handwriting close to it may have been taken into its box."""
    letter = strip.letters[at]
    usual = letter.left + _BROADEST * strip.capital
    if letter.text in ":;." and at > 0:
        usual = strip.letters[at - 1].right + _COLON * strip.capital
    return min(letter.right, usual)


def _seen(strip: _Strip, left: float, right: float) -> digits.Reading:
    """What the digit reader sees between two columns, in several sizes and places."""
    if right - left < 0.3 * strip.capital:
        return digits.Reading("", 0.0)
    dark, paper = int(np.percentile(strip.gray, 2)), int(np.percentile(strip.gray, 80))
    strips = [
        digits.strip_of(
            strip.gray, (int(left) - shift, int(right) - 1), strip.middle, strip.capital * scale, dark, paper
        )
        for scale in (0.88, 1.0, 1.14)
        for shift in (1, 4)
    ]
    return digits.read_strips(strips)
