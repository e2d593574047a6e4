"""CHUNKING (RFC 3030): content by octet count, under the same watch as DATA."""

from __future__ import annotations

import pytest

from mailhub.smtp.door import Reply
from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import RawClient, RecordingDoor, serving

HEAD = b"Subject: x\r\n\r\n"


async def chunk(client: RawClient, content: bytes, *, last: bool = False) -> int:
    await client.send(b"BDAT %d%s\r\n" % (len(content), b" LAST" if last else b"") + content)
    return (await client.heard()).code


async def test_chunks_make_a_message_and_dots_are_left_alone() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        assert await chunk(client, HEAD) == 250
        assert await chunk(client, b"..a\r") == 250
        assert await chunk(client, b"\n.\r\n\r\n") == 250
        assert await chunk(client, b"", last=True) == 250
        assert served.door.messages[0].content == HEAD + b"..a\r\n.\r\n\r\n"
        await client.mail()
        assert await chunk(client, HEAD + b"second\r\n", last=True) == 250
        assert len(served.door.messages) == 2


async def test_all_of_it_may_be_pipelined() -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        body = HEAD + b"QUIT\r\nMAIL FROM:<x@y.vn>\r\n"
        await client.send(
            b"MAIL FROM:<a@b.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\n"
            + b"BDAT %d\r\n" % len(body) + body + b"BDAT 3 LAST\r\nx\r\n" + b"QUIT\r\n"
        )  # fmt: skip
        assert [one.code for one in await client.until_closed()] == [250, 250, 250, 250, 221]
        assert served.door.messages[0].content == body + b"x\r\n"


async def test_a_missing_last_line_end_is_added() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        assert await chunk(client, HEAD + b"end", last=True) == 250
        assert served.door.messages[0].content == HEAD + b"end\r\n"


@pytest.mark.parametrize("parts", [[b"a\rb"], [b"a\nb"], [b"a\r", b"b"], [b"a", b"\nb"], [b"a\n.\n"], [b"a\r"]])
async def test_a_bare_newline_is_refused(parts: list[bytes]) -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        codes = [await chunk(client, HEAD)] + [await chunk(client, part) for part in parts]
        final = await chunk(client, b"\r\n" if parts != [b"a\r"] else b"", last=True)
        assert 550 in [*codes, final]
        assert final in (550, 503)
        assert not served.door.messages
        await client.ask("RSET")
        await client.mail()
        assert await chunk(client, HEAD, last=True) == 250


async def test_octets_of_a_refused_chunk_are_no_commands() -> None:
    async with serving() as served:
        client = await served.client()
        await client.hello()
        smuggled = b"MAIL FROM:<evil@evil.example>\r\n"
        assert await chunk(client, smuggled) == 503
        assert await chunk(client, smuggled, last=True) == 503
        served.door.answers["data"] = Reply(452, "4.3.1", "Day")
        await client.mail()
        assert await chunk(client, smuggled) == 452
        assert await chunk(client, smuggled) == 503
        assert await chunk(client, smuggled, last=True) == 503
        assert (await client.ask("DATA")).code == 503
        assert all(mail.sender != "evil@evil.example" for mail in served.door.mails)
        assert served.door.asked.count("data") == 1


async def test_a_size_that_cannot_be_read_ends_the_session() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        await client.send(b"BDAT many\r\nMAIL FROM:<evil@evil.example>\r\n")
        assert [one.code for one in await client.until_closed()] == [501]


async def test_what_may_not_come_between_chunks() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        assert await chunk(client, HEAD) == 250
        for command in ("DATA", "MAIL FROM:<a@b.vn>", "RCPT TO:<b@tinh.gov.vn>"):
            assert (await client.ask(command)).code == 503
        assert (await client.ask("NOOP")).code == 250
        assert (await client.ask("RSET")).code == 250
        assert served.door.aborted == 1
        await client.mail()
        assert await chunk(client, HEAD + b"new\r\n", last=True) == 250
        assert [one.content for one in served.door.messages] == [HEAD + b"new\r\n"]


async def test_chunks_above_the_size_are_refused() -> None:
    async with serving(RecordingDoor(), ServerLimits(message_bytes=2000)) as served:
        client = await served.client()
        await client.begin()
        assert await chunk(client, HEAD + b"x" * 1900) == 250
        assert await chunk(client, b"x" * 1900) == 552
        assert await chunk(client, b"x" * 1900, last=True) == 503
        assert served.door.aborted == 1
        assert not served.door.messages
        await client.mail()


async def test_binarymime_is_not_offered() -> None:
    async with serving() as served:
        client = await served.client()
        hello = await client.hello()
        assert "CHUNKING" in hello.lines
        assert "BINARYMIME" not in hello.lines
        assert (await client.ask("MAIL FROM:<a@b.vn> BODY=BINARYMIME")).code == 501
