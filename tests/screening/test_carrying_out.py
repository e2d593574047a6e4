"""What follows from verdicts: who is asked, who is told, and that Ghi nhận changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mailhub.accounts.control import grants
from mailhub.accounts.life.models import Letter
from mailhub.accounts.rights import Role
from mailhub.policy.facts import Facts, Origin
from mailhub.policy.judging import Judge
from mailhub.policy.rules.rule import Action, Asked, Clause, Rule, RuleBook, Stage
from mailhub.policy.rules.rule import Test as Condition
from mailhub.queue.askings import deadline
from mailhub.queue.models import RecipientState
from mailhub.screening.case import Case
from mailhub.screening.consequences.asked import Owners
from mailhub.screening.consequences.carrying_out import Carrier, Judged, Outcome
from mailhub.screening.screen import FACTS_FAILED, Screen
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from tests.screening.gathered import AN, AT, BINH, CUONG, DESK, Office
from tests.screening.judged_mail import own, private, rule, written
from tests.support.accounts import ROOT

GMAIL, SO = "x@gmail.com", "y@so.example"
TO_GMAIL = Condition("recipient.domain", "is", ("gmail.com",))
FROM_OUTSIDE = Condition("message.origin", "is", (Origin.OUTSIDE,))
SETTINGS = Settings(directory=Path("/nowhere"), hub=Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn"))


class Book:
    """The rules that a test gives."""

    def __init__(self, *rules: Rule) -> None:
        self.judge = Judge(RuleBook(rules), 5)

    def current(self) -> Judge:
        return self.judge

    def close(self) -> None:
        pass


@pytest.fixture
def carried(office: Office) -> Any:
    """Judges a case by rules; what follows."""
    owners = Owners(SETTINGS, office.database, office.directory)
    carrier = Carrier(lambda: SETTINGS, lambda: owners)

    def carry(case: Case, *rules: Rule) -> Outcome:
        facts = office.facts(case)
        decision = Judge(RuleBook(rules), 5).decide(facts)
        judged = Judged(case=case, decision=decision, facts=facts)
        return carrier.outcome(judged, message_id=77, code="7K4-QW2-M9", at=AT)

    return carry


def letters(database: Database, outcome: Outcome) -> list[tuple[str, str, dict[str, Any]]]:
    with database.write() as connection:
        for write in outcome.letters:
            write(connection)
        rows = connection.execute(
            select(Letter.kind, Letter.to_address, Letter.facts).where(Letter.kind.like("policy-%"))
        )
        return [(row.kind, row.to_address, json.loads(row.facts)) for row in rows]


def test_a_hold_asks_whoever_logged_in_and_touches_nobody_else(office: Office, carried: Any) -> None:
    found = carried(office.case(GMAIL, SO), rule("giu", Stage.HOLD, TO_GMAIL, hours=5))
    assert set(found.fates) == {GMAIL}
    fate = found.fates[GMAIL]
    assert (fate.state, fate.rule, fate.asking.owner) == (RecipientState.HELD, "giu", AN)
    assert fate.asking.until == deadline(AT, 5)
    assert fate.asking.facts["because_vi"].startswith("Chỉ thị 77/2014/CT-UBND")
    assert not found.letters  # asking is the queue's (askings.py)


def test_a_desk_is_asked_where_a_rule_says_so_and_gets_what_is_redirected(office: Office, carried: Any) -> None:
    held = carried(office.case(GMAIL), rule("hoi", Stage.HOLD, TO_GMAIL, asks=Asked.DESK))
    assert held.fates[GMAIL].asking.owner == DESK
    sent = carried(office.case(GMAIL), rule("chuyen", Stage.BLOCK, TO_GMAIL, action=Action.DESK))
    assert (sent.fates[GMAIL].address, sent.fates[GMAIL].destination) == (DESK, "local")
    assert sent.fates[GMAIL].state is RecipientState.QUEUED


def test_without_a_desk_the_sender_is_asked(office: Office, carried: Any) -> None:
    for action, stage in ((Action.REFUSE, Stage.HOLD), (Action.DESK, Stage.BLOCK)):
        case = office.case(GMAIL, sender=CUONG)  # whose agency has none
        found = carried(case, rule("hoi", stage, TO_GMAIL, action=action, asks=Asked.DESK))
        assert found.fates[GMAIL].asking.owner == CUONG


def test_a_refusal_is_one_notice_with_every_rule_and_recipient(office: Office, carried: Any) -> None:
    other = Condition("recipient.domain", "is", ("so.example",))
    case = office.case(GMAIL, "z@gmail.com", SO, BINH)
    found = carried(case, rule("mot", Stage.BLOCK, TO_GMAIL), rule("hai", Stage.BLOCK, other))
    assert {address: fate.state for address, fate in found.fates.items()} == dict.fromkeys(
        (GMAIL, "z@gmail.com", SO), RecipientState.REFUSED
    )
    ((kind, to, facts),) = letters(office.database, found)
    assert (kind, to, facts["message"]) == ("policy-refused", AN, 77)
    assert {group["rule"]: set(group["addresses"]) for group in facts["groups"]} == {
        "mot": {GMAIL, "z@gmail.com"},
        "hai": {SO},
    }
    assert all(group["reply"].endswith("Ma 7K4-QW2-M9") for group in facts["groups"])


def test_recipients_of_several_agencies_refused_for_one_reason_are_told_of_together(
    office: Office, carried: Any
) -> None:
    found = carried(office.case(BINH, CUONG), rule("mot", Stage.BLOCK, Condition("recipient.class", "is", ("own",))))
    ((_, _, facts),) = letters(office.database, found)
    assert [set(group["addresses"]) for group in facts["groups"]] == [{BINH, CUONG}]


def test_a_refused_group_is_named_and_not_its_members(office: Office, carried: Any) -> None:
    case = office.case("m1@gmail.com", "m2@gmail.com", GMAIL)
    copies = [replace(one, original="rfc822;nhom@tinh.gov.vn") for one in case.recipients[:2]]
    case = replace(case, recipients=(*copies, case.recipients[2]), groups={"nhom@tinh.gov.vn": 2})
    found = carried(case, rule("mot", Stage.BLOCK, TO_GMAIL, message={"vi": "Gửi {recipients}."}))
    ((_, _, facts),) = letters(office.database, found)
    (group,) = facts["groups"]
    assert (group["addresses"], group["members"]) == (["nhom@tinh.gov.vn", GMAIL], {"nhom@tinh.gov.vn": 2})
    assert group["vi"] == f"Gửi nhom@tinh.gov.vn, {GMAIL}."
    assert "m1@" not in json.dumps(facts)


def test_from_outside_a_refusal_is_the_recipients_quarantine_and_no_notice(office: Office, carried: Any) -> None:
    to_binh = Condition("recipient.kind", "is", ("personal",))
    found = carried(office.from_outside("x@la.example", BINH, DESK), rule("chan", Stage.BLOCK, FROM_OUTSIDE, to_binh))
    assert set(found.fates) == {BINH}
    assert (found.fates[BINH].state, found.fates[BINH].asking.owner) == (RecipientState.HELD, BINH)
    assert not found.letters


def test_a_warning_about_mail_from_outside_goes_to_who_gets_it(office: Office, carried: Any) -> None:
    found = carried(office.from_outside("x@la.example", BINH), rule("nhac", Stage.WARN, FROM_OUTSIDE))
    ((kind, to, facts),) = letters(office.database, found)
    assert (kind, to, facts["sender"]) == ("policy-warned", BINH, "x@la.example")
    assert not found.fates


def test_a_tag_stays_with_what_is_held_as_well(office: Office, carried: Any) -> None:
    rules = (rule("the", Stage.WARN, TO_GMAIL, action=Action.TAG, folder="Riêng"), rule("giu", Stage.HOLD, TO_GMAIL))
    fate = carried(office.case(GMAIL), *rules).fates[GMAIL]
    assert (fate.state, fate.folder, fate.rule) == (RecipientState.HELD, "Riêng", "giu")


@given(
    actions=st.lists(st.sampled_from(list(Action)), min_size=1, max_size=4),
    stages=st.lists(st.sampled_from(list(Stage)), min_size=4, max_size=4),
    fits=st.lists(st.sampled_from(["gmail.com", "so.example", "tinh.gov.vn"]), min_size=4, max_size=4),
)
def test_whatever_the_rules_shadow_changes_nothing_and_others_are_not_touched(
    actions: Sequence[Action], stages: Sequence[Stage], fits: Sequence[str]
) -> None:
    rules = [
        rule(f"r{n}", stage, Condition("recipient.domain", "is", (domain,)), action=action, folder="F")
        for n, (action, stage, domain) in enumerate(zip(actions, stages, fits, strict=False))
    ]
    facts = _facts()
    decision = Judge(RuleBook(tuple(rules)), 1).decide(facts)
    for address, verdict in decision.by_address.items():
        concerned = [one for one in rules if one.when.tests[0].values == (address.partition("@")[2],)]
        assert {hit.rule.id for hit in verdict.hits} == {one.id for one in concerned}
        if all(one.stage.stage is Stage.SHADOW for one in concerned):
            assert not verdict.effect


def _facts() -> Facts:
    return written({GMAIL: private(), SO: private("so.example"), BINH: own("snv")})


# ------------------------------------------------------------------------ faults


def screen(office: Office, *rules: Rule) -> Screen:
    return Screen(lambda: SETTINGS, office.database, office.directory, Book(*rules))  # type: ignore[arg-type]


def broken(ident: str) -> Rule:
    """A rule that raises when it is asked."""
    return rule(ident, Stage.BLOCK, Condition("message.size", "at_least", ("nhiều",)))


def test_a_rule_that_fails_holds_the_message_and_is_named(office: Office) -> None:
    made = screen(office, broken("hong"), rule("chan", Stage.BLOCK, TO_GMAIL))
    judged = asyncio.run(made.judge(office.case(GMAIL, BINH)))
    assert judged.decision.failed == "hong"
    found = asyncio.run(made.outcome(judged, message_id=1, code="C", at=AT))
    assert {(fate.state, fate.rule, fate.asking) for fate in found.fates.values()} == {
        (RecipientState.HELD, "hong", None)
    }
    assert set(found.fates) == {GMAIL, BINH}
    assert found.told["failed"] == "hong"


def test_facts_that_cannot_be_gathered_hold_the_message(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made = screen(office, rule("chan", Stage.BLOCK, TO_GMAIL))

    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("hỏng")

    monkeypatch.setattr(made._gatherer, "message_facts", fails)
    judged = asyncio.run(made.judge(office.case(GMAIL)))
    assert (judged.decision.failed, judged.facts) == (FACTS_FAILED, None)


def test_a_database_that_does_not_answer_is_a_fault_of_ours_and_passes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = screen(office, rule("chan", Stage.BLOCK, TO_GMAIL))

    def fails(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("database: gone")

    monkeypatch.setattr(made._gatherer, "message_facts", fails)
    with pytest.raises(StoreUnavailable):
        asyncio.run(made.judge(office.case(GMAIL)))


def test_at_rcpt_only_rules_in_the_last_stage_about_the_envelope_answer(office: Office) -> None:
    case = office.case(GMAIL)
    early = rule("som", Stage.BLOCK, TO_GMAIL)
    assert asyncio.run(screen(office, early).at_rcpt(case)) is not None
    assert not screen(office, rule("som", Stage.HOLD, TO_GMAIL)).asks_at_rcpt
    late = rule("muon", Stage.BLOCK, TO_GMAIL, Condition("message.size", "at_least", (1,)))
    assert not screen(office, late).asks_at_rcpt
    proof = rule("chung-minh", Stage.BLOCK, TO_GMAIL, Condition("sender.proof", "is", ("none",)))
    assert not screen(office, proof).asks_at_rcpt
    allowed = Rule(
        id="cho", title="", because=early.because, stage=early.stage, action=Action.ALLOW, over=("som",),
        when=Clause((Condition("message.reply", "is", (True,)),)),
    )  # fmt: skip
    assert not screen(office, early, allowed).asks_at_rcpt


def test_at_rcpt_nothing_is_looked_up_for_a_recipient_of_a_class_that_no_early_rule_names(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = screen(office, rule("som", Stage.BLOCK, Condition("recipient.class", "is", ("private-mail",))))
    gather, gathered = made._gatherer.message_facts, []

    def counted(case: Any, **how: Any) -> Any:
        gathered.append(case)
        return gather(case, **how)

    monkeypatch.setattr(made._gatherer, "message_facts", counted)
    assert asyncio.run(made.at_rcpt(office.case(BINH))) is None
    assert not gathered
    assert asyncio.run(made.at_rcpt(office.case(GMAIL))) is not None
    assert gathered


def test_what_security_is_asked_about_is_no_recipients_to_let_in(office: Office, carried: Any) -> None:
    with office.database.write() as connection:
        grants.grant_role(connection, ROOT, CUONG, Role.SECURITY_OFFICER, agency="snv")
    ask = rule("ma-doc", Stage.BLOCK, FROM_OUTSIDE, asks=Asked.SECURITY)
    fate = carried(office.from_outside("x@la.example", BINH), ask).fates[BINH]
    assert (fate.state, fate.asking.owner) == (RecipientState.HELD, CUONG)
