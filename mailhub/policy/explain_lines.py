"""An explanation as a page of text: first what becomes of each recipient's copy and why, then the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailhub.i18n import Texts
from mailhub.policy.decision import Effect
from mailhub.policy.explain_hits import hit_lines, reasons
from mailhub.policy.explain_letter import letter_lines
from mailhub.policy.explain_rules import rule_lines
from mailhub.policy.explain_words import Speaker
from mailhub.policy.explanation import BY_MACHINE, Explanation, GroupShown, Outcome
from mailhub.policy.facts import Origin
from mailhub.policy.rules.rule import Action, Asked, Rule, Stage

_TOLD = (Outcome.TOLD, Outcome.WAITS, Outcome.REFUSED, Outcome.REJECTED, Outcome.QUARANTINED, Outcome.DESK,
         Outcome.SECRET)  # fmt: skip
_NAMED = 20  # recipients of whom the same is said; of more, the rest is counted
_BY_REPLY = (Outcome.REJECTED, Outcome.SECRET)
_ARRIVING = (Outcome.TOLD, Outcome.WAITS, Outcome.QUARANTINED, Outcome.DESK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the page says besides the facts.

    `reason` gives the text that whoever is told would read, for a rule and the addresses it concerns
    (`policy/wording.py`); `because` the article; `until` the moment a hold made now ends, in people's words; `reply`
    the line of SMTP by which the whole message is refused; `contact` whom to call about a secret; `groups` the members
    of each group written to, which is named instead of them; `every`: all rules, however far from fitting.
    """

    language: str = "vi"
    reason: Callable[[Rule, Sequence[str]], str] | None = None
    because: Callable[[Rule], str] | None = None
    until: Callable[[Rule], str] | None = None
    reply: str = ""
    contact: str = ""
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    every: bool = False


NOTHING_AROUND = Around()


def text_lines(explanation: Explanation, words: Texts, around: Around = NOTHING_AROUND) -> list[str]:
    """The page, line by line, in the language of `words`."""
    return list(_Page(explanation, Speaker(words, around.groups), around).lines())


class _Page:
    def __init__(self, explanation: Explanation, speak: Speaker, around: Around) -> None:
        self._explanation = explanation
        self._facts = explanation.facts
        self._outside = explanation.facts.message.origin is Origin.OUTSIDE
        self._sender = explanation.facts.sender.address or speak.say("no-sender")
        self._speak = speak
        self._around = around

    def lines(self) -> Iterator[str]:
        speak = self._speak
        yield speak.say("title", version=self._explanation.decision.version)
        yield from letter_lines(self._facts, self._sender, self._around.groups, speak)
        yield ""
        yield speak.say("conclusions")
        if not self._explanation.groups:
            yield speak.say("nobody")
        alike: dict[tuple[str, ...], list[str]] = {}  # what is said, of whom: groups may differ in facts only
        for group in self._explanation.groups:
            alike.setdefault(tuple(self._group(group)), []).extend(group.verdict.addresses)
        for said, addresses in alike.items():
            yield ""
            yield f"• {speak.people(addresses, named=_NAMED)}"
            yield from (f"  {line}" for line in said)
        if self._counts():
            yield ""
            yield speak.say("counting")
        yield ""
        yield speak.say("rules.all" if self._around.every else "rules")
        yield speak.say("legend")
        yield from rule_lines(self._explanation, speak, every=self._around.every)

    def _counts(self) -> bool:
        """Whether a rule fits that only counts, always or yet."""
        return any(
            shown.fits and not shown.effect and shown.rule.action is not Action.ALLOW
            for group in self._explanation.groups
            for shown in group.rules
        )

    def _group(self, group: GroupShown) -> Iterator[str]:
        speak = self._speak
        yield speak.say("result", text=self._result(group))
        rule = self._deciding(group)
        if self._around.reply and group.outcome in _BY_REPLY:
            yield speak.say("reply", line=self._around.reply)
        if rule is not None:
            yield from self._decision(group, rule)
        elif group.outcome is Outcome.DELIVERED:
            yield speak.say("none")
        if any(self._stops(hit.rule, hit.stage) for hit in group.verdict.hits if hit.effect and not hit.exempted):
            yield speak.say("stopped", sender=self._sender)
        folder = next((h.rule.folder for h in group.verdict.hits if h.effect is Effect.TAG and not h.exempted), "")
        if folder and group.outcome in _ARRIVING:
            yield speak.say("folder", folder=folder)
        yield from hit_lines(group, rule, self._explanation, speak)
        if rule is not None and group.outcome in _TOLD:
            yield from self._told(group, rule)

    def _decision(self, group: GroupShown, rule: Rule) -> Iterator[str]:
        speak = self._speak
        shown = next((each for each in group.rules if each.rule is rule and each.fits), None)
        if shown is None:  # it fits another recipient, and decides for the whole message
            rules = (each for other in self._explanation.groups for each in other.rules)
            shown = next(each for each in rules if each.rule is rule and each.fits)
        stage = speak.stage(shown.stage)
        if group.outcome in (Outcome.WAITS, Outcome.QUARANTINED) and rule.asks is Asked.SENDER:
            stage = speak.say("stage.recipient" if self._outside else "stage.sender", stage=stage)
        if shown.agency:
            stage = speak.say("stage-of", stage=stage, agency=shown.agency)
        yield speak.say("deciding", title=rule.title, id=rule.id, stage=stage)
        because = self._around.because(rule) if self._around.because else rule.because.clause
        yield speak.say("because", text=because.rstrip("."))
        yield speak.say("why", reasons=reasons(shown, speak))
        for promotion in shown.plan.promotions:
            if promotion.on > self._explanation.day:
                on = f"{promotion.on:%d/%m/%Y}"
                yield speak.say("promotion", on=on, stage=speak.stage(promotion.stage))

    def _deciding(self, group: GroupShown) -> Rule | None:
        if group.outcome is Outcome.SECRET:
            hit = self._explanation.decision.secret
        else:
            hit = None if group.outcome is Outcome.FAULT else group.verdict.deciding
        return hit.rule if hit is not None else None

    def _result(self, group: GroupShown) -> str:
        speak, outcome = self._speak, group.outcome
        rule = self._deciding(group)
        ident = f"result.{outcome}"
        if outcome is Outcome.REJECTED and self._outside:
            ident = "result.rejected-outside"
        elif outcome is Outcome.REFUSED and self._facts.message.origin in BY_MACHINE:
            ident = "result.refused-silent"
        elif outcome is Outcome.TOLD and self._facts.message.origin is Origin.AUTOMATIC:
            ident = "result.told-nobody"
        elif outcome is Outcome.WAITS and not self._is_alone(group):
            ident = "result.waits-some"
        others = "" if self._is_alone(group) else speak.say("others-free")
        values: dict[str, object] = {"sender": self._sender, "others": others}
        if outcome is Outcome.FAULT:
            values["rule"] = self._explanation.decision.failed
        elif outcome is Outcome.SECRET:
            sealed = self._facts.message.secrecy_in == frozenset({"scan"})
            values["kept"] = speak.say("kept.sealed" if sealed else "kept.destroyed")
            values["contact"] = speak.say("contact", contact=self._around.contact) if self._around.contact else ""
        elif outcome is Outcome.TOLD:
            values["told"] = self._who_is_told()
        elif outcome is Outcome.DESK:
            values["desk"] = speak.say("desk.recipient" if self._outside else "desk.sender")
        elif rule is not None:
            values["folder"] = rule.folder
            if outcome in (Outcome.WAITS, Outcome.QUARANTINED):
                values |= self._waiting(rule)
        return speak.say(ident, **values)

    def _is_alone(self, group: GroupShown) -> bool:
        """Whether all recipients share what becomes of this group."""
        return all(other.outcome is group.outcome for other in self._explanation.groups)

    def _waiting(self, rule: Rule) -> dict[str, object]:
        speak = self._speak
        until = self._around.until(rule) if self._around.until else ""
        if until:
            limit = speak.say("until", at=until)
        else:
            limit = speak.say("until.hours", hours=rule.hours) if rule.hours else speak.say("until.default")
        return {
            "who": self._asked(rule),
            "until": limit,
            "reason": speak.say("with-reason" if rule.reason_needed else "without-reason"),
            "sender_told": speak.say("sender-told") if rule.asks is not Asked.SENDER and not self._outside else "",
            "lapse": speak.say("lapse.recipient" if self._outside else "lapse.sender"),
        }

    def _asked(self, rule: Rule) -> str:
        speak = self._speak
        if rule.asks is Asked.SECURITY:
            return speak.say("who.security")
        if rule.asks is Asked.DESK:
            return speak.say("who.desk-outside" if self._outside else "who.desk")
        return speak.say("who.recipient") if self._outside else speak.say("who.sender", sender=self._sender)

    def _who_is_told(self) -> str:
        speak = self._speak
        return speak.say("told.recipient") if self._outside else speak.say("told.sender", sender=self._sender)

    def _told(self, group: GroupShown, rule: Rule) -> Iterator[str]:
        speak = self._speak
        if self._outside and group.outcome in (Outcome.REJECTED, Outcome.SECRET):
            return  # strangers hear a line of SMTP
        text = rule.message.get(self._around.language, "")
        if self._around.reason is not None:
            text = self._around.reason(rule, speak.written(group.verdict.addresses))
        if not text.strip():
            return
        waits = group.outcome in (Outcome.WAITS, Outcome.QUARANTINED)
        yield speak.say("told", who=self._asked(rule) if waits else self._who_is_told())
        for line in text.strip().splitlines():
            yield f"  {speak.say('quote', line=line)}".rstrip()

    def _stops(self, rule: Rule, stage: Stage) -> bool:
        return rule.action is Action.STOP_SENDING and stage in (Stage.HOLD, Stage.BLOCK)
