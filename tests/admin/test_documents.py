"""Văn bản on the web: found within one's reach alone, shown with the evidence, corrected, and never run as code."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from mailhub.accounts.control import grants
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.queue.tables import message_table, recipient_table
from mailhub.registry.tables import attachment_table, document_table
from mailhub.signatures.models import SignatureVerdict
from mailhub.store.database import Database
from tests.registry.parts import DECISION, facts, keep, received, recognition, sighting
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.sheets import sheet_rows
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

HOSTILE = "=cmd|'/c calc'!A1 <script>alert(\"x\")</script>"
HEALTH = {**DECISION, "number_symbol": "87/SYT-NVY", "issuer": "SỞ Y TẾ", "doc_type": "CV", "subject": "Phòng dịch"}


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """A clerk of snv, an official of syt; a decision to snv with a hostile subject and file name, a letter to syt."""
    database = sqlite_database
    make_province(database)
    for address, agency in (("vt@tinh.gov.vn", "snv"), ("bs@tinh.gov.vn", "syt"), ("qt@tinh.gov.vn", "tinh")):
        make_account(database, address, agency=agency)
    with database.write() as c:
        grants.grant_role(c, ROOT, "vt@tinh.gov.vn", Role.CLERK, agency="snv", reason="x")
        grants.grant_role(c, ROOT, "qt@tinh.gov.vn", Role.SYSTEM_ADMIN, reason="x")
    read = recognition({**DECISION, "subject": HOSTILE}, doubted={"urgency": "HỎA TỐC"})
    here = sighting("a", facts(recognition=read), names=(f"{HOSTILE}.pdf",))
    there = sighting("b", facts(HEALTH))
    received(database, here.message_id, "vt@tinh.gov.vn")
    received(database, there.message_id, "bs@tinh.gov.vn")
    keep(database, here, there)
    made = new_site(database, tmp_path)
    yield made
    made.jobs.close()


def ident(site: Site, number: str) -> str:
    with site.database.read() as c:
        found = c.scalar(select(document_table.c.id).where(document_table.c.number_symbol == number))
    assert found is not None
    return str(found)


def audited(site: Site) -> list[tuple[str, str]]:
    with site.database.read() as c:
        rows = c.execute(select(AuditRow.action, AuditRow.object).where(AuditRow.actor == "vt@tinh.gov.vn"))
        return [(row.action, row.object) for row in rows]


def test_a_clerk_finds_what_went_through_the_agency_and_nothing_of_others(site: Site) -> None:
    clerk = Browser(site, "vt@tinh.gov.vn")
    page = clerk.read("/documents")
    assert "15/QĐ-SNV" in page
    assert "87/SYT-NVY" not in page
    assert "87/SYT-NVY" not in clerk.read("/documents?q=phong+dich")
    assert ("document.read", "list") in audited(site)
    foreign, missing = clerk.get(f"/documents/{ident(site, '87/SYT-NVY')}"), clerk.get("/documents/123456789012345678")
    assert foreign.status_code == missing.status_code == 404
    assert "87/SYT-NVY" not in foreign.text
    # An agency that one may not look into is not told apart from one that is not there.
    assert words(clerk.get("/documents?agency=syt").text).replace("syt", "") == words(
        clerk.get("/documents?agency=khong-co").text
    ).replace("khong-co", "")
    assert Browser(site, "bs@tinh.gov.vn").get("/documents").status_code == 403


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("agency=snv", ["15/QĐ-SNV"]), ("agency=syt", ["87/SYT-NVY"]), ("type=CV", ["87/SYT-NVY"]),
        ("direction=in", ["87/SYT-NVY", "15/QĐ-SNV"]), ("direction=out", []), ("since=2026-11-21", []),
        ("until=2026-11-20&q=bo+nhiem", []), ("signature=VALID", []), ("q=15/qd-snv", ["15/QĐ-SNV"]),
    ],
)  # fmt: skip
def test_filters_of_the_address_narrow_the_list_and_its_file_alike(site: Site, asked: str, found: list[str]) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    page = admin.read(f"/documents?{asked}")
    assert [number for number in ("87/SYT-NVY", "15/QĐ-SNV") if number in page] == found
    rows = list(csv.reader(io.StringIO(admin.get(f"/documents?{asked}&format=csv").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == found


def test_what_strangers_wrote_stays_text_on_the_page_and_in_both_files(site: Site) -> None:
    clerk = Browser(site, "vt@tinh.gov.vn")
    number = ident(site, "15/QĐ-SNV")
    for path in ("/documents", f"/documents/{number}", "/documents/undecided"):
        page = clerk.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text
    table = clerk.get("/documents?format=csv")
    assert table.headers["content-disposition"].startswith("attachment")
    assert table.headers["x-content-type-options"] == "nosniff"
    cells = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))[1]
    assert not any(cell.startswith("=") for cell in cells)
    assert any(HOSTILE in cell for cell in sheet_rows(clerk.get("/documents?format=xlsx").content)[1])


def test_a_page_tells_the_evidence_and_a_correction_holds_with_its_history(site: Site) -> None:
    clerk = Browser(site, "vt@tinh.gov.vn")
    path = f"/documents/{ident(site, '15/QĐ-SNV')}"
    page = clerk.read(path)
    assert "Rõ" in page
    assert "Cần kiểm tra" in page
    assert "trang 1" in page
    done = clerk.send(
        f"{path}/correct", {"field": "signer", "value": "Trần Thị Bích", "reason": "đọc nhầm"}, follow=True
    )
    told = words(done.text)
    assert "Đã sửa: Người ký" in told
    assert "Trần Thị Bình → Trần Thị Bích" in told
    assert "Máy đọc: Trần Thị Bình" in told
    wrong = clerk.send(f"{path}/correct", {"field": "issue_date", "value": "32/13/2026", "reason": ""})
    assert wrong.status_code == 422
    assert 'value="32/13/2026"' in wrong.text


def test_a_page_tells_whom_the_document_reached_to_those_who_may_trace_mail(site: Site) -> None:
    path = f"/documents/{ident(site, '87/SYT-NVY')}"
    admin = Browser(site, "qt@tinh.gov.vn")
    assert "bs@tinh.gov.vn" not in admin.read(path)  # the mail is gone: the document stays, without who got it
    code = re.search(r'href="/mail/([^"]+)"', admin.get(path).text)
    assert code is not None
    reached = select(recipient_table.c.message_id).where(recipient_table.c.address == "bs@tinh.gov.vn")
    with site.database.write() as c:
        c.execute(update(message_table).where(message_table.c.id.in_(reached)).values(code=code[1]))
    assert "Đến ai, đã tới chưa" in admin.read(path)
    assert "bs@tinh.gov.vn Đang chuyển" in admin.read(path)
    own = Browser(site, "vt@tinh.gov.vn").read(f"/documents/{ident(site, '15/QĐ-SNV')}")
    assert "Đến ai, đã tới chưa" not in own


def test_a_mark_of_secrecy_is_asked_twice_and_then_takes_the_words_away(site: Site) -> None:
    clerk = Browser(site, "vt@tinh.gov.vn")
    path = f"/documents/{ident(site, '15/QĐ-SNV')}"
    form = {"field": "secrecy", "value": "Mật", "reason": ""}
    assert "phải có lý do" in words(clerk.send(f"{path}/correct", form).text)
    form["reason"] = "có dấu, chữ mờ"
    first = clerk.send(f"{path}/correct", form)
    assert first.status_code == 422
    assert "xóa vĩnh viễn" in words(first.text)
    assert "15/QĐ-SNV" in clerk.read(path)
    done = clerk.send(f"{path}/correct", {**form, "sure": "1"}, follow=True)
    assert done.status_code == 200
    assert "15/QĐ-SNV" not in done.text
    assert "Trần Thị Bình" not in done.text


def test_who_may_not_correct_gets_neither_the_form_nor_the_act(site: Site) -> None:
    with site.database.write() as c:
        make = grants.grant_role
        make(c, ROOT, "bs@tinh.gov.vn", Role.AUDITOR, reason="x")
    auditor = Browser(site, "bs@tinh.gov.vn")
    path = f"/documents/{ident(site, '15/QĐ-SNV')}"
    assert "/correct" not in auditor.get(path).text
    refused = auditor.send(f"{path}/correct", {"field": "signer", "value": "Ai đó"})
    assert refused.status_code in (403, 404)
    assert "Trần Thị Bình" in auditor.read(path)


def test_a_verdict_in_others_mail_is_no_way_to_find_a_document(site: Site) -> None:
    with site.database.write() as c:
        for number, message in ((1, "15/QĐ-SNV"), (2, "87/SYT-NVY")):
            found = c.execute(
                select(attachment_table.c.message_id, attachment_table.c.sha256)
                .join(document_table, document_table.c.id == attachment_table.c.document_id)
                .where(document_table.c.number_symbol == message)
            ).one()
            told = {"code": "ABC-DEF-GHJ", "path": "2", "complete": "none", "judged": "{}", "signed": "{}", "trust": ""}
            row = told | {"id": number, "message_id": found.message_id, "sha256": found.sha256, "seen_at": 1, "at": 1}
            c.execute(insert(SignatureVerdict).values(**row, verdict="VALID" if number == 1 else "INVALID"))
    clerk, admin = Browser(site, "vt@tinh.gov.vn"), Browser(site, "qt@tinh.gov.vn")
    assert "15/QĐ-SNV" in clerk.read("/documents?signature=VALID")
    assert "15/QĐ-SNV" not in clerk.read("/documents?signature=INVALID")
    assert "87/SYT-NVY" not in clerk.read("/documents?signature=INVALID")
    assert "87/SYT-NVY" in admin.read("/documents?signature=INVALID")


def test_a_mail_leads_to_its_documents_only_whoever_may_read_documents(site: Site) -> None:
    with site.database.write() as c:
        grants.grant_role(c, ROOT, "bs@tinh.gov.vn", Role.SECURITY_OFFICER, reason="x")
        joined = attachment_table.join(document_table, document_table.c.id == attachment_table.c.document_id)
        query = select(message_table.c.code).join(joined, attachment_table.c.message_id == message_table.c.id)
        code = c.scalar(query.where(document_table.c.number_symbol == "15/QĐ-SNV"))
    path, link = f"/mail/{code}", f'href="/documents/{ident(site, "15/QĐ-SNV")}"'
    officer, admin = Browser(site, "bs@tinh.gov.vn").get(path).text, Browser(site, "qt@tinh.gov.vn").get(path).text
    assert "15/QĐ-SNV (PDF)" in words(officer)
    assert link not in officer
    assert link in admin
