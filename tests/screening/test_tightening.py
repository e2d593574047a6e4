"""Which changes of the rules are two people's: those that keep more mail back, for whomever, from whatever day."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook, Stage
from mailhub.screening.rules.tightening import Way, tightenings
from tests.screening.policy_texts import PRIVATE, rule

pytestmark = pytest.mark.unit
TODAY = date(2026, 11, 22)
TREE = {"tyt": ("tyt", "syt", "tinh"), "syt": ("syt", "tinh"), "snv": ("snv", "tinh")}


def book(text: str) -> RuleBook:
    return read_book(text, "x")


def found(old: str, new: str) -> list[tuple[str, str, str, str]]:
    """(way, agency, stage, from which day) of each."""
    every = tightenings(book(old), book(new), today=TODAY, above=lambda code: TREE.get(code, (code,)))
    return [(one.way, one.agency, one.after if one.way is Way.STAGE else "", str(one.on or "")) for one in every]


def planned(stage: str, plan: str) -> str:
    return rule(stage=stage, more=plan)


LATER = 'promotions = [ { on = 2027-01-01, stage = "hold" }, { on = 2027-06-01, stage = "block" } ]'
OWN = 'agencies.{} = {{ stage = "{}" }}\n'
WIDER = '["private-mail", "organisation"]'
SOONER = LATER.replace("2027-01-01", "2026-12-01")
ALLOW = """
[[rule]]
id = "cho-phep"
title = "Trả lời công dân"
because = { clause = "x" }
stage = "warn"
action = "allow"
over = ["thu-ca-nhan"]
[rule.when]
message.origin = "own"
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (rule(stage="shadow"), rule(stage="hold"), [("stage", "", "hold", "")]),
        (rule(stage="hold"), rule(stage="block"), [("stage", "", "block", "")]),
        (rule(stage="shadow"), rule(stage="warn"), []),  # everything still passes
        (rule(stage="block"), rule(stage="shadow"), []),  # the way back
        ("", rule(stage="block"), [("stage", "", "block", "")]),
        (rule(stage="block"), "", []),
        # By dates: what comes later is told with its day, and what was planned before is no news.
        (rule(stage="warn"), planned("warn", LATER), [
            ("stage", "", "hold", "2027-01-01"), ("stage", "", "block", "2027-06-01"),
        ]),
        (planned("warn", LATER), planned("warn", SOONER), [("stage", "", "hold", "2026-12-01")]),
        (planned("warn", SOONER), planned("warn", LATER), []),
        # By agencies: the nearest counts, and whose own plan goes falls back on what is above.
        (rule(stage="warn"), planned("warn", OWN.format("syt", "hold")), [("stage", "syt", "hold", "")]),
        (rule(stage="hold"), planned("hold", OWN.format("syt", "warn")), []),
        (planned("hold", OWN.format("syt", "warn")), rule(stage="hold"), [("stage", "syt", "hold", "")]),
        (planned("warn", OWN.format("syt", "hold")),
         planned("warn", OWN.format("tyt", "hold") + OWN.format("syt", "hold")), []),
        (planned("hold", OWN.format("snv", "warn")),
         planned("hold", OWN.format("snv", "warn") + OWN.format("tyt", "hold")), []),
        # What a rule is for, and what it fits.
        (rule(stage="hold").replace('"refuse"', '"count"'), rule(stage="hold"), [("stage", "", "hold", "")]),
        (rule(stage="hold"), rule(stage="hold").replace('["private-mail"]', WIDER), [("conditions", "", "", "")]),
        (rule(stage="warn"), rule(stage="warn").replace('["private-mail"]', WIDER), []),
        (rule(stage="hold"), rule(stage="hold", title="Tên khác"), []),
        (rule() + ALLOW, rule(), [("allowed", "", "", "")]),
        (rule() + ALLOW, rule() + ALLOW.replace('"warn"', '"shadow"'), [("allowed", "", "", "")]),
        (rule(), rule() + ALLOW, []),
    ],
)  # fmt: skip
def test_only_what_keeps_more_mail_back_is_two_peoples(old: str, new: str, expected: list[tuple[str, ...]]) -> None:
    assert found(old, new) == expected


def test_a_tightening_says_what_it_was_before() -> None:
    (one,) = tightenings(book(rule(stage="warn")), book(rule(stage="block")), today=TODAY, above=lambda code: (code,))
    assert (one.rule, one.before, one.after) == (PRIVATE, Stage.WARN, Stage.BLOCK)
