from __future__ import annotations

import pytest

from mailhub.files.sealing.geometry import POINTS_PER_MM, Box, Frame, over_a_third, top_right

pytestmark = pytest.mark.unit

A4 = Frame((0, 0, 595, 842))
SEAL = 36 * POINTS_PER_MM
PERSON: Box = (330, 330, 450, 390)


def test_the_right_edge_of_the_seal_lies_a_third_into_the_signature_and_its_middle_on_that_of_the_signature() -> None:
    place = over_a_third(PERSON, SEAL, SEAL, A4)
    assert place == pytest.approx((370 - SEAL, 360 - SEAL / 2, 370, 360 + SEAL / 2))


def test_a_seal_of_36_mm_is_102_points_wide() -> None:
    assert pytest.approx(102.05, abs=0.01) == SEAL


@pytest.mark.parametrize(("bottom", "top"), [(20, 60), (790, 830)])
def test_near_the_edge_the_seal_is_moved_up_or_down_but_not_to_the_side(bottom: float, top: float) -> None:
    place = over_a_third((330, bottom, 450, top), SEAL, SEAL, A4)
    assert place is not None
    assert place[2] == 370
    assert place[1] >= 0
    assert place[3] <= 842


@pytest.mark.parametrize("person", [(20, 330, 140, 390), (330, -60, 450, 0), (330, 842, 450, 900)])
def test_a_seal_that_would_stick_out_has_no_place(person: Box) -> None:
    assert over_a_third(person, SEAL, SEAL, A4) is None


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("unit", [1.0, 2.5])
def test_what_is_shown_can_be_carried_back(quarters: int, unit: float) -> None:
    frame = Frame((30, 50, 430, 750), quarters, unit)
    assert frame.own(frame.shown(PERSON)) == pytest.approx(PERSON)


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [(0, (0, 0, 10, 20)), (1, (0, 390, 20, 400)), (2, (390, 680, 400, 700)), (3, (680, 0, 700, 10))],
)
def test_the_lower_left_corner_of_a_page_goes_where_turning_it_clockwise_takes_it(quarters: int, expected: Box) -> None:
    frame = Frame((30, 50, 430, 750), quarters)
    assert frame.shown((30, 50, 40, 70)) == expected
    assert (frame.width, frame.height) == ((700, 400) if quarters % 2 else (400, 700))


def test_a_text_stands_so_far_from_both_edges() -> None:
    assert top_right(100, 20, A4, margin=14) == (481, 808, 581, 828)


def test_a_page_that_is_too_small_has_no_place_for_a_text() -> None:
    assert top_right(100, 20, Frame((0, 0, 90, 90)), margin=14) is None
