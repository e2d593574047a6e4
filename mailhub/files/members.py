"""What an archive or a mail holds: files within a file, each with its octets."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.files.facts import Danger, Unreadable


@dataclass(frozen=True, slots=True)
class Member:
    """One file within another.

    `name` is as meant, base name only; `other_names` are the further readings of it (its whole path in the archive, a
    second name in the header, another charset). `declared` is the type that a mail's part says it has (`type/subtype`,
    lower case), "" in archives. `data` is as much of it as was read; `unreadable` says why that is not all.
    """

    name: str
    declared: str = ""
    data: bytes = b""
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()
    other_names: tuple[str, ...] = ()
    signs: memoryview | None = None  # the octets that it signs, when it is a signature apart from them (S/MIME)


@dataclass(frozen=True, slots=True)
class Contents:
    """The members of one archive or mail; `unreadable` and `dangers` are about it as a whole.

    Members that could be listed but not read are among `members`, with their own `unreadable`. What came before a fault
    is kept.
    """

    members: tuple[Member, ...] = ()
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()
