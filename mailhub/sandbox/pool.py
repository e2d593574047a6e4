"""The client of the inspector: bytes of files in, facts out; what comes back is believed only as far as it is checked.

If a child dies or runs out of time at a file, that file is `unreadable` and the others go to a fresh child.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket as sockets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path

from mailhub.files.facts import CellRows, FileFacts, Limits
from mailhub.sandbox.backlog import waiting_connections
from mailhub.sandbox.errors import BadAnswer, InspectorBusy, InspectorUnavailable
from mailhub.sandbox.reading import Allowance, FileBytes, OnFile, Reading
from mailhub.sandbox.wire import (
    AS_FACT,
    CANCELLED,
    LINE_BYTES,
    End,
    Kind,
    Line,
    Request,
    Slice,
    Tried,
    pack_request,
    read_line,
)

log = logging.getLogger(__name__)

GRACE_SECONDS = 0.5  # the zygote ends a child at the same moment; its word of it may take a little longer
_LONG_LINE = 128 * 1024  # beyond it, decoding does not hold up the loop
_LONG_COPY = 4 * 2**20
_BLOCK = 256 * 1024


class Inspector:
    """The zygotes behind one Unix socket. Holds no connection: one a message."""

    def __init__(self, socket: Path) -> None:
        self.path = socket

    async def read(
        self, files: Sequence[FileBytes], limits: Limits, *, timeout: float, on_file: OnFile | None = None
    ) -> list[FileFacts]:
        """What is in `files`, in their order. `timeout`: seconds for all of them together, waiting included.

        `on_file` hears each file's index and facts as soon as they are there, and is called for every file exactly
        once, unless this raises.

        Raises:
            InspectorBusy: nobody began to read them, or the rest of them, within the time.
            InspectorUnavailable: nobody listens.
        """
        reading = Reading(files, on_file, time.monotonic() + timeout)
        if not files:
            return []
        with _memory() as descriptor:
            if reading.bytes > _LONG_COPY:
                await asyncio.to_thread(_fill, descriptor, files)
            else:
                _fill(descriptor, files)
            while reading.next < len(files):
                await self._attempt(reading, limits, descriptor)
        return reading.found

    async def _attempt(self, reading: Reading, limits: Limits, descriptor: int) -> None:
        """One child, for all files that are still unread."""
        request = Request(Kind.READ, tuple(reading.slices[reading.next :]), limits)
        begun, end, first = False, None, reading.next
        try:
            async with asyncio.timeout_at(reading.loop_deadline()) as clock:
                answer = self._converse(request, descriptor, reading.seconds_left(), reading.allowance)
                async with aclosing(answer) as lines:
                    async for line in lines:
                        if line.begin and not begun:
                            begun = True
                            clock.reschedule(reading.loop_deadline() + GRACE_SECONDS)
                        end = line.end or end
                        reading.hear(line, reading.next - first)
        except TimeoutError:
            if not begun:
                raise InspectorBusy("no inspector was free within the time") from None
            end = End.TIME
        except BadAnswer as error:
            log.warning("inspector: %s", error)
            end = End.CRASHED
        reading.close_attempt(begun=begun, end=end)

    async def cells(self, file: FileBytes, limits: Limits, *, timeout: float) -> list[CellRows]:
        """Every row of the table in `file`; `timeout`: seconds, waiting included.

        The last piece is `unreadable` when the file, or the rest of it, could not be read.

        Raises:
            InspectorBusy, InspectorUnavailable
        """
        found: list[CellRows] = []
        begun, end = False, None
        request = Request(Kind.CELLS, (Slice(0, len(file.data)),), limits)
        with _memory() as descriptor:
            await asyncio.to_thread(_fill, descriptor, [file])
            try:
                async with asyncio.timeout(timeout):
                    async with aclosing(self._converse(request, descriptor, timeout)) as lines:
                        async for line in lines:
                            begun, end = begun or line.begin, line.end or end
                            found += [line.cells] if line.cells is not None else []
            except TimeoutError:
                if not begun:
                    raise InspectorBusy("no inspector was free within the time") from None
                end = End.TIME
            except BadAnswer as error:
                log.warning("inspector: %s", error)
                end = End.CRASHED
        if not begun:
            raise InspectorUnavailable("the inspector went away before it began")
        if end is not End.DONE:
            found.append(CellRows(unreadable=AS_FACT[end or End.CRASHED]))
        return found

    async def probe(self, paths: Sequence[str], ports: Sequence[int], *, timeout: float) -> tuple[Tried, ...]:
        """Have a child try to break out; `paths` and `ports` are the hub's own.

        Raises:
            InspectorBusy, InspectorUnavailable
        """
        request = Request(Kind.PROBE, paths=tuple(paths), ports=tuple(ports))
        tried: tuple[Tried, ...] = ()
        descriptor = os.memfd_create("nothing", os.MFD_CLOEXEC)
        try:
            async with asyncio.timeout(timeout):
                async with aclosing(self._converse(request, descriptor, timeout)) as lines:
                    async for line in lines:
                        tried = line.tried or tried
        except TimeoutError:
            raise InspectorBusy("no inspector answered within the time") from None
        except BadAnswer as error:
            raise InspectorUnavailable(str(error)) from None
        finally:
            os.close(descriptor)
        return tried

    async def queue_length(self) -> int:
        """How many messages wait for a free zygote just now; 0 when that cannot be told."""
        try:
            return waiting_connections(self.path)
        except OSError:
            return 0

    async def _converse(
        self, request: Request, descriptor: int, seconds: float, most: Allowance | None = None
    ) -> AsyncGenerator[Line, None]:
        """Ask, then give line after line until the other side closes. A last line that breaks off is dropped."""
        most = most or Allowance()
        loop = asyncio.get_running_loop()
        with self._connect() as one:
            try:
                packed = pack_request(request, seconds)
                sent = sockets.send_fds(one, [packed], [descriptor])
                await loop.sock_sendall(one, packed[sent:])
                async with aclosing(_lines(one, most)) as lines:
                    async for line in lines:
                        yield await asyncio.to_thread(read_line, line) if len(line) > _LONG_LINE else read_line(line)
            except ConnectionError:  # the zygote has gone: what is missing says so
                return

    def _connect(self) -> sockets.socket:
        one = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        one.setblocking(False)
        try:
            # Not the loop's connect: a full queue is EAGAIN here, which it would take for "wait until writable".
            one.connect(str(self.path))
        except BlockingIOError:
            one.close()
            raise InspectorBusy("the inspector's queue is full") from None
        except OSError as error:
            one.close()
            raise InspectorUnavailable(f"{self.path.name}: {error.strerror}") from error
        return one


async def _lines(one: sockets.socket, most: Allowance) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    rest = bytearray()
    while block := await loop.sock_recv(one, _BLOCK):
        most.take(len(block))
        begin = len(rest)
        rest += block
        while (end := rest.find(b"\n", begin)) >= 0:
            line = bytes(rest[:end])
            del rest[: end + 1]
            begin = 0
            if not line.endswith(CANCELLED):
                yield line
        if len(rest) > LINE_BYTES:
            raise BadAnswer("a line without end")


@contextmanager
def _memory() -> Iterator[int]:
    """A file that has no name and lies in memory."""
    descriptor = os.memfd_create("files", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _fill(descriptor: int, files: Sequence[FileBytes]) -> None:
    """Write, and seal: neither side can alter what the other reads."""
    for one in files:
        rest = memoryview(one.data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


__all__ = ["FileBytes", "Inspector"]
