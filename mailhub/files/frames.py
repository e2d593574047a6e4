"""Frames on a page: rectangles drawn by hand or by a stamp, tilted a little, torn or run over by text.

Marks of urgency and secrecy are framed (Decree 30/2020, Annex I, part II.10): 20 to 40 mm by 8 mm. A frame is found by
its strokes, not as a piece of connected ink: what stands around it often touches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mailhub.files.ink import Gray

Mask = NDArray[np.bool_]

_PIXEL = 0.26  # millimetres that one pixel of the reduced page is
_WIDE, _HIGH = (14.0, 66.0), (5.5, 17.0)  # millimetres of a frame
_ANGLES = np.arange(-6.0, 6.01, 0.75)  # degrees that the frame falls to the right
_TORN = 4  # reduced pixels that a stroke may be interrupted
_SIDE, _FAR_SIDE = 0.7, 0.6  # shares that must be drawn: of the upright strokes, of the one that lies opposite
_SHARP = 0.1  # weight of a stroke being level to the pixel, which tells the angle
_DARKER = 40  # grey values below the paper: ink
_MOST_STROKES, _MOST = 90, 8
_APART = 3.0  # millimetres between the middles of two frames


@dataclass(frozen=True, slots=True)
class Frame:
    """A tilted rectangle: its middle and size in pixels, how far it falls to the right in degrees.

    `drawn` is the share of its outline that is ink.
    """

    across: float
    down: float
    width: float
    height: float
    angle: float
    drawn: float


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A level run of ink in a sheared mask."""

    row: int
    left: int
    right: int


def frames_of(gray: Gray, *, part: float) -> list[Frame]:
    """The frames in the upper `part` of a page, those drawn best first."""
    step = max(1, round(_PIXEL * gray.shape[1] / 210))
    mask = _ink(gray[: int(gray.shape[0] * part)], step)
    found = [frame for angle in _ANGLES for frame in _level_frames(mask, float(angle))]
    kept: list[Frame] = []
    for frame in sorted(found, key=lambda frame: (-round(frame.drawn, 2), abs(frame.angle))):
        if all(_far(frame, other) for other in kept):
            kept.append(frame)
    return [
        Frame(f.across * step, f.down * step, f.width * step, f.height * step, f.angle, f.drawn) for f in kept[:_MOST]
    ]


def _ink(gray: Gray, step: int) -> Mask:
    rows, columns = gray.shape[0] // step * step, gray.shape[1] // step * step
    if not rows or not columns:
        return np.zeros((1, 1), np.bool_)
    blocks = gray[:rows, :columns].reshape(rows // step, step, columns // step, step)
    small = blocks.sum((1, 3), dtype=np.uint32) // (step * step)
    return np.asarray(small < max(90.0, float(np.percentile(small, 80)) - _DARKER))


def _far(one: Frame, other: Frame) -> bool:
    return max(abs(one.across - other.across), abs(one.down - other.down)) * _PIXEL > _APART


def _level_frames(mask: Mask, angle: float) -> Iterator[Frame]:
    """The frames that lie at this angle: a stroke, with two upright ones at its ends, and another at theirs."""
    fall = float(np.tan(np.radians(angle)))
    sheared, middle = _sheared(mask, fall)
    for stroke in _strokes(sheared):
        for way in (1, -1):
            found = _closed(sheared, stroke, way, fall)
            if found is None:
                continue
            high, drawn = found
            across = (stroke.left + stroke.right) / 2 - way * high / 2 * fall
            down = stroke.row + way * high / 2 + (across - middle) * fall
            slant = float(np.cos(np.radians(angle)))
            yield Frame(across, down, (stroke.right - stroke.left) / slant, high * slant, angle, drawn)


def _sheared(mask: Mask, fall: float) -> tuple[Mask, float]:
    """The mask with each column moved so that what falls to the right by `fall` is level, and the unmoved column."""
    height, width = mask.shape
    falls = np.rint((np.arange(width) - width / 2) * fall).astype(np.int64)
    moved = np.zeros_like(mask)
    starts = [0, *(np.flatnonzero(np.diff(falls)) + 1).tolist(), width]
    for left, right in pairwise(starts):
        by = int(falls[left])
        if abs(by) < height:
            moved[max(0, -by) : height - max(0, by), left:right] = mask[max(0, by) : height + min(0, by), left:right]
    return moved, width / 2


def _strokes(mask: Mask) -> list[_Stroke]:
    """Level runs as long as a frame is wide; of neighbouring rows the longest."""
    thick = mask.copy()
    thick[1:] |= mask[:-1]
    steps = np.diff(np.pad(thick.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    if not len(rows):
        return []
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (rows[1:] != rows[:-1]) | (starts[1:] - ends[:-1] > _TORN)
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(rows)) - 1
    inked = np.add.reduceat(ends - starts, first)
    long = ends[last] - starts[first]
    good = (long * _PIXEL >= _WIDE[0]) & (long * _PIXEL <= 1.8 * _WIDE[1]) & (inked >= 0.8 * long)
    found = [
        _Stroke(int(row), int(left), int(right))
        for row, left, right in zip(rows[first][good], starts[first][good], ends[last][good], strict=True)
    ]
    kept: list[_Stroke] = []
    for stroke in sorted(found, key=lambda stroke: stroke.left - stroke.right):
        if not any(abs(stroke.row - one.row) <= 2 and one.left <= stroke.left < one.right for one in kept):
            kept.append(stroke)
        if len(kept) >= _MOST_STROKES:
            break
    return kept


def _closed(mask: Mask, stroke: _Stroke, way: int, fall: float) -> tuple[int, float] | None:
    """How high the frame on this stroke is, and how much of it is drawn; None when it is none."""
    if (stroke.right - stroke.left) * _PIXEL > _WIDE[1]:
        return None
    most = int(_HIGH[1] / _PIXEL)
    offsets = np.arange(1, most + 1)
    rows = stroke.row + way * offsets
    inside = (rows >= 0) & (rows < mask.shape[0])
    sides = [_upright(mask, rows, inside, column - way * offsets * fall) for column in (stroke.left, stroke.right - 1)]
    shares = np.minimum(*(np.cumsum(side) / offsets for side in sides))
    sharp = float(mask[stroke.row, stroke.left : stroke.right].mean())
    low = int(_HIGH[0] / _PIXEL)
    best: tuple[int, float] | None = None
    for high in range(low, most + 1):
        if not inside[high - 1] or shares[high - 1] < _SIDE:
            continue
        row, shift = stroke.row + way * high, round(-way * high * fall)
        left, right = max(0, stroke.left + shift), max(1, stroke.right + shift)
        far = float(mask[max(0, row - 1) : row + 2, left:right].any(0).mean()) if right > left else 0.0
        drawn = (1 - _SHARP) * (float(shares[high - 1]) + far) / 2 + _SHARP * sharp
        if far >= _FAR_SIDE and (best is None or drawn > best[1] + 0.02):
            best = high, drawn
    return best


def _upright(mask: Mask, rows: NDArray[np.int64], inside: Mask, columns: NDArray[np.floating]) -> Mask:
    """Where an upright stroke is drawn, two pixels to either side allowed."""
    level = np.clip(rows, 0, mask.shape[0] - 1)
    near = np.rint(columns).astype(np.int64)[:, None] + np.arange(-2, 3)[None, :]
    seen = mask[level[:, None], np.clip(near, 0, mask.shape[1] - 1)].any(1)
    return np.asarray(seen & inside)
