"""A mail address as staff lists have it: mended where there is one meaning only, refused otherwise. Pure.

The faults and what becomes of each are those of reference/organisation § 4.3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from mailhub.accounts.addresses import read_own, split
from mailhub.accounts.errors import InvalidAddress
from mailhub.roster.findings import Finding, remark
from mailhub.text.folding import clean, fold

PRIVATE_DOMAINS = frozenset(
    ("gmail.com", "googlemail.com", "yahoo.com", "yahoo.com.vn", "ymail.com", "hotmail.com", "outlook.com",
     "outlook.com.vn", "live.com", "msn.com", "icloud.com", "me.com", "proton.me", "protonmail.com", "zoho.com",
     "mail.com", "gmx.com", "fpt.vn", "vnn.vn", "hcm.vnn.vn", "hn.vnn.vn", "zalo.me", "facebook.com", "qq.com")
)  # fmt: skip
_WRAPPED = re.compile(r"^(?:e-?mail\s*:|mailto:)\s*|^<|>$", re.IGNORECASE)
_SEPARATED = re.compile(r"[;/]|,\s*(?=[^\s,]*@)|\s+(?=\S+@\S+\.)")


@dataclass(frozen=True, slots=True)
class GivenAddress:
    """`official` is one of ours that can be given out, `private` somebody's own elsewhere; both may be ''."""

    official: str = ""
    private: str = ""
    findings: tuple[Finding, ...] = field(default=())


def read_address(text: str, own_domains: Collection[str]) -> GivenAddress:
    """What the cell says, with what was mended; `own_domains` are the province's."""
    raw = clean(text).strip()
    if not raw or fold(raw).strip(" .-") in ("", "khong", "khong co", "chua co", "chua", "n/a", "x"):
        return GivenAddress()
    plain = _WRAPPED.sub("", _WRAPPED.sub("", raw)).strip()
    if plain.count("@") >= 2 and len([one for one in _SEPARATED.split(plain) if "@" in one]) >= 2:
        return _refused("có nhiều địa chỉ trong một ô", "chỉ ghi một địa chỉ thư công vụ")
    plain, notes = _mended(plain)
    if any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", plain)) or "đ" in plain.lower():
        return _refused(f"địa chỉ “{plain[:60]}” có dấu tiếng Việt", f"ghi không dấu, ví dụ {fold(plain)[:60]}")
    if re.search(r"\s", plain):
        return _refused(
            f"có khoảng trắng trong “{plain[:60]}”", "có thể thiếu dấu chấm; ghi lại địa chỉ, không có khoảng trắng"
        )
    if "@" not in plain:
        return _refused(f"“{plain[:60]}” không phải là địa chỉ thư", "ghi đủ tên@tên-miền")
    return _placed(plain, own_domains, notes)


def _mended(plain: str) -> tuple[str, list[Finding]]:
    """With what has one meaning only put right, and a remark for each."""
    notes: list[Finding] = []

    def mend(pattern: str, into: str, what: str) -> None:
        nonlocal plain
        fixed = re.sub(pattern, into, plain)
        if fixed != plain:
            notes.append(remark(what))
            plain = fixed

    mend(r"\s*([@.])\s*", r"\1", "đã bỏ khoảng trắng hoặc xuống dòng trong địa chỉ")
    mend(r"(?<=\S)\n(?=\S)", "", "đã bỏ xuống dòng trong địa chỉ")
    mend(r"@{2,}", "@", "đã bỏ bớt dấu @")
    mend(r"\s*,\s*", ".", "dấu phẩy trong địa chỉ đã đổi thành dấu chấm")
    mend(r"\.{2,}", ".", "đã bỏ bớt dấu chấm trong địa chỉ")
    mend(r"^\.+|\.+$|\.(?=@)|(?<=@)\.", "", "đã bỏ dấu chấm thừa trong địa chỉ")
    return plain, notes


def _placed(plain: str, own_domains: Collection[str], notes: list[Finding]) -> GivenAddress:
    domain = split(plain)[1].lower()
    if domain in PRIVATE_DOMAINS:
        private = plain.lower()
        what = f"{private} là hộp thư cá nhân, không dùng làm thư công vụ"
        return GivenAddress("", private, (*notes, remark(what, "hệ thống đặt địa chỉ theo quy tắc của tỉnh")))
    try:
        address = read_own(plain)
    except InvalidAddress:
        return _refused(f"“{plain[:60]}” không đặt được làm địa chỉ", "chỉ dùng chữ không dấu, số và . _ - trước dấu @")
    if domain not in own_domains:
        return _refused(f"tên miền {domain} không phải của tỉnh", "ghi địa chỉ thuộc tên miền của tỉnh, hoặc để trống")
    return GivenAddress(address, "", tuple(notes))


def read_private(text: str, own_domains: Collection[str]) -> tuple[str, list[Finding]]:
    """A private address for recovery: any domain but the province's, to which somebody locked out cannot log in."""
    raw = clean(text).strip()
    if not raw:
        return "", []
    plain, notes = _mended(_WRAPPED.sub("", raw).strip())
    if not plain.isascii() or re.fullmatch(r"[^\s@<>,;]{1,64}@[a-zA-Z0-9.-]{1,250}\.[a-zA-Z]{2,}", plain) is None:
        return "", [remark(f"“{raw[:60]}” không phải là địa chỉ thư, để trống")]
    if split(plain)[1].lower() in own_domains:
        return "", [remark("địa chỉ khôi phục phải ở ngoài hệ thống thư của tỉnh, để trống")]
    return plain.lower(), notes


def _refused(what: str, todo: str) -> GivenAddress:
    return GivenAddress(findings=(Finding(what, todo),))
