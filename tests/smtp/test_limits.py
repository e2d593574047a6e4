"""What one client may take: size, recipients, errors, time by the pace of its bytes."""

from __future__ import annotations

import asyncio

import pytest

from mailhub.smtp import connection
from mailhub.smtp.connection import Pace
from mailhub.smtp.door import Reply
from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import RecordingDoor, serving

HEAD = b"Subject: x\r\n\r\n"


@pytest.fixture
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minute that every message has before its pace counts."""
    monkeypatch.setattr(connection, "GRACE_SECONDS", 0.2)


async def test_a_declared_size_above_the_limit_is_refused_at_mail() -> None:
    async with serving(limits=ServerLimits(message_bytes=3 * 2**20)) as served:
        client = await served.client()
        assert f"SIZE {3 * 2**20}" in (await client.hello()).lines
        answer = await client.ask(f"MAIL FROM:<a@b.vn> SIZE={3 * 2**20 + 1}")
        assert (answer.code, answer.text) == (552, "5.3.4 Thu qua lon, toi da 3 MiB")
        assert (await client.ask(f"MAIL FROM:<a@b.vn> SIZE={3 * 2**20}")).code == 250


async def test_a_message_above_the_limit_is_refused_at_its_end() -> None:
    async with serving(limits=ServerLimits(message_bytes=1000)) as served:
        client = await served.client()
        await client.begin()
        assert (await client.content(HEAD + b"x" * 984)).code == 250
        await client.mail()
        answer = await client.content(HEAD + b"x" * 985)
        assert (answer.code, answer.lines[0][:5]) == (552, "5.3.4")
        assert served.door.aborted == 1
        await client.mail()
        assert (await client.content(HEAD)).code == 250
        assert len(served.door.messages) == 2


async def test_who_floods_is_cut_off() -> None:
    async with serving(limits=ServerLimits(message_bytes=1000)) as served:
        client = await served.client()
        await client.begin()
        await client.ask("DATA")

        async def flood() -> None:
            for _ in range(1000):
                await client.send(b"x" * 65_536)

        with pytest.raises(ConnectionError):
            await flood()


@pytest.mark.parametrize("size", [0, 100_000])
async def test_a_header_above_the_limit_is_refused(size: int) -> None:
    async with serving(limits=ServerLimits(header_bytes=1000)) as served:
        client = await served.client()
        await client.begin()
        body = b"b" * size
        assert (await client.content(b"Subject: " + b"x" * 987 + b"\r\n\r\n" + body)).code == 250
        await client.mail()
        answer = await client.content(b"Subject: " + b"x" * 988 + b"\r\n\r\n" + body)
        assert (answer.code, answer.text) == (552, "5.3.4 Phan dau cua thu qua lon")
        await client.mail()
        assert (await client.content(b"\r\n" + b"no header\r\n" * 1000)).code == 250


async def test_the_end_of_the_header_is_found_in_any_pieces() -> None:
    async with serving(limits=ServerLimits(header_bytes=100)) as served:
        client = await served.client()
        await client.begin()
        assert (await client.ask("DATA")).code == 354
        for octet in b"Subject: x\r\n\r\n" + b"b" * 200 + b"\r\n.\r\n":
            await client.send(bytes([octet]))
        assert (await client.heard()).code == 250


async def test_recipients_are_counted_when_accepted() -> None:
    async with serving(limits=ServerLimits(recipients=2)) as served:
        client = await served.client()
        await client.begin("a@tinh.gov.vn", "b@tinh.gov.vn")
        answer = await client.ask("RCPT TO:<c@tinh.gov.vn>")
        assert (answer.code, answer.lines[0][:5]) == (452, "4.5.3")
        assert (await client.content(HEAD)).code == 250


async def test_too_many_wrong_commands_end_the_session() -> None:
    async with serving(limits=ServerLimits(errors=3)) as served:
        client = await served.client()
        await client.hello()
        await client.send(b"XYZZY\r\n" * 10)
        assert [one.code for one in await client.until_closed()] == [500, 500, 500, 421]


async def test_too_many_commands_without_mail_end_the_session() -> None:
    async with serving(limits=ServerLimits(commands_without_mail=5)) as served:
        client = await served.client()
        await client.begin(*["an@tinh.gov.vn"] * 20)
        assert (await client.content(HEAD)).code == 250
        await client.send(b"NOOP\r\n" * 10)
        assert [one.code for one in await client.until_closed()] == [250] * 5 + [421]


@pytest.mark.parametrize("address", ["nobody@b.vn", "a%c@b.vn"])
async def test_names_are_not_tried_without_end_in_one_transaction(address: str) -> None:
    async with serving(limits=ServerLimits(commands_without_mail=5)) as served:
        served.door.answers["nobody@b.vn"] = Reply(550, "5.1.1", "no")
        client = await served.client()
        await client.hello()
        await client.send(b"MAIL FROM:<a@b.vn>\r\n" + f"RCPT TO:<{address}>\r\n".encode() * 10)
        codes = [one.code for one in await client.until_closed()]
        assert codes[0] == 250
        assert codes[-1] == 421
        assert codes.count(550) <= 5


async def test_zero_means_no_limit() -> None:
    limits = ServerLimits(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    async with serving(limits=limits) as served:
        client = await served.client()
        assert "SIZE" in (await client.hello()).lines
        await client.send(b"XYZZY\r\n" * 200)
        for _ in range(200):
            assert (await client.heard()).code == 500
        await client.mail(*["an@tinh.gov.vn"] * 5)
        assert (await client.content(b"x: " + b"y" * 200_000 + b"\r\n\r\n")).code == 250


async def test_a_long_command_is_refused_and_the_session_goes_on() -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        for size in (2047, 2048, 20_000, 200_000):
            answer = await client.ask(b"NOOP " + b"x" * (size - 5))
            assert answer.code == 500
        assert (await client.ask(b"NOOP " + b"x" * 2041)).code == 250
        assert not served.door.mails


async def test_a_silent_client_is_told_and_cut_off() -> None:
    async with serving(limits=ServerLimits(command_seconds=0.1)) as served:
        client = await served.client()
        await client.hello()
        await client.send(b"NO")
        answers = await client.until_closed()
        assert [(one.code, one.lines[0][:5]) for one in answers] == [(421, "4.4.2")]


async def test_dribbling_a_command_does_not_gain_time() -> None:
    async with serving(limits=ServerLimits(command_seconds=0.3)) as served:
        client = await served.client()
        await client.hello()
        start = asyncio.get_running_loop().time()

        async def dribble() -> None:
            for _ in range(500):
                await client.send(b"x")
                await asyncio.sleep(0.01)

        task = asyncio.create_task(dribble())
        assert [one.code for one in await client.until_closed()] == [421]
        assert asyncio.get_running_loop().time() - start < 2
        task.cancel()


@pytest.mark.parametrize("command", [b"DATA\r\n", b"BDAT 1000 LAST\r\n"])
async def test_silence_within_a_message_is_cut_off(command: bytes) -> None:
    async with serving(limits=ServerLimits(data_idle_seconds=0.1, command_seconds=30)) as served:
        client = await served.client()
        await client.begin()
        await client.send(command + HEAD)
        assert [one.code for one in await client.until_closed()][-1] == 421
        assert served.door.aborted == 1


async def test_silence_within_a_chunk_that_was_refused_is_cut_off_as_well() -> None:
    async with serving(limits=ServerLimits(data_idle_seconds=0.1, command_seconds=30)) as served:
        client = await served.client()
        await client.hello()
        await client.send(b"BDAT 1000 LAST\r\n" + HEAD)
        assert [one.code for one in await client.until_closed()] == [421]


@pytest.mark.usefixtures("_no_grace")
@pytest.mark.parametrize("command", [b"DATA\r\n", b"BDAT 1000000 LAST\r\n"])
async def test_a_message_that_crawls_is_cut_off(command: bytes) -> None:
    limits = ServerLimits(data_idle_seconds=30, data_rate_bytes_per_minute=60_000)
    async with serving(limits=limits) as served:
        client = await served.client()
        await client.begin()
        await client.send(command)

        async def dribble() -> None:
            for _ in range(1000):  # 100 octets a second at most, of the 1000 that are asked
                await client.send(b"x")
                await asyncio.sleep(0.01)

        task = asyncio.create_task(dribble())
        codes = [one.code for one in await client.until_closed()]
        assert codes[-1] == 421
        assert served.door.aborted == 1
        task.cancel()


@pytest.mark.usefixtures("_no_grace")
async def test_a_thin_line_may_take_its_time() -> None:
    """Slow, but above the rate: total time does not matter."""
    limits = ServerLimits(data_idle_seconds=1, data_rate_bytes_per_minute=60_000, command_seconds=0.5)
    async with serving(limits=limits) as served:
        client = await served.client()
        await client.begin()
        await client.ask("DATA")
        await client.send(HEAD)
        for _ in range(60):
            await client.send(b"x" * 200 + b"\r\n")
            await asyncio.sleep(0.02)  # the pace of the line is what is tested
        await client.send(b".\r\n")
        assert (await client.heard()).code == 250


def test_pace_is_octets_a_minute_after_a_minute_of_grace() -> None:
    pace = Pace(idle_seconds=180, bytes_per_minute=12_000)
    assert pace.patience() == 60
    pace.received, pace.waited = 120_000, 100
    assert pace.patience() == 180
    pace.waited = 659
    assert pace.patience() == 1
    pace.waited = 661
    assert pace.patience() < 0
    assert Pace(0, 0).patience() == float("inf")


async def test_time_that_the_door_takes_is_not_the_clients() -> None:
    door = RecordingDoor()
    async with serving(door, ServerLimits(data_idle_seconds=0.1, command_seconds=0.1)) as served:
        client = await served.client()
        await client.begin()
        door.may_finish.clear()
        await client.send(b"DATA\r\n")
        assert (await client.heard()).code == 354
        await client.send(HEAD + b".\r\n")
        await door.finishing.wait()
        await asyncio.sleep(0.3)  # longer than any patience with the client
        door.may_finish.set()
        assert (await client.heard()).code == 250
