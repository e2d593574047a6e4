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

from mailhub.files import digits, ink, tesseract
from mailhub.files.columns import Word
from mailhub.files.ink import Gray
from mailhub.text.folding import fold
from mailhub.text.lines import Line

UNREAD = "…"
DOUBTED = 0.2  # confidence of a line whose blank could not be read

_UNPROVED = 0.5  # confidence in a line that could not be read twice
_SURE = 0.72  # of the digit reader alone
_SINGLE = 0.85  # of the digit reader alone for one digit, which may be the last of two
_EVIDENT = 0.88  # of the digit reader alone for a day, where any digits make sense
_CERTAIN = 0.93  # of the digit reader alone where print is usual: a month
_LIKELY = 0.35  # of the digit reader where Tesseract says the same
_PRINTED = 0.985  # of Tesseract's letters, each, where print is taken without a second reader
_ONCE = 0.8  # confidence in digits that only one of both readers saw, at the most
_ONE_DIGIT = 1.25  # heights of a capital: broader is no single digit
_LONGEST = 200  # letters of a line
_HEADER = 0.45  # of the page, from above
# How far a `y`, and a colon behind its `ố`, reach to the right, in heights of a capital.
_BROADEST, _COLON = 0.85, 0.4

_NUMBER_LINE = re.compile(r"\W{0,3}s[o0]\s{0,2}[:;.,\d].{0,24}[/-]")
_DATE_LINE = re.compile(r"[^/]{0,40}n?g.y.{0,14}th.ng.{0,10}n.m\W{0,3}\d{4}\W{0,3}$")
# The symbol: capitals behind the slash, with the year of normative documents before them.
_SYMBOL = re.compile(r"(?P<year>(?:19|20)\d\d[/|lI])?(?P<symbol>[A-ZĐƯƠÂĂÔÊÐ][\wĐđ&]*(?:[-–.,]+[\w&]+)*)\W*$")
_DAY = re.compile(r"n?g.y(?P<blank>.{0,12}?)t?h.ng")
_MONTH = re.compile(r"t?h.ng(?P<blank>.{0,10}?)n[aăá]?m\W?")
_YEAR = re.compile(r"n.m\W{0,3}(\d{4})\W{0,3}$")
_LOOKALIKES = str.maketrans("lIiíìÌÍ|oOóÓ", "1111" + "1111" + "0000")
_QD = re.compile(r"(?<![A-ZĐ])[OÓÕ]Đ(?![A-ZĐ])")
_LETTERS = re.compile(r"[A-ZĐƯƠÂĂÔÊ0-9&.,-]+", re.IGNORECASE)
_FIFTH = re.compile(r"\d{4}1")
_SLASHES = frozenset("/\\|lI1")
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
    """`lines` of a page with its number and date lines read again; doubted where that fails.

    Raises tesseract.OcrFailed.
    """
    result = list(lines)
    for wanted, mend in ((_is_number_line, _number), (_is_date_line, _date)):
        for index, line in enumerate(result):
            if wanted(line):
                strip = _strip(gray, line, seconds)
                better = mend(strip, line) if strip is not None else None
                if better is not None:
                    result[index] = better
                    break
                result[index] = replace(line, confidence=min(line.confidence, _UNPROVED))
    return result


def doubted(lines: Sequence[Line]) -> list[Line]:
    """`lines` with those doubted that `mended` would have read again."""
    return [
        replace(line, confidence=min(line.confidence, _UNPROVED))
        if _is_number_line(line) or _is_date_line(line)
        else line
        for line in lines
    ]


def _is_number_line(line: Line) -> bool:
    return _in_header(line) and (line.left or 0) < 0.45 and bool(_NUMBER_LINE.match(fold(line.text)))


def _is_date_line(line: Line) -> bool:
    return _in_header(line) and (line.left or 0) > 0.3 and bool(_DATE_LINE.match(fold(line.text)))


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
    number, sure = _blank(strip, colon, start, text[colon + 1 : start].strip("/"))
    if not year and not set(text[colon + 1 : start]) & _SLASHES:
        sure = min(sure, DOUBTED)  # a hand has swallowed the slash, and perhaps some of the symbol
    if _FIFTH.fullmatch(number):
        sure = min(sure, DOUBTED)  # the fifth may be the slash
    said = _spelled(symbol["symbol"])
    if not _LETTERS.fullmatch(said) or said not in _spelled(line.text):
        sure = min(sure, _UNPROVED)  # two readings of the print, of which one is wrong
    return _replaced(line, f"Số: {number}/{year}{said}", sure)


def _spelled(symbol: str) -> str:
    """A symbol without what OCR makes of its letters: no type begins with `OĐ`, and `Ð` is Iceland's."""
    return _QD.sub("QĐ", "".join(symbol.replace("Ð", "Đ").replace("–", "-").split()))


def _date(strip: _Strip, line: Line) -> Line | None:
    """`Hà Nội, ngày 05 tháng 01 năm 2020` with day and month read again."""
    text = "".join(fold(letter.text)[:1] or "?" for letter in strip.letters)
    day, year = _DAY.search(text), _YEAR.search(text)
    month = _MONTH.search(text, day.end() - 5) if day is not None else None
    if day is None or month is None or year is None:
        return None
    printed, sure = _year(strip, year, line)
    days, day_sure = _blank(strip, day.start("blank") - 1, day.end("blank"), day["blank"], _EVIDENT)
    months, month_sure = _blank(strip, month.start("blank") - 1, month.end("blank"), month["blank"], _CERTAIN)
    if days and not _fits(days, 31):
        days, day_sure = UNREAD, DOUBTED
    if months and not _fits(months, 12):
        months, month_sure = UNREAD, DOUBTED
    place, *rest = re.split(r"(?i)[,.]?\s*n?g[aàáảạâ]y", line.text, maxsplit=1)
    if not rest:
        return None
    place = place.strip(" ,.")
    shown = " ".join(f"{place}, ngày {days} tháng {months} năm {printed}".split())
    return _replaced(line, shown.removeprefix(", "), min(day_sure, month_sure, sure))


def _year(strip: _Strip, year: re.Match[str], line: Line) -> tuple[str, float]:
    """The year, of which Tesseract's two readings agree, or which the digit reader decides."""
    before = re.findall(r"\d{4}", line.text)[-1:]
    third = _seen(strip, strip.letters[year.start(1) - 1].right, strip.letters[year.end(1) - 1].right + 2)
    if before == [year[1]]:
        if third.text == year[1]:
            return year[1], 1.0
        # One program read it twice; where the other one sees another year it is not beyond doubt.
        against = _fits_year(third.text) and third.probability >= _LIKELY
        return year[1], DOUBTED if against else _ONCE
    return (third.text, 0.9) if third.text in (year[1], *before) else (year[1], DOUBTED)


def _fits_year(number: str) -> bool:
    return len(number) == 4 and number[:2] in {"19", "20"}


def _fits(number: str, most: int) -> bool:
    return number.isdigit() and len(number) <= 2 and 1 <= int(number) <= most


def _replaced(line: Line, text: str, sure: float) -> Line:
    return replace(line, text=text, confidence=round(min(1.0, sure), 3))


def _blank(strip: _Strip, before: int, after: int, guess: str, alone: float = _SURE) -> tuple[str, float]:
    """The digits between two letters, and how sure they are: "" where nobody wrote any, UNREAD where they are not.

    `guess` is what Tesseract reads there; without its consent the digit reader must be sure to `alone`.
    """
    left, right = _behind(strip, before), strip.letters[after].left
    printed = guess if _DIGITS.fullmatch(guess) else ""
    likely = guess.translate(_LOOKALIKES)
    print_sure = min((letter.confidence for letter in strip.letters[before + 1 : after]), default=0.0)
    seen = _seen(strip, left, right)
    number = seen.text.rstrip("/")
    if not number and not printed and seen.probability >= _SURE:
        return "", seen.probability
    if number and likely == number and seen.probability >= _LIKELY:
        return number, max(print_sure, seen.probability)
    if printed and print_sure >= _PRINTED and seen.probability < _SURE:
        return printed, _ONCE
    if len(number) == 1:
        alone = max(alone, _SINGLE)
    if _DIGITS.fullmatch(number) and seen.probability >= alone and _fills(strip, left, right, number):
        return number, min(_ONCE, seen.probability)
    return UNREAD, DOUBTED


def _fills(strip: _Strip, left: float, right: float, number: str) -> bool:
    """Whether a single digit is all that the ink between two columns can be: a first one is easily lost."""
    if len(number) > 1:
        return True
    reach = 0.9 * strip.capital
    rows = strip.gray[max(0, int(strip.middle - reach)) : int(strip.middle + reach), int(left) + 2 : int(right) - 1]
    inked = np.flatnonzero((rows < ink.threshold(strip.gray)).any(0))
    return bool(len(inked)) and inked[-1] - inked[0] < _ONE_DIGIT * strip.capital


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
        for shift in (1, 5, 10)  # more or less of the print before it: a digit may touch that
    ]
    return digits.read_strips(strips)
