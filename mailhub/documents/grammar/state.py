"""Whether a document was issued or is a draft: what is printed on it, what was left blank, what the file is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailhub.documents.grammar.recognition import Evidence, Found, State
from mailhub.documents.grammar.rows import Page, Row
from mailhub.documents.grammar.signer import SignerBlock
from mailhub.text.folding import fold

if TYPE_CHECKING:  # recognise imports this module
    from mailhub.documents.grammar.recognise import Witness

# `DỰ THẢO`, `(Dự thảo lần 2)`, `DỰ THẢO 3`, `Dự thảo ngày 12/3/2026`: a line of its own, no subject that names drafts.
_DRAFT = re.compile(
    r"^\W{0,4}(?:ban )?(?:du thao(?:\s?\W?\s?(?:lan|so|v)?\s?\W?\s?(?:thu )?(?:\d{1,2}|[ivx]{1,4}))?"
    r"|dt\s?lan\s?\d{1,2})"
    r"(?:\W{1,4}(?:ngay )?\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?)?\W{0,6}$"
)
_FILE = re.compile(r"(?:^|[^a-z])(?:du[ _.\-]?thao|dt[ _.\-]?lan[ _.\-]?\d|draft)(?:[^a-z]|$|\d)")
_STAMPED = re.compile(r"^\W{0,3}(?:duoc )?ky boi\b|\bthoi gian ky\b|\bngay ky\s?:|\bsigned by\b")
_BLANK_NUMBER = re.compile(r"^\W{0,3}so\s?(?:va ky hieu)?\s?[:.;]?[\s.…_]{0,40}(?:/\s?(?:\d{4}\s?/)?[a-z]|$)")
_BLANK_DAY = re.compile(r"ngay[\s.…_]{0,20}thang")


def read_state(
    page: Page,
    number: Found | None,
    date: Found | None,
    block: SignerBlock | None,
    witness: Witness | None = None,
) -> tuple[State, Evidence]:
    """Issued, draft or unknown, with what spoke for it. Never raises.

    A draft says so, or leaves number and day blank in typed text: on paper both are written in by hand, and signing
    software stamps them in beside the text, so that a scan or a signed file without them is no draft. Issued is what
    has number and date, or a number and who signed.
    """
    image = page.source.value == "ocr"
    said = next((row for row in (*page.before, *page.head) if _says_draft(row)), None)
    numbered = number is not None and number.given
    dated = date is not None and date.given
    signed = block is not None and block.signer is not None and block.signer.given
    if said is not None and not (numbered and dated and signed):
        return State.DRAFT, said.seen("ghi chữ dự thảo")
    blank = _blank(page, numbered, dated)
    if blank is not None and not image and not any(_STAMPED.search(row.key[:120]) for row in page.rows[:400]):
        return State.DRAFT, blank
    if numbered and (dated or signed):
        return State.ISSUED, Evidence("có số và ngày" if dated else "có số và người ký", number.value if number else "")
    if witness is not None and not numbered and not image and _FILE.search(fold(witness.file_name[:300])):
        return State.DRAFT, Evidence("tên tệp", witness.file_name[:200])
    return State.UNKNOWN, Evidence("chưa đủ dấu hiệu")


def _says_draft(row: Row) -> bool:
    return len(row.text) <= 60 and bool(_DRAFT.match(row.key)) and row.text.lstrip("( [{|*").strip()[:1].isupper()


def _blank(page: Page, numbered: bool, dated: bool) -> Evidence | None:
    """A number line without a number, or a date line without a day, that nothing else makes up for."""
    if numbered:
        return None
    for row in page.head:
        if len(row.text) <= 120 and _BLANK_NUMBER.match(row.key):
            return row.seen("số để trống")
    for row in page.head:
        if not dated and len(row.text) <= 120 and _BLANK_DAY.search(row.key) and "," in row.text:
            return row.seen("ngày để trống")
    return None
