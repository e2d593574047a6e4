"""Tells whether a line is a heading, the name of a document's type (Nghị định 30/2020 Phụ lục I, ô 5a).

Compared without marks, blanks and punctuation, with an edit or two allowed on long headings: OCR writes `GIÁY MỜI`,
`DUYẾT ĐỊNH`, `T HÔNG BÁO`. The whole line counts, not a word in it, so that naming a document is not being one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER
from mailhub.documents.grammar.rows import Row
from mailhub.documents.grammar.types import HEADINGS, OPENINGS
from mailhub.text.folding import fold

_LONGEST = 160
_NOISE = re.compile(r"[^a-z0-9]+")
_STAMP_END = re.compile(r"(?:toc|khan|mat|den|sao)\W*$")
_SIGNS = " .,:;-_*'\"“”()[]|"


def _bones(key: str) -> str:
    return _NOISE.sub("", key)


_WHOLE = {_bones(heading): code for code, headings in HEADINGS.items() for heading in headings}
# Folding makes these two one: đề án and dự án stay apart, quy định and quyết định are two edits apart.
_FUZZY = tuple((bones, code) for bones, code in _WHOLE.items() if 6 <= len(bones) <= 30)
# Headings that a subject may follow on the same line, or a stamp stand before, by their words.
_STARTS = {
    tuple(heading.split()): code
    for code, headings in HEADINGS.items()
    for heading in headings
    if code not in {ANNEX, NOT_A_DOCUMENT, OTHER_PAPER}
}
_WORDS = sorted({len(words) for words in _STARTS}, reverse=True)
_NOT_FUZZY = frozenset({ANNEX, NOT_A_DOCUMENT, OTHER_PAPER})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. `rest` is what follows it on its line; `fit` (0 to 1) says how well it agreed; `rule` how."""

    code: str
    rest: str
    fit: float
    rule: str


def read_heading(row: Row) -> Heading | None:
    """The heading that a row is, or begins with, or ends with after a stamp; None when it is none."""
    if len(row.text) > _LONGEST or not any(c.isalpha() for c in row.text):
        return None
    return _whole(row) or (_opening(row) or _beginning(row) or _ending(row) if row.capitals or _shouts(row) else None)


def completes_heading(first: Row, second: Row) -> bool:
    """Whether two rows are a heading that was broken after its first word: `QUYẾT` / `ĐỊNH`."""
    if " " in first.key or len(second.key) > 12 or not (first.capitals and second.capitals):
        return False
    return _bones(first.key + second.key) in _WHOLE and _bones(first.key) not in _WHOLE


def _whole(row: Row) -> Heading | None:
    bones = _bones(row.key)
    code = _WHOLE.get(bones)
    if code is not None:
        capitals = row.capitals
        # In running text `quyết định:` stands alone on a wrapped line; a heading begins with a capital.
        if not capitals and not row.text.lstrip("\"'“ ")[:1].isupper():
            return None
        return Heading(code, "", 1.0 if capitals else 0.8, "heading_whole_line")
    if row.capitals and 5 <= len(bones) <= 32:
        near, distance = _nearest(bones)
        if near:
            return Heading(near, "", 0.9 if distance == 1 else 0.8, "heading_bent_by_ocr")
    return None


def _opening(row: Row) -> Heading | None:
    for start, code in OPENINGS:
        if row.key.startswith(start):
            return Heading(code, "", 0.9, "heading_opening")
    return None


def _beginning(row: Row) -> Heading | None:
    """`KẾ HOẠCH Tổ chức …`, `NGHỊ QUYẾT CỦA HỘI ĐỒNG …`: heading and subject on one line."""
    words = row.text.split()
    keys = [key.strip(_SIGNS) for key in row.key.split()]
    for size in _WORDS:
        code = _STARTS.get(tuple(keys[:size])) if size < len(words) == len(keys) else None
        if code is not None and " ".join(words[:size]).isupper():
            rest = " ".join(words[size:]).strip(" :-–")
            return Heading(code, rest, 0.9 if not rest.isupper() else 0.75, "heading_with_subject")
    return None


def _ending(row: Row) -> Heading | None:
    """`HÓA TỐC KÉ HOẠCH`, `[nỏa rốc] GIÁY MỜI`: a stamp that runs into the heading's line."""
    words = row.text.split()
    keys = [key.strip(_SIGNS) for key in row.key.split()]
    for size in _WORDS:
        if not 0 < len(words) - size <= 4 or len(words) != len(keys):
            continue
        code = _STARTS.get(tuple(keys[-size:]))
        if code is not None and " ".join(words[-size:]).isupper() and not _in_sentence(words[:-size]):
            return Heading(code, "", 0.75, "heading_after_stamp")
    return None


def _in_sentence(words: list[str]) -> bool:
    """Whether words before a heading make it part of a sentence: `BAN HÀNH QUY CHẾ`, `VỀ KẾ HOẠCH`."""
    stamp = any(_STAMP_END.search(fold(word)) for word in words)
    return not stamp and all(len(word) > 1 and word.isalpha() for word in words)


def _shouts(row: Row) -> bool:
    """Whether the line begins or ends with words in capitals, as a heading with its subject does."""
    words = row.text.split()
    return len(words) > 2 and (
        (words[0].isupper() and words[1].isupper()) or (words[-1].isupper() and words[-2].isupper())
    )


@lru_cache(maxsize=4096)
def _nearest(bones: str) -> tuple[str, int]:
    """The heading within one edit (two on ten letters and more) and how far it is; `("", 0)` when there is none."""
    best, found = 3, ""
    for heading, code in _FUZZY:
        if code in _NOT_FUZZY and len(heading) < 9:
            continue
        allowed = 1 if len(heading) < 9 else 2
        if abs(len(heading) - len(bones)) <= allowed:
            distance = _distance(bones, heading, min(allowed, best - 1))
            if distance <= allowed and distance < best:
                best, found = distance, code
    return (found, best) if found else ("", 0)


def _distance(one: str, other: str, limit: int) -> int:
    """Levenshtein's distance, or something above `limit` as soon as it must be."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
        if min(row) > limit:
            return limit + 1
    return row[-1]
