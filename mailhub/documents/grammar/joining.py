"""Puts together what narrow table cells broke: `CỘNG` / `HÒA XÃ HỘI …`, `Số:` / `80/NQ-CP`, `QUYẾT` / `ĐỊNH`.

Law collections print the header as a table, and their readers break its lines anywhere. Only landmarks are joined,
within the rows where a header may be, so that running text stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailhub.documents.grammar.heading import completes_heading
from mailhub.documents.grammar.rows import Row

_SEARCH = 70  # rows
# A state document's motto and the one that stands in its place on a Party's.
_MOTTOES = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam")
_NUMBER = re.compile(r"^\W*s[o06]\s?[:.;]?\W*$")
_NUMBER_ON = re.compile(r"^(?:\d{1,6}[a-z]?\s?[/-]|/\s?\w)")
_DATE = re.compile(r"^[^\d,]{2,32}[,;.]?\s?ngay(?:\W{0,3}\d{0,2})?(?:\s?thang(?:\W{0,3}\d{0,2})?)?(?:\s?nam)?\W{0,3}$")
_DATE_ON = re.compile(r"^(?:\d{1,2}\s|thang\b|nam\b|\d{4}\W*$|\d{1,2}$)")
_PLACE_ON = re.compile(r"^[^\W\d]+(?: [^\W\d]+){0,2}[,;] ?ngay\b")


def join_broken(rows: list[Row]) -> list[Row]:
    """The rows with broken landmarks in one piece."""
    joined: list[Row] = []
    for at, row in enumerate(rows):
        if at < _SEARCH and joined and _belongs(joined[-1], row):
            last = joined[-1]
            joined[-1] = replace(last, text=f"{last.text} {row.text}", key=f"{last.key} {row.key}")
        else:
            joined.append(row)
    return joined


def _belongs(last: Row, row: Row) -> bool:
    """Whether `row` goes on where `last` was broken off."""
    if len(last.text) > 60 or len(row.text) > 80:
        return False
    if _NUMBER.match(last.key):
        return not row.gap and _NUMBER_ON.match(row.key) is not None
    if row.gap:
        return False
    return _breaks_motto(last.key, row.key) or _breaks_date(last, row) or completes_heading(last, row)


def _breaks_motto(last: str, key: str) -> bool:
    return any(
        len(last) < len(motto) and motto.startswith(f"{last} ") and motto.startswith(f"{last} {key}"[: len(motto)])
        for motto in _MOTTOES
    )


def _breaks_date(last: Row, row: Row) -> bool:
    if _DATE.match(last.key) and _DATE_ON.match(row.key):
        return True
    return (
        len(last.text) < 12 and last.text.istitle() and _PLACE_ON.match(row.key) is not None and row.text[:1].isupper()
    )
