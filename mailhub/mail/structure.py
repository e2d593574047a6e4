"""A message's parts: where each lies, what it says it is, and what it is called.

One pass over the octets as they came, because later the encoded octets of a single part are replaced, and signed
parts are cut out raw. A delimiter of any open multipart ends what lies within it (RFC 2046 § 5.1.2).
"""

from __future__ import annotations

from typing import NamedTuple

from mailhub.mail.delimiters import Delimiter, Delimiters
from mailhub.mail.octets import Octets
from mailhub.mail.open_part import OpenPart, body_path
from mailhub.mail.part_header import read_part_header, role_of
from mailhub.mail.parts import PartProblem, Role, Structure, StructureLimits

_BLOCKS = (2048, 64 * 1024)  # most headers are short
_NO_LIMITS = StructureLimits()


def read_structure(data: Octets, *, limits: StructureLimits = _NO_LIMITS) -> Structure:
    """The parts of a message with or without attachments. Never raises: what exceeds `limits` is a problem.

    The time is linear in the octets, whatever they are. A part beyond the limits is there with its problem, and what
    lies in it is not looked at.
    """
    return _Walk(data, limits).run()


class _Head(NamedTuple):
    """A part's header as it lies there."""

    block: bytes
    body_start: int
    ended: bool  # a delimiter came before any body
    too_large: bool


class _Walk:
    """The way through one message. `open` are the parts that the current place lies in, the outermost first."""

    def __init__(self, data: Octets, limits: StructureLimits) -> None:
        self.data = data
        self.limits = limits
        self.size = len(data)
        self.stop = min(self.size, limits.octets)
        self.delimiters = Delimiters(data, self.stop)
        self.parts: list[OpenPart] = []
        self.open: list[OpenPart] = []
        self.problems: list[PartProblem] = [PartProblem.TOO_LARGE] if self.stop < self.size else []
        self.headers = limits.headers

    def run(self) -> Structure:
        at = self.begin_body(0, None)
        while (found := self.delimiters.next(at)) is not None:
            if (why := self.why_stop()) is not None and not found.closing:
                self.give_up(why)
                break
            at = self.pass_delimiter(found)
        if self.delimiters.exhausted:
            self.give_up(PartProblem.TOO_MANY)
        while self.open:
            self.end_part(self.open.pop(), self.size)
        return Structure(tuple(part.finished() for part in self.parts), tuple(dict.fromkeys(self.problems)))

    def pass_delimiter(self, found: Delimiter) -> int:
        """End what it ends and begin what it begins; gives where to search on."""
        owner = found.owner
        if owner.closed:
            owner.add(PartProblem.AMBIGUOUS)  # for us it is in the epilogue, for others it may begin a part
            return found.end - 1
        while (part := self.open[-1]) is not owner:
            self.open.pop()
            self.end_part(part, self.before_break(found.start, part.body_start))
        owner.closed = found.closing
        self.delimiters.look_for(self.open)
        return found.end - 1 if found.closing else self.begin_part(found.end, owner)

    def begin_part(self, start: int, owner: OpenPart) -> int:
        """Open the part of a multipart that lies at `start`; gives where to search on."""
        default = "message/rfc822" if owner.type == "multipart/digest" else "text/plain"  # RFC 2046 § 5.1.5
        part = self.open_part(start, default, owner.type)
        part.path = owner.next_child()
        part.forwarded_in = owner.forwarded_in
        return self.enter(part)

    def begin_body(self, start: int, message: OpenPart | None) -> int:
        """Open the body of `message`, whose own header lies at `start`; None is the outermost one."""
        part = self.open_part(start, "text/plain", "")
        part.path = body_path(message.path if message else "", part.role)
        part.forwarded_in = message.path if message else ""
        return self.enter(part)

    def open_part(self, start: int, default: str, parent: str) -> OpenPart:
        head = self.read_head(start)
        header = read_part_header(head.block, default)
        part = OpenPart(header, role_of(header, parent), start, head.body_start, len(self.open))
        part.problems = header.problems
        if head.too_large:
            part.add(PartProblem.TOO_LARGE)
        if head.ended:
            part.end = head.body_start
        self.parts.append(part)
        self.open.append(part)
        return part

    def enter(self, part: OpenPart) -> int:
        """Go into a message, or look for the parts of a multipart from here on; gives where to search on."""
        if part.role in {Role.CONTAINER, Role.MESSAGE} and part.end < 0:
            if part.depth >= self.limits.depth:
                part.add(PartProblem.TOO_DEEP)
                self.problems.append(PartProblem.TOO_DEEP)
            elif part.role is Role.CONTAINER:
                part.boundary = part.header.boundary
                self.delimiters.look_for(self.open)
            elif (why := self.why_stop()) is not None:
                part.add(why)
                self.problems.append(why)
            else:
                return self.begin_body(part.body_start, part)
        # The line feed that ends the header may be the one that a delimiter begins with.
        return max(part.body_start - 1, 0)

    def read_head(self, start: int) -> _Head:
        block = b""
        for size in _BLOCKS:
            size = min(size, self.limits.header)
            block = bytes(self.data[start : min(start + size, self.stop)])
            blank = _blank_line(block)
            if blank is not None or start + size >= self.stop:
                break
        length, body_start = blank or (len(block), len(block))
        body_start += start
        too_large = blank is None and body_start < self.stop
        ended = self.delimiters.next(max(start - 1, 0), self.stop if too_large else start + length)
        if too_large:
            far = self.far_body(start, ended.start if ended else self.stop)
            body_start, ended = (far, None) if far >= 0 else (self.stop, ended)
        if ended:
            body_start = self.before_break(ended.start, start)
            length = min(length, body_start - start)
        self.headers -= length
        return _Head(block[:length], body_start, ended is not None, too_large)

    def far_body(self, start: int, stop: int) -> int:
        """Where the body starts of a part whose header is longer than what is read of it; -1: not before `stop`."""
        find = self.delimiters.find
        ends = [at + len(mark) for mark in (b"\n\r\n", b"\n\n") if (at := find(mark, start, stop)) >= 0]
        return min(ends, default=-1)

    def before_break(self, position: int, least: int) -> int:
        """The line break before a delimiter belongs to the delimiter (RFC 2046 § 5.1.1)."""
        if position > least and self.data[position - 1 : position] == b"\r":
            position -= 1
        return max(position, least)

    def end_part(self, part: OpenPart, end: int) -> None:
        if part.end < 0:
            part.end = end
        if part.role is Role.CONTAINER and PartProblem.TOO_DEEP not in part.problems:
            if not part.children:
                part.add(PartProblem.NO_BOUNDARY)
            elif not part.closed:
                part.add(PartProblem.UNFINISHED)

    def why_stop(self) -> PartProblem | None:
        """Why no further part may be opened, or None."""
        if len(self.parts) >= self.limits.parts:
            return PartProblem.TOO_MANY
        return PartProblem.TOO_LARGE if self.headers <= 0 else None

    def give_up(self, problem: PartProblem) -> None:
        self.problems.append(problem)
        for part in self.open:
            part.add(problem)


def _blank_line(block: bytes) -> tuple[int, int] | None:
    """How long the header is that `block` begins with, and where the body starts; None when no blank line ends it."""
    if block.startswith((b"\r\n", b"\n")):
        return 0, block.index(b"\n") + 1
    crlf = block.find(b"\n\r\n")
    bare = block.find(b"\n\n", 0, crlf + 1 if crlf >= 0 else len(block))
    if bare >= 0:
        return bare + 1, bare + 2
    return (crlf + 1, crlf + 3) if crlf >= 0 else None
