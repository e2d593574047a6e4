"""The timeline's words about the rules: which fitted, whose word is waited for, what was refused or destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.i18n import Texts
from mailhub.incidents.reading import Named
from mailhub.lifecycle.fact_words import until_text
from mailhub.policy.rules.rule import Action, Stage
from mailhub.queue.fates import REFUSED_BY_RULE
from mailhub.queue.models import EventKind, HeldFor
from mailhub.sealing.holding import RULE as NOT_SEALED
from mailhub.telling.people import known, who_words, written_names

_WORD = (EventKind.RELEASED, EventKind.WITHDRAWN, EventKind.EXPIRED)


def rule_words(kind: EventKind, facts: dict[str, Any], words: Texts) -> list[str] | None:
    """What a line of this kind says instead of the usual words; None for all other lines."""
    if kind is EventKind.JUDGED:
        return list(_judged(facts, words))
    if kind is EventKind.ASKED:
        return list(_asked(facts, words))
    if kind is EventKind.DESTROYED:
        return list(_destroyed(facts, words))
    if kind is EventKind.REFUSED and facts.get("for") == REFUSED_BY_RULE:
        return [words("telling.rule.refused"), f"({facts.get('rule')})"]
    if kind is EventKind.HELD and facts.get("for") == HeldFor.FAULT.value:
        return [words("telling.rule.fault"), f"({facts.get('rule')})", words("telling.rule.fault.do")]
    if kind in _WORD and facts.get("for") == HeldFor.WORD.value:
        return list(_word(kind, facts, words))
    return None


def rules_named(facts: dict[str, Any]) -> tuple[str, ...]:
    """The rules of the rulebook that a line tells of."""
    found = [str(one["rule"]) for one in facts.get("rules", []) if isinstance(one, dict) and one.get("rule")]
    found += [str(facts["rule"])] if facts.get("rule") else []
    return tuple(dict.fromkeys(one for one in found if one != NOT_SEALED))


def titles_named(facts: dict[str, Any]) -> dict[str, str]:
    """The titles of those rules that the line has with them, by id: what people call them by."""
    rules = [one for one in facts.get("rules", []) if isinstance(one, dict)]
    return {str(one["rule"]): str(one["title"]) for one in rules if one.get("rule") and one.get("title")}


def tells_secret(kind: EventKind, facts: dict[str, Any]) -> bool:
    """Whether a line tells of an incident."""
    return kind is EventKind.DESTROYED or (kind is EventKind.REFUSED and facts.get("kind") == "secret")


def secret_words(kind: EventKind, facts: dict[str, Any], named: Named | None, words: Texts) -> list[str]:
    """What is added for those who may know of incidents: the number, the rule, the version."""
    if named is None or not tells_secret(kind, facts):
        return []
    version = words("telling.version", rule=named.rule, version=named.version)
    return [words("telling.incident", number=named.number), version]


def _word(kind: EventKind, facts: dict[str, Any], words: Texts) -> Iterator[str]:
    yield words(f"telling.word.{kind.value}")
    if kind is not EventKind.EXPIRED:
        yield words("telling.word.by", who=who_words(str(facts.get("actor", "")), words))
    if facts.get("to"):
        yield words("telling.word.to", to=", ".join(written_names(facts, words)))
    if reason := facts.get("reason"):
        yield words("telling.reason", reason=reason)


def _judged(facts: dict[str, Any], words: Texts) -> Iterator[str]:
    if desk := facts.get("desk"):
        yield words("telling.judged.desk", desk=desk, rule=facts.get("rule"))
        return
    yield words("telling.judged", version=facts.get("version"))
    for rule in facts.get("rules", []):
        yield _one(rule, words)
    if failed := facts.get("failed"):
        yield words("telling.judged.failed", failed=failed)


def _one(rule: dict[str, Any], words: Texts) -> str:
    title = f"{rule.get('title') or rule['rule']} [{rule['rule']}]"
    number = int(rule.get("recipients") or 0)
    if rule.get("action") == Action.ALLOW.value and rule.get("stage") != Stage.SHADOW.value:
        return words.count("telling.judged.allowed", number, rule=title)
    effect = words("telling.effect.none")
    if f"telling.effect.{rule.get('effect')}" in words.ids():
        effect = words(f"telling.effect.{rule['effect']}")
    if exempted := rule.get("exempted"):
        effect = words("telling.judged.exempted", because=exempted)
    stage = known(words, "telling.stage", rule.get("stage", ""))
    return words.count("telling.judged.rule", number, rule=title, stage=stage, effect=effect)


def _asked(facts: dict[str, Any], words: Texts) -> Iterator[str]:
    yield words("telling.asked", of=facts.get("of"))
    if rule := facts.get("rule"):
        yield words("telling.asked.rule", rule=rule)
    if facts.get("to"):
        yield words("telling.asked.about", to=", ".join(written_names(facts, words)))
    if until := facts.get("until"):
        yield words("telling.asked.until", until=until_text(int(until), words))


def _destroyed(facts: dict[str, Any], words: Texts) -> Iterator[str]:
    yield words("telling.destroyed")
    if level := facts.get("level"):
        yield words("telling.destroyed.level", level=level)
    if places := facts.get("in"):
        seen = ", ".join(known(words, "telling.place", place) for place in places)
        yield words("telling.destroyed.in", places=seen)
    if kept := facts.get("kept"):
        yield known(words, "telling.kept", kept)
