"""The reader of DATA content, against a reader so simple that one can see it is right."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.smtp.data import ChunkReader, DataReader, has_bare_newline

pytestmark = pytest.mark.unit

# Nearly only what matters, so that chance meets the interesting places.
sent = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"\r\n.", b"x", b"\0", b"\r\n.\r"])).map(b"".join)
sizes = st.lists(st.integers(1, 5), min_size=1)


def reference(stream: bytes) -> tuple[bytes, bytes] | None:
    """Content and rest, line by line as RFC 5321 § 4.5.2 puts it; None while there is no end."""
    lines = stream.split(b"\r\n")
    for number, line in enumerate(lines[:-1]):
        if line == b".":
            content = b"".join((one[1:] if one.startswith(b".") else one) + b"\r\n" for one in lines[:number])
            return content, b"\r\n".join(lines[number + 1 :])
    return None


def pieces(stream: bytes, lengths: list[int]) -> list[bytes]:
    found, at, turn = [], 0, 0
    while at < len(stream):
        size = lengths[turn % len(lengths)]
        found.append(stream[at : at + size])
        at, turn = at + size, turn + 1
    return found


@given(sent, sizes)
def test_any_pieces_give_what_the_whole_gives(stream: bytes, lengths: list[int]) -> None:
    stream += b"\r\n.\r\nQUIT\r\n"
    expected = reference(stream)
    assert expected is not None
    reader, content, rest = DataReader(), b"", b""
    for piece in pieces(stream, lengths):
        if reader.done:
            rest += piece
        else:
            content += reader.feed(piece)
            rest = reader.rest
    assert reader.done
    assert (content, rest) == expected
    raw = b"\r\n" + stream[: len(stream) - len(rest)]
    assert reader.bare == (re.search(rb"\r(?!\n)|(?<!\r)\n", raw) is not None)


@given(sent)
def test_without_its_end_a_message_is_not_done(stream: bytes) -> None:
    reader = DataReader()
    for octet in stream:
        if not reader.done:
            reader.feed(bytes([octet]))
    assert reader.done == (reference(stream) is not None)


@given(st.binary())
def test_a_bare_newline_is_seen(piece: bytes) -> None:
    assert has_bare_newline(piece) == (re.search(rb"\r(?!\n)|(?<!\r)\n", piece) is not None)


@given(sent, sizes)
def test_chunks_are_watched_over_their_borders(stream: bytes, lengths: list[int]) -> None:
    reader = ChunkReader()
    content = b"".join(reader.feed(piece) for piece in pieces(stream, lengths))
    content += reader.finish()
    assert reader.bare == (re.search(rb"\r(?!\n)|(?<!\r)\n", stream) is not None)
    if not reader.bare:
        assert content == (stream if not stream or stream.endswith(b"\r\n") else stream + b"\r\n")


def test_an_undecided_line_end_is_at_most_four_octets() -> None:
    reader, given_out = DataReader(), 0
    for number in range(1, 2000):
        given_out += len(reader.feed(b"x\r\n."[number % 4 : number % 4 + 1]))
        assert number - given_out <= 4 + number // 4  # a dot in four is stuffing
