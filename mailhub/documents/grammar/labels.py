"""Kinds that the directives name beside the type: meeting papers, schedules, report periods, for whose knowledge.

Sources: the five directives (reference/directive-clauses S0-05 to S0-08, S0-13, S1-15, S1-16, S2-05, S4-03). Headings
speak plainly; suffixes of Nơi nhận and words of the subject a little less; names of files hardly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailhub.documents.grammar.recipients import read_addressees, read_recipients
from mailhub.documents.grammar.recognition import Evidence, Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.text.folding import fold

if TYPE_CHECKING:  # recognise imports this module
    from mailhub.documents.grammar.recognise import Witness

# The closed list of labels, each with what people read.
LABELS = {
    "lich_cong_tac": "Lịch công tác",
    "tai_lieu_hop": "Tài liệu họp",
    "giay_trieu_tap": "Giấy triệu tập",
    "phieu_dieu_tra": "Phiếu điều tra, khảo sát",
    "du_thao": "Dự thảo",
    "bao_cao_tuan": "Báo cáo tuần",
    "bao_cao_thang": "Báo cáo tháng",
    "bao_cao_quy": "Báo cáo quý",
    "bao_cao_6_thang": "Báo cáo 6 tháng",
    "bao_cao_nam": "Báo cáo năm",
    "de_biet": "Để biết",
    "de_bao_cao": "Để báo cáo",
    "de_phoi_hop": "Để phối hợp",
    "thong_bao_chung": "Thông báo chung của cơ quan",
    "trao_doi_xu_ly": "Trao đổi trong quá trình xử lý",
}

_HEAD = r"^\W{0,4}"
_HEADINGS = {
    "lich_cong_tac": re.compile(_HEAD + r"lich (?:cong tac|lam viec|hop|truc)\b"),
    "tai_lieu_hop": re.compile(
        _HEAD + r"(?:tai lieu (?:hop|hoi nghi|hoi thao|phuc vu|ky hop|cuoc hop|phien hop|lam viec)"
        r"|chuong trinh (?:hop|hoi nghi|ky hop|phien hop|cuoc hop|lam viec|buoi lam viec)"
        r"|(?:trinh|tai) (?:ky hop|hoi nghi|cuoc hop|phien hop) )"
    ),
    "giay_trieu_tap": re.compile(_HEAD + r"giay trieu tap\b"),
    "phieu_dieu_tra": re.compile(
        _HEAD + r"(?:phieu (?:dieu tra|khao sat|thu thap|hoi\b|lay y kien|tham do|danh gia muc do hai long)|bang hoi\b)"
    ),
    "du_thao": re.compile(
        _HEAD + r"(?:ban )?(?:du thao|dt lan \d)\W{0,4}(?:(?:lan|so|ngay)?\s?(?:thu )?[\divx./\-]{1,10})?\W{0,4}$"
    ),
}
_SUBJECTS = {
    "lich_cong_tac": re.compile(r"\blich (?:cong tac|lam viec|truc)\b"),
    "tai_lieu_hop": re.compile(
        r"\btai lieu (?:phuc vu )?(?:cac )?(?:cuoc hop|hop|hoi nghi|ky hop|phien hop|hoi thao)\b"
    ),
    "giay_trieu_tap": re.compile(r"\btrieu tap (?:hop|tap huan|hoi nghi|cuoc hop|can bo|hoc vien|dai bieu|lop)"),
    "phieu_dieu_tra": re.compile(r"\bphieu (?:dieu tra|khao sat|lay y kien|thu thap)\b|\bdieu tra, khao sat\b"),
    "trao_doi_xu_ly": re.compile(
        r"\b(?:xin|cho|lay|tham gia|dong gop|gop) y kien\b|\bgop y\b"
        r"|\bphoi hop (?:cung cap|ra soat|xu ly|giai quyet|tham dinh)\b"
        r"|\bcung cap (?:thong tin|so lieu|ho so|tai lieu)\b|\btrao doi (?:ve|nghiep vu|thong tin|mot so)"
    ),
}
_FILES = {
    "lich_cong_tac": re.compile(r"lich cong tac|lich lam viec|lich tuan"),
    "tai_lieu_hop": re.compile(r"tai lieu (?:hop|hoi nghi|ky hop|phuc vu)"),
    "giay_trieu_tap": re.compile(r"trieu tap"),
    "phieu_dieu_tra": re.compile(r"phieu (?:dieu tra|khao sat)"),
    "du_thao": re.compile(r"\bdu thao\b|\bdt lan \d"),
}
# A suffix stands in brackets or ends the entry: `(để b/c)`, `(p/h)`, `: báo cáo`, `để biết`.
_SUFFIXES = {
    "de_bao_cao": re.compile(r"[(:]\s?(?:de )?(?:b/c|b/cao|bao cao|bc)\b|\bde (?:b/c|bao cao)$"),
    "de_phoi_hop": re.compile(r"[(:]\s?(?:de )?(?:p/h|ph/h|phoi hop|ph)\b|\bde (?:p/h|phoi hop)\b"),
    "de_biet": re.compile(r"[(:]\s?(?:de )?(?:biet|b/biet|thong bao de biet)\b|\bde biet$"),
}
_PERIODS = (
    (
        "bao_cao_6_thang",
        re.compile(r"\b(?:0?6|sau) thang (?:dau|cuoi)\b|\b0?6 thang nam\b|\bso ket (?:0?6|sau) thang\b"),
    ),
    ("bao_cao_quy", re.compile(r"\bquy (?:[1-4]|i{1,3}|iv|nhat|hai|ba|bon)\b")),
    (
        "bao_cao_tuan",
        re.compile(r"\btuan (?:thu )?\d{1,2}\b|\bcong tac tuan\b"),
    ),
    ("bao_cao_thang", re.compile(r"\bthang (?:0?[1-9]|1[0-2])\b|\bcong tac thang\b")),
    ("bao_cao_nam", re.compile(r"\bnam (?:19|20)\d\d\b|\bnam hoc (?:19|20)\d\d\b|\btong ket nam\b|\bhang nam\b")),
)
_DATED = re.compile(r"\bngay \d{1,2}(?:/\d{1,2}(?:/\d{2,4})?| thang \d{1,2}(?: nam \d{4})?)|\bso \S{1,40}")
_KNOW = re.compile(r"\bde (?:cac |quy |toan the |[^.]{0,60})?(?:biet)\b(?!,? (?:va )?(?:trien khai|thuc hien|to chuc))")
_EVERYONE = re.compile(
    r"\btoan the (?:can bo|cong chuc|vien chuc|nguoi lao dong|co quan)"
    r"|\bcac (?:phong|don vi|khoa|ban)\b.{0,40}"
    r"\b(?:truc thuoc|thuoc (?:so|truong|co quan|ban|trung tam|uy ban|benh vien|chi cuc))"
)


def read_labels(
    page: Page, doc_type: str, witness: Witness | None = None, recipients: tuple[str, ...] | None = None
) -> tuple[Found, ...]:
    """The labels that the document bears, the surest evidence of each, in the order of `LABELS`. Never raises.

    `doc_type` is the abbreviation of the type (`BC`, `GM`, …), which report periods and general notices depend on.
    """
    best: dict[str, Found] = {}
    for found in _all(page, doc_type, witness, read_recipients(page) if recipients is None else recipients):
        if found.value not in best or found.confidence > best[found.value].confidence:
            best[found.value] = found
    return tuple(best[label] for label in LABELS if label in best)


def _all(page: Page, doc_type: str, witness: Witness | None, recipients: tuple[str, ...]) -> Iterator[Found]:
    yield from _from_headings(page)
    subject, printed, row = _subject(page)
    if row is not None:
        yield from _from_subject(subject, printed, row, doc_type)
    yield from _from_recipients(page, recipients)
    yield from _from_wording(page, doc_type, recipients)
    if witness is not None:
        yield from _from_names(witness)


def _from_headings(page: Page) -> Iterator[Found]:
    """Headings and stamps of the first rows: the whole line, not a word in it."""
    head = page.rows[: max(page.body, min(len(page.rows), page.top + 14))][:60]
    for row in head:
        if len(row.text) > 110:
            continue
        for label, pattern in _HEADINGS.items():
            begins = row.text.lstrip('([*_-–“" ')[:1].isupper()
            if begins and pattern.match(row.key) and (row.capitals or label in ("du_thao", "tai_lieu_hop")):
                yield Found(label, 0.95 if row.capitals else 0.85, row.seen("tên loại hoặc dấu ở đầu văn bản"))


def _subject(page: Page) -> tuple[str, str, Row | None]:
    """Heading and subject in one, folded and as printed: the rows from the heading (or V/v) to the body."""
    rows = [row for row in page.head if len(row.text) <= 400]
    at = page.title - page.top if page.title >= 0 else -1
    if at < 0:
        at = next((i for i, row in enumerate(rows) if re.match(r"^\W{0,4}(?:v\s?/\s?v|ve viec)\b", row.key)), -1)
    if at < 0 or at >= len(rows):
        return "", "", None
    taken = rows[at : at + 14]
    return " ".join(row.key for row in taken)[:900], " ".join(row.text for row in taken)[:900], rows[at]


def _from_subject(subject: str, printed: str, row: Row, doc_type: str) -> Iterator[Found]:
    for label, pattern in _SUBJECTS.items():
        if pattern.search(subject) and not (label == "trao_doi_xu_ly" and doc_type not in ("CV", "PC", "PG")):
            yield Found(label, 0.75, row.seen("trích yếu", printed))
    if doc_type == "BC" or re.search(r"\bv\s?/\s?v:? (?:gui )?bao cao\b", subject):
        plain = _DATED.sub(" ", subject)
        for label, pattern in _PERIODS:
            if pattern.search(plain):
                yield Found(label, 0.9 if doc_type == "BC" else 0.5, row.seen("kỳ báo cáo", printed))
                return


def _from_recipients(page: Page, recipients: tuple[str, ...]) -> Iterator[Found]:
    for entry in recipients:
        key = fold(entry)
        for label, pattern in _SUFFIXES.items():
            if pattern.search(key):
                yield Found(label, 0.9, _evidence(page, entry, "hậu tố nơi nhận"))


def _evidence(page: Page, entry: str, rule: str) -> Evidence:
    begin = entry[:20]
    row = next((row for row in page.tail if begin in row.text), None)
    return row.seen(rule, entry) if row is not None else Evidence(rule, entry[:200])


def _from_wording(page: Page, doc_type: str, recipients: tuple[str, ...]) -> Iterator[Found]:
    """`… thông báo để các đơn vị biết.` at the end of the body; whom a notice is for."""
    for row in page.middle[-4:]:
        if _KNOW.search(row.key[:300]) and "thuc hien" not in row.key:
            yield Found("de_biet", 0.65, row.seen("câu kết"))
    if doc_type == "TB":
        whom = fold(" ; ".join((*read_addressees(page), *recipients)))[:2000]
        match = _EVERYONE.search(whom)
        if match is not None:
            yield Found("thong_bao_chung", 0.65, Evidence("nơi nhận là các đơn vị trong cơ quan", match.group()[:200]))


def _from_names(witness: Witness) -> Iterator[Found]:
    """The file's name and the mail's subject: weak, below the line."""
    for rule, words in (("tên tệp", witness.file_name), ("tiêu đề thư", witness.mail_subject)):
        key = re.sub(r"[\W_]+", " ", fold(words[:300]))
        for label, pattern in _FILES.items():
            if pattern.search(key):
                yield Found(label, 0.5, Evidence(rule, words[:200]))
