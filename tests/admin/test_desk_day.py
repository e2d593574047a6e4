"""The register of a day: the decree's columns, only the documents of that desk and day, safe to open as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control import grants
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.clock import DAY, HOUR, local_time
from mailhub.queue.records import Inspecting
from mailhub.store.database import Database
from tests.queue.parts import NOW, message, put, seal
from tests.registry.parts import DECISION, facts, keep, sighting
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.sheets import sheet_rows
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

DESK = "vanthu.snv@tinh.gov.vn"
IN = [
    "Ngày đến", "Số đến", "Tác giả", "Số, ký hiệu văn bản", "Ngày, tháng văn bản",
    "Tên loại và trích yếu nội dung văn bản", "Đơn vị hoặc người nhận", "Ngày chuyển", "Ký nhận", "Ghi chú",
]  # fmt: skip
OUT = [
    "Số, ký hiệu văn bản", "Ngày, tháng văn bản", "Tên loại và trích yếu nội dung văn bản", "Người ký",
    "Nơi nhận văn bản", "Đơn vị, người nhận bản lưu", "Số lượng bản", "Ngày chuyển", "Ký nhận", "Ghi chú",
]  # fmt: skip
FOREIGN = {**DECISION, "number_symbol": "9/SYT-VP", "issuer": "SỞ Y TẾ", "subject": '=HYPERLINK("http://x";"y")'}


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """Today the desk of snv sends its decision (PDF and Word in two mails) and gets a letter of syt."""
    database = sqlite_database
    make_province(database)
    make_account(database, "vt@tinh.gov.vn", agency="snv")
    make_account(database, "bs@tinh.gov.vn", agency="syt")
    with database.write() as c:
        desk = service.create_account(c, ROOT, DESK, "Văn thư Sở Nội vụ", agency="snv", kind=MailboxKind.ROLE)
        grants.grant_role(c, ROOT, "vt@tinh.gov.vn", Role.CLERK, agency="snv", reason="x")
        grants.grant_role(c, ROOT, "bs@tinh.gov.vn", Role.CLERK, agency="syt", reason="x")
    made = new_site(database, tmp_path)
    at = made.clock()
    sent = [sighting(name, facts(), at=at, account_id=desk) for name in ("pdf", "docx")]
    got = sighting("syt", facts(FOREIGN), at=at)
    for one in sent:
        put(database, message("bs@tinh.gov.vn", "ai@dn.example", id=one.message_id, sender=DESK))
    put(database, message(DESK, id=got.message_id, sender="bs@tinh.gov.vn"))
    keep(database, *sent, got)
    yield made
    made.jobs.close()


def today(site: Site) -> str:
    return local_time(site.clock()).date().isoformat()


def rows(browser: Browser, asked: str) -> list[list[str]]:
    answer = browser.get(f"/documents/today?{asked}&format=xlsx")
    assert answer.headers["content-disposition"].startswith("attachment")
    return sheet_rows(answer.content)


def test_what_came_stands_in_the_columns_of_the_register_of_documents_received(site: Site) -> None:
    heads, *lines = rows(Browser(site, "vt@tinh.gov.vn"), f"place={DESK}&day={today(site)}&direction=in")
    assert heads == IN
    assert len(lines) == 1
    assert lines[0][1] == lines[0][8] == ""  # Số đến, Ký nhận: the clerk's
    assert lines[0][2:4] == ["SỞ Y TẾ", "9/SYT-VP"]
    assert lines[0][6] == DESK


@pytest.mark.parametrize("place", [DESK, "snv"])
def test_what_went_out_twice_is_one_line_of_the_register_of_documents_sent(site: Site, place: str) -> None:
    heads, *lines = rows(Browser(site, "vt@tinh.gov.vn"), f"place={place}&day={today(site)}&direction=out")
    assert heads == OUT
    numbers = [line[0] for line in lines]
    assert numbers.count("15/QĐ-SNV") == 1
    line = next(line for line in lines if line[0] == "15/QĐ-SNV")
    assert line[3] == "Trần Thị Bình"
    assert "ai@dn.example" in line[4]
    assert line[9].count(",") == 1  # both mails


def test_what_was_sealed_is_one_line_that_says_so_and_the_first_file_is_found_from_it(site: Site) -> None:
    at, clerk = site.clock(), Browser(site, "vt@tinh.gov.vn")
    paper = {**DECISION, "number_symbol": "77/SNV-VP", "issue_date": ""}  # without a day: no identity
    with site.database.read() as c:
        desk = find_mailbox(c, DESK).id
    before, after = (sighting(name, facts(paper), at=at, account_id=desk) for name in ("before", "after"))
    waits = Inspecting(until=NOW + HOUR, what=("a.pdf",))
    first = message("bs@tinh.gov.vn", id=before.message_id, code=before.code, sender=DESK, inspecting=waits)
    put(site.database, first)
    copy = seal(site.database, first, (before.sha256, after.sha256))
    keep(site.database, before, replace(after, message_id=copy.id, code=copy.code))
    _, *lines = rows(clerk, f"place={DESK}&day={today(site)}&direction=out")
    (line,) = (line for line in lines if line[0] == "77/SNV-VP")
    assert line[9] == f"{copy.code}; Đã ký số của cơ quan"
    listed = clerk.get("/documents?q=77/SNV-VP")
    assert words(listed.text).count("77/SNV-VP") == 2  # the chip of the search, and one row
    assert "Đã ký số của cơ quan" in listed.text
    (path,) = set(re.findall(r"/documents/\d{12,}", listed.text))
    page = clerk.get(path)
    assert "Tệp trước khi ký số" in page.text
    others = set(re.findall(r"/documents/(\d{12,})\"", page.text)) - {path.rpartition("/")[2]}
    assert before.sha256.hex() in clerk.get(f"/documents/{others.pop()}").text


def test_another_day_another_desk_and_another_agency_show_nothing(site: Site) -> None:
    clerk, other = Browser(site, "vt@tinh.gov.vn"), Browser(site, "bs@tinh.gov.vn")
    yesterday = local_time(site.clock() - DAY).date().isoformat()
    assert "không có văn bản nào" in clerk.read(f"/documents/today?place={DESK}&day={yesterday}")
    foreign = words(other.get(f"/documents/today?place={DESK}").text)
    missing = words(other.get("/documents/today?place=khong@tinh.gov.vn").text)
    assert "15/QĐ-SNV" not in foreign
    assert foreign.replace(DESK, "") == missing.replace("khong@tinh.gov.vn", "")
    assert DESK not in other.get("/documents/today").text


def test_a_day_beyond_the_calendar_is_the_nearest_one_that_a_hub_may_know(site: Site) -> None:
    clerk = Browser(site, "vt@tinh.gov.vn")
    for asked, shown in (("0001-01-01", "01/01/2000"), ("9999-12-31", f"{local_time(site.clock()):%d/%m/%Y}")):
        assert shown in clerk.read(f"/documents/today?place=snv&day={asked}")
