"""Why the rules say what they say of a message: every rule, each condition with the value it met, and what becomes of
each recipient's copy. `text_lines` makes a page of it that a person can read without anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from mailhub.clock import local_time
from mailhub.policy.decision import Verdict
from mailhub.policy.explain_lines import Around, text_lines
from mailhub.policy.explanation import ClauseShown, Explanation, GroupShown, Outcome, RuleShown, TestShown, outcome_of
from mailhub.policy.facts import Facts, Origin, RecipientFacts
from mailhub.policy.judging import AskExemptions, Judge, no_exemptions
from mailhub.policy.rules.compiling import asks
from mailhub.policy.rules.rule import Clause, Rule, Test
from mailhub.policy.rules.vocabulary import FACTS, Scope

__all__ = ["Around", "Explanation", "Outcome", "as_json", "explain", "text_lines"]


def explain(judge: Judge, facts: Facts, exemptions: AskExemptions = no_exemptions) -> Explanation:
    """What `judge` decides of a message, and everything it looked at. Not fast: for a person's question."""
    decision = judge.decide(facts, exemptions)
    return Explanation(facts, decision, tuple(
        GroupShown(
            verdict,
            outcome_of(decision, verdict, facts.message.origin),
            tuple(_rule(rule, facts, verdict) for rule in judge.book.rules),
        )
        for verdict in decision.verdicts
    ))  # fmt: skip


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The same for `--json`: plain values only, no words of the message."""
    facts = explanation.facts
    return {
        "version": explanation.decision.version,
        "failed": explanation.decision.failed,
        "message": _plain(asdict(facts.message)),
        "sender": _plain(asdict(facts.sender)),
        "documents": [_plain(asdict(document)) for document in facts.documents],
        "attachments": [_plain(asdict(attachment)) for attachment in facts.attachments],
        "recipients": [
            {
                "addresses": list(group.verdict.addresses),
                "outcome": group.outcome,
                "deciding": hit.rule.id if (hit := group.verdict.deciding) is not None else "",
                "facts": _plain(asdict(group.verdict.facts)),
                "rules": [_rule_json(shown) for shown in group.rules],
            }
            for group in explanation.groups
        ],
    }


def _rule(rule: Rule, facts: Facts, verdict: Verdict) -> RuleShown:
    day = local_time(facts.at).date()
    agencies = verdict.facts.agencies if facts.message.origin is Origin.OUTSIDE else facts.sender.agencies
    agency = next((code for code in agencies if code in rule.agencies), "")
    plan = rule.agencies[agency] if agency else rule.stage
    when = _clause(rule.when, facts, verdict.facts)
    unless = tuple(_clause(clause, facts, verdict.facts) for clause in rule.unless)
    hit = next((hit for hit in verdict.hits if hit.rule.id == rule.id), None)
    failed = any(test.value is _FAILED for clause in (when, *unless) for test in clause.tests)
    shown = RuleShown(rule, plan.on(day), plan, when, unless, hit is not None, agency, failed)
    return shown if hit is None else replace(shown, effect=hit.effect, exempted=hit.exempted)


class _Failed:
    """The value of a test that raised."""

    def __repr__(self) -> str:
        return "?"


_FAILED = _Failed()


def _clause(clause: Clause, facts: Facts, recipient: RecipientFacts) -> ClauseShown:
    single = {Scope.MESSAGE: facts.message, Scope.SENDER: facts.sender, Scope.RECIPIENT: recipient}
    several: dict[str, Sequence[Any]] = {Scope.DOCUMENT: facts.documents, Scope.ATTACHMENT: facts.attachments}
    shown: list[TestShown] = []
    for scope in Scope:
        tests = [test for test in clause.tests if test.scope == scope]
        if scope in several:
            shown.extend(_nearest(tests, several[scope]))
        else:
            shown.extend(_test(test, single[scope]) for test in tests)
    return ClauseShown(tuple(shown), all(test.holds for test in shown))


def _nearest(tests: list[Test], things: Sequence[Any]) -> list[TestShown]:
    """The tests asked of the one document or file of which most of them hold; of none, they cannot hold."""
    tried = [[_test(test, thing, number) for test in tests] for number, thing in enumerate(things)]
    if not tried:
        return [TestShown(test, None, holds=False) for test in tests]
    return max(tried, key=lambda tests: sum(test.holds for test in tests))  # the first of several


def _test(test: Test, about: Any, thing: int = -1) -> TestShown:
    try:
        return TestShown(test, getattr(about, FACTS[test.fact].field), asks(test)(about), thing)
    except Exception:  # as `decide` takes it: the rule has failed
        return TestShown(test, _FAILED, holds=False, thing=thing)


def _rule_json(shown: RuleShown) -> dict[str, Any]:
    return {
        "id": shown.rule.id,
        "title": shown.rule.title,
        "because": asdict(shown.rule.because),
        "action": shown.rule.action,
        "stage": shown.stage,
        "stage_of": shown.agency,
        "fits": shown.fits,
        "failed": shown.failed,
        "effect": shown.effect.name.lower(),
        "exempted": shown.exempted,
        "when": _clause_json(shown.when),
        "unless": [_clause_json(clause) for clause in shown.unless],
    }


def _clause_json(clause: ClauseShown) -> dict[str, Any]:
    return {
        "holds": clause.holds,
        "tests": [
            {
                "fact": shown.test.fact,
                "operator": shown.test.operator,
                "wanted": list(shown.test.values),
                "value": _plain(shown.value),
                "holds": shown.holds,
                **({"number": shown.thing} if shown.thing >= 0 else {}),
            }
            for shown in clause.tests
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)
