"""Pages of lists: what the address says about the last row, and where the next page begins."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.admin.listing.paging import counted, keyed
from mailhub.admin.listing.values import Slice, Wanted
from mailhub.ids import new_id

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("typed", ["", "-1", "nva@tinh.gov.vn", "²", "9" * 19, "9" * 5000])
def test_what_no_row_can_be_numbered_is_the_first_page(typed: str) -> None:
    assert Wanted(after=typed).after_number == 0


def test_a_row_that_was_numbered_a_moment_ago_is_found_again() -> None:
    number = new_id()
    assert Wanted(after=str(number)).after_number == number


@pytest.mark.parametrize("typed", ["", "22/11/2026", "2026-02-30", "hôm nay"])
def test_a_day_that_is_none_filters_nothing(typed: str) -> None:
    assert Wanted(filters={"from": typed}).day("from") is None
    assert Wanted(filters={"from": "2026-11-22"}).day("from") == date(2026, 11, 22)


def test_the_row_too_many_tells_of_a_next_page_and_is_not_shown() -> None:
    assert keyed([5, 6, 7], 2, lambda row: row) == Slice([5, 6], "6")
    assert keyed([5, 6], 2, lambda row: row) == Slice([5, 6], "")
    assert keyed([], 2, str) == Slice([], "")


def test_a_short_list_is_shown_from_where_the_page_before_ended() -> None:
    assert counted([5, 6, 7], 0, 2) == Slice([5, 6], "2", 3)
    assert counted([5, 6, 7], 2, 2) == Slice([7], "", 3)
    assert counted([5, 6, 7], 9, 2) == Slice([], "", 3)
