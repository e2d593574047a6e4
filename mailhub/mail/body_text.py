"""What a message says in its own words, and which addresses on the web it names. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BodyText:
    """The text parts that are the message itself, not attached: HTML without its tags. `hosts` are those of links, in
    lower case; `cut` when only the beginning was read; `encrypted` when the message is S/MIME or PGP."""

    lines: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    cut: bool = False
    encrypted: bool = False
