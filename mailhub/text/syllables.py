"""What can be a Vietnamese syllable: the measure of whether bytes were read in the right encoding."""

from __future__ import annotations

import re
import unicodedata

_ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx]"
_VOWELS = (
    "oai|oay|oao|oeo|uây|uyu|uyê|uya|iêu|yêu|ươu|ươi|uôi|ai|ay|ây|ao|au|âu|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|ia|iê|yê|ua"
    "|uô|ưa|ươ|oa|oă|oe|oo|uâ|uê|uy|uơ|[aăâeêioôơuưy]"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_VOWELS})(?:ch|ng|nh|[cmnpt])?")
# None of these rhymes exists; they are what single bytes taken for vowels tend to make.
_NO_RHYME = re.compile("(?:(?<!ư)ơng|(?<!ư)ơc|ơnh|ơch|âch|ânh|ăch|ănh|ưm|ưp|ưn|ưnh|ôch|ônh|onh|och|unh|uch|eo[cmnpt])$")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
# Syllables that end in a stop are said with sắc or nặng only.
_STOPPED = re.compile("(?:ch|[cpt])$")
_NOT_STOPPED = re.compile("[\u0300\u0303\u0309]")
LONGEST = 7  # nghiêng


def is_syllable(word: str) -> bool:
    """Whether `word` (composed or not, any case) could be one Vietnamese syllable with at most one tone."""
    if not 0 < len(word) <= 3 * LONGEST:
        return False
    marked = unicodedata.normalize("NFD", word.lower())
    bare, tones = _TONES.subn("", marked)
    if tones > 1 or (_STOPPED.search(bare) and _NOT_STOPPED.search(marked)):
        return False
    plain = unicodedata.normalize("NFC", bare)
    return _SYLLABLE.fullmatch(plain) is not None and _NO_RHYME.search(plain) is None
