"""A rule as people read it: one sentence, its conditions, its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailhub.clock import local_time
from mailhub.i18n import Texts
from mailhub.policy.explain_words import Speaker
from mailhub.policy.rules.rule import Action, Clause, Rule, Stage, StagePlan, Test
from mailhub.policy.wording import because_words

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


def today_of(at: int) -> date:
    """The day that stages go by."""
    return local_time(at).date()
