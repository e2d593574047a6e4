"""A lean SMTP and LMTP client (RFC 5321, RFC 2033) for one connection that sends many messages."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from bench.messages import CRLF

PIECE = 128 * 1024


class RefusedError(Exception):
    """The server answered otherwise than was hoped for, or went away."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server listens and how it wants to be spoken to. `unix` wins over `port` (on 127.0.0.1)."""

    port: int = 0
    unix: Path | None = None
    lmtp: bool = False
    starttls: bool = False
    login: tuple[str, str] | None = None


class Connection(asyncio.Protocol):
    """Replies are read one by one; writing respects the transport's flow control."""

    def __init__(self) -> None:
        self._pending = b""
        self._replies: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._lost = False
        self._lmtp = False
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, target: Target) -> Connection:
        """Connect, greet, and where the target asks for it STARTTLS and AUTH PLAIN.

        Raises:
            RefusedError: the server said no.
            OSError: nobody listens.
        """
        loop = asyncio.get_running_loop()
        self = cls()
        self._lmtp = target.lmtp
        if target.unix is not None:
            await loop.create_unix_connection(lambda: self, str(target.unix))
        else:
            await loop.create_connection(lambda: self, "127.0.0.1", target.port)
        await self._reply(b"220")
        await self._greet()
        if target.starttls:
            await self._command(b"STARTTLS", b"220")
            secured = await loop.start_tls(self._transport, self, _tls())
            if secured is None:
                raise RefusedError("connection lost in STARTTLS")
            self._transport = secured
            await self._greet()
        if target.login is not None:
            secret = base64.b64encode("\0{}\0{}".format(*target.login).encode())
            await self._command(b"AUTH PLAIN " + secret, b"235")
        return self

    async def send(self, sender: str, recipient: str, wire: bytes) -> None:
        """One message by PIPELINING (RFC 2920); returns when the server has taken responsibility for it.

        Raises:
            RefusedError: a command or the message was refused; the connection should be closed.
        """
        commands = f"MAIL FROM:<{sender}> BODY=8BITMIME\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
        self._transport.write(commands.encode())
        for expected in (b"250", b"250", b"354"):
            await self._reply(expected)
        view = memoryview(wire)
        for at in range(0, len(wire), PIECE):
            self._transport.write(view[at : at + PIECE])
            await self._may_write.wait()
            if self._lost:
                raise RefusedError("connection lost in DATA")
        await self._reply(b"250")

    def close(self) -> None:
        """Say QUIT and hang up without waiting for the answer."""
        if not self._transport.is_closing():
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    async def _greet(self) -> None:
        await self._command(b"LHLO may-khach.example" if self._lmtp else b"EHLO may-khach.example", b"250")

    async def _command(self, line: bytes, expected: bytes) -> None:
        self._transport.write(line + CRLF)
        await self._reply(expected)

    async def _reply(self, expected: bytes) -> None:
        while not self._replies:
            if self._lost:
                raise RefusedError("connection lost")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        answer = self._replies.popleft()
        if not answer.startswith(expected):
            raise RefusedError(answer.decode("ascii", "backslashreplace").strip()[:200])

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._transport.set_write_buffer_limits(high=512 * 1024)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self._lost = True
        self._may_write.set()
        self._wake()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        lines = (self._pending + data).split(b"\n")
        self._pending = lines.pop()
        # Only the last line of a reply counts: its fourth character is no hyphen (RFC 5321 § 4.2.1).
        ends = [line for line in lines if line[3:4] != b"-"]
        if ends:
            self._replies.extend(ends)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@cache
def _tls() -> ssl.SSLContext:
    """One context for all: the server's certificate is self-signed, and a default context costs 20 ms each."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
