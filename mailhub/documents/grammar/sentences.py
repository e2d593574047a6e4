"""How running text begins and where a line cannot end: what tells a subject from the body below it.

Folded Vietnamese without marks; words that begin a body are those of official style (`Thực hiện …`, `Nhằm …`).
"""

from __future__ import annotations

import re

from mailhub.documents.grammar.rows import Row

# A numbered part, an article.
_PART = re.compile(
    r"^\W{0,3}(?:(?:phan|chuong|muc) (?:thu nhat|[ivx]+|\d+|mot)\b|dieu 1\b|\d{1,2}\s?[.\-)]\s?\D|\d{1,2}/ |a[.)]\s)"
)
_ROMAN = re.compile(r"^\W{0,3}[IVX]{1,4}\s?[.\-)]\s?\D")
# A reason, a purpose, a point of time.
_CUES = re.compile(
    r"^\W{0,3}(?:can cu|thuc hien|theo|nham|de (?!an|tai|nghi)|trong thoi gian|trong nhung|trong nam|thoi gian"
    r"|qua |hien nay|tiep theo|xet|"
    r"tren co so|duoc su|vua qua|ngay \d|hom nay|luc |sau khi|de nghi|kinh thua|kinh moi|tran trong|thanh phan"
    r"|quyet dinh|nghi quyet so|"
    r"phuc dap|dap ung|dieu \d|thoi gian qua|tiep tuc thuc hien|trien khai thuc hien|ve viec nay"
    r"|hoi hop|chung toi|nhan duoc)\b"
)
_OPEN_END = re.compile(
    r"(?:\b(?:va|cua|cac|ve|cho|tai|voi|theo|trong|den|den nam|giua|tren|duoc|so|ngay|nam|thuoc)|[,(\-–])$"
)
_OPEN_WIDE = re.compile(r"(?:\b(?:va|cua|cac|ve|cho|tai|voi|duoc)|[,(\-–])$")

_VOWEL = re.compile(r"[aeiouy]")


def begins_text(row: Row) -> bool:
    """Whether the row begins as the first sentence of a body does."""
    return _CUES.match(row.key) is not None


def unfinished(key: str, *, across_blank: bool = False) -> bool:
    """Whether a line cannot end here; behind a blank line only the plainest cases count."""
    return (_OPEN_WIDE if across_blank else _OPEN_END).search(key) is not None


def is_noise(row: Row) -> bool:
    """Whether the row holds no words: rules, smudges, page numbers."""
    letters = sum(c.isalpha() for c in row.text)
    return letters < 2 or letters * 3 < len(row.text) or (letters < 4 and _VOWEL.search(row.key) is None)


def is_numbered(row: Row) -> bool:
    """Whether the row is a numbered part: `I. …`, `1. …`, `Điều 1`, `Phần thứ nhất`."""
    return _PART.match(row.key) is not None or _ROMAN.match(row.text) is not None


def double_spaced(rows: tuple[Row, ...], at: int) -> bool:
    """Whether every line around has a blank one before it, which then says nothing."""
    near = rows[max(0, at - 2) : at + 4]
    return sum(row.gap for row in near) >= len(near) - 1
