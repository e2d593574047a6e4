"""Why a rule fits, and what the other rules that fit do or would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.policy.explain_words import Speaker
from mailhub.policy.explanation import Explanation, GroupShown, RuleShown, TestShown
from mailhub.policy.judging import EFFECTS
from mailhub.policy.rules.rule import Action, Rule, Stage


def reasons(shown: RuleShown, speak: Speaker) -> str:
    """The conditions of a rule that fits, as one sentence: each fact with its value."""
    return _facts(shown.when.tests, speak)


def _facts(tests: Sequence[TestShown], speak: Speaker) -> str:
    said = []
    for test in tests:
        thing = speak.say(f"thing.{test.test.scope}", number=test.thing + 1) if test.thing >= 0 else ""
        said.append(f"{speak.fact(test.test.fact)}{thing}: {speak.value(test.test.fact, test.value)}")
    return "; ".join(dict.fromkeys(said))


def hit_lines(group: GroupShown, deciding: Rule | None, explanation: Explanation, speak: Speaker) -> Iterator[str]:
    """The other rules that fit these recipients: what they do, and why they do no more."""
    for shown in group.rules:
        if shown.rule is deciding:
            continue
        if not shown.fits:
            yield from _excluded(shown, speak)
            continue
        yield f"– {_line(shown, group, explanation, speak)}"
        if not shown.exempted and not shown.effect:
            for line in _later(shown, explanation, speak):
                yield f"  {line}"


def _excluded(shown: RuleShown, speak: Speaker) -> Iterator[str]:
    """A rule of which only an exclusion keeps this recipient free: the question that people ask."""
    clause = next((clause for clause in shown.unless if clause.holds), None)
    acts = (shown.rule.action, shown.stage) in EFFECTS
    if acts and shown.when.holds and clause is not None:
        named = {"title": shown.rule.title, "id": shown.rule.id}
        yield f"– {speak.say('also.excluded', **named, reasons=_facts(clause.tests, speak))}"


def _line(shown: RuleShown, group: GroupShown, explanation: Explanation, speak: Speaker) -> str:
    rule = shown.rule
    named = {"title": rule.title, "id": rule.id}
    effect = speak.say(f"effect.{shown.effect.name.lower()}")
    if rule.action is Action.ALLOW and shown.stage is not Stage.SHADOW:
        spared = [each.rule.title for each in group.rules if each.fits and each.rule.id in rule.over]
        if not spared:
            return speak.say("also.allow.nothing", **named)
        return speak.say("also.allow", **named, over=", ".join(f"“{title}”" for title in spared))
    if shown.exempted and shown.effect:
        allowing = next((e.rule for g in explanation.groups for e in g.rules if e.rule.id == shown.exempted), None)
        if allowing is not None and allowing.action is Action.ALLOW:
            return speak.say("also.allowed", **named, effect=effect, by=allowing.title)
        return speak.say("also.exempted", **named, effect=effect, why=shown.exempted.rstrip("."))
    if rule.action is Action.COUNT:
        return speak.say("also.count", **named)
    if shown.stage is Stage.SHADOW:
        return speak.say("also.shadow", **named, stage=speak.stage(shown.stage))
    return speak.say("also.weaker", **named, stage=speak.stage(shown.stage), effect=effect)


def _later(shown: RuleShown, explanation: Explanation, speak: Speaker) -> Iterator[str]:
    """What a rule in Ghi nhận would do at the next stages, and when it gets there."""
    effects = [(stage, EFFECTS[shown.rule.action, stage]) for stage in Stage if (shown.rule.action, stage) in EFFECTS]
    said = [
        speak.say("also.would", stage=speak.stage(stage), effect=speak.say(f"effect.{effect.name.lower()}"))
        for stage, effect in effects
    ]
    if said:
        yield speak.say("also.later", stages="; ".join(said))
    for promotion in shown.plan.promotions:
        if promotion.on > explanation.day:
            yield speak.say("promotion", on=f"{promotion.on:%d/%m/%Y}", stage=speak.stage(promotion.stage))
