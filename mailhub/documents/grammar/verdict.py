"""Whether a text is an official document at all, and of which type.

The heading decides, then the symbol's first group, then the layout of an official letter (reference/document-types
§ 5). Before that, the parts that a document of an agency has must be there: a news item, an application or an invoice
may name documents, and is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.documents.grammar.heading import Heading
from mailhub.documents.grammar.issuer import Issuer
from mailhub.documents.grammar.number import Number
from mailhub.documents.grammar.recognition import (
    ANNEX,
    NOT_A_DOCUMENT,
    OFFICIAL_LETTER,
    OTHER_PAPER,
    Doubt,
    Evidence,
    Family,
    Found,
)
from mailhub.documents.grammar.rows import Page, Row
from mailhub.documents.grammar.signs import about, is_address, is_authority, is_basis, is_creed, is_recipients
from mailhub.documents.grammar.types import ATTACHABLE, COPY_FORMS, NORMATIVE

_ENOUGH = 3.6
_DOTS = re.compile(r"\.{5,}|…{2,}|_{6,}|(?:\. ){5,}")
# A blank to be filled in: `ngày … tháng …`, `Ông …`, `Số: …/HĐ`; not the dots of a quotation that goes on.
_BLANK = re.compile(r"(?:^|[\s(:])…(?=[\s,./;)]|$)")
_PLACEHOLDER = re.compile(r"\[[^\]]{3,40}\]|<[^>]{3,40}>|\{\{|\bTÊN CƠ QUAN\b|\bTÊN CQ\b|\(\d\)\s*$")
_CITED = re.compile(r"\d{1,5}(?:/\d{4})?/[A-ZĐ][A-Za-zĐ]{1,5}-[A-ZĐ]{2,}")
_ATTACHED = re.compile(
    r"\W{0,3}(?:ban hanh )?(?:kem|dinh kem) theo\b"
    r"|\bkem theo (?:quyet dinh|cong van|ke hoach|to trinh|thong tu|nghi dinh|bao cao|thong bao|van ban)"
)

# Signs that only a paper of an agency shows.
_LEGAL = {"can_cu", "noi_nhan", "quyen_han_ky", "dan_van_ban", "kinh_gui"}


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an official document, each with its weight, and what against."""

    weight: float
    seen: tuple[str, ...]
    frame: float  # the weight without the heading's


def weigh(page: Page, heading: Heading | None, number: Number | None, issuer: Issuer) -> Signs:
    """Adds up the parts of an official document that the page has."""
    found: list[tuple[str, float]] = []
    if page.motto >= 0:
        found.append(("quoc_hieu", 2.5))
    if any(is_creed(row) for row in page.head) and page.motto < 0:
        found.append(("tieu_ngu", 1.5))
    if number is not None:
        found.append(("so_ky_hieu", 2.5 if number.confidence >= 0.5 or not number.value else 1.5))
    if page.date >= 0:
        found.append(("ngay_thang", 1.0))
    if issuer.name is not None and issuer.name.evidence.rule != "issuer_in_signer_block":
        found.append(("co_quan", 1.5 if issuer.name.confidence >= 0.6 else 0.7))
    found += _of_body(page)
    found += _against(page, issuer)
    said = {name for name, _ in found}
    cover = heading is not None and (heading.rule != "heading_whole_line" or not said & _LEGAL)
    if cover and _bare(page, number):
        found.append(("bia_tai_lieu", -2.0))
    elif cover and number is None and not said & _LEGAL:
        found.append(("khong_so_khong_noi_nhan", -2.5))
    frame = sum(weight for _, weight in found)
    if heading is not None and heading.code not in (ANNEX, OTHER_PAPER, NOT_A_DOCUMENT):
        found.append(("ten_loai", 2.0 if heading.rule == "heading_whole_line" else 1.0))
    return Signs(sum(w for _, w in found), tuple(name for name, _ in found), frame)


def _bare(page: Page, number: Number | None) -> bool:
    """Whether nothing of a header is there: covers of manuals and projects name an agency and a plan, too."""
    return page.motto < 0 and number is None and page.date < 0


def _of_body(page: Page) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    body = page.rows[page.body : page.end]
    if any(is_address(row) for row in page.rows[page.top : page.body + 12]):
        found.append(("kinh_gui", 0.7))
    if any(is_basis(row) for row in page.rows[page.top : page.body + 12]):
        found.append(("can_cu", 0.7))
    if any(is_recipients(row) for row in body[-80:]):
        found.append(("noi_nhan", 1.2))
    if any(is_authority(row) for row in body[-80:]):
        found.append(("quyen_han_ky", 1.0))
    cited = sum(_CITED.search(row.text) is not None for row in page.rows[:40])
    if cited:
        found.append(("dan_van_ban", 1.0 if cited >= 3 else 0.5))
    if page.title in (0, 1, 2):
        found.append(("ten_loai_dau_trang", 0.7))
    if page.title >= 0 and _about(page):
        found.append(("trich_yeu", 0.5))
    return found


def _about(page: Page) -> bool:
    """Whether a subject begins below the heading as subjects do."""
    below = page.rows[page.title + 1 : min(page.title + 3, page.body)]
    return any(about(row) or (row.capitals and len(row.text) > 20) for row in below)


def _against(page: Page, issuer: Issuer) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    rows = page.rows[: max(page.end, 1)][:200]
    dotted = sum(_DOTS.search(row.text) is not None for row in rows)
    if rows and dotted >= 4 and dotted * 8 >= len(rows):
        found.append(("cho_trong", -3.0))
    if _left_open(rows, page.head):
        found.append(("cho_trong", -6.0))
    if sum(_PLACEHOLDER.search(row.text) is not None for row in page.head) >= 2:
        found.append(("bieu_mau", -8.0))
    if issuer.firm:
        found.append(("doanh_nghiep", -3.0))
    if not _vietnamese(rows):
        found.append(("khong_tieng_viet", -3.0))
    return found


def _left_open(rows: tuple[Row, ...], head: tuple[Row, ...]) -> bool:
    """Whether number, names and days are ellipses to be filled in, some of them in the header: a form on a page."""
    return (
        sum(_BLANK.search(row.text) is not None for row in rows[:60]) >= 3
        and sum(_BLANK.search(row.text) is not None for row in head) >= 2
    )


def _vietnamese(rows: tuple[Row, ...]) -> bool:
    words = [word for row in rows[:120] for word in row.key.split()]
    common = {
        "va",
        "cua",
        "cac",
        "duoc",
        "trong",
        "theo",
        "cho",
        "ve",
        "ngay",
        "nam",
        "viec",
        "thuc",
        "hien",
        "so",
        "khong",
    }
    return len(words) < 30 or sum(word in common for word in words) * 40 >= len(words)


def judge(
    page: Page, heading: Heading | None, number: Number | None, issuer: Issuer
) -> tuple[Found, tuple[Doubt, ...]]:
    """The document's type, `NONE` among them, and what is doubtful about it."""
    signs = weigh(page, heading, number, issuer)
    code, rule, sure, doubts = _kind(page, heading, number)
    row = page.rows[page.title] if heading is not None and page.title >= 0 else None
    if code == NOT_A_DOCUMENT or (signs.weight < _ENOUGH and not _clearly(code, signs, page)):
        why = "heading_of_no_document" if code == NOT_A_DOCUMENT and row is not None else "too_few_signs"
        evidence = row.seen(why) if row is not None else Evidence(why, ", ".join(signs.seen))
        return Found(NOT_A_DOCUMENT, 0.9 if signs.weight < _ENOUGH - 1.5 else 0.7, evidence), ()
    place = row.seen(rule) if row is not None else (number.evidence if number is not None else Evidence(rule))
    if row is None:
        place = Evidence(rule, place.text, place.page, place.line)
    margin = 1.0 if code == ANNEX else min(1.0, 0.75 + (signs.weight - _ENOUGH) * 0.06)
    return Found(code, round(sure * max(margin, 0.66), 3), place), doubts


def _clearly(code: str, signs: Signs, page: Page) -> bool:
    """Annexes lack the parts of a document by nature."""
    return code == ANNEX and page.title >= 0 and (signs.frame >= 1.0 or _is_attached(page))


def _kind(page: Page, heading: Heading | None, number: Number | None) -> tuple[str, str, float, tuple[Doubt, ...]]:
    """Type, rule, confidence and doubts, as if it were a document."""
    said = number.type_code if number is not None else ""
    if heading is None:
        return _unheaded(page, number, said)
    code = heading.code
    if code == NOT_A_DOCUMENT:
        return code, heading.rule, 0.9, ()
    if code == ANNEX:
        sure = 0.85 if _is_attached(page) else 0.7
        return (ANNEX, heading.rule, sure, ()) if number is None else (said or OTHER_PAPER, heading.rule, 0.65, ())
    if code in ATTACHABLE and number is None and _is_attached(page):
        return ANNEX, "attached_without_parent", 0.8, ()
    doubts: tuple[Doubt, ...] = ()
    sure = 0.9 + 0.09 * heading.fit
    if said and code not in (said, OTHER_PAPER) and not _compatible(code, said):
        doubts = (Doubt("loai_mau_thuan", f"{code} / {said}"),)
        sure -= 0.1
    if code == "QĐ" and said in {"QC", "QyĐ"}:
        doubts = ()
    return code, heading.rule, sure, doubts


def _compatible(code: str, said: str) -> bool:
    """TTLT is a thông tư; a copy's symbol says nothing."""
    return (
        said in COPY_FORMS
        or {code, said} <= {"TT", "TTLT"}
        or {code, said} <= {"NQ", "NQLT"}
        or (code, said) == ("BGN", "BB")
    )


def _unheaded(page: Page, number: Number | None, said: str) -> tuple[str, str, float, tuple[Doubt, ...]]:
    letter = any(about(row) for row in page.head)
    addressed = any(is_address(row) for row in page.rows[page.top : page.body + 8])
    if said and said != OFFICIAL_LETTER:
        if letter and addressed and said not in {"BC", "TTr", "TB", "KH", "QĐ", "GM"}:
            return OFFICIAL_LETTER, "letter_layout", 0.66, (Doubt("loai_mau_thuan", f"{OFFICIAL_LETTER} / {said}"),)
        return said, "symbol_first_group", 0.9, ()
    if number is not None and (letter or addressed or said == OFFICIAL_LETTER):
        return OFFICIAL_LETTER, "letter_layout", 0.98 if letter and addressed else 0.9, ()
    if page.motto >= 0 and letter and addressed and page.date >= 0:
        return OFFICIAL_LETTER, "letter_layout_without_number", 0.75, ()
    if number is not None and page.motto >= 0:
        return OFFICIAL_LETTER, "no_heading", 0.62, ()
    return NOT_A_DOCUMENT, "no_heading_no_number", 0.8, ()


def _is_attached(page: Page) -> bool:
    return any(_ATTACHED.search(row.key) for row in page.rows[page.title : page.title + 8] if len(row.key) < 200)


def family_of(page: Page, code: str, number: Number | None) -> Family:
    """Which rules the document was made by: a year within the number is a normative document's (§ 3)."""
    motto = page.rows[page.motto].key if page.motto >= 0 else ""
    if motto.startswith(("doan tncs", "doan thanh nien")):
        return Family.UNION
    if "cong san viet nam" in motto or (number is not None and re.match(r"^\d+[a-zA-Z]?-", number.value)):
        return Family.PARTY
    if code in NORMATIVE or (number is not None and number.year):
        return Family.NORMATIVE
    if code in (NOT_A_DOCUMENT, ANNEX, OTHER_PAPER):
        return Family.OTHER
    head = " ".join(row.key for row in page.head[:6])
    if re.search(
        r"\bmat tran to quoc\b|\bcong doan\b|\blien doan lao dong\b"
        r"|\bhoi (?:lien hiep )?(?:phu nu|nong dan|cuu chien binh)\b",
        head,
    ):
        return Family.UNION
    return Family.ADMINISTRATIVE
