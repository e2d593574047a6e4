"""Fields with a closed list of values, and reading one of them, or a date, as people type it."""

from __future__ import annotations

import re
from datetime import date

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER, State
from mailhub.documents.grammar.types import HEADINGS
from mailhub.documents.type_names import NAMES
from mailhub.registry.secret import LEVELS
from mailhub.text.folding import clean, fold

_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")

# '' is a mark that the document does not show.
CLOSED: dict[str, tuple[str, ...]] = {
    "doc_type": tuple(dict.fromkeys((*HEADINGS, ANNEX, OTHER_PAPER, NOT_A_DOCUMENT))),
    "urgency": ("", "HỎA TỐC", "THƯỢNG KHẨN", "KHẨN"),
    "secrecy": ("", *LEVELS),
    "state": tuple(state.value for state in State),
}


def in_its_spelling(field: str, text: str) -> str | None:
    """The value of the list that `text` means: as it stands, else in any case, else without marks; of types the name
    will do as well (`Quyết định`). None: none, or several (`hd` is hướng dẫn and hợp đồng)."""
    allowed = CLOSED[field]
    text = " ".join(clean(text).split())
    if text in allowed:
        return text
    spellings = [(known, known) for known in allowed]
    if field == "doc_type":
        spellings += [(name, code) for code, name in NAMES.items() if code in allowed]
    cased = {known for spelled, known in spellings if spelled.casefold() == text.casefold()}
    similar = cased or {known for spelled, known in spellings if fold(spelled) == fold(text)}
    return similar.pop() if len(similar) == 1 else None


def read_day(text: str) -> date | None:
    """The day that `2026-11-20` or `20/11/2026` means; None when it means none."""
    found = _DAY_FIRST.fullmatch(text)
    try:
        return date(*map(int, found.group(3, 2, 1))) if found else date.fromisoformat(text)
    except ValueError:
        return None
