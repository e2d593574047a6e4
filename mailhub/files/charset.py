"""Octets of a text file made characters, whatever the encoding: nothing in such a file says which it is."""

from __future__ import annotations

import codecs
import re
import unicodedata

from mailhub.text.legacy import to_unicode
from mailhub.text.syllables import is_syllable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does, so before it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = bytes(set(range(32)) - {8, 9, 10, 12, 13, 27})
_WORD = re.compile(r"[^\W\d_]{1,20}")
_SAMPLE = 50_000


def looks_like_text(head: bytes) -> bool:
    """Whether octets are text of any encoding: at most two control characters in a hundred."""
    if head.startswith(tuple(mark for mark, _ in _MARKS)) or _wide(head):
        return True
    return b"\0" not in head and len(head.translate(None, _CONTROLS)) >= 0.98 * len(head)


def unpack_text(data: bytes) -> str:
    """The characters of a text file: by its mark, else UTF-8, else whichever old encoding makes Vietnamese of it."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    if wide := _wide(data[:1_000]):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file cut in the midst of a letter, or with a few odd octets, is still UTF-8.
        plain = data.decode("utf-8", "replace")
        if error.start >= len(data) - 3 or plain.count("\ufffd") * 10 < sum(ord(c) > 127 for c in plain):
            return plain
    return _old(data)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other octet of the spaces and Latin letters is zero."""
    half = len(head) // 2
    if half < 2:
        return None
    odd, even = head[1::2].count(0), head[::2].count(0)
    if odd >= 0.3 * half and even <= 0.02 * half:
        return "utf-16-le"
    return "utf-16-be" if even >= 0.3 * half and odd <= 0.02 * half else None


def _old(data: bytes) -> str:
    """TCVN3, Windows-1258 or Windows-1252. The first two are told by the syllables that they give."""
    western = data.decode("cp1252", "replace")
    converted = to_unicode(western)
    if converted is not None:
        return converted
    vietnamese = unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
    return vietnamese if _share(vietnamese) > _share(western) else western


def _share(text: str) -> float:
    words = [word for word in _WORD.findall(text[:_SAMPLE]) if not word.isascii()][:500]
    return sum(map(is_syllable, words)) / len(words) if words else 0.0
