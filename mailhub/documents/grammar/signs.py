"""What kind of line a row is: the landmarks of an official document, told from the folded text.

Each test is one look at a row and costs time in its length only (no nested repetition in any expression).
"""

from __future__ import annotations

import re

from mailhub.documents.grammar.rows import Row
from mailhub.text.folding import CAPITALS, SMALL

_MOTTO = ("cong", "hoa", "xa", "hoi", "chu", "nghia", "viet", "nam")
_CREED = ("doc", "lap", "tu", "do", "hanh", "phuc")
_WORDS = re.compile(r"[a-z0-9]+")
# `Số: 15/QĐ-BNV`, `Luật số: 20/2023/QH15`, `Số 15-CT/TU`, `Số :Á4¿ 5 /GM-SYT`, `Số:      /KH-UBND`.
_NUMBER = re.compile(
    r"^[^0-9" + CAPITALS + SMALL + r"]{0,6}(?:(?:Luật|LUẬT|Lệnh|Pháp lệnh)\s+)?[Ss5][ỐỒỔốồổôÔóÓòÒỗỖoO0ơỏỎộỘ6]{1,2}"
    r"(?:\s*(?:và\s+)?[Kk]ý hiệu)?\s{0,3}[:.;,]*(?P<rest>.{0,60}?[/⁄∕\-–].{0,80})$"
)
_BENT_NUMBER = re.compile(
    r"^\W{0,4}[Ss5$][^\s:]{1,3}\s?[:.;](?P<rest>.{0,14}[/⁄∕]\s?[" + CAPITALS + r"]{2,9}\s?[-–=].{1,60})$"
)
_OTHER_NUMBERS = re.compile(
    r"^\W*so (?:hieu|ky hieu|va ky|luong|tai khoan|dien thoai|cmnd|cccd|tt|nha|vao so|den|phat hanh|dkkd)\b"
)
_BENT = re.compile(
    r"[öäëïåøœæçñ]|[^\w&.,;:()\-–/'\"“”‘’%+]|\d[A-Za-z]|//|^[^\w(\"“–-]{2,}$|[" + SMALL + "][" + CAPITALS + "]"
)
_STAMP = re.compile(
    r"^\W*(?:(?:cong van |cv )?den\b|s[o06]\W{0,4}\d+\W*$|ngay\W{0,4}\d|gio\W{0,4}\d|chuyen\s?:"
    r"|luu ho so|so va ky hieu hs)"
)
_DATE = re.compile(r"\b(?:n[gq][a-z]{0,3}y|ngaw|ngav).{0,16}?t?h[a-z]{1,3}[gq].{0,10}?(?<![a-z])n[a-z]{1,2}m?\b")
_ADDRESS = re.compile(
    r"^\W{0,3}(?:\w{2,7} (?:toc|khan|mat)\W{1,3})?"
    r"(?:kinh\s?(?:gui|goi|cui|gti|gdi|giri)|(?:than|than ai|men) gui|kinh thua)\b"
)
_BASIS = re.compile(r"^\W{0,3}(?:can|cin|cdn)\s?(?:cu|ct|ctr|cf)\b")
_RECIPIENTS = re.compile(r"^\W{0,3}n?[o0]i\s?nh[aâd]n\b|^\W{0,3}n[o0]i gui\b")
_AUTHORITY = re.compile(r"^\W{0,3}(?:TM|KT|TL|TUQ|T/M|K/T|T/L|Q)\s?[.,/]\s?[" + CAPITALS + "]")
_ABOUT = re.compile(r"^[\W_]{0,4}(?:[vw]\s?/\s?[vw]{1,2}\b|[vw]/-|viv\b|wv\b|ve viec\b)[\s:.,\-]*")
_PORTAL = re.compile(
    r"@|https?:|www\.|\+0\d:00|thoi gian ky|nguoi ky|ky boi|email|^co quan:|sign in|cong bao|\bgov\.vn|^\W*sao y[;:]"
)


def is_bent(text: str) -> bool:
    """Whether OCR left signs, digits or capitals within words, in a sixth of them or more."""
    words = text.split()
    return sum(_BENT.search(word) is not None for word in words) * 6 >= len(words) > 0


def is_stamp(row: Row) -> bool:
    """A line of the stamp that the receiving office puts on: `ĐẾN`, `Số: 4701`, `Ngày: 13/3/2025`, `Chuyển: …`."""
    return len(row.key) < 50 and _STAMP.match(row.key) is not None


def words_of(row: Row) -> list[str]:
    """The folded words of a row, without signs."""
    return _WORDS.findall(row.key)


def is_motto(row: Row) -> bool:
    """The Quốc hiệu, or a Party's or union's line in its place."""
    if len(row.key) > 90:
        return False
    key = row.key
    if "cong san viet nam" in key and len(key) < 40 and row.capitals:
        return True
    if key.startswith(("doan tncs ho chi minh", "doan thanh nien cong san")) and len(key) < 48:
        return True
    # Bảo hiểm xã hội Việt Nam has four of its words.
    return _agree(row, _MOTTO, 5) or (row.capitals and "nghia" in row.key and _agree(row, _MOTTO, 4))


def is_creed(row: Row) -> bool:
    """The Tiêu ngữ."""
    return len(row.key) <= 60 and _agree(row, _CREED, 4)


def _agree(row: Row, wanted: tuple[str, ...], least: int) -> bool:
    words = words_of(row)
    if not least <= len(words) <= len(wanted) + 6:
        return False
    at = 0
    hits = 0
    for word in words:
        if word in wanted[at:]:
            at = wanted.index(word, at) + 1
            hits += 1
    return hits >= least


def number_part(row: Row) -> str | None:
    """What follows `Số` when the row is a number line (perhaps a blank one), else None."""
    if len(row.text) > 200:
        return None
    match = _NUMBER.match(row.text) or _BENT_NUMBER.match(row.text)
    if match is None or _OTHER_NUMBERS.match(row.key):
        return None
    rest = re.sub(r"^\s*[/⁄∕]\s?(?=\d+\s?[/⁄∕])", "", match["rest"])
    slash = re.search(r"[/⁄∕]|[-–]\s*[A-ZĐ]", rest)
    if slash is None or len(rest[: slash.start()].replace(" ", "").strip(".…_: ")) > 9:
        return None
    after = rest[slash.end() - 1 if rest[slash.end() - 1 : slash.end()].isalpha() else slash.end() :].strip(" .…")
    return rest if re.match(r"[\s\d/\-–]*[A-ZĐÐƯƠa-z]", after) and not re.match(r"(?i)\s*ngày", after) else None


def is_date(row: Row) -> bool:
    """Whether `ngày … tháng … năm …` stands in the row, blanks in it or not, at the end of it."""
    if len(row.key) > 120:
        return False
    return _DATE.search(row.key) is not None


def is_dateline(row: Row) -> bool:
    """`Hà Nội, ngày 05 tháng 01 năm 2020` and hardly anything else, blanks for the day or not."""
    match = _DATE.search(row.key) if len(row.key) <= 100 else None
    if match is None or is_portal(row) or about(row):
        return False
    before, after = row.key[: match.start()], row.key[match.end() :]
    if len(before) > 48 or any(c.isdigit() for c in before) or len(after) > 22:
        return False
    if before.startswith(("hom nay", "vao ", "luc ")):
        return False
    if row.text[:1].isupper():
        return True
    return not any(c.isalpha() for c in after) if not before.strip() else not row.text[:1].isalpha()


def is_address(row: Row) -> bool:
    """`Kính gửi`."""
    return _ADDRESS.match(row.key) is not None


def is_basis(row: Row) -> bool:
    """`Căn cứ …`, with which the reasons of a decision begin."""
    return _BASIS.match(row.key) is not None


def is_recipients(row: Row) -> bool:
    """`Nơi nhận`."""
    return _RECIPIENTS.match(row.key) is not None


def is_authority(row: Row) -> bool:
    """`TM. …`, `KT. …` and their like (Điều 13)."""
    return len(row.text) < 90 and _AUTHORITY.match(row.text) is not None


def about(row: Row) -> int:
    """How many characters `V/v` takes at the beginning of the row, 0 when it does not begin so."""
    match = _ABOUT.match(row.key)
    return match.end() if match else 0


def is_portal(row: Row) -> bool:
    """Lines of portals and of signing software."""
    return _PORTAL.search(row.key) is not None
