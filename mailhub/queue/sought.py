"""What somebody looks for in the mail, and the search line that says it (reference/ux § 2). Pure.

    từ:an@sodu.gov.vn người-nhận:gmail.com trạng-thái:lỗi số:156/QĐ-UBND sau:01/11/2026 "giao ban"

Marks, letter case and hyphens of the keys do not matter. What has no key is taken for what it looks like: a code, an
address, a document's number, else words of the subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from mailhub.clock import DAY, local_time, midnight
from mailhub.errors import MailhubError
from mailhub.ids import read_code
from mailhub.registry.closed import in_its_spelling, read_day
from mailhub.text.folding import fold

LONGEST = 500
MOST_WORDS = 12


class MailState(StrEnum):
    """How a message stands, as people ask for it: for one recipient at least."""

    WAITING = "waiting"  # on its way
    HELD = "held"  # until somebody gives a word, or it was read
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Everything that is set must fit. Addresses may be parts of one; `since` and `until` are ms, the latter beyond.

    `someone` is an address of the sender or of a recipient; `words` all stand in the subject.
    """

    sender: str = ""
    to: str = ""
    someone: str = ""
    number: str = ""
    ident: str = ""
    doc_type: str = ""
    state: MailState | None = None
    since: int | None = None
    until: int | None = None
    words: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: then everything fits."""
        return self == Sought()

    def named(self) -> str:
        """For the audit log: what was asked, in short."""
        said = [f"{name}:{getattr(self, name)}" for name in ("sender", "to", "someone", "number", "ident", "doc_type")
                if getattr(self, name)]  # fmt: skip
        said += [f"state:{self.state.value}"] if self.state else []
        for name in ("since", "until"):
            if (moment := getattr(self, name)) is not None:
                said.append(f"{name}:{local_time(moment):%Y-%m-%d}")
        return " ".join([*said, *self.words])[:200]


class BadWord(MailhubError):
    """A word of the search line that means nothing. `why`: key, empty, state, day, code, type, twice, quote."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f"{word}: {why}")
        self.word, self.why = word[:60], why


_KEYS = {
    "sender": ("tu", "from", "nguoigui", "gui", "sender"),
    "to": ("nguoinhan", "den", "to", "nhan", "recipient"),
    "state": ("trangthai", "state", "is", "status"),
    "number": ("so", "sokyhieu", "number", "no"),
    "doc_type": ("loai", "type"),
    "until": ("truoc", "before"),
    "since": ("sau", "tungay", "after", "since"),
    "ident": ("ma", "code", "id", "messageid"),
    "words": ("tieude", "subject", "trichyeu"),
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
_AGO = re.compile(r"(\d{1,4})([hgdn])")


def read_line(line: str, *, at: int) -> Sought:
    """What the line asks for; `at` is now (ms).

    Raises:
        BadWord: the first word that means nothing.
    """
    if line.count('"') % 2:
        raise BadWord('"', "quote")
    found = Sought()
    for token in _TOKEN.finditer(line[:LONGEST]):
        key, quoted = token["key"], token["quoted"]
        if key is not None and not key.isdecimal():
            value = token["said"] if token["said"] is not None else token["value"] or ""
            found = _keyed(found, key, value.strip(), at)
        elif quoted is not None:
            found = _more_words(found, quoted)
        else:
            found = _bare(found, token.group())
    return found


def read_moment(text: str, *, at: int) -> int | None:
    """The moment that `21/11/2026`, `21/11`, `2026-11-21`, `24h` or `7d` (`7n`: ngày) begins with; None: none."""
    ago = _AGO.fullmatch(fold(text))
    if ago is not None:
        return at - int(ago[1]) * (DAY // 24 if ago[2] in "hg" else DAY)
    today = local_time(at).date()
    if fold(text) in ("homnay", "hom-nay", "hom nay", "today"):
        return midnight(today)
    if fold(text) in ("homqua", "hom-qua", "hom qua", "yesterday"):
        return midnight(today - timedelta(days=1))
    day = read_day(text) or read_day(f"{text}/{today.year}")
    return None if day is None or not date(1970, 1, 2) <= day <= date(2999, 12, 31) else midnight(day)


def _keyed(found: Sought, key: str, value: str, at: int) -> Sought:
    name = _NAMED.get(_plain(key))
    if name is None:
        raise BadWord(f"{key}:", "key")
    if not value:
        raise BadWord(f"{key}:", "empty")
    if name == "words":
        return _more_words(found, value)
    if getattr(found, name) not in ("", None):
        raise BadWord(f"{key}:{value}", "twice")
    read = _READERS.get(name)
    meant = value if read is None else read(value, at)
    if meant is None:
        raise BadWord(f"{key}:{value}", _WHY[name])
    changed: dict[str, Any] = {name: meant}
    return replace(found, **changed)


def read_ident(text: str) -> str | None:
    """A code as it is stored, or a Message-ID between its brackets; None when it is neither."""
    code = read_code(text)
    if code is not None:
        return code
    inside = text.strip().removeprefix("<").removesuffix(">")
    fine = "@" in inside and not any(sign.isspace() or sign in "<>" for sign in inside)
    return f"<{inside}>" if fine else None


_READERS: dict[str, Callable[[str, int], object]] = {
    "state": lambda value, _: _STATED.get(_plain(value)),
    "doc_type": lambda value, _: in_its_spelling("doc_type", value.replace("-", " ")) or None,
    "since": lambda value, at: read_moment(value, at=at),
    "until": lambda value, at: read_moment(value, at=at),
    "ident": lambda value, _: read_ident(value),
}
_WHY = {"state": "state", "doc_type": "type", "since": "day", "until": "day", "ident": "code"}


def _bare(found: Sought, word: str) -> Sought:
    if not found.ident and len(word) >= len("7K4-QW2-M9") and word.count("-") == 2 and read_code(word) is not None:
        return replace(found, ident=read_code(word) or "")
    if not found.ident and word.startswith("<") and read_ident(word) is not None:
        return replace(found, ident=read_ident(word) or "")
    if not found.someone and "@" in word:
        return replace(found, someone=word)
    if not found.number and _NUMBER.fullmatch(word):
        return replace(found, number=word)
    return _more_words(found, word)


def _more_words(found: Sought, text: str) -> Sought:
    words = [word for word in fold(text).split() if any(sign.isalnum() for sign in word)]
    return replace(found, words=(*found.words, *words)[:MOST_WORDS])


def _plain(text: str) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum())
