"""The catalogue that ships: every rule at every stage, on messages that it is about and on those that it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailhub.policy.decision import Effect
from mailhub.policy.facts import Facts
from mailhub.policy.judging import Judge
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Action, Asked, Rule, RuleBook, Stage, StagePlan
from mailhub.policy.wording import because_words, reason
from mailhub.screening.rules.shipped import catalogue_text
from tests.policy.catalogue_cases import CASES
from tests.policy.made import exemption
from tests.policy.mails_made import COLLEAGUE, doc, friend, own, private

pytestmark = pytest.mark.unit

BOOK = read_book(catalogue_text(), "policy.toml")
RULES = {rule.id: rule for rule in BOOK.rules}
DECIDING = ("hold", "block")
TEXTS_OF_LAW = ("Luật", "Nghị định", "Chỉ thị", "QCVN", "Quyết định", "Thông tư", "Kế hoạch")
# What the design says of each action at Nhắc, Chờ duyệt, Không cho gửi (architecture § 7); at Ghi nhận nothing.
OUTCOMES = {
    Action.REFUSE: (Effect.WARN, Effect.HOLD, Effect.REFUSE),
    Action.ASK: (Effect.WARN, Effect.HOLD, Effect.HOLD),
    Action.TAG: (Effect.TAG, Effect.TAG, Effect.TAG),
    Action.DESK: (Effect.WARN, Effect.HOLD, Effect.DESK),
    Action.SECRET: (Effect.SECRET, Effect.SECRET, Effect.SECRET),
    Action.STOP_SENDING: (Effect.WARN, Effect.HOLD, Effect.HOLD),
    Action.COUNT: (Effect.NONE, Effect.NONE, Effect.NONE),
    Action.ALLOW: (Effect.NONE, Effect.NONE, Effect.NONE),
}


def expected(action: Action, stage: Stage) -> Effect:
    return Effect.NONE if stage is Stage.SHADOW else OUTCOMES[action][list(Stage).index(stage) - 1]


def alone(rule: Rule, stage: Stage) -> Judge:
    """That rule only, at that stage, with those that it stands over where it allows."""
    others = tuple(RULES[other] for other in rule.over)
    return Judge(RuleBook((*others, replace(rule, stage=StagePlan(stage), agencies={}))), 1)


def target(facts: Facts) -> str:
    """The recipient that a case is about: the other one beside the colleague, if there is one."""
    return next((address for address in facts.recipients if address != COLLEAGUE), COLLEAGUE)


FIT = [(ident, name, facts) for ident, cases in CASES.items() for name, facts in cases.fit.items()]
BESIDE = [  # of rules about recipients, where there is another one beside
    (ident, name, facts)
    for ident, name, facts in FIT
    if target(facts) != COLLEAGUE and any(test.scope == "recipient" for test in RULES[ident].when.tests)
]
LET_BE = [(ident, name, facts) for ident, cases in CASES.items() for name, facts in cases.let_be.items()]


def test_every_rule_has_cases_both_ways() -> None:
    assert set(CASES) == set(RULES)
    assert all(cases.fit and cases.let_be for cases in CASES.values())


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(("ident", "name", "facts"), FIT, ids=[f"{ident}: {name}" for ident, name, _ in FIT])
def test_a_rule_does_what_its_stage_says(ident: str, name: str, facts: Facts, stage: Stage) -> None:
    rule = RULES[ident]
    verdict = alone(rule, stage).decide(facts).by_address[target(facts)]
    assert ident in [hit.rule.id for hit in verdict.hits], f"{name}: the rule must fit"
    assert verdict.effect is expected(rule.action, stage)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(("ident", "name", "facts"), LET_BE, ids=[f"{ident}: {name}" for ident, name, _ in LET_BE])
def test_a_rule_lets_be_what_it_is_not_about(ident: str, name: str, facts: Facts, stage: Stage) -> None:
    decision = alone(RULES[ident], stage).decide(facts)
    fitting = {hit.rule.id for hit in decision.by_address[target(facts)].hits}
    assert ident not in fitting, name


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(("ident", "name", "facts"), BESIDE, ids=[f"{ident}: {name}" for ident, name, _ in BESIDE])
def test_a_rule_about_a_recipient_leaves_the_others_alone(ident: str, name: str, facts: Facts, stage: Stage) -> None:
    assert alone(RULES[ident], stage).decide(facts).by_address[COLLEAGUE].effect is Effect.NONE, name


@pytest.mark.parametrize(("ident", "name", "facts"), FIT, ids=[f"{ident}: {name}" for ident, name, _ in FIT])
def test_together_the_rule_as_shipped_still_decides(ident: str, name: str, facts: Facts) -> None:
    """No other rule takes its place, and none of those that only count has an effect."""
    rule = RULES[ident]
    verdict = Judge(BOOK, 1).decide(facts).by_address[target(facts)]
    effect = expected(rule.action, rule.stage.stage)
    assert verdict.effect >= effect
    if effect is not Effect.NONE:
        deciding = verdict.deciding
        assert deciding is not None
        assert deciding.effect is not effect or deciding.rule.id == ident or (ident, deciding.rule.id) in OVERLAPS, name


# A message that several rules stop: the one that says more stands first in the file.
OVERLAPS = {
    ("gui-nhieu-nguoi", "gui-nhom-toan-tinh"),
    ("van-ban-noi-bo-den-hop-thu-ca-nhan", "luu-hanh-noi-bo-den-hop-thu-ca-nhan"),
}


def test_with_every_rule_in_shadow_nothing_happens_to_any_case() -> None:
    judge = Judge(RuleBook(tuple(replace(rule, stage=StagePlan(Stage.SHADOW)) for rule in BOOK.rules)), 1)
    for _, name, facts in FIT + LET_BE:
        assert all(verdict.effect is Effect.NONE for verdict in judge.decide(facts).verdicts), name


def test_what_ships_above_shadow_is_what_was_agreed() -> None:
    """Whatever else is raised, somebody says so here."""
    raised = {
        rule.id: rule.stage.stage
        for rule in BOOK.rules
        if rule.stage.stage is not Stage.SHADOW and rule.action is not Action.ALLOW
    }
    assert raised == {
        "bi-mat-nha-nuoc": "block",
        "ma-doc": "block",
        "tep-thuc-thi": "block",
        "tep-kich-ban": "block",
        "tep-bi-cam": "block",
        "gui-den-ten-mien-bi-chan": "block",
        "nhan-tu-ten-mien-bi-chan": "block",
        "chuyen-tiep-tu-dong-ra-ngoai": "block",
        "gui-den-hop-thu-ca-nhan-cua-minh": "hold",
        "van-ban-den-hop-thu-ca-nhan-cua-can-bo": "hold",
        "chuyen-tiep-den-hop-thu-ca-nhan-cua-can-bo": "hold",
        "luu-hanh-noi-bo-den-hop-thu-ca-nhan": "hold",
        "van-ban-noi-bo-den-hop-thu-ca-nhan": "hold",
        "du-thao-den-hop-thu-ca-nhan": "hold",
        "gui-nhom-toan-tinh": "hold",
        "gui-nhieu-nguoi": "hold",
        "tra-loi-tat-ca-den-nhom": "block",
    }


def test_a_secret_is_refused_whatever_else_the_message_is() -> None:
    for _, name, facts in FIT:
        secret = replace(facts, message=replace(facts.message, secrecy="MẬT"))
        decision = Judge(BOOK, 1).decide(secret)
        assert decision.secret is not None, name
        assert decision.secret.rule.id == "bi-mat-nha-nuoc", name


EXCEPTION = """
[[exception]]
rule = "bi-mat-nha-nuoc"
who = "annv@tinh.gov.vn"
to = "*"
why = "Cần gấp"
until = 2027-03-31
by = "Giám đốc"
"""


def test_no_exception_and_no_rule_lets_a_secret_pass() -> None:
    with pytest.raises(BookErrors, match="nothing lets a state secret pass"):
        read_book(catalogue_text() + EXCEPTION, "policy.toml")
    allowing = catalogue_text().replace('over = ["van-ban-chua-ro', 'over = ["bi-mat-nha-nuoc", "van-ban-chua-ro')
    with pytest.raises(BookErrors, match="nothing lets a state secret pass"):
        read_book(allowing, "policy.toml")


def test_no_exception_of_a_draft_lets_an_internal_paper_pass() -> None:
    facts = own(private(), docs=[doc(state="draft", number="", internal=True)])
    entry = exemption(rule="du-thao-den-hop-thu-ca-nhan")
    verdict = Judge(BOOK, 1).decide(facts, lambda _: [entry]).by_address[target(facts)]
    assert verdict.effect is Effect.HOLD
    assert verdict.deciding is not None
    assert verdict.deciding.rule.id == "van-ban-noi-bo-den-hop-thu-ca-nhan"


@pytest.mark.parametrize("ident", sorted(RULES))
def test_no_order_of_the_recipients_changes_a_verdict(ident: str) -> None:
    for facts in CASES[ident].fit.values():
        turned = replace(facts, recipients=dict(reversed(list(facts.recipients.items()))))
        first, second = (Judge(BOOK, 1).decide(each).by_address for each in (facts, turned))
        assert {to: verdict.effect for to, verdict in first.items()} == {to: v.effect for to, v in second.items()}


def test_plain_mail_between_own_people_needs_nothing_that_costs_a_query() -> None:
    """Relations are looked up in the database: only mail to the outside may need them."""
    judge = Judge(BOOK, 1)
    plain = own(friend(), malware="")
    candidates = judge.candidates(plain.message, plain.sender, plain.documents, plain.attachments)
    assert "relation" not in judge.needs(candidates)


@pytest.mark.parametrize("ident", sorted(RULES))
def test_every_rule_cites_its_article_and_speaks_both_languages(ident: str) -> None:
    rule = RULES[ident]
    assert any(word in rule.because.clause for word in TEXTS_OF_LAW)
    regulation = "Quy chế quản lý, sử dụng thư điện tử công vụ (Quyết định 12/2026/QĐ-UBND ngày 01/02/2026)"
    assert len(because_words(rule, regulation, "vi")) <= 300  # as long as letters show it
    if rule.action in (Action.COUNT, Action.ALLOW, Action.TAG):
        return
    facts = own(private(), docs=[doc()], links=frozenset({"fshare.vn"}))
    for language in ("vi", "en"):
        said = reason(rule, language, facts, ["x@gmail.com"], "")
        assert "{" not in said
        assert len(said) > 40
    said = rule.message["vi"]
    assert "Ông/Bà" in said or "Đề nghị" in said or "đề nghị" in said
    assert not any(word in said.casefold().split() for word in ("bạn", "thả", "chính"))
    assert "http" not in said


def test_what_only_a_person_of_security_may_release_asks_no_sender() -> None:
    dangerous = ("bi-mat-nha-nuoc", "ma-doc", "tep-thuc-thi", "tep-kich-ban", "tep-bi-cam")
    assert all(RULES[ident].asks is Asked.SECURITY for ident in dangerous)


def test_who_is_asked_about_many_recipients_needs_no_reason() -> None:
    assert not RULES["gui-nhieu-nguoi"].reason_needed
    assert RULES["du-thao-den-hop-thu-ca-nhan"].reason_needed


def test_a_document_beside_a_harmless_one_hides_nothing() -> None:
    """`unless` about documents lets pass because of one: none of the rules that hold has such."""
    for rule in BOOK.rules:
        if rule.stage.stage in DECIDING and rule.action is not Action.ALLOW:
            for clause in rule.unless:
                scopes = {test.scope for test in clause.tests}
                # … but for a desk's, which sends the editable draft beside the issued document.
                assert not scopes & {"document", "attachment"} or "sender" in scopes, rule.id
