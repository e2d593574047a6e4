"""Text whose lines are rows: commas, semicolons or tabs between the cells (RFC 4180, and what Excel writes here)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

_DELIMITERS = "\t;,|"
_SAMPLE = 50  # lines looked at
_LONGEST = 100_000  # characters of a cell, before it is cut
_CELL_CHARACTERS = 500
_COLUMNS = 60


def delimited_rows(text: str) -> Iterator[list[str]]:
    """The rows of a text, its delimiter told by the lines; Excel's own first line `sep=;` is none.

    Raises:
        csv.Error: a cell without end.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    first, _, rest = text.partition("\n")
    delimiter = _delimiter(text)
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        text, delimiter = "\n" + rest, first.strip()[-1]  # the row counts
    csv.field_size_limit(_LONGEST)
    for row in csv.reader(io.StringIO(text), delimiter=delimiter):
        yield [cell.strip()[:_CELL_CHARACTERS] for cell in row[:_COLUMNS]]


def _delimiter(text: str) -> str:
    """The one that cuts most lines into the same number of cells; a tab wins, then a semicolon: words hold commas."""
    lines = [line for line in text[:200_000].split("\n") if line.strip()][:_SAMPLE]

    def fit(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts) - {0}, key=lambda one: (counts.count(one), one), default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_DELIMITERS, key=lambda one: (*fit(one), -_DELIMITERS.index(one))) if lines else ","
