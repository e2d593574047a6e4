"""Fields with a closed list of values, and reading one of them as people type it."""

from __future__ import annotations

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER, State
from mailhub.documents.grammar.types import HEADINGS
from mailhub.registry.secret import LEVELS
from mailhub.text.folding import clean, fold

# '' is a mark that the document does not show.
CLOSED: dict[str, tuple[str, ...]] = {
    "doc_type": tuple(dict.fromkeys((*HEADINGS, ANNEX, OTHER_PAPER, NOT_A_DOCUMENT))),
    "urgency": ("", "HỎA TỐC", "THƯỢNG KHẨN", "KHẨN"),
    "secrecy": ("", *LEVELS),
    "state": tuple(state.value for state in State),
}


def in_its_spelling(field: str, text: str) -> str | None:
    """The value of the list that `text` means: as it stands, else in any case, else without marks; None: none, or
    several (`hd` is hướng dẫn and hợp đồng)."""
    allowed = CLOSED[field]
    text = " ".join(clean(text).split())
    if text in allowed:
        return text
    cased = [known for known in allowed if known.casefold() == text.casefold()]
    similar = cased or [known for known in allowed if fold(known) == fold(text)]
    return similar[0] if len(similar) == 1 else None
