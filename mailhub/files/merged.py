"""Merged cells: each of them holds what people see in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

MOST_MERGES = 50_000

Corner = tuple[int, int]
Merge = tuple[Corner, Corner]


def spread(rows: Iterable[list[str]], merges: Sequence[Merge]) -> Iterator[list[str]]:
    """The rows with the text of each merge's first cell in all its cells, as far as rows and columns go.

    Rows and columns of `merges` count from 0 and hold their ends.
    """
    waiting = sorted(merges[:MOST_MERGES], reverse=True)
    open_: list[tuple[int, int, int, str]] = []  # last row, first and last column, text
    for number, row in enumerate(rows):
        while waiting and waiting[-1][0][0] <= number:
            (top, left), (bottom, right) = waiting.pop()
            if top == number and left < len(row) and row[left]:
                open_.append((bottom, left, right, row[left]))
        for _, left, right, text in open_:
            for column in range(left, min(right + 1, len(row))):
                row[column] = text
        open_ = [one for one in open_ if one[0] > number]
        yield row
