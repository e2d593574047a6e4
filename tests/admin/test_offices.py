"""Role mailboxes in the browser: who holds them, who held them when, and handing over with its record."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control.log_reading import LogFilter, log_page
from mailhub.admin.frame.site import Site
from mailhub.clock import local_time, midnight
from mailhub.store.database import Database
from tests.support.accounts import ROOT
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, BINH, DESK, SCRIPT, SNV, SYT, SYT_DESK, peopled_site, press
from tests.support.web import Browser, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit
MARCH = midnight(date(2026, 3, 1))
NOON = midnight(date(2026, 6, 15)) + 12 * 3_600_000


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    made = peopled_site(sqlite_database, tmp_path)
    with made.database.write() as c:
        service.hold_role(c, ROOT, DESK, AN, from_at=MARCH, at=MARCH)
        service.hand_over_role(c, ROOT, DESK, AN, BINH, reason="BB 12/BB-SNV", at=NOON)
    return made


def test_who_held_an_office_on_a_day_is_answered_in_a_sentence(site: Site) -> None:
    admin, here = Browser(site, ADMIN), f"/offices/{DESK}"
    march = admin.read(f"{here}?on=2026-03-03")
    said = "Ngày 03/03/2026, Nguyễn Văn An (annv@tinh.gov.vn) phụ trách vanthu.snv@tinh.gov.vn"
    assert f"{said}, từ 01/03/2026 đến 12:00 15/06/2026." in march
    both = admin.read(f"{here}?on=15/06/2026")
    assert "Ngày 15/06/2026 (đến 12:00), Nguyễn Văn An" in both
    assert "Ngày 15/06/2026 (từ 12:00), Trần Thị Bình" in both
    assert "Ngày 28/02/2026, không có ai được ghi là phụ trách" in admin.read(f"{here}?on=2026-02-28")
    assert "annv@tinh.gov.vn) phụ trách" not in admin.read(f"{here}?on=2026-06-16")
    assert "Ngày" in admin.read(f"{here}?on=31/02/2026")  # no such day: it says so beside the field


def test_offices_without_a_holder_are_a_filter_and_leave_as_files(site: Site) -> None:
    admin = Browser(site, ADMIN)
    everything = admin.read("/offices")
    assert "Trần Thị Bình" in everything
    vacant = admin.read("/offices?holder=vacant")
    assert SYT_DESK in vacant
    assert DESK not in vacant
    assert DESK in admin.read("/offices?q=n%E1%BB%99i+v%E1%BB%A5".replace("n%", "N%"))
    csv = admin.get("/offices?holder=vacant&format=csv").content.decode("utf-8-sig")
    assert SYT_DESK in csv
    assert DESK not in csv


def test_an_office_is_opened_given_handed_over_and_taken_back(site: Site) -> None:
    admin = Browser(site, ADMIN)
    made = admin.send("/offices/new", {"address": "motcua.snv@tinh.gov.vn", "name": SCRIPT, "agency": "snv"})
    assert made.status_code == 303, made.text
    here = made.headers["location"]
    assert SCRIPT not in admin.get(here).text
    preview, _ = press(admin, f"{here}/hold", holder=AN, until="2099-12-31", reason="QĐ 1")
    assert "Sau đó phụ trách: Nguyễn Văn An" in preview
    assert "đến hết ngày 31/12/2099" in admin.read(here)
    without = admin.send(f"{here}/hand-over", {"holder": AN, "successor": BINH})
    assert without.status_code == 422  # a hand-over has its record
    preview, _ = press(admin, f"{here}/hand-over", holder=AN, successor=BINH, note="Biên bản 12/BB-SNV")
    assert "Trần Thị Bình" in preview
    assert "Sau đó phụ trách: Nguyễn Văn An" not in preview
    with site.database.read() as c:
        newest = log_page(c, ROOT, LogFilter(object="motcua.snv@tinh.gov.vn"), limit=1)[0]
    assert newest["reason"] == "Biên bản 12/BB-SNV"
    preview, _ = press(admin, f"{here}/release", holder=BINH)
    assert "chưa có ai phụ trách" in preview
    assert "Chưa có người phụ trách" in admin.read(here)


def test_another_agencys_offices_are_neither_listed_nor_there(site: Site) -> None:
    syt, snv = Browser(site, SYT), Browser(site, SNV)
    assert DESK not in syt.read("/offices")
    assert DESK in snv.read("/offices")
    missing = syt.get("/offices/khong.co@tinh.gov.vn")
    for path in (f"/offices/{DESK}", f"/offices/{DESK}/hold", f"/offices/{AN}/hold"):
        assert syt.get(path).status_code == missing.status_code == 404
    assert syt.send(f"/offices/{DESK}/hold", {"holder": SYT, "sure": "1"}).status_code == 404
    foreign = syt.send(f"/offices/{SYT_DESK}/hold", {"holder": AN})
    nobody = syt.send(f"/offices/{SYT_DESK}/hold", {"holder": "khong.co@tinh.gov.vn"})
    assert foreign.status_code == nobody.status_code == 422
    assert "trong phạm vi" in foreign.text
    assert "trong phạm vi" in nobody.text


PAST = {"holder": AN, "from": "2026-01-05", "until": "28/02/2026", "reason": f"QĐ 5/QĐ-SNV {SCRIPT}"}


def test_a_past_holding_is_entered_answers_the_question_and_says_when_it_was_entered(site: Site) -> None:
    admin, here = Browser(site, ADMIN), f"/offices/{DESK}"
    preview, led = press(admin, f"{here}/past", **PAST)
    assert "từ 05/01/2026 đến hết ngày 28/02/2026" in preview
    assert "Không mở quyền" in preview
    assert led == here
    raw = admin.get(f"{here}?on=2026-02-03").text
    assert SCRIPT not in raw
    page, today = words(raw), f"{local_time(site.clock()):%d/%m/%Y}"
    assert "Ngày 03/02/2026, Nguyễn Văn An (annv@tinh.gov.vn) phụ trách vanthu.snv@tinh.gov.vn" in page
    assert "Căn cứ: QĐ 5/QĐ-SNV" in page
    assert f"{today}, sau ngày bắt đầu; người nhập: {ADMIN}" in page
    assert "Chỉ ghi lại theo quyết định" in page
    assert f"Nhập ngày {today}" in words(admin.get(f"/accounts/{AN}/history").text)
    nobody = admin.read(f"{here}?on=2026-01-04")
    assert "không có ai được ghi là phụ trách" in nobody
    assert "Sau đó: Nguyễn Văn An" in nobody
    assert AN in admin.read("/offices?on=2026-02-03")
    assert "Trần Thị Bình" in admin.read("/offices?on=2026-06-15")


def test_what_is_wrong_with_a_past_holding_stands_beside_its_field_and_nothing_is_lost(site: Site) -> None:
    admin, here = Browser(site, ADMIN), f"/offices/{DESK}/past"
    for changed, said in (
        ({"until": "2026-01-04"}, "Ngày cuối phải từ ngày bắt đầu trở đi"),
        ({"until": "2099-01-01"}, "Ngày cuối chưa qua"),
        ({"reason": " "}, "Cần điền"),
        ({"until": "2026-03-01"}, f"đã ghi {AN} phụ trách {DESK} từ 01/03/2026 đến hết 15/06/2026"),
        ({"from": ""}, "Cần điền"),
    ):
        page = admin.send(here, PAST | changed)
        assert page.status_code == 422
        assert said in words(page.text), words(page.text)
        assert f'value="{AN}"' in page.text
    late = admin.send(f"/offices/{DESK}/hold", {"holder": AN, "from": "2026-07-01"})
    assert "Ngày bắt đầu đã qua" in late.text
