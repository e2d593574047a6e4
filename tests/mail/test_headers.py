"""Header fields as they lie in the bytes, and header text as people read it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.encoded import decode_text
from mailhub.mail.headers import all_of, count_received, first, header_end, message_id, read_fields, unfold

pytestmark = pytest.mark.unit

HEAD = (
    b"Received: from a\r\n\tby b; Sun, 22 Nov 2026 01:00:00 +0700\r\n"
    b"From: =?utf-8?Q?Nguy=E1=BB=85n?= <a@tinh.gov.vn>\r\n"
    b"SUBJECT: m\xe1\xbb\x99t\r\n hai\r\n"
    b"received: from c\r\n"
    b"Message-ID:\r\n <1@x>\r\n"
    b"\r\n"
)


def test_fields_keep_order_offsets_and_every_byte() -> None:
    fields = read_fields(HEAD + b"From: not@a.header\r\n")
    assert [f.name for f in fields] == [b"Received", b"From", b"SUBJECT", b"received", b"Message-ID"]
    assert b"".join(f.raw for f in fields) + b"\r\n" == HEAD
    assert all(HEAD[f.start : f.end] == f.raw for f in fields)


def test_names_are_found_in_any_case() -> None:
    fields = read_fields(HEAD)
    assert count_received(fields) == 2
    subject = first(fields, "subject")
    assert subject is not None
    assert unfold(subject.raw) == b"m\xe1\xbb\x99t hai"
    assert message_id(fields) == "<1@x>"
    assert first(fields, b"sender") is None
    assert len(all_of(fields, b"RECEIVED")) == 2


@pytest.mark.parametrize(
    ("head", "names", "odd"),
    [
        (b"no colon here\r\nTo: x\r\n\r\n", [b"", b"To"], [True, False]),
        (b" continued: nothing\r\nTo: x\r\n\r\n", [b"", b"To"], [True, False]),
        (b"From : x\r\n\r\n", [b"From"], [True]),
        (b"From a@b Sun Nov 22 01:00:00 2026\r\nTo: x\r\n\r\n", [b"", b"To"], [True, False]),
        (b"Fr\0om: x\r\n\r\n", [b""], [True]),
        (b"T\xe1\xbb\x9d: x\r\n\r\n", [b""], [True]),
        (b"To: x", [b"To"], [False]),
        (b"To: x\r\n y", [b"To"], [False]),
        (b": x\r\n\r\n", [b""], [True]),
        (b"X: a\r\n \r\n b\r\n\r\n", [b"X"], [False]),
        (b"X: a\nY: b\n\nZ: c\n", [b"X", b"Y"], [False, False]),
        (b"\r\nX: body\r\n", [], []),
        (b"", [], []),
    ],
)
def test_broken_headers_are_read_to_their_end(head: bytes, names: list[bytes], odd: list[bool]) -> None:
    fields = read_fields(head)
    assert [f.name for f in fields] == names
    assert [f.odd for f in fields] == odd
    assert b"".join(f.raw for f in fields) == head[: header_end(head)]


@given(st.lists(st.sampled_from([b"From", b":", b" ", b"\r\n", b"\n", b"\r", b"\t", b"x", b"\0", b"\xff"])))
def test_no_byte_is_lost_whatever_comes(pieces: list[bytes]) -> None:
    head = b"".join(pieces)
    fields = read_fields(head)
    assert b"".join(f.raw for f in fields) == head[: header_end(head)]
    assert all(head[f.start : f.end] == f.raw for f in fields)


@pytest.mark.parametrize("piece", [b"a", b" ", b":", b"a:", b"\n ", b"a\n", b"\r", b"\0", b": ", b"a \t"])
def test_64_kib_of_anything_is_read_in_a_blink(piece: bytes) -> None:
    head = (piece * 65536)[:65536]
    began = time.process_time()
    read_fields(head)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?xJHhurdj?=", "đặc"),
        (b"=?UTF-8?q?Nguy=E1=BB=85n_V=C4=83n?= An", "Nguyễn Văn An"),
        (b"=?utf-8?Q?=C4=91=E1=BA?= =?utf-8?Q?=B7c?=", "đặc"),
        (b"=?utf-8?B?xJHhug==?=\r\n =?utf-8?B?t2M=?=", "đặc"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8?q?b?= =?iso-8859-1?q?=E9?=", "bé"),
        (b"=?utf-8*vi?q?b?=", "b"),
        (b"=?windows-1258?q?=D0=F4?=", "Đô"),
        (b"=?utf-8?q?with space?=", "with space"),
        ("Công văn".encode(), "Công văn"),
        (unicodedata.normalize("NFD", "Công văn").encode(), "Công văn"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"=?x-nobody-knows?q?=C3=A1b?=", "\ufffd\ufffdb"),
        (b"=?rot13?q?uryyb?=", "uryyb"),
        (b"=?utf-8?b?!!!?=", ""),
        (b"=?utf-8?b?YWJjZ?=", "abc"),
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        (b"a\0b\x07c", "a\ufffdb\ufffdc"),
        (b"=?utf-8?q?=E2=80=AEabc?=", "\ufffdabc"),
        (b"=?utf-7?q?+2AA-x?=", "\ufffdx"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        (b"", ""),
    ],
)
def test_header_text(value: bytes, text: str) -> None:
    assert decode_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        b"=?",
        b"=?utf-8?q?",
        b"=?utf-8?q??= ",
        b"=?utf-8?q?=C3=81?= ",
        b"=?a*",
        b"\xff",
        b"\xcc\x81",
        b"=?utf-8?b?AA==?=",
    ],
)
def test_long_text_is_cut_and_quick(value: bytes) -> None:
    began = time.process_time()
    text = decode_text((value * 65536)[:65536])
    assert time.process_time() - began < 3
    assert len(text) <= 2000


@given(st.binary(max_size=200), st.sampled_from([b"utf-8", b"utf-7", b"utf-16", b"iso-2022-jp", b"hz-gb-2312", b"x"]))
def test_decoding_never_raises_and_never_shows_control_characters(data: bytes, charset: bytes) -> None:
    for value in (data, b"=?" + charset + b"?q?" + data + b"?=", b"=?" + charset + b"?b?" + data + b"?="):
        text = decode_text(value)
        assert all(unicodedata.category(c) not in {"Cc", "Cs"} for c in text)
        assert unicodedata.is_normalized("NFC", text)
