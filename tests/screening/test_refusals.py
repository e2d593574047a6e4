"""What an SMTP client hears of a rule: one ASCII line, in which no word becomes another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.incidents.entering import sender_facts
from mailhub.incidents.models import Kept
from mailhub.policy.facts import DocumentFacts, Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.policy.rules.rule import ReplyBy, Stage
from mailhub.policy.rules.rule import Test as Condition
from mailhub.screening.consequences.refusals import ascii_words, refusal_of_all, secret_words
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from tests.screening.judged_mail import AT, judged, private, rule

pytestmark = pytest.mark.unit
EVERYBODY = Condition("message.size", "at_least", (0,))


def facts(origin: Origin, **recipients: RecipientFacts) -> Facts:
    people = {f"{name}@x.example": one for name, one in recipients.items()}
    return Facts(
        message=MessageFacts(origin=origin), sender=SenderFacts(), recipients=people, at=AT,
        documents=(DocumentFacts(type="CV"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Văn bản mật gửi ra ngoài", "Van ban bi mat gui ra ngoai"),
        ("Bí mật nhà nước", "Bi mat nha nuoc"),
        ("Thư bị mất", "Thu bi that lac"),
        ("Lộ mật khẩu", "Lo mat khau"),
        ("Đường\r\n550 giả", "Duong 550 gia"),
        ("Tệp “lạ” – cấm", "Tep la - cam"),
        ("Tệp (.exe, …)", "Tep (.exe, ...)"),
    ],
)
def test_marks_go_and_no_word_becomes_another(text: str, said: str) -> None:
    assert ascii_words(text) == said


def test_a_document_to_private_mail_is_refused_in_the_agreed_words() -> None:
    found = facts(Origin.OWN, a=private(), b=private())
    decision = judged(found, rule("chan", Stage.BLOCK, EVERYBODY, reply=ReplyBy.REJECT))
    refused = refusal_of_all(decision, found)
    assert refused is not None
    assert refused.why == "Khong gui van ban cong vu den hop thu ca nhan (gmail.com)"
    assert refused.rules == ("chan",)


@pytest.mark.parametrize(
    ("origin", "reply", "refused"),
    [
        (Origin.OWN, ReplyBy.NOTICE, False),
        (Origin.TRUSTED, ReplyBy.NOTICE, False),
        (Origin.OWN, ReplyBy.REJECT, True),
        (Origin.OUTSIDE, ReplyBy.NOTICE, True),
        (Origin.REDIRECT, ReplyBy.NOTICE, True),
    ],
)
def test_who_hears_of_it_by_reply(origin: Origin, reply: ReplyBy, *, refused: bool) -> None:
    found = facts(origin, a=private())
    decision = judged(found, rule("chan", Stage.BLOCK, EVERYBODY, reply=reply))
    assert (refusal_of_all(decision, found) is not None) is refused


@pytest.mark.parametrize("origin", [Origin.OWN, Origin.OUTSIDE])
def test_one_who_may_get_it_keeps_the_message_from_being_refused(origin: Origin) -> None:
    found = facts(origin, a=private(), b=RecipientFacts(mail_class=MailClass.ORGANISATION, domain="so.example"))
    decision = judged(found, rule("chan", Stage.BLOCK, reply=ReplyBy.REJECT))
    assert refusal_of_all(decision, found) is None


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.WARN, Stage.HOLD])
def test_no_stage_below_the_last_refuses(stage: Stage) -> None:
    found = facts(Origin.OUTSIDE, a=private())
    assert refusal_of_all(judged(found, rule("chan", stage, EVERYBODY)), found) is None


@pytest.mark.parametrize(
    ("origin", "title", "said"),
    [
        (Origin.OUTSIDE, "Tệp chương trình (.exe, …)", "Thu khong duoc nhan: tep chuong trinh (.exe, ...)"),
        (Origin.REDIRECT, "Tự động chuyển tiếp", "Thu khong duoc gui: tu dong chuyen tiep"),
        (Origin.OUTSIDE, "PDF lạ", "Thu khong duoc nhan: PDF la"),
    ],
)
def test_the_reply_begins_with_what_becomes_of_the_mail(origin: Origin, title: str, said: str) -> None:
    found = facts(origin, a=RecipientFacts())
    decision = judged(found, replace(rule("chan", Stage.BLOCK, EVERYBODY), title=title))
    refused = refusal_of_all(decision, found)
    assert refused is not None
    assert refused.why == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secrets": {"phone": "0299 1"}, "hub": {"support": "Tổ hỗ trợ"}}, "Khong gui lai, goi 0299 1"),
        ({"secrets": {"contact": "Ông A, 09"}, "hub": {"support": "x"}}, "Khong gui lai, lien he Ong A, 09"),
        ({"hub": {"support": "Tổ hỗ trợ"}}, "Khong gui lai, lien he To ho tro"),
        ({"hub": {"support": ""}}, "Khong gui lai, lien he can bo phu trach"),
    ],
)
def test_a_secret_is_refused_with_the_contact_of_all_other_texts(given: dict[str, dict[str, str]], said: str) -> None:
    settings = Settings(directory=Path("/nowhere"), hub=Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn"))
    for section, values in given.items():
        settings = settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})
    assert secret_words(settings) == said
    told = sender_facts(settings, code="X", at=AT, kept=Kept.DESTROYED, because="")
    assert ascii_words(told["phone"]) in said or not told["phone"]
