"""What a new `policy.toml` changes: rule by rule, key by key, in the words of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailhub.policy.rules.rule import Clause, Exemption, Rule, RuleBook, StagePlan
from mailhub.policy.rules.tables import shown


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `what` is the key (`stage`, `agencies.SYT`, `when`), `rule` when a whole rule came or went,
    `exception` for one of its exceptions, `order` when rules changed places. `before` or `after` is "" when there was
    nothing, or is nothing left."""

    rule: str
    what: str
    before: str
    after: str


def differences(old: RuleBook, new: RuleBook) -> list[Change]:
    """Everything that is different, in the new book's order; what went comes last. Comments and lines don't count."""
    changes: list[Change] = []
    before = {rule.id: rule for rule in old.rules}
    after = {rule.id: rule for rule in new.rules}
    for ident, rule in after.items():
        if ident not in before:
            changes.append(Change(ident, "rule", "", rule.title))
        else:
            changes.extend(_of_keys(ident, _keys(before[ident]), _keys(rule)))
    changes.extend(Change(ident, "rule", rule.title, "") for ident, rule in before.items() if ident not in after)
    changes.extend(_of_order([i for i in before if i in after], [i for i in after if i in before]))
    changes.extend(_of_exemptions(old, new))
    return changes


def _of_keys(ident: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key, "") != after.get(key, ""):
            yield Change(ident, key, before.get(key, ""), after.get(key, ""))


def _of_order(before: list[str], after: list[str]) -> Iterator[Change]:
    """The order decides which of two rules with the same effect is named to people."""
    if before != after:
        place = next(number for number, (was, now) in enumerate(zip(before, after, strict=True)) if was != now)
        yield Change(after[place], "order", ", ".join(before[place:]), ", ".join(after[place:]))


def _of_exemptions(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    before, after = ({_exemption(entry): entry.rule for entry in book.exemptions} for book in (old, new))
    for text, ident in after.items():
        if text not in before:
            yield Change(ident, "exception", "", text)
    for text, ident in before.items():
        if text not in after:
            yield Change(ident, "exception", text, "")


def _exemption(entry: Exemption) -> str:
    return f"{entry.who} → {entry.to}, until {entry.until}, by {entry.by}: {entry.why} ({entry.rule})"


def _keys(rule: Rule) -> dict[str, str]:
    """What a rule says, key by key."""
    keys = {
        "title": rule.title,
        "because.clause": rule.because.clause,
        "because.article": rule.because.article,
        "because.directive": rule.because.directive,
        "stage": _plan(rule.stage),
        "action": str(rule.action),
        "over": ", ".join(rule.over),
        "reply": str(rule.reply),
        "asks": str(rule.asks),
        "reason_needed": shown(rule.reason_needed),
        "hours": str(rule.hours),
        "folder": rule.folder,
        "when": _clause(rule.when),
    }
    keys |= {f"agencies.{code}": _plan(plan) for code, plan in rule.agencies.items()}
    keys |= {f"unless {number}": _clause(clause) for number, clause in enumerate(rule.unless, 1)}
    keys |= {f"message.{language}": text for language, text in rule.message.items()}
    return keys


def _plan(plan: StagePlan) -> str:
    parts = [str(plan.stage), *(f"{promotion.stage} from {promotion.on}" for promotion in plan.promotions)]
    return ", ".join([*parts, f"agreed: {plan.agreed}"] if plan.agreed else parts)


def _clause(clause: Clause) -> str:
    """The conditions, in an order of their own: that of the file means nothing."""
    tests = []
    for test in clause.tests:
        values = ", ".join(sorted(_value(value) for value in test.values))
        tests.append(f"{test.fact} {test.operator} {values}")
    return "; ".join(sorted(tests))


def _value(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else shown(value)
