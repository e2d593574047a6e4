"""What goes in comes out: below what mailhub adds above, every byte is the sender's, or the message was refused."""

from __future__ import annotations

import email
import random
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import dkim
import pytest

from mailhub.mail.dkim import load_signing_key, public_record
from mailhub.mail.headers import read_fields
from mailhub.settings import load
from tests.integration.conftest import Province, Sink, refusal
from tests.support.hub import RunningHub, letter, transaction

AN = "nva@tinh.gov.vn"
ADDED = {b"return-path", b"delivered-to", b"received", b"dkim-signature", b"authentication-results"}


def mail(*lines: str | bytes) -> bytes:
    """A message from nva; a part that begins with a blank line ends the header."""
    rest = b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)
    return f"From: {AN}\r\n".encode() + rest


def noise(seed: int) -> bytes:
    """Random octets without NUL, and with line ends that are whole."""
    chance = random.Random(seed)
    lines = [
        bytes(chance.choice([*range(1, 10), *range(11, 13), *range(14, 256)]) for _ in range(chance.randrange(200)))
    ]
    rarities = [b"", b".", b"..", b". ", b" ", b"\t", b".." * 40, b"From x", b"\x80", b"\xff"]
    lines += [chance.choice(rarities) for _ in range(60)]
    return b"\r\n".join(lines)


CONTROL = bytes([*range(1, 10), 11, 12, *range(14, 32), 127])
NESTED = "Content-Type: multipart/mixed; boundary=a"
UTF8 = b"Content-Type: text/plain; charset=utf-8"
QUOTED = "Content-Transfer-Encoding: quoted-printable"
BODIES = {
    "empty": mail(""),
    "only blank lines": mail("", "", "", ""),
    "no blank line": mail("Subject: Chi co dau thu"),
    "header only, then text": mail("Subject: x", "day khong phai la mot dong dau thu", "cung khong"),
    "lone dots": mail("", ".", "..", "...", ".x", "x.", ". ", "", "."),
    "a dot at once": mail("", "."),
    "trailing spaces": mail("Subject: x   ", "", "a   ", "b\t", "   ", "\t", ""),
    "folds with tabs and blanks": mail("Subject: a", "\tb", "   c", " \t ", "To: x@y.vn,", "\tz@y.vn", "", "x"),
    "a fold of blanks alone": mail("Subject:", " ", "\t", " x", "", "y"),
    "mixed case": mail("sUbJeCt: x", "MESSAGE-id: <A@b>", "mime-VERSION:1.0", "", "x"),
    "no space behind the colon": mail("Subject:x", "X-Y:", "", "z"),
    "a space before the colon": mail("Subject : x", "X-Y\t: z", "", "a"),
    "a line without a colon": mail("Subject: x", "???", "X-Y: z", "", "a"),
    "a field without a name": mail(": x", "Subject: x", "", "a"),
    "mbox's From": b"From nva Sun Nov 22 08:00:00 2026\r\n" + mail("Subject: x", "", ">From here", "From here"),
    "the same field many times": mail(*(["Subject: x", "To: a@b.vn"] * 50), "", "x"),
    "a thousand fields": mail(*(f"X-{number}: {number}" for number in range(1000)), "", "x"),
    "a long field": mail("X-Long: " + "x" * 20_000, "", "x"),
    "a long line": mail("", "x" * 200_000, "y"),
    "a line of 998": mail("", "x" * 998, "x" * 999, "x" * 1000, "x" * 1001),
    "bytes in the header": mail(b"Subject: \xe9t\xe9 \xff\xfe", b"X-\xc3\xa9: \x80", "", "x"),
    "UTF-8 in the header": mail("Subject: Công văn số 12/SNV-VP", "", "Kính gửi"),
    "control characters": mail(b"Subject: a\x01\x08\x0b\x0c\x1b\x7fb", b"", CONTROL),
    "all high bytes": mail(b"", bytes(range(128, 256)) * 5),
    "broken UTF-8": mail(UTF8, b"", b"\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x28\x8c\xbc"),
    "UTF-16 in the body": mail(b"", "Chào".encode("utf-8-sig"), b"\xff\xfe\x43\x01"),
    "broken base64": mail("MIME-Version: 1.0", "Content-Transfer-Encoding: base64", "", "===!!!", "QUJD=", "x"),
    "broken quoted-printable": mail("MIME-Version: 1.0", QUOTED, "", "=", "=ZZ", "a="),
    "a boundary that never ends": mail('Content-Type: multipart/mixed; boundary="x', "", "--x", "", "a", "--x", "b"),
    "no boundary": mail("Content-Type: multipart/mixed", "", "--", "----", "--x--"),
    "nested to no end": mail(NESTED, "", *(["--a", NESTED, ""] * 99)),
    "an attached message": mail("Content-Type: message/rfc822", "", "From: x@y.vn", "From: z@y.vn", "", ".", "x"),
    "encoded words, broken": mail("Subject: =?utf-8?b?4Q==?= =?x?y?z?= =?utf-8?q?=ZZ?=", "", "x"),
    "a date of nowhere": mail("Date: Thu, 99 Xxx 0000 25:61:61 +9999", "Message-ID: khong co ngoac", "", "x"),
    "only CRLF inside": mail("", "", "", "x", "", ""),
    "DKIM of another": mail("DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=; b=", "", "x"),
    "Received of others": mail("Received: from a by b; now", "Return-Path: <x@y.vn>", "Delivered-To: x@y.vn", "", "x"),
    **{f"noise {seed}": mail(b"X-Seed: %d" % seed, b"", noise(seed)) for seed in range(8)},
}  # fmt: skip


@pytest.fixture(scope="module")
def boxes(province: Province) -> Province:
    """A mailbox for each case."""
    province.people(*(f"b{number}" for number in range(len(BODIES))))
    return province


@pytest.fixture
def an(hub: RunningHub, boxes: Province) -> Iterator[smtplib.SMTP]:
    with hub.submission(AN) as client:
        yield client


def check_below(found: bytes, sent: bytes) -> None:
    """`found` is what mailhub and Dovecot add, then `sent`."""
    assert found.endswith(sent), f"altered: {found[:2000]!r}"
    above = found[: len(found) - len(sent)]
    assert above.endswith(b"\r\n")
    assert all(not field.odd and field.name.lower() in ADDED for field in read_fields(above)), above


@pytest.mark.parametrize("case", BODIES)
def test_odd_messages_arrive_as_they_are(hub: RunningHub, an: smtplib.SMTP, sink: Sink, case: str) -> None:
    sent, name = BODIES[case], f"b{list(BODIES).index(case)}"
    transaction(an, AN, [f"{name}@tinh.gov.vn", f"{name}@outside.example"], sent)
    check_below(hub.wait_for_mail(f"{name}@tinh.gov.vn")[0], sent)
    check_below(sink.wait_for(lambda m: f"{name}@outside.example" in m.recipients).content, sent)


REFUSED = {
    "a bare LF": (b"\r\nx\ny", "550 5.6.11", "bare-newline"),
    "a bare CR": (b"\r\nx\ry", "550 5.6.11", "bare-newline"),
    "LF . LF": (b"\r\nx\n.\ny", "550 5.6.11", "bare-newline"),
    "a bare LF in the header": (b"Subject: x\nTo: y\r\n\r\nz", "550 5.6.11", "bare-newline"),
    "NUL in the body": (b"\r\na\x00b", "550 5.6.0", "nul"),
    "NUL in the header": (b"Subject: a\x00b\r\n\r\nx", "550 5.6.0", "nul"),
    "a header without end": (b"X: y\r\n" * 12_000 + b"\r\nx", "552 5.3.4", "header-too-large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_mailbox_keeps_unchanged_is_refused_with_a_reason(
    hub: RunningHub, an: smtplib.SMTP, boxes: Province, case: str
) -> None:
    rest, codes, kind = REFUSED[case]
    reply = refusal(an, AN, ["ttb@tinh.gov.vn"], f"From: {AN}\r\n".encode() + rest + b"\r\n")
    assert reply.startswith(codes)
    assert boxes.refusal(reply) == kind


def test_a_message_that_begins_with_a_blank_line_has_no_author(an: smtplib.SMTP, boxes: Province) -> None:
    reply = refusal(an, AN, ["ttb@tinh.gov.vn"], b"\r\n" + mail("", "x"))
    assert boxes.refusal(reply) == "from-missing"


def test_twenty_megabytes_go_through_and_come_back(hub: RunningHub, an: smtplib.SMTP, boxes: Province) -> None:
    boxes.people("to20mb")
    attachment = random.Random(20).randbytes(20_000_000)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = AN, "to20mb@tinh.gov.vn", "Ban ve"
    message.set_content("Gui anh ban ve.")
    message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="Bản vẽ.dwg")
    sent = message.as_bytes().replace(b"\n", b"\r\n")
    transaction(an, AN, ["to20mb@tinh.gov.vn"], sent)
    found = hub.wait_for_mail("to20mb@tinh.gov.vn", seconds=60)[0]
    check_below(found, sent)
    part = list(email.message_from_bytes(found).walk())[-1]
    assert part.get_payload(decode=True) == attachment


def test_both_signatures_of_what_goes_out_verify(hub: RunningHub, an: smtplib.SMTP, sink: Sink) -> None:
    settings = load(hub.directory / "mailhub.toml")
    records = {}
    for key in settings.dkim.keys:
        loaded = load_signing_key((hub.directory / key.file).read_bytes(), key.domain, key.selector, key.algorithm)
        records[f"{key.selector}._domainkey.{key.domain}.".encode()] = public_record(loaded).encode()
    assert len(records) == 2
    to = "dkim@outside.example"
    odd = "Subject: =?utf-8?q?C=C3=B4ng_v=C4=83n?=\r\n\t folded \r\nCc: x@y.vn\r\n"
    for body in ("Xin chao.", ".\r\n..\r\n  trailing  \r\n\r\n\r\n", "Chào anh ạ", ""):
        sink.sink.messages.clear()
        transaction(an, AN, [to], letter(AN, to, extra=odd, body=body))
        found = sink.wait_for(lambda m: to in m.recipients).content
        assert found.lower().count(b"dkim-signature:") == 2
        verifier = dkim.DKIM(found)
        for number in (0, 1):
            assert verifier.verify(number, dnsfunc=lambda name, timeout=5: records.get(name)), (number, body)
        changed = dkim.DKIM(found.replace(b"Subject:", b"Subject: x", 1))
        assert not changed.verify(0, dnsfunc=lambda name, timeout=5: records.get(name))


def test_mail_from_outside_arrives_as_it_is(hub: RunningHub, boxes: Province) -> None:
    boxes.people("ngoai")
    rest = BODIES["noise 3"].partition(b"\r\n")[2]
    sent = b"from:ai@nothing.example\r\n" + rest
    with hub.mx() as client:
        transaction(client, "ai@nothing.example", ["ngoai@tinh.gov.vn"], sent)
    check_below(hub.wait_for_mail("ngoai@tinh.gov.vn")[0], sent)


def test_what_waits_in_the_queue_through_a_restart_is_not_altered(hub: RunningHub, sink: Sink, boxes: Province) -> None:
    sink.sink.script["MAIL"] = ["451 4.3.0 later"]
    sent = BODIES["noise 5"]
    with hub.submission(AN) as client:
        code = transaction(client, AN, ["sau@outside.example"], sent)
    hub.stop()
    hub.start()
    hub.cli("queue", "retry", code, check=False)
    check_below(sink.wait_for(lambda m: "sau@outside.example" in m.recipients, seconds=60).content, sent)
