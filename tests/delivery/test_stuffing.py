"""Dot-stuffing over any split of the message."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.errors import BareLineEnd
from mailhub.delivery.stuffing import Stuffer

pytestmark = pytest.mark.unit

TRICKY = [b".", b"..", b"\r\n", b"\r\n.", b"\r\n.\r\n", b"x", b"QUIT", b""]
BROKEN = re.compile(rb"\r(?!\n)|(?<!\r)\n")
messages = st.lists(st.sampled_from(TRICKY)).map(b"".join)
anything = st.lists(st.sampled_from([*TRICKY, b"\r", b"\n"])).map(b"".join)


def stuffed(message: bytes, cuts: list[int]) -> bytes:
    stuffer, out, at = Stuffer(), b"", 0
    for cut in sorted(cuts):
        out += stuffer.feed(message[at:cut])
        at = max(at, cut)
    return out + stuffer.feed(message[at:]) + stuffer.finish()


def reference(message: bytes) -> bytes:
    """RFC 5321 § 4.5.2, read aloud."""
    if message and not message.endswith(b"\r\n"):
        message += b"\r\n"
    lines = message.split(b"\r\n")[:-1]
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"


@given(messages, st.lists(st.integers(0, 40)))
def test_every_split_gives_what_the_reference_gives(message: bytes, cuts: list[int]) -> None:
    assert stuffed(message, cuts) == reference(message)


@given(anything, st.lists(st.integers(0, 40)))
def test_a_bare_line_end_is_refused_wherever_the_chunks_are_cut(message: bytes, cuts: list[int]) -> None:
    if BROKEN.search(message):
        with pytest.raises(BareLineEnd):
            stuffed(message, cuts)
    else:
        assert stuffed(message, cuts) == reference(message)


@given(messages, st.lists(st.integers(0, 40)))
def test_the_end_of_data_comes_once_and_last(message: bytes, cuts: list[int]) -> None:
    wire = b"\r\n" + stuffed(message, cuts)
    assert wire.find(b"\r\n.\r\n") == len(wire) - 5


def test_a_chunk_without_dots_is_not_copied() -> None:
    chunk = b"line\r\n" * 1000
    assert Stuffer().feed(chunk) is chunk


@pytest.mark.parametrize("poison", [b"\n.\n", b"\r.\r", b"\r\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\r", b"\r\r\n.\r\n"])
def test_the_endings_that_smuggle_do_not_pass(poison: bytes) -> None:
    with pytest.raises(BareLineEnd):
        stuffed(b"Subject: x\r\n\r\nhello" + poison + b"MAIL FROM:<x@y>\r\n", [])
