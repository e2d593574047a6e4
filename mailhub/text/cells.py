"""Words that go into a spreadsheet's cell and must stay words.

A name that begins with `=` would be run as a formula by whoever opens the file (OWASP, "CSV injection"). Excel and
LibreOffice take an apostrophe before it as "this is text".
"""

from __future__ import annotations

# What Excel, LibreOffice and Google Sheets take for the beginning, or trim until there is one; a full-width sign
# becomes a plain one in some of them.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return "'" + text if text.lstrip(" \u00a0").startswith(_BEGINS_A_FORMULA) else text
