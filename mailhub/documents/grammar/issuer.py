"""Who issued a document, and the agency above it (Nghị định 30/2020 Phụ lục I, ô 2).

The left block of the header: agencies one below the other, each name over one or more lines; the last one issues.
Joint documents name several. Without a header, the authority line of a decision or the signer block tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailhub.documents.grammar.agencies import FIRMS, begins_agency, post_length
from mailhub.documents.grammar.agency_names import EDGES, PLACE, names_of, trimmed, without_smudges
from mailhub.documents.grammar.heading import read_heading
from mailhub.documents.grammar.recognition import Evidence, Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.documents.grammar.signs import (
    about,
    is_authority,
    is_basis,
    is_bent,
    is_creed,
    is_date,
    is_motto,
    is_portal,
    is_stamp,
    number_part,
)
from mailhub.documents.grammar.spelling import spell
from mailhub.text.folding import fold
from mailhub.text.lines import Source

_MARK = re.compile(r"^\W*(?:TM|KT|TL|TUQ|T/M|Q)\s?[.,/]\s?")
_MARKED = re.compile(
    r"\b(?:hoa|thuong|toi|tuyet)?\s?(?:toc|khan|mat)$|^den$"
    r"|^khoa [ivx\d]+\b|^ky hop\b|^nhiem ky\b|cong van den|^so$|^ngay|du thao|hoa toc|thuong khan|luu hanh noi bo"
)
_JOINT_SYMBOL = re.compile(r"^(?:TTLT|NQLT|KHLT|CTPH|CTLT|QCPH|HDLT|LT|LN)\b")


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuer with the agency above it, either of which may be missing. `firm`: a private company's."""

    name: Found | None = None
    parent: Found | None = None
    firm: bool = False


def read_issuer(page: Page, symbol: str) -> Issuer:
    """The issuer of the document; `symbol` tells of several."""
    rows = _left_block(page)
    names = names_of(rows)
    if names:
        return _completed(page, _premier(_of_header(page, names, symbol), symbol))
    return Issuer(_from_authority_line(page) or _from_signer(page))


def _left_block(page: Page) -> list[Row]:
    """The rows of the header's left block above the number."""
    if page.motto < 0 and page.number < 0:
        return _unmottoed(page)
    last = max(page.motto, page.number, page.date)
    stop = page.title if page.top <= page.title else last + 1
    stop = min(max(stop, page.top), last + (3 if page.number >= 0 else 6))
    motto = page.rows[page.motto] if page.motto >= 0 else None
    right = motto.start if motto is not None and (motto.part > 0 or motto.line.left is not None) else 0
    found: list[Row] = []
    for at in range(page.top, min(stop, len(page.rows))):
        row = page.rows[at]
        if at == page.number or about(row):
            if found:
                break
            continue
        if _agency(row) and not (right and (row.part > 0 or row.line.left is not None) and row.start >= right - 3):
            found.append(row)
    return found


def _unmottoed(page: Page) -> list[Row]:
    """Without motto and number, only names that begin as agencies' do, above the heading."""
    rows = [row for row in page.rows[max(0, page.title - 6) : max(page.title, 0)] if _agency(row)]
    return rows if rows and begins_agency(trimmed(rows[0])) else []


def _agency(row: Row) -> bool:
    """Whether the row may be a line of an agency's name."""
    if len(row.text) > 110 or _something_else(row):
        return False
    letters = sum(c.isalpha() for c in row.text)
    digits = sum(c.isdigit() for c in row.text)
    if letters < 2 or (letters < 3 and not row.text.isupper()) or digits > 4:
        return False
    if _mostly_capitals(row.text):
        return True
    plain = len(row.text) < 60 and not row.text.endswith((".", ";", ":"))
    return plain and begins_agency(trimmed(row)) and row.text.lstrip(EDGES)[:1].isupper()


def _something_else(row: Row) -> bool:
    """Other lines of a header, stamps and headings among them."""
    if is_motto(row) or is_creed(row) or is_date(row) or is_portal(row) or is_stamp(row):
        return True
    if number_part(row) is not None or row.text.startswith("/") or _MARKED.search(row.key.strip(EDGES)):
        return True
    heading = read_heading(row)
    return heading is not None and heading.rule in ("heading_whole_line", "heading_opening")


def _mostly_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c.isupper() for c in letters) >= 0.75 * len(letters)


def _folded(text: str) -> str:
    return fold(text).strip(EDGES)


def _of_header(page: Page, names: list[tuple[str, Row]], symbol: str) -> Issuer:
    if _JOINT_SYMBOL.match(symbol) and len(names) > 1:
        several = " - ".join(spell(name) for name, _ in names)
        return Issuer(Found(several, 0.85, names[0][1].seen("issuers_joint", several)))
    text, row = names[-1]
    known = begins_agency(_folded(text))
    sure = (0.96 if known else 0.7) * (1.0 if page.motto >= 0 and page.number >= 0 else 0.9)
    if page.source is Source.OCR:
        sure *= min(1.0, max(0.5, row.line.confidence + 0.1))
    if is_bent(text):
        sure *= 0.55
    issuer = Found(spell(text), round(sure, 3), row.seen("issuer_line", text))
    parent = None
    if len(names) > 1:
        above = " ".join(spell(name) for name, _ in names[:-1])
        parent = Found(above, round(sure * 0.98, 3), names[0][1].seen("parent_line", above))
    everything = " ".join(_folded(name) for name, _ in names)
    return Issuer(issuer, parent, firm=everything.startswith(FIRMS))


def _premier(issuer: Issuer, symbol: str) -> Issuer:
    """`THỦ TƯỚNG` / `CHÍNH PHỦ` with its first line lost: the symbol tells the one from the other."""
    if issuer.name is not None and symbol.endswith("TTg") and issuer.name.value == "Chính phủ":
        return Issuer(replace(issuer.name, value="Thủ tướng Chính phủ", confidence=0.8), issuer.parent)
    return issuer


def _completed(page: Page, issuer: Issuer) -> Issuer:
    """A bare `Ủy ban nhân dân` with the place that the authority line or the signer block gives it."""
    if issuer.name is None or fold(issuer.name.value) not in ("uy ban nhan dan", "hoi dong nhan dan", "ubnd", "hdnd"):
        return issuer
    fuller = _from_authority_line(page) or _from_signer(page)
    if fuller is None or not fold(fuller.value).startswith(fold(issuer.name.value)):
        return Issuer(replace(issuer.name, confidence=min(issuer.name.confidence, 0.62)), issuer.parent, issuer.firm)
    return Issuer(fuller, issuer.parent, issuer.firm)


def _from_authority_line(page: Page) -> Found | None:
    """`HIỆU TRƯỞNG TRƯỜNG ĐẠI HỌC …`, `CHÍNH PHỦ` between the subject and the first Căn cứ."""
    begin = max(page.title, 0)
    rows = page.rows[begin : page.body + 6]
    for at, row in enumerate(rows):
        if is_basis(row):
            found: list[str] = []
            for above in reversed(rows[max(0, at - 3) : at]):
                if not above.capitals or read_heading(above) is not None:
                    break
                found.insert(0, without_smudges(above.text))
                if post_length(above.key) or begins_agency(trimmed(above)):
                    return _as_issuer(" ".join(found), above, "issuer_in_authority_line", 0.8)
            return None
    return None


def _from_signer(page: Page) -> Found | None:
    """`TM. ỦY BAN NHÂN DÂN …` in the signer block."""
    for at, row in enumerate(page.tail[:40]):
        if is_authority(row) and _MARK.match(row.text) and row.text.lstrip(" *").startswith(("TM", "T/M")):
            name = without_smudges(_MARK.sub("", row.text))
            after = page.tail[at + 1] if at + 1 < len(page.tail) else None
            if after is not None and after.capitals and PLACE.match(trimmed(after)):
                name = f"{name} {without_smudges(after.text)}"
            return _as_issuer(name, row, "issuer_in_signer_block", 0.65)
    return None


def _as_issuer(text: str, row: Row, rule: str, confidence: float) -> Found | None:
    key = _folded(text)
    post = key[: post_length(key)].split()
    name = " ".join(text.split()[len(post) :]) or text
    if not begins_agency(_folded(name)):
        return None
    return Found(spell(name), confidence, Evidence(rule, row.text[:200], row.page, row.index))
