"""The canonical forms of RFC 6376 § 3.4, for header fields and for bodies that stream by.

A body is never held: each hasher keeps at most a few bytes and a count of the empty lines that may turn out
to be the last ones. Chunks may be cut anywhere.
"""

from __future__ import annotations

import hashlib
import re

from mailhub.mail.headers import Field

_FOLD = re.compile(rb"\r?\n")
_SPACES = re.compile(rb"[ \t]+")
_CRLF_BLOCK = b"\r\n" * 16_384


class BodyHasher:
    """SHA-256 of a body in "simple" form (RFC 6376 § 3.4.3), fed with the bytes after the blank line.

    `length` is the number of octets of the canonical form fed so far; after `digest()` of all of it.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._empty_lines = 0  # CRLFs at the end so far: dropped if nothing follows
        self._tail = b""  # a CR whose LF may come with the next chunk
        self.length = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        data = self._tail + chunk if self._tail else chunk
        end = len(data.rstrip(b"\r\n"))
        rest = data[end:]
        self._tail = b""
        if rest.endswith(b"\r"):
            self._tail, rest = b"\r", rest[:-1]
        # Pairs at the end of `rest`: they begin after the last place where CR and LF do not alternate.
        pairs = max(rest.rfind(b"\r\r"), rest.rfind(b"\n\n")) + 1
        pairs += rest.startswith(b"\n", pairs)
        if rest.endswith(b"\r"):
            pairs = len(rest)
        if end + pairs:
            self._flush_empty_lines()
            self._feed(memoryview(data)[: end + pairs])
        self._empty_lines += (len(rest) - pairs) // 2

    def digest(self) -> bytes:
        """The 32 octets of the hash. Call it once, after the last chunk."""
        if self._tail:
            self._flush_empty_lines()
            self._feed(self._tail)
        self._end()
        return self._hash.digest()

    def _end(self) -> None:
        self._feed(b"\r\n")  # also for an empty body

    def _feed(self, data: bytes | memoryview) -> None:
        self._hash.update(data)
        self.length += len(data)

    def _flush_empty_lines(self) -> None:
        left = self._empty_lines * 2
        while left:
            piece = _CRLF_BLOCK[:left]
            self._feed(piece)
            left -= len(piece)
        self._empty_lines = 0


class RelaxedBodyHasher(BodyHasher):
    """The same in "relaxed" form (RFC 6376 § 3.4.4): runs of space and tab are one space, none before a CRLF."""

    def __init__(self) -> None:
        super().__init__()
        self._held = b""  # a space, a CR or both, whose meaning the next chunk decides

    def update(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        data = self._held + chunk if self._held else chunk
        if b"\t" in data:
            data = data.replace(b"\t", b" ")
        while b"  " in data:  # each round halves every run; ten times faster than a regular expression
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \r\n", b"\r\n")
        self._held = next((end for end in (b" \r", b"\r", b" ") if data.endswith(end)), b"")
        super().update(data[: len(data) - len(self._held)])

    def digest(self) -> bytes:
        """The 32 octets of the hash. Call it once, after the last chunk."""
        if self._held.endswith(b"\r"):
            super().update(self._held)
        return super().digest()

    def _end(self) -> None:
        if self.length:  # the form of an empty body is empty, without a CRLF
            self._feed(b"\r\n")


def relaxed_value(value: bytes) -> bytes:
    """A field's value unfolded, its runs of white space made one space (RFC 6376 § 3.4.2)."""
    if b"\n" in value:
        value = _FOLD.sub(b"", value)
    if b"\t" in value or b"  " in value:
        value = _SPACES.sub(b" ", value)
    return value.strip(b" \t\r\n")


def relaxed_field(field: Field) -> bytes:
    """A field in "relaxed" form with its CRLF (RFC 6376 § 3.4.2)."""
    return b"%s:%s\r\n" % (field.name.lower(), relaxed_value(field.raw.partition(b":")[2]))
