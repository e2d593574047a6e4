"""Vietnamese text for comparison: one spelling for what people take for the same.

`fold` is what search and matching use: NFC, case folded, marks stripped, đ as d, blanks collapsed. Neither SQLite
nor PostgreSQL folds đ by itself (reference/libraries G7), so that it is done here, for the text and for the query.
"""

from __future__ import annotations

import re
import unicodedata

# Character classes for expressions: in Unicode, Vietnamese capitals and small letters alternate, so that `À-Ỹ` is both.
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
SMALL = "bcdđfghjklmnpqrstvwxz" + "".join(
    unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in _TONES
)
CAPITALS = SMALL.upper()

# Wrong code points that old converters leave: Ƣ ƣ for Ư ư, Icelandic Ð for Đ (reference/document-types § 6).
# Blanks that carry no width are dropped, a no-break blank is a blank, and a no-break hyphen a hyphen.
_WRONG = str.maketrans(
    {"\u01a2": "Ư", "\u01a3": "ư", "\u00d0": "Đ", "\u00a0": " ", "\u202f": " ", "\u2011": "-"}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)
_WRONG_SEEN = re.compile("[" + "".join(map(chr, _WRONG)) + "]")


def _plain(letter: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
    return bare.casefold().replace("đ", "d")


# One look-up a letter: every Latin letter with marks to its base, marks alone to nothing, dashes and slashes to one.
_PLAIN = (
    {code: _plain(chr(code)) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))}
    | _WRONG
    | str.maketrans({"Ƣ": "u", "ƣ": "u", "Ð": "d"})
    | dict.fromkeys(range(0x300, 0x370))
    | str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("⁄∕", "/"))
)


def clean(text: str) -> str:
    """`text` as people mean it: NFC, wrong code points mended, odd blanks made plain. Letters and case stay."""
    if text.isascii():
        return text
    if _WRONG_SEEN.search(text):
        text = text.translate(_WRONG)
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The comparison key: `Quyết định` → `quyet dinh`, `ĐỒNG NAI` → `dong nai`."""
    if not text.isascii():
        text = text.translate(_PLAIN)
    return " ".join(text.lower().split())


def word_of(text: str) -> str:
    """A code word as people may type it: `Văn thư` → `van-thu`, `xã` → `xa`."""
    return fold(text).replace(" ", "-")


def skeleton(text: str) -> str:
    """`fold` without anything but letters and digits: what survives lost blanks and punctuation."""
    key = fold(text).replace(" ", "")
    return key if key.isalnum() else "".join(filter(str.isalnum, key))
