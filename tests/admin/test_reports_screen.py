"""Báo cáo in the browser: what managers see, choose, download, have sent, and where a figure leads."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import insert, select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role, take_role
from mailhub.accounts.models import Mailbox
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.admin.charts import draw
from mailhub.admin.frame.site import Site
from mailhub.clock import HOUR, midnight
from mailhub.i18n import texts
from mailhub.ids import first_id
from mailhub.policy.facts import Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.reports.values import Chart, ChartKind
from mailhub.screening.models import PolicyDecision, PrivateMailUse
from mailhub.screening.records import codec
from mailhub.store.database import Database
from tests.reports.rendering.samples import sample
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

BOSS, WATCHER, ADMIN, OFFICIAL = "gd@tinh.gov.vn", "atm@tinh.gov.vn", "qt.snv@tinh.gov.vn", "cv@tinh.gov.vn"
EVIL = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>"
DAY, FROM, NOW = date(2026, 10, 20), midnight(date(2026, 1, 1)), midnight(date(2026, 11, 22)) + 9 * HOUR
# Of the department's office, its own unit and of another department.
USES = {"cv@tinh.gov.vn": 17, "vp@tinh.gov.vn": 2_600, "bs@tinh.gov.vn": 31}


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    make_province(sqlite_database)
    places = {BOSS: "snv", WATCHER: "tinh", ADMIN: "snv", OFFICIAL: "snv", "vp@tinh.gov.vn": "snv-vp"}
    for address, agency in (places | {"bs@tinh.gov.vn": "syt"}).items():
        make_account(sqlite_database, address, agency=agency)
    with sqlite_database.write() as c:
        service.add_agency(c, ROOT, "evil", EVIL, parent="snv")
        grant_role(c, ROOT, BOSS, Role.MANAGER, agency="snv", reason="thử", from_at=FROM)
        grant_role(c, ROOT, WATCHER, Role.AUDITOR, reason="thử", from_at=FROM)
        grant_role(c, ROOT, ADMIN, Role.AGENCY_ADMIN, agency="snv", reason="thử", from_at=FROM)
    make_account(sqlite_database, "evil@tinh.gov.vn", agency="evil")
    _fill(sqlite_database)
    one = new_site(sqlite_database, tmp_path)
    one.clock = lambda: NOW
    return one


def _fill(database: Database) -> None:
    with database.write() as c:
        boxes = {row.address: row for row in c.execute(select(Mailbox.address, Mailbox.id, Mailbox.agency_id))}
        for place, (address, number) in enumerate((USES | {"evil@tinh.gov.vn": 5}).items()):
            box = boxes[address]
            row = {"day": DAY, "account_id": box.id, "agency_id": box.agency_id, "provider": "gmail.com"}
            c.execute(insert(PrivateMailUse).values(row | {"sent": number}))
            at = midnight(DAY) + 10 * HOUR
            to = {"x@gmail.com": RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")}
            facts = Facts(message=MessageFacts(origin=Origin.OWN), sender=SenderFacts(), recipients=to, at=at)
            decision = {"message_id": first_id(at) + place, "code": f"7K4-QW2-M{place + 2}", "version": 1}
            decision |= {"account_id": box.id, "agency_id": box.agency_id, "outcome": "{}"}
            c.execute(insert(PolicyDecision).values(decision | {"facts": codec.dump(facts)}))


def test_a_manager_reads_the_last_closed_month_with_definitions_and_goes_into_it(site: Site) -> None:
    boss = Browser(site, BOSS)
    page = boss.get("/reports")
    assert page.status_code == 200
    text = words(page.text)
    assert "15/10/2026 đến hết ngày 14/11/2026" in text
    assert "2.622" in text  # 17 + 2.600 + 5, and not Sở Y tế's 31
    assert "Sở Y tế" not in text
    assert "Xếp hạng số thư trên 100 người" in text
    assert "Cách tính" in text
    assert text.index("Gửi đến hộp thư cá nhân") < text.index("Thư cán bộ gửi đến hộp thư cá nhân")
    assert "Từ đó đến nay: Tháng 12/2026 (15/11/2026 – 14/12/2026), chưa chốt" in text
    month = re.search(r'href="(/reports\?[^"]*from=2026-11-01&amp;to=2026-11-22[^"]*)"', page.text)
    assert month is not None
    assert "Từ đó đến nay" not in boss.read(month[1].replace("&amp;", "&"))
    assert re.search(r'<rect class="series-1" x="0.0" width="1000', page.text)
    assert "style=" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text
    unit = re.search(r'href="(/reports\?[^"]*agency=snv-vp[^"]*)"', page.text)
    assert unit is not None
    assert "2.600" in boss.read(unit[1].replace("&amp;", "&"))
    for kind in ("adoption", "documents", "rules"):
        assert boss.get(f"/reports?kind={kind}&period=2026-Q3").status_code == 200
    english = Browser(site, BOSS)
    english.http.cookies.set("language", "en", domain="mail.tinh.gov.vn", path="/")
    assert "How it is counted" in english.read("/reports?period=2026")


def test_what_names_no_period_or_agency_is_said_and_nothing_breaks(site: Site) -> None:
    boss = Browser(site, BOSS)
    for query in (
        "period=2026-13",
        "period=%3Cb%3E",
        "from=2026-02-30",
        "from=2026-11-02&to=2026-11-01",
        "period=9999",
    ):
        assert "Không có kỳ báo cáo" in boss.read(f"/reports?{query}")
        assert boss.get(f"/reports/file/csv?{query}").status_code == 404
    for code in ("syt", "tinh", "no-such", "'"):
        page = boss.get(f"/reports?agency={code}")
        assert page.status_code == 404
        assert "2.6" not in words(page.text)
        assert boss.get(f"/reports/file/csv?agency={code}").status_code == 404
    assert boss.get("/reports/file/odt").status_code == 404
    assert "20/10/2026" in boss.read("/reports?from=2026-10-20&to=2026-10-20")


def test_the_files_have_the_screens_numbers_and_are_downloads(site: Site) -> None:
    boss = Browser(site, BOSS)
    query = "kind=usage&period=2026-11"
    answer = boss.get(f"/reports/file/csv?{query}")
    assert answer.headers["content-disposition"] == 'attachment; filename="mailhub-usage-2026-11-snv.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "2622" in {cell for row in rows for cell in row}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    paper = Document(io.BytesIO(boss.get(f"/reports/file/docx?{query}").content))
    cells = {cell.text for table in paper.tables for row in table.rows for cell in row.cells}
    assert "2.622" in cells
    assert EVIL in cells
    for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("json", b"{")):
        assert boss.get(f"/reports/file/{form}?{query}").content.startswith(start)


def listed(reader: Browser, path: str) -> set[str]:
    """The mailboxes in a list of messages."""
    page = reader.get(path)
    assert page.status_code == 200
    rows = page.text.partition("<tbody")[2].partition("</tbody>")[0]
    return set(re.findall(r"[\w.]+@tinh\.gov\.vn", words(rows)))


def test_only_who_may_see_people_comes_from_a_figure_to_its_messages(site: Site) -> None:
    boss, admin, official = Browser(site, BOSS), Browser(site, ADMIN), Browser(site, OFFICIAL)
    page = boss.get("/reports?period=2026-11")
    link = re.search(r'href="(/reports/private-mail\?[^"]*agency=snv-vp[^"]*)"', page.text)
    assert link is not None
    assert listed(boss, link[1].replace("&amp;", "&")) == {"vp@tinh.gov.vn"}
    days = "from=2026-10-20&to=2026-10-20"
    assert listed(boss, f"/reports/private-mail?{days}") == {"cv@tinh.gov.vn", "vp@tinh.gov.vn", "evil@tinh.gov.vn"}
    assert listed(boss, f"/reports/private-mail?{days}&provider=yahoo.com") == set()
    assert listed(boss, f"/reports/private-mail?{days}&address=vp@tinh.gov.vn") == {"vp@tinh.gov.vn"}
    for code in ("syt", "no-such"):
        assert listed(boss, f"/reports/private-mail?{days}&agency={code}") == set()
        assert texts("vi")("web.listing.no-agency") in boss.get(f"/reports/private-mail?{days}&agency={code}").text
    with site.database.read() as c:
        noted = [row.action for row in c.execute(select(AuditRow.action).where(AuditRow.actor == BOSS))]
    assert {"use.people", "report.read"} <= set(noted)
    # From there to the timeline and the account go those who have these pages.
    with site.database.write() as c:
        grant_role(c, ROOT, OFFICIAL, Role.SECURITY_OFFICER, reason="thử", from_at=FROM)
    ways = ('href="/mail/7K4-QW2-M', 'href="/accounts/vp@tinh.gov.vn"')
    assert [way in boss.get(f"/reports/private-mail?{days}").text for way in ways] == [False, False]
    assert [way in official.get(f"/reports/private-mail?{days}").text for way in ways] == [True, True]
    with site.database.write() as c:
        take_role(c, ROOT, OFFICIAL, Role.SECURITY_OFFICER, reason="thử", at=NOW)
    # The agency's administrator has figures, and neither names nor a way to them.
    figures = admin.get("/reports?period=2026-11")
    assert figures.status_code == 200
    assert "/reports/private-mail" not in figures.text
    assert "vp@tinh.gov.vn" not in figures.text
    assert admin.get("/reports/private-mail").status_code in (403, 404)
    for path in ("/reports", "/reports/file/csv", "/reports/private-mail"):
        assert official.get(path).status_code in (403, 404)


def test_the_public_version_names_nobody_and_suppresses_small_numbers(site: Site) -> None:
    assert "Bản công khai" not in Browser(site, BOSS).read("/reports")  # a department has none of its own
    watcher = Browser(site, WATCHER)
    page = watcher.get("/reports?period=2026-11&public=1")
    text = words(page.text)
    assert "Bản công khai" in text
    for refused in ("period=2026-12", "from=2026-11-01&to=2026-11-03", "period=2026-11&agency=snv"):
        assert "Không có bản công khai này: bản công khai chỉ lập cho" in watcher.read(f"/reports?public=1&{refused}")
        assert watcher.get(f"/reports/file/csv?public=1&{refused}").status_code in (400, 422)
    assert "vp@tinh.gov.vn" not in text
    assert "/reports/private-mail" not in page.text
    assert "public=1" in re.search(r'href="(/reports/file/docx[^"]*)"', page.text)[1]  # type: ignore[index]


def test_a_report_by_mail_is_asked_for_seen_and_ended_by_its_owner(site: Site) -> None:
    boss, watcher = Browser(site, BOSS), Browser(site, WATCHER)
    asked = {"kind": "usage", "agency": "", "period": "2026-11", "every": "quarter", "formats": ["docx", "xlsx"]}
    assert boss.send("/reports/schedules", asked | {"formats": []}).status_code == 422
    for code in ("tinh", "syt"):  # neither is a department's to read
        assert boss.send("/reports/schedules", asked | {"agency": code}).status_code == 404
    assert 'name="agency" value="snv"' in boss.get("/reports").text
    assert boss.send("/reports/schedules", asked).status_code == 303  # as far as the right reaches: snv
    text = boss.read("/reports")
    assert "Lần gửi tới: 15/12/2026" in text
    assert "DOCX, XLSX" in text
    again = boss.send("/reports/schedules", asked | {"agency": "snv"})
    assert again.status_code == 422
    number = re.search(r"/reports/schedules/(\d+)/end", boss.get("/reports").text)
    assert number is not None
    assert "/reports/schedules/" + number[1] not in watcher.get("/reports").text
    assert watcher.send(f"/reports/schedules/{number[1]}/end").status_code == 404
    assert boss.send("/reports/schedules/x/end").status_code == 404
    assert boss.send(f"/reports/schedules/{number[1]}/end").status_code == 303
    assert "Lần gửi tới" not in boss.read("/reports")


def test_charts_are_drawn_from_the_tables_own_cells() -> None:
    table = sample(names=("A", "B")).table("by-agency")
    drawn = draw(table, "vi")
    assert drawn is not None
    assert [bar.words for bar in drawn.bars] == ["2.701", "2.702", "*"]
    assert [bar.pieces[0].length for bar in drawn.bars] == [999.6, 1000.0, 0.0]
    assert table.chart is not None
    assert table.chart.kind is ChartKind.BAR


def test_a_bar_of_a_share_is_as_long_as_the_share() -> None:
    """73 % fills 73 % of the room, whatever the largest share is."""
    table = sample(names=("A", "B")).table("by-agency")
    drawn = draw(replace(table, chart=Chart(kind=ChartKind.BAR, label="agency", series=("share",))), "vi")
    assert drawn is not None
    assert [bar.pieces[0].length for bar in drawn.bars] == [82.0, 84.3, 0.0]  # 37 and 38 of 451
