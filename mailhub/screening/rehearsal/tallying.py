"""Counts of a rehearsal: by rule and agency, what changes, a few examples without content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from mailhub.policy.decision import Decision, Effect
from mailhub.policy.rules.rule import Asked, RuleBook

MOST_SAMPLES = 20


@dataclass(slots=True)
class Counts:
    """Messages, by the strongest thing that happens to one of their recipients."""

    told: int = 0  # Nhắc
    tagged: int = 0
    desk: int = 0
    held: int = 0
    refused: int = 0
    secret: int = 0

    def add(self, effect: Effect) -> None:
        if effect is not Effect.NONE:
            name = _NAMES[effect]
            setattr(self, name, getattr(self, name) + 1)

    @property
    def total(self) -> int:
        return self.told + self.tagged + self.desk + self.held + self.refused + self.secret


@dataclass(slots=True)
class Changes:
    """Messages to which the new rules do something where the old ones did nothing, the other way round, something
    else (or the same by somebody else's word), or the same (which may be nothing)."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, before: Effect, after: Effect, *, others_asked: bool = False) -> None:
        if before is after:
            self.changed += others_asked
            self.unchanged += not others_asked
        elif before is Effect.NONE:
            self.added += 1
        elif after is Effect.NONE:
            self.removed += 1
        else:
            self.changed += 1


@dataclass(slots=True)
class RuleLine:
    """One rule. `fits`: messages that it fits, whatever it does; `exempted`: those where it does nothing because of
    an exception or another rule. `changes.unchanged` counts only messages that it did something to."""

    rule: str
    title: str
    fits: int = 0
    exempted: int = 0
    after: Counts = field(default_factory=Counts)
    before: Counts = field(default_factory=Counts)
    changes: Changes = field(default_factory=Changes)


@dataclass(slots=True)
class AgencyLine:
    """One agency's mail. `code` is "" for what belongs to none."""

    code: str
    name: str
    messages: int = 0
    after: Counts = field(default_factory=Counts)
    before: Counts = field(default_factory=Counts)
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Sample:
    """A message to which something else would happen: its code for `mailhub trace`, when (ms), by which rule."""

    code: str
    at: int
    rule: str
    before: str  # names of `Effect`, lower case; `hold:desk` where it says who is asked, since that is what changed
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of it. `unsure` messages lack facts that the new rules ask for and the rules of their day did not;
    `failed` are rules that raised, with how often; times in microseconds a message."""

    days: int
    messages: int
    after: Counts
    before: Counts
    changes: Changes
    rules: Sequence[RuleLine]
    agencies: Sequence[AgencyLine]
    samples: Sequence[Sample]
    unsure: int
    unreadable: int
    failed: Mapping[str, int]
    p50_us: int
    p95_us: int


class Tally:
    """Adds up decisions."""

    def __init__(self, new: RuleBook, agencies: Mapping[int, tuple[str, str]], *, days: int) -> None:
        self._days = days
        self._known = agencies
        self._rules = {rule.id: RuleLine(rule.id, rule.title) for rule in new.rules}
        self._agencies: dict[int | None, AgencyLine] = {}
        self._whole = AgencyLine("", "")
        self._samples: dict[tuple[str, str, str], list[Sample]] = {}
        self._failed: Counter[str] = Counter()
        self._took: Counter[int] = Counter()
        self._unsure = self._unreadable = 0

    @property
    def messages(self) -> int:
        """How many there were so far."""
        return self._whole.messages

    def add_unreadable(self) -> None:
        """A row that no facts could be made of."""
        self._whole.messages += 1
        self._unreadable += 1

    def add(
        self,
        code: str,
        at: int,
        agency_id: int | None,
        new: Decision | None,
        old: Decision | None,
        *,
        seconds: float,
        unsure: bool,
    ) -> None:
        """One message; None for a decision says that no rule fits."""
        self._unsure += unsure
        self._took[int(seconds * 1_000_000)] += 1
        after, before = _strongest(new), _strongest(old)
        asked, were_asked = _asked(new), _asked(old)
        others_asked = before is after is Effect.HOLD and asked != were_asked
        for line in (self._whole, self._agency(agency_id)):
            line.messages += 1
            line.after.add(after)
            line.before.add(before)
            line.changes.add(before, after, others_asked=others_asked)
        if new is None and old is None:
            return
        self._add_rules(new, old)
        if before is not after or others_asked:
            by = new if after >= before else old or new
            was, now = _name(before, were_asked, others_asked), _name(after, asked, others_asked)
            self._add_sample(code, at, by, was, now)

    def result(self) -> Rehearsal:
        """Everything so far; agencies with the most changes first."""
        agencies = sorted(self._agencies.values(), key=lambda one: (-one.after.total, -one.messages, one.code))
        return Rehearsal(
            days=self._days,
            messages=self.messages,
            after=self._whole.after,
            before=self._whole.before,
            changes=self._whole.changes,
            rules=tuple(self._rules.values()),
            agencies=tuple(agencies),
            samples=tuple(self._chosen()),
            unsure=self._unsure,
            unreadable=self._unreadable,
            failed=dict(self._failed),
            p50_us=self._percentile(50),
            p95_us=self._percentile(95),
        )

    def _add_rules(self, new: Decision | None, old: Decision | None) -> None:
        after, before = _by_rule(new), _by_rule(old)
        asked, were_asked = _asks(new), _asks(old)
        if new is not None and new.failed:
            self._failed[new.failed] += 1
        for rule in {**after, **before}:
            line = self._rules.get(rule)
            if line is None:  # only the old book has it
                line = self._rules[rule] = RuleLine(rule, _title(old, rule))
            effect, fits, exempted = after.get(rule, _NOTHING)
            was = before.get(rule, _NOTHING)[0]
            line.fits += fits
            line.exempted += exempted
            line.after.add(effect)
            line.before.add(was)
            if effect is not Effect.NONE or was is not Effect.NONE:
                others = was is effect is Effect.HOLD and asked.get(rule) != were_asked.get(rule)
                line.changes.add(was, effect, others_asked=others)

    def _add_sample(self, code: str, at: int, by: Decision | None, before: str, after: str) -> None:
        strongest = None if by is None else max(by.verdicts, key=lambda verdict: verdict.effect).deciding
        rule = "" if strongest is None else strongest.rule.id
        kind = (rule, before, after)
        alike = self._samples.setdefault(kind, [])
        if len(alike) < MOST_SAMPLES:
            alike.append(Sample(code, at, *kind))

    def _chosen(self) -> list[Sample]:
        """The first of each kind, then the second of each, until there are enough; in the order of their coming."""
        rounds = zip_longest(*self._samples.values())
        every = [one for some in rounds for one in some if one is not None]
        return sorted(every[:MOST_SAMPLES], key=lambda one: (one.at, one.code))

    def _agency(self, agency_id: int | None) -> AgencyLine:
        line = self._agencies.get(agency_id)
        if line is None:
            code, name = self._known.get(agency_id, ("", "")) if agency_id is not None else ("", "")
            line = self._agencies[agency_id] = AgencyLine(code, name)
        return line

    def _percentile(self, percent: int) -> int:
        wanted, seen = sum(self._took.values()) * percent / 100, 0
        for took, number in sorted(self._took.items()):
            seen += number
            if seen >= wanted:
                return took
        return 0


_NAMES = {
    Effect.TAG: "tagged",
    Effect.WARN: "told",
    Effect.DESK: "desk",
    Effect.HOLD: "held",
    Effect.REFUSE: "refused",
    Effect.SECRET: "secret",
}
_NOTHING = (Effect.NONE, False, False)


def _strongest(decision: Decision | None) -> Effect:
    """What happens at worst. A rule that fails holds the message."""
    if decision is None:
        return Effect.NONE
    worst = max((verdict.effect for verdict in decision.verdicts), default=Effect.NONE)
    return max(worst, Effect.HOLD) if decision.failed else worst


def _asked(decision: Decision | None) -> frozenset[Asked]:
    """Whose words it waits for; nobody's when a rule failed."""
    if decision is None or decision.failed:
        return frozenset()
    held = (verdict.deciding for verdict in decision.verdicts if verdict.effect is Effect.HOLD)
    return frozenset(hit.rule.asks for hit in held if hit is not None)


def _asks(decision: Decision | None) -> dict[str, Asked]:
    """Whom each rule that fits asks."""
    return {} if decision is None else {ident: hit.rule.asks for ident, hit in decision.hits.items()}


def _name(effect: Effect, asked: frozenset[Asked], others_asked: bool) -> str:
    name = effect.name.lower()
    return f"{name}:{'+'.join(sorted(asked))}" if others_asked and asked else name


def _by_rule(decision: Decision | None) -> dict[str, tuple[Effect, bool, bool]]:
    """Rule → its strongest effect on a recipient, that it fits, and whether it is exempted for somebody."""
    found: dict[str, tuple[Effect, bool, bool]] = {}
    for verdict in () if decision is None else decision.verdicts:
        for hit in verdict.hits:
            effect, _, exempted = found.get(hit.rule.id, _NOTHING)
            mine = Effect.NONE if hit.exempted else hit.effect
            found[hit.rule.id] = (max(effect, mine), True, exempted or bool(hit.exempted))
    return found


def _title(decision: Decision | None, rule: str) -> str:
    hit = None if decision is None else decision.hits.get(rule)
    return "" if hit is None else hit.rule.title
