"""Copies: sao y (SY), trích sao (TrS), sao lục (SL) (Nghị định 30/2020/NĐ-CP, Điều 25, PL I phần II, mẫu 3.1).

A paper copy bears a second header at its end, with the copy's own number, date and signer, none of which are the
document's; an electronic copy bears one line of the agency's signature at its head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.documents.grammar.authority import read_office
from mailhub.documents.grammar.foot import LONGEST_BLOCK
from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.recognition import Found
from mailhub.documents.grammar.rows import Page, Row

SY, SL, TRS = "SY", "SL", "TrS"

_WORDS = {"sao y": SY, "sao luc": SL, "trich sao": TRS, "ban sao y": SY, "ban sao luc": SL, "ban trich sao": TRS}
_LINE = re.compile(
    r"^\W{0,4}(?P<form>(?:ban )?(?:sao y|sao luc|trich sao))"
    r"(?: ban chinh| ban goc| van ban| tu ban chinh)?(?P<rest>\W.{0,160})?$"
)
_NUMBER = re.compile(r"(?i)^\W{0,3}s[ốo]\s*[:.]?\s*[\d.…_\s]{0,12}/\s?(?P<form>SY|SL|TrS|TS)\b\s?[-–]?")
_SIGNED = re.compile(r"^\s*[;,:.]|thoi gian ky|\d{4}-\d{2}-\d{2}t|\bngay ky\b")


@dataclass(frozen=True, slots=True)
class CopyMark:
    """`form` is SY, SL or TrS. `first` and `last` bound the copy's own block in `Page.rows` (the last row is in it);
    -1, -1 when the mark is the line of an electronic copy, which is one row at the head.
    """

    form: Found
    first: int = -1
    last: int = -1


def read_copy_form(page: Page) -> CopyMark | None:
    """What kind of copy this is, None for an original or when nothing says so. Never raises."""
    block = copy_block(page)
    if block is not None:
        form, first, row = block
        return CopyMark(Found(form, 0.95, row.seen("phần sao cuối văn bản")), first, len(page.rows) - 1)
    for row in page.rows[: min(len(page.rows), page.top + 8)]:
        match = _LINE.match(row.key) if len(row.text) <= 200 else None
        if match is not None and (row.capitals or row.text[:3].isupper()):
            rest = match["rest"] or ""
            sure = 0.95 if _SIGNED.search(rest) or not rest.strip(" .;:") else 0.5
            return CopyMark(Found(_WORDS[match["form"]], sure, row.seen("dòng sao ở đầu văn bản")))
    return None


def copy_block(page: Page) -> tuple[str, int, Row] | None:
    """The second header of a paper copy, near the end: its form, its first row, the row that told.

    The words stand at the right of the copy's header or in a line of their own, and the number bears SY, SL or TrS.
    """
    rows = page.rows
    floor = max(page.title + 1, page.top, len(rows) - LONGEST_BLOCK)
    numbered = None
    worded = None
    for place in range(floor, len(rows)):
        row = rows[place]
        if len(row.text) > 120:
            continue
        number = _NUMBER.match(row.text)
        if number is not None and numbered is None:
            numbered = place
        match = _LINE.match(row.key)
        if match is not None and row.capitals and not (match["rest"] or "").strip(" .:-*") and worded is None:
            worded = place
    if numbered is None and worded is None:
        return None
    if numbered is not None:
        first = max(floor, numbered - 6 if worded is None or worded > numbered else max(worded - 4, numbered - 8))
        said = _LINE.match(rows[worded].key) if worded is not None else None
        if said is not None:
            return _WORDS[said["form"]], _header_begins(rows, first, numbered), rows[numbered]
        code = _NUMBER.match(rows[numbered].text)
        letters = code["form"].upper() if code else "SY"
        return {"SY": SY, "SL": SL}.get(letters, TRS), _header_begins(rows, first, numbered), rows[numbered]
    if worded is None or not any(read_office(row) or read_name(row.text) for row in rows[worded + 1 : worded + 14]):
        return None  # a sample of the form in somebody's annex, not a copy that was signed
    found = _LINE.match(rows[worded].key)
    return _WORDS[found["form"]] if found else SY, worded, rows[worded]


def _header_begins(rows: tuple[Row, ...], first: int, numbered: int) -> int:
    """The first of the capital lines over the copy's number: its agency, its form."""
    begin = numbered
    for place in range(numbered - 1, first - 1, -1):
        if not rows[place].capitals:
            break
        begin = place
    return begin
