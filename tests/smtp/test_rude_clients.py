"""Those who speak something else, speak too early, or try what a line must not hold."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

import pytest

from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import RecordingDoor, client_tls, serving, until

VERBS = [b"GET / HTTP/1.1", b"POST /x HTTP/1.1", b"PUT / HTTP/1.0", b"HEAD / HTTP/1.1", b"OPTIONS * HTTP/1.1",
         b"CONNECT mx:25 HTTP/1.1", b"DELETE / HTTP/1.1", b"TRACE / HTTP/1.1", b"PATCH / HTTP/1.1",
         b"PRI * HTTP/2.0", b"get / http/1.1", b"Host: mx.tinh.gov.vn", b"User-Agent: x", b"X-Header: y"]  # fmt: skip


@pytest.mark.parametrize("line", VERBS)
async def test_a_browser_is_sent_away(line: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.heard()
        await client.send(line + b"\r\nHost: x\r\n\r\nEHLO evil\r\nMAIL FROM:<a@b.vn>\r\n")
        answers = await client.until_closed()
        assert [(one.code, one.lines[0][:5]) for one in answers] == [(554, "5.5.0")]
        assert not served.door.mails


async def test_a_tls_hello_on_a_plain_port_is_answered_by_closing() -> None:
    async with serving(tls=True) as served:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        layer = client_tls().wrap_bio(incoming, outgoing, server_hostname="mx.tinh.gov.vn")
        with pytest.raises(ssl.SSLWantReadError):
            layer.do_handshake()
        hello = outgoing.read()
        for data in (hello, hello.replace(b"\n", b"\0"), b"\x16\x03\x01\n"):
            client = await served.client()
            assert (await client.heard()).code == 220
            await client.send(data)
            assert await client.until_closed() == []


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"NOOP\r\rX\r\n", b"NOOP \0\r\n", b"NO\rOP\r\n", b"\0\r\n", b"\x1b[2J\r\n", b"\r\n", b"\n"]
)
async def test_a_malformed_line_is_refused_and_nothing_more(line: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        await client.send(line)
        assert (await client.heard()).code == 500
        assert (await client.ask("NOOP")).code == 250


async def test_bytes_that_are_no_utf8_are_refused() -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        assert (await client.ask(b"MAIL FROM:<\xff@b.vn> SMTPUTF8")).code == 553
        assert (await client.ask(b"\xff\xfe")).code == 500
        assert (await client.ask(b"EHLO \xff")).code == 501
        assert (await client.ask("NOOP")).code == 250


async def test_who_speaks_before_the_greeting_is_sent_away_where_the_door_says_so() -> None:
    async with serving(RecordingDoor(refuse_early_talkers=True)) as served:
        client = await served.client()
        assert (await client.heard()).code == 220  # one who waits is welcome
        served.door.may_connect.clear()
        client = await served.client()
        await client.send(b"EHLO spam.example\r\n")
        await until(lambda: any(one.unread for one in served.listener.sessions))
        served.door.may_connect.set()
        assert [(one.code, one.lines[0][:5]) for one in await client.until_closed()] == [(554, "5.5.1")]


async def test_elsewhere_an_early_talker_is_heard() -> None:
    async with serving() as served:
        served.door.may_connect.clear()
        client = await served.client()
        await client.send(b"EHLO office.example\r\nQUIT\r\n")
        served.door.may_connect.set()
        assert [one.code for one in await client.until_closed()] == [220, 250, 221]


async def test_a_client_that_does_not_fetch_its_replies_is_not_read_from() -> None:
    """Replies are not piled up without end."""
    limits = ServerLimits(errors=0, commands_without_mail=0)
    async with serving(limits=limits) as served:
        client = await served.client()
        await client.hello()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        lines, sent = b"NOOP\r\n" * 10_000, 0
        with suppress(TimeoutError):
            while sent < 300_000_000:
                client.writer.write(lines)
                await asyncio.wait_for(client.writer.drain(), 1)
                sent += len(lines)
        assert sent < 300_000_000
        client.abort()
