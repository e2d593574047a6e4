"""Tables for spreadsheets on standard output."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

import click

from mailhub.text.cells import safe_cell


class _Out:
    """What `csv` writes to. Excel takes it for UTF-8 by the mark at its beginning."""

    def __init__(self) -> None:
        self._begun = False

    def write(self, text: str) -> None:
        click.echo(text if self._begun else "\ufeff" + text, nl=False)
        self._begun = True


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a CSV file, a row at a time; no cell begins a formula."""
    writer = csv.writer(_Out())
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
