"""Trang chủ and Hệ thống: what waits, the state of the system, the audit log, the settings."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.life.requests import request_end
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.admin.screens.system import run_doctor
from mailhub.clock import MINUTE, now_ms
from mailhub.mail.dkim import generate_key
from mailhub.ops.findings import Status
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_province
from tests.support.databases import sqlite_database  # noqa: F401
from tests.support.rosters import plan, sheet
from tests.support.web import Browser, new_site, words

pytestmark = pytest.mark.unit
ADMIN, OFFICIAL, MANAGER = "qt@tinh.gov.vn", "nva@tinh.gov.vn", "gd@tinh.gov.vn"
HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>'


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:  # noqa: F811
    make_province(sqlite_database)
    with sqlite_database.write() as c:
        for address, name in ((ADMIN, "Quản Trị"), (OFFICIAL, "Nguyễn Văn An"), (MANAGER, "Giám Đốc")):
            service.create_account(c, ROOT, address, name, agency="snv")
        grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN)
        grant_role(c, ROOT, MANAGER, Role.MANAGER, agency="snv")
        request_end(c, ROOT, OFFICIAL, basis="QĐ 1", reason=HOSTILE)
    return new_site(sqlite_database, tmp_path, listen={"https": "127.0.0.1:8443"}, lockout={"failures": 7})


def test_what_waits_is_counted_and_leads_to_its_list(site: Site) -> None:
    admin = Browser(site, ADMIN)
    page = admin.get("/")
    assert 'href="/requests?state=open"' in page.text
    assert "Đề nghị chờ duyệt 1" in admin.read("/")
    assert admin.get("/requests?state=open").status_code == 200
    assert "Danh sách từ tệp chờ áp dụng 1" not in admin.read("/")
    made = plan(site.database, sheet(("1", "Trần Văn Bảo", "01/02/1990", "Chuyên viên", "Sở Nội vụ", "", "")))
    assert "Danh sách từ tệp chờ áp dụng 1" in admin.read("/")
    assert made.code in admin.read("/rosters?state=planned")


def test_officials_and_managers_are_led_to_what_is_theirs(site: Site) -> None:
    assert Browser(site, OFFICIAL).get("/").headers["location"] == "/me"
    assert Browser(site, MANAGER).get("/").headers["location"] == "/reports"


def test_the_state_of_the_system_is_the_last_examination_with_its_time(site: Site) -> None:
    run = run_doctor(site, ROOT, mail=False)
    assert run.status is Status.BROKEN  # nobody serves this directory
    page = Browser(site, ADMIN).read("/system")
    assert "không có tiến trình nào đang phục vụ" in page
    assert "Sự cố" in page
    assert "Sự cố" in Browser(site, ADMIN).read("/")


def test_findings_tell_their_age_and_are_made_anew_on_request_but_not_twice_a_minute(site: Site) -> None:
    now = [now_ms()]
    site.clock = lambda: now[0]
    run_doctor(site, ROOT, mail=False)
    now[0] += 7 * MINUTE
    admin = Browser(site, ADMIN)
    page = admin.get("/system/keys")
    assert "cách đây 7 phút" in words(page.text)
    assert "Kiểm tra ngay" in page.text
    assert "quá hạn" not in page.text
    begun = admin.send("/system", {"back": "/system/keys"})
    assert begun.headers["location"].startswith("/work/")
    again = admin.send("/system", {"back": "/system/keys"}).headers["location"]
    assert again in (begun.headers["location"], "/system/keys")  # the same work, or it has ended
    site.jobs.close()
    assert admin.get(begun.headers["location"]).headers["location"] == "/system/keys"
    assert "vừa xong" in admin.read("/system/keys")
    told = admin.send("/system", {"back": "//evil.example"}, follow=True)
    assert "Vừa kiểm tra chưa đầy một phút trước" in told.text
    assert "examine" in admin.get("/system/audit?format=csv").text
    assert Browser(site, OFFICIAL).send("/system").status_code == 403
    now[0] += 21 * MINUTE
    assert "quá hạn" in admin.read("/system")


def test_every_domain_that_is_sent_from_has_its_records_to_publish(site: Site, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "so.pem"
    key.write_bytes(generate_key("ed25519"))
    keys = [
        {"domain": "so.gov.vn", "selector": "s1", "algorithm": "ed25519", "file": "keys/so.pem", "from": "2026-01-01"}
    ]
    with site.database.write() as c:
        service.add_domain(c, ROOT, "so.gov.vn")
    page = Browser(new_site(site.database, tmp_path, dkim={"keys": keys}), ADMIN).get("/system/dns").text
    for line in (
        "so.gov.vn. IN MX 10 mail.tinh.gov.vn.",
        "_dmarc.so.gov.vn. IN TXT",
        "s1._domainkey.so.gov.vn. IN TXT",
    ):
        assert line in page
    assert "tinh.gov.vn. IN MX 10 mail.tinh.gov.vn." in page
    assert "Tên miền tinh.gov.vn chưa có khóa DKIM" in page
    assert "Tên miền so.gov.vn chưa có khóa DKIM" not in page


def test_settings_are_shown_with_where_they_come_from_and_secrets_are_not(site: Site, tmp_path: Path) -> None:
    (tmp_path / "mailhub.toml").write_text('[hub]\ndomain = "tinh.gov.vn"\n[lockout]\nfailures = 7\n')
    page = Browser(site, ADMIN).read("/system/settings?q=failures")
    assert "mailhub.toml, dòng 4" in page
    assert "Mặc định" in page


def test_the_log_names_who_looked_and_its_export_holds_no_formula(site: Site) -> None:
    admin = Browser(site, ADMIN)
    page = admin.get(f"/system/audit?object={OFFICIAL}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    rows = list(csv.reader(io.StringIO(admin.get("/system/audit?format=csv").content.decode("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert any("'=cmd" in cell for row in rows for cell in row)
    assert any(ADMIN in row[1] and "audit.read" in row[2] for row in rows)


def test_pages_of_the_log_meet_without_gap_or_overlap(site: Site) -> None:
    admin = Browser(site, ADMIN)
    with site.database.write() as c:
        for number in range(60):
            service.add_alias(c, ROOT, f"khac{number}@tinh.gov.vn", OFFICIAL)
    first = admin.get("/system/audit?size=25&action=alias.add").text
    seen, page = [], first
    for _ in range(3):
        seen += [one for one in range(60) if f"khac{one}<wbr>@" in page]
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        page = admin.get(following).text if following.startswith("/system") else ""
    assert sorted(seen) == list(range(60))
