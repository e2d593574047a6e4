"""The client of the inspector: bytes of files in, facts out; what comes back is believed only as far as it is checked.

If a child dies or runs out of time at a file, that file is `unreadable` and the others go to a fresh child.
"""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from mailhub.files.facts import CellRows, FileFacts, Limits
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.backlog import waiting_connections
from mailhub.sandbox.errors import BadAnswer, InspectorBusy, InspectorUnavailable, WorkFailed
from mailhub.sandbox.memory import given, octets_in
from mailhub.sandbox.reading import Allowance, FileBytes, OnFile, Reading
from mailhub.sandbox.wire import (
    ANSWER_BYTES,
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
    pack_value,
    read_line,
)
from mailhub.sandbox.working import LONG_LINE, Done, Heard

log = logging.getLogger(__name__)

GRACE_SECONDS = 0.5  # the zygote ends a child at the same moment; its word of it may take a little longer
_LONG_COPY = 4 * 2**20
_BLOCK = 256 * 1024
T = TypeVar("T")


class Inspector:
    """The zygotes behind one Unix socket. Holds no connection: one a message."""

    def __init__(self, socket: Path) -> None:
        self.path = socket

    async def read(
        self,
        files: Sequence[FileBytes],
        limits: Limits,
        *,
        timeout: float,
        on_file: OnFile | None = None,
        trust: TrustBundle | None = None,
    ) -> list[FileFacts]:
        """What is in `files`, in their order. `timeout`: seconds for all of them together, waiting included. `trust`:
        whom signatures are to lead to.

        `on_file` hears each file's index and facts as soon as they are there, and is called for every file exactly
        once, unless this raises.

        Raises:
            InspectorBusy: nobody began to read them, or the rest of them, within the time.
            InspectorUnavailable: nobody listens.
        """
        reading = Reading(files, on_file, time.monotonic() + timeout, trust.version if trust is not None else "")
        if not files:
            return []
        with given(octets_in(files), trust) as (descriptors, fill):
            await asyncio.to_thread(fill) if reading.bytes > _LONG_COPY else fill()
            while reading.next < len(files):
                await self._attempt(reading, limits, descriptors)
        return reading.found

    async def _attempt(self, reading: Reading, limits: Limits, descriptors: list[int]) -> None:
        """One child, for all files that are still unread."""
        request = Request(Kind.READ, tuple(reading.slices[reading.next :]), limits)
        begun, end, first = False, None, reading.next
        try:
            async with asyncio.timeout_at(reading.loop_deadline()) as clock:
                answer = self._converse(request, descriptors, reading.seconds_left(), reading.allowance)
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
        with given([file.data]) as (descriptors, fill):
            await asyncio.to_thread(fill)
            try:
                async with asyncio.timeout(timeout):
                    async with aclosing(self._converse(request, descriptors, timeout)) as lines:
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
        try:
            with given([]) as (descriptors, _):
                async with asyncio.timeout(timeout):
                    async with aclosing(self._converse(request, descriptors, timeout)) as lines:
                        async for line in lines:
                            tried = line.tried or tried
        except TimeoutError:
            raise InspectorBusy("no inspector answered within the time") from None
        except BadAnswer as error:
            raise InspectorUnavailable(str(error)) from None
        return tried

    async def work(
        self,
        name: str,
        argument: object,
        octets: Sequence[bytes | memoryview],
        answer: type[T],
        *,
        timeout: float,
        trust: TrustBundle | None = None,
        most_octets: int = ANSWER_BYTES,
        on_answer: Callable[[T], None] | None = None,
    ) -> Done[T]:
        """One of `works.WORKS`, done by a child: `argument` is the dataclass that it takes, `answer` the class of its
        answers; `timeout`: seconds, waiting included; `most_octets`: of all that comes back, JSON and base64 (4 octets
        for 3). With `on_answer` answers go there one by one, before it is known whether there will be an end.

        Raises:
            InspectorBusy: nobody began in time.
            InspectorUnavailable: nobody listens, or who did went away before the end.
            WorkFailed: it took too long, too much memory, or its program raised.
            BadAnswer: what came back is not an answer of this work.
        """
        slices, begin = [], 0
        for one in octets:
            slices.append(Slice(begin, len(one)))
            begin += len(one)
        request = Request(Kind.WORK, tuple(slices), Limits(seconds=timeout), work=name, argument=pack_value(argument))
        heard = Heard(answer, on_answer)
        with given(octets, trust) as (descriptors, fill):
            await asyncio.to_thread(fill) if begin > _LONG_COPY else fill()
            try:
                async with asyncio.timeout(timeout + GRACE_SECONDS):
                    talk = self._converse(request, descriptors, timeout, Allowance(most_octets))
                    async with aclosing(talk) as lines:
                        async for line in lines:
                            await heard.hear(line)
            except TimeoutError:
                if not heard.begun:
                    raise InspectorBusy("no inspector was free within the time") from None
                raise WorkFailed(End.TIME) from None
        return heard.done()

    async def queue_length(self) -> int:
        """How many messages wait for a free zygote just now; 0 when that cannot be told."""
        try:
            return waiting_connections(self.path)
        except OSError:
            return 0

    async def _converse(
        self, request: Request, descriptors: list[int], seconds: float, most: Allowance | None = None
    ) -> AsyncGenerator[Line, None]:
        """Ask, then give line after line until the other side closes. A last line that breaks off is dropped."""
        most = most or Allowance()
        loop = asyncio.get_running_loop()
        with self._connect() as one:
            try:
                packed = pack_request(request, seconds)
                sent = sockets.send_fds(one, [packed], descriptors)
                if sent < len(packed):  # an empty rest would fail where the other side has answered and gone already
                    await loop.sock_sendall(one, packed[sent:])
                async with aclosing(_lines(one, most)) as lines:
                    async for line in lines:
                        yield await asyncio.to_thread(read_line, line) if len(line) > LONG_LINE else read_line(line)
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


__all__ = ["Done", "FileBytes", "Inspector"]
