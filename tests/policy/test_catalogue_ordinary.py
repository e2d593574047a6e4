"""The ban is on officials' private mailboxes, not on answering citizens: of ordinary mail fewer than 1 % is held.

Demand: issue 5, "The catalogue that ships", 1.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from mailhub.policy.decision import Effect
from mailhub.policy.judging import Judge
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook, Stage, StagePlan
from mailhub.screening.rules.shipped import catalogue_text
from tests.policy.ordinary_mail import facts_of, ordinary, wrong

pytestmark = pytest.mark.unit

BOOK = read_book(catalogue_text(), "policy.toml")
STOPPED = (Effect.DESK, Effect.HOLD, Effect.REFUSE, Effect.SECRET)


def stopped(book: RuleBook, seed: int = 5) -> Counter[str]:
    """Of the two hundred, those that do not arrive at once, by the rule that stops them."""
    judge = Judge(book, 1)
    found: Counter[str] = Counter()
    for mail in ordinary(seed):
        for verdict in judge.decide(facts_of(mail)).verdicts:
            if verdict.effect in STOPPED:
                assert verdict.deciding is not None
                found[f"{verdict.deciding.rule.id} ({mail.about})"] += 1
    return found


@pytest.mark.parametrize("seed", range(5))
def test_fewer_than_one_in_a_hundred_ordinary_mails_is_held_or_refused(seed: int) -> None:
    found = stopped(BOOK, seed)
    assert found.total() < 2, found


def test_the_two_hundred_are_of_every_kind() -> None:
    facts = [facts_of(mail) for mail in ordinary()]
    assert sum(bool(one.documents) for one in facts) > 80
    assert {document.state for one in facts for document in one.documents} == {"issued", "draft", "unknown"}
    leaving = [one for one in facts if one.message.origin == "own"]
    assert len(leaving) == 140
    relations = Counter(word for one in leaving for recipient in one.recipients.values() for word in recipient.relation)
    assert all(relations[word] >= 20 for word in ("wrote-first", "named", "known", "first-contact")), relations
    assert any(document.form for one in leaving for document in one.documents)


def test_what_is_not_ordinary_is_stopped() -> None:
    judge = Judge(BOOK, 1)
    for mail in wrong():
        effects = [verdict.effect for verdict in judge.decide(facts_of(mail)).verdicts]
        assert any(effect in STOPPED for effect in effects), mail.about


def test_a_ban_that_knows_no_citizens_would_be_found_out() -> None:
    """The measure can fail: the ban as it stands in a mail server, "no documents to gmail.com", and each rule of ours
    without its `unless`."""
    plain = read_book(
        """
[[rule]]
id = "cam-gmail"
title = "Không gửi văn bản đến hộp thư cá nhân"
because = { clause = "Chỉ thị 77/2014/CT-UBND" }
stage = "block"
action = "refuse"
message = { vi = "Không gửi", en = "Not sent" }
[rule.when]
message.origin = "own"
recipient.class = "private-mail"
document.type = { not = ["", "NONE"] }
""",
        "policy.toml",
    )
    assert stopped(plain).total() > 20
    eager = ("van-ban-da-phat-hanh-den-nguoi-la", "van-ban-chua-ro-den-nguoi-la")
    rules = tuple(
        replace(rule, unless=(), stage=StagePlan(Stage.HOLD)) if rule.id in eager else rule
        for rule in BOOK.rules
        if rule.id != "tra-loi-nguoi-dan-doanh-nghiep"
    )
    assert stopped(RuleBook(rules)).total() > 20


def test_answers_to_citizens_are_counted() -> None:
    judge = Judge(BOOK, 1)
    hits = [hit.rule.id for mail in ordinary() for hit in judge.decide(facts_of(mail)).hits.values()]
    assert hits.count("tra-loi-nguoi-dan-doanh-nghiep") > 20


def test_the_message_about_replies_to_a_group_promises_nobody_the_mail() -> None:
    rule = next(one for one in BOOK.rules if one.id == "tra-loi-tat-ca-den-nhom")
    assert "vẫn nhận được" not in rule.message["vi"]
    assert "xác nhận" in rule.message["vi"]  # a new message to a large group waits for it
