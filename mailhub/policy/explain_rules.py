"""The second half of an explanation: every rule, and each condition with the value it met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.policy.decision import Effect
from mailhub.policy.explain_words import Speaker
from mailhub.policy.explanation import ClauseShown, Explanation, RuleShown, TestShown
from mailhub.policy.rules.rule import Action, Rule

_HOLDS = {True: "✓", False: "✗"}


def rule_lines(explanation: Explanation, speak: Speaker) -> Iterator[str]:
    """Every rule: those that fit somebody first, else in the book's order."""
    addresses = [group.verdict.addresses for group in explanation.groups]
    blocks = [tuple(rules) for rules in zip(*(group.rules for group in explanation.groups), strict=True)]
    if not blocks:
        yield speak.say("no-rules")
    for shown in sorted(blocks, key=_weight):
        yield ""
        yield from _rule(_Asked(speak, addresses), shown)


def _weight(shown: Sequence[RuleShown]) -> int:
    strongest = max((each.effect for each in shown if not each.exempted), default=Effect.NONE)
    return -2 - strongest if any(each.fits for each in shown) else 0


class _Asked:
    """Who is asked about: `addresses` of each group, in the order in which a rule's blocks come."""

    def __init__(self, speak: Speaker, addresses: Sequence[Sequence[str]]) -> None:
        self.speak = speak
        self._addresses = addresses

    def who(self, groups: Sequence[int]) -> str:
        """These groups' recipients."""
        return self.speak.people([address for group in groups for address in self._addresses[group]])


def _rule(asked: _Asked, shown: Sequence[RuleShown]) -> Iterator[str]:
    speak, rule = asked.speak, shown[0].rule
    fitting = [number for number, each in enumerate(shown) if each.fits]
    yield _head(speak, rule, shown, _HOLDS[bool(fitting)])
    if len(fitting) == len(shown):
        yield f"    {speak.say('rule.fits-all')}"
    elif fitting:
        yield f"    {speak.say('rule.fits', who=asked.who(fitting))}"
    else:
        yield f"    {speak.say('rule.fits-none')}"
    if any(each.failed for each in shown):
        yield f"    {speak.say('rule.failed')}"
    yield f"    {speak.say('when')}"
    yield from _clause(asked, [each.when for each in shown])
    for number in range(len(rule.unless)):
        clauses = [each.unless[number] for each in shown]
        yield f"    {speak.say('unless', number=number + 1, state=_state(asked, clauses))}"
        yield from _clause(asked, clauses)


def _head(speak: Speaker, rule: Rule, shown: Sequence[RuleShown], mark: str) -> str:
    if rule.action is Action.ALLOW:
        return speak.say("rule.allow", mark=mark, title=rule.title, id=rule.id)
    stages = ", ".join(dict.fromkeys(speak.stage(each.stage) for each in shown))
    return speak.say("rule", mark=mark, title=rule.title, id=rule.id, stage=stages)


def _state(asked: _Asked, clauses: Sequence[ClauseShown]) -> str:
    holding = [number for number, clause in enumerate(clauses) if clause.holds]
    if len(holding) == len(clauses):
        return asked.speak.say("unless.yes")
    return asked.speak.say("unless.some", who=asked.who(holding)) if holding else asked.speak.say("unless.no")


def _clause(asked: _Asked, clauses: Sequence[ClauseShown]) -> Iterator[str]:
    """A line a condition; where recipients differ, one for each value."""
    for tests in zip(*(clause.tests for clause in clauses), strict=True):
        by_answer: dict[tuple[str, bool, int], list[int]] = {}
        for group, test in enumerate(tests):
            by_answer.setdefault((repr(test.value), test.holds, test.thing), []).append(group)
        for groups in by_answer.values():
            who = asked.who(groups) if len(by_answer) > 1 else ""
            yield f"      {_test(asked.speak, tests[groups[0]], who)}"


def _test(speak: Speaker, shown: TestShown, who: str) -> str:
    test = shown.test
    missing = shown.value is None and shown.thing < 0
    return speak.say(
        "test",
        mark=_HOLDS[shown.holds],
        fact=speak.fact(test.fact),
        thing=speak.say(f"thing.{test.scope}", number=shown.thing + 1) if shown.thing >= 0 else "",
        who=speak.say("for", who=who) if who else "",
        value=speak.nothing(test.scope) if missing else speak.value(test.fact, shown.value),
        wanted=speak.wanted(test),
    )
