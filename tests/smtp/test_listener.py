"""Who is let in, and how all are sent home."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from mailhub.smtp.listener import Gate, Listener, network_of
from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import RawClient, RecordingDoor, serving, until

HEAD = b"Subject: x\r\n\r\n"


async def test_an_idle_session_is_told_to_come_back() -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        assert await served.listener.drain(5) == 0
        assert [(one.code, one.lines[0][:5]) for one in await client.until_closed()] == [(421, "4.3.2")]
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await served.client()


async def test_a_transaction_may_end_first() -> None:
    async with serving() as served:
        client, idle = await served.client(), await served.client()
        await idle.hello()
        await client.begin()
        draining = asyncio.create_task(served.listener.drain(10))
        assert [one.code for one in await idle.until_closed()] == [421]
        assert (await client.content(HEAD)).code == 250
        assert [one.code for one in await client.until_closed()] == [421]
        assert await draining == 0
        assert len(served.door.messages) == 1


async def test_draining_is_bounded_and_cuts_no_commit() -> None:
    door = RecordingDoor()
    async with serving(door) as served:
        slow, committing = await served.client(), await served.client()
        await slow.begin()
        await committing.begin()
        await committing.ask("DATA")
        door.may_finish.clear()
        await committing.send(HEAD + b".\r\n")
        await door.finishing.wait()
        assert await served.listener.drain(0.1) == 2
        door.may_finish.set()
        await asyncio.wait_for(door.finished.wait(), 5)
        assert len(door.messages) == 1
        await until(lambda: len(door.left) == 2)


async def test_a_handshake_that_never_ends_does_not_hold_up_the_drain() -> None:
    async with serving(implicit=True) as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        await until(lambda: len(served.listener.sessions) == 1)
        assert await served.listener.drain(5) == 0
        writer.close()


async def test_too_many_connections_in_all_are_sent_away_and_room_is_found_again() -> None:
    async with serving(limits=ServerLimits(connections=2)) as served:
        first, second = await served.client(), await served.client()
        await first.hello()
        await second.hello()
        third = await served.client()
        assert [(one.code, one.lines[0][:5]) for one in await third.until_closed()] == [(421, "4.7.0")]
        assert (await first.ask("QUIT")).code == 221
        await until(lambda: len(served.listener.sessions) == 1)
        await (await served.client()).hello()


async def test_too_many_connections_from_one_network_leave_the_others_room() -> None:
    async with serving(limits=ServerLimits(connections_per_network=2)) as served:
        for source in ("127.0.0.2", "127.0.0.3"):
            await (await served.client(source=source)).hello()
        refused = await served.client(source="127.0.0.4")
        assert [one.code for one in await refused.until_closed()] == [421]
        await (await served.client(source="127.0.1.1")).hello()


async def test_a_failed_handshake_gives_its_place_back() -> None:
    async with serving(limits=ServerLimits(connections=1), implicit=True) as served:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(b"EHLO in clear\r\n")
            await until(lambda: not served.listener.sessions)
            writer.close()
        client = await served.client()
        await client.hello()


async def test_listeners_may_share_a_gate() -> None:
    gate = Gate(connections=1)
    async with serving(gate=gate) as mx, serving(gate=gate) as submission:
        client = await mx.client()
        await client.hello()
        refused = await submission.client()
        assert [one.code for one in await refused.until_closed()] == [421]


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2"),
        ("::ffff:192.0.2.77", "192.0.2"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_network_is_a_24_or_a_64(ip: str, network: str) -> None:
    assert network_of(ip) == network


async def test_the_user_behind_a_unix_socket_is_known(tmp_path: Path) -> None:
    door = RecordingDoor()
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "inject"))
    sock.listen()
    listener = Listener(lambda: door, limits=ServerLimits(connections_per_network=1))
    await listener.listen(sock)
    clients = [RawClient(*await asyncio.open_unix_connection(str(tmp_path / "inject"))) for _ in range(2)]
    for client in clients:
        await client.begin()
        assert (await client.content(HEAD)).code == 250
    assert [(one.uid, one.ip) for one in door.clients] == [(os.getuid(), "")] * 2
    for client in clients:
        await client.close()
    assert await listener.drain(5) == 0


async def test_an_ordinary_client_is_served_at_once_while_a_hundred_crawl() -> None:
    async with serving(limits=ServerLimits(connections_per_network=0)) as served:
        crawlers = [await served.client() for _ in range(100)]

        async def crawl(client: RawClient, number: int) -> None:
            await client.begin()
            await client.send(b"DATA\r\n" if number % 2 else b"BDAT 1000000 LAST\r\n")
            while True:
                await client.send(b"x")
                await asyncio.sleep(0.01)

        tasks = [asyncio.create_task(crawl(client, number)) for number, client in enumerate(crawlers)]
        await until(lambda: sum(one.receiving for one in served.listener.sessions) == 100)
        start = asyncio.get_running_loop().time()
        client = await served.client()
        await client.begin()
        assert (await client.content(HEAD)).code == 250
        assert asyncio.get_running_loop().time() - start < 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in crawlers:
            one.abort()
        await until(lambda: len(served.listener.sessions) == 1)
        assert served.door.aborted == 100
