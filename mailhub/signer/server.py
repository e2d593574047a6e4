"""The signer's Unix socket: who may ask, what is read, what is answered (`protocol.py`)."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import mmap
import os
import socket
import stat
import struct
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from mailhub.sandbox.errors import BadAnswer
from mailhub.signer.orders import Refusal, Sealed, SealOrder, SealRefused, SignerStatus
from mailhub.signer.protocol import (
    MAGIC,
    PREFIX,
    QUESTION_BYTES,
    SEALS,
    Ask,
    Question,
    pack_answer,
    read_question,
)
from mailhub.signer.sealing import SigningDesk

log = logging.getLogger(__name__)
T = TypeVar("T")
QUESTION_SECONDS = 10.0
ANSWER_SECONDS = 60.0
MOST_AT_ONCE = 16
LARGEST_DOCUMENT = 256 * 2**20
_ENOUGH_SEALS = SEALS & ~fcntl.F_SEAL_SEAL
_CREDENTIALS = struct.Struct("3i")


class SignerServer:
    """Answers on `listener`. `callers`: uids that may ask."""

    def __init__(self, listener: socket.socket, desk: SigningDesk, callers: Collection[int]) -> None:
        self._listener = listener
        self._desk = desk
        self._callers = frozenset(callers)
        self._free = asyncio.Semaphore(MOST_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="caller")

    async def serve(self, stop: asyncio.Event) -> None:
        """Until `stop`; what was begun is finished."""
        accepting = asyncio.create_task(self._accept())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({accepting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        accepting.cancel()
        with suppress(asyncio.CancelledError):
            await accepting
        if self._running:
            await asyncio.wait(self._running)
        self._threads.shutdown(wait=False)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        while True:
            await self._free.acquire()
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except BaseException:
                self._free.release()
                raise
            task = asyncio.create_task(self._attend(connection))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    async def _attend(self, connection: socket.socket) -> None:
        with connection:
            try:
                answer = pack_answer(await self._answer(connection))
                connection.settimeout(ANSWER_SECONDS)
                await self._beside(connection.sendall, answer)
            except (OSError, EOFError) as error:
                log.info("whoever asked has gone: %s", type(error).__name__)
            except Exception:
                log.exception("a question was not answered")

    async def _beside(self, work: Callable[..., T], *arguments: object) -> T:
        """Descriptors come with the first octets only, which the loop's own reading would lose: so in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _answer(self, connection: socket.socket) -> Sealed | SealRefused | SignerStatus:
        caller = _uid(connection)
        if caller not in self._callers:
            log.error("user %d may not ask the signer", caller)
            return SealRefused(reason=Refusal.CALLER, detail=f"user {caller}")
        descriptors: list[int] = []
        try:
            connection.settimeout(QUESTION_SECONDS)
            question = await self._beside(_read_question, connection, descriptors)
            if question.ask is Ask.STATUS:
                return await self._desk.status()
            with _Document(descriptors) as document:
                return await self._desk.seal(_order(question, document))
        except BadAnswer as error:
            return SealRefused(reason=Refusal.MALFORMED, detail=str(error))
        finally:
            for fd in descriptors:
                os.close(fd)


class _Document:
    """The document in a sealed memfd: what was checked is what is signed, whatever the other side does meanwhile."""

    def __init__(self, descriptors: list[int]) -> None:
        if len(descriptors) != 1:
            raise BadAnswer("not one document")
        fd = descriptors[0]
        info = os.fstat(fd)
        try:
            sealed = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
        except OSError:
            raise BadAnswer("the document can be changed meanwhile") from None
        if sealed & _ENOUGH_SEALS != _ENOUGH_SEALS or not stat.S_ISREG(info.st_mode):
            raise BadAnswer("the document can be changed meanwhile")
        if not 0 < info.st_size <= LARGEST_DOCUMENT:
            raise BadAnswer("an empty document, or too large a one")
        self._map = mmap.mmap(fd, info.st_size, access=mmap.ACCESS_READ)
        self._view = memoryview(self._map)

    def __enter__(self) -> memoryview:
        return self._view

    def __exit__(self, *_: object) -> None:
        with suppress(BufferError):  # an exception's traceback may still look at it
            self._view.release()
            self._map.close()


def _order(question: Question, document: memoryview) -> SealOrder:
    words = question.order
    if words is None:
        raise BadAnswer("no order")
    return SealOrder(
        agency=words.agency,
        desk=words.desk,
        clerk=words.clerk,
        act=words.act,
        kind=words.kind,
        original=document,
        main=words.main,
    )


def _read_question(connection: socket.socket, descriptors: list[int]) -> Question:
    """`descriptors` is filled with what came along."""
    until = time.monotonic() + QUESTION_SECONDS
    prefix, found, _, _ = socket.recv_fds(connection, PREFIX.size, 4)
    descriptors += found
    if len(prefix) != PREFIX.size:
        raise BadAnswer("no question")
    magic, length = PREFIX.unpack(prefix)
    if magic != MAGIC or length > QUESTION_BYTES:
        raise BadAnswer("no question")
    body = bytearray()
    while len(body) < length:
        connection.settimeout(max(0.001, until - time.monotonic()))  # for all of it, in whatever pieces
        block = connection.recv(length - len(body))
        if not block:
            raise EOFError
        body += block
    return read_question(bytes(body))


def _uid(connection: socket.socket) -> int:
    """Of the process at the other end, as the kernel recorded it (SO_PEERCRED, unix(7))."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])
