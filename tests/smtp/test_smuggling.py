"""Nobody gets a second message in behind the first: only CR LF . CR LF ends one (RFC 5321 § 4.1.1.4).

Every combination of line ends around a dot, over a real connection.
"""

from __future__ import annotations

from itertools import product

import pytest

from tests.smtp.test_data import reference
from tests.support.smtpdialogue import serving

NEWLINES = [b"", b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b"\r\n\n", b"\n\n", b"\r\r", b"\n\r\n"]
STRANGERS = [b"\0", b"\x0b", b"\x0c", b"\x1a", b"\x1c", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b" ", b"\t"]
AROUND = [before + dot + after for before, dot, after in product(NEWLINES, [b".", b".."], NEWLINES)]
BESIDE = [b"\r\n" + one + b".\r\n" for one in STRANGERS] + [b"\r\n." + one + b"\r\n" for one in STRANGERS]
VARIANTS = list(dict.fromkeys(AROUND + BESIDE))

SMUGGLED = b"MAIL FROM:<boss@tinh.gov.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 130


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.hex() or "none")
async def test_only_crlf_dot_crlf_ends_a_message(variant: bytes) -> None:
    stream = b"Subject: first\r\n\r\nbody" + variant + SMUGGLED
    outcome = reference(stream)
    assert outcome is not None
    content, rest = outcome
    honest = bool(rest)  # with a real end of data what follows is a client that pipelines, and no smuggling
    async with serving() as served:
        client = await served.client()
        await client.begin()
        assert (await client.ask("DATA")).code == 354
        await client.send(stream)
        answer = await client.heard()
        if honest:
            assert answer.code in (250, 550)
            return
        assert len(served.door.messages) <= 1
        if answer.code == 250:
            assert [one.content for one in served.door.messages] == [content]
            assert b"\r" not in content.replace(b"\r\n", b"")
            assert b"\n" not in content.replace(b"\r\n", b"")
        else:
            assert (answer.code, answer.lines[0][:6]) == (550, "5.6.11")
            assert not served.door.messages
            assert served.door.aborted == 1
        assert all(mail.sender != "boss@tinh.gov.vn" for mail in served.door.mails)
        assert (await client.ask("NOOP")).code in (250, 500)


@pytest.mark.parametrize("bare", [b"\r", b"\n", b"\n\r", b"\r\r\n"])
async def test_a_bare_newline_is_refused_after_the_whole_message_was_read(bare: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        answer = await client.content(b"Subject: x\r\n\r\n" + b"line\r\n" * 30_000 + b"a" + bare + b"b")
        assert answer.code == 550
        assert "Dong khong ket thuc bang CRLF" in answer.text
        assert not served.door.messages
        await client.mail()
        assert (await client.content(b"Subject: y\r\n")).code == 250


@pytest.mark.parametrize("content", [b"", b"\r\n", b".", b"\0", b"x" * 300_000, b"Subject: x\r\n\r\n\xff\xfe\r\n"])
async def test_odd_content_comes_in_byte_for_byte(content: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        stuffed = (b"." + content if content.startswith(b".") else content) + b"\r\n"
        assert (await client.ask("DATA")).code == 354
        await client.send(stuffed + b".\r\n")
        expected = (552,) if len(content) > 65_536 else (250,)  # without an empty line all of it is header
        assert (await client.heard()).code in expected
        if expected == (250,):
            assert served.door.messages[0].content == content + b"\r\n"


async def test_a_line_of_any_length_comes_in() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        content = b"Subject: x\r\n\r\n" + b"x" * 1_000_000 + b"\r\n"
        assert (await client.content(content, b".\r\n")).code == 250
        assert served.door.messages[0].content == content
