"""One part's content is replaced; every other octet stays."""

from __future__ import annotations

import base64
import random
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailhub.mail.parts import Structure
from mailhub.mail.replacing import Untouchable, replaced, untouchable
from mailhub.mail.structure import read_structure

pytestmark = pytest.mark.unit

OLD = bytes(range(256)) * 40
NEW = OLD + b"%PDF update " * 300
HEAD = b"From: a@tinh.gov.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def mail() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "vanthu.syt@tinh.gov.vn"
    message.set_content("Kính gửi Ông/Bà.\n")
    message.add_attachment(OLD, maintype="application", subtype="pdf", filename="cong văn.pdf")
    message.add_attachment(b"ghi ch\xc3\xba", maintype="application", subtype="octet-stream", filename="b.bin")
    return message.as_bytes()


def wrapped(outer: bytes, inner: bytes) -> bytes:
    body = b"--b\r\n" + inner + b"\r\n--b--\r\n"
    return HEAD + b"Content-Type: " + outer + b'; boundary="b"\r\n\r\n' + body


PDF_PART = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\nAwQF\r\n"


def whole(data: bytes, structure: Structure, path: str, content: bytes) -> bytes:
    found = replaced(data, structure, path, content)
    assert isinstance(found, bytes)
    return found


def test_only_the_parts_encoded_octets_change() -> None:
    data = mail()
    structure = read_structure(data)
    part = next(one for one in structure.parts if one.path == "2")
    found = whole(data, structure, "2", NEW)
    assert found[: part.body_start] == data[: part.body_start]
    assert found.endswith(data[part.end :])
    assert [one.get_payload(decode=True) for one in message_from_bytes(found).walk()][2] == NEW


@pytest.mark.parametrize(("length", "newline"), [(76, b"\r\n"), (60, b"\r\n"), (72, b"\n"), (900, b"\r\n")])
def test_line_length_and_line_breaks_stay(length: int, newline: bytes) -> None:
    octets = random.Random(1).randbytes(3000)
    letters = base64.b64encode(octets)
    lines = [letters[at : at + length] for at in range(0, len(letters), length)]
    data = newline.join((
        HEAD.replace(b"\r\n", newline).rstrip(), b"Content-Type: multipart/mixed; boundary=b", b"", b"--b",
        b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64", b"", b"", *lines, b"", b"",
        b"--b--", b"",
    ))  # fmt: skip
    structure = read_structure(data)
    assert whole(data, structure, "1", octets) == data  # the same content: the same octets, blank lines included
    longer = whole(data, structure, "1", octets + octets)
    body = longer[structure.parts[1].body_start :].split(b"--b--")[0].strip().split(newline)
    assert {len(line) for line in body[:-1]} == {length}


def test_quoted_printable_stays_so() -> None:
    part = PDF_PART.replace(b"base64", b"quoted-printable").replace(b"AAEC\r\nAwQF\r\n", b"=25PDF=\r\n-1")
    data = wrapped(b"multipart/mixed", part)
    found = whole(data, read_structure(data), "1", NEW)
    assert message_from_bytes(found).get_payload(0).get_payload(decode=True) == NEW  # type: ignore[union-attr]
    assert max(map(len, found.split(b"\r\n"))) <= 998


ODD = [
    (b"", b"\r\n--b--\r\n"),
    (b"preamble\r\n", b"\r\n--b--"),  # no line feed at the end
    (b"", b""),  # no end at all
    (b"", b"\r\n--b--\r\nepilogue"),
]


@pytest.mark.parametrize(("before", "after"), ODD)
@pytest.mark.parametrize("step", [3, 61, 75, 5000])
def test_around_odd_mail_every_octet_stays(before: bytes, after: bytes, step: int) -> None:
    letters = base64.b64encode(OLD)
    lines = b"\r\n".join(letters[at : at + step] for at in range(0, len(letters), step))
    name = b"Content-Type: application/pdf; name*0*=utf-8''c%C3%B4ng; name*1*=%20v%C4%83n.pdf\r\n"
    inner = b"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n" + name
    head = HEAD + b"DKIM-Signature: v=1; b=x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + before
    head += b"--b\r\n" + inner + b"Content-Transfer-Encoding: BASE64\r\n\r\n"
    data = head + lines + b"\r\n--bb--" + after
    found = whole(data, read_structure(data), "1.1", NEW)
    assert found.startswith(head)
    assert found.endswith(b"\r\n--bb--" + after)
    assert [one.get_payload(decode=True) for one in message_from_bytes(found).walk()][2] == NEW


def test_a_message_that_is_the_file_itself() -> None:
    data = HEAD + PDF_PART
    found = whole(data, read_structure(data), "1", NEW)
    assert message_from_bytes(found).get_payload(decode=True) == NEW


@pytest.mark.parametrize(
    ("data", "path", "why"),
    [
        (wrapped(b"multipart/signed", PDF_PART), "1", Untouchable.SIGNED),
        (wrapped(b"multipart/encrypted", PDF_PART), "1", Untouchable.ENCRYPTED),
        (wrapped(b"multipart/mixed", PDF_PART.replace(b"pdf;", b"pkcs7-mime;")), "1", Untouchable.SIGNED),
        (wrapped(b"multipart/mixed", b"Content-Type: message/rfc822\r\n\r\n" + PDF_PART), "1.1", Untouchable.FORWARDED),
        (wrapped(b"multipart/mixed", PDF_PART.replace(b"base64", b"8bit")), "1", Untouchable.ENCODING),
        (wrapped(b"multipart/mixed", PDF_PART.replace(b"AwQF", b"Aw*F")), "1", Untouchable.ENCODING),
        (wrapped(b"multipart/mixed", PDF_PART), "7", Untouchable.MISSING),
        (wrapped(b"multipart/mixed", b"Content-MD5: eA==\r\n" + PDF_PART), "1", Untouchable.AMBIGUOUS),
        (HEAD + b"content-digest : sha-256=:eA==:\r\n" + PDF_PART, "1", Untouchable.AMBIGUOUS),
        (wrapped(b"multipart/mixed", PDF_PART + b"--bx\r\n"), "1", Untouchable.AMBIGUOUS),
    ],
)
def test_what_is_covered_or_doubtful_is_not_touched(data: bytes, path: str, why: Untouchable) -> None:
    structure = read_structure(data)
    assert untouchable(data, structure, path) is why
    assert replaced(data, structure, path, NEW) is why


def test_content_that_would_read_as_a_delimiter_is_refused() -> None:
    part = PDF_PART.replace(b"base64", b"quoted-printable")
    data = wrapped(b"multipart/mixed", part)
    assert replaced(data, read_structure(data), "1", b"--b") in (Untouchable.AMBIGUOUS,)
