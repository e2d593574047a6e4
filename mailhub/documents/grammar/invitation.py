"""When and where an invitation asks one to come, and who presides (giấy mời: Nghị định 30/2020/NĐ-CP, PL III, 1.7).

`Thời gian:`, `Địa điểm:` and `Chủ trì:` begin lines of the body, with numbers or dashes before them; their values go
on over the following lines. Where there are no such lines the sentence that invites is read.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.recognition import Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.text.folding import fold
from mailhub.text.lines import Source

LONGEST = 400  # characters of one value
MOST_ROWS = 6  # that one value goes on over
_MIDDLE = 300  # rows of the body that are looked at

_LEAD = r"^\W{0,5}(?:(?:\d{1,2}|[a-zđ]|[ivx]{1,4})\s?[.,)\-:/]{1,2}\s*)?\W{0,3}"
_END = r"\s?(?:[:;.\-–=]|\b(?=\s|$))\W{0,3}"
_FIELDS = {
    "time": re.compile(_LEAD + r"(?:thoi gian(?: hop| bat dau| to chuc| khai mac| du kien)?)" + _END),
    "place": re.compile(_LEAD + r"(?:dia diem(?: hop| to chuc)?|noi hop)" + _END),
    "chair": re.compile(_LEAD + r"(?:nguoi chu tri|chu tri(?: hoi nghi| cuoc hop| buoi lam viec)?|chu toa)" + _END),
    "both": re.compile(_LEAD + r"(?:thoi gian(?: va|,) dia diem)" + _END),
    "other": re.compile(
        _LEAD + r"(?:thanh phan|noi dung|kinh phi|tai lieu|luu y|ghi chu|trang phuc|phuong tien|de nghi|rat mong"
        r"|kinh moi|tran trong|do tinh chat|vi tinh chat|yeu cau|lien he|su hien dien|chuan bi|dang ky|khach moi)\b"
    ),
}
_SPECK = re.compile(
    r"(?:\./\.?\s?|[.;]\s)[a-zà-ỹđ'`“”]{0,3}$"
)  # what OCR makes of a drafter's initials behind the last sentence
_ITEM = re.compile(r"^\s*(?:[-+•~*]|\d{1,2}\s?[.)])")
_HOUR = re.compile(
    r"\b(?P<h>\d{1,2})\s?(?:gio|g|h|:|giờ)\s?(?P<m>\d{2})?(?!\d)(?:\s?(?:phut|p|'|’|h))?(?:\s(?P<part>sang|trua|chieu|toi))?"
)
_DAY = re.compile(
    r"\b(?P<d>\d{1,2})(?:\s?(?:-|den|va)\s?\d{1,2}(?=/))?\s?(?:[/.]|-|\s?thang\s)\s?(?P<mo>\d{1,2})(?:\s?(?:[/.]|-|,?\s?nam\s)\s?(?P<y>(?:19|20)\d{2}))?(?![\d/])"
)
_INVITED = re.compile(r"\b(?:vao )?(?:luc|hoi)\s\d{1,2}\s?(?:gio|g|h|:)")
_AT = re.compile(r"(?i)[,;]?\s(?:tại|địa điểm:)\s")
_PRESIDES = re.compile(r"(?i)\bdo\s(?:đ/c|đ[ồô]ng chí|ông|bà)\s(?P<who>[^.;]{4,120}?)\s(?:làm\s)?chủ\s?(?:trì|toạ|tọa)")


def read_invitation(page: Page, issued: str | None = None) -> dict[str, Found]:
    """`meeting_time` (as printed), `meeting_starts` (ISO 8601, local), `meeting_place`, `meeting_chair`, where shown.

    `issued` is the document's date (ISO 8601): it gives the year where the paper leaves it out. Never raises.
    """
    rows = page.rows[page.body : max(page.foot, page.body)][:_MIDDLE]
    sure = 0.85 if page.source is Source.OCR else 0.95
    found: dict[str, Found] = {}
    for place, row in enumerate(rows):
        kind = _kind(row)
        if kind in ("", "other"):
            continue
        value = _value(rows, place, kind)
        if not value:
            continue
        if kind == "both":
            when, _, where = _parted(value)
            _put(found, "meeting_time", when, sure * 0.9, row)
            _put(found, "meeting_place", where, sure * 0.9, row)
        else:
            _put(
                found,
                {"time": "meeting_time", "place": "meeting_place", "chair": "meeting_chair"}[kind],
                value,
                sure,
                row,
            )
    _from_sentence(found, rows, sure)
    when_found = found.get("meeting_time")
    starts = starts_at(when_found.value, issued) if when_found else None
    if starts and when_found:
        found["meeting_starts"] = Found(starts, when_found.confidence, when_found.evidence)
    return found


def _put(found: dict[str, Found], name: str, value: str, sure: float, row: Row) -> None:
    value = _SPECK.sub("", " ".join(value.split())[:LONGEST]).strip(" .;:,-–/")
    if value and name not in found:
        found[name] = Found(value, round(sure, 2), row.seen("mục của giấy mời"))


def _kind(row: Row) -> str:
    key = row.key[:80]
    for kind in ("both", "other", "time", "place", "chair"):
        if _FIELDS[kind].match(key):
            return kind
    return ""


def _value(rows: tuple[Row, ...], place: int, kind: str) -> str:
    """What follows the field's name, over its line and those that go on from it."""
    row = rows[place]
    match = _FIELDS[kind].match(row.key[:80])
    head, colon, rest = row.text.partition(":")
    if colon and len(head) < 45 and fold(head).strip() and match is not None and len(fold(head)) <= match.end() + 1:
        parts = [rest.strip()]
    else:
        parts = [_after_words(row, match.end() if match else 0)]
    for later in rows[place + 1 : place + 1 + MOST_ROWS]:
        before = parts[-1]
        same_line = later.index == row.index
        if not same_line and (_kind(later) or (later.gap and before and not later.text[:1].islower())):
            break
        if not same_line and before and _ITEM.match(later.text):
            break
        if before.endswith((".", ";", "/.")) and not (later.text[:1].islower() or _abbreviated(before)):
            break
        parts.append(later.text.lstrip(": "))
        if sum(map(len, parts)) > LONGEST:
            break
    return " ".join(part for part in parts if part)


def _abbreviated(text: str) -> bool:
    """Whether the line ends with `TP.`, `P.`, `ĐT.` rather than with a sentence."""
    return bool(re.search(r"(?:\bTP|\bP|\bQ|\bTX|\bĐT)\.$", text))


def _after_words(row: Row, key_end: int) -> str:
    """The text behind as many words as the field's name has."""
    count = len(row.key[:key_end].split())
    return " ".join(row.text.split()[count:])


def _parted(value: str) -> tuple[str, str, str]:
    match = _AT.search(value)
    return (value, "", "") if match is None else (value[: match.start()], match.group(), value[match.end() :])


def _from_sentence(found: dict[str, Found], rows: tuple[Row, ...], sure: float) -> None:
    """Time, place and chair out of prose: `… vào lúc 14 giờ ngày … tại …`, `… do ông … chủ trì`."""
    for place, row in enumerate(rows):
        text = " ".join(r.text for r in rows[place : place + 3])[:600]
        invited = _INVITED.search(row.key) if "meeting_time" not in found else None
        if invited is not None:
            start = _same_place(row.text, invited.start())
            when, _, where = _parted(text[start:].split(". ")[0])
            if _DAY.search(fold(when)):
                _put(found, "meeting_time", when, sure * 0.8, row)
                _put(found, "meeting_place", where, sure * 0.75, row)
        presides = _PRESIDES.search(text) if "meeting_chair" not in found else None
        if presides is not None and presides.start() < len(row.text):
            who = presides["who"]
            if read_name(re.split(r"\s[-–—]\s|,", who)[0]) is not None:
                _put(found, "meeting_chair", who, sure * 0.8, row)


def _same_place(text: str, key_place: int) -> int:
    """The place in `text` that corresponds to one in its folded form, which keeps the words but not their lengths."""
    words = len(fold(text)[:key_place].split())
    split = text.split()
    return len(" ".join(split[:words])) + (1 if words else 0)


def starts_at(when: str, issued: str | None = None) -> str | None:
    """`8 giờ 00, thứ Hai, ngày 15/01/2018` → `2018-01-15T08:00`; None when hour or day cannot be read."""
    key = fold(when[:LONGEST])
    hour, day = _HOUR.search(key), _DAY.search(key)
    if hour is None or day is None:
        return None
    clock = int(hour["h"])
    if clock < 12 and (hour["part"] in ("chieu", "toi") or ("chieu" in key and "sang" not in key and clock < 7)):
        clock += 12
    year = int(day["y"]) if day["y"] else None
    try:
        if year is not None:
            return _moment(year, int(day["mo"]), int(day["d"]), clock, int(hour["m"] or 0)).isoformat(
                timespec="minutes"
            )
        return _in_the_year(int(day["mo"]), int(day["d"]), clock, int(hour["m"] or 0), issued)
    except ValueError:
        return None


def _in_the_year(month: int, day: int, hour: int, minute: int, issued: str | None) -> str | None:
    """The day's first occurrence that is not long before the document's date."""
    if not issued:
        return None
    written = datetime.fromisoformat(issued)
    for year in (written.year, written.year + 1):
        moment = _moment(year, month, day, hour, minute)
        if moment >= written - timedelta(days=30):
            return moment.isoformat(timespec="minutes")
    return None


def _moment(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    """A local time: what is printed says nothing of zones. Raises ValueError for a day that does not exist."""
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001
