"""An explanation says what becomes of each recipient and why, and shows every condition with its value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from mailhub.i18n import LANGUAGES, texts
from mailhub.policy.explaining import Around, Outcome, as_json, explain, text_lines
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    RecipientFacts,
    Relation,
    SenderFacts,
)
from mailhub.policy.judging import Judge, those_of
from mailhub.policy.rules.rule import Action, Asked, Clause, Promotion, ReplyBy, Rule, RuleBook, Stage, StagePlan
from tests.policy import made
from tests.policy.made import asked, clause, exemption, facts, rule

pytestmark = pytest.mark.unit

PRIVATE = RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")
OUTSIDE = facts(
    message=MessageFacts(origin=Origin.OUTSIDE),
    sender=SenderFacts(address="x@gmail.com"),
    recipients={"a@tinh.gov.vn": RecipientFacts(agencies=("SYT",)), "b@tinh.gov.vn": RecipientFacts()},
)
FROM_OUTSIDE = clause(asked("message.origin", "is", "outside"))
TO_SYT = clause(asked("message.origin", "is", "outside"), asked("recipient.agencies", "is", "SYT"))


def page(message: Facts, *rules: Rule, around: Around | None = None, language: str = "vi") -> str:
    """Blanks at the beginning of lines left out."""
    book = RuleBook(rules, (exemption(rule="exempt"),))
    lines = text_lines(explain(Judge(book, 3), message, those_of(book)), texts(language), around or Around())
    return "\n".join(line.strip() for line in lines)


def conclusion(*arguments: Rule | Facts, around: Around | None = None) -> str:
    message, *rules = arguments
    assert isinstance(message, Facts)
    text = page(message, *(each for each in rules if isinstance(each, Rule)), around=around)
    return text.partition("2. TỪNG QUY TẮC")[0]


def test_a_letter_that_no_rule_minds() -> None:
    text = conclusion(facts("b@gmail.com"), rule(when=clause(asked("message.night", "is", True))))
    assert "• b@gmail.com\nKết quả: CHUYỂN ĐẾN NGAY, không nhắc hay báo gì cho ai." in text
    assert "Không có quy tắc nào ngăn hay nhắc" in text


def test_a_letter_that_waits_says_for_whom_until_when_and_by_which_article() -> None:
    stops = rule(when=clause(asked("recipient.class", "is", "private-mail"), asked("document.state", "is", "draft")))
    message = facts(recipients={"b@gmail.com": PRIVATE}, documents=(DocumentFacts(type="BC", state="draft"),))
    around = Around(
        until=lambda _: "16:30 ngày 24/11/2026",
        because=lambda _: "Điều 5 Quy chế; Chỉ thị 77/2014",
        reason=lambda _, addresses: f"Thư kèm Báo cáo,\nđến {', '.join(addresses)}",
    )
    text = conclusion(message, stops, around=around)
    for said in (
        "CHƯA CHUYỂN. Thư dừng lại chờ ý kiến của chính người gửi (nva@tinh.gov.vn), "
        "chậm nhất đến 16:30 ngày 24/11/2026.",
        "Trả lời GỬI kèm lý do thì thư được chuyển đi",
        "được trả lại người gửi",
        "Quy tắc quyết định: “Quy tắc a-rule” (a-rule), đang ở mức Chờ duyệt.",
        "Căn cứ: Điều 5 Quy chế; Chỉ thị 77/2014.",
        "Vì: Loại hộp thư của người nhận: hộp thư cá nhân (Gmail, Yahoo…); "
        "Văn bản đã ban hành hay dự thảo [văn bản 1]: dự thảo.",
        "| Thư kèm Báo cáo,\n| đến b@gmail.com",
    ):
        assert said in text


def test_an_agency_with_a_stage_of_its_own_is_named() -> None:
    text = conclusion(facts(), rule(stage=Stage.BLOCK, agencies={"SYT": StagePlan(Stage.WARN)}))
    assert "đang ở mức Nhắc (mức riêng của đơn vị SYT)." in text


@pytest.mark.parametrize(
    ("asks", "message", "said"),
    [
        (Asked.SENDER, facts(), "chính người gửi (nva@tinh.gov.vn)"),
        (Asked.DESK, facts(), "văn thư của đơn vị người gửi"),
        (Asked.SECURITY, facts(), "cán bộ phụ trách an toàn thông tin (người gửi không tự cho gửi được)"),
        (Asked.SENDER, OUTSIDE, "chờ ý kiến của người nhận"),
        (Asked.DESK, OUTSIDE, "văn thư của đơn vị người nhận"),
    ],
)
def test_whose_word_is_waited_for(asks: Asked, message: Facts, said: str) -> None:
    text = conclusion(message, rule(asks=asks, hours=48, reason_needed=False, when=_any_origin()))
    assert said in text
    assert "chậm nhất sau 48 giờ" in text
    assert "kèm lý do" not in text
    told_meanwhile = asks is not Asked.SENDER and message is not OUTSIDE
    assert ("người gửi được báo thư đang chờ ai" in text) is told_meanwhile


def _any_origin() -> Clause:
    return clause(asked("message.origin", "is", "own", "outside"))


def _rule(stage: Stage = Stage.BLOCK, action: Action = Action.REFUSE, **given: Any) -> Rule:
    return rule(stage=stage, action=action, **given)


SCAN = facts(message=MessageFacts(secrecy_in=frozenset({"scan"})))
BROKEN = facts(message=MessageFacts(size=None))  # type: ignore[arg-type]
SIZE = clause(asked("message.size", "at_least", 5))
REDIRECT = facts(message=MessageFacts(origin=Origin.REDIRECT))
REDIRECTED = clause(asked("message.origin", "is", "redirect"))
TAGS = rule("tags", action=Action.TAG, folder="Rác")


@pytest.mark.parametrize(
    ("message", "rules", "outcome", "said"),
    [
        (facts(), [_rule(Stage.WARN)], Outcome.TOLD, "có nhắc: người gửi (nva@tinh.gov.vn) nhận một thư nhắc"),
        (OUTSIDE, [_rule(Stage.WARN, when=FROM_OUTSIDE)], Outcome.TOLD, "người gửi bên ngoài không được báo gì"),
        (facts(), [_rule()], Outcome.REFUSED, "sau đó nhận một thư báo không gửi được"),
        (facts(), [_rule(reply=ReplyBy.REJECT)], Outcome.REJECTED, "thấy lỗi ngay khi bấm gửi"),
        (OUTSIDE, [_rule(when=FROM_OUTSIDE)], Outcome.REJECTED, "Máy chủ bên gửi nhận trả lời từ chối"),
        (OUTSIDE, [_rule(when=TO_SYT)], Outcome.QUARANTINED, "Thư nằm ở Thư cách ly, chờ ý kiến của người nhận"),
        (facts(), [_rule(action=Action.DESK)], Outcome.DESK, "hộp thư văn thư của đơn vị người gửi thay cho"),
        (facts(), [TAGS], Outcome.TAGGED, "vào thư mục “Rác” của người nhận, không vào Hộp thư đến"),
        (facts(), [_rule(action=Action.SECRET)], Outcome.SECRET, "Nội dung thư không được lưu."),
        (SCAN, [_rule(action=Action.SECRET)], Outcome.SECRET, "nội dung thư được niêm phong"),
        (BROKEN, [_rule(when=SIZE)], Outcome.FAULT, "quy tắc “a-rule” bị lỗi"),
        (REDIRECT, [_rule(when=REDIRECTED)], Outcome.REFUSED, "Không ai nhận thư báo, vì thư do máy tự gửi"),
        (facts(), [_rule(action=Action.STOP_SENDING)], Outcome.WAITS, "nva@tinh.gov.vn bị tạm dừng GỬI"),
        (facts(), [_rule(Stage.HOLD), TAGS], Outcome.WAITS, "Khi đến nơi, thư vào thư mục “Rác”"),
    ],
)
def test_every_outcome_is_said(message: Facts, rules: list[Rule], outcome: Outcome, said: str) -> None:
    found = explain(Judge(RuleBook(tuple(rules)), 1), message)
    assert found.groups[0].outcome is outcome
    assert said in conclusion(message, *rules)


def test_a_secret_decides_for_everybody() -> None:
    secret = rule(action=Action.SECRET, when=clause(asked("recipient.class", "is", "private-mail")))
    text = conclusion(facts(recipients={"a@tinh.gov.vn": RecipientFacts(), "b@gmail.com": PRIVATE}), secret)
    assert "• a@tinh.gov.vn, b@gmail.com\nKết quả: KHÔNG CHUYỂN cho ai: cả thư bị từ chối" in text
    assert "Quy tắc quyết định: “Quy tắc a-rule”" in text
    assert "Vì: Loại hộp thư của người nhận: hộp thư cá nhân" in text


def test_a_rule_that_only_counts_yet_says_what_it_would_do_and_from_when() -> None:
    plan = StagePlan(Stage.SHADOW, (Promotion(date(2027, 1, 1), Stage.HOLD),))
    text = conclusion(facts(), rule(stage=plan))
    assert "CHUYỂN ĐẾN NGAY, không nhắc" in text
    assert "cũng đúng, nhưng mới ở mức Ghi nhận: chỉ đếm, không ảnh hưởng đến thư." in text
    assert "mức Nhắc: chuyển đến ngay và có thư nhắc; mức Chờ duyệt: dừng lại chờ ý kiến; mức Không" in text
    assert "Từ ngày 01/01/2027, quy tắc này ở mức Chờ duyệt." in text


def test_exceptions_allowing_rules_and_exclusions_are_named() -> None:
    citizen = replace(PRIVATE, relation=frozenset({Relation.WROTE_FIRST}))
    wrote = clause(asked("recipient.relation", "is", "wrote-first"))
    text = conclusion(
        facts(recipients={"a@gmail.com": citizen}),
        rule("exempt"),
        rule("stops"),
        rule("allows", action=Action.ALLOW, over=("stops",), when=wrote),
        rule("spares", unless=(wrote,)),
        rule("counts", action=Action.COUNT),
    )
    assert "CHUYỂN ĐẾN NGAY, không nhắc" in text
    spared = "đúng, lẽ ra dừng lại chờ ý kiến, nhưng KHÔNG áp dụng vì"
    assert f"“Quy tắc exempt” (exempt) {spared} có ngoại lệ: Được phép." in text
    assert f"“Quy tắc stops” (stops) {spared} quy tắc cho phép “Quy tắc allows”" in text
    assert "Quy tắc cho phép “Quy tắc allows” (allows) đúng: vì vậy không áp dụng “Quy tắc stops”." in text
    assert "“Quy tắc spares” (spares) có đủ điều kiện nhưng KHÔNG áp dụng, vì gặp trường hợp ngoại trừ" in text
    assert "“Quy tắc counts” (counts) cũng đúng: quy tắc này chỉ để đếm." in text


def test_every_condition_of_every_rule_is_shown_with_its_value() -> None:
    message = facts(
        recipients={"a@gmail.com": PRIVATE, "b@tinh.gov.vn": RecipientFacts()},
        attachments=(AttachmentFacts(type="exe", size=2_000_000), AttachmentFacts(type="pdf", size=10)),
    )
    tests = (
        asked("recipient.class", "is", "private-mail", "blocked"),
        asked("attachment.type", "is", "pdf"),
        asked("attachment.size", "at_least", 1_000_000),
        asked("document.state", "not", "issued"),
        asked("sender.agencies", "not", "SNV"),
        asked("sender.domain", "like", "*.ru"),
        asked("message.reply", "is", True),
        asked("recipient.relation", "is", ""),
    )
    text = page(message, rule(when=clause(*tests)))
    for line in (
        "[✗] “Quy tắc a-rule” (a-rule), mức Chờ duyệt",
        "✓ Loại hộp thư của người nhận [a@gmail.com]: hộp thư cá nhân (Gmail, Yahoo…) "
        "(cần: hộp thư cá nhân (Gmail, Yahoo…) hoặc tên miền bị chặn)",
        "✗ Loại hộp thư của người nhận [b@tinh.gov.vn]: hộp thư công vụ của tỉnh (cần:",
        "✗ Loại thật của tệp [tệp 1]: chương trình (exe) (cần: pdf)",
        "✓ Cỡ tệp [tệp 1]: 2.000.000 byte (cần: từ 1.000.000 byte trở lên)",
        "✗ Văn bản đã ban hành hay dự thảo: thư không kèm văn bản nào (cần: không phải: đã ban hành)",
        "✓ Đơn vị người gửi (và cấp trên): SYT.KHTH, SYT, TINH (cần: không có SNV)",
        "✗ Tên miền người gửi: chưa rõ (cần: theo mẫu *.ru)",
        "✗ Là thư trả lời: không (cần: có)",
        "✓ Quan hệ của người nhận với người gửi: không có (cần: không có)",
    ):
        assert line in text


def test_what_strangers_wrote_stays_on_its_line() -> None:
    message = facts("x\u202e\n\x1b[2J@gmail.com", sender=SenderFacts(address="a\r\n\x07@x.vn"))
    text = page(message, rule())
    assert all(line.isprintable() for line in text.splitlines())
    assert "x [2J@gmail.com" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_rules_have_words_in_both_languages(language: str) -> None:
    text = page(facts("b@gmail.com"), rule(), around=Around(language=language), language=language)
    assert ("Kết quả" in text) is (language == "vi")


@settings(max_examples=150, deadline=None)
@given(made.books(), made.messages)
def test_any_message_by_any_rules_can_be_explained(book: RuleBook, message: Facts) -> None:
    judge = Judge(book, 1)
    found = explain(judge, message, those_of(book))
    decision = judge.decide(message, those_of(book))
    assert found.decision == decision
    for group in found.groups:
        assert [shown.rule.id for shown in group.rules] == [each.id for each in book.rules]
        assert {shown.rule.id for shown in group.rules if shown.fits} == {hit.rule.id for hit in group.verdict.hits}
        for shown in group.rules:  # what is shown bears out what was decided
            assert shown.fits == (shown.when.holds and not any(clause.holds for clause in shown.unless))
    for language in LANGUAGES:
        assert text_lines(found, texts(language), Around(language=language))
    json.dumps(as_json(found))
