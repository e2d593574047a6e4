"""A staff list in the browser: uploaded, read row by row, agreed to by a second person, applied, undone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.control import proposals
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import MailboxState
from mailhub.accounts.rights import Role
from mailhub.admin.frame.jobs import Jobs
from mailhub.admin.frame.models import WebJob
from mailhub.admin.frame.site import Site
from mailhub.admin.listing.export import as_xlsx
from mailhub.admin.organisation.lists import originals, sealer_of
from mailhub.roster import applying
from mailhub.roster.keeping import find_import
from mailhub.roster.source import read_original
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.rosters import everything
from tests.support.web import Browser, new_site

__all__ = ["sqlite_database"]

HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Email", "Mã lương")
CANARY = '=HYPERLINK("http://evil.example","x")'
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    make_province(sqlite_database)
    people = {"quantri@tinh.gov.vn": ("tinh", Role.SYSTEM_ADMIN), "duyet@tinh.gov.vn": ("tinh", Role.APPROVER)}
    people |= {"syt@tinh.gov.vn": ("syt", Role.AGENCY_ADMIN), "snv@tinh.gov.vn": ("snv", Role.AGENCY_ADMIN)}
    for address, (agency, role) in people.items():
        make_account(sqlite_database, address, agency=agency)
        where = "" if agency == "tinh" else agency
        with sqlite_database.write() as c:
            grant_role(c, ROOT, address, role, agency=where, reason="thử")
    (tmp_path / "keys").mkdir(mode=0o700)
    one = new_site(sqlite_database, tmp_path)
    yield one
    one.jobs.close()


def xlsx(*rows: tuple[str, ...]) -> bytes:
    return as_xlsx(HEADER, rows)


def await_work(browser: Browser, path: str) -> str:
    """Where the work leads once it is done."""
    site, number = browser.site, int(path.rsplit("/", 1)[1])
    site.jobs.close()
    site.jobs = Jobs(site.database, site.name, site.clock)
    with site.database.read() as c:
        row = c.execute(select(WebJob.state, WebJob.told).where(WebJob.id == number)).one()
    assert row.state == "done", row.told
    return str(browser.get(path).headers["location"])


def upload(browser: Browser, data: bytes, **fields: str) -> str:
    """The page of the plan."""
    sent = browser.send("/rosters/new", fields, files={"file": ("danh-sach-T10.xlsx", data)})
    assert sent.status_code == 303, sent.text
    return await_work(browser, sent.headers["location"])


def press(browser: Browser, path: str, **fields: str) -> str:
    """The preview's text, then the second press; gives where it led."""
    preview = browser.send(path, fields)
    assert preview.status_code == 200, preview.text
    assert 'name="sure"' in preview.text
    done = browser.send(path, fields | {"sure": "1"})
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


def test_a_list_is_planned_agreed_to_applied_and_undone_to_what_was_before(site: Site) -> None:
    admin, second = Browser(site, "quantri@tinh.gov.vn"), Browser(site, "duyet@tinh.gov.vn")
    an = ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "")
    binh = ("2", "Trần Thị Bình", "06/04/1985", "Chuyên viên", "", "")
    page = upload(admin, xlsx(an, binh), agency="snv-vp", origin="Sở Nội vụ", dated="2026-11-21")
    text = admin.read(page)
    assert "Nguồn Sở Nội vụ" in text
    assert "21/11/2026" in text
    assert re.search(r"\+ 2 tạo mới", text)
    assert "annv@tinh.gov.vn" in text
    await_work(admin, press(admin, f"{page}/apply", reason="QĐ 156"))
    assert "Đã áp dụng 2 dòng" in admin.read(page)

    before = everything(site.database)
    changed = (*an[:3], "Chánh Văn phòng", "", "")
    page = upload(admin, xlsx(changed), agency="snv-vp", complete="1")
    text = admin.read(page)
    assert "chức vụ: Trưởng phòng → Chánh Văn phòng" in text
    assert "1 thu hồi = 50,00 % số hộp thư" in text
    assert "binhtt@tinh.gov.vn" in admin.read(f"{page}?act=end")
    assert "annv@tinh.gov.vn" not in admin.read(f"{page}?act=end")
    refused = admin.send(f"{page}/apply", {"reason": "x"})
    assert refused.status_code == 422
    assert "người thứ hai" in refused.text
    assert admin.send(f"{page}/ask", {"reason": ""}).status_code == 422
    assert admin.send(f"{page}/ask", {"reason": "QĐ 157"}).status_code == 303
    assert "Đang chờ người thứ hai" in admin.read(page)
    with site.database.write() as c:
        who = actor_of(c, find_mailbox(c, "duyet@tinh.gov.vn"), at=site.clock(), proved=True)
        code = proposals.list_proposals(c, who, waiting=True)[0].code
        proposals.decide(c, who, code, agree=True)
    await_work(admin, press(admin, f"{page}/apply"))
    with site.database.read() as c:
        assert (
            service.show_account(c, ROOT, "binhtt@tinh.gov.vn", at=site.clock()).mailbox.state == MailboxState.RETAINED
        )
    assert "Hoàn tác được đến" in admin.read(page)
    assert admin.send(f"{page}/undo", {}).status_code == 422
    await_work(admin, press(admin, f"{page}/undo", reason="nhầm tệp"))
    assert "Đã trở lại như trước 2 dòng; giữ lại 0 dòng" in admin.read(page)
    assert everything(site.database) == before
    assert second.get(page).status_code == 403  # who only agrees looks at the proposal


def test_what_a_list_says_stays_text_and_faulty_rows_come_back_with_what_to_mend(site: Site) -> None:
    admin = Browser(site, "quantri@tinh.gov.vn")
    bad = ("1", "Lê Thị Cúc", "31/02/1990", CANARY, "", "")
    hostile = ("2", "Phạm Văn Dũng", "01/02/1990", SCRIPT, "", CANARY)
    page = upload(admin, xlsx(bad, hostile), agency="snv", origin=SCRIPT)
    html = admin.get(page).text
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "Cột không dùng: Mã lương" in admin.read(page)
    faults = admin.get(f"{page}/file/faults")
    assert "attachment" in faults.headers["content-disposition"]
    assert faults.headers["x-content-type-options"] == "nosniff"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(faults.content)).get_sheet_by_index(0).to_python()
    assert rows[0][1:3] == ["STT", "Họ và tên"]
    assert rows[1][0] == 2
    assert {"Lê Thị Cúc", CANARY} <= set(rows[1])
    assert "Ngày sinh" in str(rows[1][-1])
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(faults.content)).read("xl/worksheets/sheet1.xml")
    exported = admin.get(f"{page}?format=csv").content.decode("utf-8-sig")
    assert not re.search(r'(?m)(^|,)"?[=+@-]', exported.replace("\r", ""))
    assert admin.get(f"{page}/file/original").content == xlsx_of(site, page)
    # A column that nobody knew is named, and the same file planned again.
    again = admin.send(f"{page}/columns", {"column-0": "note"})
    assert again.status_code == 303, again.text
    assert "Cột không dùng" not in admin.read(await_work(admin, again.headers["location"]))


def xlsx_of(site: Site, page: str) -> bytes:
    with site.database.read() as c:
        digest = find_import(c, page.rsplit("/", 1)[1]).file_digest
    return read_original(originals(site.settings), digest, sealer_of(site.settings))


def test_an_agency_plans_its_own_list_and_neither_applies_it_nor_sees_others(site: Site) -> None:
    snv, syt = Browser(site, "snv@tinh.gov.vn"), Browser(site, "syt@tinh.gov.vn")
    page = upload(snv, xlsx(("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "")), agency="snv")
    assert "Quản trị hệ thống thư của tỉnh xem và áp dụng" in snv.read(page)
    assert snv.send(f"{page}/apply", {"sure": "1"}).status_code in (403, 404)
    code = page.rsplit("/", 1)[1]
    assert code in snv.read("/rosters")
    assert code not in syt.read("/rosters")
    for path in (page, f"{page}/file/original", f"{page}/file/faults", f"{page}/columns"):
        assert syt.get(path).status_code == 404
    foreign = syt.send("/rosters/new", {"agency": "snv"}, files={"file": ("a.xlsx", b"PK")})
    nowhere = syt.send("/rosters/new", {"agency": "khong-co"}, files={"file": ("a.xlsx", b"PK")})
    assert foreign.status_code == nowhere.status_code == 422
    said = [re.findall(r'id="f-agency-wrong">(.*?)<', one.text) for one in (foreign, nowhere)]
    assert said[0] == said[1] != []


def test_what_was_interrupted_goes_on_and_what_cannot_be_read_says_why(site: Site) -> None:
    admin = Browser(site, "quantri@tinh.gov.vn")
    empty = admin.send("/rosters/new", {"agency": "snv"})
    assert empty.status_code == 422
    assert "Đề nghị chọn tệp" in empty.text
    people = [(str(n), f"Nguyễn Văn Số{'abcdefgh'[n]}", "05/03/1975", "Chuyên viên", "", "") for n in range(4)]
    page = upload(admin, xlsx(*people), agency="syt")
    code = page.rsplit("/", 1)[1]
    rules = site.settings.accounts
    with site.database.write() as c:
        applying.begin(c, ROOT, code, rules=rules)
    with site.database.write() as c:
        applying.apply_batch(c, ROOT, code, rules=rules, size=2)
    assert "bị gián đoạn" in admin.read(page)
    await_work(admin, press(admin, f"{page}/apply"))
    assert "Đã áp dụng 4 dòng" in admin.read(page)
    assert admin.send(f"{page}/retry", {"lines": "mười"}).status_code == 422
    sent = admin.send("/rosters/new", {"agency": "snv"}, files={"file": ("x.xlsx", b"not a table")})
    number = int(sent.headers["location"].rsplit("/", 1)[1])
    site.jobs.close()
    with site.database.read() as c:
        state = c.execute(select(WebJob.state).where(WebJob.id == number)).scalar_one()
    assert state == "failed"
    assert "không" in admin.read(f"/work/{number}")
