"""Lays a document out: where its header, heading, body, foot and end lie."""

from __future__ import annotations

import re

from mailhub.documents.grammar.agencies import PLACE_HEADS, begins_agency, post_length
from mailhub.documents.grammar.heading import Heading, read_heading
from mailhub.documents.grammar.joining import join_broken
from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT
from mailhub.documents.grammar.regarding import letter_subject
from mailhub.documents.grammar.rows import Page, Row, rows_of
from mailhub.documents.grammar.signs import (
    about,
    is_address,
    is_authority,
    is_basis,
    is_creed,
    is_date,
    is_dateline,
    is_motto,
    is_portal,
    is_recipients,
    is_stamp,
    number_part,
)
from mailhub.documents.grammar.subject import after_heading
from mailhub.text.lines import Text

_SEARCH = 60  # rows within which a header begins
_REACH = 14  # rows between the header's last landmark and the heading
_ABOVE = 9  # rows of agencies above the first landmark
_NONE = -1
_BLANK_NUMBER = re.compile(r"^\W*so\W*$")
_ATTACHED = re.compile(r"^\W{0,3}\W?(?:\(?\s?(?:ban hanh )?kem theo|ban hanh theo)\b")


def lay_out(text: Text) -> Page:
    """The document with its parts told apart. Linear in the text's length."""
    rows = tuple(join_broken(rows_of(text)))
    motto, creed, number, date = _landmarks(rows)
    marks = [at for at in (motto, creed, number, date) if at >= 0]
    top = _top(rows, min(marks)) if marks else 0
    last = max(marks, default=_NONE)
    title, heading = _title(rows, top, last, motto=motto)
    if not marks and title > 0:
        top = _top(rows, title)
    body = _body(rows, top, last, title, heading, number)
    foot, end = _foot(rows, body)
    return Page(rows, text.source, top, title, body, foot, end, motto=motto, number=number, date=date)


def _landmarks(rows: tuple[Row, ...]) -> tuple[int, int, int, int]:
    """The rows of motto, creed, number and date of the first header; -1 for what is not there."""
    window = rows[:_SEARCH]
    motto = next((at for at, row in enumerate(window) if is_motto(row)), _NONE)
    if motto > 0 and _headed_before(window, motto):
        motto = _NONE
    stop = _first_body(window, motto)
    begin = max(0, motto - 10) if motto >= 0 else 0
    until = min(stop, motto + 16) if motto >= 0 else min(stop, 40)
    creed = next((at for at in range(begin, min(until + 2, len(window))) if is_creed(window[at])), _NONE)
    number = next((at for at in range(begin, until) if number_part(window[at]) is not None), _NONE)
    anchor = max(motto, creed, number)
    reach = range(begin, min(stop, anchor + 10 if anchor >= 0 else 30))
    date = next((at for at in reach if is_dateline(window[at]) or (at == number and is_date(window[at]))), _NONE)
    return motto, creed, number, date


def _headed_before(window: tuple[Row, ...], motto: int) -> bool:
    """Whether a document began and came to its body before this motto, which then is an attachment's."""
    stop = _first_body(window, _NONE)
    return stop < motto and any(number_part(row) is not None or _is_heading(row) for row in window[:stop])


def _is_heading(row: Row) -> bool:
    found = read_heading(row)
    return found is not None and found.rule == "heading_whole_line" and row.capitals


def _first_body(window: tuple[Row, ...], motto: int) -> int:
    """The first row that cannot be of the header any more."""
    for at, row in enumerate(window):
        if at <= motto:
            continue
        if is_address(row) or is_basis(row) or is_recipients(row) or re.match(r"^\W*dieu 1\b", row.key):
            return at
        if len(row.text) > 150 and not about(row):
            return at
    return len(window)


def _agency_like(row: Row) -> bool:
    if len(row.text) > 110 or is_portal(row) or is_date(row) or is_address(row):
        return False
    if sum(c.isdigit() for c in row.text) > 4:
        return False
    return row.capitals or (begins_agency(row.key) and len(row.text) < 60 and row.text[:1].isupper())


def _top(rows: tuple[Row, ...], mark: int) -> int:
    """The first row of the header block: agencies may stand above its first landmark."""
    at = mark
    while at > 0 and mark - at < _ABOVE:
        above = rows[at - 1]
        blind = not any(c.isalpha() for c in above.text) or len(above.text) < 3
        same_line = above.index == rows[at].index
        if not (
            _agency_like(above)
            or is_stamp(above)
            or _BLANK_NUMBER.match(above.key)
            or same_line
            or blind
            or about(above)
            or _continues_left(rows, at - 1)
        ):
            break
        at -= 1
    while at < mark and (is_stamp(rows[at]) or not any(c.isalpha() for c in rows[at].text)):
        at += 1
    return at


def _continues_left(rows: tuple[Row, ...], at: int) -> bool:
    """Rows of a `V/v` block that a reader put before the motto."""
    if number_part(rows[at]) is not None:
        return True
    return any(about(rows[i]) for i in range(max(0, at - 5), at)) and not is_portal(rows[at])


def _title(rows: tuple[Row, ...], top: int, last: int, *, motto: int) -> tuple[int, Heading | None]:
    """The heading's row: the first that is one as a whole, else the first that holds one."""
    until = min(len(rows), (last if last >= 0 else top) + _REACH + (10 if last < 0 else 0))
    partial: tuple[int, Heading | None] = (_NONE, None)
    lettered = False
    for at in range(top, until):
        row = rows[at]
        if is_address(row) or is_basis(row) or is_recipients(row):
            if at > last:
                break
            continue
        lettered = lettered or about(row) > 0
        if at in (motto,) or is_creed(row) or number_part(row) is not None:
            continue
        found = read_heading(row)
        if found is None or (at > last and _ruling(rows, last + 1, at)):
            continue
        whole = found.rule == "heading_whole_line" and (row.capitals or row.gap or last >= 0)
        if whole and (partial[1] is None or found.code not in (ANNEX, NOT_A_DOCUMENT)):
            return at, found
        if partial[1] is None and at > last - 4 and not lettered:
            partial = (at, found)
    return partial


def _ruling(rows: tuple[Row, ...], begin: int, at: int) -> bool:
    """`QUYẾT ĐỊNH:` between the reasons and Điều 1, which is the act and no heading."""
    return rows[at].text.endswith(":") and any(
        len(row.text) > 60 and not row.capitals for row in rows[max(begin, 0) : at]
    )


def _body(rows: tuple[Row, ...], top: int, last: int, title: int, heading: Heading | None, number: int) -> int:
    if heading is not None:
        return max(after_heading(rows, title, heading.rest, heading.code)[1], min(last + 1, len(rows)))
    if last < 0:
        return min(top, len(rows))
    limit = min(len(rows), last + _REACH)
    _, end = letter_subject(rows, top, number, limit)
    at = max(end, last + 1)
    for i in range(top, min(limit, len(rows))):
        if is_address(rows[i]) and i > last - 3:
            return max(i, 0)
    return min(at, len(rows))


def _foot(rows: tuple[Row, ...], body: int) -> tuple[int, int]:
    """The first row of recipients or signer, and the row where the main document ends."""
    foot = _NONE
    posts = _NONE
    for at in range(body, len(rows)):
        row = rows[at]
        if foot < 0 and (is_recipients(row) or is_authority(row)):
            foot = at
        elif foot < 0 and posts < 0 and at > body + 1 and len(row.text) < 60 and row.capitals and post_length(row.key):
            posts = at
        elif at > body + 2 and (foot >= 0 or at > body + 6) and _begins_another(rows, at):
            start = _attachment_top(rows, at, foot)
            return (foot if 0 <= foot < start else posts if 0 <= posts < start else start), start
    if foot < 0:
        foot = posts if posts >= 0 else len(rows)
    return foot, len(rows)


def _begins_another(rows: tuple[Row, ...], at: int) -> bool:
    """Whether an attachment, a copy's header or another document announces itself in the row."""
    row = rows[at]
    if len(row.text) > 120:
        return False
    if (row.capitals and is_motto(row)) or _ATTACHED.match(row.key):
        return True
    if (
        row.key.startswith(("phu luc", "mau so"))
        and (row.capitals or len(row.text) < 25)
        and (row.gap or row.part == 0)
    ):
        return not row.text.rstrip().endswith((";", ","))
    part = number_part(row)
    return part is not None and re.search(r"/\s?(?:SY|SL|TrS)\b", part) is not None


def _attachment_top(rows: tuple[Row, ...], mark: int, foot: int) -> int:
    at = mark
    while at - 1 > max(foot, 0) and mark - at < 6:
        above = rows[at - 1]
        key = above.key
        named = begins_agency(key) or key.startswith(PLACE_HEADS) or read_heading(above) is not None
        if (
            not ((above.capitals and named) or number_part(above) is not None)
            or is_authority(above)
            or post_length(key)
        ):
            break
        at -= 1
    return at
