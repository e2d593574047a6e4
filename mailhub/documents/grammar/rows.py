"""Lines made ready for the grammar: cleaned, folded, split where two columns run together.

A page of an official document has two columns at its head (agency and number left, motto and date right) and at its
foot (recipients left, signer right). Extractors put them side by side on one line with blanks, tabs or table bars
between, or with a single blank only (OCR). `rows_of` splits the first kind; the motto, whose words are known, is split
off the second. `Page` says where the parts of the document lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import ne

from mailhub.documents.grammar.recognition import Evidence
from mailhub.text.folding import CAPITALS, SMALL, clean, fold
from mailhub.text.lines import Line, Source, Text

# What is kept of a text: its beginning and its end. Longer documents are annexes and tables in between.
FIRST_ROWS = 4_000
LAST_ROWS = 500
ROW_LENGTH = 1_000  # characters; a paragraph is told by its beginning

# Two blanks are a typist's slip, three are a column.
_COLUMNS = re.compile(r"[|¦]|\t+ *|(?<=\S) {3,}")
# Blanks left for a pen are no columns: `Số:      /KH-UBND`, `ngày      tháng 3 năm 2025`.
_LEFT_OPEN = re.compile(r"(?i:\bsố\s{0,2}:?|\bngày|\btháng|\bnăm)\s*\d{0,4}[\s.…]*$")
_LEFT_OPEN_ON = re.compile(r"\s*(?:/\s?\d{0,4}/?\s?[A-ZĐ]|tháng\b|năm\b)")
_SPACED = re.compile(r"\s*\S\s+\S\s+\S\s+\S\s")
_RULE = re.compile(r"^[\s\-_=–—.*~·•…¯⁻─━]{3,}$|^\*+$")
_TWO_COLUMNS = 170  # characters; a longer line is a sentence
_BETWEEN = " ,.:;-–|_'`"
_LETTERS = re.compile(r"[^\W_]+")
_TOKENS = re.compile(r"[a-z0-9]+")
# `…/GM-SYT Kiên Giang, ngày 04 tháng 01 năm 2018`: words that begin with a capital, then the date, then nothing.
_PLACE_DATE = re.compile(
    r"(?:^|(?<=\s))(?:(?:TP\.?|T\.P|TX\.?|Thành phố|Tỉnh|Huyện|Quận|Xã|Phường|Thị xã|Thị trấn)\s?)?"
    rf"(?:[{CAPITALS}][{SMALL}]+\s?){{1,5}}"
    r"[,;.]\s?n\S{1,4}\b.{0,16}?\bt?h.?.?n[gq].{0,24}$"
)
_DATE_HINT = re.compile(r"[,;.]\s?n")  # what every one of them holds, and few other lines
_LEFT_BLOCK = re.compile(r"^\W{0,4}(?:s[o06]\b|v\s?/\s?v|ve viec)")
_MOTTO_WORDS = ("cong", "hoa", "xa", "hoi", "chu", "nghia", "viet", "nam")
_CREED_WORDS = ("doc", "lap", "tu", "do", "hanh", "phuc")
_MOTTO_SET = frozenset(_MOTTO_WORDS)
_CREED_SET = frozenset(_CREED_WORDS)


@dataclass(frozen=True, slots=True)
class Row:
    """One line, or one side of it. `key` is its folded text; `index` counts lines of `Text.lines` from 0.

    `start` is the column where it begins: characters, or thousandths of the page's width where places are known.
    `gap` tells that a blank line or a rule stands before it; `part` is 0 for the leftmost piece of its line.
    """

    text: str
    key: str
    index: int
    page: int
    line: Line
    start: int = 0
    gap: bool = False
    part: int = 0

    @property
    def capitals(self) -> bool:
        """Whether it has letters, and nearly all are capitals."""
        text = self.text
        if text.isupper():
            return sum(map(str.isalpha, text)) > 1
        small = sum(map(ne, text, text.upper()))
        return small * 5 <= len(text) and bool(max(2, small * 5) <= sum(map(str.isalpha, text)))

    def seen(self, rule: str, text: str = "") -> Evidence:
        """Evidence that points at this row."""
        return Evidence(rule, (text or self.text)[:200], self.page, self.index)


@dataclass(frozen=True, slots=True)
class Page:
    """A document laid out: indices into `rows`, all of them in 0..len(rows), in this order.

    `top` begins the header block (what stands before is stamps of portals and of signing software), `title` is the
    heading's row (-1: none), `body` the first row after header, heading and subject, `foot` the first row of
    Nơi nhận or of the signer block (`end` when there is none), `end` the row after the main document: what follows
    is an attachment, a copy's second header or another document in the same file. `motto`, `number` and `date` are
    the rows of the Quốc hiệu, of `Số:` and of the place and date; -1 for what was not found.
    """

    rows: tuple[Row, ...]
    source: Source
    top: int
    title: int
    body: int
    foot: int
    end: int
    motto: int = -1
    number: int = -1
    date: int = -1

    @property
    def before(self) -> tuple[Row, ...]:
        """Stamps and portal lines above the header."""
        return self.rows[: self.top]

    @property
    def head(self) -> tuple[Row, ...]:
        """Header block, heading and subject."""
        return self.rows[self.top : self.body]

    @property
    def middle(self) -> tuple[Row, ...]:
        """The body, with Kính gửi, without the foot."""
        return self.rows[self.body : self.foot]

    @property
    def tail(self) -> tuple[Row, ...]:
        """Recipients and signer of the main document."""
        return self.rows[self.foot : self.end]

    @property
    def after(self) -> tuple[Row, ...]:
        """Attachments, the header of a copy, other documents."""
        return self.rows[self.end :]


def rows_of(text: Text) -> list[Row]:
    """The rows of `text` in reading order, blank ones and rules left out; of long texts the beginning and the end."""
    lines = list(enumerate(text.lines))
    if len(lines) > FIRST_ROWS + LAST_ROWS:
        lines = lines[:FIRST_ROWS] + lines[-LAST_ROWS:]
    found: list[Row] = []
    gap = False
    before: Line | None = None
    for index, line in lines:
        pieces = list(_pieces(line))
        gap = gap or _apart(before, line)
        before = line
        for part, (start, words, key) in enumerate(pieces):
            found.append(Row(words, key, index, line.page, line, start, gap, part))
        gap = not pieces
    return found


def _apart(before: Line | None, line: Line) -> bool:
    """Whether the page shows white between two lines, or the reading order jumps."""
    if before is None or before.bottom is None or line.top is None or line.bottom is None:
        return False
    height = max(line.bottom - line.top, 0.006)
    return (
        line.page != before.page or line.top - before.bottom > 0.9 * height or line.bottom < before.bottom - 2 * height
    )


def _pieces(line: Line) -> Iterator[tuple[int, str, str]]:
    """The columns of one line: where each begins, its words and their key."""
    if not line.text or line.text.isspace():
        return
    raw = _close_up(clean(line.text[:ROW_LENGTH]).rstrip())
    origin = round(line.left * 1000) if line.left is not None else 0
    place = 0
    for match in _COLUMNS.finditer(raw):
        if _LEFT_OPEN.search(raw, max(place, match.start() - 30), match.start()) or _LEFT_OPEN_ON.match(
            raw, match.end()
        ):
            continue
        yield from _column(raw, place, match.start(), origin)
        place = match.end()
    yield from _column(raw, place, len(raw), origin)


def _close_up(raw: str) -> str:
    """`Q U Y Ế T   Đ Ị N H`, letter-spaced for show, as words; anything else as it is."""
    if _SPACED.match(raw) is None:
        return raw
    tokens = raw.split()
    if len(tokens) < 5 or sum(len(token) == 1 and token.isalpha() for token in tokens) * 10 < len(tokens) * 9:
        return raw
    return " ".join("".join(word.split()) for word in re.split(r" {2,}|\t+", raw.strip()))


def _column(raw: str, begin: int, end: int, origin: int) -> Iterator[tuple[int, str, str]]:
    piece = raw[begin:end]
    words = " ".join(piece.split())
    if not words or _RULE.match(words):
        return
    start = origin + begin + len(piece) - len(piece.lstrip())
    key = fold(words)
    cuts = _cuts(words, key) if len(words) <= _TWO_COLUMNS else []
    if not cuts:
        yield start, words, key
        return
    for one, other in zip([0, *cuts], [*cuts, len(words)], strict=True):
        side = words[one:other].strip(_BETWEEN if other < len(words) else " ")
        if side:
            yield start + one, side, fold(side)


def _cuts(words: str, key: str) -> list[int]:
    """Where the right column begins, and where it ends, when the blanks between the columns were lost."""
    tokens = _TOKENS.findall(key)
    if len(_MOTTO_SET.intersection(tokens)) >= 5 or len(_CREED_SET.intersection(tokens)) >= 4:
        begin, end = motto_span(words)
        # In a sentence that names the state, the motto is not in capitals.
        if begin >= 0 and (begin == 0 or _loud(words[begin:end]) or tokens[-1] == "phuc"):
            return [cut for cut in (begin, end) if 0 < cut < len(words)]
    dated = _PLACE_DATE.search(words) if _DATE_HINT.search(words) else None
    if dated and dated.start() > 0 and (_LEFT_BLOCK.match(key) or dated.start() < 45):
        return [dated.start()]
    return []


def _loud(words: str) -> bool:
    return sum(c.isupper() for c in words) * 10 >= sum(c.isalpha() for c in words) * 7


def motto_span(words: str) -> tuple[int, int]:
    """Where the motto (Quốc hiệu) or the creed (Tiêu ngữ) begins and ends in a line; (-1, -1) when it is in none.

    The commune Cộng Hòa is real: `XÃ CỘNG HÒA CỘNG HÒA XÃ HỘI…` is cut before the second.
    """
    tokens = [(m.start(), m.end(), fold(m.group())) for m in _LETTERS.finditer(words)]
    for wanted, least in ((_MOTTO_WORDS, 5), (_CREED_WORDS, 4)):
        span = _window(tokens, wanted, least)
        if span[0] >= 0:
            return span
    return -1, -1


def _window(tokens: list[tuple[int, int, str]], wanted: tuple[str, ...], least: int) -> tuple[int, int]:
    """The window of as many words as `wanted` that agrees with it in most places, in at least `least`."""
    size = len(wanted)
    best, at = least - 1, None
    for i in range(-2, len(tokens) - least + 1):
        score = sum(1 for j in range(size) if 0 <= i + j < len(tokens) and tokens[i + j][2] == wanted[j])
        if score > best:
            best, at = score, i
    if at is None:
        return -1, -1
    return tokens[max(at, 0)][0], tokens[min(at + size, len(tokens)) - 1][1]
