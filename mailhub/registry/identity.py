"""What makes two documents the same one: number and symbol, issuer and date (Nghị định 30/2020/NĐ-CP PL VI mục III).

Agencies number from 01 anew each year (Điều 15), so that none of the three will do alone.
"""

from __future__ import annotations

import hashlib
import re

from mailhub.registry.abbreviations import AGENCIES
from mailhub.text.folding import fold, skeleton

_PEOPLES_COMMITTEE = "uy ban nhan dan "
_LEADING_ZEROS = re.compile(r"^0+(?=\d)")
_SIGNS = re.compile(r"[^\w\s]")
_WORDS = {fold(short): fold(words) for short, words in AGENCIES.items()}
# Abbreviations with a sign in them.
_SIGNED = {"sgd&dt": "so giao duc va dao tao", "bgd&dt": "bo giao duc va dao tao"}


def number_key(number_symbol: str) -> str:
    """`05/QĐ-UBND`, `5 / QĐ–UBND` and `5/qd-ubnd` → `5qdubnd`; '' of nothing."""
    return _LEADING_ZEROS.sub("", skeleton(number_symbol))


def agency_key(name: str) -> str:
    """A name as agencies are compared by: folded, without signs, usual abbreviations written out.

    `UBND TỈNH LÀO CAI` and `Ủy ban nhân dân tỉnh Lào Cai` give the same.
    """
    folded = fold(name)
    for short, words in _SIGNED.items():
        folded = folded.replace(short, words)
    return " ".join(_WORDS.get(word, word) for word in _SIGNS.sub(" ", folded).split())


def territory_key(name: str) -> str:
    """`agency_key` without "Ủy ban nhân dân": the province itself and its committee are one to us."""
    return agency_key(name).removeprefix(_PEOPLES_COMMITTEE)


def identity(number_symbol: str, issue_date: str, issuer: str, agency_id: int | None) -> str | None:
    """The same 32 digits for the same document; None when one of the three is missing."""
    number = number_key(number_symbol)
    who = f"#{agency_id}" if agency_id is not None else territory_key(issuer).replace(" ", "")
    if not (number and issue_date and who):
        return None
    return hashlib.sha256(f"{number}|{issue_date}|{who}".encode()).hexdigest()[:32]


def subject_key(subject: str) -> str:
    """A subject as drafts are compared with what became of them."""
    return skeleton(subject)
