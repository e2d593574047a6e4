"""Whether an address is made of a name: what fires, and above all what must not."""

from __future__ import annotations

import pytest

from mailhub.screening.outside.private_names import Likeness, likeness, same_mailbox_key

pytestmark = pytest.mark.unit

AN = "Nguyễn Văn An"


@pytest.mark.parametrize(
    "local", ["nguyenvanan", "nguyen.van.an", "Nguyen_Van_An", "annguyenvan", "nguyenvanan85", "nguyenvanan1985",
              "vanan-nguyen", "nguyenvanan+congviec", "02031985nguyenvanan", "nguyenvanan123", "nguyenvanan.hl",
              "nguyen.van.an.85_hl", "bs.nguyenvanan", "an.nguyenvan-tp"],
)  # fmt: skip
def test_the_whole_name_is_told(local: str) -> None:
    assert likeness(f"{local}@gmail.com", AN, 1985) is Likeness.FULL


@pytest.mark.parametrize(
    "local", ["nvan", "annv", "an.nv", "nguyenan", "an.nguyen", "vanan", "nva85", "nvanan", "nguyenvanan.syt",
              "nguyen.van.an.thu"],
)  # fmt: skip
def test_short_forms_are_told_as_such(local: str) -> None:
    assert likeness(f"{local}@gmail.com", AN, 1985) is Likeness.SHORT


@pytest.mark.parametrize(
    "local", ["nguyenvananh", "nguyenvanbinh", "nguyenthian", "an", "congtyvanan", "nguyenvanan.hotel", "an85",
              "hoahuongduong", "van", "tranvanan", "", "123", "nguyenvananvatranthibinh",
              "nguyenvananhl", "nva.hl", "nguyenvanan.tnhh", "hl.nguyenvananh", "nguyenvanan.h"],
)  # fmt: skip
def test_similar_names_are_somebody_elses(local: str) -> None:
    assert likeness(f"{local}@gmail.com", AN, 1985) is Likeness.NONE


@pytest.mark.parametrize(
    ("local", "year"), [("nguyenvanan1990", 1985), ("nguyenvanan90", 1985), ("an.nv.010190", 1985)]
)
def test_another_year_of_birth_is_another_person(local: str, year: int) -> None:
    assert likeness(f"{local}@gmail.com", AN, year) is Likeness.NONE
    assert likeness(f"{local}@gmail.com", AN) is not Likeness.NONE


def test_a_name_of_two_short_words_is_never_told_alone() -> None:
    assert likeness("lean@gmail.com", "Lê An") is Likeness.SHORT
    assert likeness("hoangphuong@gmail.com", "Hoàng Phương") is Likeness.FULL


@pytest.mark.parametrize(
    ("address", "name"), [("\udcff@gmail.com", AN), ("a" * 500, AN), ("x@y", ""), ("x@y", "\0" * 900)]
)
def test_odd_addresses_and_names_do_no_harm(address: str, name: str) -> None:
    assert likeness(address, name) is Likeness.NONE


def test_spellings_of_one_mailbox_have_one_key() -> None:
    assert same_mailbox_key("An.N.V+x@GoogleMail.com") == same_mailbox_key("annv@gmail.com")
    assert same_mailbox_key("an.nv@yahoo.com") != same_mailbox_key("annv@yahoo.com")
