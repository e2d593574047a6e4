"""What rules say of a message: stages, exceptions, allowing rules, and whom a verdict does not touch."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.policy.decision import Effect, Verdict
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
from mailhub.policy.judging import Judge, askers, those_of
from mailhub.policy.rules.rule import Action, Exemption, Promotion, Rule, RuleBook, Stage, StagePlan
from tests.policy import made
from tests.policy.made import asked, clause, exemption, facts, rule

pytestmark = pytest.mark.unit

FOLDER = {Action.TAG: "Nghi giả mạo"}
LINKS = MessageFacts(links=frozenset({"drive.google.com"}))
MACRO = AttachmentFacts(dangers=frozenset({"macro"}))
PRIVATE = RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")


def judge(*rules: Rule) -> Judge:
    return Judge(RuleBook(rules), 7)


def effect(of: Judge, message: Facts, address: str = "b@gmail.com", *, under: Sequence[Exemption] = ()) -> Effect:
    return of.decide(message, lambda _rules: under).by_address[address].effect


@pytest.mark.parametrize(
    ("action", "shadow", "warn", "hold", "block"),
    [
        (Action.REFUSE, Effect.NONE, Effect.WARN, Effect.HOLD, Effect.REFUSE),
        (Action.ASK, Effect.NONE, Effect.WARN, Effect.HOLD, Effect.HOLD),
        (Action.TAG, Effect.NONE, Effect.TAG, Effect.TAG, Effect.TAG),
        (Action.DESK, Effect.NONE, Effect.WARN, Effect.HOLD, Effect.DESK),
        (Action.SECRET, Effect.NONE, Effect.SECRET, Effect.SECRET, Effect.SECRET),
        (Action.STOP_SENDING, Effect.NONE, Effect.WARN, Effect.HOLD, Effect.HOLD),
        (Action.COUNT, Effect.NONE, Effect.NONE, Effect.NONE, Effect.NONE),
        (Action.ALLOW, Effect.NONE, Effect.NONE, Effect.NONE, Effect.NONE),
    ],
)
def test_every_action_at_every_stage(action: Action, shadow: Effect, warn: Effect, hold: Effect, block: Effect) -> None:
    for stage, wanted in zip(Stage, (shadow, warn, hold, block), strict=True):
        assert effect(judge(rule(action=action, stage=stage, folder=FOLDER.get(action, ""))), facts()) is wanted


def test_a_stage_is_that_of_the_nearest_agency_and_of_the_day() -> None:
    today, tomorrow = date(2026, 11, 18), date(2026, 11, 19)
    plan = StagePlan(Stage.SHADOW, (Promotion(today, Stage.WARN), Promotion(tomorrow, Stage.HOLD)))
    judges = judge(rule(stage=Stage.BLOCK, agencies={"TINH": StagePlan(Stage.WARN), "SYT": plan}))
    assert effect(judges, facts()) is Effect.WARN  # SYT's, promoted today
    assert effect(judges, facts(at=made.NOW + 24 * 3_600_000)) is Effect.HOLD
    assert effect(judges, facts(at=made.NOW - 24 * 3_600_000)) is Effect.NONE
    assert effect(judges, facts(sender=SenderFacts(agencies=("SNV", "TINH")))) is Effect.WARN
    assert effect(judges, facts(sender=SenderFacts(agencies=("DANG",)))) is Effect.REFUSE


def test_mail_from_outside_goes_by_the_agencies_of_its_recipients() -> None:
    when = clause(asked("message.origin", "is", "outside"))
    judges = judge(rule(when=when, stage=Stage.WARN, agencies={"SYT": StagePlan(Stage.BLOCK)}))
    decision = judges.decide(
        facts(
            message=MessageFacts(origin=Origin.OUTSIDE),
            sender=SenderFacts(address="x@gmail.com"),
            recipients={"a@tinh.gov.vn": RecipientFacts(agencies=("SYT",)), "b@tinh.gov.vn": RecipientFacts()},
        )
    )
    assert {a: v.effect for a, v in decision.by_address.items()} == {
        "a@tinh.gov.vn": Effect.REFUSE,
        "b@tinh.gov.vn": Effect.WARN,
    }


@pytest.mark.parametrize(
    ("test", "message", "fits"),
    [
        (asked("message.size", "at_least", 10), facts(message=MessageFacts(size=10)), True),
        (asked("message.size", "at_least", 10), facts(message=MessageFacts(size=9)), False),
        (asked("message.size", "at_most", 10), facts(message=MessageFacts(size=10)), True),
        (asked("message.size", "at_most", 10), facts(message=MessageFacts(size=11)), False),
        (asked("message.night", "is", True), facts(message=MessageFacts(night=True)), True),
        (asked("message.night", "is", True), facts(), False),
        (asked("message.secrecy", "is", "MẬT", "TỐI MẬT"), facts(message=MessageFacts(secrecy="TỐI MẬT")), True),
        (asked("message.secrecy", "not", ""), facts(message=MessageFacts(secrecy="MẬT")), True),
        (asked("message.secrecy", "is", ""), facts(), True),
        (asked("message.secrecy", "not", ""), facts(), False),
        (asked("sender.domain", "like", "*.RU"), facts(sender=SenderFacts(domain="bad.ru")), True),
        (asked("sender.domain", "like", "*.ru"), facts(sender=SenderFacts(domain="bad.ru.vn")), False),
        (asked("sender.domain", "like", "*.ru", "*.vn"), facts(sender=SenderFacts(domain="bad.ru.vn")), True),
        (asked("sender.agencies", "is", "TINH"), facts(), True),
        (asked("sender.agencies", "not", "TINH"), facts(), False),
        (asked("sender.agencies", "is", ""), facts(sender=SenderFacts()), True),
        (asked("message.links", "like", "*.google.com"), facts(message=LINKS), True),
        (asked("message.links", "is", "x.vn"), facts(message=LINKS), False),
        (asked("recipient.class", "is", "private-mail"), facts(recipients={"b@gmail.com": PRIVATE}), True),
        (asked("recipient.class", "not", "private-mail"), facts(recipients={"b@gmail.com": PRIVATE}), False),
        (asked("recipient.relation", "not", ""), facts(recipients={"b@gmail.com": PRIVATE}), False),
        (asked("recipient.relation", "is", ""), facts(recipients={"b@gmail.com": PRIVATE}), True),
        (asked("document.state", "not", "issued"), facts(), False),  # there is no document at all
        (asked("document.state", "not", "issued"), facts(documents=(DocumentFacts(state="draft"),)), True),
        (asked("attachment.dangers", "is", "macro"), facts(attachments=(MACRO,)), True),
    ],
)  # fmt: skip
def test_every_kind_of_condition(test: object, message: Facts, fits: bool) -> None:
    decision = judge(rule(when=clause(test))).decide(message)  # type: ignore[arg-type]
    assert bool(decision.hits) is fits


def test_conditions_on_documents_hold_of_one_and_the_same() -> None:
    judges = judge(rule(when=clause(asked("document.type", "is", "CV"), asked("document.state", "is", "draft"))))
    mixed = (DocumentFacts(type="CV", state="issued"), DocumentFacts(type="BC", state="draft"))
    assert effect(judges, facts(documents=mixed)) is Effect.NONE
    assert effect(judges, facts(documents=(*mixed, DocumentFacts(type="CV", state="draft")))) is Effect.HOLD


def test_what_is_excluded_does_not_fit() -> None:
    named = clause(asked("recipient.relation", "is", "named"), asked("document.state", "is", "issued"))
    judges = judge(rule(unless=(clause(asked("message.reply", "is", True)), named)))
    citizen = {"b@gmail.com": replace(PRIVATE, relation=frozenset({Relation.NAMED}))}
    issued = (DocumentFacts(state="issued"),)
    assert effect(judges, facts(recipients=citizen, documents=issued)) is Effect.NONE
    assert effect(judges, facts(recipients=citizen)) is Effect.HOLD  # half of an exclusion is none
    assert effect(judges, facts(documents=issued)) is Effect.HOLD
    assert effect(judges, facts(message=MessageFacts(reply=True))) is Effect.NONE


def test_the_strongest_effect_counts_and_the_first_rule_that_has_it_decides() -> None:
    decision = judge(
        rule("weak", stage=Stage.WARN), rule("first", stage=Stage.HOLD), rule("second", stage=Stage.HOLD)
    ).decide(facts())
    (verdict,) = decision.verdicts
    assert verdict.deciding is not None
    assert (verdict.effect, verdict.deciding.rule.id) == (Effect.HOLD, "first")
    assert list(decision.hits) == ["weak", "first", "second"]


def test_a_rule_that_allows_lifts_only_what_it_stands_over_and_only_where_it_fits() -> None:
    judges = judge(
        rule("stops"),
        rule("other", stage=Stage.WARN),
        rule(
            "allows",
            action=Action.ALLOW,
            over=("stops",),
            when=clause(asked("recipient.relation", "is", "wrote-first")),
        ),
    )
    citizen = replace(PRIVATE, relation=frozenset({Relation.WROTE_FIRST}))
    decision = judges.decide(facts(recipients={"a@gmail.com": citizen, "b@gmail.com": PRIVATE}))
    assert decision.by_address["a@gmail.com"].effect is Effect.WARN
    assert decision.by_address["a@gmail.com"].hits[0].exempted == "allows"
    assert decision.by_address["b@gmail.com"].effect is Effect.HOLD


@pytest.mark.parametrize(
    ("entry", "exempt"),
    [
        (exemption(who="nva@tinh.gov.vn"), True),
        (exemption(who="other@tinh.gov.vn"), False),
        (exemption(who="SYT"), True),
        (exemption(who="SNV"), False),
        (exemption(who="SYT", to="b@gmail.com"), True),
        (exemption(who="SYT", to="c@gmail.com"), False),
        (exemption(who="SYT", to="gmail.com"), True),
        (exemption(who="SYT", to="mail.com"), False),
        (exemption(to="gmail.com"), True),
        (exemption(rule="another"), False),
        (exemption(who="SYT", until=date(2026, 11, 18)), True),  # the last day counts
        (exemption(who="SYT", until=date(2026, 11, 17)), False),
    ],
)
def test_whom_an_exception_exempts(entry: Exemption, exempt: bool) -> None:
    message = facts("B@gmail.com", sender=SenderFacts(address="NVA@tinh.gov.vn", agencies=("SYT.KHTH", "SYT")))
    (verdict,) = judge(rule()).decide(message, lambda _rules: [entry]).verdicts
    assert verdict.hits[0].exempted == ("Được phép" if exempt else "")
    assert verdict.effect is (Effect.NONE if exempt else Effect.HOLD)


def test_an_exception_for_one_recipient_tells_it_from_its_likes() -> None:
    message = facts("a@gmail.com", "b@gmail.com", "c@gmail.com")
    decision = judge(rule()).decide(message, lambda _rules: [exemption(to="b@gmail.com")])
    assert {verdict.addresses: verdict.effect for verdict in decision.verdicts} == {
        ("a@gmail.com", "c@gmail.com"): Effect.HOLD,
        ("b@gmail.com",): Effect.NONE,
    }


def test_exceptions_from_outside_go_by_the_agency_that_receives() -> None:
    when = clause(asked("message.origin", "is", "outside"))
    message = facts(
        message=MessageFacts(origin=Origin.OUTSIDE),
        sender=SenderFacts(address="x@gmail.com"),
        recipients={"a@tinh.gov.vn": RecipientFacts(agencies=("SYT",)), "b@tinh.gov.vn": RecipientFacts()},
    )
    decision = judge(rule(when=when)).decide(message, lambda _rules: [exemption(who="SYT")])
    assert {a: v.effect for a, v in decision.by_address.items()} == {
        "a@tinh.gov.vn": Effect.NONE,
        "b@tinh.gov.vn": Effect.HOLD,
    }
    assert askers(message) == {"*", "x@gmail.com", "SYT"}


def test_exceptions_are_asked_for_once_and_only_about_rules_that_would_act() -> None:
    questions: list[frozenset[str]] = []

    def ask(rules: frozenset[str]) -> Sequence[Exemption]:
        questions.append(rules)
        return ()

    when = clause(asked("message.origin", "is", "outside"))
    judge(rule("counts", stage=Stage.SHADOW), rule("else", when=when)).decide(facts(), ask)
    assert questions == []
    others = facts(recipients={"a@gmail.com": PRIVATE, "b@tinh.gov.vn": RecipientFacts()})
    judge(rule("counts", stage=Stage.SHADOW), rule("acts")).decide(others, ask)
    assert questions == [frozenset({"acts"})]


def test_what_the_exceptions_raise_passes_through() -> None:
    """A database that is down is no rule that failed: the door answers 451 and nothing is stored."""

    def ask(_rules: frozenset[str]) -> Sequence[Exemption]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        judge(rule()).decide(facts(), ask)


@pytest.mark.parametrize("fact", ["message.size", "recipient.agencies"])
def test_a_rule_that_fails_is_named_and_the_others_still_judge(fact: str) -> None:
    broken = rule("broken", when=clause(asked(fact, "like", "*") if "agencies" in fact else asked(fact, "at_least", 5)))
    message = facts(message=MessageFacts(size=None))  # type: ignore[arg-type]
    message = replace(message, recipients={"b@gmail.com": RecipientFacts(agencies=None)})  # type: ignore[arg-type]
    judges = judge(broken, rule("secret", action=Action.SECRET))
    decision = judges.decide(message)
    assert decision.failed == "broken"
    assert decision.secret is not None
    assert decision.secret.rule.id == "secret"
    assert "broken" in judges.candidates(message.message, message.sender, (), ())


def test_candidates_are_the_rules_that_only_recipients_still_decide() -> None:
    judges = judge(
        rule("no", when=clause(asked("message.origin", "is", "outside"), asked("recipient.class", "is", "own"))),
        rule("excluded", unless=(clause(asked("message.reply", "is", False)),)),
        rule("class", when=clause(asked("recipient.class", "is", "private-mail"))),
        rule("late", unless=(clause(asked("recipient.relation", "is", "named"), asked("message.size", "is", 0)),)),
        rule("plain"),
    )
    message = facts()
    found = judges.candidates(message.message, message.sender, message.documents, message.attachments)
    assert found == {"class", "late", "plain"}
    assert judges.needs(found) == {"mail_class", "relation", "agencies"}
    assert judges.needs({"plain"}) == {"agencies"}
    assert judges.needs(()) == frozenset()


def test_rules_for_the_envelope_look_at_nothing_that_comes_later() -> None:
    judges = judge(
        rule("early", when=clause(asked("recipient.class", "is", "blocked"), asked("sender.kind", "is", "personal"))),
        rule("size", when=clause(asked("message.size", "at_least", 1))),
        rule("document", unless=(clause(asked("document.state", "is", "issued")),)),
        rule("lifted"),
        rule("allows", action=Action.ALLOW, over=("lifted",), when=clause(asked("document.state", "is", "issued"))),
    )
    assert judges.envelope_rules == {"early"}
    message = facts(message=MessageFacts(size=5))
    assert set(judges.decide(message).hits) == {"size", "document", "lifted"}
    assert not judges.decide(message, only=judges.envelope_rules).hits


def test_a_judge_holds_no_exceptions() -> None:
    """Ten thousand of them weigh nothing, made or asked (issue 5: memory flat in exceptions)."""
    rules = tuple(rule(f"rule-{number}") for number in range(20))

    def weigh(entries: int) -> int:
        gc.collect()
        tracemalloc.start()
        judges = Judge(RuleBook(rules, tuple(exemption(who=f"x{number}@tinh.gov.vn") for number in range(entries))), 1)
        for number in range(50):
            given = (exemption(who=f"x{number}@tinh.gov.vn"),)
            judges.decide(facts(), those_of(RuleBook((), given)))
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    weigh(0)
    assert weigh(10_000) - weigh(0) < 20_000


# Properties


@settings(max_examples=200, deadline=None)
@given(made.books(), made.messages)
def test_a_rule_in_shadow_changes_no_delivery(book: RuleBook, message: Facts) -> None:
    """Rules that allow are not meant: they lift at any stage, and are no rule that acts."""
    shadowed = [each for each in book.rules if each.action is Action.ALLOW or not _in_shadow(each, message)]
    left = {each.id for each in shadowed}
    kept = tuple(replace(each, over=tuple(over for over in each.over if over in left)) for each in shadowed)
    before = Judge(book, 1).decide(message, those_of(book))
    after = Judge(RuleBook(kept, book.exemptions), 1).decide(message, those_of(book))
    assert {a: v.effect for a, v in before.by_address.items()} == {a: v.effect for a, v in after.by_address.items()}
    assert {a: _deciding(v) for a, v in before.by_address.items()} == {
        a: _deciding(v) for a, v in after.by_address.items()
    }


def _in_shadow(of: Rule, message: Facts) -> bool:
    day = date(2026, 11, 18)
    if message.message.origin is Origin.OUTSIDE:
        return all(of.stage_of(each.agencies, day) is Stage.SHADOW for each in message.recipients.values())
    return of.stage_of(message.sender.agencies, day) is Stage.SHADOW


def _deciding(verdict: Verdict) -> str:
    return verdict.deciding.rule.id if verdict.deciding is not None else ""


@settings(max_examples=200, deadline=None)
@given(made.books(), made.messages, st.data())
def test_a_verdict_never_depends_on_the_other_recipients(book: RuleBook, message: Facts, data: st.DataObject) -> None:
    """Refusing one never touches another: alone, or among others, each hears the same."""
    judges = Judge(book, 1)
    whole = judges.decide(message, those_of(book)).by_address
    assert set(whole) == set(message.recipients)
    address = data.draw(st.sampled_from(sorted(message.recipients)))
    alone = replace(message, recipients={address: message.recipients[address]})
    others = {a: data.draw(made.recipients) for a in message.recipients if a != address}
    among = replace(message, recipients={**others, address: message.recipients[address]})
    for other in (alone, among):
        assert judges.decide(other, those_of(book)).by_address[address].hits == whole[address].hits


@settings(max_examples=200, deadline=None)
@given(made.books(), made.messages, st.randoms(use_true_random=False))
def test_judging_is_the_same_every_time_and_in_any_order(book: RuleBook, message: Facts, chance: object) -> None:
    addresses = sorted(message.recipients)
    chance.shuffle(addresses)  # type: ignore[attr-defined]
    turned = replace(message, recipients={address: message.recipients[address] for address in addresses})
    first = Judge(book, 1).decide(message, those_of(book))
    assert Judge(book, 1).decide(message, those_of(book)) == first
    assert Judge(book, 1).decide(turned, those_of(book)) == first


@settings(max_examples=100, deadline=None)
@given(made.books(), made.messages)
def test_no_rule_that_fits_is_missing_among_the_candidates_and_what_they_need_is_enough(
    book: RuleBook, message: Facts
) -> None:
    judges = Judge(book, 1)
    found = judges.candidates(message.message, message.sender, message.documents, message.attachments)
    decision = judges.decide(message, those_of(book))
    assert set(decision.hits) <= found
    needs = judges.needs(found)
    if needs:
        bare = {
            address: RecipientFacts(**{name: getattr(recipient, name) for name in needs})
            for address, recipient in message.recipients.items()
        }
        again = judges.decide(replace(message, recipients=bare), those_of(book))
        assert {a: v.hits for a, v in again.by_address.items()} == {a: v.hits for a, v in decision.by_address.items()}


@settings(max_examples=100, deadline=None)
@given(made.books(), made.messages)
def test_recipients_with_equal_facts_share_a_verdict_unless_an_exception_parts_them(
    book: RuleBook, message: Facts
) -> None:
    decision = Judge(book, 1).decide(message)
    assert len(decision.verdicts) == len(set(message.recipients.values()))
    assert all(verdict.addresses == tuple(sorted(verdict.addresses)) for verdict in decision.verdicts)
