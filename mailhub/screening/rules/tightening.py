"""Where other rules would keep more mail back than those in force: what one person on the web does not decide alone
(ux § 4.4). Loosening, the way back, is never among it.

Pure: the tree of agencies comes as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from mailhub.policy.rules.rule import Action, Clause, Rule, RuleBook, Stage

Above = Callable[[str], tuple[str, ...]]
"""An agency's code, and those above it up to the province."""

_ORDER = tuple(Stage)
_LEAST = _ORDER.index(Stage.HOLD)  # Nhắc still lets everything pass
# Whatever their stage, these keep nothing back.
_HARMLESS = frozenset({Action.COUNT, Action.ALLOW, Action.TAG})


class Way(StrEnum):
    """How it is that more mail is kept back."""

    STAGE = "stage"  # a rule goes further, or is new
    CONDITIONS = "conditions"  # a rule that holds or refuses fits other mail
    ALLOWED = "allowed"  # what let mail pass does so no more, or for other mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightening:
    """One of them. `agency` "" is everybody without a stage of their own; `before` None: the rule was not there;
    `on`: from that day, None: from the activation."""

    way: Way
    rule: str
    title: str
    agency: str = ""
    before: Stage | None = None
    after: Stage = Stage.SHADOW
    on: date | None = None


def tightenings(old: RuleBook, new: RuleBook, *, today: date, above: Above) -> list[Tightening]:
    """All of them, in the new book's order."""
    found: list[Tightening] = []
    before = {rule.id: rule for rule in old.rules}
    for rule in new.rules:
        was = before.get(rule.id)
        if was is not None and _same(was, rule):
            continue
        raised = [one for code in _scopes(was, rule) for one in _raised(was, rule, above(code) if code else (), today)]
        found += raised
        if was is not None and not raised and _fits(was) != _fits(rule) and _ever_holds(rule, today):
            found.append(Tightening(way=Way.CONDITIONS, rule=rule.id, title=rule.title))
    after = {rule.id: rule for rule in new.rules}
    found += [
        Tightening(way=Way.ALLOWED, rule=rule.id, title=rule.title)
        for rule in old.rules
        if rule.action is Action.ALLOW and _allows_less(rule, after.get(rule.id), today)
    ]
    return found


def _scopes(was: Rule | None, rule: Rule) -> Iterator[str]:
    """Everybody, then each agency with a stage of its own in either book: any other agency has the stage of the nearest
    one above it, in both."""
    yield ""
    yield from dict.fromkeys((*(was.agencies if was else ()), *rule.agencies))


def _raised(was: Rule | None, rule: Rule, agencies: tuple[str, ...], today: date) -> Iterator[Tightening]:
    told: Stage | None = None
    for day in _days(was, rule, today):
        before = None if was is None else was.stage_of(agencies, day)
        after = rule.stage_of(agencies, day)
        level = _level(rule, after)
        if level < _LEAST or (was is not None and before is not None and level <= _level(was, before)):
            told = None
        elif after is not told:
            told = after
            yield Tightening(
                way=Way.STAGE, rule=rule.id, title=rule.title, agency=agencies[0] if agencies else "", before=before,
                after=after, on=day if day > today else None,
            )  # fmt: skip


def _days(was: Rule | None, rule: Rule, today: date) -> list[date]:
    """Today, and every later day on which either rule changes."""
    plans = [plan for one in (was, rule) if one is not None for plan in (one.stage, *one.agencies.values())]
    later = {promotion.on for plan in plans for promotion in plan.promotions if promotion.on > today}
    return [today, *sorted(later)]


def _level(rule: Rule, stage: Stage) -> int:
    if rule.action in _HARMLESS or stage is Stage.SHADOW:
        return 0
    return _ORDER.index(Stage.BLOCK if rule.action is Action.SECRET else stage)


def _ever_holds(rule: Rule, today: date) -> bool:
    plans = (rule.stage, *rule.agencies.values())
    return any(_level(rule, plan.on(day)) >= _LEAST for plan in plans for day in _days(None, rule, today))


def _allows_less(rule: Rule, now: Rule | None, today: date) -> bool:
    if all(plan.on(today) is Stage.SHADOW for plan in (rule.stage, *rule.agencies.values())):
        return False
    if now is None or now.action is not Action.ALLOW or _fits(now) != _fits(rule) or set(rule.over) - set(now.over):
        return True
    return (now.stage, now.agencies) != (rule.stage, rule.agencies) and any(
        plan.on(day) is Stage.SHADOW for plan in (now.stage, *now.agencies.values()) for day in _days(None, now, today)
    )


def _same(was: Rule, rule: Rule) -> bool:
    """What most rules are: then no agency's place in the tree has to be asked for."""
    return (was.action, was.stage, was.agencies, _fits(was)) == (rule.action, rule.stage, rule.agencies, _fits(rule))


def _fits(rule: Rule) -> tuple[object, ...]:
    """When a rule fits, wherever in the file that stands."""
    return _bare(rule.when), tuple(map(_bare, rule.unless))


def _bare(clause: Clause) -> frozenset[tuple[object, ...]]:
    tests = (replace(test, line=0) for test in clause.tests)
    return frozenset((test.fact, test.operator, frozenset(test.values)) for test in tests)
