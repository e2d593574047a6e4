"""Whose paper it is: the agency, the one above it, and where its seat is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.reports.rendering.letterhead import letterhead_of
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from tests.support.accounts import ROOT
from tests.support.databases import sqlite_database

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    hub = Hub(domain="tinh.gov.vn", hostname="thu.tinh.gov.vn", province="tỉnh Minh Họa", regulation="Quy chế 05")
    return Settings(directory=tmp_path, hub=hub)


@pytest.mark.parametrize(
    ("code", "superior", "agency", "place"),
    [
        ("tinh", "", "Ủy ban nhân dân tỉnh Minh Họa", "Minh Họa"),
        ("snv", "UBND tỉnh Minh Họa", "Sở Nội vụ", "Minh Họa"),
        ("xa", "", "UBND xã Tân Lập", "Tân Lập"),
        ("vhxh", "UBND xã Tân Lập", "Phòng Văn hóa - Xã hội", "Tân Lập"),
    ],
)
def test_the_head_names_the_agency_the_one_above_it_and_its_seat(
    sqlite_database: Database, settings: Settings, code: str, superior: str, agency: str, place: str
) -> None:
    with sqlite_database.write() as c:
        service.add_agency(c, ROOT, "tinh", "Ủy ban nhân dân tỉnh Minh Họa", kind="province")
        service.add_domain(c, ROOT, "tinh.gov.vn")
        service.add_agency(c, ROOT, "snv", "Sở Nội vụ")
        service.add_agency(c, ROOT, "xa", "UBND xã Tân Lập")
        service.add_agency(c, ROOT, "vhxh", "Phòng Văn hóa - Xã hội", parent="xa")
        found = letterhead_of(c, code, settings)
    assert (found.superior, found.agency, found.place) == (superior, agency, place)
    assert found.regulation == "Quy chế 05"


def test_without_a_place_in_any_name_the_settings_know_it(sqlite_database: Database, settings: Settings) -> None:
    with sqlite_database.write() as c:
        service.add_agency(c, ROOT, "so", "Sở Thông tin")
        assert letterhead_of(c, "so", settings).place == "Minh Họa"
