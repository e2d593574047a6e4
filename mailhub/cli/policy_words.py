"""How rules, versions and differences are shown: words of wording § 1, one line a thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from mailhub.cli.stage_words import STAGES
from mailhub.clock import iso_time, time_words
from mailhub.policy.explain_words import Speaker
from mailhub.policy.rules.comparing import Change
from mailhub.policy.rules.rule import Action, Asked, Clause, Exemption, ReplyBy, Rule, RuleBook, Stage, StagePlan, Test
from mailhub.screening.rules.versions import Activated, Version

ACTIONS = {
    Action.REFUSE: "không gửi",
    Action.ASK: "hỏi lại",
    Action.TAG: "chuyển vào thư mục riêng",
    Action.DESK: "chuyển Văn thư",
    Action.SECRET: "từ chối vì dấu hiệu bí mật nhà nước",
    Action.STOP_SENDING: "tạm dừng việc gửi của tài khoản",
    Action.COUNT: "chỉ đếm",
    Action.ALLOW: "cho phép và đếm",
}
_ALLOWS = "Cho phép"  # instead of a stage
ASKED = {
    Asked.SENDER: "người gửi (thư từ ngoài: người nhận)",
    Asked.DESK: "Văn thư của đơn vị",
    Asked.SECURITY: "cán bộ phụ trách an toàn thông tin",
}
_REPLIES = {ReplyBy.NOTICE: "nhận thư rồi gửi thông báo", ReplyBy.REJECT: "từ chối ngay trong phiên gửi"}


def summary(book: RuleBook, today: date) -> str:
    """`27 quy tắc: 20 Ghi nhận, 5 Chờ duyệt, 2 Không cho gửi, 4 Cho phép; 3 ngoại lệ`: what allows has no stage."""
    words = [_ALLOWS if _allows(rule, today) else STAGES[rule.stage.on(today)] for rule in book.rules]
    found = Counter(words)
    told = ", ".join(f"{found[word]} {word}" for word in (*map(STAGES.__getitem__, Stage), _ALLOWS) if found[word])
    return f"{len(book.rules)} quy tắc{': ' if told else ''}{told}; {len(book.exemptions)} ngoại lệ"


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """What is different, a line each."""
    for one in changes:
        where = f"{one.rule}: {one.what}" if one.what else one.rule
        yield f"{where}: {one.before or '(không có)'} → {one.after or '(không có)'}"


def change_object(one: Change) -> dict[str, Any]:
    return {"rule": one.rule, "what": one.what, "before": one.before, "after": one.after}


def activated_line(done: Activated, *, dry_run: bool = False) -> str:
    before = f" thay phiên bản {done.before}" if done.before else ""
    does = "Sẽ áp dụng" if dry_run else "Đã áp dụng"
    return f"{does} phiên bản {done.number}{before}: {len(done.changes)} thay đổi"


def activated_object(done: Activated, *, dry_run: bool = False) -> dict[str, Any]:
    changes = [change_object(one) for one in done.changes]
    return {"version": done.number, "before": done.before, "changes": changes, "dry_run": dry_run}


def version_line(one: Version, *, current: bool) -> str:
    when = time_words(one.activated_at)
    mark = "  (đang áp dụng)" if current else ""
    return f"{one.number:>4}  {when}  {one.by}  {one.reason}{mark}"


def version_object(one: Version, *, current: bool) -> dict[str, Any]:
    at = iso_time(one.activated_at)
    return {"version": one.number, "activated_at": at, "by": one.by, "reason": one.reason, "sha256": one.sha256,
            "in_force": current}  # fmt: skip


def rule_line(rule: Rule, today: date) -> str:
    own = f" (+{len(rule.agencies)} đơn vị riêng)" if rule.agencies else ""
    stage = rule.stage.on(today)
    because = "; ".join(part for part in (rule.because.article, rule.because.clause) if part)
    if _allows(rule, today):
        return f"{rule.id}  [{_ALLOWS}{own}]  {rule.title}  ({because})"
    does = ACTIONS[rule.action]
    if stage is Stage.SHADOW and rule.action is not Action.COUNT:
        does = f"chỉ đếm; ở mức cao hơn: {does}"
    return f"{rule.id}  [{STAGES[stage]}{own}]  {does}  {rule.title}  ({because})"


def rule_object(rule: Rule, today: date) -> dict[str, Any]:
    """The rule for machines; the texts as they stand in the file."""
    return {
        "id": rule.id,
        "title": rule.title,
        "clause": rule.because.clause,
        "article": rule.because.article,
        "directive": rule.because.directive,
        "stage": rule.stage.on(today),
        "action": rule.action,
        "promotions": [{"on": one.on, "stage": one.stage} for one in rule.stage.promotions],
        "agencies": {code: plan.on(today) for code, plan in rule.agencies.items()},
        "asks": rule.asks,
        "reply": rule.reply,
        "hours": rule.hours,
        "folder": rule.folder,
        "over": list(rule.over),
        "when": list(map(_test, rule.when.tests)),
        "unless": [list(map(_test, clause.tests)) for clause in rule.unless],
        "message": dict(rule.message),
    }


def rule_lines(
    rule: Rule, today: date, regulation: str, exemptions: Sequence[Exemption], speak: Speaker
) -> Iterator[str]:
    """Everything about one rule; facts and what is asked of them in the words of `explain`."""
    yield f"{rule.id}: {rule.title}"
    yield f"  Căn cứ: {rule.because.clause}"
    own = ", ".join(part for part in (rule.because.article, regulation) if part)
    yield f"  Quy chế của tỉnh: {own or 'chưa điền ([hub] regulation)'}"
    if rule.because.directive:
        yield f"  Xây dựng theo: {rule.because.directive}"
    yield from _stages(rule, today)
    yield f"  Xử lý: {_does(rule, today)}{_details(rule)}"
    yield "  Áp dụng khi tất cả:"
    yield from _tests(rule.when, speak)
    for clause in rule.unless:
        yield "  Trừ khi tất cả:"
        yield from _tests(clause, speak)
    for language, text in rule.message.items():
        yield f"  Lời giải thích ({language}): {text}"
    for one in exemptions:
        yield f"  Ngoại lệ: {exemption_line(one, today)}"


def exemption_line(one: Exemption, today: date) -> str:
    until = f"đến hết {one.until:%d/%m/%Y}" + (", đã hết hạn" if one.until < today else "")
    return f"{one.who} → {one.to}: {one.rule}, {until}; {one.why} ({one.by})"


def exemption_object(one: Exemption, today: date) -> dict[str, Any]:
    return {"rule": one.rule, "who": one.who, "to": one.to, "why": one.why, "until": one.until, "by": one.by,
            "ended": one.until < today}  # fmt: skip


def _allows(rule: Rule, today: date) -> bool:
    """Whether it lets mail pass today: above Ghi nhận all stages are the same to it."""
    return rule.action is Action.ALLOW and rule.stage.on(today) is not Stage.SHADOW


def _stages(rule: Rule, today: date) -> Iterator[str]:
    if _allows(rule, today) and not rule.agencies and not rule.stage.promotions:
        yield f"  Mức áp dụng: {_ALLOWS} (không theo mức)"
        return
    yield f"  Mức áp dụng hôm nay: {_plan(rule.stage, today)}"
    for code, plan in rule.agencies.items():
        agreed = f" ({plan.agreed})" if plan.agreed else ""
        yield f"    {code} và các đơn vị trực thuộc, thay cho mức chung: {_plan(plan, today)}{agreed}"
    if rule.agencies and rule.stage.promotions:
        yield "    (lịch nâng mức chung không áp dụng cho các đơn vị có mức riêng)"


def _does(rule: Rule, today: date) -> str:
    plans = (rule.stage, *rule.agencies.values())
    if rule.action is Action.COUNT or any(plan.on(today) is not Stage.SHADOW for plan in plans):
        return ACTIONS[rule.action]
    return f"chỉ đếm; ở mức cao hơn: {ACTIONS[rule.action]}"


def _plan(plan: StagePlan, today: date) -> str:
    later = [f"{STAGES[one.stage]} từ {one.on:%d/%m/%Y}" for one in plan.promotions if one.on > today]
    return ", ".join([STAGES[plan.on(today)], *later])


def _details(rule: Rule) -> str:
    if rule.action is Action.TAG:
        return f': "{rule.folder}"'
    if rule.action is Action.ALLOW:
        return ": không áp dụng " + ", ".join(rule.over)
    if rule.action is Action.REFUSE:
        return f"; khi Không cho gửi: {_REPLIES[rule.reply]}; khi Chờ duyệt hỏi ý kiến {ASKED[rule.asks]}"
    if rule.action is Action.ASK:
        return f" {ASKED[rule.asks]}"
    return ""


def _tests(clause: Clause, speak: Speaker) -> Iterator[str]:
    for one in clause.tests:
        wanted = speak.wanted(one, met=one.values)  # so that none is left out of a long list
        yield f"    {speak.fact(one.fact)}: {wanted}  ({one.fact})"


def _test(one: Test) -> dict[str, Any]:
    return {"fact": one.fact, "operator": one.operator, "values": list(one.values)}
