"""Stamps of urgency, secrecy and circulation (Nghị định 30/2020/NĐ-CP, PL I, ô 10a, 10b, 11).

A stamp is a line of its own, or a side of one, between the header and the body of the first page; OCR sets it on one
line with the heading, the number or Kính gửi. Words of a sentence are never one (`trừ văn bản mật`, `khẩn trương`,
`công điện khẩn`): a mark must fill its line, and what stands beside it on a joined line must be a known landmark.
Weak signs (the symbol, the subject of the mail, the file's name) are told below the line at which values are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailhub.documents.grammar.heading import read_heading
from mailhub.documents.grammar.marks_table import BONES, CIRCULATION, SECRECY, URGENCY
from mailhub.documents.grammar.recognition import LINE, Evidence, Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.documents.grammar.stamp_words import LONGEST, is_shouted, mark_of
from mailhub.text.folding import fold, skeleton
from mailhub.text.lines import Source

if TYPE_CHECKING:  # recognise imports this module
    from mailhub.documents.grammar.recognise import Witness

_SPLIT = re.compile(r"\s*(?:[|/,;+&–—]|(?<=\s)-(?=\s))\s*")
_LEVEL = re.compile(r"^\W{0,4}(?:muc )?do (?P<kind>mat|khan)\s?[:.\-]\s*(?P<level>.{2,24})$")
_LANDMARK = re.compile(r"^\W{0,4}(?:s[o06]\s?:|kinh\s?g|v\s?/\s?v|[^,]{3,30}, ?ngay )")
_SUBJECT_BEFORE = re.compile(r"^\W{0,4}(?:v\s?/\s?v|ve viec)\b")
_HEADING_LENGTH = 40  # characters
_SYMBOL = re.compile(r"\((?P<in>TM|M|Mật|mật|MẬT)\)|\d\s?-\s?(?P<dash>TM|M)\s?/")
_SUBJECT = re.compile(r"[\[(]\s*(?P<mark>[^\])]{3,16})\s*[\])]")
_FILE = re.compile(
    r"(?:^|[_\-. (\[])(?P<mark>tuyet[_\- ]?mat|toi[_\- ]?mat|mat|hoa[_\- ]?toc|thuong[_\- ]?khan)(?=$|[_\-. )\]])"
)
_BEGINNING = 12  # rows
_SURE = 0.95
_SEEN = 0.25  # confidence of a line that OCR saw and could not read for certain
_JOINED = "dấu chung dòng với phần khác"
_LEVELS = {
    "mat": "MẬT", "toi mat": "TỐI MẬT", "tuyet mat": "TUYỆT MẬT",
    "khan": "KHẨN", "thuong khan": "THƯỢNG KHẨN", "hoa toc": "HỎA TỐC", "a": "TUYỆT MẬT", "b": "TỐI MẬT", "c": "MẬT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marks:
    """The three marks of a document, each as the decree spells it, None where there is none."""

    urgency: Found | None = None
    secrecy: Found | None = None
    circulation: Found | None = None


@dataclass(frozen=True, slots=True)
class _Hit:
    mark: str
    confidence: float
    evidence: Evidence


def read_marks(page: Page, witness: Witness | None = None) -> Marks:
    """The marks that the first page bears. The highest degree wins where several are stamped. Never raises."""
    hits = [*_printed(page), *_hinted(page, witness)]
    if len({hit.mark for hit in hits if hit.mark in SECRECY and hit.confidence >= LINE}) > 1:
        hits = [_listed(hit) for hit in hits]
    return Marks(_best(hits, URGENCY), _best(hits, SECRECY), _best(hits, CIRCULATION))


def _listed(hit: _Hit) -> _Hit:
    """Where several degrees of secrecy stand, it is a list of them, but for what is stamped above the heading."""
    if hit.mark not in SECRECY or hit.confidence >= _SURE:
        return hit
    return replace(hit, confidence=min(hit.confidence, 0.5))


def _best(hits: list[_Hit], degrees: tuple[str, ...]) -> Found | None:
    """The surest of these degrees; among the given ones the highest."""
    own = [hit for hit in hits if hit.mark in degrees]
    if not own:
        return None
    given = [hit for hit in own if hit.confidence >= LINE]
    surest = max(own, key=lambda hit: hit.confidence)
    best = min(given, key=lambda hit: (degrees.index(hit.mark), -hit.confidence)) if given else surest
    return Found(best.mark, round(best.confidence, 2), best.evidence)


def _printed(page: Page) -> Iterator[_Hit]:
    """Stamps among the rows of the first page."""
    first = page.rows[0].page if page.rows else 1
    image = page.source is Source.OCR
    for place, row in enumerate(page.rows):
        if row.page > first:
            break
        if len(row.text) > 2 * LONGEST:
            continue
        for mark, fit, rule in _in_row(row, image, joined=place < page.body + 6):
            confidence = fit * (1.0 if rule == _JOINED else _place(page, place, row))
            if image and row.line.confidence <= _SEEN:
                confidence, rule = min(confidence, 0.45), f"{rule}, không đọc rõ"
            yield _Hit(mark, confidence, row.seen(rule))


def _in_row(row: Row, image: bool, *, joined: bool) -> list[tuple[str, float, str]]:
    """The marks that the row is made of, each with how well the letters agree (0 to 1)."""
    level = _LEVEL.match(row.key)
    if level is not None:
        words = level["level"].strip(" .;:,\"'“”|*_-")
        mark = _LEVELS.get(words) if len(words) > 1 or level["kind"] == "mat" else None
        agrees = mark is not None and (mark in SECRECY) is (level["kind"] == "mat")
        return [(mark, 0.97, "độ mật, độ khẩn ghi chữ")] if mark and agrees else []
    if len(row.text) <= LONGEST:
        whole = mark_of(row.text, image=image)
        if whole is not None:
            return [(*whole, "dấu đứng riêng một dòng")]
        pieces = [part for part in _SPLIT.split(row.text) if part.strip(" .*_-=~")]
        parts = [mark_of(part, image=image) for part in pieces] if len(pieces) > 1 else []
        if parts and all(parts):
            return [(*part, "nhiều dấu trên một dòng") for part in parts if part]
    found = _joined(row, image) if joined else None
    return [found] if found else []


def _joined(row: Row, image: bool) -> tuple[str, float, str] | None:
    """A mark at the beginning or the end of a row whose rest is a heading, the number, the date or Kính gửi."""
    words = row.text.split()
    for count in (2, 1, 4):
        if len(words) <= count:
            continue
        for part, rest, behind in ((words[:count], words[count:], False), (words[-count:], words[:-count], True)):
            stamp = " ".join(part)
            if behind and _ends_a_sentence(stamp, " ".join(rest), image=image):
                continue
            found = mark_of(stamp, image=image)
            if found is None or not (is_shouted(stamp) or (image and stamp[0] in "[(|")):
                continue
            if _landmark(row, " ".join(rest), found[0]):
                return found[0], found[1] * 0.95, _JOINED
    return None


def _ends_a_sentence(stamp: str, rest: str, *, image: bool) -> bool:
    """Whether the words are the last of a subject: `… (TRỪ VĂN BẢN MẬT)`, `… TỐI MẬT, MẬT`, `V/v … VĂN BẢN MẬT`."""
    if (stamp.count(")") > stamp.count("(") and "(" in rest) or rest.endswith((",", ":", "(")):
        return True
    key = fold(rest)
    return _SUBJECT_BEFORE.match(key) is not None and (is_shouted(rest) or not image or key.endswith("van ban"))


def _landmark(row: Row, rest: str, mark: str) -> bool:
    key = fold(rest)
    if _LANDMARK.match(key):
        return True
    if mark == "KHẨN" and key.startswith("cong dien"):
        return False  # `CÔNG ĐIỆN KHẨN` is what the telegram calls itself
    part = Row(rest, key, row.index, row.page, row.line)
    heading = read_heading(part)
    return heading is not None and not heading.rest and len(rest) <= _HEADING_LENGTH


def _place(page: Page, place: int, row: Row) -> float:
    """How much the place of a stamp speaks for it: 1 above the body, less where a title or a table may stand."""
    line = row.line
    if line.colour == "red" and (line.top is None or line.top < 0.6):
        return 1.0
    if line.top is not None and line.left is not None and line.left < 0.45 and line.top < _body_top(page):
        return 1.0
    if place < page.body and place <= page.title:
        return 1.0
    if place < page.body or (place < page.body + 2 and page.title < 0):
        return 0.55 if _goes_on(page, place, row) else 0.95
    if page.body == page.top and page.title < 0 and place < _BEGINNING and is_shouted(row.text):
        return 0.7  # a paper whose header was not recognised: what is stamped on it is at its beginning all the same
    return 0.5  # in the body: a table's cell, a glossary


def _body_top(page: Page) -> float:
    """How far down the first page the header reaches, as a fraction of it."""
    body = page.rows[page.body].line if page.body < len(page.rows) else None
    return min(body.top + 0.02, 0.5) if body is not None and body.top is not None else 0.4


def _goes_on(page: Page, place: int, row: Row) -> bool:
    """Whether the row may be the last words of a subject that broke: `VỀ VIỆC QUẢN LÝ VĂN BẢN` / `MẬT`."""
    while place > 0 and mark_of(page.rows[place - 1].text) is not None:
        place -= 1  # stamps stand one below the other
        row = page.rows[place]
    if place == 0 or page.rows[place - 1].index == row.index:
        return False
    before = page.rows[place - 1]
    if row.gap or before.text.endswith((".", ";", ":", ")", "/.")) or read_heading(before) is not None:
        return False
    return before.capitals and row.capitals and place - 1 != page.title


def _hinted(page: Page, witness: Witness | None) -> Iterator[_Hit]:
    """What only hints: `(M)` in the symbol, `[MẬT]` in the mail's subject, `_MAT` in the file's name."""
    for row in page.head:
        match = _SYMBOL.search(row.text[:120]) if "/" in row.text and row.key.startswith("so") else None
        if match is not None:
            degree = "TỐI MẬT" if "TM" in (match["in"], match["dash"]) else "MẬT"
            yield _Hit(degree, 0.45, row.seen("ký hiệu có chữ chỉ độ mật"))
    if witness is None:
        return
    for match in _SUBJECT.finditer(witness.mail_subject[:400]):
        found = mark_of(match["mark"])
        if found is not None:
            yield _Hit(found[0], 0.5, Evidence("tiêu đề thư", witness.mail_subject[:200]))
    match = _FILE.search(fold(witness.file_name[:300]))
    if match is not None and (match["mark"] != "mat" or re.search(r"(?:^|[_\-. (])MAT", witness.file_name)):
        yield _Hit(BONES[skeleton(match["mark"])], 0.4, Evidence("tên tệp", witness.file_name[:200]))
