"""Text of the VNI fonts made Unicode: two letters for most that have a mark (`Nguyeãn Vaên Hoøa`).

As with TCVN3 (`legacy`), nothing in the text says so: the evidence is that its words are no syllables as they stand,
and are Vietnamese ones after conversion.
"""

from __future__ import annotations

import re
import unicodedata

from mailhub.text.syllables import is_syllable

_TONES = dict(zip("øùûõï", "\u0300\u0301\u0309\u0303\u0323", strict=True))
_HATS = dict(zip("âàáåãä", ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"), strict=True))
_BREVES = dict(zip("êèéúüë", ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"), strict=True))
_ALONE = {"æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í"}


def _pairs() -> dict[str, str]:
    found: dict[str, str] = {}
    for base, shown in (("a", "a"), ("e", "e"), ("o", "o"), ("u", "u"), ("y", "y"), ("ô", "ơ"), ("ö", "ư")):
        found |= {base + mark: shown + tone for mark, tone in _TONES.items()}
    for base in "aeo":
        found |= {base + mark: base + "\u0302" + tone for mark, tone in _HATS.items()}
    found |= {"a" + mark: "a\u0306" + tone for mark, tone in _BREVES.items()}
    return {key: unicodedata.normalize("NFC", value) for key, value in found.items()} | _ALONE


_PAIRS = _pairs()
_SEEN = re.compile("|".join(sorted(map(re.escape, _PAIRS), key=len, reverse=True)), re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{1,40}")
_SAMPLE, _WORDS = 100_000, 2_000  # characters, and different words, that are judged
_SHARE = 0.75


def from_vni(text: str) -> str | None:
    """`text` in Unicode when it is VNI read as Windows-1252; None when it is not. Linear in the length."""
    sample = text[:_SAMPLE]
    if text.isascii() or any(ord(letter) > 0x2FF for letter in sample if letter.isalpha()):
        return None
    words = sorted({word for word in _WORD.findall(sample) if not word.isascii()})[:_WORDS]
    before = sum(map(is_syllable, words))
    after = sum(is_syllable(_converted(word)) for word in words)
    if len(words) < 2 or after < _SHARE * len(words) or after - before < max(2, 0.3 * len(words)):
        return None
    return _converted(text)


def _converted(text: str) -> str:
    return _SEEN.sub(_letter, text)


def _letter(found: re.Match[str]) -> str:
    pair = found[0]
    letter = _PAIRS[pair.lower()]
    return letter.upper() if pair[0].isupper() else letter
