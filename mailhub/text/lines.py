"""Text read out of a file, line by line, with the place of each line where the file tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How the letters were come by; recognition trusts them accordingly."""

    TEXT = "text"  # the file holds them
    OCR = "ocr"  # read from an image of the page
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """One line in reading order, or one side of it where the page has two columns.

    `left`, `top`, `right` and `bottom` are fractions of the page (0, 0 is its upper left corner), None where the
    source has no pages. `confidence` is that of the letters (0 to 1), which is OCR's to doubt.
    """

    text: str
    page: int = 1
    left: float | None = None
    top: float | None = None
    right: float | None = None
    bottom: float | None = None
    confidence: float = 1.0
    colour: str = ""  # "red" for stamped ink, "" when it is black or unknown


@dataclass(frozen=True, slots=True)
class Text:
    """What was read of one file. `pages` is how many it has (0: no pages); lines may be of some of them only."""

    lines: tuple[Line, ...] = ()
    source: Source = Source.TEXT
    pages: int = 0
    complete: bool = True

    @property
    def plain(self) -> str:
        return "\n".join(line.text for line in self.lines)


def text_of(plain: str, *, source: Source = Source.TEXT) -> Text:
    """The lines of a string that has no places, such as a text file; form feeds begin a page."""
    lines: list[Line] = []
    for page, block in enumerate(plain.split("\f"), 1):
        lines.extend(Line(line.rstrip("\r"), page=page) for line in block.split("\n"))
    return Text(tuple(lines), source=source)
