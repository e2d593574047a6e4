"""What a new file of rules changes is said rule by rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from mailhub.policy.rules.comparing import Change, differences
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook
from tests.policy import made
from tests.policy.made import rule_text

pytestmark = pytest.mark.unit

EXCEPTION = """[[exception]]
rule = "a-rule"
who = "nva@tinh.gov.vn"
to = "*"
why = "Trả lời cử tri"
until = 2027-03-31
by = "Giám đốc"
"""


def changes(old: str, new: str) -> list[Change]:
    return differences(read_book(old, "old"), read_book(new, "new"))


def test_nothing_changes_by_comments_blanks_and_the_order_of_conditions() -> None:
    old = rule_text('[rule.when]\nmessage.origin = ["own", "trusted"]\nmessage.reply = true')
    new = "# said again\n\n" + rule_text('[rule.when]\nmessage.reply = true\nmessage.origin = ["trusted", "own"]')
    assert changes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "what", "before", "after"),
    [
        ('stage = "hold"', 'stage = "block"', "stage", "hold", "block"),
        ('stage = "hold"', 'stage = "hold"\nagencies.SYT = { stage = "warn", agreed = "CV 12" }', "agencies.SYT", "",
         "warn, agreed: CV 12"),
        ('stage = "hold"', 'stage = "hold"\npromotions = [{ on = 2027-01-01, stage = "block" }]', "stage", "hold",
         "hold, block from 2027-01-01"),
        ("Một quy tắc", "Một quy tắc khác", "title", "Một quy tắc", "Một quy tắc khác"),
        ('"own"', '"outside"', "when", 'message.origin is "own"', 'message.origin is "outside"'),
        ("It has {document}", "There is {document}", "message.en", "It has {document}", "There is {document}"),
    ],
)  # fmt: skip
def test_a_changed_key(old: str, new: str, what: str, before: str, after: str) -> None:
    text = rule_text("")
    assert changes(text, text.replace(old, new)) == [Change("a-rule", what, before, after)]


def test_rules_come_and_go_and_change_places() -> None:
    first, second, third = (rule_text("", ident=ident) for ident in ("first", "second", "third"))
    assert changes(first, first + second) == [Change("second", "rule", "", "Một quy tắc")]
    assert changes(first + second, second) == [Change("first", "rule", "Một quy tắc", "")]
    assert changes(first + second + third, second + first + third) == [
        Change("second", "order", "first, second, third", "second, first, third")
    ]


def test_exceptions_come_and_go() -> None:
    said = "nva@tinh.gov.vn → *, until 2027-03-31, by Giám đốc: Trả lời cử tri (a-rule)"
    text = rule_text("")
    assert changes(text, text + EXCEPTION) == [Change("a-rule", "exception", "", said)]
    assert changes(text + EXCEPTION, text) == [Change("a-rule", "exception", said, "")]


@settings(max_examples=100, deadline=None)
@given(made.books())
def test_a_book_is_no_different_from_itself(book: RuleBook) -> None:
    assert differences(book, book) == []
