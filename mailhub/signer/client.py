"""Asks the signer, over its Unix socket. One connection a question; every fault is an answer."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket as sockets
from contextlib import suppress
from pathlib import Path

from mailhub.sandbox.errors import BadAnswer
from mailhub.signer.orders import Refusal, Sealed, SealOrder, SealRefused, SignerStatus
from mailhub.signer.protocol import (
    ANSWER_BYTES,
    LENGTH,
    SEALS,
    Answer,
    Ask,
    Question,
    SealedWords,
    order_words,
    pack_question,
    read_answer,
)

SOCKET = "signer"  # in the hub's run directory
SEAL_SECONDS = 60.0
STATUS_SECONDS = 5.0
_LONG_COPY = 4 * 2**20


class SignerClient:
    """The signer behind the Unix socket `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def seal(self, order: SealOrder, *, timeout: float = SEAL_SECONDS) -> Sealed | SealRefused:
        """Have `order` carried out. `timeout`: seconds for all of it.

        Nothing is raised: a signer that is away, or too slow, is a refusal (`SealRefused.temporary`).
        """
        question = pack_question(Question(ask=Ask.SEAL, order=order_words(order)))
        descriptor = os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            if len(order.original) > _LONG_COPY:
                await asyncio.to_thread(_fill, descriptor, order.original)
            else:
                _fill(descriptor, order.original)
            async with asyncio.timeout(timeout):
                answer, update, cms = await self._converse(question, descriptor)
        except TimeoutError:
            return SealRefused(reason=Refusal.BUSY, detail=f"no answer within {timeout:g} s")
        except (OSError, EOFError) as error:
            return SealRefused(reason=Refusal.UNAVAILABLE, detail=str(error) or type(error).__name__)
        except BadAnswer as error:
            return SealRefused(reason=Refusal.UNAVAILABLE, detail=f"no answer: {error}")
        finally:
            os.close(descriptor)
        if answer.sealed is not None:
            return _sealed(answer.sealed, update, cms)
        return answer.refused or SealRefused(reason=Refusal.UNAVAILABLE, detail="neither signed nor refused")

    async def status(self, *, timeout: float = STATUS_SECONDS) -> SignerStatus | SealRefused:
        """How the mandates and keys do; a refusal when nobody answers."""
        try:
            async with asyncio.timeout(timeout):
                answer, _, _ = await self._converse(pack_question(Question(ask=Ask.STATUS)), None)
        except (OSError, EOFError, TimeoutError, BadAnswer) as error:
            return SealRefused(reason=Refusal.UNAVAILABLE, detail=str(error) or type(error).__name__)
        return answer.status or answer.refused or SealRefused(reason=Refusal.UNAVAILABLE)

    async def _converse(self, question: bytes, descriptor: int | None) -> tuple[Answer, bytes, bytes]:
        loop = asyncio.get_running_loop()
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as one:
            one.setblocking(False)
            one.connect(str(self.path))  # EAGAIN, an OSError, when its queue is full
            with suppress(BrokenPipeError):  # it has answered already: a refusal, which is read below
                sent = sockets.send_fds(one, [question], [] if descriptor is None else [descriptor])
                if sent < len(question):
                    await loop.sock_sendall(one, question[sent:])
            (length,) = LENGTH.unpack(await _receive(one, LENGTH.size))
            if length > ANSWER_BYTES:
                raise BadAnswer("an answer without end")
            answer = read_answer(await _receive(one, length))
            words = answer.sealed
            if words is None:
                return answer, b"", b""
            return answer, await _receive(one, words.update), await _receive(one, words.cms)


def _sealed(words: SealedWords, update: bytes, cms: bytes) -> Sealed:
    start, end = words.contents
    return Sealed(
        update=update,
        cms=cms,
        contents=(start, end),
        certificate=words.certificate,
        doc_type=words.doc_type,
        number_symbol=words.number_symbol,
    )


async def _receive(one: sockets.socket, octets: int) -> bytes:
    loop = asyncio.get_running_loop()
    parts = bytearray()
    while len(parts) < octets:
        block = await loop.sock_recv(one, min(octets - len(parts), 2**20))
        if not block:
            raise EOFError("the signer went away")
        parts += block
    return bytes(parts)


def _fill(descriptor: int, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
