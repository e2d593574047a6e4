"""The search line for mail (reference/ux § 2), as people type it who have a caller on the telephone. Pure.

    từ:an@sodu.gov.vn người-nhận:gmail.com trạng-thái:lỗi số:156/QĐ-UBND sau:01/11/2026 "giao ban"
    Người nhận: an@sodu.gov.vn công văn số 156 hôm qua

Marks, letter case, hyphens and blanks of the keys do not matter. What has no key is taken for what it looks like: a
code, an address or a part of one, a document's number, a day, else words of the subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from mailhub.clock import DAY, local_time, midnight
from mailhub.ids import read_code
from mailhub.queue.sought import MOST_WORDS, BadWord, MailState, Sought
from mailhub.registry.closed import in_its_spelling, read_day
from mailhub.text.folding import fold

LONGEST = 500
_MORE = 3  # words that may belong to a value with blanks in it
_DAY_KEY = "day"  # both ends of `since` and `until`
_KEYS = {
    "sender": ("tu", "from", "nguoigui", "gui", "guitu", "thutu", "sender"),
    "to": ("nguoinhan", "den", "to", "nhan", "guiden", "guitoi", "guicho", "toi", "noinhan", "recipient"),
    "state": ("trangthai", "tinhtrang", "state", "is", "status"),
    "number": ("so", "sokyhieu", "kyhieu", "sovanban", "sohieu", "number", "no"),
    "doc_type": ("loai", "loaivanban", "type"),
    "until": ("truoc", "truocngay", "before"),
    "through": ("denngay", "denhetngay", "toingay", "until"),
    "since": ("sau", "tungay", "saungay", "after", "since"),
    _DAY_KEY: ("ngay", "day", "date"),
    "ident": ("ma", "mathu", "code", "id", "messageid"),
    "words": ("tieude", "subject", "trichyeu", "chude"),
}
_NAMED = {name: key for key, names in _KEYS.items() for name in names}
_STATES = {
    MailState.WAITING: ("dangchuyen", "dangcho", "waiting", "queued", "open"),
    MailState.HELD: ("choduyet", "cho", "held", "hold", "giulai"),
    MailState.DEFERRED: ("chuaguiduoc", "tamloi", "deferred", "guilai"),
    MailState.DELIVERED: ("dadennoi", "daden", "davaohopthu", "delivered", "xong"),
    MailState.FAILED: ("loi", "khongguiduoc", "failed", "bounced", "error"),
    MailState.REFUSED: ("tuchoi", "bituchoi", "refused", "khongchogui"),
    MailState.WITHDRAWN: ("dahuy", "huy", "withdrawn", "cancelled"),
}
_STATED = {name: state for state, names in _STATES.items() for name in names}
_TOKEN = re.compile(r'(?P<key>[^\s:"<>@]+):(?:"(?P<said>[^"]*)"|(?P<value>\S*))|"(?P<quoted>[^"]*)"|(?P<bare>\S+)')
_NUMBER = re.compile(r"\d{1,6}[^\W\d_]?(?:/(?:19|20)\d{2})?[-/][^\W\d_]\S*")
_SPREAD = re.compile(r"(?<![\w/])(\d{1,6}) *(/) *([^\W\d_]{1,6}) *([-–—]) *(?=[^\W\d_])")  # 156 / QĐ - UBND
_DIGITS = re.compile(r"\d{1,6}")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_FULL_DAY = re.compile(r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2}")
_PART = re.compile(r"[a-z0-9_-]{2,}(?:\.[a-z0-9_-]{2,})+")  # lan.nguyen, gmail.com
_AGO = re.compile(r"(\d{1,4})([hgdn])")
_AROUND = "[](){}#.,;'“”‘’"
_SAYS_NUMBER, _SAYS_CODE, _SAYS_DAY = ("so",), ("ma", "thu", "code"), ("ngay",)


@dataclass(frozen=True, slots=True)
class _Term:
    """A piece of the line: `key` as typed, "" for what has none; `text` as it stood."""

    key: str
    value: str
    text: str
    quoted: bool = False

    @property
    def is_bare(self) -> bool:
        return not self.key and not self.quoted


def read_line(line: str, *, at: int) -> Sought:
    """What the line asks for; `at` is now (ms).

    Raises:
        BadWord: the first word that means nothing.
    """
    if line.count('"') % 2:
        raise BadWord('"', "quote")
    return _Reading(_terms(_SPREAD.sub(r"\1\2\3\4", line[:LONGEST])), at).read()


def read_moment(text: str, *, at: int) -> int | None:
    """The moment that `21/11/2026`, `21/11`, `2026-11-21`, `24h` or `7d` (`7n`: ngày) begins with; None: none."""
    ago = _AGO.fullmatch(fold(text))
    if ago is not None:
        return at - int(ago[1]) * (DAY // 24 if ago[2] in "hg" else DAY)
    today = local_time(at).date()
    if _plain(text) in ("homnay", "today"):
        return midnight(today)
    if _plain(text) in ("homqua", "yesterday"):
        return midnight(today - timedelta(days=1))
    day = read_day(text) or read_day(f"{text}/{today.year}")
    return None if day is None or not date(1970, 1, 2) <= day <= date(2999, 12, 31) else midnight(day)


def read_ident(text: str) -> str | None:
    """A code as it is stored, or a Message-ID between its brackets; None when it is neither."""
    code = read_code(text.strip(_AROUND + " "))
    if code is not None:
        return code
    inside = text.strip().removeprefix("<").removesuffix(">")
    fine = "@" in inside and not any(sign.isspace() or sign in "<>" for sign in inside)
    return f"<{inside}>" if fine else None


def _terms(line: str) -> list[_Term]:
    found = []
    for token in _TOKEN.finditer(line):
        key, quoted = token["key"], token["quoted"]
        if key is not None and not key.isdecimal():
            said = token["said"]
            found.append(
                _Term(key, (token["value"] or "" if said is None else said).strip(), token.group(), bool(said))
            )
        elif quoted is not None:
            found.append(_Term("", quoted, quoted, quoted=True))
        else:
            found.append(_Term("", token.group(), token.group()))
    return found


class _Reading:
    """One line under way: what was found, and the bare words before the place where it stands."""

    def __init__(self, terms: list[_Term], at: int) -> None:
        self._terms = terms
        self._at = at
        self._found = Sought()
        self._before: list[str] = []  # words as typed; what comes next may yet take them for its own

    def read(self) -> Sought:
        alone = len(self._terms) == 1
        while self._terms:
            term = self._terms.pop(0)
            if term.key:
                self._keyed(term)
            elif term.quoted:
                self._settle()
                self._more_words(term.value)
            elif not self._is_something(term.text, alone=alone):
                self._before.append(term.text)
        self._settle()
        return self._found

    # ------------------------------------------------------------ with a key

    def _keyed(self, term: _Term) -> None:
        name = self._name_of(term.key)
        if name is None and not term.value:  # `RE: …`, as a subject has it
            self._before.append(term.text)
            return
        self._settle()
        if name is None:
            raise BadWord(f"{term.key}:", "key")
        value = term.value
        if not value and self._terms and not self._terms[0].key:
            value = self._terms.pop(0).value.strip()
        if not value:
            raise BadWord(f"{term.key}:", "empty")
        if name == "words":
            self._more_words(value)
            return
        meant = self._meaning(name, value, quoted=term.quoted)
        if meant is None:
            raise BadWord(f"{term.key}:{value}", _WHY[name])
        self._set(name, meant, f"{term.key}:{value}")

    def _name_of(self, key: str) -> str | None:
        """What the key means; words before it may be its beginning: `Người nhận:`, `Số, ký hiệu:`."""
        for number in range(min(2, len(self._before)), -1, -1):
            words = self._before[len(self._before) - number :]
            name = _NAMED.get(_plain(" ".join([*words, key])))
            if name is not None:
                del self._before[len(self._before) - number :]
                return name
        return None

    def _meaning(self, name: str, value: str, *, quoted: bool) -> object:
        """The value that is meant, with as many of the words behind it as it can have."""
        read = _READERS.get(name)
        if read is None:
            return value
        behind = 0
        while not quoted and behind < min(_MORE, len(self._terms)) and self._terms[behind].is_bare:
            behind += 1
        for number in range(behind, -1, -1):
            meant = read(" ".join([value, *(one.text for one in self._terms[:number])]), self._at)
            if meant is not None:
                del self._terms[:number]
                return meant
        return None

    def _set(self, name: str, meant: Any, text: str) -> None:
        changed: dict[str, Any] = {name: meant}
        if name == "through":
            changed = {"until": meant + DAY}
        elif name == _DAY_KEY:
            changed = {"since": meant, "until": meant + DAY}
        if any(getattr(self._found, one) not in ("", None) for one in changed):
            raise BadWord(text, "twice")
        self._found = replace(self._found, **changed)

    # --------------------------------------------------------- without a key

    def _is_something(self, word: str, *, alone: bool) -> bool:
        """Take the word for what it looks like, with the words before it that say so; False: it is a word only."""
        found = self._found
        if not found.ident and (code := self._code(word, alone=alone)) is not None:
            self._drop(_SAYS_CODE)
            self._found = replace(found, ident=code)
        elif not found.someone and ("@" in word or _PART.fullmatch(word)):
            self._found = replace(found, someone=word)
        elif not found.number and self._is_number(word, alone=alone):
            self._found = replace(self._found, number=word)
        elif found.since is None and found.until is None and (day := self._day(word)) is not None:
            self._drop(_SAYS_DAY)
            self._found = replace(found, since=day, until=day + DAY)
        else:
            return False
        return True

    def _code(self, word: str, *, alone: bool) -> str | None:
        """`7K4-QW2-M9`, `[7k4-qw2-m9]`, `7K4 QW2 M9`; `7K4QW2M9` alone or where the word before says what it is."""
        if word.startswith("<"):
            return read_ident(word)
        bare = word.strip(_AROUND)
        if bare.count("-") == 2:
            return read_code(bare)
        named = alone or (bool(self._before) and _plain(self._before[-1]) in _SAYS_CODE)
        if named and any(sign.isdigit() for sign in bare) and any(sign.isalpha() for sign in bare):
            return read_code(bare)
        pieces = [bare, *(one.text.strip(_AROUND) for one in self._terms[:2] if one.is_bare)]
        if [len(one) for one in pieces] != [3, 3, 2] or not any(sign.isdigit() for sign in "".join(pieces)):
            return None
        code = read_code("".join(pieces))
        if code is not None:
            del self._terms[:2]
        return code

    def _is_number(self, word: str, *, alone: bool) -> bool:
        """`156/QĐ-UBND`; `156` alone, or in `số 156`, `quyết định 156`."""
        whole = _NUMBER.fullmatch(word) is not None
        if not whole and not _DIGITS.fullmatch(word):
            return False
        said = self._drop(_SAYS_NUMBER)
        kind = None if not (whole or said) and _YEAR.fullmatch(word) else self._kind()
        if not (whole or said or kind or alone):
            return False
        if kind and not whole and not self._found.doc_type:
            self._found = replace(self._found, doc_type=kind)
        return True

    def _kind(self) -> str | None:
        """The type of document that the words before name, which are taken."""
        for number in range(min(_MORE, len(self._before)), 0, -1):
            kind = in_its_spelling("doc_type", " ".join(self._before[-number:]))
            if kind:
                del self._before[-number:]
                return kind
        return None

    def _day(self, word: str) -> int | None:
        if _FULL_DAY.fullmatch(word):
            return read_moment(word, at=self._at)
        following = self._terms[0].text if self._terms and self._terms[0].is_bare else ""
        if _plain(word) == "hom" and _plain(following) in ("nay", "qua"):
            del self._terms[0]
            return read_moment(word + following, at=self._at)
        return None

    def _drop(self, saying: tuple[str, ...]) -> bool:
        """Take the words before that only say what comes."""
        before = len(self._before)
        while self._before and _plain(self._before[-1]) in saying:
            self._before.pop()
        return len(self._before) < before

    def _settle(self) -> None:
        """The words before stay words."""
        for word in self._before:
            self._more_words(word)
        self._before.clear()

    def _more_words(self, text: str) -> None:
        words = [word for word in fold(text).split() if any(sign.isalnum() for sign in word)]
        self._found = replace(self._found, words=(*self._found.words, *words)[:MOST_WORDS])


def _read_moment(text: str, at: int) -> int | None:
    return read_moment(text, at=at)


_READERS: dict[str, Callable[[str, int], object]] = {
    "state": lambda value, _: _STATED.get(_plain(value)),
    "doc_type": lambda value, _: in_its_spelling("doc_type", value.replace("-", " ")) or None,
    "since": _read_moment,
    "until": _read_moment,
    "through": _read_moment,
    _DAY_KEY: _read_moment,
    "ident": lambda value, _: read_ident(value),
}
_WHY = {
    "state": "state",
    "doc_type": "type",
    "ident": "code",
    **dict.fromkeys(("since", "until", "through", _DAY_KEY), "day"),
}


def _plain(text: str) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum())
