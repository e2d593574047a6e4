"""The words that a PDF page holds as text, with their places, and whether they can be trusted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from ctypes import byref, c_float
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from unicodedata import category

import pypdfium2 as pdfium
from pypdfium2 import raw

from mailhub.files.columns import Word
from mailhub.text.legacy import to_unicode

MAX_CHARACTERS = 60_000  # of one page; a page of dense print has 5,000
_MAX_OBJECTS = 3_000  # looked at for pictures and invisible text
_FEW = 20  # text objects that a page-like picture may carry: a signature, a page number
_COVERS = 0.6  # a picture over this share of a page is the page
_SHOWS = 0.2  # on a page without a word, a picture of this share is worth reading
_DRAWN = 150  # so many strokes on a page without a word may be letters
_INVISIBLE = 3  # text rendering mode of ISO 32000-1 § 9.3.6: neither filled nor stroked, OCR under a picture

_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"[^\W\d_]")
# What Vietnamese has beyond ASCII, without what Western European fonts share with it (à â é ê …) when they are alone.
_MARKED = re.compile("[ăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_ODD_INSIDE = re.compile(r"[^\W\d_][~$|^<>{}\\@#%*=+]|[^\W\d_]\d[^\W\d_]|[~|^]")

# From the index of a character to its box: left, top, right, bottom.
_Boxes = Callable[[int], tuple[float, float, float, float]]


class Layer(Enum):
    """What a page's text is worth."""

    TEXT = "text"  # it says what the page shows
    UNDER = "under a picture"  # somebody's OCR of the picture that is shown
    GARBLED = "garbled"  # no language; the page must be looked at
    NONE = "none"  # there is something to see and nothing to read
    EMPTY = "empty"  # nothing to see either


@dataclass(frozen=True, slots=True)
class PageText:
    """The words of a page in its own units (points), as it is shown: turned and cropped.

    `shown` are those that stand on a picture, such as what a signing program stamped onto a scan; where no picture
    covers the page they are all of them.
    """

    words: tuple[Word, ...]
    shown: tuple[Word, ...]
    width: float
    height: float
    layer: Layer


@dataclass(frozen=True, slots=True)
class _Placing:
    """From the coordinates of a page's content to those in which it is shown, from its upper left corner."""

    left: float
    bottom: float
    right: float
    top: float
    quarters: int  # turned clockwise so many times by 90°

    @classmethod
    def of(cls, page: pdfium.PdfPage) -> _Placing:
        left, bottom, right, top = page.get_bbox()
        return cls(left, bottom, right, top, page.get_rotation() // 90 % 4)

    def shown(self, x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what lies on a turned page; most pages are not, and are reckoned in place."""
        if self.quarters == 1:
            return y1 - self.bottom, x1 - self.left, y2 - self.bottom, x2 - self.left
        if self.quarters == 2:
            return self.right - x2, y1 - self.bottom, self.right - x1, y2 - self.bottom
        return self.top - y2, self.right - x2, self.top - y1, self.right - x1


def page_text(page: pdfium.PdfPage) -> PageText:
    """What `page` holds. Raises pdfium.PdfiumError where it is damaged."""
    width, height = page.get_size()
    marks = _marks(page)
    textpage = page.get_textpage()
    try:
        words = _words(textpage, _Placing.of(page), hidden_too=True)
        shown = words
        if marks.invisible:
            shown = _words(textpage, _Placing.of(page), hidden_too=False)
    finally:
        textpage.close()
    return PageText(tuple(words), tuple(shown), width, height, _layer(words, marks))


def _layer(words: list[Word], marks: _Marks) -> Layer:
    if not words:
        seen = marks.covered >= _SHOWS or marks.paths >= _DRAWN or marks.shown > 0
        return Layer.NONE if seen else Layer.EMPTY
    under = marks.covered >= _COVERS and (marks.invisible > marks.shown or marks.shown < _FEW)
    if garbled(" ".join(word.text for word in words)):
        return Layer.GARBLED
    return Layer.UNDER if under else Layer.TEXT


def garbled(text: str) -> bool:
    """Whether a text layer is no language: broken character maps, or OCR that knew no Vietnamese.

    Half of all Vietnamese words carry a letter that ASCII lacks. A text without any may be English; it is garbled when
    its words are full of signs and digits.
    """
    times = Counter(text)  # a page has thousands of letters, but a hundred different ones
    letters = sum(count for c, count in times.items() if _LETTER.match(c))
    if letters < 20:
        return False
    broken = sum(count for c, count in times.items() if _is_broken(c))
    if broken > 0.1 * letters:
        return True
    if sum(count for c, count in times.items() if _MARKED.match(c)) > 0.06 * letters:
        return False
    words = text.split()
    return sum(bool(_ODD_INSIDE.search(word)) for word in words) > 0.04 * len(words)


def _is_broken(letter: str) -> bool:
    return letter == "\ufffd" or (category(letter) in ("Co", "Cc", "Cn") and not letter.isspace())


@dataclass(slots=True)
class _Marks:
    """What there is to see on a page."""

    covered: float = 0.0  # by pictures, as a share of the page; they may overlap
    shown: int = 0  # text objects
    invisible: int = 0
    paths: int = 0


def _marks(page: pdfium.PdfPage) -> _Marks:
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    marks = _Marks()
    for index in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        thing = raw.FPDFPage_GetObject(page.raw, index)
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            unseen = raw.FPDFTextObj_GetTextRenderMode(thing) == _INVISIBLE
            marks.invisible, marks.shown = marks.invisible + unseen, marks.shown + (not unseen)
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            marks.paths += 1
        elif kind == raw.FPDF_PAGEOBJ_IMAGE or (kind == raw.FPDF_PAGEOBJ_FORM and _holds_picture(thing)):
            x1, y1, x2, y2 = _bounds(thing)
            marks.covered += max(0.0, min(x2, right) - max(x1, left)) * max(0.0, min(y2, top) - max(y1, bottom)) / area
    return marks


def _bounds(thing: Any) -> tuple[float, float, float, float]:
    sides = [c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(thing, *(byref(side) for side in sides)):
        return 0.0, 0.0, 0.0, 0.0
    return sides[0].value, sides[1].value, sides[2].value, sides[3].value


def _holds_picture(form: Any) -> bool:
    """Whether a form XObject is little else than a picture: how some scanners wrap their page."""
    count = raw.FPDFFormObj_CountObjects(form)
    if not 0 < count <= _FEW:
        return False
    kinds = [raw.FPDFPageObj_GetType(raw.FPDFFormObj_GetObject(form, index)) for index in range(count)]
    return raw.FPDF_PAGEOBJ_IMAGE in kinds and raw.FPDF_PAGEOBJ_TEXT not in kinds


def _words(textpage: pdfium.PdfTextPage, place: _Placing, *, hidden_too: bool) -> list[Word]:
    count = min(textpage.count_chars(), MAX_CHARACTERS)
    if count <= 0:
        return []
    text = textpage.get_text_range(0, count)
    exact = len(text) == count
    place_of = _boxes(textpage, place)
    words: list[Word] = []
    for found in _WORD.finditer(text):
        first, last = found.start(), found.end() - 1
        if not exact:  # characters without a meaning are left out of the text
            first, last = _index(textpage, first), _index(textpage, last)
        if not hidden_too and _hidden(textpage, first):
            continue
        for word in _placed(place_of, found.group(), first, last):
            if words and _one_word(words[-1], word):
                words[-1] = replace(words[-1], text=words[-1].text + word.text, right=word.right)
            else:
                words.append(word)
    return _in_unicode(words)


def _one_word(before: Word, after: Word) -> bool:
    """Whether nothing parts two words: PDFium makes a blank wherever a letter is set a little apart."""
    height = after.bottom - after.top
    return -0.1 * height < after.left - before.right < 0.04 * height and abs(before.top - after.top) < 0.1 * height


def _hidden(textpage: pdfium.PdfTextPage, index: int) -> bool:
    thing = raw.FPDFText_GetTextObject(textpage.raw, index)
    return bool(thing) and raw.FPDFTextObj_GetTextRenderMode(thing) == _INVISIBLE


def _index(textpage: pdfium.PdfTextPage, at: int) -> int:
    return max(0, int(raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, at)))


def _boxes(textpage: pdfium.PdfTextPage, place: _Placing) -> _Boxes:
    """Tells where a character of the page is shown: left, top, right, bottom.

    It is asked a thousand times a page; what does not change is looked up once.
    """
    ask, page, box = raw.FPDFText_GetLooseCharBox, textpage.raw, raw.FS_RECTF()
    answer = byref(box)
    upright, left, top = place.quarters == 0, place.left, place.top

    def of(index: int) -> tuple[float, float, float, float]:
        if not ask(page, index, answer):
            box.left = box.top = box.right = box.bottom = 0.0
        if upright:
            return box.left - left, top - box.top, box.right - left, top - box.bottom
        return place.shown(box.left, box.bottom, box.right, box.top)

    return of


def _placed(place_of: _Boxes, text: str, first: int, last: int) -> list[Word]:
    """The word with its box; two words where it jumps from one line to another without a blank."""
    start = place_of(first)
    end = place_of(last) if last > first else start
    if start[1] == end[1] <= start[3] == end[3] and start[0] <= end[0] <= end[2] >= start[2]:  # nearly every word
        return [Word(text, start[0], start[1], end[2], start[3])]
    leap = min(start[3], end[3]) - max(start[1], end[1]) < 0 or end[2] < start[0]
    if leap and last - first + 1 == len(text) > 1:
        for at in range(1, len(text)):
            after = place_of(first + at)
            if min(start[3], after[3]) < max(start[1], after[1]) or after[2] < start[0]:
                before = place_of(first + at - 1)
                head = Word(text[:at], start[0], start[1], before[2], start[3])
                return [head, Word(text[at:], after[0], after[1], max(after[2], end[2]), after[3])]
    box = min(start[0], end[0]), min(start[1], end[1]), max(start[2], end[2]), max(start[3], end[3])
    return [Word(text, *(start if leap else box))]


def _in_unicode(words: list[Word]) -> list[Word]:
    """Words of the old .Vn fonts in Unicode."""
    text = to_unicode("\n".join(word.text for word in words))
    if text is None:
        return words
    return [replace(word, text=mended) for word, mended in zip(words, text.split("\n"), strict=True)]
