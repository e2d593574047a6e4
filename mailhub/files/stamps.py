"""Stamps on a scanned page: words in a frame, in red ink or in what was red before the scanner made it grey.

Tesseract takes a frame for letters and its word for a drawing; so each frame is cut out, set straight, bared of its
strokes and looked at alone, by its shape and by its letters. Both must agree on a mark: one that is seen and not read
for certain is told with a confidence of DOUBTED, since a degree too low is worse than none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mailhub.files import frames, ink, mark_shapes, shapes, tesseract
from mailhub.files.columns import Word
from mailhub.files.frames import Frame
from mailhub.files.ink import Gray
from mailhub.files.mark_shapes import MARKS, Likeness
from mailhub.files.shapes import Box
from mailhub.text.folding import skeleton

DOUBTED = 0.2  # confidence of a mark that is seen and not read for certain

_PART = 0.55  # of a first page, from above, where such stamps are put
_COARSE = 12  # pixels that are looked at as one, so that the letters of a word hang together
_PIECES = 60  # of red ink that are put together
_MOST = 4  # stamps of one ink
_WIDE, _HIGH = (0.04, 0.42), (0.008, 0.11)  # of an unframed stamp, as shares of the page
_EDGE = 0.04  # of a frame's height that its outline may be off
# Shares of a row that is a stroke of the frame, of one that may be where no whole frame was found, and of what still
# belongs to it.
_DENSE, _BROKEN, _SPARSE = 0.75, 0.58, 0.5
_LETTERS = 70  # pixels that the stamp's inside is enlarged to, a row
_PALE = 190  # red ink is below this in its picture
_LEGIBLE = 0.35  # confidence of a word: below this, what was read is a drawing
_CLEAR = 0.75  # of letters that speak against a shape
_DRAWN = 0.9  # of an outline: it is a frame, whatever is in it
# How alike a shape must be: to be a mark when the letters agree, when they are no hindrance, when there are none; to be
# suspected of being one.
_AGREED, _SUPPORTED, _ALONE, _SUSPECT = 0.4, 0.5, 0.62, 0.5
_ALIKE = 0.75  # so alike that no other slope need be tried
_AHEAD = 0.06  # of the next mark's likeness
_TURNS = (0.0, -1.5, 1.5, -3.0, 3.0, -5.0, 5.0)  # degrees tried where no frame tells the slope
_ASIDE, _SHORT = 0.15, 0.3  # a mark's middle from that of its frame, its breadth in its frame's: all that stands there
_SPANNED = 0.7  # of the ink's breadth that letters must cover to be all that stands there


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp: where it stands, and what it says (words in pixels of the page, of the stamp's colour).

    `mark` tells that it was known for a mark; `framed` that a frame parts it from the text.
    """

    box: Box
    words: tuple[Word, ...]
    mark: bool = False
    framed: bool = False

    def holds(self, word: Word) -> bool:
        """Whether the middle of `word` lies in it, and not on its edge: a line of the text may cross that."""
        across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        edge = 0.12 * self.box.height if self.mark else 0.0
        return self.box.left <= across <= self.box.right and self.box.top + edge <= down <= self.box.bottom - edge


def stamps_of(black: Gray, red: Gray | None, *, seconds: float) -> list[Stamp]:
    """The stamps of a first page, the red ones first. `seconds` is what OCR may take for all of them."""
    until = time.monotonic() + seconds
    found: list[Stamp] = []
    for gray, colour in ((red, "red"), (black, "")):
        if gray is None:
            continue
        own: list[Stamp] = []
        for frame in _best_drawn(frames.frames_of(gray, part=_PART)):
            stamp = _framed(gray, frame, until, colour)
            if stamp is not None and not any(_overlap(stamp.box, other.box) for other in (*found, *own)):
                own.append(stamp)
        for box in _red_boxes(gray) if colour else []:
            if len(own) < _MOST and not any(_overlap(box, other.box) for other in own):
                own += _unframed(gray, box, until)
        found += own
    return found


def _best_drawn(found: Sequence[Frame]) -> list[Frame]:
    """Of frames that overlap the ones drawn best: a part of a frame looks like a frame, and `MẬT` is in `TỐI MẬT`."""
    kept: list[Frame] = []
    for frame in sorted(found, key=lambda one: -round(one.drawn, 1) - one.width / 100_000):
        if not any(_overlap(_box(frame), _box(other)) for other in kept):
            kept.append(frame)
    return kept[:_MOST]


def _box(frame: Frame) -> Box:
    lean = abs(np.sin(np.radians(frame.angle)))
    across = (frame.width + frame.height * lean) / 2
    down = (frame.height + frame.width * lean) / 2
    return Box(
        max(0, int(frame.across - across)),
        max(0, int(frame.down - down)),
        int(frame.across + across),
        int(frame.down + down),
    )


def _framed(gray: Gray, frame: Frame, until: float, colour: str) -> Stamp | None:
    like, inside = _most_alike(gray, frame, (0.0, -0.8, 0.8), _DENSE)
    if like.score < _SUSPECT * 0.8 and frame.drawn < _DRAWN:
        return None
    box = _box(frame)
    said, mark = _judged(like, inside, box, until, colour)
    if not mark and frame.drawn < _DRAWN:
        return None
    return Stamp(box, said, mark, framed=True)


def _unframed(red: Gray, box: Box, until: float) -> list[Stamp]:
    """What red ink without a frame says, set straight as its word is most alike to a mark."""
    frame = Frame((box.left + box.right) / 2, (box.top + box.bottom) / 2, box.width, box.height, 0.0, 0.0)
    reach = max(8.0, 0.15 * box.height)
    wide = replace(frame, width=frame.width + 2 * reach, height=frame.height + 2 * reach)
    like, inside = _most_alike(red, wide, _TURNS, _BROKEN)
    words, mark = _judged(like, inside, box, until, "red")
    return [Stamp(box, words, mark)] if words else []


def _most_alike(gray: Gray, frame: Frame, turns: Sequence[float], dense: float) -> tuple[Likeness, Gray]:
    """The inside of a frame turned so that it is most alike to a mark."""
    tried: list[tuple[Likeness, Gray]] = []
    for turn in turns:
        inside = _cut(gray, replace(frame, angle=frame.angle + turn), dense)
        tried.append((mark_shapes.likeness(inside), inside))
        if not 0.2 < tried[-1][0].score < _ALIKE:
            break
    return max(tried, key=lambda one: one[0].score)


def _judged(like: Likeness, inside: Gray, box: Box, until: float, colour: str) -> tuple[tuple[Word, ...], bool]:
    """What stands in a stamp, and whether that is a mark: its shape and its letters heard."""
    words = _read(inside, box, until, colour)
    spelled = skeleton("".join(word.text for word in words))
    sure = min((word.confidence for word in words), default=0.0)
    lone = next((mark for mark in MARKS if skeleton(mark) == spelled), "")
    near = SequenceMatcher(None, spelled, skeleton(like.mark), autojunk=False).ratio() if spelled else 0.0
    ahead = like.score - like.next_score >= _AHEAD
    said, confidence = "", 0.0
    if lone and lone == like.mark and like.score >= _AGREED:
        said, confidence = lone, 0.97
    elif lone and ahead and like.score >= _ALONE and like.mark.endswith(f" {lone}"):
        said, confidence = like.mark, 0.88  # `MẬT` is what the program kept of `TUYỆT MẬT`
    elif lone:
        # The letters say one mark and the shape another one, or none: of one word more may have stood there.
        whole = sure >= _CLEAR and like.score < _ALONE and (" " in lone or _spans(words, inside))
        said, confidence = (lone, 0.85) if whole and lone != like.mark else (_higher(lone, like), DOUBTED)
    elif like.mark and like.score >= _SUSPECT:
        if " " in like.mark:
            strange = sure >= _CLEAR and near < 0.5
        else:  # a word of one syllable is like many others, so that its consonants must agree where any are read
            strange = bool(spelled) and _consonants(spelled) != _consonants(skeleton(like.mark))
        enough = _SUPPORTED if near >= 0.6 else _ALONE
        if ahead and like.score >= enough and not strange:
            said, confidence = like.mark, 0.9
        elif not strange or near >= 0.6:
            said, confidence = like.mark, DOUBTED
    if not said:
        return words, False
    if " " not in said and (abs(like.middle - 0.5) > _ASIDE or like.breadth < _SHORT):
        confidence = DOUBTED  # a word may have stood beside it
    return (Word(said, box.left, box.top, box.right, box.bottom, confidence, colour=colour),), True


def _consonants(bones: str) -> str:
    """A word without its vowels, and without the strokes that OCR makes of one with marks above and below."""
    return "".join(letter for letter in bones if letter not in "aeiouyl1")


def _higher(lone: str, like: Likeness) -> str:
    """The higher degree of two, of which both are told with doubt."""
    return min(lone, like.mark or lone, key=MARKS.index)


def _spans(words: Sequence[Word], inside: Gray) -> bool:
    """Whether the letters cover the breadth of the ink."""
    columns = np.flatnonzero((inside < min(_PALE, ink.threshold(inside) + 20)).any(0))
    if not len(columns):
        return False
    spanned = max(word.right for word in words) - min(word.left for word in words)
    return bool(spanned >= _SPANNED * (columns[-1] - columns[0]))


def _cut(gray: Gray, frame: Frame, dense: float) -> Gray:
    """The inside of a frame, set straight."""
    reach = int(max(frame.width, frame.height) * 0.6) + 10
    left, top = int(frame.across) - reach, int(frame.down) - reach
    part = np.full((2 * reach, 2 * reach), 255, np.uint8)
    seen = gray[max(0, top) : max(0, top + 2 * reach), max(0, left) : max(0, left + 2 * reach)]
    down, across = max(0, -top), max(0, -left)
    part[down : down + seen.shape[0], across : across + seen.shape[1]] = seen
    part = ink.turned(part, frame.angle)
    half, side = frame.height * (0.5 - _EDGE), frame.width / 2 - _EDGE * frame.height
    return _bared(part[int(reach - half) : int(reach + half), int(reach - side) : int(reach + side)], dense)


def _bared(part: Gray, dense: float) -> Gray:
    """What is inside the strokes: each side is cut behind its last one, and most stamps have two."""
    if min(part.shape) < 12:
        return part
    mask = part < min(_PALE, ink.threshold(part) + 20)
    height, width = mask.shape
    rows = mask.mean(1)
    top, bottom = _behind(rows, 0.3, dense), height - _behind(rows[::-1], 0.25, dense)
    columns = mask[top:bottom].mean(0)
    left, right = _behind(columns, 0.12, dense), width - _behind(columns[::-1], 0.12, dense)
    return part[top:bottom, left:right] if bottom - top > 12 and right - left > 12 else part


def _behind(share: NDArray[np.float64], part: float, dense: float) -> int:
    """The first row behind the last dense one in the outer `part`, 0 when none is dense."""
    strokes = np.flatnonzero(share[: max(1, int(len(share) * part))] > dense)
    if not len(strokes):
        return 0
    at = int(strokes[-1]) + 1
    while at < len(share) // 2 and share[at] > _SPARSE:
        at += 1
    return at + 1


def _read(inside: Gray, box: Box, until: float, colour: str) -> tuple[Word, ...]:
    """The words in a stamp's inside, roughly where they stand on the page."""
    single = inside.shape[1] > 2.1 * inside.shape[0]
    scale = min(3.0, _LETTERS * (1 if single else 2) / inside.shape[0])
    picture = Image.fromarray(inside).resize((round(inside.shape[1] * scale), round(inside.shape[0] * scale)))
    wide = np.pad(np.asarray(picture), 24, constant_values=255)
    mode, left = tesseract.LINE if single else tesseract.BLOCK, max(0.2, until - time.monotonic())
    try:
        words = tesseract.read_words(wide, mode=mode, seconds=left)
    except tesseract.OcrFailed:  # then the shape speaks alone
        words = []
    kept = [word for word in words if word.confidence >= _LEGIBLE and any(c.isalnum() for c in word.text)]
    across, down = (box.width - inside.shape[1]) / 2 + box.left, (box.height - inside.shape[0]) / 2 + box.top
    return tuple(
        Word(
            word.text,
            across + (word.left - 24) / scale,
            down + (word.top - 24) / scale,
            across + (word.right - 24) / scale,
            down + (word.bottom - 24) / scale,
            word.confidence,
            colour=colour,
        )
        for word in kept
    )


def _red_boxes(red: Gray) -> list[Box]:
    """Where red ink stands in a shape broader than high: seals are round and not worth reading."""
    height, width = red.shape
    coarse = _reduced(red[: int(height * _PART)] < _PALE, _COARSE, 6)
    found: list[Box] = []
    pieces = [box for box in shapes.components(coarse) if box.ink > 2][:_PIECES]
    for box in _of_size(_in_rows(pieces), _COARSE, height, width):
        if not any(_overlap(box, other) for other in found):
            found.append(box)
    return found[:_MOST]


def _in_rows(pieces: Sequence[Box]) -> list[Box]:
    """Pieces of about the same height that stand side by side as one: `TỐI` and `MẬT` are a degree together."""
    rows: list[Box] = []
    for piece in sorted(pieces, key=lambda box: box.left):
        at = next((index for index, row in enumerate(rows) if _beside(row, piece)), None)
        if at is None:
            rows.append(piece)
            continue
        row = rows[at]
        top, bottom = min(row.top, piece.top), max(row.bottom, piece.bottom)
        rows[at] = Box(row.left, top, max(row.right, piece.right), bottom, row.ink + piece.ink)
    return sorted(rows, key=lambda box: -box.width * box.height)


def _beside(row: Box, piece: Box) -> bool:
    low, high = sorted((row.height, piece.height))
    shared = min(row.bottom, piece.bottom) - max(row.top, piece.top)
    return high <= 2 * low + 1 and 2 * shared >= low and piece.left - row.right <= 1.5 * high


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
