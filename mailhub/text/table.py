"""Tables whose cells hold text of the old fonts: told by whole sheets and columns, since one cell says too little."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mailhub.text.folding import clean
from mailhub.text.legacy import to_unicode
from mailhub.text.syllables import is_syllable
from mailhub.text.vni import from_vni

_BETWEEN = " \x1f "  # a blank for every expression, and in no cell

_MODERN = re.compile("[\u0102\u0103\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")  # no old font gives these
_WORD = re.compile(r"[^\W\d_]+")

Repair = Callable[[str], str | None]


def in_unicode(rows: list[list[str]]) -> list[list[str]]:
    """The rows with text of TCVN3 (.Vn fonts) or VNI made Unicode, NFC; others stay as they are."""
    for repair in (to_unicode, from_vni):
        whole = _repaired([cell for row in rows for cell in row], repair)
        if whole is not None:
            cells = iter(whole)
            return [[next(cells) for _ in row] for row in rows]
    width = max(map(len, rows), default=0)
    columns = [_column([row[number] for row in rows if number < len(row)]) for number in range(width)]
    streams = [iter(column) for column in columns]
    return [[clean(next(streams[number])) for number in range(len(row))] for row in rows]


def _column(cells: list[str]) -> Sequence[str]:
    for repair in (to_unicode, from_vni):
        if (repaired := _repaired(cells, repair)) is not None:
            return repaired
    return cells


def _repaired(cells: list[str], repair: Repair) -> list[str] | None:
    old = [cell for cell in cells if not _MODERN.search(cell)]
    text = _BETWEEN.join(old)
    if text.isascii():
        return None
    converted = repair(text)
    if converted is None:
        return None
    found = converted.split(_BETWEEN)
    if len(found) != len(old):
        return None
    fresh = iter(found)
    mixed = len(old) < len(cells)
    return [_chosen(cell, next(fresh), mixed=mixed) if not _MODERN.search(cell) else cell for cell in cells]


def _chosen(cell: str, converted: str, *, mixed: bool) -> str:
    """Where Unicode stands beside the old text, what reads as Vietnamese already is left alone (`Tên`)."""
    return cell if mixed and all(map(is_syllable, _WORD.findall(cell))) else clean(converted)
