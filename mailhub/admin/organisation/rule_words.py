"""A group's rule as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.accounts.sharing.rules import InvalidRule, Rule, read_rule
from mailhub.i18n import Texts

_PREFIXES = {
    "level": "web.agencies.word.",
    "kind": "web.agencies.word.",
    "rank": "web.account.rank.",
    "office": "web.offices.kind.",
}


def rule_words(t: Texts, text: str) -> str:
    """`Hộp thư văn thư; đơn vị: cấp xã; trừ (thuộc SNV)`; a text that is no rule as it is."""
    try:
        return _sentence(t, read_rule(text))
    except InvalidRule:
        return text


def word_of(t: Texts, key: str, word: str) -> str:
    """`cấp xã`; a word that somebody made up as it is."""
    ident = f"{_PREFIXES[key]}{word}" if key in _PREFIXES else ""
    return t(ident) if ident in t.ids() else word


def _sentence(t: Texts, rule: Rule) -> str:
    told = [*_who(t, rule), *_where(t, rule)]
    if rule.any:
        told.append(t("web.groups.rule.said.or").join(f"({_sentence(t, one)})" for one in rule.any))
    if rule.but is not None:
        told.append(t("web.groups.rule.said.but", what=_sentence(t, rule.but)))
    return "; ".join(told)


def _who(t: Texts, rule: Rule) -> Iterator[str]:
    for key in ("office", "rank", "title"):
        words: Sequence[str] = getattr(rule, key)
        if words:
            yield t(f"web.groups.rule.said.{key}", words=_joined(t, key, words))


def _where(t: Texts, rule: Rule) -> Iterator[str]:
    for key in ("unit", "level", "kind"):
        words: Sequence[str] = getattr(rule, key)
        if words:
            yield t(f"web.groups.rule.said.{key}", words=_joined(t, key, words))


def _joined(t: Texts, key: str, words: Sequence[str]) -> str:
    return ", ".join(word_of(t, key, one) for one in words)
