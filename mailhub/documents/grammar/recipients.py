"""To whom a document goes: Kính gửi (ô 9a) and Nơi nhận (ô 9b of Nghị định 30/2020/NĐ-CP, PL I)."""

from __future__ import annotations

import re

from mailhub.documents.grammar.authority import read_office
from mailhub.documents.grammar.foot import block_begins
from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.rows import Page, Row
from mailhub.text.folding import fold
from mailhub.text.lines import Source

MOST = 200  # entries kept of either list
_LONGEST = 300  # characters of one entry

_ADDRESS = re.compile(r"^\W{0,4}k[ií]nh\s?g[uưửứừởơớ][iíìỉ]\s?[:.;]?\s*", re.IGNORECASE)
_ADDRESS_KEY = re.compile(r"\bkinh\s?g(?:ui|oi|ti)\b")
# OCR bends the first word (`Mới nhận`, `Nữ nhận`); tiếp nhận, xác nhận and the like are others.
_RECIPIENTS_KEY = re.compile(
    r"^\W{0,3}noi (?:nhan|gui)\b"
    r"|^\W{0,3}(?!tiep|xac|thu|ghi|cong|chap|bien|ket|giao|nay|da|dang)\w{0,4}\s?nhan\s?[:.;]"
)
_ITEM = re.compile(r"^\s*(?:[-+•~–—*·¬]|\d{1,2}[.)]|[a-zđ]\))\s*")
_KEPT = re.compile(r"^\W{0,4}[lb]uu\b")
_SEPARATOR = re.compile(r";\s*(?:[-+•~–—]\s*)?|\s[-–—]\s(?=[A-ZĐÀ-Ỹ])")
_END = re.compile(r"[;.,:/\s\-–—_~]+$")
_BEGINNING = re.compile(r"^[^\w(“\"]+")
_NOT_NAMED = re.compile(r"^\W{0,3}(?:can cu|thuc hien|de |nham |ngay |ket luan|v/v|trong|vua qua|theo |tiep )")


def read_addressees(page: Page) -> tuple[str, ...]:
    """Whom the document addresses (Kính gửi), in order, without dashes and end signs; empty when there is nobody."""
    place = next((i for i in range(page.top, min(page.foot, page.body + 25)) if _is_address(page.rows[i])), None)
    if place is None:
        return ()
    row = page.rows[place]
    inline = _after_address(row)
    items = _split(inline) if inline else []
    listed = _listed(page.rows[place + 1 : min(page.foot, place + 1 + MOST)], items, row)
    return tuple(_tidy(item) for item in listed if _tidy(item))[:MOST]


def _is_address(row: Row) -> bool:
    return len(row.text) < 400 and bool(_ADDRESS_KEY.search(row.key[:60]))


def _after_address(row: Row) -> str:
    """What follows `Kính gửi:` on its line."""
    match = _ADDRESS.match(row.text)
    if match is not None:
        return row.text[match.end() :].strip()
    return row.text.partition(":")[2].strip()


def _split(inline: str) -> list[str]:
    """`- Sở A; - Sở B` on one line is two."""
    parts = [part for part in _SEPARATOR.split(_ITEM.sub("", inline)) if part.strip()]
    return parts if ";" in inline or _ITEM.match(inline) else [inline]


def _listed(rows: tuple[Row, ...], items: list[str], address: Row) -> list[str]:
    """The lines after Kính gửi that belong to it: entries with dashes, and what goes on from the line before."""
    found = list(items)
    dashed = not items or bool(_ITEM.match(_after_address(address)))
    for row in rows:
        dash = _ITEM.match(row.text)
        if dash and dashed and len(row.text) <= _LONGEST and not _NOT_NAMED.match(row.key[dash.end() :]):
            found.append(row.text[dash.end() :])
            dashed = True
        elif found and _goes_on(found[-1], row):
            found[-1] = f"{found[-1]} {row.text}"
        elif not found and not row.gap and len(row.text) < 160 and not _NOT_NAMED.match(row.key):
            found.append(row.text)
        else:
            break
        if found[-1].rstrip().endswith(".") and not found[-1].rstrip().endswith("..."):
            break
    return found


def _goes_on(before: str, row: Row) -> bool:
    """Whether `row` is the rest of the entry `before`."""
    if len(before) > _LONGEST or _NOT_NAMED.match(row.key) or before.rstrip().endswith((";", ".")):
        return False
    return row.text[:1].islower() or before.rstrip().endswith((",", "-", "–", " và", " của"))


def read_recipients(page: Page) -> tuple[str, ...]:
    """Who receives it (Nơi nhận), each with its suffix as printed (`(để b/c)`), the filed copy (`Lưu: …`) last."""
    tail = page.rows[block_begins(page) : page.end]
    place = next((i for i, row in enumerate(tail) if _RECIPIENTS_KEY.match(row.key)), None)
    if place is None:
        return ()
    head = tail[place]
    first = head.text.partition(":")[2] if ":" in head.text else ""
    found: list[str] = []
    if first.strip() and not _is_signature(head, first):
        found.extend(_split(first.strip()))
    for row in tail[place + 1 :]:
        if len(found) >= MOST:
            break
        if _other_column(head, row, page.source):
            continue
        words = _own_part(row, page.source)
        dash = _ITEM.match(words)
        kept = bool(found) and bool(_KEPT.match(fold(found[-1][:20])))
        if dash and not kept:
            found.append(words[dash.end() :])
        elif kept or not found or not words:
            if kept or dash:
                break
            if words and _plain_entry(row):
                found.append(words)
        elif _goes_on(found[-1], row) or not found[-1].rstrip().endswith((";", ".")):
            found[-1] = f"{found[-1]} {words}"[:_LONGEST]
    return tuple(_tidy(item) for item in found if _tidy(item))


def _plain_entry(row: Row) -> bool:
    """`Như trên;` without a dash."""
    return len(row.text) < 80 and row.text.endswith((";", "."))


def _other_column(head: Row, row: Row, source: Source) -> bool:
    """Whether a row belongs to the signer's side of the foot."""
    wide = 300 if row.line.left is not None else 25
    if row.start > head.start + wide:
        return True
    return read_office(row, bent=source is Source.OCR) is not None and not _ITEM.match(row.text) and row.capitals


def _is_signature(head: Row, words: str) -> bool:
    part = Row(words.strip(), "", head.index, head.page, head.line)
    return part.capitals or read_name(words) is not None


def _own_part(row: Row, source: Source) -> str:
    """The row without the signer's words that OCR sets behind the recipient."""
    office = read_office(row, bent=source is Source.OCR)
    text = row.text[: office.at] if office is not None and office.at else row.text
    cut = max(text.rfind("; "), text.rfind(". ")) if _ITEM.match(text) else -1
    rest = text[cut + 2 :]
    if cut > 3 and (read_name(rest) is not None or (source is Source.OCR and sum(c.isalpha() for c in rest) < 4)):
        text = text[: cut + 1]
    if not _ITEM.match(text) and read_name(text) is not None:
        return ""
    return text


def _tidy(item: str) -> str:
    """The entry without dash, end signs and specks; empty when no word is left."""
    words = " ".join(_END.sub("", _BEGINNING.sub("", _ITEM.sub("", item))).split())[:_LONGEST]
    letters = sum(c.isalpha() for c in words)
    return words if letters >= 3 or (letters == 2 and words.isupper()) else ""
