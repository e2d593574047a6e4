"""The date of issue: `Hà Nội, ngày 05 tháng 01 năm 2020` in the header (Nghị định 30/2020 Phụ lục I, ô 4).

A blank day is a draft's. Dates of incoming stamps, of signing software and of cited documents are not asked; what a
portal says in its own lines is compared, and doubted when it differs (reference/document-types § 5.2).
"""

from __future__ import annotations

import re
from datetime import date

from mailhub.documents.grammar.recognition import Doubt, Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.text.lines import Source

_PARTS = re.compile(
    r"\bn[gq][a-z]{0,3}y(?P<day>.{0,16}?)\bt?h[a-z]{1,3}[gq]?"
    r"(?P<month>[^a-z]{0,12}?[il]{0,2}[^a-z]{0,6}?)\bn[a-z]{1,2}m?\b(?P<year>.{0,14})"
)
_YEAR = re.compile(r"\d\s?\d\s?\d\s?\d(?!\d)")
_PLAIN = re.compile(r"ngay(?P<day>.{0,16}?)th[ao]n[gq](?P<month>.{0,10}?)n[ai]m(?P<year>.{0,14})")
_PORTAL_DATE = re.compile(r"^ngay (?:ban hanh|ky)\b\W{0,4}(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})")
_TODAY = re.compile(
    r"(?:hom nay|vao hoi|luc|thoi gian)\b.{0,60}?ngay\s?(?P<day>\d{1,2})(?:\s?thang\s?|[/.-])"
    r"(?P<month>\d{1,2})(?:\s?nam\s?|[/.-])(?P<year>\d{4})"
)
_PASSED = re.compile(r"thong qua ngay (?P<day>\d{1,2}) thang (?P<month>\d{1,2}) nam (?P<year>\d{4})")
# Types that carry the day of signing in their first sentences, not in the header.
_SIGNED_IN_TEXT = frozenset({"BB", "HĐ", "BGN", "BTT"})
_FIRST_YEAR, _LAST_YEAR = 1945, 2100


def read_date(page: Page, code: str) -> tuple[Found | None, tuple[Doubt, ...]]:
    """The date of issue of a document of type `code`, and what speaks against it."""
    found = _of_header(page) or _in_heading(page)
    if found is None and code in _SIGNED_IN_TEXT:
        found = _first(page.rows[page.body : page.body + 12], _TODAY, "date_in_first_sentence", 0.75)
    if found is None and code in {"Luật", "Pháp lệnh"}:
        found = _first(page.rows[-40:], _PASSED, "date_of_passing", 0.8)
    return _against_portal(page, found)


def _of_header(page: Page) -> Found | None:
    if page.date < 0:
        return None
    row = page.rows[page.date]
    match = _PLAIN.search(row.key) or _PARTS.search(row.key)
    if match is None:
        return None
    smudge = "" if page.source is Source.OCR else ":-|'\""
    day, month, year = (match[name].strip(" .,;…_" + smudge) for name in ("day", "month", "year"))
    year = year.strip(":-|'\"")
    # A day next to a letter that OCR made of another digit is not a day.
    four = _YEAR.match(year)
    year = four.group().replace(" ", "") if four else ""
    if not (day and month and year):
        return None
    if day.isdigit() and month.isdigit() and len(day) <= 2 and len(month) <= 2:
        value = _iso(day, month, year)
        if value is None:
            return None
        sure = 0.97 if page.source is not Source.OCR else 0.97 * min(1.0, max(0.3, row.line.confidence))
        if page.source is Source.OCR and len(day) == 1:
            sure *= 0.8  # the decree wants 05: a digit may be lost
        return Found(value, round(sure, 3), row.seen("date_line"))
    guess = _iso(_mended(day), _mended(month), year)
    return Found(guess, 0.4, row.seen("date_line_bent_by_ocr")) if guess else None


def _mended(digits: str) -> str:
    """Letters that OCR puts for digits; good enough for a guess that is not said."""
    return digits.translate(str.maketrans("olizs", "01125")).replace(" ", "").replace("'", "")


def _in_heading(page: Page) -> Found | None:
    """`… SỐ 37/2007/NĐ-CP NGÀY 09 THÁNG 3 NĂM 2007` below the heading."""
    if page.title < 0 or page.number >= 0:
        return None
    rows = [
        row
        for row in page.rows[page.title : page.title + 4]
        if row.capitals and re.search(r"\bso\b.*/.*\bngay\b", row.key)
    ]
    return _first(tuple(rows), _PLAIN, "date_in_heading", 0.9)


def _first(rows: tuple[Row, ...], shape: re.Pattern[str], rule: str, confidence: float) -> Found | None:
    for row in rows:
        match = shape.search(row.key[:400])
        value = _iso(match["day"].strip(), match["month"].strip(), match["year"].strip()[:4]) if match else None
        if value:
            return Found(value, confidence, row.seen(rule))
    return None


def _iso(day: str, month: str, year: str) -> str | None:
    if not (day.isdigit() and month.isdigit() and year.isdigit()):
        return None
    try:
        value = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return value.isoformat() if _FIRST_YEAR <= value.year <= _LAST_YEAR else None


def _against_portal(page: Page, found: Found | None) -> tuple[Found | None, tuple[Doubt, ...]]:
    said = _first(page.rows[: page.top], _PORTAL_DATE, "date_of_portal", 0.5)
    if said is None or found is None or said.value == found.value:
        return found, ()
    doubt = Doubt("ngay_mau_thuan", f"{found.value} / {said.value}")
    return Found(found.value, min(found.confidence, 0.62), found.evidence), (doubt,)
