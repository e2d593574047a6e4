"""Whether a rule can fit at all: what its tests leave of a fact's possible values."""

from __future__ import annotations

from collections.abc import Iterator

from mailhub.policy.facts import MailClass, Origin
from mailhub.policy.rules.rule import Rule, Test
from mailhub.policy.rules.vocabulary import FACTS, FactType

_OURS = (Origin.OWN, Origin.TRUSTED)


def never(rule: Rule) -> Iterator[tuple[int, str]]:
    """Why the rule can never fit, with the line; nothing when it may."""
    tests: dict[str, list[Test]] = {}
    for test in rule.when.tests:
        tests.setdefault(test.fact, []).append(test)
    for name, of_fact in tests.items():
        fact = FACTS.get(name)
        if fact is None:
            continue
        if fact.type is FactType.NUMBER and _no_number(of_fact):
            yield of_fact[0].line, f"no number is {_wanted(of_fact)} ({name})"
        elif fact.type is FactType.TEXT and (values := _left(name, of_fact)) is not None and not values:
            yield of_fact[0].line, f"no value of {name} is left"
        elif fact.type in (FactType.SET, FactType.FLAG) and _against_itself(of_fact):
            yield of_fact[0].line, f"{name} is asked for what it must not be"
    if _ours_from_elsewhere(tests):
        yield tests["sender.class"][0].line, "who sends with our login, or from our network, is of the class own"
    for clause in rule.unless:
        if clause.tests and all(_implied(test, tests.get(test.fact, [])) for test in clause.tests):
            yield clause.tests[0].line, "whatever `when` asks for, this `unless` takes away"


def _against_itself(tests: list[Test]) -> bool:
    forbidden = {value for test in tests if test.operator == "not" for value in test.values}
    return any(test.operator == "is" and set(test.values) <= forbidden for test in tests)


def _no_number(tests: list[Test]) -> bool:
    low = max((test.values[0] for test in tests if test.operator == "at_least"), default=0)
    high = min((test.values[0] for test in tests if test.operator == "at_most"), default=None)
    if high is not None and low > high:
        return True
    forbidden = {value for test in tests if test.operator == "not" for value in test.values}
    exact = [set(test.values) for test in tests if test.operator == "is"]
    if exact:
        left = set.intersection(*exact) - forbidden
        return not any(low <= value and (high is None or value <= high) for value in left)
    return high is not None and all(number in forbidden for number in range(low, min(high, low + len(forbidden)) + 1))


def _wanted(tests: list[Test]) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    return " and ".join(f"{words.get(test.operator, test.operator)} {_values(test)}" for test in tests)


def _values(test: Test) -> str:
    return ", ".join(map(str, test.values))


def _left(name: str, tests: list[Test]) -> set[str] | None:
    """The values that text may still have; None when that is without end."""
    fact = FACTS[name]
    left: set[str] | None = {*fact.values, *([""] if fact.unknown else [])} if fact.values else None
    for test in tests:
        if test.operator == "is":
            left = set(test.values) if left is None else left & set(test.values)
    if left is not None:
        for test in tests:
            if test.operator == "not":
                left -= set(test.values)
    return left


def _ours_from_elsewhere(tests: dict[str, list[Test]]) -> bool:
    origins, classes = tests.get("message.origin"), tests.get("sender.class")
    if not origins or not classes:
        return False
    left_origins = _left("message.origin", origins) or set()
    left_classes = _left("sender.class", classes) or set()
    return bool(left_origins and left_classes) and left_origins <= {*_OURS} and MailClass.OWN not in left_classes


def _implied(test: Test, given: list[Test]) -> bool:
    """Whether what `when` asks of a fact makes this test hold, whatever the fact is."""
    fact = FACTS.get(test.fact)
    if fact is None or not given:
        return False
    if test in [Test(each.fact, each.operator, each.values, test.line) for each in given]:
        return True
    if fact.type is FactType.NUMBER:
        return _number_implied(test, given)
    if test.operator == "is":
        return any(each.operator == "is" and set(each.values) <= set(test.values) for each in given)
    if test.operator == "not" and fact.type is FactType.TEXT:
        left = _left(test.fact, given)
        return left is not None and not left & set(test.values)
    return False


def _number_implied(test: Test, given: list[Test]) -> bool:
    if test.operator == "at_least":
        return any(each.operator == "at_least" and each.values[0] >= test.values[0] for each in given)
    if test.operator == "at_most":
        return any(each.operator == "at_most" and each.values[0] <= test.values[0] for each in given)
    return False
