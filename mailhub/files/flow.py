"""From paragraphs to lines, in the order in which a person reads the page.

Typists without tables build the two columns of a letter's head with tabs and blanks: each such paragraph is half
agency, half motto. Neighbouring ones are put together again: the left column first, then the right one.
"""

from __future__ import annotations

import re

from mailhub.text.lines import Line, Text

# A gap between two columns: a tab, or more blanks than anyone puts between words.
_GAP = re.compile(r"(?<=\S)(?:\t| {4})[\t ]*(?=\S)")
# What a gap may follow within one column: the blank to be filled in, or the number of a list.
_OPEN = re.compile(r"(?:[:/]|\bsố|\bngày|\btháng|\bnăm|^[-+*•]|^\(?\w{1,4}[.)]|^Điều \d{1,4}[.:]?)$", re.IGNORECASE)
_LABEL = re.compile(r"nơi\s+nhận\s*:$", re.IGNORECASE)
_LISTED = re.compile(r"\s{0,20}[-+•*].{0,60}$")  # recipients go on below each other, beside the signature
_INDENT = re.compile(r"\t\t| {12}")
LINE_CHARACTERS = 20_000
_TWO_COLUMNS = 400  # characters; a longer line is a sentence


class Flow:
    """Collects paragraphs. `limit` is in characters; what comes after it is dropped and `complete` says so."""

    def __init__(self, limit: int) -> None:
        self.complete = True
        self.page = 1
        self._left = limit
        self._lines: list[Line] = []
        self._right: list[str] = []  # the right column of the paragraphs that were just read

    @property
    def full(self) -> bool:
        return self._left <= 0

    @property
    def empty(self) -> bool:
        return not self._lines and not self._right

    def paragraph(self, text: str) -> None:
        """One paragraph; line feeds in it are its line breaks."""
        for line in text.split("\n"):
            self._line(line)

    def table_row(self, cells: list[str]) -> None:
        """One row of a table of many columns, on a line of its own."""
        self.cut()
        self._add("\t".join(cells))

    def cut(self) -> None:
        """The end of a cell, a box or a page: nothing that follows stands beside what came before."""
        for line in self._right:
            self._add(line)
        self._right.clear()

    def new_page(self) -> None:
        self.cut()
        self.page += 1

    def text(self, pages: int = 0) -> Text:
        """What was collected; the flow goes on being usable."""
        self.cut()
        return Text(tuple(self._lines), pages=pages, complete=self.complete)

    def _line(self, line: str) -> None:
        if not line.strip():
            # Between two columns the typist may leave a line free.
            if not self._right and self._lines and self._lines[-1].text:
                self._add("")
            return
        left, right = columns(line) if "\t" in line or "    " in line else (line, "")
        if not right and self._right and _INDENT.match(line):
            left, right = "", left
        if right:
            self._right.append(right)
        elif not (self._right and _LISTED.match(line)):
            self.cut()
        if left:
            self._add(left)

    def _add(self, line: str) -> None:
        line = line.rstrip()[:LINE_CHARACTERS]
        if len(line) >= self._left:
            self.complete = False
            line = line[: max(0, self._left)]
            if not line:
                return
        self._left -= len(line) + 1
        self._lines.append(Line(line, page=self.page))


def columns(line: str) -> tuple[str, str]:
    """A line as (left, right) column; right is empty when the line is one."""
    if len(line) > _TWO_COLUMNS:
        return line, ""
    for gap in _GAP.finditer(line):
        left, right = line[: gap.start()].strip(), line[gap.end() :].strip()
        if (_OPEN.search(left[-40:]) and not _LABEL.search(left[-40:])) or not _begins(right):
            continue
        return left, right
    return line, ""


def _begins(text: str) -> bool:
    """Whether a column may begin so: with a capital or a quotation, never in the midst of a sentence."""
    first = text[0]
    return first.isupper() or (first in '"“(*-–_' and len(text) > 3)
