"""One message on its way into a `Body`: the limits that only show while it comes in.

What is refused here is still read to its end, since the client hears nothing before (RFC 5321 § 4.2.5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from mailhub.errors import TemporaryError
from mailhub.smtp.commands import too_large
from mailhub.smtp.data import ChunkReader
from mailhub.smtp.door import Body, Reply
from mailhub.smtp.errors import SessionEnd

log = logging.getLogger(__name__)

LOCAL_FAULT = Reply(451, "4.3.0", "Loi tam thoi, xin gui lai sau")
BARE_NEWLINE = Reply(550, "5.6.11", "Dong khong ket thuc bang CRLF (co CR hoac LF don le)")
HEADER_TOO_LARGE = Reply(552, "5.3.4", "Phan dau cua thu qua lon")
MOST_WASTED = 2**20  # octets read beyond twice the limit before the client is cut off


class Incoming:
    """Passes content on to `body` until something is wrong; `refusal` says what.

    `size_limit` and `header_limit` are in octets; 0 = none. `note` is told of each refusal made here, by its kind,
    and gives the reply that the client is to hear.
    """

    def __init__(self, body: Body, *, size_limit: int, header_limit: int, note: Callable[[str, Reply], Reply]) -> None:
        self.refusal: Reply | None = None
        self.size = 0
        self.chunks = ChunkReader()
        self._body: Body | None = body
        self._note = note
        self._size_limit = size_limit
        self._header_limit = header_limit
        self._header_tail = b"\r\n"  # a message that begins with an empty line has no header

    async def take(self, content: bytes, *, bare: bool) -> None:
        """The next piece. `bare`: a CR or LF stood alone in it or before.

        Raises:
            SessionEnd: the client floods us.
        """
        self.size += len(content)
        if self.refusal is not None:
            self._check_flood()
        elif self._size_limit and self.size > self._size_limit:
            await self.refuse(self._note("too-large", too_large(self._size_limit).reply))
        elif bare:
            await self.refuse(self._note("bare-newline", BARE_NEWLINE))
        elif self._header_limit and self._header_overflows(content):
            await self.refuse(self._note("header-too-large", HEADER_TOO_LARGE))
        elif self._body is not None:
            try:
                waiting = self._body.write(content)
                if waiting is not None:
                    await waiting
            except Exception as error:
                await self.refuse(self._note("local-fault", fault(error, "write")))

    async def finish(self, *, bare: bool) -> Reply:
        """The answer to the whole message. The session never cancels this, whatever the client does."""
        if bare and self.refusal is None:
            await self.refuse(self._note("bare-newline", BARE_NEWLINE))
        if self.refusal is not None or self._body is None:
            return self.refusal or LOCAL_FAULT
        try:
            reply = await self._body.finish()
        except Exception as error:
            await self.refuse(fault(error, "finish"))
            return self._note("local-fault", LOCAL_FAULT)
        self._body = None
        return reply

    async def refuse(self, reply: Reply) -> None:
        """There will be no message: free what it took, and remember the answer."""
        self.refusal = reply
        body, self._body = self._body, None
        if body is not None:
            try:
                await body.abort()
            except Exception as error:
                fault(error, "abort")

    def _header_overflows(self, content: bytes) -> bool:
        joined = self._header_tail + content
        end = joined.find(b"\r\n\r\n")
        start = self.size - len(content) - len(self._header_tail)
        header = start + end + 4 if end >= 0 else self.size
        overflows = header > self._header_limit
        if end >= 0:
            self._header_limit = 0  # the header is over, and was short enough
        self._header_tail = joined[-3:]
        return overflows

    def _check_flood(self) -> None:
        if self._size_limit and self.size > 2 * self._size_limit + MOST_WASTED:
            raise SessionEnd(self.refusal)


def fault(error: Exception, act: str) -> Reply:
    """Log what a door raised, and give the reply, which never tells it."""
    if isinstance(error, TemporaryError):
        log.warning("door: %s: %s", act, error)
    else:
        log.error("door: %s failed", act, exc_info=error)
    return LOCAL_FAULT
