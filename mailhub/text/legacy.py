"""Text of the .Vn fonts (TCVN3, the third table of TCVN 5712:1993) made Unicode.

Files of those fonts hold one byte a letter; read as Windows-1252 they show `C«ng hßa` for `Cộng hòa`. Nothing in the
text says so: the evidence is that the words are no syllables as they stand, and are Vietnamese ones after conversion.
The fonts whose names end in H (.VnTimeH) draw the same bytes as capitals.
"""

from __future__ import annotations

import re
import unicodedata

from mailhub.text.syllables import is_syllable

# By code: TCVN3 gives every lower-case letter, and seven capitals. Tones come as à ả ã á ạ.
_CODES = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_BYTES = {start + step: letter for start, letters in _CODES.items() for step, letter in enumerate(letters)}


def _table(codec: str) -> dict[int, str]:
    """From the characters that `codec` shows for those bytes, and from Word's private copies of them (U+F0xx)."""
    table = {0xF000 + code: letter for code, letter in _BYTES.items()}
    for code, letter in _BYTES.items():
        shown = bytes([code]).decode(codec, "ignore")
        if shown:
            table[ord(shown)] = letter
    return table


_TABLES = (_table("cp1252"), _table("cp1258"))
_WORD = re.compile(r"[^\s\d!-@\[-`{-~\u2010-\u205f\u2190-\u2bff]{1,40}")
# The code of ư is Windows' soft hyphen, which many programs drop: `tr­êng` comes as `trêng`.
_LOST_HORN = re.compile("(?<![ưƯ])([ơờớởỡợ])(?=(?:ng|c)(?!\\w))")
# What no language writes: a sign such as « ¹ ® or a capital with a mark inside a word of small letters.
_ODD = re.compile("[A-Za-z][\u00a1-\u00bf\u00d7\u00f7]|[\u00a1-\u00bf\u00d7\u00f7][a-z]|[a-z][À-Þ]|[A-Z][À-Þ][a-z]")
_MODERN = re.compile("[\u1ea0-\u1ef9]")  # letters that only Unicode has
_BULLETS = frozenset("·\uf0b7\uf0a7")  # alone they are marks of a list, not ã and Đ
_SAMPLE = 100_000  # characters looked at
_WORDS = 2_000  # different words judged
_SHARE = 0.75  # of the words that have a foreign letter must turn into syllables


def from_tcvn3(text: str, *, capitals: bool = False) -> str:
    """Convert text known to be TCVN3 (its font says so); `capitals`: the font draws small letters as capitals."""
    plain = text.translate(_TABLES[0])
    return plain.upper() if capitals else plain


def to_unicode(text: str, *, capitals: bool = False) -> str | None:
    """`text` in Unicode when it is TCVN3 read as Windows-1252 or Windows-1258; None when it is not.

    Words that hold letters which no such reading gives stay as they are. Takes time linear in the length.
    """
    if text.isascii():
        return None
    sample = text[:_SAMPLE]
    if len(_MODERN.findall(sample)) > len(_ODD.findall(sample)):
        return None
    judged = sorted({word for word in _WORD.findall(sample) if not word.isascii()})[:_WORDS]
    for table in _TABLES:
        if _speaks_for(judged, table, second=table is not _TABLES[0]):
            plain = unicodedata.normalize("NFC", _converted(text, table))
            return plain.upper() if capitals else plain
    return None


def _converted(text: str, table: dict[int, str]) -> str:
    return _LOST_HORN.sub(r"ư\1", _WORD.sub(lambda found: _convert(found[0], table), text))


def _convert(word: str, table: dict[int, str]) -> str:
    if word.isascii() or word in _BULLETS or any(ord(c) > 127 and ord(c) not in table for c in word):
        return word
    return word.translate(table)


def _speaks_for(words: list[str], table: dict[int, str], *, second: bool) -> bool:
    """Whether these words (each with a letter beyond ASCII) read as Vietnamese by `table` and not as they stand."""
    before = after = mended = odd = judged = 0
    for word in words:
        if not any(c.isascii() and c.isalpha() for c in word):
            continue
        plain = _convert(word, table)
        if plain == word and any(ord(c) > 255 for c in word):
            continue  # cannot come from such a font
        judged += 1
        was = is_syllable(word)
        now = plain != word and is_syllable(_LOST_HORN.sub(r"ư\1", plain))
        before += was
        after += now
        if now and not was:
            mended += 1
            odd += _ODD.search(word) is not None
    # Windows-1258 shows Đ and ư as such, so that names such as HĐT could be anything.
    if after < _SHARE * judged or mended < before + second:
        return False
    return mended >= 2 or odd == 1
