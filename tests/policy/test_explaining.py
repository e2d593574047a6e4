"""An explanation says what becomes of each recipient and why, and shows every condition with its value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from mailhub.documents.type_names import type_name
from mailhub.i18n import LANGUAGES, texts
from mailhub.policy.explain_words import Speaker
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
from mailhub.policy.rules.vocabulary import FACTS
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
    return text.partition("2. QUY TẮC LIÊN QUAN")[0]


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
        "CHƯA CHUYỂN. Người gửi không thấy lỗi lúc bấm gửi; thư dừng lại chờ ý kiến của chính người gửi "
        "(nva@tinh.gov.vn), "
        "chậm nhất đến 16:30 ngày 24/11/2026.",
        "Trả lời GỬI kèm lý do thì thư được chuyển đi",
        "được trả lại người gửi",
        "Quy tắc quyết định: “Quy tắc a-rule” (a-rule), đang ở mức Chờ duyệt (người gửi tự xác nhận).",
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
    assert "(không cần nêu lý do)" in text or message is OUTSIDE
    assert "kèm lý do" not in text
    assert ("tự xác nhận" in text) is (asks is Asked.SENDER)
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
        rule("allows", action=Action.ALLOW, over=("stops", "far"), when=wrote),
        rule("far", when=clause(asked("message.night", "is", True))),
        rule("spares", unless=(wrote,)),
        rule("counts", action=Action.COUNT),
    )
    assert "CHUYỂN ĐẾN NGAY, không nhắc" in text
    spared = "đúng, lẽ ra dừng lại chờ ý kiến, nhưng KHÔNG áp dụng vì"
    assert f"“Quy tắc exempt” (exempt) {spared} có ngoại lệ: Được phép." in text
    assert f"“Quy tắc stops” (stops) {spared} quy tắc cho phép “Quy tắc allows”" in text
    assert (
        "Quy tắc cho phép “Quy tắc allows” (allows) đúng: vì vậy không áp dụng “Quy tắc stops”, lẽ ra cũng đúng."
        in text
    )
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
    text = page(message, rule(when=clause(*tests)), around=Around(every=True))
    for line in (
        "[✗] “Quy tắc a-rule” (a-rule), mức Chờ duyệt",
        "✓ Loại hộp thư của người nhận [a@gmail.com]: hộp thư cá nhân (Gmail, Yahoo…) "
        "(quy tắc cần: hộp thư cá nhân (Gmail, Yahoo…) hoặc tên miền bị chặn)",
        "✗ Loại hộp thư của người nhận [b@tinh.gov.vn]: hộp thư công vụ của tỉnh – quy tắc cần:",
        "✗ Loại thật của tệp [tệp 1]: chương trình (exe) – quy tắc cần: pdf",
        "✓ Cỡ tệp [tệp 1]: 2.000.000 byte (quy tắc cần: từ 1.000.000 byte trở lên)",
        "✗ Văn bản đã ban hành hay dự thảo: thư không kèm văn bản nào – quy tắc cần: không phải đã ban hành",
        "✓ Đơn vị người gửi (và cấp trên): SYT.KHTH, SYT, TINH (quy tắc cần: không có SNV)",
        "✗ Tên miền người gửi: chưa rõ – quy tắc cần: theo mẫu *.ru",
        "✗ Là thư trả lời: không – quy tắc cần: có",
        "✓ Quan hệ của người nhận với người gửi: không có",
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


NIGHT = clause(asked("message.night", "is", True))
TO_A_FRIEND = facts(recipients={"b@gmail.com": replace(PRIVATE, relation=frozenset({Relation.FIRST_CONTACT}))})
OWN_ADDRESS = clause(asked("recipient.class", "is", "private-mail"), asked("recipient.relation", "is", "own-private"))


def test_rules_that_have_no_part_in_it_are_counted_and_shown_on_demand() -> None:
    rules = (
        rule("fits"),
        rule("stopped", unless=(clause(asked("recipient.class", "is", "private-mail")),)),
        rule("near", when=OWN_ADDRESS),
        rule("night", when=NIGHT),
        rule("incoming", when=FROM_OUTSIDE),
        rule("papers", when=clause(asked("document.state", "is", "draft"))),
        rule("files", when=clause(asked("attachment.type", "is", "exe"))),
    )
    shown = page(TO_A_FRIEND, *rules).partition("2. QUY TẮC")[2]
    assert [ident for ident in (each.id for each in rules) if f"({ident})" in shown] == ["fits", "stopped", "near"]
    assert "Không áp dụng: đủ điều kiện nhưng rơi vào trường hợp ngoại trừ" in shown
    assert "Không áp dụng: thiếu 1 điều kiện (dòng ✗)" in shown
    for said in (
        "4 quy tắc khác không liên quan: ", "1 về tệp mà thư này không kèm", "1 về văn bản mà thư này không kèm",
        "1 dành cho thư chiều khác", "1 về điều thư này không có", "thêm --all.",
    ):  # fmt: skip
        assert said in shown
    everything = page(TO_A_FRIEND, *rules, around=Around(every=True))
    assert all(f"({each.id})" in everything for each in rules)
    assert "--all" not in everything


def test_a_near_miss_is_shown_for_those_whom_it_nearly_fits() -> None:
    message = replace(TO_A_FRIEND, recipients={**TO_A_FRIEND.recipients, "a@tinh.gov.vn": RecipientFacts()})
    text = page(message, rule("near", when=OWN_ADDRESS))
    shown = text.partition("2. QUY TẮC")[2]
    assert "Không áp dụng: thiếu 1 điều kiện (dòng ✗); xét riêng với b@gmail.com" in shown
    assert "a@tinh.gov.vn" not in shown


def test_a_rule_that_would_only_count_is_no_near_miss_by_two_conditions() -> None:
    two = clause(*OWN_ADDRESS.tests, asked("sender.rank", "is", "leader"))
    staff = replace(TO_A_FRIEND, sender=SenderFacts(address="a@tinh.gov.vn", rank="staff"))
    assert "(near)" in page(staff, rule("near", when=two))
    assert "(near)" not in page(staff, rule("near", when=two, stage=Stage.SHADOW))


def test_an_allowing_rule_names_only_what_would_otherwise_have_fitted() -> None:
    text = conclusion(facts(), rule("allows", action=Action.ALLOW, over=("far",)), rule("far", when=NIGHT))
    assert "(allows) đúng; với thư này không có quy tắc nào khác phải bỏ qua." in text
    assert "Quy tắc far" not in text


def test_a_rule_set_aside_says_by_what_in_both_halves() -> None:
    text = page(facts(), rule("exempt"), rule("stops"), rule("allows", action=Action.ALLOW, over=("stops",)))
    assert "Đủ điều kiện nhưng không áp dụng, vì quy tắc “Quy tắc allows” cho phép" in text
    assert "Đủ điều kiện nhưng không áp dụng, vì có ngoại lệ: Được phép" in text


def test_what_counts_is_explained_once_with_who_sees_it() -> None:
    text = page(facts(), rule("counts", action=Action.COUNT), rule("shadow", stage=Stage.SHADOW))
    assert text.count("Về “chỉ để đếm”") == 1
    assert "tên từng người chỉ" in text
    assert "Về “chỉ để đếm”" not in page(facts(), rule())


def test_a_hold_for_some_says_that_the_others_do_not_wait() -> None:
    stops = rule(when=clause(asked("recipient.class", "is", "private-mail")))
    text = conclusion(facts(recipients={"a@gmail.com": PRIVATE, "b@tinh.gov.vn": RecipientFacts()}), stops)
    assert "Riêng thư gửi người nhận nêu trên dừng lại" in text
    assert "Những người nhận khác không phải chờ việc này." in text
    assert "Riêng thư" not in conclusion(facts(recipients={"a@gmail.com": PRIVATE}), stops)


def test_a_refusal_speaks_of_others_only_when_there_are_some() -> None:
    stops = _rule(when=clause(asked("recipient.class", "is", "private-mail")))
    some = conclusion(facts(recipients={"a@gmail.com": PRIVATE, "b@tinh.gov.vn": RecipientFacts()}), stops)
    assert "Người nhận khác không bị ảnh hưởng." in some
    assert "Người nhận khác" not in conclusion(facts(recipients={"a@gmail.com": PRIVATE}), stops)


def test_a_group_is_named_with_its_number_and_not_its_members() -> None:
    members = tuple(f"m{number}@tinh.gov.vn" for number in range(13))
    around = Around(groups={"nhom@tinh.gov.vn": members}, reason=lambda _, addresses: f"Gửi {', '.join(addresses)}")
    text = page(facts(*members, "x@tinh.gov.vn"), rule(), around=around)
    assert "• nhom@tinh.gov.vn (nhóm, 13 người), x@tinh.gov.vn" in text
    assert "Gửi qua nhóm nhom@tinh.gov.vn: 13 người." in text
    assert "| Gửi nhom@tinh.gov.vn, x@tinh.gov.vn" in text
    assert "m1@" not in text
    part = page(facts(*members[:5]), rule(), around=around)
    assert "• nhom@tinh.gov.vn (nhóm: 5 trong 13 người)" in part


def test_nobody_can_release_a_secret_and_everybody_knows_whom_to_call() -> None:
    around = Around(contact="0299 123 456", reply="550 5.7.1 Thu bi tu choi. Ma XXX-XXX-XX")
    text = conclusion(facts(), _rule(action=Action.SECRET), around=around)
    assert "Không ai cho gửi thư này được, kể cả người gửi. Liên hệ: 0299 123 456." in text
    assert "một mình" not in text
    assert "(SMTP): “550 5.7.1 Thu bi tu choi. Ma XXX-XXX-XX”. Trong đó XXX-XXX-XX là mã riêng" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (facts(), "Không kèm văn bản, không kèm tệp."),
        (facts(attachments=(AttachmentFacts(type="zip"),)), "Không kèm văn bản nào (tệp đính kèm không phải"),
    ],
)
def test_the_head_says_what_is_not_there(given: Facts, said: str) -> None:
    assert said in page(given, rule())


def test_the_head_says_which_file_lies_in_which() -> None:
    kinds = (("zip", 0), ("7z", 1), ("exe", 2), ("pdf", 1), ("docx", 0))
    text = page(facts(attachments=tuple(AttachmentFacts(type=kind, depth=depth) for kind, depth in kinds)), rule())
    files = [line for line in text.splitlines() if line.startswith("Tệp ")]
    assert [line.partition("byte")[2] for line in files] == [
        "", ", nằm trong tệp 1", ", nằm trong tệp 2", ", nằm trong tệp 1", "",
    ]  # fmt: skip


def test_a_long_list_always_shows_the_value_that_was_met() -> None:
    kinds = FACTS["document.type"].values[:30]
    wants = clause(asked("document.type", "is", *kinds))
    text = page(facts(documents=(DocumentFacts(type=kinds[-1]),)), rule(when=wants))
    line = next(line for line in text.splitlines() if "một trong" in line)
    assert type_name(kinds[-1]) in line.partition("cần:")[2]
    assert line.endswith("; và 17 giá trị khác)")
    missed = page(facts(documents=(DocumentFacts(type="GM"),)), rule(when=clause(asked("document.type", "is", "CV"))))
    assert "…;" not in missed


_TECHNICAL = {"attachment.type", "document.type", "message.secrecy", "document.secrecy", "document.urgency",
              "document.circulation"}  # fmt: skip


@pytest.mark.parametrize("fact", sorted(name for name, fact in FACTS.items() if fact.values))
def test_no_value_is_left_in_english(fact: str) -> None:
    speak = Speaker(texts("vi"))
    for value in FACTS[fact].values:
        assert fact in _TECHNICAL or speak.value(fact, value) != value


def test_the_value_of_a_signature_is_said_in_vietnamese() -> None:
    assert Speaker(texts("vi")).value("document.signature", "valid") == "hợp lệ"


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
