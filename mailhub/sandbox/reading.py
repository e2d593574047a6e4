"""One message's files on their way through the sandbox: which are known, and what is decided when a child ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mailhub.files.facts import FileFacts, Unreadable
from mailhub.sandbox.errors import BadAnswer, InspectorUnavailable
from mailhub.sandbox.wire import ANSWER_BYTES, AS_FACT, End, Line, Slice

log = logging.getLogger(__name__)

OnFile = Callable[[int, FileFacts], None]
_LONGEST = 255  # characters of a name or subject: 1,000 files of four octets a character are 3 MiB
_DEATHS = 2  # of zygotes, at one file: then it is taken for the file's fault


@dataclass(frozen=True, slots=True)
class FileBytes:
    """One file as the message brought it, decoded. `sha256` is ours, in hexadecimal, and stays so."""

    name: str
    declared: str  # the Content-Type's type/subtype, lower case
    data: bytes | memoryview
    sha256: str
    mail_subject: str = ""
    signs: bytes | memoryview | None = None  # what it signs, when it is a signature apart from that (S/MIME)


@dataclass(slots=True)
class Allowance:
    """Octets that may still be answered about one message, by however many children."""

    left: int = ANSWER_BYTES

    def take(self, octets: int) -> None:
        """Count what has arrived.

        Raises:
            BadAnswer: it is more than any honest answer.
        """
        self.left -= octets
        if self.left < 0:
            raise BadAnswer("an answer without end")


@dataclass(slots=True)
class Reading:
    """What is known so far."""

    files: Sequence[FileBytes]
    on_file: OnFile | None
    deadline: float  # time.monotonic()
    trust: str = ""  # the version of the trust data that the child is given
    found: list[FileFacts] = field(default_factory=list)
    deaths: int = 0
    allowance: Allowance = field(default_factory=Allowance)
    slices: list[Slice] = field(init=False)
    bytes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.slices = []
        for one in self.files:
            # Cut, so that the request of a message with a thousand files stays within its size.
            name, subject = one.name[-_LONGEST:], one.mail_subject[:_LONGEST]
            begin, self.bytes = self.bytes, self.bytes + len(one.data)
            signs = (-1, 0) if one.signs is None else (self.bytes, len(one.signs))
            self.bytes += signs[1]
            self.slices.append(Slice(begin, len(one.data), name, one.declared[:_LONGEST], subject, *signs))

    @property
    def next(self) -> int:
        return len(self.found)

    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def loop_deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.seconds_left()

    def hear(self, line: Line, expected: int) -> None:
        """Take what a line says about a file; `expected` is the number that a file must have.

        Raises:
            BadAnswer: it has another.
        """
        if line.fault:
            log.warning("reader raised: %r", line.fault)
        if line.facts is not None:
            if line.file != expected or self.next == len(self.files):
                raise BadAnswer("an answer to no question")
            self.take(line.facts)

    def take(self, facts: FileFacts) -> None:
        """The facts of the next file. Name, size, hash and trust are what we gave, whatever was answered."""
        given = self.files[self.next]
        number = self.next
        facts = with_trust(facts, self.trust)
        self.found.append(replace(facts, name=given.name, size=len(given.data), sha256=given.sha256))
        self.deaths = 0
        if self.on_file is not None:
            self.on_file(number, self.found[number])

    def close_attempt(self, *, begun: bool, end: End | None) -> None:
        """Decide about the file at which a child ended."""
        if self.next == len(self.files):
            return
        if end is None:  # the zygote itself has gone: stopped, or the machine is out of memory
            self.deaths += 1
            if self.deaths < _DEATHS:
                return
            if not begun:
                raise InspectorUnavailable("the inspector went away before it began")
        self._give_up(AS_FACT.get(end, Unreadable.CRASHED) if end is not None else Unreadable.CRASHED)
        why = Unreadable.CRASHED if self.allowance.left <= 0 else Unreadable.TIME
        if not self.seconds_left() or self.allowance.left <= 0:
            while self.next < len(self.files):
                self._give_up(why)

    def _give_up(self, why: Unreadable) -> None:
        self.take(FileFacts(name="", type="unknown", size=0, unreadable=why))


def with_trust(facts: FileFacts, trust: str) -> FileFacts:
    """The facts with signatures that were read by the trust data of this version, in the file and in its members."""
    if facts.signed is not None:
        facts = replace(facts, signed=replace(facts.signed, trust=trust))
    if facts.members:
        facts = replace(facts, members=tuple(with_trust(member, trust) for member in facts.members))
    return facts
