"""Header text as people read it, and back: RFC 2047 encoded words, and raw UTF-8 (RFC 6532).

Python's own header parser is super-linear on such input, so this one is ours: one pass, bounded output, never
an exception. A charset is looked up in a closed list, because Python's codec search imports modules and
remembers every name it was ever asked for.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from email.header import Header

LONGEST_TEXT = 2000

# A language may follow the charset (RFC 2231 § 5). Some clients leave spaces in Q words: read them too,
# since a reader's client will.
_WORD = re.compile(rb"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([BbQq])\?([^?\r\n]*)\?=")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_LINE_SPACE = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")
# Control characters, halves of surrogate pairs, and what turns the direction of writing around.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "utf-7": "utf-7",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5", "hz-gb-2312": "hz",
    "iso-2022-jp": "iso2022_jp", "shift_jis": "cp932", "euc-jp": "euc_jp",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "iso-2022-kr": "iso2022_kr",
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "windows-874": "cp874", "tis-620": "cp874", "macintosh": "mac_roman",
}  # fmt: skip
_CODECS |= {f"windows-{page}": f"cp{page}" for page in range(1250, 1259)}
_CODECS |= {f"cp{page}": f"cp{page}" for page in range(1250, 1259)}
# What is labelled latin-1 is windows-1252 in practice.
_CODECS |= {f"iso-8859-{part}": f"iso8859_{part}" for part in range(2, 17) if part != 12} | {"iso-8859-1": "cp1252"}


def decode_text(value: bytes, limit: int = LONGEST_TEXT) -> str:
    """`value` (unfolded or not) as NFC text of at most `limit` characters, without control characters.

    Bytes that mean nothing in their charset, and charsets we do not know, show as U+FFFD. Never raises.
    """
    return _shown(decode_words(value, limit), limit)


def decode_words(value: bytes, limit: int = LONGEST_TEXT) -> str:
    """As `decode_text`, with whatever characters there are and not yet cut: `limit` only ends the reading early."""
    if b"=?" not in value and value.isascii():
        return value.decode("ascii")
    pieces: list[str] = []
    length = 0
    for charset, data in _runs(value):
        piece = data.decode(_CODECS.get(charset, "ascii"), "replace")
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            break
    return "".join(pieces)


def encode_text(text: str, field: str) -> str:
    """Unstructured text for the header `field`: RFC 2047 unless it is plain ASCII, folded."""
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=field).encode(linesep="\r\n")


def codec_of(charset: str) -> str | None:
    """Python's name for a charset of the closed list, in any case; None when it is not on it."""
    return _CODECS.get(charset.lower())


def _runs(value: bytes) -> list[tuple[str, bytes]]:
    """Stretches of bytes in one charset.

    Space between two encoded words is no space (RFC 2047 § 6.2), and words of one charset are joined before
    they are decoded: clients do cut a letter in two between words, against § 5.
    """
    runs: list[tuple[str, list[bytes]]] = []
    end, after_word = 0, False
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        end = found.end()
        if between and not (after_word and not between.strip()):
            runs.append(("utf-8", [between]))
            after_word = False
        charset = found[1].decode("ascii", "replace").lower()
        data = _bytes_of(found[2], found[3])
        if after_word and runs[-1][0] == charset:
            runs[-1][1].append(data)
        else:
            runs.append((charset, [data]))
        after_word = True
    runs.append(("utf-8", [value[end:]]))
    return [(charset, b"".join(parts)) for charset, parts in runs]


def _bytes_of(encoding: bytes, text: bytes) -> bytes:
    """What an encoded word holds; base64 is read up to its first fault."""
    if encoding in b"Qq":
        return _Q_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text.replace(b"_", b" "))
    letters = _NOT_BASE64.sub(b"", text)
    whole = len(letters) - (len(letters) % 4 == 1)
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))


def _shown(text: str, limit: int) -> str:
    """Cut, then normalise: putting marks in order takes time with the square of a run's length."""
    text = _LINE_SPACE.sub(" ", text[:limit])
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)[:limit]
    return _UNSHOWN.sub("\ufffd", text).strip()
