"""Messages made to cost: each ends in a stated fact, in time that grows with its octets and no faster."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.mail.parts import PartProblem, Role, Structure, StructureLimits
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body, decoded_size
from tests.support.mails import leaf, multipart

pytestmark = pytest.mark.unit


def timed(data: bytes, seconds: float) -> Structure:
    began = time.perf_counter()
    structure = read_structure(data)
    assert time.perf_counter() - began < seconds
    return structure


def test_a_hundred_thousand_parts_are_not_counted_to_the_end() -> None:
    data = multipart([leaf("Content-Type: a/b; name=c.exe", b"x")] * 100_000)
    structure = timed(data, 0.6)
    assert structure.problems == (PartProblem.TOO_MANY,)
    assert len(structure.parts) == 1000
    assert PartProblem.TOO_MANY in structure.parts[0].problems
    assert structure.parts[0].end == len(data)


def test_ten_thousand_levels_are_not_gone_down() -> None:
    levels = [f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(10_000)]
    structure = timed("".join(levels).encode(), 1.0)
    assert structure.problems == (PartProblem.TOO_DEEP,)
    assert max(part.depth for part in structure.parts) == 20
    assert PartProblem.TOO_DEEP in structure.parts[-1].problems


def test_messages_within_messages_are_levels_too() -> None:
    structure = timed(b"Content-Type: message/rfc822\r\n\r\n" * 10_000, 0.5)
    assert structure.problems == (PartProblem.TOO_DEEP,)
    assert [part.role for part in structure.parts] == [Role.MESSAGE] * 21
    assert len({part.path for part in structure.parts}) == 21


def test_what_follows_a_level_too_many_is_read() -> None:
    deep = leaf("", b"innermost")
    for level in range(25):
        deep = multipart([deep], boundary=f"level{level:02}")
    structure = read_structure(multipart([deep, leaf("Content-Type: text/html", b"after")], boundary="outer"))
    assert structure.problems == (PartProblem.TOO_DEEP,)
    assert (structure.parts[-1].path, structure.parts[-1].type) == ("2", "text/html")


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n--b0x" * 200_000,
        b"\r\n--" * 400_000,
        b"\r\n--b0 x" * 200_000,
        b"\n" * 1_500_000,
        b"\r\n--b0--" * 150_000,
        b"\r\n--b0" * 250_000,
        b"--b0\r\n" + b"a" * 1_500_000,
        b"--b0\r\n" + b"a:\r\n" * 400_000,
        b"--b0\r\n" + b"Content-Type:\r\n" * 100_000,
        b"--b0\r\n" + b"Content-Type: a/b;" + b"\r\n " * 500_000,
        b"--b0" + b" " * 1_500_000 + b"\r\n",
        b"--b0\r\n\r\n" + b"\r" * 1_500_000,
        b"--b0\r\nContent-Type: message/rfc822\r\n\r\n--b0\r\n" * 40_000,
        b"--b0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" * 30_000,
        b"--b0\r\nContent-Type: multipart/mixed; boundary=" + b"x" * 60_000 + b"\r\n\r\n" + b"--" * 700_000,
    ],
)
def test_bodies_made_of_delimiters_cost_no_more_than_others(body: bytes) -> None:
    data = b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + body
    structure = timed(data, 1.0)
    assert structure.parts[0].end == len(data)


def test_large_headers_end_the_walk() -> None:
    for parameter in ("; x=y", "; name=y", '; name="', "; name*1=x"):
        part = leaf("Content-Type: a/b" + parameter * (60_000 // len(parameter)), b"")
        structure = timed(multipart([part] * 50), 2.0)
        assert structure.problems == (PartProblem.TOO_LARGE,)
        assert 30 < len(structure.parts) < 45


def test_a_large_header_is_read_in_its_beginning_and_its_body_found() -> None:
    part = leaf("Content-Type: image/png\nX: " + "y" * 200_000, b"body")
    data = multipart([part, leaf("", b"next")])
    parts = read_structure(data).parts
    assert parts[1].problems == (PartProblem.TOO_LARGE,)
    assert [data[part.body_start : part.end] for part in parts[1:]] == [b"body", b"next"]
    assert parts[1].type == "image/png"


def test_a_large_header_without_a_body_ends_at_the_delimiter() -> None:
    data = multipart([b"X: " + b"y" * 200_000, leaf("", b"next")])
    parts = read_structure(data).parts
    assert parts[1].body_start == parts[1].end
    assert data[parts[2].body_start : parts[2].end] == b"next"


def test_octets_beyond_the_limit_are_not_looked_at() -> None:
    data = multipart([leaf("", b"x" * 1000), leaf("", b"y")])
    structure = read_structure(data, limits=StructureLimits(octets=500))
    assert structure.problems == (PartProblem.TOO_LARGE,)
    assert len(structure.parts) == 2
    assert structure.parts[0].end == len(data)


def test_a_large_message_is_not_copied() -> None:
    data = memoryview(multipart([leaf("", b"x" * 20_000_000), leaf("", b"y")]))
    tracemalloc.start()
    try:
        assert len(read_structure(data).parts) == 3
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


PIECES = st.sampled_from(
    [
        b"--b", b"--b--", b"--b2", b"--c", b"--c--", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b";", b"=", b'"',
        b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/digest; boundary=c",
        b"Content-Type: message/rfc822", b"Content-Type: text/plain", b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable", b"Content-Disposition: attachment; filename*0*=", b"=?utf-8?b?",
        b"QUJD", b"=C3", b"\xff\x00", b"x" * 3000,
    ]
)  # fmt: skip


@given(st.one_of(st.lists(PIECES, max_size=60).map(b"".join), st.binary(max_size=500)))
@settings(max_examples=400)
def test_any_octets_have_a_structure(data: bytes) -> None:
    structure = read_structure(data)
    assert (structure.parts[0].start, structure.parts[0].end) == (0, len(data))
    assert len({part.path for part in structure.parts}) == len(structure.parts)
    for part in structure.parts:
        assert 0 <= part.start <= part.body_start <= part.end <= len(data)
        assert len(decode_body(data, part)[0]) <= decoded_size(part)
