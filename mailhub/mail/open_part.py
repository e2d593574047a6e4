"""A part while it is being read: its end has not come yet."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.mail.part_header import PartHeader
from mailhub.mail.parts import Part, PartProblem, Role


@dataclass(slots=True, eq=False)
class OpenPart:
    """What a `Part` will hold. `boundary` is set once its delimiters are looked for, `end` once it has come."""

    header: PartHeader
    role: Role
    start: int
    body_start: int
    depth: int
    path: str = ""
    forwarded_in: str = ""
    end: int = -1
    boundary: bytes = b""
    children: int = 0
    closed: bool = False
    problems: tuple[PartProblem, ...] = ()

    @property
    def type(self) -> str:
        return self.header.types[0]

    def add(self, problem: PartProblem) -> None:
        if problem not in self.problems:
            self.problems = (*self.problems, problem)

    def next_child(self) -> str:
        """The path of the next part in this one (RFC 9051 § 6.4.5.1)."""
        self.children += 1
        return _below(self.path.removesuffix("TEXT").rstrip("."), str(self.children))

    def finished(self) -> Part:
        header = self.header
        return Part(
            path=self.path,
            role=self.role,
            start=self.start,
            body_start=self.body_start,
            end=self.end,
            types=header.types,
            encoding=header.encoding,
            names=header.names,
            raw_name=header.raw_name,
            charset=header.charset,
            disposition=header.disposition,
            content_id=header.content_id,
            depth=self.depth,
            forwarded_in=self.forwarded_in,
            problems=self.problems,
        )


def body_path(message: str, role: Role) -> str:
    """The path of a message's own body (`message` is its part's, "" for the outermost): its first part.

    Where the body is a multipart, IMAP numbers only what is in it: it is the message's `TEXT`, "" for the outermost.
    """
    if role is Role.CONTAINER:
        return _below(message, "TEXT") if message else ""
    return _below(message, "1")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
