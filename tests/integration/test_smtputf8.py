"""Internationalised mail is passed on as it is or returned, never rewritten (RFC 6531 § 3.2, RFC 6533)."""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Province, Sink, arrives
from tests.support.hub import RunningHub, transaction, wait_until
from tests.support.smtpsink import CAPABILITIES

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
UTF8 = ["SMTPUTF8", "BODY=8BITMIME"]


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """The next hop of this module knows no SMTPUTF8."""
    with Sink(capabilities=tuple(word for word in CAPABILITIES if word != "SMTPUTF8")) as server:
        yield server


@pytest.fixture(scope="module")
def modern(hub: RunningHub, province: Province) -> Iterator[Sink]:
    """Another one, behind moi.example, which does."""
    with Sink() as server:
        province.act("add_domain", "moi.example", home=f"smtp://{server.address}", relay=True)
        yield server


@pytest.fixture
def an(hub: RunningHub, province: Province) -> Iterator[smtplib.SMTP]:
    with hub.submission(AN) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        yield client


def mail(mark: str, *, subject: str = "Công văn", to: str = "ai@outside.example") -> bytes:
    return f"From: {AN}\r\nTo: {to}\r\nSubject: {subject} {mark}\r\n\r\nKính gửi.\r\n".encode()


def notice(hub: RunningHub, province: Province, code: str, mark: str) -> bytes:
    """The notice about the message `code`, from nva's mailbox."""
    wait_until(lambda: any(line.kind.value == "notified" for line in province.trace(code)), f"a notice about {code}")
    return arrives(hub, AN, mark, "multipart/report")


@pytest.mark.parametrize("to", ["ai@outside.example", "hộp.thư@outside.example", "ai@việtnam.example"])
def test_a_hop_without_smtputf8_gets_nothing_and_the_sender_a_notice(
    hub: RunningHub, province: Province, sink: Sink, an: smtplib.SMTP, to: str
) -> None:
    mark = f"m{abs(hash(to))}"
    code = transaction(an, AN, [to], mail(mark, to=to), mail=UTF8)
    returned = notice(hub, province, code, mark)
    assert b"Status: 5.6.7" in returned
    assert "Công văn".encode() in returned
    parts = email.message_from_bytes(returned, policy=email.policy.default)
    assert str(parts["Auto-Submitted"]).startswith("auto-")
    assert not any(mark.encode() in message.content for message in sink.sink.messages)


def test_the_command_line_shows_why(hub: RunningHub, province: Province, an: smtplib.SMTP) -> None:
    code = transaction(an, AN, ["b@outside.example"], mail("dong-lenh"), mail=UTF8)
    wait_until(lambda: any(line.kind.value == "bounced" for line in province.trace(code)), "bounced")
    bounced = next(line for line in province.trace(code) if line.kind.value == "bounced")
    assert "5.6.7" in str(bounced.facts["reply"])


def test_what_only_asked_for_it_out_of_habit_goes_out(sink: Sink, an: smtplib.SMTP) -> None:
    sent = mail("thoi-quen", subject="Cong van")
    transaction(an, AN, ["thoiquen@outside.example"], sent, mail=UTF8)
    found = sink.wait_for(lambda m: "thoiquen@outside.example" in m.recipients)
    assert found.content.endswith(sent)
    assert "SMTPUTF8" not in found.mail


@pytest.mark.parametrize("to", ["ai@moi.example", "hộp.thư@moi.example"])
def test_a_hop_with_smtputf8_gets_it_unchanged(modern: Sink, an: smtplib.SMTP, to: str) -> None:
    sent = mail(to, to=to)
    transaction(an, AN, [to], sent, mail=UTF8)
    found = modern.wait_for(lambda m: to in m.recipients)
    assert found.content.endswith(sent)
    assert "SMTPUTF8" in found.mail
    assert b"with UTF8SMTPSA id" in found.content


def test_our_own_mailboxes_take_it(hub: RunningHub, an: smtplib.SMTP) -> None:
    sent = mail("tai-day", to=BINH)
    transaction(an, AN, [BINH], sent, mail=UTF8)
    assert arrives(hub, BINH, "tai-day").endswith(sent)


def test_an_address_with_marks_needs_smtputf8(province: Province, an: smtplib.SMTP) -> None:
    an.mail(AN)
    code, text = an.rcpt("hộp.thư@moi.example")
    assert (code, text[:5]) == (553, b"5.6.7")
    assert province.refusal(text) == "path-utf8"


def test_a_stranger_is_not_told_by_mail_that_it_could_not_be_passed_on(
    hub: RunningHub, province: Province, sink: Sink
) -> None:
    """No backscatter: of a sender of whom nothing is proved nobody knows whether he wrote."""
    province.act("add_domain", "cu.example", home=f"smtp://{sink.address}", relay=True)
    before = len(sink.sink.messages)
    with hub.mx() as client:
        client.command_encoding = "utf-8"
        sent = "From: x@nothing.example\r\nSubject: Thư lạ\r\n\r\nx\r\n".encode()
        code = transaction(client, "x@nothing.example", ["ai@cu.example"], sent, mail=UTF8)
    wait_until(lambda: any(line.kind.value == "bounced" for line in province.trace(code)), "bounced")
    assert not any(line.kind.value == "notified" for line in province.trace(code))
    assert province.rows("SELECT count(*) FROM message WHERE sender = ''") == province.rows(
        "SELECT count(*) FROM message WHERE sender = '' AND derived_from IS NOT NULL AND account_id IS NULL"
    )
    assert len(sink.sink.messages) == before
