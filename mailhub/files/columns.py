"""Words with their places made into lines in reading order, the two sides of a header or a foot kept apart.

An official document has two blocks side by side at its head (agency and number; national title and date) and at its
foot (recipients; signer): Decree 30/2020, Annex I, part IV. Read across, they make nonsense of each other, so a band of
rows that share an empty gutter is read down its left side, then down its right side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from unicodedata import normalize

from mailhub.text.folding import fold
from mailhub.text.lines import Line

# What begins the right side of a header, however near the left one stands (folded).
_RIGHT_ANCHORS = (("cong", "hoa", "xa", "hoi"), ("dang", "cong", "san", "viet"), ("doc", "lap", "-"), ("doc", "lap"))
_ANCHORS = ("cong hoa xa hoi", "dang cong san viet", "doc lap")
_GAP = 1.25  # a blank this many times as wide as the letters are high parts two sides
_GUTTER = (0.2, 0.75)  # where a gutter may lie, in page widths
_CENTRE = (0.46, 0.6)  # where a title's middle lies
_FAR = 2.6  # rows further apart than this many heights do not belong to one band, unless both sides are there


@dataclass(slots=True)  # not frozen, which would make each of thousands three times as dear; nobody changes one
class Word:
    """Letters without a blank and their box, in units of the page that grow to the right and downwards."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0
    colour: str = ""

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True)
class _Row:
    words: list[Word]  # from left to right
    top: float
    bottom: float
    size: float  # height of its letters
    gaps: list[tuple[float, float]]  # blanks that may part two sides
    forced: bool = False  # a national title tells where the right side begins

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)


def _median(numbers: Iterable[float]) -> float:
    """What `statistics.median` gives, in a fifth of its time; there must be a number."""
    ordered = sorted(numbers)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def lines_of(words: Iterable[Word], width: float, height: float, *, page: int) -> list[Line]:
    """The lines of one page of `width` by `height` units, in reading order, with their places as fractions."""
    rows = [_row(group, width) for group in _rows(words)]
    lines: list[Line] = []
    at = 0
    while at < len(rows):
        end, gutter = _band(rows, at, width)
        across = [row.words for row in rows[at:end]]
        sides = (across,) if gutter is None else _sides(across, gutter)
        lines.extend(_line(part, width, height, page) for side in sides for part in side if part)
        at = end
    return lines


def _rows(words: Iterable[Word]) -> list[list[Word]]:
    """Words that stand on the same height. Pieces of one row overlap by at least half of the lower one's height."""
    groups: list[list[Word]] = []
    extents: list[tuple[float, float]] = []
    pieces = [(_median([w.top for w in piece]), _median([w.bottom for w in piece]), piece) for piece in _pieces(words)]
    for top, bottom, piece in sorted(pieces, key=lambda found: found[0] + found[1]):
        for index in range(len(groups) - 1, max(-1, len(groups) - 4), -1):
            above, below = extents[index]
            overlap = min(below, bottom) - max(above, top)
            if overlap >= 0.5 * max(1e-6, min(below - above, bottom - top)):
                groups[index].extend(piece)
                # The first piece counts most, so that a tall neighbour does not swallow the row below.
                extents[index] = (0.8 * above + 0.2 * top, 0.8 * below + 0.2 * bottom)
                break
        else:
            groups.append(piece)
            extents.append((top, bottom))
    return groups


def _pieces(words: Iterable[Word]) -> list[list[Word]]:
    """Words that follow each other closely on one line, in the order in which the source tells them."""
    pieces: list[list[Word]] = []
    before: Word | None = None
    for word in words:
        if before is None or not _follows(before, word):
            pieces.append([])
        pieces[-1].append(word)
        before = word
    return pieces


def _follows(before: Word, word: Word) -> bool:
    high, height = before.bottom - before.top, word.bottom - word.top
    if not (-high < word.left - before.right < _GAP * height and word.left > before.left):
        return False
    overlap = min(before.bottom, word.bottom) - max(before.top, word.top)
    return overlap >= 0.5 * max(1e-6, min(high, height))


def _row(group: list[Word], width: float) -> _Row:
    group.sort(key=attrgetter("left"))
    size = _median([word.bottom - word.top for word in group]) or 1.0
    blanks: list[tuple[float, float]] = []
    reach = group[0].right
    for word in group[1:]:
        blanks.append((reach, word.left))
        reach = max(reach, word.right)
    # Where letters or words are set apart throughout, a blank must stand out among its neighbours.
    usual = _median(max(0.0, end - start) for start, end in blanks) if len(blanks) > 3 else 0.0
    gaps = [(start, end) for start, end in blanks if end - start >= max(_GAP * size, 2.5 * usual)]
    row = _Row(group, min(word.top for word in group), max(word.bottom for word in group), size, gaps)
    anchor = _anchor(group, width)
    if anchor > 0:
        row.gaps = [(max(word.right for word in group[:anchor]), group[anchor].left)]
        row.forced = True
    return row


def _anchor(words: Sequence[Word], width: float) -> int:
    """The word that begins a national title to the right of something else; 0 when there is none."""
    if len(words) < 4:
        return 0
    row = fold(" ".join([word.text for word in words]))
    if not any(anchor in row for anchor in _ANCHORS):  # nearly every row; its words need no look of their own
        return 0
    keys = [fold(word.text) for word in words]
    for at in range(1, len(words) - 1):
        if words[at].left > 0.3 * width:
            for anchor in _RIGHT_ANCHORS:
                if tuple(keys[at : at + len(anchor)]) == anchor and (len(anchor) > 2 or keys[at + 2 : at + 3] != []):
                    return at
    return 0


def _band(rows: Sequence[_Row], start: int, width: float) -> tuple[int, float | None]:
    """The rows from `start` that share a gutter: where they end, and the gutter's middle (None: no such rows)."""
    gutters = [gap for gap in rows[start].gaps if _in_gutter(gap, width)]
    forced, end = rows[start].forced, start + 1
    while gutters and end < len(rows):
        row = rows[end]
        if not row.gaps and (_centred(row, width) or row.top - rows[end - 1].bottom > _FAR * row.size):
            break
        free = [(-1.0, row.left), *row.gaps, (row.right, width + 1)]
        least = 0.1 * row.size if forced or row.forced else 0.8 * row.size
        common = [
            (max(a, c), min(b, d)) for a, b in gutters for c, d in free if min(b, d) - max(a, c) >= least
        ]  # fmt: skip
        common = [gap for gap in common if _in_gutter(gap, width)]
        if not common:
            break
        gutters, forced, end = common, forced or row.forced, end + 1
    if not gutters:
        return start + 1, None
    if _table(rows[start:end], len(gutters)):
        return end, None
    left, right = max(gutters, key=lambda gap: gap[1] - gap[0])
    return end, (left + right) / 2


def _in_gutter(gap: tuple[float, float], width: float) -> bool:
    return gap[1] > _GUTTER[0] * width and gap[0] < _GUTTER[1] * width


def _centred(row: _Row, width: float) -> bool:
    middle = (row.left + row.right) / 2 / width
    return _CENTRE[0] <= middle <= _CENTRE[1]


def _table(rows: Sequence[_Row], gutters: int) -> bool:
    """Whether several columns run down the rows: a table, which is read row by row."""
    return gutters > 1 and sum(len(row.gaps) > 1 for row in rows) > 2


def _sides(rows: Sequence[list[Word]], gutter: float) -> tuple[list[list[Word]], list[list[Word]]]:
    left = [[word for word in row if word.left + word.right < 2 * gutter] for row in rows]
    right = [[word for word in row if word.left + word.right >= 2 * gutter] for row in rows]
    return left, right


def _line(words: Sequence[Word], width: float, height: float, page: int) -> Line:
    letters = sum(len(word.text) for word in words) or 1
    colours = {word.colour for word in words}
    return Line(
        normalize("NFC", _joined(words)),
        page=page,
        left=_fraction(words[0].left, width),
        top=_fraction(min(word.top for word in words), height),
        right=_fraction(max(word.right for word in words), width),
        bottom=_fraction(max(word.bottom for word in words), height),
        confidence=round(sum(word.confidence * len(word.text) for word in words) / letters, 3),
        colour=colours.pop() if len(colours) == 1 else "",
    )


def _joined(words: Sequence[Word]) -> str:
    """The words with blanks between; letters set apart (`Q U Y Ế T  Đ Ị N H`) are brought together."""
    if len(words) < 4 or sum(len(word.text) == 1 and word.text.isalpha() for word in words) < 0.8 * len(words):
        return " ".join(word.text for word in words)
    gaps = [after.left - before.right for before, after in pairwise(words)]
    usual = sorted(gaps)[len(gaps) // 2]
    text = words[0].text
    for gap, word in zip(gaps, words[1:], strict=True):
        text += (" " if gap > 1.6 * usual else "") + word.text
    return text


def _fraction(value: float, whole: float) -> float:
    return round(min(1.0, max(0.0, value / whole)), 4) if whole > 0 else 0.0
