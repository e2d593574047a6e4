"""Whether an address at a provider of private mail is made of somebody's name. Pure.

Nothing proves it: `nguyenvanan@gmail.com` may be any of a thousand Nguyễn Văn An. So the whole name has to be there,
or the usual short forms of it beside the same name shown; and a year in it must not be another than that of birth.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from mailhub.accounts.addresses import fold, split
from mailhub.text.folding import fold as fold_text

_NO_LETTER = re.compile(r"[^a-z]+")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[a-z0-9]+")
_VOWELS = frozenset("aeiouy")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
LEAST_ALONE = 8  # letters that a name of two words needs to be told by itself
LEAST_SHORT = 3
_FIRST_YEAR, _LAST_YEAR = 1930, 2012


class Likeness(IntEnum):
    """How much of a name is in a local part."""

    NONE = 0
    SHORT = 1  # nvan, annv, nguyenan …: says something only beside the name itself
    FULL = 2  # every word of it and no other name: digits and initials of a place may stand beside it


def same_mailbox_key(address: str) -> str:
    """One key for what leads to one mailbox: folded, without `+detail`; at Gmail dots do not count."""
    local, domain = split(fold(address.strip()))
    local = local.partition("+")[0]
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, folded, letters and digits only."""
    return tuple(_WORD.findall(fold_text(name[:200]).replace("'", "")))


def likeness(address: str, name: str, birth_year: int = 0) -> Likeness:
    """How much of `name` the address's local part is made of; NONE when it names another year of birth."""
    words = name_words(name)
    local = fold_text(split(address)[0].partition("+")[0])
    if len(words) < 2 or not local.isascii() or len(local) > 64:
        return Likeness.NONE
    letters = _NO_LETTER.sub("", local)
    full, short = _forms(words)
    if letters in full:
        found = Likeness.FULL if len(words) > 2 or len(letters) >= LEAST_ALONE else Likeness.SHORT
    elif letters in short:
        found = Likeness.SHORT
    else:
        found = _with_initials(local, words, full)
    year = _year_in(local)
    return Likeness.NONE if birth_year and year and year != birth_year else found


def _with_initials(local: str, words: tuple[str, ...], full: frozenset[str]) -> Likeness:
    """The whole name with initials of a place, a body or a title apart from it: `nguyenvanan.hl`, `bs_nguyenvanan`.

    What can be read as a syllable may be one more word of a longer name (`nguyen.van.an.thu`), and says something only
    beside the name itself.
    """
    parts = [part for part in _NO_LETTER.split(local) if part]
    if len(words) < 3 or len(parts) < 2:
        return Likeness.NONE
    for name, initials in ((parts[:-1], parts[-1]), (parts[1:], parts[0])):
        if "".join(name) in full and len(initials) in (2, 3):
            return Likeness.FULL if _VOWELS.isdisjoint(initials) else Likeness.SHORT
    return Likeness.NONE


@lru_cache(maxsize=4096)
def _forms(words: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The name written whole, in any order that begins elsewhere; and as people shorten it. Family name first."""
    turned = {"".join((*words[start:], *words[:start])) for start in range(len(words))}
    family, given = words[0], words[-1]
    initials = "".join(word[0] for word in words[:-1])
    short = {
        initials + given,  # nvan
        given + initials,  # annv
        family + given,  # nguyenan
        given + family,  # annguyen
        words[0][0] + "".join(words[1:]),  # nvanan
        "".join(words[1:]),  # vanan
        "".join(words[1:]) + family[0],  # vanann
        given + "".join(words[:-1]),  # annguyenvan
        "".join(word[0] for word in words),  # nva
    }
    return frozenset(turned), frozenset(form for form in short - turned if len(form) >= LEAST_SHORT)


def _year_in(local: str) -> int:
    """The year of birth that the digits say, as far as they can mean nothing else; 0 for none."""
    runs = _DIGITS.findall(local)
    if len(runs) != 1:
        return 0
    digits = runs[0]
    if len(digits) in (4, 8):  # 1985, 20111985
        year = int(digits[-4:])
        return year if _FIRST_YEAR <= year <= _LAST_YEAR else 0
    if len(digits) in (2, 6) and int(digits[-2:]) >= _FIRST_YEAR % 100:  # 85, 201185
        return 1900 + int(digits[-2:]) if int(digits[-2:]) >= 50 else 0
    return 0
