"""A person's name as it is kept: NFC, one blank between words, one kind of apostrophe."""

from __future__ import annotations

import unicodedata

from mailhub.accounts.errors import InvalidValue
from mailhub.text.folding import clean
from mailhub.text.plain import plain_line

_LONGEST = 200
# H’Hen, H`Hen, HʼHen: what keyboards make of one name (Ê Đê, Cơ Ho and others write it within a word).
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′＇", "'"))


def read_name(text: str) -> str:
    """The name as we store it. Letter case stays: people know how they are written.

    Raises:
        InvalidValue: there is no letter in it, it holds control characters, or more than 200 characters.
    """
    name = " ".join(clean(text).translate(_APOSTROPHES).split())
    if not any(letter.isalpha() for letter in name):
        raise InvalidValue(f"a name needs letters: {text[:40]!r}")
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise InvalidValue(f"a name holds no control characters: {text[:40]!r}")
    name = plain_line(name)  # pasted out of Word and from the web: marks that turn the writing round
    if len(name) > _LONGEST:
        raise InvalidValue(f"a name has at most {_LONGEST} characters, not {len(name)}")
    return name
