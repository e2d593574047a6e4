"""Which column is what: the words that agencies put above them (reference/organisation § 4.3)."""

from __future__ import annotations

import re
from enum import StrEnum

from mailhub.text.folding import fold


class Field(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    NAME = "name"
    FAMILY = "family"  # họ và tên đệm, where the given name stands in a column of its own
    GIVEN = "given"
    TITLE = "title"
    UNIT = "unit"
    UNIT_CODE = "unit-code"
    BIRTH = "birth"
    IDENTIFIER = "identifier"
    ADDRESS = "address"
    PRIVATE = "private"  # a private address, for recovery
    CONSENT = "consent"
    PHONE = "phone"
    EMPLOYMENT = "employment"
    ENDS = "ends"
    FORMER = "former"  # the address in a domain that joins (joining.py)
    KIND = "kind"  # whose mailbox it is, a person's or an office's
    NOTE = "note"
    NONE = "none"  # known, and of no use here


# In this order: the first that fits the folded words, punctuation taken out, decides.
_SHAPES: tuple[tuple[Field, str], ...] = (
    (Field.NONE, r"(?:ngay|noi|co quan) cap\b.*|.*\b(?:gioi tinh|dan toc|ton giao|que quan|trinh do|chu ky)\b.*"),
    (Field.NONE, r"thong tin.*|(?:ngay|thoi diem) (?:vao|tuyen|bo nhiem|bat dau|nhan).*|so hieu.*|ma (?:nv|nhan)\b.*"),
    (Field.CONSENT, r".*\bdong y\b.*"),
    (Field.PRIVATE, r".*(?:mail|thu).*\b(?:ca nhan|rieng|khoi phuc|gmail)\b.*"),
    (Field.ENDS, r".*\b(?:nghi huu|nghi viec|thoi viec|ngay nghi|nghi tu|cham dut|ngay thu hoi|ngay ket thuc)\b.*"),
    (Field.IDENTIFIER, r".*\b(?:cccd|cmnd|cmt|can cuoc|chung minh|so dinh danh|ma dinh danh ca nhan|sdd)\b.*"),
    (Field.BIRTH, r"(?:ngay|nam|ng|ngay thang|ngay thang nam|thang nam) ?sinh\b.*|sinh (?:ngay|nam)\b.*|dob|ngaysinh"),
    (Field.PHONE, r".*\b(?:dien thoai|di dong|sdt|so dt|dtdd|dt|phone|mobile|tel)\b.*"),
    (Field.ADDRESS, r".*\be ?mail\b.*|.*\b(?:thu dien tu|thu cong vu|dia chi thu|hop thu|tai khoan thu)\b.*"),
    (Field.NUMBER, r"stt|tt|so tt|so thu tu|no"),
    (Field.FAMILY, r"ho|ho dem|ho va (?:dem|ten dem|chu dem|chu lot|lot)|ho (?:ten dem|chu dem|lot|chu lot)"),
    (Field.GIVEN, r"ten|ten rieng"),
    (Field.NAME, r"(?:ho va ten|ho ten|hoten|full name|ten (?:can bo|nhan vien|nguoi|cong chuc|vien chuc))\b.*|name"),
    (Field.TITLE, r"(?:chuc vu|chuc danh|vi tri|chuc vi|title)\b.*|cv"),
    (Field.UNIT_CODE, r"ma (?:don vi|co quan|dinh danh|phong)\b.*"),
    (Field.EMPLOYMENT, r"(?:loai|hinh thuc|doi tuong|dien)\b.*\b(?:lao dong|hop dong|can bo|cong chuc).*|bien che.*"),
    (Field.UNIT, r"(?:ten )?(?:don vi|co quan|phong ban|phong|bo phan|noi cong tac|noi lam viec|to chuc|dv)\b.*"),
    (Field.NOTE, r"ghi chu.*|note|luu y.*"),
)  # fmt: skip
_COMPILED = tuple((field, re.compile(shape)) for field, shape in _SHAPES)
_SIGNS = re.compile(r"[^\w]+|_")
_IN_BRACKETS = re.compile(r"\([^()]{0,60}\)")
_LONGEST = 80
# What the second row of a header says under a merged cell.
_BELOW = re.compile(r"nam|nu|co quan|ca nhan|rieng|di dong|cong vu|ngay|thang|so|ho|ten|ho dem|ho va ten dem")


def words_of(label: str) -> str:
    """A header's words for comparison: `Họ, đệm` → `ho dem`."""
    return _SIGNS.sub(" ", fold(label)).strip()


def field_of(label: str) -> Field | None:
    """What the header `label` names, or None."""
    if not label or len(label) > _LONGEST:
        return None
    for words in dict.fromkeys((words_of(_IN_BRACKETS.sub(" ", label)), words_of(label))):
        for field, shape in _COMPILED:
            if shape.fullmatch(words):
                return field
    return None


def is_sub_header(label: str) -> bool:
    """Whether `label` can stand in a header's second row."""
    return field_of(label) is not None or _BELOW.fullmatch(words_of(label)) is not None
