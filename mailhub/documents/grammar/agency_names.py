"""The names of agencies that the rows of a header's left block make: one over several rows, or two on one row."""

from __future__ import annotations

import re

from mailhub.documents.grammar.agencies import PHRASES, PLACE_HEADS, begins_agency
from mailhub.documents.grammar.rows import Row
from mailhub.text.folding import fold

EDGES = " .,:;|_-–—~*'`\"“”‘’[]{}<>=+\\/^°•·"
PLACE = re.compile(r"^(?:" + "|".join(re.escape(head) for head in PLACE_HEADS) + r")(?=[\s.]|$)")
_UNFINISHED = re.compile(
    r"(?:^(?:uy|bo|so|hoi|van|thu|thu tuong|thuong truc|uy ban|hoi dong)$|\b(?:va|uy ban nhan|hoi dong nhan|bao hiem xa"
    r"|cua|tai|truong|dai hoc|hoc vien|vien|trung hoc|pho thong)|[\-–,&])$"
)
# A word that makes a place must be followed by it; `Hòa Xá`, `Hà Tĩnh` end otherwise and fold alike.
_PLACE_AWAITED = re.compile(r"(?:^|\s)(?:tỉnh|thành phố|huyện|quận|xã|phường|thị xã|thị trấn)$")
_PAGE = re.compile(r"^Trang \d{1,3}\s?(?=[^\W\d_])")  # what sites that show pages run together with the first line
# An agency below a committee or a ministry, behind it on the same line; what follows it must not be a place's kind.
_SECOND = re.compile(
    r" (?=(?:so|phong|truong|vien|trung tam|benh vien|chi cuc|cuc|tong cuc|ban quan ly|ban chi dao|kho bac|cong an"
    r"|van phong|thanh tra|hat kiem lam|bao hiem xa hoi|tram y te) (?!tinh\b|huyen\b|thanh pho\b|tp\b|xa\b)\w)"
)
_COMMITTEE = re.compile(
    r"^(?:ubnd|uy ban nhan dan|hdnd) ?(?:tinh|thanh pho|tp|t\.|huyen|quan|thi xa|tx|xa|phuong|thi tran|dac khu)"
    r"[. ]+(?!pho\b)\S+(?: \S+){0,4}$"
)
_WHOLE = frozenset(fold(phrase) for phrase in PHRASES if phrase.startswith(("Bộ ", "Sở ", "Ủy ban Dân")))


def names_of(rows: list[Row]) -> list[tuple[str, Row]]:
    """The names that the rows make, each with the row where it begins, outermost first."""
    names: list[tuple[str, Row]] = []
    for row in rows:
        for text in _apart(without_smudges(row.text)):
            key = fold(text).strip(EDGES)
            begins = begins_agency(key) and not PLACE.match(key)
            if names and (not begins or _goes_on(names[-1][0])):
                names[-1] = (f"{names[-1][0]} {text}", names[-1][1])
            else:
                names.append((text, row))
    while len(names) > 1 and not begins_agency(fold(names[0][0]).strip(EDGES)):
        names.pop(0)
    return names


def trimmed(row: Row) -> str:
    """The row's key without signs around it."""
    return row.key.strip(EDGES)


def without_smudges(text: str) -> str:
    """The row without stray signs at its edges and without single letters that a stamp left."""
    words = _PAGE.sub("", text.strip(EDGES)).split()
    while words and (not any(c.isalnum() for c in words[-1]) or (words[-1].islower() and len(words[-1]) < 3)):
        words.pop()
    while len(words) > 1 and len(words[0]) == 1 and words[0] not in "ÝY":
        words.pop(0)
    return " ".join(words).strip(EDGES.replace(")", ""))


def _apart(text: str) -> list[str]:
    """`UBND HUYỆN THÁI THỤY PHÒNG GIÁO DỤC …` is two names, the second below the first."""
    if not text:
        return []
    key = fold(text)
    if len(key) != len(text) or not text[:3].isupper():
        return [text]
    for match in _SECOND.finditer(key):
        first = key[: match.start()].strip(EDGES)
        if _COMMITTEE.match(first) or first in _WHOLE:
            return [text[: match.start()], text[match.end() :]]
    return [text]


def _goes_on(name: str) -> bool:
    """Whether a name cannot end here: `SỞ GIÁO DỤC VÀ`, `TRƯỜNG`, `UBND XÃ`."""
    if _UNFINISHED.search(fold(name).strip(EDGES)) or name.rstrip().endswith(("-", "–", ",", "&")):
        return True
    return _PLACE_AWAITED.search(name.casefold().rstrip(EDGES)) is not None
