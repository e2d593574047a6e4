"""The words of stamps by their shape: what stands in a frame is compared, as a whole, with each mark drawn.

Marks are a closed list, so that a word which OCR cannot spell is still known by its looks. The whole inside of a frame
is compared: what a mark leaves unexplained counts against it, and `KHẨN` is not seen in `THƯỢNG KHẨN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mailhub.files.ink import Gray

Floats = NDArray[np.float32]

# What is drawn, of several degrees the higher one first.
MARKS = (
    "TUYỆT MẬT",
    "TỐI MẬT",
    "MẬT",
    "HỎA TỐC HẸN GIỜ",
    "HỎA TỐC",
    "THƯỢNG KHẨN",
    "KHẨN",
    "XEM XONG TRẢ LẠI",
    "LƯU HÀNH NỘI BỘ",
    "TÀI LIỆU THU HỒI",
)

_HIGH = 32  # pixels that a frame's inside is reduced to
_CAPITAL = 24  # of the drawn words: scripts/draw_marks.py
_SIZES = (0.36, 0.42, 0.49, 0.57, 0.66, 0.76)  # a capital's height as a share of the inside's
_FINE = (0.92, 1.0, 1.08)
_BROAD = (1.0, 1.25)  # width against the drawn width: letters may be set apart
_NARROW = (0.88, 1.0, 1.13)
_BLANK = 0.02  # deviation of an inside in which hardly anything stands
_LEAST = 12  # pixels of an inside, either way
_AGAIN = 3  # marks that are looked at more closely


@dataclass(frozen=True, slots=True)
class Likeness:
    """The mark that is most alike ("" is a word that is none), how much (-1 to 1), and the next one's likeness.

    `middle` and `breadth` tell where the word stands and how broad it is, as shares of the inside's breadth.
    """

    mark: str
    score: float
    next_score: float
    middle: float = 0.5
    breadth: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class _Fit:
    """How well a drawn word fits, where (a column), and which it is: its index, size and breadth."""

    score: float = -1.0
    column: float = 0.0
    pixels: int = 0
    index: int = 0
    size: float = 0.0
    broad: float = 1.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    mark: str
    picture: Image.Image


@cache
def _words() -> tuple[_Drawn, ...]:
    with resources.files("mailhub.files").joinpath("marks.npz").open("rb") as file, np.load(file) as drawn:
        return tuple(_Drawn(name.split("|")[0], Image.fromarray(drawn[name])) for name in drawn.files)


@cache
def _fitted(index: int, size: float, narrow: float) -> Floats:
    """A drawn word in the size that its capitals have `size` of the inside's height."""
    picture = _words()[index].picture
    scale = size * _HIGH / _CAPITAL
    small = picture.resize((max(2, round(picture.width * scale * narrow)), max(2, round(picture.height * scale))))
    padded = Image.fromarray(np.pad(np.asarray(small), 2))
    return np.asarray(padded.filter(ImageFilter.BoxBlur(1)), np.float32)


def preload() -> None:
    """Read the drawn words, and bring them to the sizes that every inside is compared with."""
    for index in range(len(_words())):
        for size, broad in product(_SIZES, _BROAD):
            _fitted(index, size, broad)


def likeness(inside: Gray) -> Likeness:
    """What the inside of a frame, set straight, looks like."""
    if min(inside.shape) < _LEAST:
        return Likeness("", 0.0, 0.0)
    ink = _ink_of(inside)
    if float(ink.std()) < _BLANK:
        return Likeness("", 0.0, 0.0)
    spectrum = np.fft.rfft2((ink - ink.mean()) / (float(ink.std()) * ink.size))
    best: dict[str, _Fit] = {}
    for index, word in enumerate(_words()):
        for size, broad in product(_SIZES, _BROAD):
            fit = _fit(spectrum, ink.shape, index, size, broad)
            best[word.mark] = max(best.get(word.mark, fit), fit)
    for mark, rough in sorted(best.items(), key=lambda item: -item[1].score)[:_AGAIN]:
        again = product(_FINE, _NARROW)
        tries = (_fit(spectrum, ink.shape, rough.index, rough.size * f, rough.broad * n) for f, n in again)
        best[mark] = max(rough, *tries)
    (mark, first), (_, second) = sorted(best.items(), key=lambda item: -item[1].score)[:2]
    wide = ink.shape[1]
    return Likeness(mark, first.score, second.score, (first.column + first.pixels / 2) / wide, first.pixels / wide)


def _ink_of(inside: Gray) -> Floats:
    """The inside reduced, ink 1 and paper 0."""
    height, width = inside.shape
    wide = max(8, round(width * _HIGH / height))
    small = Image.fromarray(inside).resize((wide, _HIGH), Image.Resampling.BOX).filter(ImageFilter.BoxBlur(1))
    gray = np.asarray(small, np.float32)
    paper, dark = float(np.percentile(gray, 80)), float(np.percentile(gray, 2))
    return np.asarray(np.clip((paper - gray) / max(20.0, paper - dark), 0, 1), np.float32)


def _fit(spectrum: NDArray[np.complexfloating], shape: tuple[int, ...], index: int, size: float, broad: float) -> _Fit:
    """The best correlation of the inside with a word, wherever in it the word is put whole."""
    word = _fitted(index, size, broad)
    height, width = shape
    down, across = height - word.shape[0], width - word.shape[1]
    if across < 0 or down < -8:
        return _Fit(index=index)
    if down < 0:
        word = word[-down // 2 : -down // 2 + height]
        down = height - word.shape[0]
    full = np.zeros(shape, np.float32)
    full[: word.shape[0], : word.shape[1]] = word
    full -= full.mean()
    alike = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(full)), s=shape)[: down + 1, : across + 1]
    at = int(alike.argmax())
    score = float(alike.flat[at]) / max(1e-6, float(full.std()))
    return _Fit(score, at % (across + 1), word.shape[1], index, size, broad)
