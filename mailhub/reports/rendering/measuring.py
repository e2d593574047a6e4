"""How wide the columns of a table have to be, and whether the page is: estimated from the letters, before any font.

The letters of Times New Roman, and of its metric twin Liberation Serif, are half an em wide on the average.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mailhub.reports.rendering.paper import Grid, GridCell

UPRIGHT_MM = 165.0  # A4 within margins of 30 mm left, 15 mm right
LYING_MM = 252.0  # the same page on its side, 30 and 15 mm
_SIZES = (12.0, 11.0, 10.0)  # below 10 points nobody reads on paper
_LETTER = 0.5 * 25.4 / 72  # mm a letter and point
_PADDING = 3.0  # left and right of the text together
_NAME_MM = 32.0  # a name is not squeezed below this
_BREAKS = 12  # a word up to this long stays whole
_WHOLE = 32  # and up to this long where there is room: addresses, codes of agencies and rules
_BREAK = re.compile(r"(?<=[.@/_\-])")
_HYPHEN = re.compile(r"(?<=-)")
_LONGEST = 46  # letters beyond which a cell breaks into lines


def fitted(grid: Grid, room: float) -> Grid | None:
    """The grid with its column widths, which fill `room` (mm), in the largest size that fits: at best with addresses
    and codes whole, else broken; None when none does."""
    for longest in (_WHOLE, _BREAKS):
        for size in _SIZES:
            least = _least_of(grid, size, longest)
            if sum(least) <= room:
                return _spread(grid, least, room, size)
    return None


def _least_of(grid: Grid, size: float, longest: int = _BREAKS) -> list[float]:
    """Of each column: figures need their longest word, names room to be read in two or three lines. Words up to
    `longest` letters stay whole."""
    found = []
    for column, texts in zip(grid.columns, _texts(grid), strict=True):
        least = _least(texts, size, longest)
        if not column.figure and not column.centred:
            least = max(least, min(_wished(texts, size), _NAME_MM))
        found.append(least)
    return found


def squeezed(grid: Grid, room: float) -> Grid:
    """As `fitted`; when nothing fits, the smallest size, with the figures' columns as wide as is left."""
    found = fitted(grid, room)
    if found is not None:
        return found
    least = _least_of(grid, _SIZES[-1])
    kept = [low if not column.figure else 0.0 for low, column in zip(least, grid.columns, strict=True)]
    scale = max(0.1, (room - sum(kept)) / max(1.0, sum(least) - sum(kept)))
    widths = [keep or low * scale for keep, low in zip(kept, least, strict=True)]
    return _with_widths(grid, [one * room / sum(widths) for one in widths], _SIZES[-1])


def _spread(grid: Grid, least: Sequence[float], room: float, size: float) -> Grid:
    """What is left over goes to the columns that would like it, by how much they would; then to those of words."""
    wished = [max(low, _wished(texts, size)) for low, texts in zip(least, _texts(grid), strict=True)]
    spare, wanting = room - sum(least), sum(wished) - sum(least)
    share = 1.0 if wanting <= 0 else min(1.0, spare / wanting)
    given = [low + (wish - low) * share for low, wish in zip(least, wished, strict=True)]
    of_words = [place for place, column in enumerate(grid.columns) if not column.figure and not column.centred]
    rest = room - sum(given)
    for place in of_words or range(len(given)):
        given[place] += rest / len(of_words or given)
    return _with_widths(grid, given, size)


def _texts(grid: Grid) -> list[list[str]]:
    """The texts of each column, its title first."""
    rows: list[tuple[GridCell, ...]] = [*grid.rows, *((grid.total,) if grid.total is not None else ())]
    return [[column.title, *(row[place].text for row in rows)] for place, column in enumerate(grid.columns)]


def _least(texts: Sequence[str], size: float, longest_word: int) -> float:
    """The longest word has to stay whole; addresses and names of servers break behind a point."""
    pieces = (piece for text in texts for word in text.split() for piece in pieces_of(word, longest_word))
    longest = max((_length(piece) for piece in pieces), default=1.0)
    return longest * _LETTER * size * 1.08 + _PADDING


def pieces_of(word: str, longest: int = _BREAKS) -> list[str]:
    """Where a long word may be broken, if it must: `gmail.`, `example.`, `com`; never longer than a cell likes."""
    if len(word) <= longest:
        return [word] if longest == _BREAKS else _HYPHEN.split(word)  # behind a hyphen every program breaks
    return [part[at : at + _BREAKS] for part in _BREAK.split(word) for at in range(0, len(part), _BREAKS)]


def _length(text: str) -> float:
    """In letters of the average: capitals are wider."""
    return len(text) + 0.4 * sum(letter.isupper() for letter in text)


def _wished(texts: Sequence[str], size: float) -> float:
    title, *cells = texts
    longest = max((len(cell) for cell in cells), default=0)
    return max(min(longest, _LONGEST), len(title) / 2) * _LETTER * size + _PADDING


def _with_widths(grid: Grid, widths: Sequence[float], size: float) -> Grid:
    columns = tuple(replace(column, width=width) for column, width in zip(grid.columns, widths, strict=True))
    return replace(grid, columns=columns, size=size)
