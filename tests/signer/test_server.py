"""The socket: what comes over it, and from whom."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from mailhub.files.sealing.values import DocumentFacts
from mailhub.signer.client import SignerClient
from mailhub.signer.folder import Folder
from mailhub.signer.orders import Refusal, Sealed, SealRefused, SignerStatus, assemble
from mailhub.signer.protocol import LENGTH, MAGIC, PREFIX, Ask, Question, order_words, pack_question
from mailhub.signer.server import SignerServer
from tests.support.signing_desk import ORIGINAL, FakePreparer, desk_of, order


@contextlib.asynccontextmanager
async def serving(
    folder: Folder, preparer: FakePreparer | None = None, callers: Collection[int] | None = None
) -> AsyncIterator[SignerClient]:
    path = folder.path / "run" / "asked"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        stop = asyncio.Event()
        server = SignerServer(listener, desk_of(folder, preparer), {os.geteuid()} if callers is None else callers)
        task = asyncio.create_task(server.serve(stop))
        yield SignerClient(path)
        stop.set()
        await task


async def converse(path: Path, octets: bytes, descriptors: list[int]) -> bytes:
    """What the server says to these octets."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as one:
        one.setblocking(False)
        one.connect(str(path))
        socket.send_fds(one, [octets], descriptors)
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # what it did not read is thrown away
            while block := await loop.sock_recv(one, 65_536):
                answer += block
        return answer[LENGTH.size :]


async def test_a_document_is_sealed_over_the_socket(folder: Folder) -> None:
    async with serving(folder) as client:
        sealed = await client.seal(order())
        assert isinstance(sealed, Sealed)
        assert assemble(ORIGINAL, sealed).startswith(ORIGINAL)


async def test_a_document_of_many_megabytes_is_sealed(folder: Folder) -> None:
    async with serving(folder) as client:
        assert isinstance(await client.seal(order(original=ORIGINAL * 200_000)), Sealed)


async def test_a_refusal_comes_back_with_its_reason(folder: Folder) -> None:
    async with serving(folder, FakePreparer(document=DocumentFacts())) as client:
        answer = await client.seal(order())
        assert isinstance(answer, SealRefused)
        assert answer.reason is Refusal.TYPE


async def test_the_status_is_told(folder: Folder) -> None:
    async with serving(folder) as client:
        status = await client.status()
        assert isinstance(status, SignerStatus)
        assert [key.agency for key in status.keys] == ["STTTT"]


async def test_another_user_is_refused_whatever_it_asks(folder: Folder) -> None:
    async with serving(folder, callers={12345}) as client:
        answer = await client.seal(order())
        assert isinstance(answer, SealRefused)
        assert answer.reason is Refusal.CALLER
        status = await client.status()
        assert isinstance(status, SealRefused)
        assert status.reason is Refusal.CALLER


async def test_nobody_there_is_a_refusal_that_passes(tmp_path: Path) -> None:
    answer = await SignerClient(tmp_path / "signer").seal(order())
    assert isinstance(answer, SealRefused)
    assert (answer.reason, answer.temporary) == (Refusal.UNAVAILABLE, True)


QUESTION = pack_question(Question(ask=Ask.SEAL, order=order_words(order())))


async def test_a_document_that_could_still_be_changed_is_not_looked_at(folder: Folder, tmp_path: Path) -> None:
    preparer = FakePreparer()
    (tmp_path / "document").write_bytes(ORIGINAL)
    memory = os.memfd_create("document", os.MFD_ALLOW_SEALING)
    os.write(memory, ORIGINAL)
    file = os.open(tmp_path / "document", os.O_RDWR)
    pipe, other = os.pipe()
    try:
        async with serving(folder, preparer) as client:
            for descriptors in ([], [file], [memory], [pipe], [memory, file]):
                assert b"malformed order" in await converse(client.path, QUESTION, descriptors)
        assert preparer.asked == 0
    finally:
        for fd in (memory, file, pipe, other):
            os.close(fd)


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\n",
        PREFIX.pack(MAGIC, 2**31),
        PREFIX.pack(MAGIC, 2) + b"[]",
        PREFIX.pack(MAGIC, 3) + b"nul",
        PREFIX.pack(MAGIC, 14) + b'{"ask":"sign"}',
        QUESTION.replace(b'"main"', b'"MAIN"'),
        QUESTION.replace(b"7K4", b"\xff\xfe\xfd"),
    ],
)
async def test_nonsense_is_refused_and_the_next_is_served(folder: Folder, octets: bytes) -> None:
    async with serving(folder) as client:
        assert b"malformed" in await converse(client.path, octets, [])
        assert isinstance(await client.seal(order()), Sealed)


async def test_a_question_in_drops_is_not_waited_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drop in time, and never an end: 16 of them would be all that the signer attends to."""
    monkeypatch.setattr("mailhub.signer.server.QUESTION_SECONDS", 0.2)
    async with serving(folder) as client:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(client.path))
            one.send(QUESTION[: PREFIX.size])
            sent = 0
            with contextlib.suppress(BrokenPipeError):
                for octet in QUESTION[PREFIX.size :]:
                    sent += one.send(bytes([octet]))
                    await asyncio.sleep(0.02)
            assert sent < len(QUESTION) - PREFIX.size
        assert isinstance(await client.seal(order()), Sealed)


async def test_who_hangs_up_keeps_nobody_from_being_served(folder: Folder) -> None:
    async with serving(folder) as client:
        for _ in range(40):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(str(client.path))
                one.send(QUESTION[:5])
        assert isinstance(await client.seal(order()), Sealed)
