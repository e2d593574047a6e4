"""Roles in the browser: who has which, given and taken with a reason, and the table of rights read aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.accounts.control.grants import list_grants
from mailhub.accounts.rights import Action
from mailhub.admin.frame.site import Site
from mailhub.i18n import LANGUAGES, texts
from mailhub.store.database import Database
from tests.support.accounts import ROOT
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, CLERK, SNV, SYT, peopled_site, press
from tests.support.web import Browser

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    return peopled_site(sqlite_database, tmp_path)


def roles(site: Site, account: str) -> list[tuple[str, str]]:
    with site.database.read() as c:
        return [(row.role, row.agency) for row in list_grants(c, ROOT, account=account)]


def test_a_role_is_given_and_taken_and_the_preview_says_what_it_allows(site: Site) -> None:
    admin = Browser(site, ADMIN)
    text = admin.read("/rights")
    assert "Quản trị Nội vụ snv@tinh.gov.vn Quản trị đơn vị" in text
    given = {"account": AN, "role": "clerk", "agency": "snv", "reason": "QĐ 1", "until": "2099-12-31"}
    assert admin.send("/rights/give", given | {"reason": ""}).status_code == 422
    assert admin.send("/rights/give", given | {"role": "console"}).status_code == 422
    preview, _ = press(admin, "/rights/give", **given)
    assert "Nguyễn Văn An (annv@tinh.gov.vn) là Văn thư, snv, đến hết ngày 31/12/2099." in preview
    assert "Vai trò này phải có xác thực hai lớp" not in preview
    assert roles(site, AN) == [("clerk", "snv")]
    factor = admin.send("/rights/give", given | {"role": "security_officer", "account": SYT}).text
    assert "Vai trò này phải có xác thực hai lớp" in factor
    press(admin, "/rights/take", account=AN, role="clerk", agency="snv", reason="chuyển công tác")
    assert roles(site, AN) == []
    assert AN not in admin.read("/rights")
    assert AN in admin.read("/rights?past=1")
    assert AN not in admin.read("/rights?past=1&role=auditor")


def test_nobody_gives_themselves_a_role_nor_more_than_their_own(site: Site) -> None:
    snv = Browser(site, SNV)
    form = {"account": AN, "role": "help_desk", "agency": "snv", "reason": "x", "sure": "1"}
    refused = ({"account": SNV}, {"role": "agency_admin"}, {"agency": "syt"}, {"agency": ""}, {"account": SYT})
    for change in refused:
        assert snv.send("/rights/give", form | change).status_code == 422, change
    assert roles(site, AN) == []
    assert snv.send("/rights/give", form).status_code == 303
    assert roles(site, AN) == [("help_desk", "snv")]
    assert SYT not in snv.read("/rights")
    last = Browser(site, ADMIN).send(
        "/rights/take", {"account": ADMIN, "role": "system_admin", "reason": "x", "sure": "1"}
    )
    assert last.status_code == 422
    assert Browser(site, CLERK).get("/rights").status_code == 403


def test_the_table_of_rights_is_read_aloud_in_both_languages(site: Site) -> None:
    text = Browser(site, ADMIN).read("/rights/table")
    assert "Văn thư" in text
    assert "ký số của cơ quan" in text
    for language in LANGUAGES:
        known = texts(language).ids()
        assert not [one for one in Action if f"web.rights.action.{one.value}" not in known]
