"""Names that strangers show: a leader's, an agency's, the hub's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.policy.imitation import imitates, name_key
from mailhub.screening.rules.shipped import load_lists

pytestmark = pytest.mark.unit

LEADERS = {name_key(name) for name in ("Nguyễn Văn An", "Hoàng Thị Thu Sương", "Đỗ Huân")}
AGENCIES = {name_key(name) for name in ("Sở Y tế", "Văn phòng", "Ủy ban nhân dân tỉnh Sơn Hà")}
HUB = {name_key(name) for name in load_lists().hub_names}


def shown(name: str, address: str = "x@gmail.com") -> frozenset[str]:
    return imitates(name, address, LEADERS, HUB, AGENCIES)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Văn An",
        "NGUYỄN VĂN AN",
        "nguyen van an",
        "Chủ tịch Nguyễn Văn An",
        "Nguyễn Văn An - Chủ tịch UBND tỉnh",
        "Ông Nguyễn  Văn\tAn",
        "Nguyễn Vӑn Аn",  # Cyrillic
        "Ｎｇｕｙễn Văn An",
        "Ngu\u200byễn Văn An",
        "N\u0438uyễn Văn An".replace("\u0438", "g"),
        "Nguyễn Văn ☃n",
        "GĐ. Hoàng Thị Thu Sương",
        "Đỗ Huân",
        '"Nguyễn Văn An" (Chủ tịch)',
    ],
)
def test_a_leaders_name_is_found(name: str) -> None:
    assert "leader" in shown(name)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Văn Anh",
        "Nguyễn An",
        "Văn An",
        "An Nguyễn Văn",
        "Trần Đỗ Huân",
        "Đỗ Huân Minh",
        "",
        "   ",
        "☃☃☃",
        "12345",
    ],
)
def test_another_name_is_none(name: str) -> None:
    assert "leader" not in shown(name)


@pytest.mark.parametrize(
    "name",
    [
        "Quản trị thư điện tử",
        "BAN QUẢN TRỊ THƯ - thông báo",
        "Mail Administrator",
        "IT Support",
        "Hệ thống thư công vụ tỉnh",
        "Zimbra Admin <admin@zimbra>",
        "Thư chờ duyệt",
    ],
)
def test_a_notice_of_ours_is_found(name: str) -> None:
    assert "hub" in shown(name)


@pytest.mark.parametrize(
    "name",
    ["Mail Delivery Subsystem", "Mail Delivery System", "Microsoft Outlook", "postmaster", "Nguyễn Thư", "Công vụ xe"],
)
def test_a_real_bounce_is_no_notice_of_ours(name: str) -> None:
    assert shown(name) == frozenset()


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("Sở Y tế", "syt@gmail.com", {"agency"}),
        ("Sở Y tế tỉnh Sơn Hà", "syt@gmail.com", {"agency"}),
        ("Trung tâm thuộc Ủy ban nhân dân tỉnh Sơn Hà", "x@congty.vn", {"agency"}),
        ("Sở Y tế", "vanthu@syt.hanoi.gov.vn", set()),  # every province has one
        ("Văn phòng luật sư Minh", "x@luatminh.vn", set()),
        ("Sở thích của tôi", "x@gmail.com", set()),
        ("Sở Y tế", "x@notgov.vn", {"agency"}),
    ],
)
def test_an_agencys_name(name: str, address: str, expected: set[str]) -> None:
    assert shown(name, address) == expected


@given(st.text(max_size=500), st.text(max_size=50))
def test_any_name_is_borne(name: str, address: str) -> None:
    assert shown(name, address) <= {"leader", "hub", "agency"}


def test_a_name_of_endless_length_costs_little() -> None:
    assert shown("a " * 100_000) == frozenset()
    assert shown("☃ " * 100_000) == frozenset()
