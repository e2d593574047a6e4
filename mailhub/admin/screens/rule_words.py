"""A rule as people read it: one sentence, its stages, and the letter that its sender would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailhub.accounts.life.letters import LetterKind
from mailhub.clock import HOUR, local_time
from mailhub.i18n import Texts, texts
from mailhub.lifecycle.words import LetterText, body_text, subject_line
from mailhub.policy.explain_words import Speaker
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MailClass,
    MessageFacts,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.rules.rule import Action, Asked, Clause, Rule, Stage, StagePlan, Test
from mailhub.policy.wording import because_words, reason
from mailhub.settings import Settings

CODE = "7K4-QW2-M9"  # of a letter that is shown as an example
STAGES = tuple(Stage)
KINDS = {Stage.SHADOW: "off", Stage.WARN: "info", Stage.HOLD: "warn", Stage.BLOCK: "bad"}
_NAMED = 3  # values of a condition, in a sentence
_WHO, _WHOM = ("sender",), ("recipient",)


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages of one agency, or of all others (`agency` ""): today's, and those to come."""

    agency: str
    today: Stage
    later: Sequence[tuple[date, Stage]]
    agreed: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody would read. `to`: text id of who that is; "" for a stage that writes nobody."""

    stage: Stage
    to: str
    subject: str = ""
    body: str = ""


def sentence(rule: Rule, t: Texts, regulation: str, today: date) -> str:
    """`Người của hệ thống gửi thư có văn bản (tình trạng: dự thảo) đến người nhận (loại hộp thư: hộp thư cá nhân) thì
    phải chờ duyệt, theo Điều 7 Quy chế …`."""
    speak = Speaker(t)
    tests = rule.when.tests
    origin = next((one for one in tests if one.fact == "message.origin" and one.operator == "is"), None)
    who = t(f"web.rules.who.{origin.values[0]}") if origin and len(origin.values) == 1 else t("web.rules.who.anybody")
    return t(
        "web.rules.sentence",
        who=_with(who, _conditions(tests, _WHO, speak), t),
        what=_with(t("web.rules.what"), _conditions([one for one in tests if one is not origin], None, speak), t),
        whom=_with(t("web.rules.whom"), _conditions(tests, _WHOM, speak), t),
        then=does(rule, rule.stage.on(today), t),
        because=because_words(rule, regulation, "vi").rstrip(". "),
    )


def _conditions(tests: Sequence[Test], scopes: tuple[str, ...] | None, speak: Speaker) -> str:
    wanted = [one for one in tests if (one.scope in scopes if scopes else one.scope not in (*_WHO, *_WHOM))]
    return "; ".join(f"{_small(speak.fact(one.fact))}: {_short(one, speak)}" for one in wanted)


def _short(test: Test, speak: Speaker) -> str:
    """Of a long list the first few: the rule's page has them all."""
    if len(test.values) <= _NAMED + 1:
        return speak.wanted(test)
    first = ", ".join(speak.value(test.fact, one) for one in test.values[:_NAMED])
    return f"{first} …"


def _with(noun: str, conditions: str, t: Texts) -> str:
    return t("web.rules.with", noun=noun, conditions=conditions) if conditions else noun


def _small(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def does(rule: Rule, stage: Stage, t: Texts) -> str:
    """What happens at a stage: `phải chờ duyệt`."""
    if rule.action is Action.COUNT or stage is Stage.SHADOW:
        return t("web.rules.then.counted")
    if rule.action in (Action.TAG, Action.ALLOW, Action.SECRET):
        return t(f"web.rules.then.{rule.action}", folder=rule.folder)
    if stage is Stage.WARN:
        return t("web.rules.then.told")
    if rule.action is Action.STOP_SENDING:
        return t("web.rules.then.stop-sending")
    if stage is Stage.HOLD or rule.action is Action.ASK:
        return t("web.rules.then.held", owner=t(f"web.rules.asks.{rule.asks}"))
    return t("web.rules.then.desk" if rule.action is Action.DESK else "web.rules.then.refused")


def plans(rule: Rule, today: date) -> list[Plan]:
    """The common stage first, then each agency that has its own."""
    return [_plan("", rule.stage, today), *(_plan(code, plan, today) for code, plan in rule.agencies.items())]


def _plan(agency: str, plan: StagePlan, today: date) -> Plan:
    later = [(one.on, one.stage) for one in plan.promotions if one.on > today]
    return Plan(agency, plan.on(today), later, plan.agreed)


def conditions(clause: Clause, t: Texts) -> list[tuple[str, str, str]]:
    """(what is asked of, what it has to be, the fact's own name) of each condition; of long lists everything."""
    speak = Speaker(t)
    return [(speak.fact(one.fact), speak.wanted(one, met=one.values), one.fact) for one in clause.tests]


def letters(rule: Rule, language: str, settings: Settings, at: int) -> list[Letter]:
    """The letter at each stage from Nhắc on, about a made-up message."""
    return [_letter(rule, stage, language, settings, at) for stage in STAGES if stage is not Stage.SHADOW]


def _letter(rule: Rule, stage: Stage, language: str, settings: Settings, at: int) -> Letter:
    if rule.action in (Action.COUNT, Action.ALLOW, Action.TAG):
        return Letter(stage, "")
    facts = _told(rule, settings, at)
    host, support = settings.hub.hostname, settings.hub.support or f"postmaster@{settings.hub.domain}"
    kind, to = LetterKind.POLICY_WARNED, "web.rules.reads.sender"
    if stage is Stage.BLOCK and rule.action not in (Action.ASK, Action.STOP_SENDING):
        return _refused(rule, language, settings, facts)
    if stage is not Stage.WARN:
        asked = {Asked.SENDER: "sender", Asked.DESK: "desk", Asked.SECURITY: "other"}[rule.asks]
        facts |= {"asked": asked, "reason_needed": rule.reason_needed}
        kind, to = LetterKind.POLICY_ASKED, f"web.rules.asks.{rule.asks}"
    text = LetterText(kind=kind, facts=facts, code=CODE, support=support, host=host)
    return Letter(stage, to, subject_line(text), body_text(text, language))


def _refused(rule: Rule, language: str, settings: Settings, facts: dict[str, object]) -> Letter:
    t = texts(language)
    lines = [t("web.rules.refused", to="nguoi.nhan@gmail.com"), t("notice.why", reason=str(facts[language]))]
    because = because_words(rule, settings.hub.regulation, language)
    lines.append(t("notice.because", because=because, title=rule.title))
    return Letter(Stage.BLOCK, "web.rules.reads.sender", t("web.rules.refused.subject"), "\n".join(lines))


def _told(rule: Rule, settings: Settings, at: int) -> dict[str, object]:
    to = "nguoi.nhan@gmail.com"
    document = DocumentFacts(type="CV", number="156/SYT-KHTH", state="issued", issuer="SỞ Y TẾ")
    facts = Facts(
        message=MessageFacts(recipients=1, outside=1, private=1),
        sender=SenderFacts(address=f"nva@{settings.hub.domain}", domain=settings.hub.domain, agencies=("SYT",)),
        recipients={to: RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")},
        documents=(document,),
        attachments=(AttachmentFacts(type="docx", extension="docx"),),
        at=at,
    )
    told: dict[str, object] = {one: reason(rule, one, facts, [to], settings.hub.regulation) for one in ("vi", "en")}
    told |= {f"because_{one}": because_words(rule, settings.hub.regulation, one) for one in ("vi", "en")}
    told |= {"code": CODE, "at": at, "to": [to], "recipients": 1, "sender": facts.sender.address, "title": rule.title}
    hours = rule.hours or settings.policy.hold_hours
    return told | {"until": at + hours * HOUR, "rule": rule.id, "papers": ["Công văn số 156/SYT-KHTH"]}


def today_of(at: int) -> date:
    """The day that stages go by."""
    return local_time(at).date()
