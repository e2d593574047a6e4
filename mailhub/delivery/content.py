"""The bytes a next hop gets: what mailhub adds above, then the body as it came, less what was forged.

Nothing is ever re-serialised: a body goes out byte for byte (architecture § 4.3). The only bytes taken out are
whole header fields in which a stranger spoke in our name (RFC 8601 § 5).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailhub.queue.records import Cuts, StoredMessage
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """A stored message as it is sent; `chunks` may be asked for more than once."""

    spool: Spool
    message: StoredMessage
    above: bytes  # DKIM-Signature and what is meant for this destination only
    body: bytes | None = None  # the stored bytes, when they were read already

    @property
    def size(self) -> int:
        """Octets, before dot-stuffing (RFC 1870 § 3)."""
        cut = sum(end - start for start, end in self.message.cuts)
        return len(self.above) + len(self.message.prefix) + self.message.size - cut

    @property
    def utf8(self) -> bool:
        return self.message.utf8

    @property
    def eight_bit(self) -> bool:
        return self.message.eight_bit

    @property
    def ret(self) -> str | None:
        return self.message.dsn_ret

    @property
    def envid(self) -> str | None:
        return self.message.dsn_envid

    def chunks(self) -> Iterator[bytes]:
        """The message in pieces of at most about 256 KiB.

        Raises:
            StoreUnavailable: the stored body cannot be read.
        """
        stored = self.spool.read(self.message.location) if self.body is None else iter((self.body,))
        body = without(stored, self.message.cuts)
        first = self.above + self.message.prefix + next(body, b"")
        yield first
        yield from body


def without(chunks: Iterator[bytes], cuts: Cuts) -> Iterator[bytes]:
    """`chunks` less the byte ranges `cuts`, which are sorted and do not overlap."""
    if not cuts:
        yield from chunks
        return
    at = 0
    for chunk in chunks:
        kept: list[bytes] = []
        begin = 0
        for start, end in cuts:
            low, high = max(start - at, 0), min(end - at, len(chunk))
            if low < high:
                kept.append(chunk[begin:low])
                begin = high
        kept.append(chunk[begin:])
        at += len(chunk)
        yield b"".join(kept)


def read_back(spool: Spool, message: StoredMessage, *, whole: bool = True, head: int = 0) -> bytes:
    """What goes back to the sender with a notice: all of it as it was handed in, or the header (`head` octets; 0: all).

    b"" when the spool is damaged, or its disk is: the sender has to hear of it all the same.
    """
    try:
        if not whole:
            return read_head(spool.read(message.location), limit=head)
        return b"".join(without(spool.read(message.location), message.cuts))
    except StoreUnavailable as error:
        log.warning("the original of %s cannot be read: %s", message.code, error)
        return b""


def read_head(chunks: Iterable[bytes], *, limit: int) -> bytes:
    """The header block of a message, up to and with the blank line; at most `limit` octets (0: all of it)."""
    head = b""
    limit = limit or sys.maxsize
    for chunk in chunks:
        head += chunk
        if head.startswith(b"\r\n"):
            return b"\r\n"
        end = head.find(b"\r\n\r\n")
        if end >= 0:
            return head[: min(end + 4, limit)]
        if len(head) >= limit:
            break
    return head[:limit]
