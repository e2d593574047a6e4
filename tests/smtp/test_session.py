"""The order of a session: what may follow what, and what a client hears."""

from __future__ import annotations

from mailhub.smtp.door import Reply
from tests.support.smtpdialogue import serving


async def test_a_message_comes_in() -> None:
    async with serving() as served:
        await served.dialogue("""
            S: 220 mx.tinh.gov.vn ESMTP mailhub
            C: EHLO office.example
            S: 250 mx.tinh.gov.vn
            C: MAIL FROM:<clerk@office.example>
            S: 250 2.1.0
            C: RCPT TO:<an@tinh.gov.vn>
            S: 250 2.1.5
            C: DATA
            S: 354
            C: Subject: x
            C:
            C: ..a dot
            C: .
            S: 250 2.0.0
            C: QUIT
            S: 221 2.0.0
        """)
        (message,) = served.door.messages
        assert message.content == b"Subject: x\r\n\r\n.a dot\r\n"
        assert message.tx.mail.sender == "clerk@office.example"
        assert [one.address for one in message.tx.recipients] == ["an@tinh.gov.vn"]
        assert message.client.helo == "office.example"
        assert message.client.ip == "127.0.0.1"


async def test_ehlo_tells_what_is_offered() -> None:
    async with serving() as served:
        client = await served.client()
        assert (await client.hello()).lines == [
            "mx.tinh.gov.vn",
            "PIPELINING",
            f"SIZE {50 * 2**20}",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "DSN",
            "ENHANCEDSTATUSCODES",
        ]


async def test_helo_is_a_session_without_extensions() -> None:
    async with serving() as served:
        await served.dialogue("""
            S: 220
            C: HELO office.example
            S: 250 mx.tinh.gov.vn
            C: MAIL FROM:<a@b.vn> SIZE=10
            S: 555 5.5.4
            C: MAIL FROM:<a@b.vn>
            S: 250
        """)
        assert served.door.clients[0].esmtp is False


async def test_commands_out_of_order_are_refused() -> None:
    async with serving() as served:
        await served.dialogue("""
            S: 220
            C: MAIL FROM:<a@b.vn>
            S: 503 5.5.1
            C: EHLO
            S: 501 5.5.4
            C: EHLO two names
            S: 501 5.5.4
            C: EHLO office.example
            S: 250
            C: RCPT TO:<an@tinh.gov.vn>
            S: 503 5.5.1
            C: DATA
            S: 503 5.5.1
            C: MAIL FROM:<a@b.vn>
            S: 250
            C: MAIL FROM:<a@b.vn>
            S: 503 5.5.1
            C: DATA
            S: 554 5.5.1
            C: DATA now
            S: 501 5.5.4
            C: RCPT TO:<an@tinh.gov.vn>
            S: 250
            C: RSET
            S: 250
            C: DATA
            S: 503 5.5.1
            C: LHLO office.example
            S: 500 5.5.1
            C: EXPN list
            S: 502 5.5.1
            C: VRFY an
            S: 252 2.1.5
            C: HELP
            S: 214 2.0.0
            C: noop
            S: 250 2.0.0
            C: quit
            S: 221 2.0.0
        """)


async def test_ehlo_forgets_the_transaction() -> None:
    async with serving() as served:
        client = await served.client()
        await client.begin()
        await client.ask("EHLO office.example")
        assert (await client.ask("DATA")).code == 503


async def test_a_pipelined_group_is_answered_in_order_and_in_one_piece() -> None:
    async with serving() as served:
        served.door.answers["no@tinh.gov.vn"] = Reply(550, "5.1.1", "Khong co")
        client = await served.client()
        await client.hello()
        await client.send(
            b"MAIL FROM:<a@b.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\nRCPT TO:<no@tinh.gov.vn>\r\n"
            b"NOOP\r\nRCPT TO:<binh@tinh.gov.vn>\r\nDATA\r\n"
        )
        piece = await client.reader.read(10_000)
        assert [line[:3] for line in piece.split(b"\r\n")] == [b"250", b"250", b"550", b"250", b"250", b"354", b""]
        await client.send(b"Subject: x\r\n.\r\nMAIL FROM:<c@d.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\nQUIT\r\n")
        assert [one.code for one in await client.until_closed()] == [250, 250, 250, 221]
        assert [one.address for one in served.door.messages[0].tx.recipients] == ["an@tinh.gov.vn", "binh@tinh.gov.vn"]


async def test_commands_in_any_pieces_are_the_same_commands() -> None:
    script = (
        b"EHLO a.example\r\nMAIL FROM:<a@b.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\nDATA\r\nS: x\r\n\r\n..\r\n.\r\nQUIT\r\n"
    )
    async with serving() as served:
        client = await served.client()
        await client.heard()
        for octet in script:
            await client.send(bytes([octet]))
        assert [one.code for one in await client.until_closed()] == [250, 250, 250, 354, 250, 221]
        assert served.door.messages[0].content == b"S: x\r\n\r\n.\r\n"


async def test_a_client_that_ends_its_sending_side_still_hears_everything() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(b"EHLO a.example\r\nMAIL FROM:<a@b.vn>\r\nRCPT TO:<an@tinh.gov.vn>\r\n")
        await client.send(b"BDAT 12 LAST\r\nSubject: x\r\n")
        client.writer.write_eof()
        assert [one.code for one in await client.until_closed()] == [220, 250, 250, 250, 250]
        assert len(served.door.messages) == 1


async def test_dsn_and_utf8_parameters_reach_the_door() -> None:
    async with serving() as served:
        await served.dialogue("""
            S: 220
            C: EHLO office.example
            S: 250
            C: MAIL FROM:<thủ@b.vn> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=x+2B1
            S: 250
            C: RCPT TO:<trưởng@tinh.gov.vn> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a@b.vn
            S: 250
            C: RCPT TO:<a%b@tinh.gov.vn>
            S: 550 5.7.1
            C: RSET
            S: 250
            C: MAIL FROM:<a@b.vn>
            S: 250
            C: RCPT TO:<trưởng@tinh.gov.vn>
            S: 553 5.6.7
        """)
        mail, rcpt = served.door.mails[0], served.door.rcpts[0]
        assert (mail.sender, mail.utf8, mail.ret, mail.envid, mail.body) == (
            "thủ@b.vn",
            True,
            "HDRS",
            "x+1",
            "8BITMIME",
        )
        assert (rcpt.address, rcpt.notify, rcpt.orcpt) == ("trưởng@tinh.gov.vn", "FAILURE,DELAY", "rfc822;a@b.vn")


async def test_a_refusal_of_the_door_is_what_the_client_hears() -> None:
    async with serving() as served:
        served.door.answers.update(mail=Reply(451, "4.3.0", "Cho"), helo=Reply(550, "5.7.1", "Khong"))
        client = await served.client()
        await client.heard()
        assert (await client.ask("EHLO office.example")).code == 550
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 503
        del served.door.answers["helo"]
        await client.ask("EHLO office.example")
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 451
        del served.door.answers["mail"]
        await client.mail()
        served.door.answers["data"] = Reply(452, "4.3.1", "Day")
        assert (await client.ask("DATA")).code == 452
        del served.door.answers["data"]
        served.door.answers["finish"] = Reply(550, "5.7.26", "Gia mao")
        assert (await client.content(b"Subject: x\r\n")).text == "5.7.26 Gia mao"
        assert not served.door.messages
        assert (await client.ask("DATA")).code == 503
