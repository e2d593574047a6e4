"""The content on its way to the wire: stuffed, gathered into sensible writes, held back while the hop is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from mailhub.delivery.errors import BareLineEnd, DeliveryError
from mailhub.delivery.link import Link
from mailhub.delivery.outgoing import Content, Timeouts
from mailhub.delivery.stuffing import Stuffer

_WRITE = 64 * 1024  # smaller pieces are gathered, so that a small message is one write


class ContentFault(DeliveryError):
    """The stored message could not be read to its end."""


class DataWriter:
    """Writes one message to `link`. At most one chunk and the transport's 64 KiB are in memory."""

    def __init__(self, link: Link, limits: Timeouts) -> None:
        self._link = link
        self._limits = limits
        self._stuffer = Stuffer()
        self._pieces: list[bytes] = []
        self._gathered = 0
        self._total = 0
        self._started = asyncio.get_running_loop().time()

    async def write(self, content: Content) -> bytes:
        """Write all but the last piece; that is returned, with the end of data, for the caller to send or not.

        Comes back early, with nothing, when the hop interrupts.

        Raises:
            BareLineEnd: the message holds a bare CR or LF.
            ContentFault: it could not be read, or is shorter than its `size`.
        """
        self._link.begin_data()
        try:
            await self._write_all(content)
            if self._link.interrupted:
                return b""
            end = self._stuffer.finish()
        except BareLineEnd:
            raise
        except OSError as error:
            raise ContentFault(f"the stored message cannot be read: {error.strerror}") from error
        if self._total < content.size:
            raise ContentFault(f"the stored message has {self._total} bytes, not {content.size}")
        return b"".join([*self._pieces, end])

    async def _write_all(self, content: Content) -> None:
        chunks = content.chunks()
        if isinstance(chunks, Iterator):
            try:
                for chunk in chunks:
                    if self._add(chunk) and not await self._flush():
                        return
            finally:
                if hasattr(chunks, "close"):  # a generator that was not run to its end holds a file open
                    chunks.close()
            return
        try:
            async for chunk in chunks:
                if self._add(chunk) and not await self._flush():
                    return
        finally:
            if hasattr(chunks, "aclose"):
                await chunks.aclose()

    def _add(self, chunk: bytes) -> bool:
        """Take a chunk; True when there is enough for a write."""
        self._total += len(chunk)
        self._gathered += len(chunk)
        self._pieces.append(self._stuffer.feed(chunk))
        return self._gathered >= _WRITE

    async def _flush(self) -> bool:
        """Write what was gathered and wait for room; False when the hop interrupted."""
        self._link.write(b"".join(self._pieces))
        self._pieces, self._gathered = [], 0
        await self._link.drain(self._limits, self._started)
        return not self._link.interrupted
