"""Lines of a scanned page: set straight, freed of red ink, read by Tesseract, its blanks and stamps looked at again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np
from PIL import Image, ImageDraw

from mailhub.files import blanks, digits, frames, ink, mark_shapes, tesseract
from mailhub.files.columns import Word, lines_of
from mailhub.files.ink import Gray
from mailhub.files.stamps import Stamp, stamps_of
from mailhub.text.lines import Line

_DASHES = frozenset("-–—")
_POOR = 0.55  # a page read with less confidence may lie on its side
_GOOD = 0.8  # so sure that no other position need be tried
_BETTER = 0.15  # by so much another position must be surer
_FEW = 8  # words: too few to judge a page by
_LEAST = 0.2  # seconds for which the OCR program is not worth starting
_RESERVE = 1.5  # seconds kept for what comes after OCR
_LOOK = 8.0  # seconds that a second look at one line may take


def reading_order(pages: Sequence[int], limit: int) -> Iterator[int]:
    """Which of `pages` are read: the first, the last, the second, the last but one, …"""
    for turn in range(min(len(pages), limit)):
        yield pages[turn // 2] if turn % 2 == 0 else pages[-1 - turn // 2]


def preload() -> None:
    """Load what is loaded at first use, from disk too: the sandbox calls this while that can still be read."""
    Image.init()
    picture = Image.new("RGB", (420, 594), "white")
    ImageDraw.Draw(picture).rectangle((60, 60, 160, 90), outline=(200, 20, 20), width=2)
    black, red = ink.split(picture)
    ink.turned(ink.even(black), ink.tilt(black) + 1)
    frames.frames_of(black if red is None else red, part=0.5)
    mark_shapes.preload()
    digits.read_strips([np.zeros((digits.HEIGHT, digits.WIDTH), np.float32)])


def deadline_of(started: float, seconds: float) -> float:
    """Until when pages are read, as a moment of time.monotonic(): what was read by then must still be understood."""
    return started + seconds - min(_RESERVE, seconds / 5)


def out_of_time(deadline: float) -> bool:
    """Whether too little is left until `deadline` to begin anything."""
    return deadline - time.monotonic() < _LEAST


def read_page(picture: Image.Image, *, page: int, deadline: float, also: Sequence[Word] = ()) -> list[Line]:
    """The lines of a page's picture at about 300 dpi. Raises tesseract.OcrFailed.

    `also`: words that are known to stand on the page beside what the picture shows, in its pixels. `deadline` is a
    moment of time.monotonic(). Stamps, the number and the date are looked for on page 1 only.
    """
    black, red, words = _upright(picture, deadline)
    height, width = black.shape
    if page > 1:
        return lines_of([*words, *also], width, height, page=page)
    stamps = stamps_of(black, red, seconds=min(_LOOK, max(_LEAST, deadline - time.monotonic())))
    grey = [stamp for stamp in stamps if not any(word.colour for word in stamp.words)]
    text = [word for word in words if not any(stamp.holds(word) for stamp in grey)]
    lines = lines_of([*text, *also], width, height, page=page)
    try:
        lines = blanks.mended(black, lines, seconds=min(_LOOK, _left(deadline) / 3))
    except tesseract.OcrFailed:
        lines = blanks.doubted(lines)
    for stamp in stamps:
        _put_in(lines, _said(stamp, words, width, height, page))
    return lines


def _upright(picture: Image.Image, deadline: float) -> tuple[Gray, Gray | None, list[Word]]:
    """Black ink, red ink and the words of the page, turned so that it can be read."""
    black, red = ink.split(picture)
    black = ink.even(black)
    black, red, words = _straight(black, red, deadline)
    if _confidence(words) >= _POOR or not (black < ink.threshold(black)).any():
        return black, red, words
    best = black, red, words
    for quarters in (2, 1, 3):
        if deadline - time.monotonic() < 2 * _LOOK or _confidence(best[2]) >= _GOOD:
            break
        try:
            side = _straight(_quarter(black, quarters), None if red is None else _quarter(red, quarters), deadline)
        except tesseract.OcrFailed:
            break
        if _confidence(side[2]) > _confidence(best[2]) + _BETTER:
            best = side
    return best


def _straight(black: Gray, red: Gray | None, deadline: float) -> tuple[Gray, Gray | None, list[Word]]:
    angle = ink.tilt(black)
    black = ink.turned(black, angle)
    words = tesseract.read_words(black, seconds=_left(deadline))
    return black, None if red is None else ink.turned(red, angle), [word for word in words if _worth(word)]


def _quarter(gray: Gray, quarters: int) -> Gray:
    return np.ascontiguousarray(np.rot90(gray, quarters))


def _confidence(words: Sequence[Word]) -> float:
    """How sure the words are; 0 when there are hardly any."""
    long = [word.confidence for word in words if len(word.text) > 1]
    return median(long) if len(long) >= _FEW else 0.0


def _worth(word: Word) -> bool:
    """Not a speck: it has a letter, or is a dash, or is beyond doubt."""
    return any(c.isalnum() for c in word.text) or word.text in _DASHES or word.confidence > 0.6


def _said(stamp: Stamp, words: Sequence[Word], width: int, height: int, page: int) -> list[Line]:
    """The lines of a stamp: its own reading, or else what the page's reading found in it."""
    own = stamp.words or tuple(replace(word, confidence=word.confidence / 2) for word in words if stamp.holds(word))
    return lines_of(own, width, height, page=page)


def _put_in(lines: list[Line], stamped: Sequence[Line]) -> None:
    """Put a stamp's lines behind those that lie wholly above them."""
    if not stamped:
        return
    top = min(line.top or 0.0 for line in stamped)
    at = max((index + 1 for index, line in enumerate(lines) if (line.bottom or 0.0) <= top + 0.005), default=0)
    lines[at:at] = stamped


def _left(deadline: float) -> float:
    """The seconds until `deadline`. Raises tesseract.OcrFailed when they are too few to begin anything."""
    if out_of_time(deadline):
        raise tesseract.OcrFailed("out of time")
    return deadline - time.monotonic()
