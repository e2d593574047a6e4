"""What a cell means: names, days, identifiers, telephone numbers as people type them. Pure.

Each function gives the value (None or '' when there is none) and what there is to say about the cell.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Employment
from mailhub.accounts.people import identity
from mailhub.roster.findings import Finding, remark
from mailhub.text.folding import clean, fold

_NUMBERED = re.compile(r"^\s*\d{1,4}\s*[.)/-]\s+")
_ADDRESSED = re.compile(r"^(?:ông|bà|đ/c|đc|đồng chí|(?:th\.?s|ts|pgs|gs|bs|ks|cn)\.)\s*[:.]?\s+", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’ʼ`.\-])*")
_APOSTROPHES = str.maketrans("’ʼ`‘´", "'''''")
_PARTS = re.compile(r"([ '\-.])")
_FORMULA = re.compile(r"[=+@]|-\S*[(|!]")  # what Excel would compute, in a cell that is text
LONGEST_NAME = 200
# Formulas that nobody computed have no value in the file: such a cell is read as empty.
_MISSING = "ghi đủ họ và tên; nếu ô là công thức: mở bằng Excel, đổi thành giá trị rồi lưu lại"

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
_YEAR = re.compile(r"(?:năm\s*)?(19\d\d|20\d\d)", re.IGNORECASE)
_MONTH = re.compile(r"(\d{1,2})\s*[/.\-]\s*((?:19|20)\d\d)")
_HOUR = re.compile(r"\s+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[APap][Mm])?$")
_EXCEL = date(1899, 12, 30)  # day 0 as Excel counts from March 1900 on (ECMA-376 part 1 § 18.17.4.1)
_SERIALS = range(3_000, 80_000)
_AGES = range(15, 100)

# 10 or 11 digits, zeros put back: a province, a century (with the sex), a year of birth that somebody at work can have.
_RESTORED = re.compile(r"0(?:0[1-9]|[1-8]\d|9[0-6])(?:[01]\d\d|[23][01]\d)\d{6}")
_FLOAT = re.compile(r"(\d+)\.0+")
_BROKEN = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
_KINDS = (
    (Employment.CONTRACT, ("hop dong", "hdld", "ldhd", "nguoi lao dong")),
    (Employment.CIVIL_SERVANT, ("cong chuc",)),
    (Employment.PUBLIC_EMPLOYEE, ("vien chuc",)),
    (Employment.OFFICER, ("can bo",)),
)


def read_name(text: str) -> tuple[str, list[Finding]]:
    """A person's name in NFC, `NGUYỄN VĂN AN` as `Nguyễn Văn An`."""
    found: list[Finding] = []
    name = " ".join(clean(text).translate(_APOSTROPHES).split())
    if _FORMULA.match(name.lstrip("' ")):
        return "", [Finding(f"“{name[:40]}” là công thức, không phải họ và tên", "ghi thẳng họ và tên vào ô")]
    name = _NUMBERED.sub("", name)
    plain = _ADDRESSED.sub("", name)
    if plain != name:
        found.append(remark(f"đã bỏ cách xưng hô trong “{name}”"))
        name = plain
    name = name.strip(" .,-;")
    if not name:
        return "", [Finding("thiếu họ và tên", _MISSING)]
    if len(name) > LONGEST_NAME:
        return "", [Finding(f"họ và tên dài {len(name)} ký tự", f"rút gọn còn nhiều nhất {LONGEST_NAME} ký tự")]
    if _NAME.fullmatch(name) is None:
        odd = "".join(dict.fromkeys(c for c in name if not (c.isalpha() or c in " '.-")))
        return name, [Finding(f"họ và tên có ký tự lạ “{odd}”", "sửa lại họ và tên; có thể cột bị lệch")]
    if " " not in name:
        found.append(remark(f"họ và tên chỉ có một chữ “{name}”", "kiểm tra lại"))
    if len(name) > 2 and (name.isupper() or name.islower()):
        proper = "".join(part[:1].upper() + part[1:].lower() for part in _PARTS.split(name))
        found.append(remark(f"“{name}” ghi thành “{proper}”"))
        name = proper
    return name, found


def read_halves(family: str, given: str) -> tuple[str, list[Finding]]:
    """A name in two columns; half a name is none."""
    if bool(family.strip()) != bool(given.strip()):
        half = "tên" if family.strip() else "họ"
        todo = f"{_MISSING} (người chỉ có tên, không có họ: dùng một cột “Họ và tên”)"
        return "", [Finding(f"thiếu {half} của “{(family or given)[:40]}”", todo)]
    return read_name(f"{family} {given}".strip())


def read_day(text: str) -> tuple[date | None, int | None, list[Finding]]:
    """A day as people write it, or only its year; also as Excel counts days (a number)."""
    plain = _HOUR.sub("", clean(text).strip().strip("'").rstrip(".")).replace("T00:00:00", "")
    if not plain:
        return None, None, []
    if found := _YEAR.fullmatch(plain):
        return None, int(found[1]), [remark("chỉ có năm", "nếu cần phân biệt người trùng tên, ghi đủ ngày/tháng/năm")]
    if found := _MONTH.fullmatch(plain):
        return None, int(found[2]), [remark("chỉ có tháng và năm")]
    if plain.isdigit() and int(plain) in _SERIALS:
        day = _EXCEL + timedelta(days=int(plain))
        return day, day.year, [remark(f"số {plain} của Excel hiểu là ngày {day:%d/%m/%Y}")]
    if found := _ISO.fullmatch(plain):
        return _made(plain, int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY.fullmatch(plain):
        year = int(found[3])
        short = len(found[3]) == 2
        if short:
            year += 1900 if year >= 30 else 2000
        day_, year_, notes = _made(plain, year, int(found[2]), int(found[1]))
        return day_, year_, [*notes, *([remark(f"năm có 2 chữ số, hiểu là {year}")] if short and day_ else [])]
    return None, None, [Finding(f"“{plain[:40]}” không phải là ngày", "ghi ngày/tháng/năm, ví dụ 05/03/1985")]


def _made(text: str, year: int, month: int, day: int) -> tuple[date | None, int | None, list[Finding]]:
    try:
        found = date(year, month, day)
    except ValueError:
        return None, None, [Finding(f"“{text}” không có trong lịch", "ghi ngày trước, tháng sau: 25/03/1985")]
    return found, found.year, []


def check_age(born: date | None, year: int | None, today: date) -> list[Finding]:
    """Whether somebody born then can work for an agency today."""
    born_in = born.year if born is not None else year
    if born_in is None or today.year - born_in in _AGES:
        return []
    return [Finding(f"năm sinh {born_in} không hợp lý", "kiểm tra lại ngày sinh")]


def read_identifier(text: str) -> tuple[str, list[Finding]]:
    """The personal identifier (12 digits) or an old identity card's number (9 digits); zeros that Excel lost are put
    back: 12 digits begin with a province's 001 to 096 (NĐ 137/2015/NĐ-CP Điều 13)."""
    plain = clean(text).strip().lstrip("'`’").strip()
    if not plain:
        return "", []
    if _BROKEN.fullmatch(plain):
        todo = "định dạng cột là Văn bản (Text) rồi nhập lại số"
        return "", [Finding("Excel đã làm mất chữ số của số định danh", todo)]
    if found := _FLOAT.fullmatch(plain):
        plain = found[1]
    digits = re.sub(r"[\s.\-]", "", plain)
    if not digits.isascii() or not digits.isdigit():
        return "", [Finding("số định danh có ký tự không phải chữ số", "ghi 12 chữ số của CCCD")]
    length = len(digits)
    notes = []
    if length in (10, 11) and _RESTORED.fullmatch(digits.zfill(12)):
        digits, notes = (
            digits.zfill(12),
            [remark(f"số CCCD chỉ có {length} chữ số, đã thêm số 0 ở đầu", "kiểm tra lại")],
        )
    elif length == 8:
        digits, notes = digits.zfill(9), [remark("số CMND chỉ có 8 chữ số, đã thêm số 0 ở đầu", "kiểm tra lại")]
    if len(digits) not in (9, 12):
        much = f"chỉ có {length} chữ số" if length < 12 else f"có {length} chữ số"
        return "", [Finding(f"số định danh {much}, cần 12 (hoặc 9 đối với CMND)", "ghi đủ 12 chữ số của CCCD")]
    try:
        return identity.read_identifier(digits), notes
    except InvalidValue:
        return "", [Finding("số CCCD không bắt đầu bằng mã tỉnh (001 đến 096)", "kiểm tra lại số định danh")]


def read_phone(text: str) -> tuple[str, list[Finding]]:
    """A telephone number of 10 or 11 digits; what is none is left out, which is only a remark."""
    plain = clean(text).strip().lstrip("'`’")
    if not plain:
        return "", []
    parts = [part for part in re.split(r"[/;,\n]|\s-\s", plain) if part.strip()]
    found = [remark("có nhiều số điện thoại, chỉ lấy số đầu")] if len(parts) > 1 else []
    first = parts[0].strip() if parts else ""
    if whole := _FLOAT.fullmatch(first):
        first = whole[1]
    digits = re.sub(r"[\s.()\-]", "", first)
    for prefix in ("+84", "0084", "84"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (9, 10):
            digits = "0" + digits.removeprefix(prefix)
    if digits.isascii() and digits.isdigit():
        if len(digits) == 9:
            return "0" + digits, [*found, remark("số điện thoại mất số 0 ở đầu, đã thêm")]
        if len(digits) in (10, 11) and digits.startswith("0"):
            return digits, found
    return "", [*found, remark("không phải số điện thoại, để trống", "ghi 10 chữ số")]


def read_employment(text: str) -> tuple[Employment, list[Finding]]:
    """By what law somebody works."""
    words = fold(text)
    if not words:
        return Employment.UNKNOWN, []
    for kind, signs in _KINDS:
        if any(sign in words for sign in signs):
            return kind, []
    return Employment.UNKNOWN, [remark(f"chưa rõ loại lao động “{text[:40]}”, để trống")]


def is_yes(text: str) -> bool:
    """Whether a cell of a consent column says yes."""
    return fold(text).strip(" .") in ("x", "co", "dong y", "yes", "v", "1", "true", "da dong y")
