"""The order of a session: what may follow what, and what a client hears."""

from __future__ import annotations

from tests.support.smtpdialogue import RecordingDoor, serving


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
