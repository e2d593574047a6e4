"""The wire: commands and data out, replies in, with limits on both. Knows nothing of transactions.

One coroutine at a time uses a link. When the hop goes away, misbehaves or is too slow, `broken` says why, and
everything that waits is woken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from typing import cast

from mailhub.delivery.errors import ConnectFailed, ConnectionLost, HopFailed, HopTimeout, ProtocolViolation, TLSFailed
from mailhub.delivery.outgoing import Target, Timeouts
from mailhub.delivery.replies import Reply, ReplyReader

_TLS_SHUTDOWN = 2.0  # seconds that a peer gets to answer close_notify
_LOOKS = 20  # how often the progress of data is looked at within `data_idle`


class Link(asyncio.Protocol):
    """A connection as a queue of replies."""

    def __init__(self) -> None:
        self.broken: HopFailed | None = None
        self.paused = False
        self.tls: str | None = None
        self._transport: asyncio.Transport
        self._wire: asyncio.Transport  # below TLS
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._asked = 1  # the greeting
        self._waiter: asyncio.Future[bool] | None = None
        self._written = 0
        self._closed = asyncio.Event()

    @classmethod
    async def connect(cls, target: Target, seconds: float) -> Link:
        """Connect to `target` in clear.

        Raises:
            ConnectFailed: refused, unreachable, or no answer in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                if isinstance(target.address, str):
                    _, link = await loop.create_unix_connection(cls, target.address)
                else:
                    _, link = await loop.create_connection(cls, *target.address)
        except TimeoutError as error:
            raise ConnectFailed(f"no answer from {target.host} within {seconds:g} s") from error
        except OSError as error:
            raise ConnectFailed(f"cannot connect to {target.host}: {error.strerror or error}") from error
        return link

    async def start_tls(self, context: ssl.SSLContext, name: str, seconds: float) -> None:
        """Change to TLS. What the hop sent in clear behind its reply to STARTTLS is thrown away: it may be forged.

        Raises:
            TLSFailed: the handshake failed; the link is of no more use.
        """
        self._forget_input()
        loop = asyncio.get_running_loop()
        try:
            upgraded = await loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=name or None,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=_TLS_SHUTDOWN,
            )
        except (OSError, ValueError) as error:  # SSLError and TimeoutError are OSErrors; ValueError: an impossible name
            self.abort()
            raise TLSFailed(f"TLS handshake failed: {error}") from error
        secured = upgraded.get_extra_info("ssl_object") if upgraded is not None else None
        if upgraded is None or secured is None:
            self.abort()
            raise TLSFailed("TLS handshake failed: the connection was closed")
        self._forget_input()
        self._transport = upgraded
        self.tls = secured.version()

    def _forget_input(self) -> None:
        self._reader.clear()
        self._replies.clear()

    # ------------------------------------------------------------------ commands and replies

    def send(self, data: bytes, replies: int) -> None:
        """Write commands that will be answered by so many replies."""
        self._asked += replies
        self.write(data)

    async def wait_replies(self, count: int, seconds: float) -> None:
        """Wait until `take` can be called `count` times; each further reply may take `seconds`.

        Comes back early when the hop says 421 or the link breaks; `take` then says so.
        """
        while len(self._replies) < count and not self.broken and not self.leaving:
            if not await self._sleep(seconds):
                self._break(HopTimeout(f"no reply within {seconds:g} s"))

    def take(self) -> Reply:
        """The next reply.

        Raises:
            HopFailed: there is none, because the link is broken.
            ConnectionLost: the reply is 421; it ends the session whatever was asked (RFC 5321 § 3.8).
        """
        if not self._replies:
            raise self.broken or ConnectionLost("the connection was closed")
        self._asked -= 1
        reply = self._replies.popleft()
        if reply.code == 421:
            self._break(ConnectionLost(reply.text, enhanced=reply.enhanced, code=421))
            assert self.broken is not None
            raise self.broken
        return reply

    @property
    def leaving(self) -> bool:
        """The hop has said 421."""
        return bool(self._replies) and self._replies[-1].code == 421

    @property
    def interrupted(self) -> bool:
        """Something came that nobody asked for, or the link is broken."""
        return len(self._replies) > self._asked or self.broken is not None

    # ------------------------------------------------------------------ data

    def write(self, data: bytes) -> None:
        if self.broken is None:
            self._written += len(data)
            self._transport.write(data)

    async def drain(self, limits: Timeouts, started: float) -> None:
        """Wait until more may be written; `started` is the loop's time when the data began.

        Comes back early when the hop interrupts. The time limits look at what the hop has taken, so that a thin
        line gets its message through and a stalled one does not keep us.
        """
        now = asyncio.get_running_loop().time
        left, moved = self._unsent(), now()
        while self.paused and not self.interrupted:
            await self._sleep(limits.data_idle / _LOOKS)
            if self._unsent() < left:
                left, moved = self._unsent(), now()
            elif now() - moved > limits.data_idle:
                self._break(HopTimeout(f"took no data for {limits.data_idle:g} s"))
            elapsed = now() - started
            if elapsed > limits.data_grace and (self._written - left) * 60 < limits.data_rate * elapsed:
                self._break(HopTimeout(f"took fewer than {limits.data_rate} bytes a minute"))

    def begin_data(self) -> None:
        """Count what is written from here on."""
        self._written = 0

    def _unsent(self) -> int:
        waiting = self._transport.get_write_buffer_size()
        return waiting if self._wire is self._transport else waiting + self._wire.get_write_buffer_size()

    # ------------------------------------------------------------------ ends

    async def quit(self, seconds: float) -> None:
        """Say QUIT, wait a little for the answer (RFC 5321 § 4.1.1.10), close."""
        if self.broken is None and not self.interrupted:
            self.send(b"QUIT\r\n", 1)
            await self.wait_replies(1, seconds)
        self.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)

    def abort(self) -> None:
        """Close at once; nothing that is still unsent goes out."""
        self._break(ConnectionLost("closed by us"))

    def _break(self, reason: HopFailed) -> None:
        if self.broken is None:
            self.broken = reason
            self._transport.abort()
            self._wake()

    # ------------------------------------------------------------------ asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self._wire = cast(asyncio.Transport, transport)  # uvloop's is one by shape only

    def data_received(self, data: bytes) -> None:
        if self.broken is not None:
            return
        before = len(self._replies)
        try:
            self._replies.extend(self._reader.feed(data))
        except ProtocolViolation as error:
            self._break(error)
            return
        if len(self._replies) == before:
            return  # nobody is woken: bytes that trickle in do not stretch the time limit of a reply
        if len(self._replies) > self._asked + 1:  # one is an early goodbye; more would fill our memory
            self._break(ProtocolViolation("more replies than commands"))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
        reason = f": {exc}" if exc is not None else ""
        self._break(ConnectionLost(f"the connection was closed by the other side{reason}"))

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._wake()

    # ------------------------------------------------------------------ waiting

    async def _sleep(self, seconds: float) -> bool:
        """Wait until something happens; False when nothing did within `seconds`."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self._wake, False)
        try:
            return await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self, happened: bool = True) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(happened)
