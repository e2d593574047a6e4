"""A round of review in the browser: opened, answered by agencies for their own, confirmed, closed after a preview."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.models import MailboxState
from mailhub.admin.frame.site import Site
from mailhub.store.database import Database
from tests.support.accounts import ROOT
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, BINH, SNV, SYT, peopled_site, press, settle
from tests.support.web import Browser

__all__ = ["sqlite_database"]
ROUND = "/reviews/2026-Q4"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    return peopled_site(sqlite_database, tmp_path)


def state(site: Site, address: str) -> str:
    with site.database.read() as c:
        return service.show_account(c, ROOT, address, at=site.clock()).mailbox.state


def test_a_round_goes_from_opening_to_what_it_suspends(site: Site) -> None:
    admin, snv, syt = (Browser(site, who) for who in (ADMIN, SNV, SYT))
    assert admin.send("/reviews/new", {"name": "2026-Q4", "due": "2020-01-01"}).status_code == 422
    assert admin.send("/reviews/new", {"name": "a/b", "due": "2099-12-31"}).status_code == 422
    preview, led = press(admin, "/reviews/new", name="2026-Q4", due="2099-12-31")
    assert led == ROUND
    assert "2026-Q4 có 8 tài khoản" in preview
    assert "chưa xác nhận" in snv.read(ROUND)
    assert "syt@tinh.gov.vn" not in snv.read(ROUND)

    ticked = {"x": [AN, BINH]}
    assert 'name="answer"' in snv.send(f"{ROUND}/answer", ticked).text
    assert snv.send(f"{ROUND}/answer", {}).status_code == 422
    said = {**ticked, "answer": "ends", "note": "nghỉ hưu"}
    preview_page = snv.send(f"{ROUND}/answer", said)
    assert "2 tài khoản: đề nghị thu hồi" in preview_page.text
    assert snv.send(f"{ROUND}/answer", {**said, "sure": "1"}).status_code == 303
    assert AN in snv.read(f"{ROUND}?answer=ends")
    assert AN not in snv.read(f"{ROUND}?answer=none")
    assert syt.send(f"{ROUND}/answer", {**said, "sure": "1"}).status_code == 422  # not theirs
    assert syt.send(f"{ROUND}/confirm", {"agency": "snv", "sure": "1"}).status_code == 422
    preview, _ = press(snv, f"{ROUND}/confirm", agency="snv")
    assert "3 tài khoản tiếp tục sử dụng" in preview

    assert snv.get(f"{ROUND}/close").status_code == 403
    assert admin.send(f"{ROUND}/close", {}).status_code == 422
    preview, work = press(admin, f"{ROUND}/close", reason="hết quý")
    assert "2 tài khoản bị tạm khóa" in preview
    assert "⚠ syt@tinh.gov.vn đang giữ quyền quản trị (Quản trị đơn vị)" in preview
    assert "quantri@tinh.gov.vn (Quản trị hệ thống của tỉnh) được giữ lại" in preview
    assert state(site, "syt@tinh.gov.vn") != MailboxState.SUSPENDED
    settle(site)
    assert admin.get(work).headers["location"] == ROUND
    assert state(site, "syt@tinh.gov.vn") == MailboxState.SUSPENDED
    assert state(site, AN) != MailboxState.SUSPENDED
    assert "Đã đóng" in admin.read(ROUND)
    assert admin.get(f"{ROUND}/close").status_code == 422
    assert syt.get(ROUND).status_code == 303  # suspended: the session is over


def test_a_round_that_is_not_there_is_not_there(site: Site) -> None:
    admin = Browser(site, ADMIN)
    for path in ("/reviews/khong-co", "/reviews/khong-co/confirm", "/reviews/khong-co/close"):
        assert admin.get(path).status_code == 404
