"""A group's rule, taken apart into fields and put together again, is the same rule."""

from __future__ import annotations

import pytest

from mailhub.accounts.sharing.rule_parts import RuleParts, parts_of
from mailhub.accounts.sharing.rules import InvalidRule

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "parts",
    [
        RuleParts(unit=("snv",)),
        RuleParts(office=("van-thu", "mot-cua"), level=("xa",)),
        RuleParts(kind=("commune",), rank=("leader", "head"), title=("Chánh văn phòng",)),
        RuleParts(office=("van-thu",), rank=("leader",)),
        RuleParts(unit=("a", "b"), office=("van-thu",), title=("Trưởng phòng",), but_unit=("c",), but_rank=("staff",)),
        RuleParts(level=("xa",), but_title=("Phó",)),
    ],
)
def test_what_is_put_together_comes_apart_again(parts: RuleParts) -> None:
    assert parts_of(parts.text()) == parts


@pytest.mark.parametrize(
    "text",
    [
        '{"any":[{"unit":"a"},{"unit":"b"}]}',
        '{"any":[{"office":"van-thu"}]}',
        '{"any":[{"rank":"leader"},{"office":"van-thu"}]}',
        '{"rank":"head","any":[{"office":"van-thu"},{"rank":"leader"}]}',
        '{"any":[{"office":"van-thu"},{"rank":"leader","level":"xa"}]}',
        '{"unit":"a","except":{"level":"xa"}}',
        '{"unit":"a","except":{"unit":"b","except":{"unit":"c"}}}',
        "no rule",
    ],
)
def test_a_rule_of_another_shape_is_not_squeezed_into_fields(text: str) -> None:
    assert parts_of(text) is None


@pytest.mark.parametrize("parts", [RuleParts(), RuleParts(but_unit=("a",)), RuleParts(rank=("boss",))])
def test_parts_that_make_no_rule_are_refused(parts: RuleParts) -> None:
    with pytest.raises(InvalidRule):
        parts.text()
