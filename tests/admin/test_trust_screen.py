"""Whom we believe, whose certificates are, and which desks seal: looked at by those entitled, changed by two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service as accounts
from mailhub.accounts.control import grants, proposals
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.clock import now_ms
from mailhub.sealing import acts, switching
from mailhub.sealing.acts import Clerk, Outcome, Wanted
from mailhub.signatures.trust import rows, service
from mailhub.store.database import Database
from mailhub.text.fingerprints import spaced
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

DESK = "vanthu.snv@tinh.gov.vn"
HOSTILE = "<b>Sở Y tế</b>"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """What ships is entered; two administrators, an approver, a security officer, a clerk of snv, an official."""
    database = sqlite_database
    make_province(database)
    roles = {"qt": Role.SYSTEM_ADMIN, "duyet": Role.APPROVER, "atttt": Role.SECURITY_OFFICER, "vt": Role.CLERK}
    for name in (*roles, "cb"):
        make_account(database, f"{name}@tinh.gov.vn", agency="snv" if name in ("vt", "cb") else "tinh")
    with database.write() as c:
        for name, role in roles.items():
            agency = "snv" if role is Role.CLERK else ""
            grants.grant_role(c, ROOT, f"{name}@tinh.gov.vn", role, agency=agency, reason="x")
        accounts.create_account(c, ROOT, DESK, "Văn thư", agency="snv", kind=MailboxKind.ROLE)
        service.enter_shipped(c)
    made = new_site(database, tmp_path)
    yield made
    made.jobs.close()


def unconfirmed(site: Site) -> rows.TrustRow:
    with site.database.read() as c:
        return next(one for one in rows.every(c) if one.confirmed_at is None and not one.waits)


def row(site: Site, sha256: str) -> rows.TrustRow:
    with site.database.read() as c:
        return rows.find(c, sha256)


def test_everybody_sees_whole_fingerprints_and_how_fresh_the_lists_are(site: Site) -> None:
    one = unconfirmed(site)
    page = Browser(site, "cb@tinh.gov.vn").get("/signatures/trust")
    told = words(page.text)
    assert spaced(one.pinned.sha256) in told
    assert "Chưa đối chiếu vân tay" in told
    assert "Chưa có danh sách" in told
    assert "/signatures/trust/add" not in page.text
    detail = Browser(site, "cb@tinh.gov.vn").get(f"/signatures/trust/{one.pinned.sha256}")
    assert detail.status_code == 200
    assert "/confirm" not in detail.text


def test_one_person_proposes_another_agrees_and_only_then_it_is_done(site: Site) -> None:
    admin, one = Browser(site, "qt@tinh.gov.vn"), unconfirmed(site)
    path = f"/signatures/trust/{one.pinned.sha256}/confirm"
    assert admin.send(path, {"reason": " "}).status_code == 422
    begun = admin.send(path, {"reason": "đối chiếu qua điện thoại"})
    code = begun.headers["location"].rsplit("/", 1)[1]
    early = admin.send(path, {"reason": "đối chiếu qua điện thoại", "proposal": code})
    assert early.status_code == 422
    assert row(site, one.pinned.sha256).confirmed_at is None
    with site.database.write() as c:
        second = grants.actor_of(c, find_mailbox(c, "duyet@tinh.gov.vn"), at=now_ms(), proved=True)
        proposals.decide(c, second, code, agree=True, reason="đã so")
    other = admin.send(f"/signatures/trust/{one.pinned.sha256}/end", {"reason": "x", "proposal": code})
    assert other.status_code == 422  # that was agreed for something else
    done = admin.send(path, {"reason": "đối chiếu qua điện thoại", "proposal": code}, follow=True)
    assert "Đã đối chiếu" in words(done.text)
    assert "duyet@tinh.gov.vn" in row(site, one.pinned.sha256).confirmed_by


@pytest.mark.parametrize("act", ["confirm", "end", "address"])
def test_who_may_not_change_trust_is_refused_whatever_is_sent(site: Site, act: str) -> None:
    one = unconfirmed(site)
    for who in ("cb@tinh.gov.vn", "vt@tinh.gov.vn", "duyet@tinh.gov.vn"):
        assert (
            Browser(site, who).send(f"/signatures/trust/{one.pinned.sha256}/{act}", {"reason": "x"}).status_code == 403
        )
    with site.database.read() as c:
        assert c.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.action == "trust.change")) in (0, 1)


def test_a_file_that_is_no_certificate_is_told_beside_its_field(site: Site) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    wrong = admin.send("/signatures/trust/add", {"reason": "x"}, files={"file": ("a.pem", b"khong phai")})
    assert wrong.status_code == 422
    assert 'id="f-file-wrong"' in wrong.text


def test_whose_a_certificate_is_is_confirmed_listed_and_taken_back(site: Site) -> None:
    officer = Browser(site, "atttt@tinh.gov.vn")
    form = {"certificate": "ab" * 32, "subscriber": "agency", "name": HOSTILE, "agency": "syt", "reason": "văn bản cấp"}
    wrong = officer.send("/signatures/certificates", {**form, "certificate": "12"})
    assert wrong.status_code == 422
    done = officer.send("/signatures/certificates", form, follow=True)
    assert "<b>Sở" not in done.text
    assert "&lt;b&gt;Sở Y tế" in done.text
    assert "Chưa xác nhận" in officer.read("/signatures/certificates?q=khong-co")
    path = f"/signatures/certificates/{'ab' * 32}"
    assert officer.send(f"{path}/forget", {"reason": ""}).status_code == 422
    officer.send(f"{path}/forget", {"reason": "nhầm"})
    assert officer.get(path).status_code == 404
    assert Browser(site, "vt@tinh.gov.vn").get("/signatures/certificates").status_code == 403


def test_desks_are_switched_by_administrators_and_reading_what_was_sealed_is_written_down(site: Site) -> None:
    admin, clerk = Browser(site, "qt@tinh.gov.vn"), Browser(site, "vt@tinh.gov.vn")
    assert clerk.send("/signatures/seals/on", {"desk": DESK, "reason": "x"}).status_code == 403
    wrong = admin.send("/signatures/seals/on", {"desk": "cb@tinh.gov.vn", "reason": "x"})
    assert wrong.status_code == 422
    done = admin.send("/signatures/seals/on", {"desk": DESK, "agency": "", "reason": "Quyết định 5"}, follow=True)
    assert "Đã bật ký số của snv" in words(done.text)
    with site.database.write() as c:
        desk = switching.sealing_desk_named(c, DESK)
        assert desk is not None
        for number in range(60):
            wanted = Wanted(desk=desk, clerk=Clerk(address="vt@tinh.gov.vn"), path=str(number), kind="main",
                            original=bytes([number]) * 32, number=f"{number}/SNV-VP")  # fmt: skip
            acts.end(c, acts.begin(c, wanted, at=now_ms()), wanted, Outcome(word=acts.SEALED), at=now_ms())
    page = clerk.get("/signatures/seals")
    assert "59/SNV-VP" in words(page.text)
    assert ">9/SNV-VP<" not in page.text
    following = next(part.split('"')[0] for part in page.text.split('href="')[1:] if "after=" in part.split('"')[0])
    assert "9/SNV-VP" in clerk.read(following.replace("&amp;", "&"))
    with site.database.read() as c:
        read = (AuditRow.actor == "vt@tinh.gov.vn", AuditRow.action == "seal.read")
        assert c.scalar(select(func.count()).select_from(AuditRow).where(*read)) == 1
    assert Browser(site, "cb@tinh.gov.vn").get("/signatures/seals").status_code == 403
    off = admin.send("/signatures/seals/off", {"desk": DESK, "reason": "thay thiết bị"}, follow=True)
    assert "Chưa văn thư nào" in words(off.text)
