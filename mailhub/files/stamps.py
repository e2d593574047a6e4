"""Stamps on a scanned page: words in a frame, in red ink or in what was red before the scanner made it grey.

Tesseract takes a frame for letters and its word for a drawing; so each frame is cut out, set straight, bared of its
lines and read alone. What stands in it becomes lines of its own: neither a mark of urgency nor the number of an
incoming stamp is part of the document's text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from mailhub.files import ink, shapes, tesseract
from mailhub.files.columns import Word
from mailhub.files.ink import Gray
from mailhub.files.shapes import Box

_PART = 0.55  # of a first page, from above, where such stamps are put
_STEP, _COARSE = 4, 12  # pixels that are looked at as one; coarse, so that the letters of a word hang together
_MOST = 3  # stamps of one ink
_WIDE, _HIGH = (0.04, 0.42), (0.008, 0.11)  # as shares of the page
_FRAME_HIGH = 0.019  # a frame without colour is higher than a word of the text
_LETTERS = 70  # pixels that the stamp's inside is enlarged to, a row
_PALE = 190  # red ink is below this in its picture
_SURE = 0.35  # below this, what was read is a drawing


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp: where it stands, and what it says (words in pixels of the page, of the stamp's colour)."""

    box: Box
    words: tuple[Word, ...]

    def holds(self, word: Word) -> bool:
        """Whether the middle of `word` lies in it."""
        across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        return self.box.left <= across <= self.box.right and self.box.top <= down <= self.box.bottom


def stamps_of(black: Gray, red: Gray | None, *, seconds: float) -> list[Stamp]:
    """The stamps of a first page, the red ones first. Raises tesseract.OcrFailed."""
    found: list[Stamp] = []
    if red is not None:
        for box in _red_boxes(red):
            words = _read(red, box, seconds, "red")
            if words:
                found.append(Stamp(box, words))
    for box in _framed_boxes(black):
        if not any(_overlap(box, stamp.box) for stamp in found):
            # A frame without a readable word still keeps what is in it apart from the text beside it.
            found.append(Stamp(box, _read(black, box, seconds, "")))
    return found


def _red_boxes(red: Gray) -> list[Box]:
    """Where red ink stands in a shape broader than high: seals are round and not worth reading."""
    height, width = red.shape
    coarse = _reduced(red[: int(height * _PART)] < _PALE, _COARSE, 6)
    found: list[Box] = []
    for box in _of_size(shapes.components(coarse), _COARSE, height, width):
        if not any(_overlap(box, other) for other in found):
            found.append(box)
    return found[:_MOST]


def _framed_boxes(black: Gray) -> list[Box]:
    height, width = black.shape
    mask = _reduced(black[: int(height * _PART)] < ink.threshold(black), _STEP, 2)
    found: list[Box] = []
    for box in _of_size(shapes.components(mask), _STEP, height, width):
        part = mask[
            box.top // _STEP : box.bottom // _STEP, box.left // _STEP : box.right // _STEP
        ]  # fmt: skip
        if box.height > _FRAME_HIGH * height and box.ink < 0.3 * part.size and shapes.slope_of_frame(part) is not None:
            found.append(box)
    return found[:_MOST]


def _reduced(mask: shapes.Mask, step: int, least: int) -> shapes.Mask:
    """One pixel for `step` by `step`, set where at least `least` of them are."""
    rows, columns = mask.shape[0] // step * step, mask.shape[1] // step * step
    blocks = mask[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return np.asarray(blocks.sum((1, 3), dtype=np.uint8) >= least)


def _of_size(boxes: Iterable[Box], step: int, height: int, width: int) -> Iterable[Box]:
    for box in boxes:
        if box.width < 1.1 * box.height or (box.left * step < 0.01 * width and box.width * step > 0.9 * width):
            continue
        if _WIDE[0] <= box.width * step / width <= _WIDE[1] and _HIGH[0] <= box.height * step / height <= _HIGH[1]:
            yield Box(box.left * step, box.top * step, box.right * step, box.bottom * step, box.ink)


def _overlap(one: Box, two: Box) -> bool:
    return one.left < two.right and two.left < one.right and one.top < two.bottom and two.top < one.bottom


def _read(gray: Gray, box: Box, seconds: float, colour: str) -> tuple[Word, ...]:
    margin = max(4, box.height // 12)
    part = gray[max(0, box.top - margin) : box.bottom + margin, max(0, box.left - margin) : box.right + margin]
    single = box.width > 2.1 * box.height
    straight = _bared(_straight(part))
    if min(straight.shape) < 12:
        return ()
    scale = min(3.0, _LETTERS * (1 if single else 2) / straight.shape[0])
    picture = Image.fromarray(straight).resize((round(straight.shape[1] * scale), round(straight.shape[0] * scale)))
    wide = np.pad(np.asarray(picture), 24, constant_values=255)
    words = tesseract.read_words(wide, mode=tesseract.LINE if single else tesseract.BLOCK, seconds=seconds)
    kept = [word for word in words if word.confidence >= _SURE and any(c.isalnum() for c in word.text)]
    return tuple(
        replace(
            word,
            left=box.left + (word.left - 24) / scale,
            right=box.left + (word.right - 24) / scale,
            top=box.top + (word.top - 24) / scale,
            bottom=box.top + (word.bottom - 24) / scale,
            colour=colour,
        )
        for word in kept
    )


def _straight(part: Gray) -> Gray:
    """The stamp set straight by the slope of its frame."""
    slope = shapes.slope_of_frame(_tight(part < min(_PALE, ink.threshold(part) + 20)))
    return part if slope is None else ink.turned(part, float(np.degrees(np.arctan(slope))))


def _tight(mask: shapes.Mask) -> shapes.Mask:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _bared(part: Gray) -> Gray:
    """What is inside the frame: each side is cut behind its line, where there is one near the edge."""
    mask = part < min(_PALE, ink.threshold(part) + 20)
    height, width = mask.shape
    rows = mask.mean(1)
    top, bottom = _behind(rows, 0.42), height - _behind(rows[::-1], 0.42)
    columns = mask[top:bottom].mean(0)
    left, right = _behind(columns, 0.15), width - _behind(columns[::-1], 0.15)
    return part[top:bottom, left:right] if bottom - top > 8 and right - left > 8 else part


def _behind(share: np.ndarray[tuple[int, ...], np.dtype[np.float64]], part: float) -> int:
    """The first row behind the last dense one in the outer `part`, 0 when none is dense."""
    dense = np.flatnonzero(share[: max(1, int(len(share) * part))] > 0.55)
    if not len(dense):
        return 0
    at = int(dense[-1]) + 1
    while at < len(share) // 2 and share[at] > 0.25:
        at += 1
    return at
