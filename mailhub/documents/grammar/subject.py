"""The trích yếu: what a document is about (Nghị định 30/2020 Phụ lục I, ô 5a and 5b).

Under the heading of named types, behind `V/v` below the number of an official letter. Printed over several lines
with nothing that says where it ends, so that the end is told by what follows: a rule or blank line, `Kính gửi`,
`Căn cứ`, the authority line of a decision, a sentence that begins.
"""

from __future__ import annotations

import re

from mailhub.documents.grammar.agencies import begins_agency, post_length
from mailhub.documents.grammar.heading import read_heading
from mailhub.documents.grammar.recognition import Found
from mailhub.documents.grammar.rows import Row
from mailhub.documents.grammar.sentences import begins_text, double_spaced, is_noise, is_numbered, unfinished
from mailhub.documents.grammar.signs import (
    about,
    is_address,
    is_basis,
    is_bent,
    is_creed,
    is_dateline,
    is_motto,
    is_portal,
    is_recipients,
    number_part,
)
from mailhub.documents.grammar.types import ATTACHABLE
from mailhub.text.folding import fold

_LONGEST = 900  # characters
_DOUBTFUL = 450  # characters; a longer one has probably run into the body
_MOST_ROWS = 14
_ATTACHED = re.compile(r"^\W{0,3}(?:kem theo|ban hanh kem|dinh kem|ban hanh theo)\b")
_STAMPED_ON = re.compile(r"\bĐẾN\b|[—=]{3}|\.{2}\d|\d\.{3}")
_SMUDGED = re.compile(r"\s[ˆ^~`´¨|\\<>{}]\s?[A-ZĐ]{1,3}$|\w[\\{}<>]\w")
_DATE_READ_IN = re.compile(r"[A-Za-z ]{4,20}, ?ng[a-z]{1,2}\W.{0,14}t?hang \d")
_CONNECTIVE = re.compile(r"^(?:va|cua|trong|tai|tren|doi voi|cho|voi|den|giua) ")
_HARDLY_A_SUBJECT = 24  # characters behind the heading: `KẾ HOẠCH GIÁO DỤC` / `Năm học 2025 - 2026`
_REASON = re.compile(r"^\W*(?:can cu|xet|hom nay|kinh thua|than gui|ngay \d)\b")
# `CỦA CHÍNH PHỦ SỐ 37/2007/NĐ-CP NGÀY …` between heading and subject, as law collections have it.
_OWNER = re.compile(r"^cua .{2,60} so:? ?\d+\w?/.{2,40} ngay ")
_STAMP = re.compile(
    r"^\W{0,3}(?:hoa|thuong|toi|tuyet)?\s?(?:toc|khan|mat)\W{0,4}$|^\W*(?:du thao|den|luu hanh noi bo)\W*$"
)
# What is issued with a decision says so below its heading; a report or a proposal names what another came with.
_ATTACHED_TO_OTHERS = ATTACHABLE | {"PL", "KHAC", ""}
# Types whose body begins with an authority line and reasons, so that everything before those is the subject.
REASONED = frozenset({"QĐ", "NQ", "NĐ", "TT", "TTLT", "NQLT", "Luật", "Pháp lệnh"})

_VV = re.compile(r"^[\W_]{0,4}(?:[VvWw]\s?[/⁄∕]?\s?[VvWw]{1,2}|[VvWw][/⁄∕]-?)(?=[\s\-:.,])[\s:.,\-]*|^[⁄/]\s+")


def after_heading(rows: tuple[Row, ...], title: int, rest: str, code: str) -> tuple[list[Row], int]:
    """The rows of the subject below a heading, and the first row that is not of it."""
    taken: list[Row] = []
    at = _past_stamps(rows, title)
    if at < len(rows) and _turns_to(rows, at):
        rest = without_owner(rest)
    size = len(rest)
    reasons = _reasons(rows, at) if code in REASONED else -1
    while at < len(rows) and len(taken) < _MOST_ROWS and size < _LONGEST:
        row = rows[at]
        if _skipped(row, at - title, begun=bool(taken or rest)):
            at += 1
            continue
        if at == reasons or _landmark(row) or (reasons < 0 and _stops(rows, at, taken, rest, code)):
            break
        if reasons >= 0 and taken and row.gap and taken[-1].capitals and not row.capitals and begins_text(row):
            break  # what a consolidated text says of the decisions that it joins
        taken.append(row)
        size += len(row.text)
        at += 1
    return taken, at


def without_owner(rest: str) -> str:
    """`NGHỊ QUYẾT CỦA HỘI ĐỒNG …` names its issuer in the heading; the subject comes below."""
    return "" if fold(rest).startswith("cua ") else rest


def _past_stamps(rows: tuple[Row, ...], title: int) -> int:
    """The row where the subject may begin: stamps stand between it and the heading when `Về việc` comes later."""
    for at in range(title + 2, min(title + 5, len(rows))):
        if _turns_to(rows, at) and not any(_landmark(row) and not is_portal(row) for row in rows[title + 1 : at]):
            return at
    return title + 1


def _turns_to(rows: tuple[Row, ...], at: int) -> bool:
    """`Về việc …`, or `về …` in small letters below lines in capitals that name who concludes."""
    return about(rows[at]) > 0 or (rows[at].key.startswith("ve ") and not rows[at].capitals and rows[at - 1].capitals)


def _reasons(rows: tuple[Row, ...], begin: int) -> int:
    """The row of the authority line or of the first reason, -1 when it is not near."""
    for at in range(begin, min(begin + 12, len(rows))):
        if is_basis(rows[at]) or (at > begin and _authority_line(rows, at, reasoned=True)):
            return at
        if len(rows[at].text) > 400 or is_numbered(rows[at]):
            return -1
    return -1


def _skipped(row: Row, behind: int, *, begun: bool) -> bool:
    """What may stand between a heading and its subject."""
    if begun:
        return False
    if _OWNER.match(row.key) and row.capitals:
        return True
    return is_noise(row) or _STAMP.match(row.key) is not None or (behind <= 2 and is_dateline(row))


def _stops(rows: tuple[Row, ...], at: int, taken: list[Row], rest: str, code: str) -> bool:
    row = rows[at]
    if taken or rest:
        return _ended(rows, at, taken, rest, code)
    return _authority_line(rows, at) or _ATTACHED.match(row.key) is not None or _is_body(row)


def _landmark(row: Row) -> bool:
    return (
        is_address(row)
        or is_basis(row)
        or is_motto(row)
        or is_creed(row)
        or is_recipients(row)
        or number_part(row) is not None
        or is_dateline(row)
        or is_portal(row)
    )


def _is_body(row: Row) -> bool:
    """Whether the row right below a heading is already the body."""
    return is_numbered(row) or row.text.endswith(":") or _REASON.match(row.key) is not None


def _ended(rows: tuple[Row, ...], at: int, taken: list[Row], rest: str, code: str) -> bool:
    """Whether the subject ended before `rows[at]`."""
    row = rows[at]
    last = taken[-1].text if taken else rest
    last_key = taken[-1].key if taken else ""
    if (_ATTACHED.match(row.key) and code in _ATTACHED_TO_OTHERS) or is_numbered(row) or _authority_line(rows, at):
        return True
    found = read_heading(row)
    if found is not None and found.rule == "heading_whole_line" and row.capitals and not (taken and taken[-1].capitals):
        return True
    first = row.text.lstrip("\"'“”‘(-–_ ")[:1]
    if _unclosed(taken, rest) or (taken and row.capitals and taken[-1].capitals and _CONNECTIVE.match(row.key)):
        return False
    if row.gap and not taken and len(rest) < _HARDLY_A_SUBJECT and len(row.text) < 100 and double_spaced(rows, at):
        return begins_text(row)
    if first.islower() or (first.isdigit() and not row.gap):
        return False
    if last.rstrip().endswith((".", ":", "./.")) and not last.rstrip().endswith(("TP.", "Tp.")):
        return True
    if begins_text(row) and (row.gap or not row.capitals):
        return row.gap or not unfinished(last_key)
    if row.capitals and last.isupper():
        return row.gap and not double_spaced(rows, at)
    if row.gap:
        return not unfinished(last_key, across_blank=True)
    return _paragraph(row, taken)


def _unclosed(taken: list[Row], rest: str) -> bool:
    whole = " ".join([rest, *(row.text for row in taken)])
    return whole.count("(") > whole.count(")") or whole.count("“") > whole.count("”")


def _paragraph(row: Row, taken: list[Row]) -> bool:
    """Whether the row is the first of a paragraph: much longer than the lines of the subject, or set in from them."""
    longest = max((len(r.text) for r in taken), default=0)
    if len(row.text) > 130 and len(row.text) > longest * 1.3:
        return True
    if taken and len(row.text) >= 60 and len(taken[-1].text) <= 40 and not unfinished(taken[-1].key):
        return True
    return (
        bool(taken) and len(row.text) > 55 and row.start < min(r.start for r in taken) - 2 and len(taken[-1].text) < 50
    )


def _authority_line(rows: tuple[Row, ...], at: int, *, reasoned: bool = False) -> bool:
    """`CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH …` between the subject of a decision and its first `Căn cứ`."""
    row = rows[at]
    if not row.capitals or not _names_authority(row) or " ve " in row.key:
        return False
    if at and unfinished(rows[at - 1].key, across_blank=True):
        return False
    if reasoned and at + 1 < len(rows) and not rows[at + 1].capitals:
        return True
    for after in rows[at + 1 : at + 7]:
        if is_basis(after) or after.key.startswith(("xet ", "theo de nghi", "nghi dinh", "quyet dinh", "thuc hien")):
            return True
        if not after.capitals and len(after.text) > 40:
            return False
    return False


def _names_authority(row: Row) -> bool:
    return post_length(row.key) > 0 or begins_agency(row.key)


def _of_another(row: Row) -> bool:
    """Whether a stamp or the other column was read into the row: what was taken is not the subject alone."""
    if not row.capitals and _STAMPED_ON.search(row.text):
        return True
    return _SMUDGED.search(row.text) is not None or _DATE_READ_IN.search(row.key) is not None


def subject_text(rest: str, taken: list[Row]) -> str:
    """The subject as printed on one line, without `V/v` and without what surrounds it."""
    words = " ".join([rest, *(row.text for row in taken)]).split()
    text = " ".join(words).strip(" _-–—*~|.:;…")
    if (
        text.startswith("(")
        and text.endswith(")")
        and text.count("(") == text.count(")")
        and text.find(")") == len(text) - 1
    ):
        text = text[1:-1].strip()
    text = _VV.sub("", text)
    return text[:1_000].strip(" _-–—*~|:;")


def found_subject(rest: str, taken: list[Row], *, rule: str, confidence: float, place: Row) -> Found | None:
    """The field, None when there are no letters in it."""
    text = subject_text(rest, taken)
    if sum(c.isalpha() for c in text) < 4:
        return None
    if len(text) > _DOUBTFUL or is_bent(text) or any(_of_another(row) for row in taken):
        confidence *= 0.6
    return Found(text, confidence, (taken[0] if taken else place).seen(rule))
