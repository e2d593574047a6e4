"""What a public version hides cannot be worked out from what it says."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports.suppression import Sum, suppressed

pytestmark = pytest.mark.unit

BELOW = 5


def matrix(rows: list[list[int]]) -> tuple[dict[Hashable, int], list[Sum]]:
    """A table with sums below and beside."""
    cells: dict[Hashable, int] = {}
    sums = []
    width = range(len(rows[0]))
    for number, row in enumerate(rows):
        for place in width:
            cells[number, place] = row[place]
        cells["row", number] = sum(row)
        sums.append(Sum(("row", number), tuple((number, place) for place in width)))
    for place in width:
        cells["column", place] = sum(row[place] for row in rows)
        sums.append(Sum(("column", place), tuple((number, place) for number in range(len(rows)))))
    cells["all"] = sum(sum(row) for row in rows)
    sums.append(Sum("all", tuple(("row", number) for number in range(len(rows)))))
    sums.append(Sum("all", tuple(("column", place) for place in width)))
    return cells, sums


def follows(cell: Hashable, sums: list[Sum], hidden: frozenset[Hashable]) -> bool:
    """Whether a reader with a pencil could work the cell out: without its column the sums say less by one."""
    unknown = sorted(hidden, key=str)
    said = np.zeros((len(sums), len(unknown)))
    for number, one in enumerate(sums):
        for key in one.cells:
            if key in hidden:
                said[number, unknown.index(key)] += -1 if key == one.total else 1
    without = np.delete(said, unknown.index(cell), axis=1)
    rank = np.linalg.matrix_rank
    return bool(rank(said) == (rank(without) if without.size else 0) + 1)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(
    st.lists(st.sampled_from([0, 0, 1, 3, 4, 5, 8, 30]), min_size=width, max_size=width), min_size=1, max_size=5
)))  # fmt: skip
def test_no_hidden_number_follows_from_the_sums(rows: list[list[int]]) -> None:
    cells, sums = matrix(rows)
    hidden = suppressed(cells, sums, BELOW)
    small = {key for key, number in cells.items() if 0 < number < BELOW}
    assert small <= hidden
    assert not [key for key in small if follows(key, sums, hidden)]
    for one in sums:
        parts = [cells[key] for key in one.parts if key in hidden]
        assert one.total in hidden or not parts or sum(parts) >= BELOW


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    cells, sums = matrix([[10, 20], [0, 7]])
    assert suppressed(cells, sums, BELOW) == frozenset()


def test_the_next_smallest_goes_with_a_small_one() -> None:
    cells: dict[Hashable, int] = {"all": 118, "a": 3, "b": 15, "c": 100}
    assert suppressed(cells, [Sum("all", ("a", "b", "c"))], BELOW) == {"a", "b"}


def test_a_single_line_takes_its_total_along() -> None:
    cells: dict[Hashable, int] = {"all": 3, "a": 3}
    assert suppressed(cells, [Sum("all", ("a",))], BELOW) == {"a", "all"}


def test_two_ones_do_not_hide_behind_each_other() -> None:
    """A total of 2 would tell that each of two hidden ones is at most 2."""
    cells: dict[Hashable, int] = {"all": 52, "a": 1, "b": 1, "c": 50}
    assert suppressed(cells, [Sum("all", ("a", "b", "c"))], BELOW) == {"a", "b", "c"}
