"""What does no harm yet, but somebody should know."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.policy.rules.checking import warnings
from mailhub.policy.rules.rule import RuleBook, Stage, StagePlan
from tests.policy.made import exemption, rule

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 18)


def said(book: RuleBook, *agencies: str) -> list[str]:
    return [problem.at("policy.toml") for problem in warnings(book, TODAY, agencies or None)]


def test_exceptions_that_have_ended_are_named() -> None:
    ended, last_day = exemption(who="a@x.vn", until=date(2026, 11, 17), line=7), exemption(until=TODAY)
    (line,) = said(RuleBook((rule(),), (ended, last_day)))
    assert line.startswith('policy.toml:7: ngoại lệ của "a-rule" cho a@x.vn đã hết hạn ngày 17/11/2026 (ended): ')


def test_exceptions_that_are_there_twice_are_named_once() -> None:
    (line,) = said(RuleBook((rule(),), (exemption(who="SYT", line=5), exemption(who="SYT", line=9))), "SYT")
    assert line == 'policy.toml:5: ngoại lệ của "a-rule" cho SYT có hai lần (is there twice)'


def test_agencies_that_are_not_there_are_named() -> None:
    plan = {"SYT1": StagePlan(Stage.WARN)}
    book = RuleBook((rule(agencies=plan, line=3),), (exemption(who="XNV", line=8), exemption(who="a@x.vn")))
    assert said(book, "SYT", "SNV") == [
        'policy.toml:3: rule "a-rule": không có đơn vị SYT1 (there is no agency SYT1): did you mean SYT?',
        "policy.toml:8: exception: không có đơn vị XNV (there is no agency XNV): did you mean SNV?",
    ]
    assert said(book) == []  # nobody knows the agencies
