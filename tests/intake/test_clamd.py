"""clamd asked over its sockets, and what is said when it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailhub.intake.clamd import Clamd, Clean, Malware, NotScanned, Scan, read_reply
from tests.support.clamd import CLAMD, EICAR, SIGNATURE, STREAM_MAX, RunningClamd, running_clamd

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def clamd() -> Iterator[RunningClamd]:
    if not Path(CLAMD).exists():
        pytest.skip("clamav-daemon is not installed")
    with running_clamd() as running:
        yield running


@pytest.fixture(params=["unix", "tcp"])
def client(request: pytest.FixtureRequest, clamd: RunningClamd) -> Clamd:
    return Clamd(getattr(clamd, request.param), timeout=20)


async def test_malware_is_named_and_ordinary_octets_are_clean(client: Clamd) -> None:
    assert await client.scan(EICAR) == Malware(f"{SIGNATURE}.UNOFFICIAL")
    assert await client.scan(memoryview(b"x" * 500_000 + EICAR)) == Malware(f"{SIGNATURE}.UNOFFICIAL")
    assert await client.scan(b"Quyet dinh\n" * 1000) == Clean()
    assert await client.scan(b"") == Clean()


async def test_scans_run_side_by_side(client: Clamd) -> None:
    answers = await asyncio.gather(*(client.scan(EICAR if n % 2 else b"clean %d" % n) for n in range(20)))
    assert [isinstance(answer, Malware) for answer in answers] == [bool(n % 2) for n in range(20)]


@pytest.mark.parametrize("size", [STREAM_MAX + 1, 8 * STREAM_MAX])
async def test_what_is_over_clamds_own_limit_is_not_scanned(client: Clamd, size: int) -> None:
    answer = await client.scan(b"\0" * size)
    # Whether its reply comes through before the connection breaks is chance.
    assert answer in (
        NotScanned("larger than clamd may be asked about"),
        NotScanned("clamd said: nothing and hung up midway, as it does above its StreamMaxLength"),
    )
    assert await client.scan(b"next") == Clean()


async def test_what_is_over_our_limit_is_not_even_sent(clamd: RunningClamd) -> None:
    assert await Clamd(clamd.unix, max_bytes=10).scan(EICAR) == NotScanned("larger than clamd may be asked about")


@pytest.mark.parametrize("address", ["unix:/nonexistent/clamd.sock", "127.0.0.1:1"])
async def test_an_absent_clamd_is_stated(address: str) -> None:
    answer = await Clamd(address).scan(b"x")
    assert isinstance(answer, NotScanned)
    assert answer.reason.startswith("clamd cannot be asked: ")


@asynccontextmanager
async def impostor(handler: Handler, folder: Path) -> AsyncIterator[str]:
    """Something else that listens where clamd should."""
    path = folder / "s"
    async with await asyncio.start_unix_server(handler, path):
        yield f"unix:{path}"


async def test_a_clamd_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    async with impostor(silent, tmp_path) as address:
        assert await Clamd(address, timeout=0.2).scan(b"x") == NotScanned("clamd did not answer in time")
        done.set()


async def test_a_clamd_that_hangs_up_said_nothing(tmp_path: Path) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(15)
        await reader.read()
        writer.close()

    async def ruder(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    for handler in (rude, ruder):
        async with impostor(handler, tmp_path) as address:
            answer = await Clamd(address, timeout=0.5).scan(b"x")
            assert isinstance(answer, NotScanned)


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        (b"stream: OK\0", Clean()),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Malware("Win.Test.EICAR_HDB-1")),
        (b"stream: a\x1b[31m b FOUND\0", Malware("a?[31m b")),
        (b"INSTREAM size limit exceeded. ERROR\0", NotScanned("larger than clamd may be asked about")),
        (b"UNKNOWN COMMAND\0", NotScanned("clamd said: UNKNOWN COMMAND")),
        (b"stream: OK FOUND", Malware("OK")),
        (b"stream: NOT OK", NotScanned("clamd said: NOT OK")),
        (b"\xff\xfe", NotScanned("clamd said: \ufffd\ufffd")),
        (b"", NotScanned("clamd hung up without an answer")),
    ],
)
def test_a_reply_is_clean_only_when_it_says_so(reply: bytes, meaning: Scan) -> None:
    assert read_reply(reply) == meaning


@pytest.mark.parametrize("address", ["", "clamd", "unix:", "unix:relative", ":3310", "host:", "host:port", "host:-1"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        Clamd(address)
