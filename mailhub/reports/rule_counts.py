"""What each rule did in the last days, for the page of rules: the same counts that the report on rules adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import scope_of
from mailhub.clock import local_time
from mailhub.policy.decision import Effect
from mailhub.reports.counting.counts import EXEMPTED, What
from mailhub.reports.ledger import Ledger


@dataclass(slots=True)
class RuleCount:
    """Messages that the rule fitted, and of these: delivered with a word, put elsewhere, held, refused, spared."""

    fits: int = 0
    told: int = 0
    moved: int = 0
    held: int = 0
    refused: int = 0
    spared: int = 0


_FIELDS = {
    Effect.WARN.name.lower(): "told",
    Effect.TAG.name.lower(): "moved",
    Effect.DESK.name.lower(): "moved",
    Effect.HOLD.name.lower(): "held",
    Effect.REFUSE.name.lower(): "refused",
    Effect.SECRET.name.lower(): "refused",
    EXEMPTED: "spared",
}


def rule_counts(connection: Connection, actor: Actor, *, days: int, at: int) -> Mapping[str, RuleCount]:
    """By rule, of the last `days` days with today, in the agencies whose figures the actor may see.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.USE_READ)
    today = local_time(at).date()
    ledger = Ledger(connection, scope.agencies, today)
    found: dict[str, RuleCount] = {}
    for (rule, effect), (number, _) in ledger.sums(
        What.RULE, today - timedelta(days=days - 1), today, by=("a", "c")
    ).items():
        one = found.setdefault(rule, RuleCount())
        one.fits += number
        name = _FIELDS.get(effect, "")
        if name:
            setattr(one, name, getattr(one, name) + number)
    return found
