"""The rules at work for one process: a case in, a decision out, and what follows from it.

Judging takes no thread unless it may take long (`Gatherer.is_quick`), or the database has to be asked for more than is
at hand: for who corresponds with whom, when a rule wants to know, and for exceptions, when a rule would do something. A
fault of ours is raised, and the door answers 4xx; a fault in a rule, or in the facts of one message, holds that message
(architecture § 5).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from mmap import mmap
from typing import NoReturn

from mailhub.accounts.directory import Directory
from mailhub.accounts.version import moment
from mailhub.errors import MailhubError
from mailhub.incidents import service as incidents
from mailhub.incidents.mistaken import is_mistaken
from mailhub.incidents.secret_mail import SecretMail
from mailhub.mail.headers import all_of
from mailhub.policy.decision import Decision, Effect
from mailhub.policy.facts import Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.policy.judging import Judge
from mailhub.policy.lists.lookup import classify_domain
from mailhub.policy.rules.compiling import asks
from mailhub.policy.rules.rule import Action, Rule, Stage, Test
from mailhub.policy.wording import because_words
from mailhub.queue.models import Door, RecipientState
from mailhub.queue.records import Fate, NewMessage
from mailhub.queue.service import count_sent
from mailhub.screening.case import Case
from mailhub.screening.consequences.alarms import alarms
from mailhub.screening.consequences.asked import Owners
from mailhub.screening.consequences.carrying_out import Carrier, Judged, Outcome, Write
from mailhub.screening.consequences.refusals import RuleRefusal, refusal
from mailhub.screening.facts.bursts import Bursts
from mailhub.screening.facts.gathering import Gatherer
from mailhub.screening.facts.secrecy import read_secrecy
from mailhub.screening.outside import correspondents
from mailhub.screening.records import record
from mailhub.screening.rules.book import LiveBook
from mailhub.screening.rules.exceptions import exempting
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.sealing import open_sealer

log = logging.getLogger(__name__)

LOOKED_UP = frozenset({"relation"})  # facts of recipients that cost a question to the database
_KEPT_BACK = (RecipientState.REFUSED, RecipientState.HELD)
FACTS_FAILED = "facts"  # what is named where no rule is: the facts of the message could not be gathered
# What is known of a sender only once the message is here.
_NOT_AT_RCPT = frozenset({"sender.proof", "sender.relation", "sender.imitates", "sender.burst", "sender.new_network"})


class _NotHereError(Exception):
    """More is wanted than the event loop may wait for: a thread has to judge."""


class Screen:
    """Judges messages for one process; close it when done."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, directory: Directory, book: LiveBook
    ) -> None:
        self.settings = settings
        self.database = database
        self._book = book
        self._gatherer = Gatherer(settings, database, directory, bursts=Bursts(self._count_sent))
        self._carrier = Carrier(settings, lambda: Owners(settings(), database, directory))
        self._early: tuple[int, frozenset[str]] = (-1, frozenset())
        self._fitting: dict[tuple[Origin, bool, MailClass, frozenset[MailClass]], bool] = {}

    async def judge(self, case: Case) -> Judged:
        """What the rules say of a message.

        Raises:
            StoreUnavailable: it cannot be judged now.
        """
        judge = self._book.current()
        try:
            return await self._judge(judge, case, only=None)
        except MailhubError:
            raise
        except Exception:
            log.exception("the facts of a message cannot be gathered; it is held")
            return Judged(case=case, decision=Decision(judge.version, (), FACTS_FAILED), facts=None)

    async def _judge(self, judge: Judge, case: Case, only: frozenset[str] | None) -> Judged:
        """On the loop where no more than memory and a short question are needed: a thread costs more than either."""
        again = case.late or only is not None
        with moment():  # nothing in here waits
            if self._gatherer.is_quick(case):
                with suppress(_NotHereError):
                    return self._judge_now(judge, case, only, again=again, here=True)
                again = True  # it was counted
        return await asyncio.to_thread(self._judge_now, judge, case, only, again=again, here=False)

    def _judge_now(self, judge: Judge, case: Case, only: frozenset[str] | None, *, again: bool, here: bool) -> Judged:
        """`here`: on the event loop, where what may take long raises _NotHereError."""
        gatherer = self._gatherer
        message, sender, documents, attachments = gatherer.message_facts(case, again=again)
        secret = bool(message.secrecy)
        if secret:
            if here:
                raise _NotHereError
            if self._is_mistaken(case):  # the papers stay bare in what is kept of them
                message = replace(message, secrecy="", secrecy_in=frozenset())
        candidates = judge.candidates(message, sender, documents, attachments)
        needs = judge.needs(candidates)
        if here and not LOOKED_UP.isdisjoint(needs) and not gatherer.relates_quickly(case):
            raise _NotHereError
        facts = Facts(
            message=message, sender=sender, recipients=gatherer.recipient_facts(case, needs), documents=documents,
            attachments=attachments, at=case.at, named=gatherer.named(case, secret=secret),
        )  # fmt: skip
        asked = candidates if only is None else candidates & only
        decision = judge.decide(facts, _not_here if here else exempting(self.database, facts), asked)
        return Judged(case=case, decision=decision, facts=facts, missing=LOOKED_UP - needs)

    def _is_mistaken(self, case: Case) -> bool:
        """Whether two people said of all that bears a mark here that it is no secret (incidents/mistaken.py)."""
        found = read_secrecy(case)
        if len(all_of(case.fields, b"subject")) > 1:
            return False  # one subject is known by its fingerprint
        with self.database.read() as connection:
            return is_mistaken(
                connection,
                open_sealer(self.settings().keys_directory),
                found_in=found.found_in,
                subject=case.subject,
                body=case.body,
                file_hashes=found.files,
            )

    # -------------------------------------------------------------- at RCPT

    @property
    def asks_at_rcpt(self) -> bool:
        """Whether some rule may refuse a recipient by the envelope alone.

        Raises:
            StoreUnavailable
        """
        return bool(self._early_rules(self._book.current()))

    def may_refuse(self, case: Case) -> bool:
        """Whether `at_rcpt` has to look closer, by whose domains these are.

        Raises:
            StoreUnavailable
        """
        judge = self._book.current()
        early = self._early_rules(judge)
        return bool(early) and self._may_fit(judge, early, case)

    async def at_rcpt(self, case: Case) -> RuleRefusal | None:
        """The refusal of this one recipient by rules about the envelope alone, in the stage Không cho gửi.

        Raises:
            StoreUnavailable
        """
        judge = self._book.current()
        early = self._early_rules(judge)
        if not early or not self._may_fit(judge, early, case):
            return None
        judged = await self._judge(judge, case, only=early)
        refusing = [verdict for verdict in judged.decision.verdicts if verdict.effect is Effect.REFUSE]
        if judged.facts is None or not refusing:
            return None
        return refusal(refusing, judged.facts, judged.decision.version)

    def _early_rules(self, judge: Judge) -> frozenset[str]:
        """The rules to ask at RCPT; none as long as none of them can refuse."""
        if self._early[0] != judge.version:
            rules = [rule for rule in judge.book.rules if rule.id in judge.envelope_rules and _is_early(rule)]
            found = frozenset(rule.id for rule in rules) if any(map(_may_block, rules)) else frozenset[str]()
            self._early, self._fitting = (judge.version, found), {}
        return self._early[1]

    def _may_fit(self, judge: Judge, early: frozenset[str], case: Case) -> bool:
        """Whether some of these rules may fit by whose domains these are, before more is looked up: each RCPT asks, and
        the whole message will be judged at the dot anyway."""
        sender_class, recipient_classes = self._gatherer.classes(case)
        key = (case.origin, not case.sender, sender_class, recipient_classes)
        if (known := self._fitting.get(key)) is not None:
            return known
        message, sender = MessageFacts(origin=case.origin), SenderFacts(mail_class=sender_class)
        recipients = [RecipientFacts(mail_class=one) for one in recipient_classes]

        def holds(test: Test) -> bool:
            if test.fact == "message.origin":
                return asks(test)(message)
            if test.fact == "sender.class":
                return not case.sender or asks(test)(sender)
            return test.fact != "recipient.class" or any(map(asks(test), recipients))

        refusing = (rule for rule in judge.book.rules if rule.id in early and _may_block(rule))
        self._fitting[key] = found = any(all(map(holds, rule.when.tests)) for rule in refusing)
        return found

    # ---------------------------------------------------------- what follows

    async def carry_out(self, judged: Judged, message: NewMessage) -> NewMessage:
        """The message as the rules have it: fates, the line of the timeline, letters, records.

        Raises:
            StoreUnavailable
        """
        outcome = await self.outcome(judged, message_id=message.id, code=message.code, at=message.received_at)
        fates = outcome.fates
        recipients = message.recipients
        if fates:
            recipients = tuple(
                replace(one, fate=fates.get(one.address)) if not one.purpose else one for one in recipients
            )
        waiting = {number for one in recipients if not _is_decided(one.fate) for number in one.held_about}
        return replace(
            message,
            recipients=recipients,
            moderating=tuple(one for one in message.moderating if one.group_id in waiting),
            judged=outcome.told,
            also=(*message.also, *outcome.letters),
            records=(
                *message.records,
                *self.records(judged, message_id=message.id, code=message.code),
                *self.correspondence(judged.case, [a for a, fate in fates.items() if fate.state in _KEPT_BACK]),
            ),
        )

    async def outcome(self, judged: Judged, *, message_id: int, code: str, at: int) -> Outcome:
        """What becomes of a message that is taken, or was.

        Raises:
            StoreUnavailable
        """
        work = self._carrier.outcome
        if judged.is_quiet:
            outcome = work(judged, message_id=message_id, code=code, at=at)
        else:
            outcome = await asyncio.to_thread(work, judged, message_id=message_id, code=code, at=at)
        outcome.letters.extend(alarms(judged, code=code, officers=self.settings().secrets.officers, at=at))
        return outcome

    def records(self, judged: Judged, *, message_id: int, code: str) -> tuple[Write, ...]:
        """What is remembered of a decision, for rehearsals and figures; who corresponds with whom."""
        found: tuple[Write, ...] = ()
        if judged.facts is not None:
            found += (
                record.entry(
                    judged.decision, judged.facts, judged.case, message_id=message_id, code=code,
                    missing=judged.missing,
                ),
            )  # fmt: skip
        return found

    def correspondence(self, case: Case, refused: Collection[str] = ()) -> tuple[Write, ...]:
        """Who wrote to whom outside, and who outside to whom here: for a message that is taken, but for those whom it
        does not go to."""
        pairs = self._gatherer.pairs(case, refused)
        return (lambda connection: correspondents.note(connection, pairs),) if pairs else ()

    def _count_sent(self, account_id: int, since: int) -> int:
        with self.database.read() as connection:
            return count_sent(connection, account_id, since=since)

    def redirect_refused(self, account_id: int, addresses: Collection[str], *, at: int) -> Write:
        """What counts a redirect to outside that a door refused, if it went to private mail."""
        lists = self._gatherer.lists
        domains = {address.rpartition("@")[2].lower() for address in addresses}
        private = {one for one in domains if classify_domain(one, (), lists) is MailClass.PRIVATE}
        return record.redirect_refused(account_id, private, at=at)

    # ---------------------------------------------------------------- secrets

    def secret_mail(self, judged: Judged, door: Door, data: bytes | mmap, *, code: str, message_id: int) -> SecretMail:
        """What the incident's record is made of."""
        case, hit = judged.case, judged.decision.secret
        assert hit is not None
        secrecy = read_secrecy(case)
        return SecretMail(
            code=code,
            message_number=message_id,
            at=case.at,
            door=door,
            account_id=None if case.account is None else case.account.id,
            sender=case.sender,
            client=case.client,
            recipients=tuple(one.address for one in case.recipients),
            size=case.size,
            level=secrecy.level,
            found_in=secrecy.found_in,
            rule=hit.rule.id,
            version=judged.decision.version,
            message_id=case.message_id,
            subject=case.subject,
            data=data,
            file_hashes=secrecy.files,
            body=case.body,
            because=because_words(hit.rule, self.settings().hub.regulation, "vi"),
        )

    async def refuse_secret(self, secret: SecretMail) -> str:
        """Enter the incident of a message that is refused at the dot; the code to tell.

        Raises:
            StoreUnavailable: nothing was entered.
        """
        return await asyncio.to_thread(incidents.refuse_at_door, self.database, self.settings(), secret)

    def close(self) -> None:
        """Give the connections back."""
        self._book.close()


def _is_decided(fate: Fate | None) -> bool:
    """Whether no moderator has to be asked any more."""
    if fate is None:
        return False
    return fate.state is RecipientState.REFUSED or (fate.state is RecipientState.HELD and fate.asking is None)


def _not_here(_rules: frozenset[str]) -> NoReturn:
    raise _NotHereError


def _is_early(rule: Rule) -> bool:
    tests = (*rule.when.tests, *(test for clause in rule.unless for test in clause.tests))
    return not any(test.fact in _NOT_AT_RCPT for test in tests)


def _may_block(rule: Rule) -> bool:
    plans = (rule.stage, *rule.agencies.values())
    stages = [stage for plan in plans for stage in (plan.stage, *(one.stage for one in plan.promotions))]
    return rule.action is Action.REFUSE and Stage.BLOCK in stages


__all__ = ["FACTS_FAILED", "Judged", "Screen"]
