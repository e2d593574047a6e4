"""What people would read of a rule at each stage, about a made-up message: the hub's own letters, word for word.

They are built by the functions that build the real ones, so that the example can never say something else (ux § 4.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailhub.accounts.life.letters import LetterKind
from mailhub.i18n import Texts, texts
from mailhub.incidents.entering import sender_facts
from mailhub.incidents.models import Kept
from mailhub.lifecycle.held_words import ANSWERABLE
from mailhub.lifecycle.words import LetterText, sender_name, subject_line, whole_text
from mailhub.mail import notice_words
from mailhub.mail.notice_facts import Action as NoticeAction
from mailhub.mail.notice_facts import NoticeFacts, NoticeKind, NoticeRecipient, NoticeRule
from mailhub.policy.decision import Effect, Hit, Verdict
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.judging import EFFECTS
from mailhub.policy.rules.rule import Asked, ReplyBy, Rule, Stage
from mailhub.policy.wording import because_words, document_name, reason
from mailhub.queue.askings import DESK, OUTSIDE, deadline
from mailhub.screening.consequences.refusals import said, secret_words
from mailhub.settings import Settings
from mailhub.smtp.replies import reply

CODE = "7K4-QW2-M9"  # of a letter that is shown as an example
_OUTSIDE, _LOCAL, _NAME = "nguoi.ngoai@gmail.com", "nva", "Nguyễn Văn An"
_LANGUAGES = ("vi", "en")
_PAPER = DocumentFacts(type="CV", number="156/SYT-KHTH", state="issued", issuer="SỞ Y TẾ")


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody would read. `reader`: text id of who that is. `reply`: what that person's mail program, or the
    other server, hears at once instead, or first; `subject` is "" when nothing else is written."""

    reader: str
    sender: str = ""
    subject: str = ""
    body: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Stages:
    """The letters of one stage; none where nobody is written to."""

    stage: Stage
    letters: Sequence[Letter]


def letters(rule: Rule, settings: Settings, t: Texts, at: int) -> list[Stages]:
    """Those of each stage from Nhắc on."""
    example = _Example(rule, settings, t, at)
    return [Stages(stage, tuple(example.at(stage))) for stage in Stage if stage is not Stage.SHADOW]


class _Example:
    """One message that the rule fits, to or from somebody outside."""

    def __init__(self, rule: Rule, settings: Settings, t: Texts, at: int) -> None:
        self._rule, self._settings, self._t, self._at = rule, settings, t, at
        own = f"{_LOCAL}@{settings.hub.domain}"
        self._incoming = _comes_from_outside(rule)
        self._sender, self._to = (_OUTSIDE, own) if self._incoming else (own, _OUTSIDE)
        self._facts = self._made_up()

    def at(self, stage: Stage) -> Iterator[Letter]:
        effect = EFFECTS.get((self._rule.action, stage), Effect.NONE)
        if effect is Effect.WARN:
            reader = "web.rules.reads.recipient" if self._incoming else "web.rules.reads.sender"
            yield self._letter(LetterKind.POLICY_WARNED, reader, {"outside": self._incoming})
        elif effect is Effect.HOLD:
            yield from self._asking()
        elif effect is Effect.REFUSE and self._incoming:
            yield Letter("web.rules.reads.outside", reply=self._reply(stage))
        elif effect is Effect.REFUSE:
            yield self._notice(self._reply(stage) if self._rule.reply is ReplyBy.REJECT else "")
        elif effect is Effect.SECRET:
            yield self._secret()

    def _asking(self) -> Iterator[Letter]:
        """Who is asked, as `queue/askings.py` tells them apart; a sender who is not asked is told who is."""
        asks = self._rule.asks
        if asks is Asked.SENDER:
            who = "recipient" if self._incoming else "sender"
            yield self._letter(LetterKind.POLICY_ASKED, f"web.rules.reads.{who}", {"asked": who})
            return
        asked = OUTSIDE if self._incoming else DESK if asks is Asked.DESK else "other"
        facts: dict[str, object] = {"asked": asked}
        if asks is Asked.DESK:
            facts["papers"] = [document_name(_PAPER, texts("vi"))]
        yield self._letter(LetterKind.POLICY_ASKED, f"web.rules.asks.{asks}", facts, name="")
        if not self._incoming:
            waits = {"asked": asked, "agrees": self._t(f"web.rules.asks.{asks}"), "title": ""}
            yield self._letter(LetterKind.POLICY_WAITS, "web.rules.reads.sender", waits)

    def _letter(self, kind: LetterKind, reader: str, more: Mapping[str, object], *, name: str = _NAME) -> Letter:
        settings, rule = self._settings, self._rule
        facts = self._words() | {"code": CODE, "at": self._at, "sender": self._sender, "to": [self._to]}
        facts |= {"recipients": 1, "subject": self._subject, "title": rule.title, "rule": rule.id}
        facts |= {"until": deadline(self._at, rule.hours or settings.policy.hold_hours)}
        return self._written(kind, reader, facts | {"reason_needed": rule.reason_needed, **more}, name)

    def _written(
        self, kind: LetterKind, reader: str, facts: Mapping[str, object], name: str, heard: str = ""
    ) -> Letter:
        settings = self._settings
        text = LetterText(
            kind=kind, facts=facts, name=name, code=CODE, host=settings.hub.hostname,
            support=settings.hub.support or f"postmaster@{settings.hub.domain}",
        )  # fmt: skip
        answers = settings.policy.reply_to if kind in ANSWERABLE else "postmaster"
        sender = f"{sender_name()} <{answers}@{settings.hub.domain}>"
        return Letter(reader, sender, subject_line(text), whole_text(text).rstrip(), heard)

    def _notice(self, heard: str) -> Letter:
        """The notice about a refused message (`lifecycle/refusal_notice.py`)."""
        settings, words = self._settings, self._words()
        rule = NoticeRule(
            title=self._rule.title,
            addresses=(self._to,),
            why={one: str(words[one]) for one in _LANGUAGES},
            because={one: str(words[f"because_{one}"]) for one in _LANGUAGES},
        )
        told = NoticeRecipient(address=self._to, action=NoticeAction.FAILED, status="5.7.1")
        facts = NoticeFacts(
            kind=NoticeKind.REFUSED, to=self._sender, name=_NAME, host=settings.hub.hostname,
            domain=settings.hub.domain, support=settings.hub.support, code=CODE, at=self._at, received_at=self._at,
            subject=self._subject, recipients=(told,), rules=(rule,), original=b"",
        )  # fmt: skip
        sender = f"{notice_words.sender_name()} <postmaster@{settings.hub.domain}>"
        # Nobody is sent malware back (consequences/carrying_out.py).
        found = any(one.fact == "message.malware" and "found" in one.values for one in self._rule.when.tests)
        body = notice_words.explain(facts, whole=not found).rstrip()
        return Letter("web.rules.reads.sender", sender, notice_words.subject_line(facts), body, heard)

    def _secret(self) -> Letter:
        because = because_words(self._rule, self._settings.hub.regulation, "vi")
        facts = sender_facts(self._settings, code=CODE, at=self._at, kept=Kept.DESTROYED, because=because)
        heard = reply("secret", CODE, why=secret_words(self._settings)).line()
        return self._written(LetterKind.SECRET_REFUSED, "web.rules.reads.sender", facts, _NAME, heard)

    def _reply(self, stage: Stage) -> str:
        hit = Hit(self._rule, stage, Effect.REFUSE)
        verdict = Verdict((self._to,), self._facts.recipients[self._to], (hit,))
        return reply("policy", CODE, why=said(hit, [verdict], self._facts)).line()

    @property
    def _subject(self) -> str:
        return document_name(_PAPER, texts("vi"))

    def _words(self) -> dict[str, object]:
        regulation, found = self._settings.hub.regulation, {}
        for one in _LANGUAGES:
            found[one] = reason(self._rule, one, self._facts, [self._to], regulation)
            found[f"because_{one}"] = because_words(self._rule, regulation, one)
        return dict(found)

    def _made_up(self) -> Facts:
        domain = self._settings.hub.domain
        outside = RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")
        inside = RecipientFacts(mail_class=MailClass.OWN, domain=domain, agencies=("SYT",))
        sender = SenderFacts(address=self._sender, domain=self._sender.rpartition("@")[2])
        return Facts(
            message=MessageFacts(
                origin=Origin.OUTSIDE if self._incoming else Origin.OWN, recipients=self._many(),
                outside=int(not self._incoming), private=int(not self._incoming),
                links=frozenset({"drive.google.com"}),
            ),
            sender=sender if self._incoming else SenderFacts(address=self._sender, domain=domain, agencies=("SYT",)),
            recipients={self._to: inside if self._incoming else outside},
            documents=(_PAPER,),
            attachments=(AttachmentFacts(type="docx", extension="docx"),),
            at=self._at,
        )  # fmt: skip

    def _many(self) -> int:
        """As many recipients as the rule asks for."""
        tests = [one for one in self._rule.when.tests if one.fact == "message.recipients"]
        return next((int(one.values[0]) for one in tests if one.operator == "at_least"), 1)


def _comes_from_outside(rule: Rule) -> bool:
    tests = [one for one in rule.when.tests if one.fact == "message.origin" and one.operator == "is"]
    return any(set(one.values) == {Origin.OUTSIDE.value} for one in tests)
