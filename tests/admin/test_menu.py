"""The menu: what a page belongs to is marked, however deep it lies; no link leads where one may not go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.rights import Actor, Held, Role
from mailhub.admin.frame.menu import is_at, menu_for, nearest
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.templating import common_name
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit
ADMIN = Actor(name="quantri@tinh.gov.vn", role=Role.SYSTEM_ADMIN, account_id=1)
ROLES = (Role.SYSTEM_ADMIN, Role.CLERK, Role.HELP_DESK, Role.AUDITOR, Role.MANAGER)


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    make_province(sqlite_database)
    for role in ROLES:
        make_account(sqlite_database, f"{role.value}@tinh.gov.vn", agency="snv")
        with sqlite_database.write() as c:
            grant_role(c, ROOT, f"{role.value}@tinh.gov.vn", role, agency="", reason="thử")
    made = new_site(sqlite_database, tmp_path)
    yield made
    made.jobs.close()


@pytest.mark.parametrize(
    ("here", "item", "below"),
    [
        ("/queue/retry", "web.menu.mail", "web.menu.mail.queue"),
        ("/waiting/7K4-QW2-M9", "web.menu.mail", "web.menu.mail.waiting"),
        ("/incidents/2026-0001", "web.menu.mail", "web.menu.mail.incidents"),
        ("/mail/7K4-QW2-M9", "web.menu.mail", "web.menu.mail.search"),
        ("/agencies/SNV/add", "web.menu.accounts", "web.menu.accounts.agencies"),
        ("/accounts-many/suspend", "web.menu.accounts", "web.menu.accounts.people"),
        ("/rules/versions/3", "web.menu.rules", "web.menu.rules.versions"),
        ("/rules/ma-doc", "web.menu.rules", "web.menu.rules.list"),
        ("/signatures/trust/ab", "web.menu.signatures", "web.menu.signatures.trust"),
        ("/", "web.menu.home", None),
    ],
)
def test_a_page_is_marked_in_the_menu_however_deep_it_lies(here: str, item: str, below: str | None) -> None:
    marked = [one for one in menu_for(ADMIN) if is_at(one, here)]
    assert [one.text for one in marked] == [item]
    closest = nearest(marked[0].below, here)
    assert (closest.text if closest else None) == below


def test_one_page_of_the_menu_is_the_current_one(site: Site) -> None:
    page = Browser(site, "system_admin@tinh.gov.vn").get("/rules/versions/1").text
    assert re.findall(r'href="([^"]+)" aria-current="true"', page) == ["/rules/versions"]
    page = Browser(site, "system_admin@tinh.gov.vn").get("/rules/versions").text
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/rules/versions"]


@pytest.mark.parametrize("role", [Role.CLERK, Role.HELP_DESK, Role.AUDITOR])
def test_no_link_of_the_first_pages_leads_where_one_may_not_go(site: Site, role: Role) -> None:
    browser = Browser(site, f"{role.value}@tinh.gov.vn")
    first = ("/", "/accounts", "/requests", "/reviews", "/agencies", "/offices", "/groups")
    pages = [page.text for path in first if (page := browser.get(path)).status_code == 200]
    links = {link for text in pages for link in re.findall(r'href="(/[^"#?]*)"', text)}
    refused = [link for link in links if not link.startswith("/static") and browser.get(link).status_code == 403]
    assert len(links) > 10
    assert refused == []


def shown(role: Role, *also: Held) -> list[str]:
    actor = Actor(name="x@tinh.gov.vn", role=role, agency_id=3, account_id=1, also=also)
    return [one.text.removeprefix("web.menu.") for one in menu_for(actor)]


def test_a_manager_sees_the_reports_and_what_every_official_sees() -> None:
    everybodys = shown(Role.OFFICIAL)
    assert everybodys == ["home", "rules", "signatures"]
    assert shown(Role.MANAGER) == [*everybodys, "reports"]
    clerk = shown(Role.CLERK)
    assert "reports" not in clerk
    assert set(shown(Role.CLERK, Held(Role.MANAGER, 3))) == {*clerk, "reports"}
    assert shown(Role.MANAGER, Held(Role.CLERK, 3)) == shown(Role.CLERK, Held(Role.MANAGER, 3))


def test_a_managers_pages_are_the_reports_and_the_own(site: Site) -> None:
    boss = Browser(site, "manager@tinh.gov.vn")
    page = boss.get("/reports").text
    assert 'href="/me/mail"' in page
    assert "/accounts" not in page
    for path in ("/accounts", "/offices", "/groups", "/agencies", "/reviews", "/signatures/seals", "/mail"):
        assert boss.get(path).status_code == 403, path
    assert boss.get("/accounts-agencies?agency=snv").status_code == 200  # the reports' filter asks there


def test_a_certificate_is_called_by_its_common_name() -> None:
    assert common_name("CN=RootCA G2,O=Ban Cơ yếu Chính phủ,C=VN") == "RootCA G2"
    assert common_name(r"O=Sở Nội vụ,CN=Sở A\, B") == "Sở A, B"
    assert common_name("O=Sở Nội vụ") == "O=Sở Nội vụ"
