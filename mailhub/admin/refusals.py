"""What services say in one language, in the reader's.

Services say in a sentence why they do not do something (`mailhub/errors.py`: mostly in English), and what they found
(the doctor, staff lists, proofs of a closing: in Vietnamese); programs, logs and the terminal keep those words. On the
web the same line is looked up among the texts whose English form (`web.refused.…`) or Vietnamese form (`web.said.…`) is
the line itself with its `{places}`, and the reader's form is shown. What stands in a place is looked up in turn; a line
that nobody translated is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from mailhub.i18n import Texts, texts

# Whose form in which language is what services say.
_SAID = {
    "web.refused.": "en",
    "web.said.": "vi",
    "web.rights.action.": "vi",
    "seal.why.": "vi",
    "web.account.looked": "vi",  # a reason that the web itself enters in the log
}
_PLACE = re.compile(r"\{(\w+)\}")
# What may stand in a place, for lines with few words of their own; anything in all others.
_KINDS = {
    "number": r"\S+",
    "path": r"/\S+",
    "ends": r"\d\d/\d\d/\d{4}",
    "key": r"[\w.: -]+",
    "package": r"\S+ \S+",
    "wanted": r"\S+",
}
# Lines for the terminal carry their English in brackets: `không có phiên bản 7 (no such version)`.
_GLOSS = re.compile(r" \([a-z][ -'*-~]*\)")
# What stands between several lines in one, outside brackets.
_JOINTS = {joint: re.compile(re.escape(joint) + r"(?![^(]*\))") for joint in ("; ", ", ", ": ")}
_LONGEST = 4000
# Words of our own that stand in a place: the ids by which people read them.
_WORDS = {
    "state": ("web.account.state.{}", "web.request.state.{}"),
    "stands": ("web.proposal.state.{}",),
    "role": ("web.account.role.{}",),
    "act": ("web.rights.action.account.{}",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A text that services say. `words` are those that every line of its kind has, whatever stands in the places."""

    ident: str
    language: str
    pattern: re.Pattern[str]
    fixed: int  # letters outside the places
    words: frozenset[str]

    def rank(self) -> tuple[int, str]:
        """The higher, the more particular; what was found comes before the names of acts."""
        return self.fixed, self.ident


def in_words(t: Texts, line: str) -> str:
    """`line` as `t` says it, or its parts when it is several lines in one; itself when it is in no catalogue."""
    if not line or len(line) > _LONGEST:
        return line
    plain = _GLOSS.sub("", line)
    told = _told(t, line) or (_told(t, plain) if plain != line else None)
    if told is not None:
        return told
    for joint, between in _JOINTS.items():
        parts = between.split(line)
        if len(parts) > 1 and (said := joint.join(in_words(t, part) for part in parts)) != line:
            return said
    return line


def told(t: Texts, wrong: tuple[str, Mapping[str, object]]) -> str:
    """What `Form.mend` noted at a field: its text, with a service's line (`detail`, `why`) in the reader's language."""
    ident, values = wrong
    lines = {name: in_words(t, str(values[name])) for name in ("detail", "why") if name in values}
    return t(ident, **{**values, **lines})


def lines_of(prefix: str) -> Iterator[Line]:
    """The texts of one kind, for tests."""
    return (one for one in _lines() if one.ident.startswith(prefix))


def _told(t: Texts, line: str) -> str | None:
    there = frozenset(line.split())
    may_be = [one for word in ("", *there) for one in _by_word().get(word, ()) if one.words <= there]
    for one in sorted(may_be, key=Line.rank, reverse=True):
        if found := one.pattern.fullmatch(line):
            values = {name: _value(t, one, name, value) for name, value in found.groupdict().items()}
            return t(one.ident, **values)
    return None


def _value(t: Texts, line: Line, name: str, value: str) -> str:
    if t is not texts(line.language):
        for one in _WORDS.get(name, ()):
            if one.format(value) in t.ids():
                return t(one.format(value))
    return in_words(t, value)


@cache
def _lines() -> tuple[Line, ...]:
    return tuple(
        _line(ident, language)
        for prefix, language in _SAID.items()
        for ident in sorted(texts(language).ids())
        if ident.startswith(prefix)
    )


@cache
def _by_word() -> Mapping[str, list[Line]]:
    """Lines by the longest of their words ("" for those without), so that few are tried."""
    found: dict[str, list[Line]] = {}
    for one in _lines():
        found.setdefault(max(sorted(one.words), key=len, default=""), []).append(one)
    return found


def _line(ident: str, language: str) -> Line:
    (said,) = texts(language).forms(ident)
    parts = _PLACE.split(said)
    # A place at the end of a word makes another word of it.
    words = frozenset(word for word in said.split() if not _PLACE.search(word))
    return Line(ident, language, _pattern(parts), sum(map(len, parts[::2])), words)


def _pattern(parts: list[str]) -> re.Pattern[str]:
    """Fixed letters and places by turns. A place ends where its letters first follow, and no other end is tried (an
    atomic group): what somebody put into a place cannot make the search long."""
    made = re.escape(parts[0])
    for at in range(1, len(parts), 2):
        place = f"(?P<{parts[at]}>{_KINDS.get(parts[at], '.*?')}){re.escape(parts[at + 1])}"
        made += place if at + 2 == len(parts) else f"(?>{place})"
    return re.compile(made, re.DOTALL)
