"""The timeline's words about the rules: which fitted, whose word is waited for, what was refused or destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.accounts.action_words import plain_who
from mailhub.cli.stage_words import STAGES
from mailhub.i18n import texts
from mailhub.incidents.reading import Named
from mailhub.lifecycle.fact_words import until_text
from mailhub.policy.rules.rule import Action, Stage
from mailhub.queue.fates import REFUSED_BY_RULE
from mailhub.queue.models import EventKind, HeldFor
from mailhub.queue.written import members_told

_EFFECTS = {
    "tag": "vào thư mục riêng",
    "warn": "gửi đi, có nhắc",
    "desk": "chuyển Văn thư",
    "hold": "chờ ý kiến",
    "refuse": "không gửi",
    "secret": "từ chối toàn bộ thư",
}
_WORDS = {
    EventKind.RELEASED: "Đã cho gửi",
    EventKind.WITHDRAWN: "Đã hủy, không gửi",
    EventKind.EXPIRED: "Quá hạn chờ ý kiến, không gửi",
}
_PLACES = {"subject": "tiêu đề", "body": "nội dung thư", "file": "tệp kèm theo", "scan": "bản quét (máy đọc)"}
_KEPT = {"destroyed": "đã hủy nội dung", "sealed": "nội dung đã niêm phong", "opened": "đã mở theo quyết định"}


def rule_words(kind: EventKind, facts: dict[str, Any]) -> list[str] | None:
    """What a line of this kind says instead of the usual words; None for all other lines."""
    if kind is EventKind.JUDGED:
        return list(_judged(facts))
    if kind is EventKind.ASKED:
        return list(_asked(facts))
    if kind is EventKind.DESTROYED:
        return list(_destroyed(facts))
    if kind is EventKind.REFUSED and facts.get("for") == REFUSED_BY_RULE:
        return ["Không gửi theo quy tắc", f"({facts.get('rule')})"]
    if kind is EventKind.HELD and facts.get("for") == HeldFor.FAULT.value:
        return ["Giữ lại: lỗi khi xét quy tắc", f"({facts.get('rule')})", "cần quản trị xem rồi cho gửi hoặc hủy"]
    if kind in _WORDS and facts.get("for") == HeldFor.WORD.value:
        return list(_word(kind, facts))
    return None


def tells_secret(kind: EventKind, facts: dict[str, Any]) -> bool:
    """Whether a line tells of an incident."""
    return kind is EventKind.DESTROYED or (kind is EventKind.REFUSED and facts.get("kind") == "secret")


def secret_words(kind: EventKind, facts: dict[str, Any], named: Named | None) -> str:
    """What is added for those who may know of incidents: the number, the rule, the version."""
    if named is None or not tells_secret(kind, facts):
        return ""
    return f"  sự cố {named.number}  quy tắc {named.rule} (bản {named.version})"


def written_names(facts: dict[str, Any]) -> list[str]:
    """The addresses that a line tells of as the sender wrote them; a group with its number, not its members."""
    told = [str(one) for one in facts.get("to", [])]
    named = [f"{one} (nhóm, {number} người)" if (number := members_told(facts, one)) else one for one in told]
    count = facts.get("recipients")
    more = count - len(named) if isinstance(count, int) else 0
    return [*named[:-1], f"{named[-1]} và {more} địa chỉ khác"] if named and more > 0 else named


def _word(kind: EventKind, facts: dict[str, Any]) -> Iterator[str]:
    yield _WORDS[kind]
    if kind is not EventKind.EXPIRED:
        yield f"theo ý kiến của {plain_who(str(facts.get('actor', '')))}"
    if facts.get("to"):
        yield f"thư gửi {', '.join(written_names(facts))}"
    if reason := facts.get("reason"):
        yield f"lý do: {reason}"


def _judged(facts: dict[str, Any]) -> Iterator[str]:
    if desk := facts.get("desk"):
        yield f"Chuyển đến Văn thư {desk} theo quy tắc ({facts.get('rule')})"
        return
    yield f"Đã xét theo quy tắc (bản {facts.get('version')})"
    for rule in facts.get("rules", []):
        yield _one(rule)
    if failed := facts.get("failed"):
        yield f"LỖI khi xét: {failed}"


def _one(rule: dict[str, Any]) -> str:
    stage = STAGES.get(rule.get("stage", ""), rule.get("stage", ""))
    effect = _EFFECTS.get(rule.get("effect", ""), "chỉ ghi nhận")
    if rule.get("action") == Action.ALLOW.value and rule.get("stage") != Stage.SHADOW.value:
        return f"{rule.get('title') or rule['rule']} [{rule['rule']}]: cho phép ({rule['recipients']} người nhận)"
    if exempted := rule.get("exempted"):
        effect = f"được miễn: {exempted}"
    return f"{rule.get('title') or rule['rule']} [{rule['rule']}] – {stage}: {effect} ({rule['recipients']} người nhận)"


def _asked(facts: dict[str, Any]) -> Iterator[str]:
    yield f"Đang chờ ý kiến của {facts.get('of')}"
    if rule := facts.get("rule"):
        yield f"quy tắc {rule}"
    if facts.get("to"):
        yield f"về thư gửi {', '.join(written_names(facts))}"
    if until := facts.get("until"):
        yield f"đến {until_text(int(until), texts('vi'))}"


def _destroyed(facts: dict[str, Any]) -> Iterator[str]:
    yield "Phát hiện dấu hiệu bí mật nhà nước: không ai nhận được thư này"
    if level := facts.get("level"):
        yield f"độ mật ghi trên thư: {level}"
    if places := facts.get("in"):
        yield "thấy ở " + ", ".join(_PLACES.get(place, place) for place in places)
    if kept := facts.get("kept"):
        yield _KEPT.get(kept, kept)
