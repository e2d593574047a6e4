"""What an SMTP client hears of a rule: one ASCII line, in which no word becomes another."""

from __future__ import annotations

import pytest

from mailhub.policy.facts import DocumentFacts, Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.policy.rules.rule import ReplyBy, Stage
from mailhub.policy.rules.rule import Test as Condition
from mailhub.screening.consequences.refusals import ascii_words, refusal_of_all
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
