"""The subjects of the messages within a message: what was forwarded whole says there what it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mailhub.mail.headers import all_of, decode_text, read_fields, unfold
from mailhub.mail.octets import Octets
from mailhub.mail.parts import Role, Structure

MOST = 50  # messages looked at
LONGEST = 500  # characters of a subject
_HEADER = 16 * 1024  # octets of a header that are read


def subjects_within(data: Octets, structure: Structure) -> Iterator[str]:
    """The subjects of the messages in the message `data`, not its own; a header may have several. Never raises."""
    begin = [part.body_start for part in structure.parts if part.role is Role.MESSAGE][:MOST]
    for start in begin:
        yield from subjects_at(data, start)


def subjects_at(data: Octets, start: int) -> Iterator[str]:
    """The subjects of the message whose header begins at `start`."""
    block = bytes(data[start : start + _HEADER])
    ends = [at for mark in (b"\n\r\n", b"\n\n") if (at := block.find(mark)) >= 0]
    for field in all_of(read_fields(block[: min(ends, default=len(block))]), b"subject"):
        yield decode_text(unfold(field.raw))[:LONGEST]
