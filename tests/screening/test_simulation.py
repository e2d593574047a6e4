"""Rehearsing other rules on stored facts: what changes, for whom, how many; nothing of what was written."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from mailhub.accounts import service
from mailhub.accounts.rights import Actor, Role, console
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY as DAY_MS
from mailhub.ids import first_id
from mailhub.policy.rules.rule import Action, Asked, Exemption, Promotion, Rule, RuleBook, Stage, StagePlan
from mailhub.policy.rules.rule import Test as Condition
from mailhub.screening.models import PolicyDecision
from mailhub.screening.rehearsal import simulation
from mailhub.screening.rehearsal.simulation import Book, Rehearsal, rehearse
from mailhub.store.database import Database
from tests.screening.judged_mail import AT, DAY, arrived, enter, own, private, rule, written
from tests.support.accounts import ROOT

NOW = AT + DAY_MS


@pytest.fixture
def mail(province: Database) -> Database:
    """Six messages of snv and syt: three to gmail, one to yahoo, one inside, one from outside."""
    found = [
        ("snv", {"a@gmail.com": private(), "b@gmail.com": private()}),
        ("snv", {"a@gmail.com": private("gmail.com", "wrote-first")}),
        ("syt", {"a@gmail.com": private(), "c@tinh.gov.vn": own("snv")}),
        ("syt", {"d@yahoo.com": private("yahoo.com")}),
        ("syt", {"c@tinh.gov.vn": own("snv")}),
    ]
    with province.write() as connection:
        for number, (agency, recipients) in enumerate(found):
            ident = first_id(AT + number) + 1
            enter(connection, written(recipients, agency=agency), message_id=ident, code=f"ABC-DEF-{number}")
        enter(connection, arrived({"c@tinh.gov.vn": own("snv")}), message_id=first_id(AT + 9), code="ABC-DEF-9")
    return province


def tried(
    database: Database, new: list[Rule], old: list[Rule], *, actor: Actor | None = None, **more: Any
) -> Rehearsal:
    given: dict[str, Any] = {"days": 7, "at": NOW} | more
    books = [Book(RuleBook(tuple(one), given.pop("exemptions", ()))) for one in (new, old)]
    return rehearse(database, actor or console("test"), *books, **given)


def numbers(counts: Any) -> dict[str, int]:
    return {name: number for name, number in asdict(counts).items() if number}


def test_it_says_how_many_would_be_held_by_agency_and_rule(mail: Database) -> None:
    found = tried(mail, [rule("giu"), rule("nhac", Stage.WARN)], [rule("giu", Stage.SHADOW)])
    assert (found.messages, numbers(found.after), numbers(found.before)) == (6, {"held": 4}, {})
    assert numbers(found.changes) == {"added": 4, "unchanged": 2}
    rules = {one.rule: one for one in found.rules}
    assert (rules["giu"].fits, numbers(rules["giu"].after)) == (4, {"held": 4})
    assert numbers(rules["nhac"].after) == {"told": 4}
    agencies = {one.code: (one.messages, numbers(one.after)) for one in found.agencies}
    assert agencies["snv"] == (2, {"held": 2})
    assert agencies["syt"] == (3, {"held": 2})
    assert (found.unsure, found.unreadable, found.failed) == (0, 0, {})


def test_what_changes_is_told_apart(mail: Database) -> None:
    to_yahoo = Condition("recipient.domain", "is", ("yahoo.com",))
    to_gmail = Condition("recipient.domain", "is", ("gmail.com",))
    new = [rule("moi", Stage.HOLD, to_yahoo), rule("doi", Stage.BLOCK, to_gmail)]
    old = [rule("doi", Stage.WARN, to_gmail), rule("cu", Stage.HOLD, Condition("recipient.class", "is", ("own",)))]
    found = tried(mail, new, old)
    rules = {one.rule: numbers(one.changes) for one in found.rules}
    assert rules == {"moi": {"added": 1}, "doi": {"changed": 3}, "cu": {"removed": 3}}
    assert {one.rule: one.title for one in found.rules}["cu"] == "Cu"
    # One message that was held for its recipient inside is refused now for that outside.
    assert numbers(found.changes) == {"added": 1, "removed": 2, "changed": 3}


def test_that_somebody_else_is_asked_is_a_change(mail: Database) -> None:
    before = rule("giu")
    found = tried(mail, [replace(before, asks=Asked.DESK)], [before])
    assert numbers(found.changes) == {"changed": 4, "unchanged": 2}
    assert numbers(found.rules[0].changes) == {"changed": 4}
    assert {(one.before, one.after) for one in found.samples} == {("hold:sender", "hold:desk")}
    assert numbers(tried(mail, [before], [before]).changes) == {"unchanged": 6}


def test_samples_name_code_time_and_rule_and_nothing_else(mail: Database) -> None:
    found = tried(mail, [rule("giu")], [])
    assert [asdict(one) for one in found.samples] == [
        {"code": f"ABC-DEF-{number}", "at": AT, "rule": "giu", "before": "none", "after": "hold"} for number in range(4)
    ]


def test_samples_are_few_and_of_every_kind(province: Database) -> None:
    kinds = [f"p{number}.example" for number in range(9)]
    with province.write() as connection:
        for number in range(90):
            enter(connection, written({"a@x": private(kinds[number // 10])}), message_id=first_id(AT) + number)
    rules = [rule(f"r-{one[1]}", Stage.HOLD, Condition("recipient.domain", "is", (one,))) for one in kinds]
    found = tried(province, rules, [])
    assert len(found.samples) == 20
    assert max(sum(one.rule == name for one in found.samples) for name in {one.rule for one in found.samples}) == 3


def test_stages_are_those_of_the_day_of_the_rehearsal(mail: Database) -> None:
    due, coming = (Promotion(DAY + timedelta(days=days), Stage.HOLD) for days in (1, 2))
    now, later = (replace(rule("giu"), stage=StagePlan(Stage.SHADOW, (one,))) for one in (due, coming))
    assert tried(mail, [now], []).after.held == 4
    assert tried(mail, [later], []).after.held == 0
    assert tried(mail, [later], [], at=NOW + DAY_MS).after.held == 4


def test_days_that_are_over_are_left_out_and_so_is_mail_of_others(mail: Database) -> None:
    assert tried(mail, [rule("giu")], [], at=NOW + 7 * DAY_MS).messages == 0
    assert tried(mail, [rule("giu")], [], agency="syt").messages == 3
    with mail.write() as connection:
        service.add_agency(connection, ROOT, "tu", "Tỉnh ủy", block=True)
        tu = find_agency(connection, "tu")
        row = {"code": "x", "version": 1, "agency_id": tu, "facts": "{}", "outcome": "{}"}
        connection.execute(insert(PolicyDecision).values(row | {"message_id": first_id(AT) + 77}))
    assert tried(mail, [rule("giu")], []).messages == 7
    seen = tried(mail, [rule("giu")], [], actor=Actor(name="a@tinh.gov.vn", role=Role.AUDITOR, account_id=1))
    assert {one.code for one in seen.agencies} == {"snv", "syt"}


def test_exceptions_hold_for_both_sides_and_may_lie_elsewhere(mail: Database) -> None:
    mine = Exemption(rule="giu", who="snv", to="*", why="đã thỏa thuận", until=date(2030, 1, 1), by="GĐ")
    ended = replace(mine, who="syt", until=DAY)
    book = Book(RuleBook((rule("giu"),), (mine, ended)))
    without = Book(RuleBook((rule("giu"),)))
    found = rehearse(mail, console("test"), book, without, days=7, at=NOW)
    assert (found.after.held, found.before.held, found.rules[0].exempted) == (2, 4, 2)
    asked: list[frozenset[str]] = []

    def elsewhere(_facts: Any, rules: frozenset[str]) -> list[Exemption]:
        asked.append(rules)
        return [mine]

    found = rehearse(mail, console("test"), without, Book(RuleBook((rule("giu"),)), elsewhere), days=7, at=NOW)
    assert (found.after.held, found.before.held) == (4, 2)
    assert asked == [frozenset({"giu"})] * 4


def test_many_exceptions_are_found_by_who_they_are_for() -> None:
    one = Exemption(rule="giu", who="NVA@tinh.gov.vn", to="*", why="x", until=DAY, by="GĐ")
    many = [replace(one, who=f"nguoi{number}@tinh.gov.vn") for number in range(10_000)]
    ask = simulation.those_of(RuleBook((), (*many, one, replace(one, who="*"), replace(one, rule="khac"))))
    assert len(ask(written({"a@gmail.com": private()}), frozenset({"giu"}))) == 2


def test_messages_that_lack_what_the_new_rules_ask_for_are_counted(province: Database) -> None:
    with province.write() as connection:
        for number, missing in enumerate((frozenset({"relation"}), frozenset[str]())):
            facts = written({"a@gmail.com": private()})
            enter(connection, facts, missing=missing, message_id=first_id(AT) + number)
    knows = rule("quen", Stage.HOLD, Condition("recipient.relation", "is", ("wrote-first",)))
    assert tried(province, [knows], []).unsure == 1
    assert tried(province, [rule("giu")], [knows]).unsure == 0


def test_a_rule_that_raises_is_named_and_holds(mail: Database) -> None:
    wrong = rule("hong", Stage.SHADOW, Condition("message.size", "at_least", ("lớn",)))
    found = tried(mail, [wrong], [])
    assert (found.failed, found.after.held) == ({"hong": 6}, 6)


def test_a_row_that_cannot_be_read_stops_nothing(mail: Database) -> None:
    with mail.write() as connection:
        row = {"code": "x", "version": 1, "facts": "{", "outcome": "{}", "message_id": first_id(AT) + 77}
        connection.execute(insert(PolicyDecision).values(row))
    found = tried(mail, [rule("giu")], [])
    assert (found.messages, found.unreadable, found.after.held) == (7, 1, 4)


def test_progress_is_told_and_pages_miss_nothing(mail: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "PAGE", 2)
    steps: list[tuple[int, int]] = []
    found = tried(mail, [rule("giu", action=Action.ASK)], [], progress=lambda done, total: steps.append((done, total)))
    assert steps == [(2, 6), (4, 6), (6, 6), (6, 6)]
    assert (found.messages, found.after.held) == (6, 4)
    assert found.p95_us >= found.p50_us
