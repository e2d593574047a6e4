"""Octets out of base64 and quoted-printable, whole or damaged."""

from __future__ import annotations

import base64
import binascii
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail import transfer
from mailhub.mail.parts import Part, Role
from mailhub.mail.transfer import decode_base64, decode_body, decode_quoted_printable, decoded_size

pytestmark = pytest.mark.unit


def part_in(encoding: str, length: int) -> Part:
    return Part("1", Role.ATTACHMENT, 0, 0, length, ("application/pdf",), encoding)


@pytest.mark.parametrize(
    ("encoded", "decoded", "faults"),
    [
        (b"", b"", False),
        (b"QUJD", b"ABC", False),
        (b"QU\r\nJD\n", b"ABC", False),
        (b"QUI=", b"AB", False),
        (b"QQ=\r\n=\r\n", b"A", False),
        (b"QUI", b"AB", True),
        (b"QUJDR", b"ABC", True),
        (b"Q", b"", True),
        (b"Q!U@J\xffD", b"ABC", True),
        (b"Q-U_JD", b"ABC", True),
        (b"QUI=QUJD", b"AB", True),
        (b"QUJD\r\n--x--\r\n", b"ABC", True),
        (b"QUI=\r\n_____\r\nThis list is moderated.\r\n", b"AB", True),
        (b"====", b"", False),
        (b"\x00\xff", b"", True),
    ],
)
def test_base64_is_read_as_far_as_it_goes(encoded: bytes, decoded: bytes, faults: bool) -> None:
    result = decode_base64(encoded)
    assert result[1] is faults
    assert result[0].startswith(decoded)
    if b"x" not in encoded:
        assert result[0] == decoded


@pytest.mark.parametrize(
    ("encoded", "decoded", "faults"),
    [
        (b"", b"", False),
        (b"a=3Db", b"a=b", False),
        (b"=c3=9A", b"\xc3\x9a", False),
        (b"one=\r\ntwo=\nthree", b"onetwothree", False),
        (b"one= \t\r\ntwo", b"onetwo", False),
        (b"padded  \t\r\nnext \n", b"padded\r\nnext\n", False),
        (b"tail ", b"tail ", False),
        (b"a=ZZb", b"a=ZZb", True),
        (b"raw \xe1\xba\xad", b"raw \xe1\xba\xad", False),
    ],
)
def test_quoted_printable_is_read_as_far_as_it_goes(encoded: bytes, decoded: bytes, faults: bool) -> None:
    assert decode_quoted_printable(encoded) == (decoded, faults)


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", ""])
def test_what_is_not_encoded_is_given_as_it_is(encoding: str) -> None:
    assert decode_body(b"=41 QUJD", part_in(encoding, 8)) == (b"=41 QUJD", False)


def test_an_unknown_encoding_is_a_fault() -> None:
    assert decode_body(b"QUJD", part_in("x-uuencode", 4)) == (b"QUJD", True)


@given(st.binary(max_size=2000))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert decode_base64(base64.encodebytes(data).replace(b"\n", b"\r\n")) == (data, False)
    assert decode_quoted_printable(binascii.b2a_qp(data, quotetabs=True, istext=False)) == (data, False)


@given(st.binary(max_size=500), st.sampled_from(["base64", "quoted-printable", "7bit", "odd"]))
def test_no_part_is_larger_than_said_beforehand(data: bytes, encoding: str) -> None:
    part = part_in(encoding, len(data))
    assert len(decode_body(memoryview(data), part)[0]) <= decoded_size(part)


@pytest.mark.parametrize("encoded", [b" " * 1_000_000, b"= " * 500_000, b" \n" * 500_000, b"=" * 1_000_000,
                                     b"\n" * 1_000_000 + b" \n", b" " * 1_000_000 + b"x\n"])  # fmt: skip
def test_hostile_quoted_printable_takes_no_time(encoded: bytes) -> None:
    began = time.process_time()
    decode_quoted_printable(encoded)
    decode_base64(encoded)
    assert time.process_time() - began < 3


def test_quoted_printable_is_the_same_in_whatever_pieces_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    words = (b"=41", b"=", b" ", b"\t", b"\r\n", b"\n", b"=\r\n", b"= \r\n", b"abc", b"=zz", b"\r", b"x" * 9, b"  \r\n")
    chosen = random.Random(7)
    given = [b"".join(chosen.choices(words, k=20)) for _ in range(3_000)]
    whole = [decode_quoted_printable(one) for one in given]
    monkeypatch.setattr(transfer, "_GROUP", 7)
    assert [decode_quoted_printable(one) for one in given] == whole


def test_a_large_quoted_printable_part_leaves_the_other_threads_their_turn() -> None:
    """Each call into C holds all of them up; a receiving process has a loop to run meanwhile."""
    pieces = list(transfer._groups(b"=41" * 1_000_000))
    assert len(pieces) > 40
    assert max(len(piece) for piece, _ in pieces) < 100_000
    assert b"".join(piece for piece, _ in pieces) == b"=41" * 1_000_000
