"""What follows from the rules' verdicts: fates of recipients, the line of the timeline, letters (architecture § 5).

An own sender gets one notice about everybody who was refused, and the others get their mail. From outside nobody is
answered after 250: what would be refused waits in the recipient's quarantine instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.delivery.routes import LOCAL
from mailhub.i18n import texts
from mailhub.policy.decision import Decision, Effect, Hit, Verdict
from mailhub.policy.facts import Facts, Origin
from mailhub.policy.rules.rule import Action, Asked
from mailhub.policy.wording import NO_DOCUMENTS, because_words, document_name, reason
from mailhub.queue.askings import deadline
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate
from mailhub.queue.written import written_facts
from mailhub.screening.case import Case
from mailhub.screening.consequences.asked import Owners
from mailhub.screening.consequences.refusals import said
from mailhub.settings import Settings

Write = Callable[[Connection], None]
LANGUAGES = ("vi", "en")
MOST_WRITTEN = 100_000
MOST_NAMED = 50  # recipients in a letter
MOST_PAPERS = 5  # documents in a letter
MOST_WARNED = 50  # letters about one message from outside
_ASKED_HERE = (Effect.HOLD, Effect.DESK, Effect.REFUSE)  # who is asked has to be looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case with what the rules say of it. `facts` is None when they could not be gathered (then `decision.failed`
    says so); `missing` are the facts of recipients that nobody looked up."""

    case: Case
    decision: Decision
    facts: Facts | None
    missing: frozenset[str] = frozenset()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is to be done, and nobody to be looked up."""
        quiet = all(verdict.effect not in _ASKED_HERE for verdict in self.decision.verdicts)
        return quiet and not self.decision.failed


@dataclass(slots=True)
class Outcome:
    """What is to be written: fates by address, the facts of a `judged` line, letters."""

    fates: dict[str, Fate] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    letters: list[Write] = field(default_factory=list)


def judged_facts(decision: Decision) -> dict[str, Any]:
    """The `judged` line: which rules fit, of which version, with what effect, for how many; {} when none does."""
    numbers: dict[tuple[str, str, str, str, str, str], int] = {}
    for verdict in decision.verdicts:
        for hit in verdict.hits:
            effect = Effect.NONE if hit.exempted else hit.effect
            allows = hit.rule.action.value if hit.rule.action is Action.ALLOW else ""
            key = (hit.rule.id, hit.rule.title, hit.stage.value, effect.name.lower(), hit.exempted, allows)
            numbers[key] = numbers.get(key, 0) + len(verdict.addresses)
    if not numbers and not decision.failed:
        return {}
    names = ("rule", "title", "stage", "effect", "exempted", "action")
    rules = [
        {name: value for name, value in zip(names, key, strict=True) if value} | {"recipients": number}
        for key, number in numbers.items()
    ]
    failed = {"failed": decision.failed} if decision.failed else {}
    return {"version": decision.version, "rules": rules, **failed}


class Carrier:
    """Turns verdicts into what is written. Looks mailboxes up: for threads, unless the case is quiet."""

    def __init__(self, settings: Callable[[], Settings], owners: Callable[[], Owners]) -> None:
        self._settings = settings
        self._owners = owners

    def outcome(self, judged: Judged, *, message_id: int, code: str, at: int) -> Outcome:
        """What becomes of the message with this number and code, which came at the moment `at`.

        Raises:
            StoreUnavailable
        """
        found = Outcome(told=judged_facts(judged.decision))
        if judged.decision.failed or judged.facts is None:
            fate = Fate(state=RecipientState.HELD, rule=judged.decision.failed[:80])
            found.fates = dict.fromkeys((one.address for one in judged.case.recipients), fate)
            return found
        work = _Work(self._settings(), self._owners(), judged.case, judged.facts, message_id, code, at, found)
        for verdict in judged.decision.verdicts:
            work.carry_out(verdict)
        work.write_letters()
        return found


@dataclass(slots=True)
class _Work:
    """One message."""

    settings: Settings
    owners: Owners
    case: Case
    facts: Facts
    message_id: int
    code: str
    at: int
    found: Outcome
    refused: list[tuple[Hit, Verdict]] = field(default_factory=list)
    warned: list[tuple[Hit, Verdict]] = field(default_factory=list)

    @property
    def outside(self) -> bool:
        return self.case.origin is Origin.OUTSIDE

    def carry_out(self, verdict: Verdict) -> None:
        """Note what becomes of recipients with equal facts."""
        hit, effect = verdict.deciding, verdict.effect
        if hit is None:
            return
        folder = next((h.rule.folder for h in verdict.hits if h.effect is Effect.TAG and not h.exempted), "")
        if effect is Effect.WARN:
            self.warned.append((hit, verdict))
        if effect in (Effect.TAG, Effect.WARN):
            self._all(verdict, Fate(rule=hit.rule.id, folder=folder) if folder else None)
        elif effect is Effect.DESK:
            self._to_desk(hit, verdict, folder)
        elif effect is Effect.REFUSE and not self.outside:
            self._all(verdict, Fate(state=RecipientState.REFUSED, rule=hit.rule.id))
            self.refused.append((hit, verdict))
        elif effect in (Effect.HOLD, Effect.REFUSE):
            self._hold(hit, verdict, folder, hit.rule.asks)  # a refusal from outside is the recipient's quarantine

    def _all(self, verdict: Verdict, fate: Fate | None) -> None:
        if fate is not None:
            self.found.fates.update(dict.fromkeys(verdict.addresses, fate))

    def _agencies(self, verdict: Verdict) -> tuple[str, ...]:
        return verdict.facts.agencies if self.outside else self.facts.sender.agencies

    def _to_desk(self, hit: Hit, verdict: Verdict, folder: str) -> None:
        desk = self.owners.desk(self._agencies(verdict))
        if desk is None:  # nobody to send it to: somebody has to say what becomes of it
            self._hold(hit, verdict, folder, Asked.SENDER)
            return
        fate = Fate(rule=hit.rule.id, folder=folder, address=desk.address, destination=LOCAL)
        self.found.fates.update({address: fate for address in verdict.addresses if address != desk.address})

    def _hold(self, hit: Hit, verdict: Verdict, folder: str, asks: Asked) -> None:
        facts = self._words(hit, verdict) | {"asks": asks.value, "stage": hit.stage.value, **self._shown(asks)}
        until = deadline(self.at, hit.rule.hours or self.settings.policy.hold_hours)
        agencies = self._agencies(verdict)
        fates: dict[int, Fate] = {}
        for address in verdict.addresses:
            owner = self.owners.of(asks, self.case, address, agencies)
            number = owner.id if owner is not None else 0
            if number not in fates:
                asking = None if owner is None else Asking(
                    owner_id=owner.id, owner=owner.address, rule=hit.rule.id, until=until,
                    reason_needed=hit.rule.reason_needed, facts=facts,
                )  # fmt: skip
                fates[number] = Fate(state=RecipientState.HELD, rule=hit.rule.id, folder=folder, asking=asking)
            self.found.fates[address] = fates[number]

    def _shown(self, asks: Asked) -> dict[str, Any]:
        """What a desk is told beside the reason: the message's documents, and whether it may have all of it."""
        if asks is not Asked.DESK:
            return {}
        found = [one for one in self.facts.documents if one.type not in NO_DOCUMENTS]
        papers = dict.fromkeys(document_name(one, texts(LANGUAGES[0])) for one in found)
        bad = self.facts.message.malware == "found" or any(one.dangers for one in self.facts.attachments)
        return {"papers": list(papers)[:MOST_PAPERS]} | ({"headers_only": True} if bad else {})

    def _words(self, hit: Hit, verdict: Verdict) -> dict[str, Any]:
        """Why, and by which article, in both languages."""
        regulation = self.settings.hub.regulation
        found: dict[str, Any] = {"rule": hit.rule.id, "title": hit.rule.title}
        for language in LANGUAGES:
            found[language] = reason(hit.rule, language, self.facts, self._written(verdict.addresses)["to"], regulation)
            found[f"because_{language}"] = because_words(hit.rule, regulation, language)
        return found

    def _written(self, addresses: Iterable[str], most: int = MOST_WRITTEN) -> dict[str, Any]:
        """What the sender wrote for these: a group, not its members. A stranger may have said anything there."""
        if self.outside:
            named = list(addresses)
            return {"to": named[:most], "recipients": len(named)}
        copies = {one.address: one for one in self.case.recipients}
        return written_facts((copies[address] for address in addresses if address in copies), most)

    # ------------------------------------------------------------------ letters

    def write_letters(self) -> None:
        """To who wrote it; about mail from outside, to who gets it."""
        if self.refused and self.case.origin in (Origin.OWN, Origin.TRUSTED):
            self._notice()
        if self.case.origin is Origin.AUTOMATIC:
            return
        for rule, verdicts in _by_rule(self.warned):
            for verdict in verdicts:
                self._warn(rule, verdict)

    def _notice(self) -> None:
        """One notice, whatever the rules and the recipients (RFC 3464); `lifecycle/refusal_notice.py` builds it."""
        silent = {one.address for one in self.case.recipients if "NEVER" in one.notify.split(",")}
        alike: dict[tuple[str, str], tuple[Hit, Verdict]] = {}  # a group's members, say: other facts, the same words
        for hit, verdict in self.refused:
            addresses = tuple(address for address in verdict.addresses if address not in silent)
            key = (hit.rule.id, said(hit, [verdict], self.facts))
            before = alike[key][1].addresses if key in alike else ()
            if addresses:
                alike[key] = (hit, replace(verdict, addresses=(*before, *addresses)))
        groups = []
        for (_, line), (hit, verdict) in alike.items():
            written = self._written(verdict.addresses)
            told = {"addresses": written["to"], "members": written.get("members", {})}
            groups.append(self._words(hit, verdict) | told | {"reply": f"550 5.7.1 {line}. Ma {self.code}"})
        to = self.case.account.address if self.case.origin is not Origin.OWN and self.case.account else self.case.sender
        if groups and to:
            facts = {"message": self.message_id, "groups": groups}
            if self.facts.message.malware == "found":  # nobody is sent that back
                facts["headers_only"] = True
            self._letter(LetterKind.POLICY_REFUSED, to, facts, f"refused/{self.message_id}")

    def _warn(self, hit: Hit, verdict: Verdict) -> None:
        facts = self._words(hit, verdict) | {"code": self.code, "at": self.at, "sender": self.case.sender}
        facts |= {"subject": self.case.subject, **self._written(verdict.addresses, MOST_NAMED)}
        facts |= {"outside": self.outside}
        readers = list(verdict.addresses[:MOST_WARNED]) if self.outside else [self._author()]
        for reader in readers:
            about = f"warned/{self.message_id}/{hit.rule.id}/{reader}"[:200]
            self._letter(LetterKind.POLICY_WARNED, reader, facts, about)

    def _author(self) -> str:
        """The mailbox that sent it, or whose script did."""
        if self.case.origin is Origin.OWN and self.case.sender:
            return self.case.sender
        return self.case.account.address if self.case.account is not None else self.case.sender

    def _letter(self, kind: LetterKind, to: str, facts: Mapping[str, Any], about: str) -> None:
        if to:
            at = self.at
            self.found.letters.append(lambda connection: _tell(connection, kind, to, facts, about, at))


def _tell(connection: Connection, kind: LetterKind, to: str, facts: Mapping[str, Any], about: str, at: int) -> None:
    tell(connection, kind, to, facts, about=about, at=at)


def _by_rule(found: Iterable[tuple[Hit, Verdict]]) -> list[tuple[Hit, list[Verdict]]]:
    """One verdict a rule: recipients with other facts, the same words."""
    rules: dict[str, tuple[Hit, list[Verdict]]] = {}
    for hit, verdict in found:
        _, verdicts = rules.setdefault(hit.rule.id, (hit, []))
        if verdicts:
            first = verdicts[0]
            verdicts[0] = Verdict((*first.addresses, *verdict.addresses), first.facts, first.hits)
        else:
            verdicts.append(verdict)
    return list(rules.values())


__all__ = ["Carrier", "Judged", "Outcome", "judged_facts"]
