"""Addresses made from names."""

from __future__ import annotations

from itertools import islice

import pytest

from mailhub.accounts import service
from mailhub.accounts.addresses import read_own
from mailhub.accounts.errors import InvalidValue, NoSuchDomain
from mailhub.accounts.people.naming import NamingRule, candidates, local_part, propose
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

AN = "Nguyễn Văn An"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("rule", "made"),
    [("initials-given", "nvan"), ("given-initials", "annv"), ("given.initials", "an.nv"), ("full", "nguyenvanan")],
)
def test_each_rule_makes_what_the_setting_promises(rule: str, made: str) -> None:
    assert local_part(AN, rule) == made


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Đặng Thị Đào", "daodt"),
        ("Nguye\u0302\u0303n Va\u0306n An", "annv"),  # decomposed, as some files come
        ("  Trần   Thị\u00a0Ước ", "uoctt"),
        ("An", "an"),
        ("H'Hen Niê", "hhenn"),
        ("H’Hen Niê", "hhenn"),
        ("H' Hen Niê", "hhenn"),
        ("Y Bhiêu Êban", "ybhieue"),
        ("K'Brếp", "kbrep"),
        ("Giàng A Páo", "paoga"),
        ("Tôn-Thất Minh", "minht"),
        ("Nguyễn Văn An (B)", "annv"),
        ("O'Connor Mai", "maio"),
    ],
)
def test_names_of_every_people_make_an_address_that_can_be_given_out(name: str, made: str) -> None:
    assert local_part(name, NamingRule.GIVEN_INITIALS) == made
    assert read_own(f"{made}@tinh.gov.vn")


@pytest.mark.unit
@pytest.mark.parametrize("rule", list(NamingRule))
def test_a_name_of_sixty_letters_and_a_long_code_still_fit_into_sixty_four(rule: NamingRule) -> None:
    name = "Công Tằng Tôn Nữ " + "Nghiêng" * 6
    assert len(name) == 59
    for local in islice(candidates(name, rule, "xa-" + "t" * 60), 12):
        assert len(local) <= 64
        assert read_own(f"{local}@tinh.gov.vn")


@pytest.mark.unit
@pytest.mark.parametrize("name", ["", "   ", "123", "王小明", "…"])
def test_what_has_no_letters_for_an_address_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        local_part(name, "full")


@pytest.mark.unit
def test_the_unit_stands_behind_the_number() -> None:
    assert list(islice(candidates(AN, "given-initials", "Xã-Tân Hồng"), 3)) == [
        "annv.xa-tan-hong",
        "annv2.xa-tan-hong",
        "annv3.xa-tan-hong",
    ]


@pytest.mark.unit
def test_nobody_is_given_the_address_of_a_function() -> None:
    assert next(candidates("Abuse", "full")) == "abuse2"


def test_what_is_taken_now_or_was_before_gets_a_number(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn")
    make_account(province, "annv2@tinh.gov.vn")
    with province.write() as c:
        service.end_account(c, ROOT, "annv2@tinh.gov.vn", reason="nghỉ hưu")
        service.add_alias(c, ROOT, "annv3@tinh.gov.vn", "annv@tinh.gov.vn")
    with province.read() as c:
        assert propose(c, AN, "tinh.gov.vn", "given-initials", count=2) == ["annv4@tinh.gov.vn", "annv5@tinh.gov.vn"]


def test_with_a_unit_at_hand_its_address_is_offered_as_well(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn")
    with province.read() as c:
        offers = propose(c, AN, "tinh.gov.vn", "given-initials", unit="snv")
    assert offers == ["annv2@tinh.gov.vn", "annv.snv@tinh.gov.vn", "annv3@tinh.gov.vn"]


def test_addresses_about_to_be_entered_count_as_taken(province: Database) -> None:
    with province.read() as c:
        offers = propose(c, AN, "tinh.gov.vn", "full", taken={"nguyenvanan@tinh.gov.vn"}, count=1)
        assert offers == ["nguyenvanan2@tinh.gov.vn"]
        with pytest.raises(NoSuchDomain):
            propose(c, AN, "gmail.com", "full")
