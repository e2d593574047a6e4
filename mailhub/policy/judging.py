"""What the rules say of a message: one verdict for all recipients that have the same facts.

A recipient's verdict depends on the message, the sender and its own facts, never on another recipient's. Exceptions
are asked for only when some rule would do something, by a function, so that ten thousand of them cost nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

from mailhub.clock import local_time
from mailhub.policy.decision import Decision, Effect, Hit, Verdict
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MessageFacts,
    Origin,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.rules.compiling import Compiled, Ready, asks
from mailhub.policy.rules.rule import Action, Exemption, Rule, RuleBook, Stage
from mailhub.policy.rules.vocabulary import FACTS, Scope

AskExemptions = Callable[[frozenset[str]], Sequence[Exemption]]
"""Given the ids of rules that would do something, the exceptions from them. May give too many: who, to whom and until
when is looked at again."""

_Live = tuple[Compiled, tuple[Ready, ...]]
_Hits = dict[tuple[str, tuple[str, ...]], Hit]  # of one message: by rule and the agencies whose stage holds

# What a rule for this does at this stage; what is not here does nothing. Ghi nhận never does.
EFFECTS: dict[tuple[Action, Stage], Effect] = {
    (Action.REFUSE, Stage.WARN): Effect.WARN,
    (Action.REFUSE, Stage.HOLD): Effect.HOLD,
    (Action.REFUSE, Stage.BLOCK): Effect.REFUSE,
    (Action.ASK, Stage.WARN): Effect.WARN,
    (Action.ASK, Stage.HOLD): Effect.HOLD,
    (Action.ASK, Stage.BLOCK): Effect.HOLD,
    (Action.TAG, Stage.WARN): Effect.TAG,
    (Action.TAG, Stage.HOLD): Effect.TAG,
    (Action.TAG, Stage.BLOCK): Effect.TAG,
    (Action.DESK, Stage.WARN): Effect.WARN,
    (Action.DESK, Stage.HOLD): Effect.HOLD,
    (Action.DESK, Stage.BLOCK): Effect.DESK,
    (Action.SECRET, Stage.WARN): Effect.SECRET,
    (Action.SECRET, Stage.HOLD): Effect.SECRET,
    (Action.SECRET, Stage.BLOCK): Effect.SECRET,
    (Action.STOP_SENDING, Stage.WARN): Effect.WARN,
    (Action.STOP_SENDING, Stage.HOLD): Effect.HOLD,
    (Action.STOP_SENDING, Stage.BLOCK): Effect.HOLD,
}


def no_exemptions(_rules: frozenset[str]) -> Sequence[Exemption]:
    """For judging without exceptions."""
    return ()


def those_of(book: RuleBook) -> AskExemptions:
    """The exceptions that stand in a book, for files that are tried out (`policy explain`, `policy simulate`)."""
    return lambda rules: [entry for entry in book.exemptions if entry.rule in rules]


def askers(facts: Facts) -> frozenset[str]:
    """Every `who` of an exception that may hold for this message: the sender's address, the agencies that count (those
    of the recipients for mail from outside), and "*"."""
    found = {"*", facts.sender.address.lower(), *facts.sender.agencies}
    if facts.message.origin is Origin.OUTSIDE:
        found.update(code for recipient in facts.recipients.values() for code in recipient.agencies)
    return frozenset(found - {""})


class Judge:
    """Version `version` of the rules, ready to judge. Safe to share; holds no exceptions."""

    def __init__(self, book: RuleBook, version: int) -> None:
        self.book = RuleBook(book.rules)
        self.version = version
        self._rules = tuple(Compiled.of(rule) for rule in book.rules)
        self._near: dict[tuple[Origin, bool, bool], tuple[Compiled, ...]] = {}
        self._needs = {rule.id: _recipient_facts(rule) for rule in book.rules}
        self.envelope_rules = _envelope_rules(book.rules)

    def candidates(
        self,
        message: MessageFacts,
        sender: SenderFacts,
        documents: Sequence[DocumentFacts],
        attachments: Sequence[AttachmentFacts],
    ) -> frozenset[str]:
        """The ids of rules that may fit some recipient: all but the conditions on recipients hold. A rule that raises
        is among them, so that `decide` names it."""
        found = []
        for compiled in self._about(message.origin, bool(documents), bool(attachments)):
            try:
                if compiled.left(message, sender, documents, attachments) is not None:
                    found.append(compiled.rule.id)
            except Exception:
                found.append(compiled.rule.id)
        return frozenset(found)

    def needs(self, candidates: Iterable[str]) -> frozenset[str]:
        """Which fields of `RecipientFacts` these rules look at (`mail_class`, `relation`, …); `agencies` always, since
        stages and exceptions go by them."""
        found = [self._needs[ident] for ident in candidates]
        return frozenset({"agencies"}.union(*found)) if found else frozenset()

    def decide(
        self, facts: Facts, exemptions: AskExemptions = no_exemptions, only: Collection[str] | None = None
    ) -> Decision:
        """What becomes of a message.

        Args:
            facts: everything the rules may ask for; of recipients at least what `needs` names.
            exemptions: asked at most once, and only when a rule would do something. What it raises passes through.
            only: the ids of the rules to ask, such as `envelope_rules` at RCPT; None for all.
        """
        live, failed = self._live(facts, only)
        groups: dict[RecipientFacts, list[str]] = {}
        for address, recipient in facts.recipients.items():
            groups.setdefault(recipient, []).append(address)
        day = local_time(facts.at).date()
        judged: list[tuple[RecipientFacts, list[str], tuple[Hit, ...]]] = []
        known: _Hits = {}
        for recipient, addresses in groups.items():
            hits, wrong = _hits(live, facts, recipient, day, known)
            failed = failed or wrong
            judged.append((recipient, addresses, hits))
        acting = frozenset(hit.rule.id for *_, hits in judged for hit in hits if hit.effect and not hit.exempted)
        entries = [entry for entry in exemptions(acting) if entry.until >= day] if acting else []
        verdicts: list[Verdict] = []
        for recipient, addresses, hits in judged:
            verdicts.extend(_exempt(facts, recipient, sorted(addresses), hits, entries))
        return Decision(self.version, tuple(sorted(verdicts, key=lambda verdict: verdict.addresses)), failed)

    def _about(self, origin: Origin, documents: bool, attachments: bool) -> tuple[Compiled, ...]:
        """The rules that can fit a message that came this way, with documents or attachments or without: most fall out
        by that alone."""
        key = (origin, documents, attachments)
        if key not in self._near:
            of_this = MessageFacts(origin=origin)
            self._near[key] = tuple(
                one
                for one in self._rules
                if (documents or not one.when.document)
                and (attachments or not one.when.attachment)
                and all(asks(test)(of_this) for test in one.rule.when.tests if test.fact == "message.origin")
            )
        return self._near[key]

    def _live(self, facts: Facts, only: Collection[str] | None) -> tuple[list[_Live], str]:
        """The rules that recipients still decide, and the first one that raised."""
        live: list[_Live] = []
        failed = ""
        for compiled in self._about(facts.message.origin, bool(facts.documents), bool(facts.attachments)):
            if only is not None and compiled.rule.id not in only:
                continue
            try:
                left = compiled.left(facts.message, facts.sender, facts.documents, facts.attachments)
            except Exception:  # whatever it is: the message is held and the rule named
                failed = failed or compiled.rule.id
                continue
            if left is not None:
                live.append((compiled, left))
        return live, failed


def _hits(
    live: list[_Live], facts: Facts, recipient: RecipientFacts, day: date, known: _Hits
) -> tuple[tuple[Hit, ...], str]:
    """The rules that fit recipients like this one, and the first one that raised. `known` holds the hits of others."""
    agencies = recipient.agencies if facts.message.origin is Origin.OUTSIDE else facts.sender.agencies
    fitting: list[Hit] = []
    allowed: dict[str, str] = {}
    failed = ""
    for compiled, unless in live:
        rule = compiled.rule
        try:
            fits = compiled.when.each(recipient)
            for clause in unless:
                fits = fits and not clause.each(recipient)
        except Exception:
            failed = failed or rule.id
            continue
        if not fits:
            continue
        hit = known.get((rule.id, agencies))
        if hit is None:
            stage = rule.stage_of(agencies, day)
            hit = known[rule.id, agencies] = Hit(rule, stage, EFFECTS.get((rule.action, stage), Effect.NONE))
        fitting.append(hit)
        if rule.over and hit.stage is not Stage.SHADOW:
            for over in rule.over:
                allowed.setdefault(over, rule.id)
    if allowed:
        fitting = [Hit(one.rule, one.stage, one.effect, allowed.get(one.rule.id, "")) for one in fitting]
    return tuple(fitting), failed


def _exempt(
    facts: Facts, recipient: RecipientFacts, addresses: list[str], hits: tuple[Hit, ...], entries: list[Exemption]
) -> list[Verdict]:
    """The verdict of recipients with equal facts; where exceptions tell some of them apart, several."""
    if not entries:
        return [Verdict(tuple(addresses), recipient, hits)]
    who = {"*", facts.sender.address.lower()}
    who.update(recipient.agencies if facts.message.origin is Origin.OUTSIDE else facts.sender.agencies)
    mine = [entry for entry in entries if entry.who in who]
    split: dict[tuple[str, ...], list[str]] = {}
    for address in addresses:
        low = address.lower()
        to = {"*", low, low.rpartition("@")[2]}
        whys = {entry.rule: entry.why for entry in reversed(mine) if entry.to in to}
        split.setdefault(tuple(whys.get(hit.rule.id, "") if hit.effect else "" for hit in hits), []).append(address)
    return [Verdict(tuple(some), recipient, _with(hits, whys)) for whys, some in split.items()]


def _with(hits: tuple[Hit, ...], whys: tuple[str, ...]) -> tuple[Hit, ...]:
    return tuple(
        Hit(hit.rule, hit.stage, hit.effect, why) if why and not hit.exempted else hit
        for hit, why in zip(hits, whys, strict=True)
    )


def _recipient_facts(rule: Rule) -> frozenset[str]:
    tests = (*rule.when.tests, *(test for clause in rule.unless for test in clause.tests))
    return frozenset(FACTS[test.fact].field for test in tests if test.scope == Scope.RECIPIENT)


def _envelope_rules(rules: Sequence[Rule]) -> frozenset[str]:
    """Rules that RCPT can answer: they, and those that may allow what they stop, look at nothing that comes later."""
    early = {rule.id for rule in rules if _is_early(rule)}
    late_over = {over for rule in rules if rule.id not in early for over in rule.over}
    return frozenset(early - late_over)


def _is_early(rule: Rule) -> bool:
    tests = (*rule.when.tests, *(test for clause in rule.unless for test in clause.tests))
    return all(test.scope in (Scope.SENDER, Scope.RECIPIENT) or test.fact == "message.origin" for test in tests)
