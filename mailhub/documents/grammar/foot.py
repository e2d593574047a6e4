"""Where the foot of a document begins and ends: recipients at the left, the signer at the right."""

from __future__ import annotations

import re

from mailhub.documents.grammar.authority import read_office
from mailhub.documents.grammar.rows import Page, Row

LONGEST_BLOCK = 90  # rows: a ministry's list of recipients is long
_OVER = 10  # rows before Nơi nhận that the signer's column may take
_PROSE = 75  # characters: more is a paragraph, if it is no recipient

FILED = re.compile(r"^\W{0,4}[lb]uu\s?[:;.]?\s?(?:vt|van thu|vp|hc)\b")
ITEM = re.compile(r"^\s*[-+•~–—*·]")
_BREAK = re.compile(
    r"^\W{0,3}(?:phu luc|phu bieu|mau so|bieu mau|hieu luc van ban|cong hoa xa hoi|doc lap ?- ?tu do|\[\.\.\.\]|stt\b"
    r"|tt ho|danh sach|dinh kem danh|lich trinh|tai van ban|dang cong san viet nam|chuong trinh\b|de cuong)"
)


def block_begins(page: Page) -> int:
    """The first row of the foot: the page's word, else the last run of recipients or an office before the end."""
    if page.foot < page.end:
        return _with_what_stands_over(page, page.foot)
    floor = max(page.body, page.end - LONGEST_BLOCK)
    filed = next((at for at in range(page.end - 1, floor - 1, -1) if FILED.match(page.rows[at].key)), None)
    if filed is None:
        offices = (
            at for at in range(page.end - 1, floor - 1, -1) if page.rows[at].capitals and read_office(page.rows[at])
        )
        return _with_what_stands_over(page, next(offices, max(floor, page.end - 3)))
    while filed > floor and _of_the_foot(page.rows[filed - 1]):
        filed -= 1
    return filed


def _of_the_foot(row: Row) -> bool:
    """A recipient, an office, or `Nơi nhận` however OCR bent its first word."""
    return bool(ITEM.match(row.text)) or "nhan" in row.key[:14] or read_office(row) is not None


def _with_what_stands_over(page: Page, foot: int) -> int:
    """Where the signer's column begins that a reader put before Nơi nhận: offices, a name, what is between them."""
    begin = foot
    for at in range(foot - 1, max(page.body, foot - _OVER) - 1, -1):
        row = page.rows[at]
        if read_office(row) is not None:
            begin = at
        elif len(row.text) > 40 or row.text.endswith((".", ";", ":")):
            break
    return begin


def ends_block(row: Row, begun: bool) -> bool:
    if not begun:
        return False
    if _BREAK.match(row.key):
        return True
    return len(row.text) >= _PROSE and not ITEM.match(row.text) and row.part == 0 and row.start < 300
