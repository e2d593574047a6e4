"""What became of reading one file, in one shape for all readers."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailhub.files.facts import Danger, Unreadable
from mailhub.text.lines import Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """The text of a file, its pages (0: it has none), and what kept its reader from more."""

    text: Text = field(default_factory=Text)
    pages: int = 0
    needs_ocr: bool = False
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()
