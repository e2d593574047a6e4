"""Asking clamd whether something is malware: its INSTREAM command, over TCP or a Unix socket (clamd(8)).

Whatever keeps clamd from an answer is an answer too: what was not scanned is stated, never taken for clean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_CHUNK = 128 * 1024
_LONGEST_REPLY = 4096
_LONGEST_NAME = 200
_COMMAND = b"zINSTREAM\0"
_BROKEN = b"nothing and hung up midway, as it does above its StreamMaxLength"
_TOO_LARGE = "larger than clamd may be asked about"


@dataclass(frozen=True, slots=True)
class Clean:
    """clamd knows nothing against it."""


@dataclass(frozen=True, slots=True)
class Malware:
    """`name` is that of clamd's signature."""

    name: str


@dataclass(frozen=True, slots=True)
class NotScanned:
    """There is no answer; `reason` is one English line, safe to log."""

    reason: str


Scan = Clean | Malware | NotScanned


class Clamd:
    """One clamd. Each scan is a connection of its own, so that they may run side by side."""

    def __init__(self, address: str, *, timeout: float = 10.0, max_bytes: int = 25 * 2**20) -> None:
        """`address` is `unix:/path` or `host:port`; `timeout` is of a whole scan, in seconds.

        `max_bytes` should be clamd's own StreamMaxLength. Raises ValueError for another kind of address.
        """
        self._path, self._host, self._port = "", "", 0
        if address.startswith("unix:/"):
            self._path = address.removeprefix("unix:")
        else:
            host, colon, port = address.rpartition(":")
            if not colon or not host or not port.isascii() or not port.isdigit():
                raise ValueError(f"neither unix:/path nor host:port: {address}")
            self._host, self._port = host.strip("[]"), int(port)
        self.address = address
        self.timeout = timeout
        self.max_bytes = max_bytes

    async def scan(self, data: bytes | memoryview) -> Scan:
        """What clamd says of `data`. Raises nothing."""
        if len(data) > self.max_bytes:
            return NotScanned(_TOO_LARGE)
        try:
            async with asyncio.timeout(self.timeout):
                reply = await self._converse(data)
        except TimeoutError:
            return NotScanned("clamd did not answer in time")
        except (OSError, ValueError) as error:
            return NotScanned(f"clamd cannot be asked: {type(error).__name__}")
        return read_reply(reply)

    async def _converse(self, data: bytes | memoryview) -> bytes:
        reader, writer = await self._connect()
        try:
            broken = await _send(writer, _framed(data))
            return await _receive(reader) or (_BROKEN if broken else b"")
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._path:
            return await asyncio.open_unix_connection(self._path, limit=_LONGEST_REPLY)
        return await asyncio.open_connection(self._host, self._port, limit=_LONGEST_REPLY)


async def _send(writer: asyncio.StreamWriter, blocks: Iterable[bytes | memoryview]) -> bool:
    """Send all of it; True when clamd hung up first, which it does above its StreamMaxLength (it may still reply)."""
    try:
        for block in blocks:
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        return True
    return False


async def _receive(reader: asyncio.StreamReader) -> bytes:
    """The reply up to its zero octet, or as much of it as there is."""
    try:
        return await reader.readuntil(b"\0")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except (ConnectionError, asyncio.LimitOverrunError):
        return b""


def _framed(data: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """The command, the octets with the length of each chunk before it (four octets, big-endian), a chunk of none."""
    yield _COMMAND
    view = memoryview(data)
    for start in range(0, len(view), _CHUNK):
        chunk = view[start : start + _CHUNK]
        yield len(chunk).to_bytes(4, "big")
        yield chunk
    yield bytes(4)


def read_reply(reply: bytes) -> Scan:
    """`stream: OK`, `stream: Name FOUND`, or an error in whatever words."""
    text = reply.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    what = text.removeprefix("stream:").strip()
    if what == "OK":
        return Clean()
    if what.endswith(" FOUND"):
        return Malware(_printable(what.removesuffix(" FOUND")))
    if "size limit" in what:
        return NotScanned(_TOO_LARGE)
    return NotScanned(f"clamd said: {_printable(what)}" if what else "clamd hung up without an answer")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST_NAME]
