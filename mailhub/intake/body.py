"""A message on its way in: its bytes go to the spool while facts are gathered in passing.

The header block is kept in memory (it has a limit), the body never is.
"""

from __future__ import annotations

import sys
from typing import Protocol

from mailhub.mail.headers import Field, read_fields
from mailhub.store.spool import Spool, StagedBody


class BodyDigest(Protocol):
    """Something fed with the bytes below the header, such as a DKIM body hash."""

    def update(self, chunk: bytes) -> None: ...


class ReceivedBody:
    """Collects one message. `header_limit` is in octets; a longer header is read up to there only. 0: no limit."""

    def __init__(self, spool: Spool, header_limit: int) -> None:
        self.staged: StagedBody = spool.stage()
        self._limit = header_limit or sys.maxsize
        self._head = b""
        self._head_done = False
        self._digests: list[BodyDigest] = []
        self.fields: list[Field] = []
        self.eight_bit = False
        # The header did not end within the limit: what lies behind it was not read, so it cannot be judged.
        self.header_overflow = False
        self.nul = False  # an octet 0 is in it

    def want(self, fields: list[Field]) -> list[BodyDigest]:
        """Which digests the body is needed for, asked once when the header is complete."""
        del fields
        return []

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            StoreUnavailable: the disk does not take them.
        """
        self.staged.write(chunk)
        if not self.eight_bit and not chunk.isascii():
            self.eight_bit = True
        if b"\0" in chunk:
            self.nul = True
        if self._head_done:
            for digest in self._digests:
                digest.update(chunk)
        else:
            self._read_head(chunk)

    def _read_head(self, chunk: bytes) -> None:
        searched = max(0, len(self._head) - 3)
        self._head += chunk
        end = 0 if self._head.startswith(b"\r\n") else self._head.find(b"\r\n\r\n", searched)
        if end < 0 and len(self._head) <= self._limit:
            return
        if end == 0:
            self._close_head(2)
        elif end > 0:
            self._close_head(end + 4)
        else:
            self.header_overflow = True
            self._close_head(len(self._head))

    def _close_head(self, length: int) -> None:
        rest = self._head[length:]
        self._head = self._head[:length]
        self._head_done = True
        self.fields = read_fields(self._head)
        self._digests = self.want(self.fields)
        if rest:
            for digest in self._digests:
                digest.update(rest)

    def complete(self) -> None:
        """Say that all bytes are here; a message without a blank line is all header."""
        if not self._head_done:
            self._close_head(len(self._head))

    def discard(self) -> None:
        self.staged.discard()
