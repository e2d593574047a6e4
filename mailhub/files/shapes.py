"""Connected ink on a page: the frames that stamps are set in.

Marks of urgency and secrecy are framed (Decree 30/2020, Annex I, part II.10): a word alone in a rectangle, put on by
hand, so a little tilted, and grey where the scanner knew no colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_MAX_RUNS = 60_000
_SLOPES = sorted(np.arange(-0.18, 0.181, 0.01), key=abs)
_DRAWN, _HIDDEN = 0.8, 0.35  # of the upper and the lower side, one of which must be drawn, and the other not hidden
_SIDE = 0.5  # of the others: where a frame is tilted, its corners hide a part of them


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are outside. `ink` counts its component's pixels."""

    left: int
    top: int
    right: int
    bottom: int
    ink: int = 0

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def components(mask: Mask) -> list[Box]:
    """The boxes of what hangs together (8 neighbours), largest first. None when the page is full of specks."""
    padded = np.pad(mask.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    if len(rows) > _MAX_RUNS:
        return []
    parents = _joined(rows.tolist(), starts.tolist(), ends.tolist())
    roots = np.array([_root(parents, index) for index in range(len(parents))], dtype=np.int64)
    if not len(roots):
        return []
    _, group = np.unique(roots, return_inverse=True)
    count = int(group.max()) + 1
    left, top = np.full(count, mask.shape[1]), np.full(count, mask.shape[0])
    right, bottom, ink = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.minimum.at(left, group, starts)
    np.minimum.at(top, group, rows)
    np.maximum.at(right, group, ends)
    np.maximum.at(bottom, group, rows + 1)
    np.add.at(ink, group, ends - starts)
    boxes = [Box(*map(int, sides)) for sides in zip(left, top, right, bottom, ink, strict=True)]
    return sorted(boxes, key=lambda box: -box.width * box.height)


def _joined(rows: list[int], starts: list[int], ends: list[int]) -> list[int]:
    """For every run of ink a run that it hangs together with, towards the component's root."""
    parents = list(range(len(rows)))
    above = 0
    for index, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < starts[index]):
            above += 1
        other = above
        while other < index and rows[other] == row - 1 and starts[other] <= ends[index]:
            one, two = _root(parents, other), _root(parents, index)
            parents[max(one, two)] = min(one, two)
            other += 1
    return parents


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def slope_of_frame(mask: Mask) -> float | None:
    """How the upper side of a frame that fills `mask` falls to the right (as a tangent); None when it is no frame.

    Seen from each of its sides, ink must come at once, all along; but a line of text may have grown onto one of them.
    """
    height, width = mask.shape
    filled = np.asarray(mask.any(0))
    upper, above = _straight(mask.argmax(0), filled, height)
    lower, below = _straight(mask[::-1].argmax(0), filled, height)
    slope = upper if above >= below else -lower
    if max(above, below) < _DRAWN or min(above, below) < _HIDDEN:
        return None
    tolerance = 0.12 * width + abs(slope) * height
    for side in (mask.argmax(1), mask[:, ::-1].argmax(1)):
        if np.mean(mask.any(1) & (side <= tolerance)) < _SIDE:
            return None
    return slope


def _straight(distance: NDArray[np.int64], there: Mask, height: int) -> tuple[float, float]:
    """The slope of the straight line that most of the first ink lies on, and the share of columns where it does."""
    columns = np.flatnonzero(there)
    best, share = 0.0, 0.0
    for slope in _SLOPES:
        level = (distance[columns] - slope * columns + len(there)) / max(2.0, 0.05 * height)
        counts = np.bincount(np.maximum(level, 0).astype(np.int64))
        near = float(max(counts[:-1] + counts[1:], default=0)) / len(there)
        if near > share + 0.005:
            best, share = float(slope), near
    return best, share
