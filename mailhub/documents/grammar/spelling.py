"""Names of agencies as people write them: `SỞ GIÁO DỤC VÀ ĐÀO TẠO` → `Sở Giáo dục và Đào tạo`.

Headers are in capitals, and capitals do not tell which words keep theirs. Phrases that are known also get back the
marks that OCR lost (`SƠ Y TE`); names of places only behind a word that makes them one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailhub.documents.grammar.agencies import ABBREVIATED, PHRASES, PLACE_HEADS, PROVINCES
from mailhub.text.folding import fold

_LOWER_ALWAYS = frozenset(["và", "của", "các", "tại", "về", "cho", "trên"])
_VOWELS = re.compile(r"[aeiouy]")
_LONGEST = 10  # words of the longest phrase


def _index(phrases: tuple[str, ...]) -> dict[tuple[str, ...], list[str]]:
    return {tuple(fold(phrase).split()): phrase.split() for phrase in phrases if phrase.strip()}


_KNOWN = _index(PHRASES)
_PLACES = _index(PROVINCES)
_PLACE_WORDS = {"tinh": "tỉnh", "thanh pho": "thành phố", "tp": "TP", "tp.": "TP."}


@lru_cache(maxsize=2048)
def spell(name: str) -> str:
    """The name in the usual spelling. What is not in capitals stays as it is, but for lost marks in known phrases."""
    words = name.split()[:40]
    keys = [fold(word).strip(",.;:") for word in words]
    shouted = sum(w.isupper() for w in words) * 2 >= len(words)
    out: list[str] = []
    at = 0
    while at < len(words):
        taken, written = _phrase(words, keys, at)
        if taken:
            out += written
            at += taken
        else:
            out.append(_word(words[at], shouted=shouted))
            at += 1
    text = " ".join(out)
    return text[:1].upper() + text[1:]


def _phrase(words: list[str], keys: list[str], at: int) -> tuple[int, list[str]]:
    """How many words from `at` are a known phrase, and how it is written."""
    for size in range(min(_LONGEST, len(words) - at), 1, -1):
        written = _KNOWN.get(tuple(fold(" ".join(words[at : at + size])).split())) or _KNOWN.get(
            tuple(keys[at : at + size])
        )
        if written:
            return size, [*written[:-1], written[-1] + _tail(words[at + size - 1])]
    for head in (2, 1):
        place = _PLACE_WORDS.get(" ".join(keys[at : at + head]))
        if place is None:
            continue
        for size in (5, 4, 3, 2, 1):
            known = _PLACES.get(tuple(keys[at + head : at + head + size])) if at + head + size <= len(words) else None
            if known:
                return head + size, [*place.split(), *known]
    single = _KNOWN.get((keys[at],))
    if single and fold(words[at]) in PLACE_HEADS and words[at].casefold() == single[0].casefold():
        return 1, single
    return 0, []


def _tail(word: str) -> str:
    return word[-1] if word[-1:] in ",;" else ""


def _word(word: str, *, shouted: bool) -> str:
    """One word that is in no phrase."""
    if not shouted or not word.isupper():
        return word
    bare = word.strip("()\"'“”,.;:-")
    if (
        bare in ABBREVIATED
        or any(c.isdigit() for c in bare)
        or "&" in bare
        or "." in bare
        or not _VOWELS.search(fold(bare))
    ):
        return word
    lower = word.casefold()
    if lower in _LOWER_ALWAYS:
        return lower
    begin = next((i for i, c in enumerate(lower) if c.isalpha()), 0)
    return lower[:begin] + lower[begin : begin + 1].upper() + lower[begin + 1 :]
