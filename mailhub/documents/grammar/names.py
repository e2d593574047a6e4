"""Personal names as they are signed: `Nguyễn Văn A`, `TRẦN THỊ B`, `PGS.TS. Lê C`.

A name is a few capitalised Vietnamese syllables that begin with a family name. How sure that is depends on the
family name and on whether every syllable is one that the language has, which is what OCR spoils.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mailhub.documents.grammar.names_table import (
    COMMON_SURNAMES,
    GIVEN,
    HIGHLAND,
    NOT_NAMES,
    ONSETS,
    PLACES,
    RIMES,
    SURNAMES,
    TITLES,
)
from mailhub.text.folding import fold

_EDGES = " \t.,;:|_-–—~*=<>()[]{}\"'“”‘’`´^/\\•·…°!?»«"
_SIGNED = re.compile(r"^\W*(?:đã ký|da ky|ký tên|signed)\W*", re.IGNORECASE)
_TITLE = re.compile(
    r"^(?:(?:" + "|".join(re.escape(t) for t in sorted(TITLES, key=len, reverse=True)) + r")(?:[.,\s]+|$))+",
    re.IGNORECASE,
)
_HIGHLAND_FIRST = re.compile(r"^[HK]['’][^\W\d_]{2,}$")
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ACUTE_OR_DOT = {"\u0301", "\u0323"}
_LONGEST = 60
_COMMON_KEYS = frozenset(fold(name) for name in COMMON_SURNAMES)
_GIVEN_KEYS = frozenset(fold(name) for name in GIVEN)


@dataclass(frozen=True, slots=True)
class Name:
    """A personal name. `certainty` (0 to 1) is that of its letters and shape, not of whose it is."""

    text: str
    certainty: float


def read_name(text: str, *, image: bool = False) -> Name | None:
    """The name that `text` is, without titles, marks of signing and stray signs around it; None when it is none.

    `image`: the letters were read off an image, which loses marks and beginnings: a word that is a frequent name but
    for its marks (`Đỉnh`, `Hũu`) is hardly certain then, and a beheaded family name is mended where only one ends so.
    """
    if len(text) > _LONGEST * 2:
        return None
    stripped = _TITLE.sub("", _SIGNED.sub("", text.strip(_EDGES)).strip(_EDGES)).strip(_EDGES)
    words = stripped.split()
    had = len(words)
    lead = ""
    while words and not _may_belong(words[0]):
        lead = words.pop(0)
    while words and not _may_belong(words[-1]):
        words.pop()
    begin = _second_name(words)
    words = words[begin:]
    if not 2 <= len(words) <= 6 or had - len(words) - begin > 2 or len(stripped) > _LONGEST:
        return None
    whole = _with_its_onset(words[0]) if image else None
    if whole is not None:
        words = [whole, *words[1:]]
    certainty = _certainty(words)
    if whole is not None:
        certainty = min(certainty, 0.7)
    beheaded = lead.isalpha() and lead.islower() and words[0].casefold() not in COMMON_SURNAMES  # `ỗ Kim Bách`
    if image and (beheaded or words[0].casefold() in ("văn", "thị")):
        certainty = min(certainty, 0.3)  # the family name before it was lost
    if image and _misread(words):
        certainty = min(certainty, 0.5)
    if certainty <= 0.0:
        return None
    return Name(" ".join(_proper(word) for word in words), round(certainty * (0.95 if had > len(words) else 1.0), 3))


def _with_its_onset(word: str) -> str | None:
    """`guyễn`, `ùi`: the one common family name that ends so. The seal lies over the beginning of the signer's name."""
    if not word.islower() or len(word) < 2:
        return None
    names = [name for name in COMMON_SURNAMES if name.endswith(word) and 1 <= len(name) - len(word) <= 2]
    return names[0].capitalize() if len(names) == 1 else None


def _second_name(words: list[str]) -> int:
    """Where the right one begins of two names on one line (`Lê Thị Mận Trần Văn Bách`); 0 when there is one name."""
    low = [word.casefold() for word in words]
    if not low or low[0] not in COMMON_SURNAMES:
        return 0
    places = [at for at in range(2, len(words) - 1) if low[at] in COMMON_SURNAMES]
    told = [at for at in places if low[at + 1] in ("văn", "thị") and len(words) - at >= 3]
    if told or (len(words) >= 6 and places):
        return told[-1] if told else min(places, key=lambda at: abs(at - len(words) / 2))
    return 0


def _may_belong(word: str) -> bool:
    """Whether a word at the edge is part of the name, not a speck that OCR took for a letter."""
    plain = _apostrophe_free(word)
    return plain.isalpha() and (len(word) > 1 or word in "AÁẠĂÂEÊIOÔƠUƯYÝĐ")


def _apostrophe_free(word: str) -> str:
    """`H'Yim`, `K'Ré` without the sign in them."""
    return word.replace("'", "").replace("’", "") if _HIGHLAND_FIRST.match(word) else word


def _certainty(words: list[str]) -> float:
    if not all(word[0].isupper() and _apostrophe_free(word).isalpha() for word in words):
        return 0.0
    if _HIGHLAND_FIRST.match(words[0]):
        return 0.8
    capitals = all(word.isupper() for word in words)
    if not capitals and not all(word[1:].islower() or len(word) == 1 or "'" in word for word in words):
        return 0.0
    low = [unicodedata.normalize("NFC", word.casefold()) for word in words]
    if " ".join(low) in PLACES or " ".join(low[:2]) in PLACES:
        return 0.0
    strangers = sum(word in NOT_NAMES for word in low[1:])
    if low[0] not in SURNAMES:
        likely = not (capitals or strangers or low[0] in NOT_NAMES) and all(map(is_syllable, words))
        return 0.3 if likely else 0.0
    if low[0] in NOT_NAMES or (strangers == len(words) - 1 and strangers > 1 and low[0] not in COMMON_SURNAMES):
        return 0.0
    certainty = 0.97 if low[0] in COMMON_SURNAMES else 0.85
    # One such word is a common given name (Phúc, Thành, Trường); more of them are an agency.
    certainty -= 0.15 * max(0, strangers - 1) + (0.05 if capitals and strangers else 0.0)
    odd = 0 if low[0] in HIGHLAND else sum(not is_syllable(word) for word in words)
    if capitals and low[0] not in COMMON_SURNAMES:
        certainty -= 0.25
    return max(0.0, certainty - 0.3 * odd)


def is_syllable(word: str) -> bool:
    """Whether `word` can be a Vietnamese syllable: an onset, a rime, one tone that the end allows."""
    marks = unicodedata.normalize("NFD", word.casefold())
    tones = [c for c in marks if c in _TONES]
    if len(tones) > 1:
        return False
    plain = unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES))
    onset = next((o for o in ONSETS if plain.startswith(o) and plain[len(o) :]), "")
    rime = plain[len(onset) :]
    if rime not in RIMES and not (onset == "gi" and plain[1:] in RIMES):
        return False
    # A syllable that is closed by a stop bears the sharp or the heavy tone, and always one of them.
    return not rime.endswith(("c", "ch", "p", "t")) or (bool(tones) and tones[0] in _ACUTE_OR_DOT)


def _misread(words: list[str]) -> bool:
    """Whether OCR seems to have changed a mark: no syllable of the language, or a frequent name but for its marks."""
    low = [unicodedata.normalize("NFC", word.casefold()) for word in words]
    if low[0] not in COMMON_SURNAMES and fold(low[0]) in _COMMON_KEYS:
        return True
    return any(not is_syllable(word) or (word not in GIVEN and fold(word) in _GIVEN_KEYS) for word in low[1:])


def _proper(word: str) -> str:
    return word[0] + word[1:].lower() if word.isupper() else word
