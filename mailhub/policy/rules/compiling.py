"""Rules made ready to be asked often: each test becomes a function once, and what does not depend on the recipient is
asked once a message."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from mailhub.policy.facts import AttachmentFacts, DocumentFacts, MessageFacts, RecipientFacts, SenderFacts
from mailhub.policy.rules.rule import Clause, Rule, Test
from mailhub.policy.rules.vocabulary import FACTS, FactType, Scope

Asks = Callable[[Any], bool]
"""Whether a test holds of the facts of its scope."""


def asks(test: Test) -> Asks:
    """The function behind a test. The fact must be one of `vocabulary.FACTS`."""
    fact = FACTS[test.fact]
    field = fact.field
    if test.operator == "at_least":
        low = test.values[0]
        return lambda facts: bool(getattr(facts, field) >= low)
    if test.operator == "at_most":
        high = test.values[0]
        return lambda facts: bool(getattr(facts, field) <= high)
    if test.operator == "like":
        return _like(field, test.values, several=fact.type is FactType.SET)
    inner = _any_of(field, test.values) if fact.type is FactType.SET else _one_of(field, test.values)
    return inner if test.operator == "is" else lambda facts: not inner(facts)


def _one_of(field: str, values: tuple[Any, ...]) -> Asks:
    wanted = frozenset(values)
    return lambda facts: getattr(facts, field) in wanted


def _any_of(field: str, values: tuple[Any, ...]) -> Asks:
    wanted, nothing = frozenset(values), "" in values

    def holds(facts: Any) -> bool:
        has: Collection[str] = getattr(facts, field)
        return not wanted.isdisjoint(has) if has else nothing

    return holds


def _like(field: str, patterns: tuple[str, ...], *, several: bool) -> Asks:
    """Shell patterns (`fnmatch`), whatever the case of letters."""
    pattern = re.compile("|".join(fnmatch.translate(each.casefold()) for each in patterns))
    if several:
        return lambda facts: any(pattern.match(each.casefold()) for each in getattr(facts, field))
    return lambda facts: pattern.match(getattr(facts, field).casefold()) is not None


@dataclass(frozen=True, slots=True)
class Ready:
    """A clause: its tests by what they are about."""

    message: tuple[Asks, ...]
    sender: tuple[Asks, ...]
    recipient: tuple[Asks, ...]
    document: tuple[Asks, ...]
    attachment: tuple[Asks, ...]

    @classmethod
    def of(cls, clause: Clause) -> Ready:
        """The clause, compiled."""
        return cls(*(tuple(asks(test) for test in clause.tests if test.scope == scope) for scope in Scope))

    def fixed(
        self,
        message: MessageFacts,
        sender: SenderFacts,
        documents: Sequence[DocumentFacts],
        attachments: Sequence[AttachmentFacts],
    ) -> bool:
        """Whether everything holds that is not about a recipient."""
        for holds in self.message:
            if not holds(message):
                return False
        for holds in self.sender:
            if not holds(sender):
                return False
        return (not self.document or _some(self.document, documents)) and (
            not self.attachment or _some(self.attachment, attachments)
        )

    def each(self, recipient: RecipientFacts) -> bool:
        """Whether everything holds that is about a recipient."""
        for holds in self.recipient:  # noqa: SIM110  thrice as fast as all(…), and asked most often
            if not holds(recipient):
                return False
        return True


def _some(tests: tuple[Asks, ...], things: Sequence[Any]) -> bool:
    """Whether all the tests hold of one and the same thing."""
    for thing in things:
        for holds in tests:
            if not holds(thing):
                break
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule with its clauses ready."""

    rule: Rule
    when: Ready
    unless: tuple[Ready, ...]

    @classmethod
    def of(cls, rule: Rule) -> Compiled:
        """The rule, compiled."""
        return cls(rule, Ready.of(rule.when), tuple(Ready.of(clause) for clause in rule.unless))

    def left(
        self,
        message: MessageFacts,
        sender: SenderFacts,
        documents: Sequence[DocumentFacts],
        attachments: Sequence[AttachmentFacts],
    ) -> tuple[Ready, ...] | None:
        """None when the rule fits no recipient, whoever it is; else the `unless` that recipients still decide."""
        if not self.when.fixed(message, sender, documents, attachments):
            return None
        left = []
        for clause in self.unless:
            if clause.fixed(message, sender, documents, attachments):
                if not clause.recipient:
                    return None
                left.append(clause)
        return tuple(left)
