"""Connected ink on a page: words, strokes and stamps as rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_MAX_RUNS = 60_000


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
