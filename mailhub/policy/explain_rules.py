"""The second half of an explanation: the rules, and each condition with the value it met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.policy.decision import Effect
from mailhub.policy.explain_near import causes, is_near, is_of_interest, lacking
from mailhub.policy.explain_words import Speaker
from mailhub.policy.explanation import ClauseShown, Explanation, RuleShown, TestShown
from mailhub.policy.rules.rule import Action, Rule

_HOLDS = {True: "✓", False: "✗"}


def rule_lines(explanation: Explanation, speak: Speaker, *, every: bool) -> Iterator[str]:
    """The rules that fit somebody, those that something stops and near misses, and how many others there are; with
    `every` all of them. Those that fit come first, else they are in the book's order."""
    addresses = [group.verdict.addresses for group in explanation.groups]
    blocks = [tuple(rules) for rules in zip(*(group.rules for group in explanation.groups), strict=True)]
    if not blocks:
        yield speak.say("no-rules")
        return
    shown = [block for block in blocks if every or is_of_interest(block)]
    titles = {block[0].rule.id: block[0].rule.title for block in blocks}
    for block in sorted(shown, key=_weight):
        yield ""
        yield from _rule(_Asked(speak, addresses, titles), block, every=every)
    if others := [block for block in blocks if block not in shown]:
        why = causes(others)
        said = [speak.say(f"others.{cause}", number=number) for cause, number in sorted(why.items())]
        yield ""
        yield speak.say("others", number=len(others), causes="; ".join(said))
        yield speak.say("others.all")


def _weight(shown: Sequence[RuleShown]) -> int:
    """Strongest first; what fits before what is stopped, and that before what lacks something."""
    strongest = max((each.effect for each in shown if not each.exempted), default=Effect.NONE)
    if any(each.fits for each in shown):
        return -2 - strongest
    return -1 if any(each.when.holds for each in shown) else 0


class _Asked:
    """Who is asked about: `addresses` of each group, in the order in which a rule's blocks come."""

    def __init__(
        self, speak: Speaker, addresses: Sequence[Sequence[str]], titles: dict[str, str], *, part: bool = False
    ) -> None:
        self.speak = speak
        self._addresses = addresses
        self._titles = titles
        self.part = part  # of the recipients

    def only(self, groups: Sequence[int]) -> _Asked:
        """Asked about these groups only."""
        return _Asked(self.speak, [self._addresses[group] for group in groups], self._titles, part=True)

    def who(self, groups: Sequence[int]) -> str:
        """These groups' recipients."""
        return self.speak.people([address for group in groups for address in self._addresses[group]])

    def why_exempted(self, exempted: str) -> str:
        """The rule that allows, by its title; an exception by its reason."""
        title = self._titles.get(exempted)
        if title is not None:
            return self.speak.say("rule.by-allow", title=title)
        return self.speak.say("rule.by-exception", why=exempted)


def _rule(asked: _Asked, shown: Sequence[RuleShown], *, every: bool) -> Iterator[str]:
    """A rule that lacks something is shown for those whom it nearly fits, and without the exclusions that do not
    matter, unless all is to be shown."""
    speak, rule = asked.speak, shown[0].rule
    near = [number for number, each in enumerate(shown) if is_near(each)]
    if not every and len(near) < len(shown) and not any(each.fits for each in shown):
        shown, asked = [shown[number] for number in near], asked.only(near)
    fitting = [number for number, each in enumerate(shown) if each.fits]
    yield _head(speak, rule, shown, _HOLDS[bool(fitting)])
    yield f"    {_whom(asked, shown, fitting)}"
    if any(each.failed for each in shown):
        yield f"    {speak.say('rule.failed')}"
    yield f"    {speak.say('when')}"
    yield from _clause(asked, [each.when for each in shown], "test")
    for number in range(len(rule.unless)):
        clauses = [each.unless[number] for each in shown]
        if not (every or fitting or any(clause.holds for clause in clauses)):
            continue
        yield f"    {speak.say('unless', number=number + 1, state=_state(asked, clauses))}"
        yield from _clause(asked, clauses, "but")


def _whom(asked: _Asked, shown: Sequence[RuleShown], fitting: Sequence[int]) -> str:
    """Whom it holds for; or why for nobody."""
    speak = asked.speak
    if not fitting:
        short = speak.say("rule.fits-none", number=min(map(lacking, shown)))
        text = speak.say("rule.fits-but") if any(each.when.holds for each in shown) else short
        return speak.say("rule.of", text=text, who=asked.who(range(len(shown)))) if asked.part else text
    whys = {each.exempted for each in shown if each.fits}
    if "" not in whys:
        return speak.say("rule.exempted", why="; ".join(sorted(map(asked.why_exempted, whys))))
    return speak.say("rule.fits-all") if len(fitting) == len(shown) else speak.say("rule.fits", who=asked.who(fitting))


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


def _clause(asked: _Asked, clauses: Sequence[ClauseShown], kind: str) -> Iterator[str]:
    """A line a condition; where recipients differ, one for each value."""
    for tests in zip(*(clause.tests for clause in clauses), strict=True):
        by_answer: dict[tuple[str, bool, int], list[int]] = {}
        for group, test in enumerate(tests):
            by_answer.setdefault((repr(test.value), test.holds, test.thing), []).append(group)
        for groups in by_answer.values():
            who = asked.who(groups) if len(by_answer) > 1 else ""
            yield f"      {_test(asked.speak, tests[groups[0]], who, kind)}"


def _test(speak: Speaker, shown: TestShown, who: str, kind: str) -> str:
    """What was asked, and the value met; what the rule wants instead, unless it is that very value."""
    test = shown.test
    missing = shown.value is None and shown.thing < 0
    value = speak.nothing(test.scope) if missing else speak.value(test.fact, shown.value)
    wanted = speak.wanted(test, met=shown.value)
    ident = "test.same" if shown.holds and value == wanted else f"{kind}.{'holds' if shown.holds else 'fails'}"
    return speak.say(
        ident,
        mark=_HOLDS[shown.holds],
        fact=speak.fact(test.fact),
        thing=speak.say(f"thing.{test.scope}", number=shown.thing + 1) if shown.thing >= 0 else "",
        who=speak.say("for", who=who) if who else "",
        value=value,
        wanted=wanted,
    )
