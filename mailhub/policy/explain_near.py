"""Which rules a reader wants to see: those that fit, those that something stops, and near misses. The others have
nothing to do with the message; of them it is enough to say how many there are, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mailhub.policy.explanation import RuleShown, TestShown
from mailhub.policy.facts import Listing, MailClass
from mailhub.policy.judging import EFFECTS
from mailhub.policy.rules.rule import Action
from mailhub.policy.rules.vocabulary import Scope

Block = Sequence[RuleShown]  # one rule, asked about each group of recipients

_SHORT = 2  # conditions that a near miss may lack
_SHORT_QUIET = 1  # of a rule that would only count
_ORIGIN = "message.origin"
# Rules of which these miss are for other mail: the other way, to others.
_WAYS = (_ORIGIN, "recipient.class", "sender.class")
_THINGS = (Scope.DOCUMENT, Scope.ATTACHMENT)
# What a message without anything remarkable has: whoever wants something else there is not nearly met.
_ORDINARY: dict[str, tuple[Any, ...]] = {
    "attachment.listed": (Listing.ALLOWED,),
    "message.malware": ("clean", "not-scanned"),
    "recipient.class": (MailClass.OWN,),
    "sender.class": (MailClass.OWN,),
    "document.signature": ("unknown", "none"),
    "message.signature": ("none",),
}


def is_of_interest(block: Block) -> bool:
    """Whether the rule fits somebody, is stopped by an exclusion, or lacks little."""
    return any(map(is_near, block))


def is_near(shown: RuleShown) -> bool:
    """The same for one group of recipients."""
    return shown.failed or shown.fits or shown.when.holds or _lacks_little(shown)


def lacking(shown: RuleShown) -> int:
    """How many of its conditions do not hold."""
    return sum(not test.holds for test in shown.when.tests)


def causes(blocks: Sequence[Block]) -> Counter[str]:
    """Why these rules have nothing to do with the message: `origin`, `document`, `attachment`, `other`."""
    return Counter(map(_cause, blocks))


def _lacks_little(shown: RuleShown) -> bool:
    """One or two conditions short; and what is short is there with another value, while something else is met that
    not every message has. Else every rule about one danger would be a near miss of a mail without any."""
    missed = [test for test in shown.when.tests if not test.holds]
    met = [test for test in shown.when.tests if test.holds]
    quiet = (shown.rule.action, shown.stage) not in EFFECTS and shown.rule.action is not Action.ALLOW
    return (
        len(missed) <= (_SHORT_QUIET if quiet else _SHORT)
        and any(map(_tells, met))
        and not any(map(_has_no_part, missed))
    )


def _tells(test: TestShown) -> bool:
    if test.test.fact == _ORIGIN or test.test.operator in ("not", "at_most"):
        return False
    return not _is_ordinary(test)


def _has_no_part(test: TestShown) -> bool:
    return test.test.fact in _WAYS or _is_ordinary(test)


def _is_ordinary(test: TestShown) -> bool:
    return not test.value or test.value in _ORDINARY.get(test.test.fact, ())


def _cause(block: Block) -> str:
    missed = [test for test in block[0].when.tests if not test.holds]
    if any(test.test.fact == _ORIGIN for test in missed):
        return "origin"
    for scope in _THINGS:
        if any(test.test.scope == scope and test.value is None for test in missed):
            return scope.value
    return "other"
