"""Text of Rich Text files, which Word also writes under the name .doc. RTF Specification 1.9.1 (Microsoft, 2008).

One pass of our own over the control words: whatever is no text (fonts, pictures, data of programs) is a group that is
passed over, and text boxes, headers and footers are text like others.
"""

from __future__ import annotations

import dataclasses
import re

from mailhub.files.facts import Limits
from mailhub.files.reading import Reading
from mailhub.text.legacy import to_unicode
from mailhub.text.lines import text_of

LONGEST = 32 * 2**20  # octets that are read
DEEPEST = 1_000  # groups within each other
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,9})? ?"
    rb"|\\'(?P<octet>[0-9a-fA-F]{2})"
    rb"|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n]++)",
    re.DOTALL,
)
_UNSEEN = frozenset(
    (b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"objdata", b"fldinst", b"themedata", b"datastore",
     b"listtable", b"listoverridetable", b"rsidtbl", b"xmlnstbl", b"filetbl", b"revtbl", b"nonshppict", b"bkmkstart",
     b"bkmkend", b"sp", b"xe", b"tc", b"private", b"panose", b"falt")
)  # fmt: skip
_SEEN = frozenset((b"shpinst", b"shptxt"))  # although a program may pass them over: text boxes
_SAID = {
    b"par": "\n", b"line": "\n", b"cell": "\n", b"nestcell": "\n", b"row": "\n", b"sect": "\n", b"page": "\n",
    b"column": "\n", b"tab": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
}  # fmt: skip
_SIGNS = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\r": "\n", b"\n": "\n"}
_PAGES = (874, 932, 936, 949, 950, *range(1250, 1259))


def read_rtf(data: memoryview, limits: Limits) -> Reading:
    """The text of a Rich Text file. Raises nothing but MemoryError."""
    reader = _Reader(bytes(data[:LONGEST]), limits.text_characters)
    reader.run()
    # A letter beyond 16 bits is written as two halves, and a half alone is no letter.
    plain = "".join(reader.said).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if not plain.isascii() and max(plain) <= "\u02ff":  # a font of before Unicode
        plain = to_unicode(plain) or plain
    text = text_of(plain[: limits.text_characters])
    whole = len(data) <= LONGEST and not reader.full
    return Reading(text if whole else dataclasses.replace(text, complete=False))


class _Reader:
    """The way through one file. Of each open group `groups` has whether it is unseen, and how many characters stand
    for one that is given by its number."""

    def __init__(self, data: bytes, most: int) -> None:
        self.said: list[str] = []
        self.full = False
        self._data = data
        self._left = most
        self._page = "cp1252"
        self._groups = [(False, 1)]
        self._begun = False  # a group, of which nothing is read yet
        self._starred = False  # `\*`: whoever does not know the word that follows passes over the group
        self._instead = 0  # characters to come that stand for one already said
        self._half = bytearray()  # octets that are not letters yet

    def run(self) -> None:
        """Until the file, or the room, ends."""
        at, size = 0, len(self._data)
        while at < size and not self.full:
            found = _TOKEN.match(self._data, at)
            if found is None:  # line ends of the source, and a backslash at the end
                at += 1
                continue
            at = found.end()
            if found["word"] is not None:
                at += self._word(found["word"], found["number"])
            elif found["brace"] is not None:
                self._brace(opens=found["brace"] == b"{")
            elif found["sign"] == b"*":
                self._starred = True
            else:
                self._letters(found)
        self._say("")

    def _word(self, word: bytes, number: bytes | None) -> int:
        """Take a control word; gives how many octets behind it are no text."""
        value = int(number or 0)
        begun, starred = self._begun, self._starred
        self._begun = self._starred = False
        if word in _UNSEEN or (starred and begun and word not in _SEEN):
            self._groups[-1] = (True, self._groups[-1][1])
        elif word == b"bin":
            return max(0, value)
        elif word == b"uc":
            self._groups[-1] = (self._groups[-1][0], min(max(0, value), 9))
        elif word == b"ansicpg" and value in _PAGES:
            self._page = f"cp{value}"
        elif word == b"u":
            self._say(chr(value % 0x10000))
            self._instead = self._groups[-1][1]
        elif word in _SAID:
            self._say(_SAID[word])
        return 0

    def _brace(self, *, opens: bool) -> None:
        self._say("")
        self._begun = opens
        self._starred = False
        if opens:
            self._groups.append(self._groups[-1])
            self.full = len(self._groups) > DEEPEST
        elif len(self._groups) > 1:
            self._groups.pop()

    def _letters(self, found: re.Match[bytes]) -> None:
        self._begun = False
        if found["octet"] is not None:
            octets = bytes.fromhex(found["octet"].decode())
        elif found["text"] is not None:
            octets = found["text"]
        else:
            self._say(_SIGNS.get(found["sign"], ""))
            return
        passed = min(self._instead, len(octets))
        self._instead -= passed
        if not self._groups[-1][0]:
            self._half += octets[passed:]

    def _say(self, text: str) -> None:
        """What the octets before it were, and `text`."""
        pending = self._half.decode(self._page, "replace") + text if self._half else text
        self._half.clear()
        self._instead = 0
        if pending and not self._groups[-1][0]:
            self.said.append(pending)
            self._left -= len(pending)
            self.full = self.full or self._left <= 0


__all__ = ["read_rtf"]
