"""What became of a message before the rules: per recipient, and as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from mailhub.policy.facts import RecipientFacts
from mailhub.policy.rules.rule import Rule, Stage


class Effect(IntEnum):
    """What happens to a recipient's copy. The strongest of several counts."""

    NONE = 0
    TAG = 1
    WARN = 2
    DESK = 3
    HOLD = 4
    REFUSE = 5
    SECRET = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fits. `exempted`: why it does nothing here all the same (an exception's `why`, or the id of a rule
    that allows it)."""

    rule: Rule
    stage: Stage
    effect: Effect
    exempted: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """For recipients with equal facts."""

    addresses: tuple[str, ...]
    facts: RecipientFacts
    hits: tuple[Hit, ...]  # those that fit, in the book's order, what only counts included

    @property
    def effect(self) -> Effect:
        """The strongest effect."""
        return max((hit.effect for hit in self.hits if not hit.exempted), default=Effect.NONE)

    @property
    def deciding(self) -> Hit | None:
        """The first rule that has the strongest effect; None when nothing happens."""
        if self.effect is Effect.NONE:
            return None
        return next(hit for hit in self.hits if hit.effect is self.effect and not hit.exempted)


@dataclass(frozen=True, slots=True)
class Decision:
    """A message judged by version `version` of the rules. `failed` names a rule that raised: the message is held."""

    version: int
    verdicts: tuple[Verdict, ...]
    failed: str = ""

    @property
    def secret(self) -> Hit | None:
        """The rule by which the whole message is refused as a state secret."""
        for verdict in self.verdicts:
            if verdict.effect is Effect.SECRET:
                return verdict.deciding
        return None

    @property
    def by_address(self) -> Mapping[str, Verdict]:
        """The verdict for each recipient."""
        return {address: verdict for verdict in self.verdicts for address in verdict.addresses}

    @property
    def hits(self) -> dict[str, Hit]:
        """Every rule that fits somebody, once."""
        return {hit.rule.id: hit for verdict in self.verdicts for hit in verdict.hits}
