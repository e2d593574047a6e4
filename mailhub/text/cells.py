"""Words that go into a spreadsheet's cell and must stay words.

A name that begins with `=` would be run as a formula by whoever opens the file (OWASP, "CSV injection"). Excel and
LibreOffice take an apostrophe before it as "this is text".
"""

from __future__ import annotations

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return "'" + text if text.startswith(_BEGINS_A_FORMULA) else text
