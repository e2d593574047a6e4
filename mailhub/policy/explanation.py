"""What an explanation holds: plain values, for a page of text and for `--json`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from mailhub.clock import local_time
from mailhub.policy.decision import Decision, Effect, Hit, Verdict
from mailhub.policy.facts import Facts, Origin
from mailhub.policy.rules.rule import ReplyBy, Rule, Stage, StagePlan, Test


class Outcome(StrEnum):
    """What becomes of a recipient's copy, the whole message considered."""

    DELIVERED = "delivered"
    TAGGED = "tagged"  # into a folder of its own
    TOLD = "told"  # delivered, and the sender (from outside: the recipient) is told
    DESK = "desk"
    WAITS = "waits"
    REFUSED = "refused"  # and a notice comes, 250 having been said
    REJECTED = "rejected"  # at once, by the reply to the dot
    QUARANTINED = "quarantined"  # from outside: waits for the recipient's word
    SECRET = "secret"  # noqa: S105  the whole message refused, its content destroyed or sealed
    FAULT = "fault"  # a rule failed: the whole message is held until it is repaired


# What these send is nobody's to see refused: no notice follows.
BY_MACHINE = (Origin.REDIRECT, Origin.AUTOMATIC)
_BY_EFFECT = {
    Effect.NONE: Outcome.DELIVERED,
    Effect.TAG: Outcome.TAGGED,
    Effect.WARN: Outcome.TOLD,
    Effect.DESK: Outcome.DESK,
    Effect.HOLD: Outcome.WAITS,
    Effect.SECRET: Outcome.SECRET,
}


@dataclass(frozen=True, slots=True)
class TestShown:
    """A condition and the value it met. `thing` is the number of the document or file it was asked of, from 0; -1 for
    the others, and when there is none at all."""

    test: Test
    value: Any
    holds: bool
    thing: int = -1


@dataclass(frozen=True, slots=True)
class ClauseShown:
    """Conditions that must hold together. Of several documents or files, the one that comes nearest."""

    tests: tuple[TestShown, ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule asked about one group of recipients. `effect` is what it does there, or would do but for `exempted`;
    `agency` is the code of the agency whose own stage it is, "" when it is the rule's."""

    rule: Rule
    stage: Stage
    plan: StagePlan
    when: ClauseShown
    unless: tuple[ClauseShown, ...]
    fits: bool
    agency: str = ""
    failed: bool = False
    effect: Effect = Effect.NONE
    exempted: str = ""


@dataclass(frozen=True, slots=True)
class GroupShown:
    """Recipients with one verdict, what becomes of their copies, and every rule of the book."""

    verdict: Verdict
    outcome: Outcome
    rules: tuple[RuleShown, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer."""

    facts: Facts
    decision: Decision
    groups: tuple[GroupShown, ...]

    @property
    def day(self) -> date:
        """The day, in Vietnam, by which stages and exceptions were taken."""
        return local_time(self.facts.at).date()


def outcome_of(decision: Decision, verdict: Verdict, origin: Origin) -> Outcome:
    """What becomes of these copies (architecture § 5): a secret or a rule that failed decides for the whole message;
    a refusal is a reply only when it is for everybody."""
    if decision.secret is not None:
        return Outcome.SECRET
    if decision.failed:
        return Outcome.FAULT
    if verdict.effect is not Effect.REFUSE:
        return _BY_EFFECT[verdict.effect]
    everybody = all(other.effect is Effect.REFUSE for other in decision.verdicts)
    if origin is Origin.OUTSIDE:
        return Outcome.REJECTED if everybody else Outcome.QUARANTINED
    if origin in BY_MACHINE:
        return Outcome.REFUSED
    at_once = everybody and all(_at_once(other.deciding) for other in decision.verdicts)
    return Outcome.REJECTED if at_once else Outcome.REFUSED


def _at_once(hit: Hit | None) -> bool:
    return hit is not None and hit.rule.reply is ReplyBy.REJECT
