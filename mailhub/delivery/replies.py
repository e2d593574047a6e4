"""SMTP and LMTP replies (RFC 5321 § 4.2): read from a byte stream, bounded, and made safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailhub.delivery.errors import ProtocolViolation

# RFC 5321 § 4.5.3.1.5 allows 512 octets a line; real servers write more, hostile ones without end.
LONGEST_LINE = 4096
MOST_LINES = 200
LONGEST_TEXT = 500

_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$)")


class Reply(NamedTuple):
    """One reply: the code of its last line, and every line without code and separator."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def ok(self) -> bool:
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        """The status of RFC 2034; its class with zeros when the hop gave none, or one that contradicts the code."""
        found = _ENHANCED.match(self.lines[-1])
        if found is not None and found[1][0] == ord(str(self.code)[0]):
            return found[1].decode()
        return f"{self.code // 100}.0.0"

    @property
    def text(self) -> str:
        """The words for people: one line, printable, at most 500 characters."""
        return one_line(b" ".join(_ENHANCED.sub(b"", line, count=1) for line in self.lines))


def one_line(raw: bytes) -> str:
    """Foreign bytes as one printable line: no line breaks, control or direction marks reach a log or a notice."""
    text = " ".join(raw[: 4 * LONGEST_TEXT].decode("utf-8", "replace").split())
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text[:LONGEST_TEXT]


class ReplyReader:
    """Cuts what arrives into replies. Holds at most one reply that is not complete yet."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that `data` completes; those before a fault count.

        Raises:
            ProtocolViolation: a line or a reply is too long, or does not begin with a reply code.
        """
        *lines, rest = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = rest
        for line in lines:
            code, more = self._read(line)
            if not more:
                yield Reply(code, tuple(self._lines))
                self._lines = []
        if len(rest) > LONGEST_LINE:
            raise ProtocolViolation("the reply has a line that is too long")

    def _read(self, line: bytes) -> tuple[int, bool]:
        line = line.removesuffix(b"\r")
        if len(line) > LONGEST_LINE or len(self._lines) >= MOST_LINES:
            raise ProtocolViolation("the reply is too long")
        digits, separator = line[:3], line[3:4]
        if len(digits) != 3 or not digits.isdigit() or not b"2" <= digits[:1] <= b"5" or separator not in b" -":
            raise ProtocolViolation(f"not an SMTP reply: {one_line(line[:100])}")
        self._lines.append(line[4:])
        return int(digits), separator == b"-"

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._rest = b""
        self._lines = []
