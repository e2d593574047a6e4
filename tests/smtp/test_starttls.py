"""STARTTLS is a clean break (RFC 3207 § 4.2): nothing said in clear counts inside."""

from __future__ import annotations

import asyncio
import base64
from itertools import product

import pytest

from mailhub.smtp.door import Reply
from tests.support.smtpdialogue import PASSWORD, RawClient, RecordingDoor, serving

PLAIN = base64.b64encode(f"\0an@tinh.gov.vn\0{PASSWORD}".encode())

BEFORE = [b"EHLO evil.example\r\n", b"EHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\n", b""]
STARTTLS = b"STARTTLS\r\n"
BEHIND = [
    b"NOOP\r\n",
    b"EHLO evil.example\r\n",
    b"MAIL FROM:<evil@evil.example>\r\n",
    b"RSET\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<an@tinh.gov.vn>\r\n",
    b"EHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<an@tinh.gov.vn>\r\nDATA\r\nx\r\n.\r\n",
    b"AUTH PLAIN " + PLAIN + b"\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b"garbage\r\n",
    b"half a comm",
    b"\r\n",
    b"\0" * 100,
    b"EHLO " + b"x" * 3000,
]


def test_there_are_39_variants() -> None:
    assert len(list(product(BEFORE, BEHIND))) == 39


async def _secure(client: RawClient) -> None:
    await client.hello()
    assert (await client.ask("STARTTLS")).code == 220
    await client.start_tls()


@pytest.mark.parametrize(("before", "behind"), list(product(BEFORE, BEHIND)))
async def test_what_is_pipelined_behind_starttls_is_never_heard(before: bytes, behind: bytes) -> None:
    async with serving(RecordingDoor(auth=True), tls=True) as served:
        client = await served.client()
        assert (await client.heard()).code == 220
        await client.send(before + STARTTLS + behind)
        for _ in range(before.count(b"\r\n")):
            assert (await client.heard()).code == 250
        assert (await client.heard()).code == 220
        asked = len(served.door.asked)
        await client.start_tls()
        # The first thing heard inside answers the first thing said inside.
        first = await client.ask("VRFY marker")
        assert first.code == 252
        assert len(served.door.asked) == asked
        assert served.door.clients[0].helo == ""
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 503
        assert (await client.ask("EHLO office.example")).code == 250
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 250
        assert served.door.clients[0].account is None


async def test_inside_tls_the_session_begins_anew() -> None:
    async with serving(RecordingDoor(auth=True), tls=True) as served:
        client = await served.client()
        clear = await client.hello()
        assert "STARTTLS" in clear.lines
        assert not any(line.startswith("AUTH") for line in clear.lines)
        assert (await client.ask("STARTTLS")).code == 220
        await client.start_tls()
        inside = await client.ask("EHLO office.example")
        assert "STARTTLS" not in inside.lines
        assert "AUTH PLAIN LOGIN" in inside.lines
        assert served.door.clients[0].tls_version in ("TLSv1.2", "TLSv1.3")
        assert served.door.clients[0].tls_cipher


async def test_what_is_pipelined_inside_tls_with_the_handshake_is_heard() -> None:
    async with serving(tls=True) as served:
        client = await served.client()
        await _secure(client)
        await client.send(b"EHLO a.example\r\nNOOP\r\nQUIT\r\n")
        assert [one.code for one in await client.until_closed()] == [250, 250, 221]


async def test_starttls_inside_tls_is_refused() -> None:
    async with serving(tls=True) as served:
        client = await served.client()
        await _secure(client)
        assert (await client.ask("STARTTLS")).code == 503
        assert (await client.ask("EHLO again.example")).code == 250


async def test_starttls_with_an_argument_or_without_a_certificate_is_refused() -> None:
    async with serving(tls=True) as served:
        client = await served.client()
        await client.hello()
        assert (await client.ask("STARTTLS now")).code == 501
    async with serving() as served:
        client = await served.client()
        assert "STARTTLS" not in (await client.hello()).lines
        assert (await client.ask("STARTTLS")).code == 502


async def test_a_door_may_ask_for_tls_first() -> None:
    async with serving(RecordingDoor(require_tls=True), tls=True) as served:
        client = await served.client()
        await client.hello()
        answer = await client.ask("MAIL FROM:<a@b.vn>")
        assert (answer.code, answer.lines[0][:5]) == (530, "5.7.0")
        assert (await client.ask("STARTTLS")).code == 220
        await client.start_tls()
        await client.ask("EHLO office.example")
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 250


async def test_a_failed_handshake_ends_the_session_and_no_other() -> None:
    async with serving(tls=True) as served:
        client, other = await served.client(), await served.client()
        await client.hello()
        await other.hello()
        assert (await client.ask("STARTTLS")).code == 220
        await client.send(b"MAIL FROM:<no@tls.example>\r\n" * 10)
        # Perhaps a TLS alert, then the end; never an SMTP reply.
        rest = await asyncio.wait_for(client.reader.read(), 10)
        assert not rest.startswith((b"2", b"5"))
        assert (await other.ask("NOOP")).code == 250
        assert not served.door.mails


async def test_a_client_that_leaves_in_the_handshake_is_forgotten() -> None:
    async with serving(tls=True) as served:
        client = await served.client()
        await client.hello()
        assert (await client.ask("STARTTLS")).code == 220
        client.abort()
        assert await served.listener.drain(5) == 0
        assert len(served.door.left) == 1


async def test_a_large_message_comes_through_tls() -> None:
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 100_000
    async with serving(tls=True) as served:
        client = await served.client()
        await _secure(client)
        await client.ask("EHLO office.example")
        await client.mail()
        assert (await client.content(content, b".\r\n")).code == 250
        assert served.door.messages[0].content == content


async def test_the_tls_port_speaks_tls_from_the_first_byte() -> None:
    door = RecordingDoor(auth=True, require_auth=True)
    async with serving(door, implicit=True) as served:
        client = await served.client()
        greeting = await client.hello()
        assert "AUTH PLAIN LOGIN" in greeting.lines
        assert "STARTTLS" not in greeting.lines
        assert (await client.ask("STARTTLS")).code == 503
        assert (await client.ask(b"AUTH PLAIN " + PLAIN)).code == 235
        assert (await client.ask("MAIL FROM:<an@tinh.gov.vn>")).code == 250


async def test_a_refusing_greeting_ends_the_session() -> None:
    async with serving(RecordingDoor(answers={"connect": Reply(554, "5.7.1", "No")})) as served:
        client = await served.client()
        assert [one.code for one in await client.until_closed()] == [554]
        assert len(served.door.left) == 1
