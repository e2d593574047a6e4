"""What a computed group's rule says, read strictly: a key or a word that nobody knows is refused with the fix.

A rule is a JSON object; each of its keys narrows, and a list means any of its words:

    {"unit": "snv"}                                people of the agency and of those below it
    {"level": "xa"}                                people of every agency of that level
    {"kind": "commune"}                            people of every agency of that kind, and of those below it
    {"unit": "snv", "rank": "head"}                those whose rank is leader, head or staff
    {"title": "Trưởng phòng"}                      those whose post begins with these words (marks do not matter)
    {"office": "van-thu", "level": "xa"}           the role mailboxes of an office: "văn thư of all communes"
    {"level": "xa", "any": [{"office": "van-thu"}, {"rank": "leader"}]}
    {"unit": "tinh", "except": {"unit": "snv"}}
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Rank
from mailhub.text.folding import fold

LONGEST = 1000  # characters, as the column holds
_DEEPEST = 3
_WORDS = ("unit", "level", "kind", "rank", "title", "office")
_KEYS = (*_WORDS, "any", "except")
_OFFICE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class InvalidRule(InvalidValue):
    """The text is no rule; the message says what is wrong with it and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that was read. Each tuple is "any of these", an empty one asks for nothing."""

    unit: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    rank: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    any: tuple[Rule, ...] = ()
    but: Rule | None = None

    def parts(self) -> Iterator[Rule]:
        """The rule and every one within it."""
        yield self
        for inner in (*self.any, *([self.but] if self.but is not None else [])):
            yield from inner.parts()

    def text(self) -> str:
        """As it is stored: one way of writing for one rule."""
        return json.dumps(self._object(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in _WORDS:
            words: tuple[str, ...] = getattr(self, key)
            if words:
                found[key] = words[0] if len(words) == 1 else list(words)
        if self.any:
            found["any"] = [inner._object() for inner in self.any]
        if self.but is not None:
            found["except"] = self.but._object()
        return found


def read_rule(text: str) -> Rule:
    """The rule that `text` is.

    Raises:
        InvalidRule
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidRule(
            f'a rule is a JSON object such as {{"office": "van-thu", "level": "xa"}}; this is none: {error}'
        ) from None
    rule = _read(value, depth=1)
    if len(rule.text()) > LONGEST:
        raise InvalidRule(f"the rule is longer than {LONGEST} characters: name a unit above, a level or a kind instead")
    return rule


def _read(value: object, *, depth: int) -> Rule:
    if not isinstance(value, dict):
        raise InvalidRule(f'a rule is a JSON object such as {{"unit": "snv"}}, not {json.dumps(value)[:60]}')
    if depth > _DEEPEST:
        raise InvalidRule(f'"any" and "except" may lie within each other {_DEEPEST - 1} deep only')
    unknown = [key for key in value if key not in _KEYS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], _KEYS, 1)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        raise InvalidRule(f'unknown key "{unknown[0]}" in the rule: {hint}it may have {", ".join(_KEYS)}')
    words = {key: _words(key, value[key]) for key in _WORDS if key in value}
    inner = value.get("any", [])
    if "any" in value and (not isinstance(inner, list) or not inner):
        raise InvalidRule('"any" is a list of rules: "any": [{"unit": "snv"}, {"unit": "syt"}]')
    if not words and not inner:
        raise InvalidRule(f"the rule names nobody: it needs one of {', '.join((*_WORDS, 'any'))}")
    _check(words)
    return Rule(
        **words,
        any=tuple(_read(one, depth=depth + 1) for one in inner),
        but=_read(value["except"], depth=depth + 1) if "except" in value else None,
    )


def _words(key: str, value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(word, str) and word.strip() for word in found):
        raise InvalidRule(f'"{key}" takes a word or a list of words, not {json.dumps(value, ensure_ascii=False)[:60]}')
    return tuple(dict.fromkeys(word.strip() for word in found))


def _check(words: dict[str, tuple[str, ...]]) -> None:
    for rank in words.get("rank", ()):
        if rank not in list(Rank):
            raise InvalidRule(f'"rank" is one of {", ".join(Rank)}, not {rank!r}')
    for office in words.get("office", ()):
        if not _OFFICE.fullmatch(office):
            raise InvalidRule(f'"office" is written as in van-thu, mot-cua, lanh-dao, not {office!r}')
    for title in words.get("title", ()):
        if not fold(title):
            raise InvalidRule(f'"title" takes the first words of a post, such as "Trưởng phòng", not {title!r}')
    if "office" in words and ("rank" in words or "title" in words):
        raise InvalidRule(
            '"office" means role mailboxes, which have no rank or title: leave one out, or join two rules by "any"'
        )
