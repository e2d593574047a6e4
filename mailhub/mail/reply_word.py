"""What somebody answers to "GỬI or HỦY?": the word, the code and the reason, from the reply's own first lines. Pure.

Only what stands above the quoted letter counts, since that letter has both words in it: `reply_text.py` knows which
lines those are. Nothing is guessed: "Gửi anh An xem" is no word, nor is "OK, nhưng chưa gửi" (wording § 1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mailhub.ids import CODE_ALPHABET, CODE_GROUPS, read_code
from mailhub.text.folding import clean, fold
from mailhub.text.plain import plain_line

LONGEST_REASON = 300
LONGEST_LINE = 1_000
MOST_WORDS = 4  # of the same sense, one behind the other
MOST_GREETINGS = 3  # lines above the word: "Kính gửi hệ thống thư,"


class WordKind(StrEnum):
    """What is to become of a held message."""

    SEND = "send"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Word:
    """`kind` None: no word was found. `code` and `reason` are "" when there are none."""

    kind: WordKind | None = None
    code: str = ""
    reason: str = ""


# Folded, so that diacritics and case do not matter; the longer before those that begin like them.
_WORDS = {
    "cho phep gui": WordKind.SEND,
    "cho gui": WordKind.SEND,
    "dong y": WordKind.SEND,
    "duyet": WordKind.SEND,
    "gui": WordKind.SEND,
    "ok": WordKind.SEND,
    "huy bo": WordKind.WITHDRAW,
    "huy": WordKind.WITHDRAW,
}
_LONGEST_WORD = 40  # with what follows it, and odd blanks
_FIRST, _SECOND, _THIRD = CODE_GROUPS
_SIGN = f"[{CODE_ALPHABET}{CODE_ALPHABET.lower()}]"
_CODE = re.compile(rf"(?<![\w-]){_SIGN}{{{_FIRST}}}-{_SIGN}{{{_SECOND}}}-{_SIGN}{{{_THIRD}}}(?![\w-])")
_WORD = re.compile(rf"(?:{'|'.join(_WORDS)})(?![a-z0-9])")
_REASON = re.compile(r"(?:voi |vi |do )?ly do\b[\s:=.,-]*")
_NO = re.compile(r"\b(?:khong|chua|dung|khoan|cho (?:da|xem|doi)|huy|not|no)\b")
_GREETING = re.compile(r"(?:kinh (?:gui|thua|chao)|xin chao|chao|than gui|dear|hi|hello)\b")
_MARKS = " \t*_\"'“”‘’«»()[]"
_BREAKS = ",;:.!-–—/"


def find_codes(text: str) -> list[str]:
    """The message codes in a text, as they are stored, in the order in which they stand there."""
    found = (read_code(match[0]) for match in _CODE.finditer(text))
    return [code for code in found if code is not None]


def read_word(lines: Sequence[str]) -> Word:
    """The word in a reply's own lines (`reply_text.own_lines`); "" are blank ones."""
    for number, line in enumerate(lines):
        if not line:
            continue
        word = _read_line(line)
        if word is not None:
            below = list(lines[number + 1 :])
            if word.kind is not None and _says_otherwise(word.kind, below):
                return Word()
            return replace(word, reason=_whole_reason(line, word, below))
        if number >= MOST_GREETINGS or not _GREETING.match(fold(line[:LONGEST_LINE])):
            return Word()
    return Word()


def _read_line(line: str) -> Word | None:
    text = clean(line)[:LONGEST_LINE]
    codes = find_codes(text)
    text = _CODE.sub(" ", text).strip(_MARKS + _BREAKS)
    kind, rest = None, text
    for _ in range(MOST_WORDS):  # "Đồng ý cho gửi"
        found = _first_word(rest)
        if found is None:
            break
        if kind is not None and kind is not found[0]:
            return None
        kind, rest = found
    if kind is None or len(set(codes)) > 1:
        return None
    bare = rest.strip(_MARKS)
    reason = ""
    if bare.strip(_BREAKS):
        folded_reason = _after_reason(bare.strip(_MARKS + _BREAKS))
        if folded_reason is None and (bare[0] not in _BREAKS or _NO.search(fold(bare))):
            return None
        reason = bare.strip(_MARKS + _BREAKS) if folded_reason is None else folded_reason
    return Word(kind, codes[0] if codes else "", _tidy(reason))


def _first_word(text: str) -> tuple[WordKind, str] | None:
    """The word that a text begins with, and what follows it."""
    start = len(text) - len(text.lstrip(_MARKS + _BREAKS))
    key, places = _folded(text[start : start + _LONGEST_WORD])
    found = _WORD.match(key)
    return None if found is None else (_WORDS[found[0]], text[start + places[found.end()] :])


def _after_reason(text: str) -> str | None:
    """What follows "lý do:"; None when the text does not begin so."""
    key, places = _folded(text)
    found = _REASON.match(key)
    return None if found is None else text[places[found.end()] :]


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded letter by letter, and where in it each folded letter stands (one more for its end)."""
    key: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        plain = " " if letter.isspace() else fold(letter)
        if plain == " " and key and key[-1] == " ":
            continue
        key += plain
        places += [place] * len(plain)
    return "".join(key), [*places, len(text)]


def _says_otherwise(kind: WordKind, below: Sequence[str]) -> bool:
    """Whether a line below is the other word: then nobody knows which is meant."""
    others = (_read_line(line) for line in below if line)
    return any(other is not None and other.kind is not kind for other in others)


def _whole_reason(line: str, word: Word, below: list[str]) -> str:
    """The reason with the lines that it was wrapped into, or that stands in a line of its own."""
    if not word.reason and not fold(line).rstrip(" :.-").endswith("ly do"):
        own = next((line for line in below if line), "")
        begun = _after_reason(clean(own).strip(_MARKS))
        if begun is None:
            return ""
        below = below[below.index(own) + 1 :]
        reason = begun
    else:
        reason = word.reason
        while below and not reason and not below[0]:
            below = below[1:]
    for more in below:
        if not more:
            break
        reason = f"{reason} {clean(more)}"
    return _tidy(reason)


def _tidy(reason: str) -> str:
    """On one line without control characters; "" when nothing is said ("…")."""
    line = plain_line(reason).strip(_MARKS + _BREAKS + "…")
    return line[:LONGEST_REASON] if any(map(str.isalnum, line)) else ""
