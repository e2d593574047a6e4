"""What a reader of one file type gives back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailhub.files.facts import Danger, Unreadable
from mailhub.files.package import BadPackage, Package
from mailhub.text.lines import Text

FEW_LETTERS = 60  # a text shorter than this may stand on a pasted scan
MOST_PICTURES = 4
PICTURE_BYTES = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a file and what kept the reader from more of it.

    `text` holds what came before a fault. `pictures` are images that fill pages of an office file, encoded as they
    lie in it: a scan pasted into a letter.
    """

    text: Text = field(default_factory=Text)
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()
    pictures: tuple[bytes, ...] = ()


def pasted(package: Package, names: re.Pattern[str]) -> tuple[bytes, ...]:
    """The first pictures of an office file, by the names that its format gives them."""
    found: list[bytes] = []
    for name in package.matching(names)[:MOST_PICTURES]:
        try:
            found.append(package.read(name, PICTURE_BYTES))
        except BadPackage:
            continue
    return tuple(found)
