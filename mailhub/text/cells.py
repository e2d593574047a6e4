"""Words that go into a spreadsheet's cell and must stay words."""

from __future__ import annotations

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return "'" + text if text.startswith(_BEGINS_A_FORMULA) else text
