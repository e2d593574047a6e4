"""What a list says otherwise than the directory does of somebody. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from mailhub.accounts.models import Employment
from mailhub.roster.matching import Candidate
from mailhub.roster.present import Present
from mailhub.text.folding import fold


def values_of(one: Candidate) -> dict[str, Any]:
    """What the list says of a person, blanks left out: a blank never takes away what is there."""
    entry = one.entry
    found: dict[str, Any] = {"name": entry.name, "title": entry.title, "phone": entry.phone}
    found |= {"recovery": entry.recovery, "employment": entry.employment.value}
    found |= {"birth": entry.birth.isoformat() if entry.birth else "", "digest": one.digest.hex() if one.digest else ""}
    return {key: value for key, value in found.items() if value}


def differences(one: Candidate, who: Present) -> tuple[dict[str, tuple[str, str]], dict[str, Any]]:
    """What the list says otherwise than the directory: for people, and as values."""
    wanted = values_of(one)
    born = who.birth.isoformat() if who.birth else ""
    known = {"name": who.name, "title": who.title, "phone": who.phone, "recovery": who.recovery, "birth": born}
    known |= {"employment": who.employment.value, "digest": who.digest.hex() if who.digest else ""}
    if _is_poorer(wanted.get("name", ""), who.name):
        wanted["name"] = who.name
    wanted = {key: value for key, value in wanted.items() if _plain(value) != _plain(known[key])}
    fresh: dict[str, tuple[str, str]] = {}
    for key, value in wanted.items():
        if key in ("digest", "recovery"):
            fresh[_WORDS[key]] = ("có" if known[key] else "", "có (khác)" if known[key] else "có")
        else:
            fresh[_WORDS[key]] = (_shown(key, known[key]), _shown(key, value))
    return fresh, wanted


_WORDS = {
    "name": "họ tên",
    "title": "chức vụ",
    "phone": "điện thoại",
    "recovery": "địa chỉ khôi phục",
    "birth": "ngày sinh",
    "employment": "loại lao động",
    "digest": "số định danh",
}
_EMPLOYMENTS = {
    Employment.OFFICER: "cán bộ",
    Employment.CIVIL_SERVANT: "công chức",
    Employment.PUBLIC_EMPLOYEE: "viên chức",
    Employment.CONTRACT: "hợp đồng",
}


def _shown(key: str, value: str) -> str:
    if key == "birth" and value:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return _EMPLOYMENTS.get(Employment(value), "") if key == "employment" else value


def _plain(value: str) -> str:
    return " ".join(value.split())


def _is_poorer(name: str, known: str) -> bool:
    """The same name without its marks: a list typed on a machine without a Vietnamese keyboard."""
    return name.isascii() and not known.isascii() and fold(name) == fold(known)
