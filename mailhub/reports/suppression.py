"""Small numbers that a public version does not say, and enough others that nobody can work them out. Pure.

Cells stand in sums (a total and its parts). First each number from 1 to below the limit goes. Then other cells go with
them, until in every sum at least two are not said, which come to the limit together (else the total nearly tells what
each is), and until no cell that is not said follows from all sums together: that is asked of linear algebra, since
several totals can be combined (a table has them below and beside).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

K = TypeVar("K", bound=Hashable)
_NOUGHT = 1e-7


@dataclass(frozen=True, slots=True)
class Sum:
    """A cell that is the sum of others."""

    total: Hashable
    parts: tuple[Hashable, ...]

    @property
    def cells(self) -> tuple[Hashable, ...]:
        return (self.total, *self.parts)


def suppressed(
    cells: Mapping[Hashable, int], sums: Iterable[Sum], below: int, also: Collection[Hashable] = ()
) -> frozenset[Hashable]:
    """The cells that must not be said, of those in `cells`; `also`: what is not said for another reason. Every cell of
    a sum is in `cells`."""
    known = [Sum(one.total, one.parts) for one in sums if one.parts]
    hidden = {key for key, number in cells.items() if 0 < number < below} | {key for key in also if key in cells}
    while True:
        _close(cells, known, hidden, below)
        given_away = _determined(known, hidden)
        mended = [_mend(cells, known, key, hidden) for key in given_away]
        if not any(mended):
            return frozenset(hidden)


def _mend(cells: Mapping[Hashable, int], sums: Sequence[Sum], given_away: Hashable, hidden: set[Hashable]) -> bool:
    """Hide one more cell of a sum in which the cell stands; else of any. False: nothing is left to hide."""
    near = [one for one in sums if given_away in one.cells]
    return any(_hide_another(cells, one, hidden) for one in (*near, *sums))


def _close(cells: Mapping[Hashable, int], sums: Sequence[Sum], hidden: set[Hashable], below: int) -> None:
    """Until no sum gives one of its cells away by itself."""
    changed = True
    while changed:
        changed = False
        for one in sums:
            while _tells(cells, one, hidden, below) and _hide_another(cells, one, hidden):
                changed = True


def _tells(cells: Mapping[Hashable, int], one: Sum, hidden: set[Hashable], below: int) -> bool:
    there = [key for key in one.cells if key in hidden]
    if not there:
        return False
    if len(there) == 1:
        return True
    parts = [key for key in one.parts if key in hidden]
    return one.total not in hidden and sum(cells[key] for key in parts) < below


def _hide_another(cells: Mapping[Hashable, int], one: Sum, hidden: set[Hashable]) -> bool:
    """Hide the smallest part that is something; without one, the total; without that, a nought. False: all are."""
    parts = [key for key in one.parts if key not in hidden]
    something = [key for key in parts if cells[key]]
    if something:
        hidden.add(min(something, key=lambda key: cells[key]))
    elif one.total not in hidden:
        hidden.add(one.total)
    elif parts:
        hidden.add(parts[0])
    else:
        return False
    return True


def _determined(sums: Sequence[Sum], hidden: set[Hashable]) -> list[Hashable]:
    """Hidden cells that follow from the sums together: those whose column no solution of the sums can change."""
    rows = [one for one in sums if any(key in hidden for key in one.cells)]
    unknown = list(dict.fromkeys(key for one in rows for key in one.cells if key in hidden))
    if not unknown:
        return []
    place = {key: number for number, key in enumerate(unknown)}
    matrix = np.zeros((len(rows), len(unknown)))
    for number, one in enumerate(rows):
        for key in one.cells:
            if key in hidden:
                matrix[number, place[key]] += -1 if key == one.total else 1
    # The projection onto what the sums fix: a cell is fixed when its own row of it is its unit vector.
    fixed = np.diag(np.linalg.pinv(matrix) @ matrix)
    return [key for key in unknown if fixed[place[key]] > 1 - _NOUGHT]
