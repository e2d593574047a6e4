"""The number and symbol (số, ký hiệu) as printed (Nghị định 30/2020 Phụ lục I, ô 3; Party: Hướng dẫn 36-HD/VPTW).

Only the number line of the document's own header is read. A number left blank is a draft's: it is absent, and its
symbol is kept as evidence. What OCR or a pen may have bent is kept below the line: a wrong number is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailhub.documents.grammar.recognition import Evidence
from mailhub.documents.grammar.rows import Page, Row
from mailhub.documents.grammar.signs import number_part
from mailhub.documents.grammar.types import ABBREVIATIONS
from mailhub.text.folding import fold
from mailhub.text.lines import Source

_SHAPE = re.compile(r"^(?P<num>[^/⁄∕]{0,24}?)\s*(?P<sep>[/⁄∕]|(?<=\d)\s?[-–—](?=\s?[A-ZĐ]))\s*(?P<tail>.*)$")
_YEAR = re.compile(r"^(?P<year>(?:19|20)\s?\d\s?\d)\s*(?:/|⁄|(?=[A-ZĐ]))\s*(?P<tail>.*)$")
_SYMBOL = re.compile(r"^[^\W\d_][\w&.,+]*(?:\s?[-–—/]\s?[-–—]?\s?[^\W_][\w&.,+]*)*")
_DIGITS = re.compile(r"^\d{1,6}(?:[a-zA-ZđĐ]{1,2}|/\d{1,2})?$")
_BLANK = re.compile(r"^[\s.…_\-–:;,*·]*$")
_INLINE = re.compile(r"\bS[ỐốÔô]\s?:?\s{0,2}(?P<rest>\d{1,6}[a-zA-Z]?\s?[/-].{3,60})$")
_DASHES = re.compile(r"[‐‑‒–—―−]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number line read. `value` is `15/QĐ-BNV`, "" when the number is blank; `symbol` what follows the slash."""

    value: str
    symbol: str
    year: str
    confidence: float
    evidence: Evidence

    @property
    def first(self) -> str:
        """The first group of the symbol, `QĐ` of `QĐ-UBND`."""
        return re.split(r"[-/.]", self.symbol, maxsplit=1)[0]

    @property
    def type_code(self) -> str:
        """The type that the first group says, "" when it says none (an official letter's begins with its issuer)."""
        code = ABBREVIATIONS.get(self.first, "")
        # § 5.1: thông tư has a year and a ministry, công điện an issuer behind it (CĐ alone is a công đoàn).
        if (code in {"TT", "TTLT", "NĐ"} and not self.year) or (code == "CĐ" and self.symbol == "CĐ"):
            return ""
        return code

    def borne_out_by(self, *names: str) -> bool:
        """Whether one of the names holds the digits and the first group of the symbol, as `59-KH-UBND.pdf` does."""
        digits = re.match(r"\d+", self.value)
        wanted = {digits.group(), fold(self.first)} if digits else {""}
        return any(wanted <= set(re.findall(r"[a-z]+|\d+", fold(name[:300]))) for name in names)


def mended(number: Number, code: str, source: Source) -> Number:
    """The number with the type's letters as the heading has them, where OCR bent them (`OĐ`, `QĐĐ` for `QĐ`).

    `code` is the type that the heading says. Only what differs in one letter and says no other type is mended; what
    OCR made of letters that say nothing at all stays below the line.
    """
    first = number.first
    plain = code in ABBREVIATIONS and code not in ("CV", "")
    if source is not Source.OCR or not number.value or not plain or number.type_code or first in ABBREVIATIONS:
        return number
    if _one_apart(first, code):
        symbol = code + number.symbol[len(first) :]
        value = number.value.removesuffix(number.symbol) + symbol
        return replace(number, value=value, symbol=symbol, confidence=round(number.confidence * 0.9, 3))
    return replace(number, confidence=min(number.confidence, 0.55))


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter changed, added or left out makes the one of the other."""
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def read_number(page: Page) -> Number | None:
    """The number of the document, None when no number line is there."""
    if page.number >= 0:
        row = page.rows[page.number]
        part = number_part(row)
        return _parse(part, row, "number_line", page.source) if part is not None else None
    return _in_heading(page)


def _in_heading(page: Page) -> Number | None:
    """`CỦA CHÍNH PHỦ SỐ 37/2007/NĐ-CP NGÀY 09 THÁNG 3 NĂM 2007`, as law collections print it below the heading."""
    if page.title < 0:
        return None
    for row in page.rows[page.title : page.title + 4]:
        match = _INLINE.search(row.text) if len(row.text) < 160 else None
        if match and row.capitals:
            return _parse(match["rest"], row, "number_in_heading", page.source)
    return None


def _parse(part: str, row: Row, rule: str, source: Source) -> Number | None:
    match = _SHAPE.match(part.strip())
    if match is None:
        return None
    tail = match["tail"]
    year = ""
    dated = _YEAR.match(tail)
    if dated:
        year, tail = dated["year"].replace(" ", ""), dated["tail"]
    signs = _SYMBOL.match(tail)
    if signs is None:
        return None
    symbol = _tidy(signs.group())
    digits = re.sub(r"[\s.…_:;,]+", " ", match["num"]).strip().strip("-–* '`")
    evidence = row.seen(rule)
    if _BLANK.match(match["num"]):
        return Number("", symbol, year, 0.0, Evidence("number_blank", symbol, row.page, row.index))
    joint = "/" if match["sep"].strip() in "/⁄∕" else "-"
    value = digits.replace(" ", "") + joint + (f"{year}/" if year else "") + symbol
    sure = (
        _digits_sure(digits, match["num"])
        * _symbol_sure(symbol, tail[signs.end() :])
        * _scan_sure(part, digits, row, source)
    )
    if match["sep"].strip() not in "/-–—":
        sure *= 0.6
    return Number(value, symbol, year, round(sure, 3), evidence)


def _tidy(symbol: str) -> str:
    return _DASHES.sub("-", re.sub(r"\s+", "", symbol)).rstrip(".,-")


def _digits_sure(digits: str, raw: str) -> float:
    """How sure the digits are: only digits with at most a letter behind them are a number."""
    if not _DIGITS.match(digits):
        return 0.5 if re.match(r"^\d+(?: \d+)+$", digits) else 0.2
    if re.search(r"[a-zA-Z]", digits) and not re.match(r"^\d+[a-dA-D]$", digits):
        return 0.55
    # A dot or dash among the digits is a smudge or what is left of a dotted line.
    return 0.98 if re.match(r"^\s*\d+[a-zA-ZđĐ]?\s*$", raw) else 0.8


def _symbol_sure(symbol: str, after: str) -> float:
    """How sure the letters are: capitals in groups; a known first group is surer than an unknown one."""
    letters = [c for c in symbol if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    if capitals < 2 or capitals * 2 < len(letters) or len(symbol) > 45:
        return 0.4
    sure = 1.0 if re.split(r"[-/.]", symbol, maxsplit=1)[0] in ABBREVIATIONS else 0.97
    if re.search(r"[^\w&.,\-/+]", symbol) or symbol.startswith("&"):
        sure *= 0.6
    rest = fold(after).strip(" .,:;-_")
    if after[:1].strip(" .,:;_|") and not after[0].isspace():
        sure *= 0.5
    return sure * (0.95 if rest and not rest[0].isalpha() else 1.0)


def _scan_sure(part: str, digits: str, row: Row, source: Source) -> float:
    """How far what OCR read may be trusted.

    A number is printed with the rest, or written or stamped into the blank left for it. The blank shows before the
    slash, and OCR reads a pen's digits as others with an easy mind.
    """
    if source is not Source.OCR:
        return 1.0
    written = re.match(r"^\s*\d+[a-zA-Z]?\s+[/⁄∕]", part) is not None
    alone = len(digits) == 1  # the decree wants 05: the other digit was not seen
    sure = min(1.0, max(0.2, row.line.confidence))
    return sure * (0.65 if written else 1.0) * (0.6 if alone else 1.0)
