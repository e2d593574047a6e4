"""The tree of agencies in the browser: opened a level at a time, searched; changed, moved, ended, reopened."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.organisation import find_agency_row
from mailhub.accounts.records import AuditRow
from mailhub.accounts.tree import code_of
from mailhub.admin.frame.site import Site
from mailhub.store.database import Database
from tests.support.accounts import ROOT
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, CLERK, DESK, SCRIPT, SNV, SYT, peopled_site, press
from tests.support.web import Browser

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    return peopled_site(sqlite_database, tmp_path)


def test_the_tree_opens_a_level_at_a_time_and_works_without_javascript(site: Site) -> None:
    admin = Browser(site, ADMIN)
    text = admin.read("/agencies")
    assert "Sở Nội vụ snv 5 hộp thư" in text
    assert "snv-vp" not in text
    part = admin.get("/agencies?below=snv", **{"HX-Request": "true"}).text
    assert "Văn phòng Sở Nội vụ" in part
    assert "<html" not in part
    assert "snv-vp" in admin.read("/agencies/snv")  # where the same link leads without htmx
    assert "snv-vp" in admin.read("/agencies?q=van+phong")
    assert "Không tìm thấy" in admin.read("/agencies?q=kh%C3%B4ng+c%C3%B3")


def test_one_agency_says_what_it_is_who_works_there_and_leads_on(site: Site) -> None:
    page = Browser(site, ADMIN).get("/agencies/snv").text
    for link in ("/agencies/snv-vp", "/accounts?agency=snv", f"/offices/{DESK}", f"/accounts/{SNV}"):
        assert f'href="{link}"' in page.replace("%40", "@")
    assert "Chưa có người phụ trách" in page
    assert Browser(site, ADMIN).get("/agencies/khong-co").status_code == 404


def test_what_follows_is_shown_before_it_is_done_and_the_preview_leaves_nothing_behind(site: Site) -> None:
    admin, log = Browser(site, ADMIN), select(func.count()).select_from(AuditRow)
    with site.database.read() as c:
        before = c.scalar(log)
    preview = admin.send("/agencies/snv/change", {"name": SCRIPT, "unit_address": DESK})
    assert preview.status_code == 200
    assert SCRIPT not in preview.text
    assert "Tên: Sở Nội vụ → &lt;script&gt;" in preview.text
    with site.database.read() as c:
        assert find_agency_row(c, "snv")["name"] == "Sở Nội vụ"
        assert c.scalar(log) == before
    press(admin, "/agencies/snv/change", name=SCRIPT, unit_address=DESK)
    page = admin.get("/agencies/snv").text
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)" in page
    same = admin.send("/agencies/snv/change", {"name": SCRIPT, "unit_address": DESK})
    assert same.status_code == 422


def test_an_agency_is_entered_moved_ended_with_its_successor_and_reopened(site: Site) -> None:
    admin = Browser(site, ADMIN)
    press(admin, "/agencies/syt/add", code="skhcn", name="Sở Khoa học")
    taken = admin.send("/agencies/syt/add", {"code": "snv", "name": "Trùng"})
    assert taken.status_code == 422
    assert "đã có" in taken.text
    preview, _ = press(admin, "/agencies/snv-vp/move", parent="syt", reason="NQ 12")
    assert "Trực thuộc: snv → syt" in preview
    assert "2 hộp thư" in preview
    circle = admin.send("/agencies/syt/move", {"parent": "snv-vp"})
    assert circle.status_code == 422
    alone = admin.send("/agencies/snv-vp/end", {"reason": "NQ 13"})
    assert alone.status_code == 422
    assert "đơn vị tiếp nhận" in alone.text
    assert admin.send("/agencies/snv-vp/end", {"successor": "skhcn"}).status_code == 422  # no reason
    preview, _ = press(admin, "/agencies/snv-vp/end", successor="skhcn", reason="NQ 13")
    assert "2 người, 2 hộp thư" in preview
    with site.database.read() as c:
        assert service.show_account(c, ROOT, AN, at=site.clock()).agency == "skhcn"
        assert code_of(c, find_agency_row(c, "snv-vp")["successor_id"]) == "skhcn"
    assert "Đã kết thúc" in admin.read("/agencies/snv-vp")
    press(admin, "/agencies/snv-vp/reopen", reason="nhầm")
    assert "Đã kết thúc" not in admin.read("/agencies/snv-vp")
    preview, _ = press(admin, "/agencies/syt/pool", mib="100000")
    assert "100000 MiB" in preview


def test_who_may_not_act_on_an_agency_finds_no_such_page(site: Site) -> None:
    syt, clerk = Browser(site, SYT), Browser(site, CLERK)
    assert syt.get("/agencies/syt/change").status_code == 200
    assert "Sở Y tế" in syt.read("/agencies")
    assert "Nội vụ" not in syt.read("/agencies") + syt.read("/agencies?q=s%E1%BB%9F") + syt.read("/agencies/syt/move")
    assert syt.get("/agencies/snv").status_code == syt.get("/agencies/khong-co").status_code == 404
    assert syt.get("/agencies?below=snv", **{"HX-Request": "true"}).status_code == 404
    for act in ("change", "move", "end", "pool", "reopen", "add", "other"):
        assert syt.get(f"/agencies/snv/{act}").status_code == 404
        assert syt.send(f"/agencies/snv/{act}", {"name": "x", "reason": "x", "sure": "1"}).status_code == 404
        assert clerk.get(f"/agencies/snv/{act}").status_code == 403
    # Somebody else's agency as a place to move to reads like one that is not there.
    foreign = syt.send("/agencies/syt/move", {"parent": "snv", "sure": "1"})
    nowhere = syt.send("/agencies/syt/move", {"parent": "khong-co", "sure": "1"})
    assert foreign.status_code == nowhere.status_code == 422
    assert "trong phạm vi" in foreign.text
    assert "trong phạm vi" in nowhere.text
