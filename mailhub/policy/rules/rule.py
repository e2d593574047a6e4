"""A rule as it is read from `policy.toml`: plain values.

Stages and who may be asked are the design's (architecture § 7); no rule without the article it stands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """How far a rule goes: Ghi nhận → Nhắc → Chờ duyệt → Không cho gửi (wording § 1)."""

    SHADOW = "shadow"  # counted, nothing else
    WARN = "warn"  # delivered, and who sent it is told
    HOLD = "hold"  # waits for a word
    BLOCK = "block"


class Action(StrEnum):
    """What a rule is for; how much of it happens is the stage's word."""

    REFUSE = "refuse"  # shadow: counted; warn: told; hold: waits; block: not delivered
    ASK = "ask"  # the same, but never more than a hold: the sender's word is enough, always
    TAG = "tag"  # from warn on: into a folder of its own
    DESK = "desk"  # block: goes to the agency's document desk instead
    SECRET = "secret"  # noqa: S105  refused and destroyed, or sealed; an incident
    STOP_SENDING = "stop-sending"  # the account sends no more until a person looked at it
    COUNT = "count"  # never more than counted
    ALLOW = "allow"  # from warn on (its usual stage): the rules named in `over` do not hold for what fits


class ReplyBy(StrEnum):
    """How a sender hears of a refusal (architecture § 5)."""

    NOTICE = "notice"  # 250, then one RFC 3464 notice
    REJECT = "reject"  # 5xx, when every recipient is refused


class Asked(StrEnum):
    """Whose word lets a held message go."""

    SENDER = "sender"  # for mail from outside: the recipient
    DESK = "desk"  # the document desk of the sender's agency; for mail from outside, of the recipient's
    SECURITY = "security"  # a security officer


@dataclass(frozen=True, slots=True)
class Because:
    """The article. `clause` is what orders it; `article` is the place in the province's own regulation, whose name
    is `[hub] regulation`; "" while it is not known. `directive`: the province's directive that the rule was modelled
    on, told to administrators only, since it binds nobody elsewhere."""

    clause: str
    article: str = ""
    directive: str = ""


@dataclass(frozen=True, slots=True)
class Promotion:
    """From the day `on`, the stage is `stage`."""

    on: date
    stage: Stage


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage, and what becomes of it on which days (in order). `agreed` says who agreed to it."""

    stage: Stage
    promotions: tuple[Promotion, ...] = ()
    agreed: str = ""

    def on(self, day: date) -> Stage:
        """The stage that holds on a day."""
        due = [promotion.stage for promotion in self.promotions if promotion.on <= day]
        return due[-1] if due else self.stage


@dataclass(frozen=True, slots=True)
class Test:
    """One condition: a fact and what it has to be.

    `fact` is `scope.name` of `policy/facts.py`; `operator` is `is` (equal, or any of), `not` (none of), `at_least`,
    `at_most`, `like` (glob); `values` are what it is compared with.
    """

    fact: str
    operator: str
    values: tuple[Any, ...]
    line: int = 0

    @property
    def scope(self) -> str:
        """message, sender, recipient, document or attachment."""
        return self.fact.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that hold together; those on documents hold of one and the same document, so for attachments."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. It fits when `when` holds and none of `unless` does."""

    id: str
    title: str
    because: Because
    stage: StagePlan
    agencies: Mapping[str, StagePlan] = field(default_factory=dict)  # by code; the nearest above counts
    action: Action = Action.REFUSE
    when: Clause = Clause(())
    unless: tuple[Clause, ...] = ()
    over: tuple[str, ...] = ()  # with `allow`: the ids of the rules that then do not hold
    reply: ReplyBy = ReplyBy.NOTICE
    asks: Asked = Asked.SENDER
    reason_needed: bool = True  # a word without a reason does not release
    hours: int = 0  # that a hold waits for a word; 0 = `[policy] hold_hours`
    folder: str = ""  # with `tag`
    message: Mapping[str, str] = field(default_factory=dict)  # by language: why, and what to do now
    line: int = 0

    def stage_of(self, agencies: tuple[str, ...], day: date) -> Stage:
        """The stage for the nearest of these agencies (own one first) that has one of its own."""
        for code in agencies:
            if code in self.agencies:
                return self.agencies[code].on(day)
        return self.stage.on(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """An exception: who, to whom, from which rule, why, until when, by whom. After its last day it ends by itself.

    `who` is an address, an agency's code (with all below it) or "*"; `to` an address, a domain or "*".
    """

    rule: str
    who: str
    to: str
    why: str
    until: date
    by: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A whole `policy.toml`."""

    rules: tuple[Rule, ...]
    exemptions: tuple[Exemption, ...] = ()

    def rule(self, ident: str) -> Rule | None:
        """The rule with this id."""
        return next((rule for rule in self.rules if rule.id == ident), None)
