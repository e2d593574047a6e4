"""Requests, slips and second persons on the web: asked by one, decided by another, printed once, and it logs in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control import proposals
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.login.code_door import set_password_by_code
from mailhub.accounts.rights import Role
from mailhub.accounts.tree import root_agency
from mailhub.admin.frame.site import Site
from mailhub.i18n import texts
from tests.support.accounts import ROOT, Settings, make_account, make_province
from tests.support.databases import new_tables
from tests.support.web import Browser, new_site, words

pytestmark = pytest.mark.unit
VI = texts("vi")
CLERK, APPROVER, ADMIN, SNV, OTHER = (
    "vanthu1@tinh.gov.vn",
    "duyet@tinh.gov.vn",
    "an@tinh.gov.vn",
    "qt.snv@tinh.gov.vn",
    "qt.syt@tinh.gov.vn",
)
ROLES = {
    CLERK: (Role.CLERK, "snv"),
    APPROVER: (Role.APPROVER, ""),
    ADMIN: (Role.SYSTEM_ADMIN, ""),
    SNV: (Role.AGENCY_ADMIN, "snv"),
    OTHER: (Role.AGENCY_ADMIN, "syt"),
}
NEW = {"name": "Phạm Văn Mới", "agency": "snv-vp", "title": "Chuyên viên", "birth_date": "1990-02-01",
       "because": "QĐ 156/QĐ-SNV", "step": "check"}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = new_tables("sqlite", tmp_path)
    make_province(database)
    for address, (role, agency) in ROLES.items():
        make_account(database, address, agency=agency or "tinh", name=f"Người {address.partition('@')[0]}")
        with database.write() as c:
            grant_role(c, ROOT, address, role, agency=agency, reason="giao việc")
    site = new_site(database, tmp_path)
    yield site
    site.jobs.close()
    database.close()


def asked(browser: Browser, typed: dict[str, str]) -> str:
    """The code of a request for somebody new."""
    sent = browser.send("/requests/new/account", typed | {"step": "send"})
    assert sent.status_code == 303, words(sent.text)[:600]
    return sent.headers["location"].rpartition("/")[2]


def test_asked_by_one_approved_by_another_printed_once_and_it_logs_in(site: Site) -> None:
    clerk, approver, admin = Browser(site, CLERK), Browser(site, APPROVER), Browser(site, SNV)
    checked = clerk.send("/requests/new/account", NEW)
    assert checked.status_code == 200
    assert "moipv@tinh.gov.vn" in checked.text
    assert VI("web.request.no-suspects") in checked.text
    code = asked(clerk, NEW | {"address": "moipv@tinh.gov.vn"})
    assert clerk.send(f"/requests/{code}/approve", {}).status_code == 403
    assert code in approver.get("/requests?state=open").text
    assert code in approver.get("/requests?q=pham+van+moi").text
    assert Browser(site, OTHER).get(f"/requests/{code}").status_code == 404
    assert code not in Browser(site, OTHER).get("/requests").text
    done = approver.send(f"/requests/{code}/approve", {"answer": "đồng ý"}, follow=True)
    assert VI("web.request.state.approved") in words(done.text)
    assert approver.send(f"/requests/{code}/approve", {}).status_code == 422  # once
    assert "/accounts/moipv@tinh.gov.vn/slip" in admin.get(f"/requests/{code}").text

    made = admin.send("/accounts/moipv@tinh.gov.vn/slip", {"reason": "cấp mới"})
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    pair = re.search(r'name="x" value="(moipv@tinh\.gov\.vn [^"]+)"', made.text)
    assert pair is not None
    printed = admin.send("/slips/print", {"x": pair[1]})
    assert printed.content.startswith(b"%PDF")
    assert printed.headers["content-disposition"].startswith("attachment")
    secret = pair[1].partition(" ")[2]
    assert secret not in admin.get("/slips").text
    assert "moipv@tinh.gov.vn" in admin.get("/slips").text
    assert Browser(site, OTHER).send("/slips/print", {"x": pair[1]}).status_code == 404
    box = set_password_by_code(
        site.database, "moipv@tinh.gov.vn", secret, "Song-Ma.2026-moi", ip="", at=site.clock(), settings=Settings()
    )
    assert box.logs_in
    assert admin.send("/slips/print", {"x": pair[1]}).status_code == 422  # it opens nothing any more


def test_somebody_alike_is_shown_first_and_needs_a_word_why_it_is_another(site: Site) -> None:
    with site.database.write() as c:
        service.create_account(c, ROOT, "moipv@tinh.gov.vn", "Phạm Văn Mới", agency="snv-vp")
    clerk = Browser(site, CLERK)
    checked = clerk.send("/requests/new/account", NEW)
    assert VI("web.request.sign.name-unit") in words(checked.text)
    assert "moipv2@tinh.gov.vn" in checked.text
    sent = clerk.send("/requests/new/account", NEW | {"step": "send"})
    assert sent.status_code == 422
    assert VI("web.request.other-person.needed") in sent.text
    assert "QĐ 156/QĐ-SNV" in sent.text  # what was typed stays
    code = asked(clerk, NEW | {"override": "trùng tên", "own_address": "pvmoi@tinh.gov.vn"})
    page = Browser(site, APPROVER).read(f"/requests/{code}")
    assert "pvmoi@tinh.gov.vn" in page
    assert "trùng tên" in page


def test_wrong_fields_are_told_beside_them_and_nothing_is_entered(site: Site) -> None:
    clerk = Browser(site, CLERK)
    wrong = NEW | {"agency": "", "birth_date": "31/02/1990", "rank": "king", "identifier": "12"}
    page = clerk.send("/requests/new/account", wrong)
    assert page.status_code == 422
    for field in ("agency", "birth_date", "rank", "identifier"):
        assert f'id="f-{field}-wrong"' in page.text, field
    assert clerk.send("/requests/new/account", NEW | {"agency": "khong-co"}).status_code == 422
    assert clerk.send("/requests/new/account", NEW | {"agency": "syt", "step": "send"}).status_code == 422
    assert clerk.get("/requests/new/khac").status_code == 404
    for kind in ("move", "end", "password"):
        assert clerk.get(f"/requests/new/{kind}?address={SNV}").status_code == 200
        assert clerk.send(f"/requests/new/{kind}", {"address": "x"}).status_code == 422
    assert VI("web.request.none") in clerk.read("/requests")


def test_a_change_shows_the_difference_and_is_refused_with_an_answer_or_withdrawn(site: Site) -> None:
    make_account(site.database, "binh@tinh.gov.vn", agency="snv", name="Bình <b>đậm</b>")
    clerk, admin = Browser(site, CLERK), Browser(site, ADMIN)
    move = {"address": "binh@tinh.gov.vn", "agency": "syt", "title": "Bác sĩ", "reason": "điều động", "because": "QĐ 1"}
    sent = clerk.send("/requests/new/move", move, follow=True)
    assert "Sở Nội vụ Sở Y tế" in words(sent.text)
    assert "<b>đậm" not in sent.text
    code = str(sent.url).rpartition("/")[2]
    assert admin.send(f"/requests/{code}/refuse", {}).status_code == 422
    assert admin.send(f"/requests/{code}/refuse", {"answer": "chưa có quyết định"}).status_code == 303
    assert "chưa có quyết định" in clerk.read(f"/requests/{code}")
    end = {"address": "binh@tinh.gov.vn", "on": "2031-01-01", "reason": "nghỉ hưu"}
    again = clerk.send("/requests/new/end", end).headers["location"]
    assert "01/01/2031" in clerk.read(again)
    assert clerk.send(f"{again}/withdraw", {"answer": "nhầm"}).status_code == 303
    assert VI("web.request.state.withdrawn") in clerk.read(again)
    password = clerk.send("/requests/new/password", {"address": "binh@tinh.gov.vn", "reason": "quên"})
    own = password.headers["location"]
    admin.send(f"{own}/approve", {})
    assert "/accounts/binh@tinh.gov.vn/slip" in admin.get(own).text


def test_slips_for_an_agency_leave_out_who_has_one_and_are_taken_back(site: Site) -> None:
    make_account(site.database, "moi@tinh.gov.vn", agency="snv-vp", password=None)
    make_account(site.database, "xa@tinh.gov.vn", agency="syt", password=None)
    own = Browser(site, SNV)
    assert own.send("/slips/new", {"agency": "syt"}).text.count("xa@tinh.gov.vn") == 0
    preview = own.send("/slips/new", {"agency": "snv", "only_new": "1"})
    assert "moi@tinh.gov.vn" in preview.text
    made = own.send("/accounts-many/slips", {"x": ["moi@tinh.gov.vn", "xa@tinh.gov.vn"], "sure": "1"})
    assert "xa@tinh.gov.vn" in words(made.text)  # named as left out, since it was asked for
    assert made.text.count('name="x"') == 1
    assert "moi@tinh.gov.vn" not in own.send("/slips/new", {"agency": "snv", "only_new": "1"}).text
    assert own.send("/slips/take-back", {"x": "moi@tinh.gov.vn"}).status_code == 200
    assert own.send("/slips/take-back", {"x": "moi@tinh.gov.vn", "sure": "1"}).status_code == 422
    assert own.send("/slips/take-back", {"x": "moi@tinh.gov.vn", "sure": "1", "reason": "in nhầm"}).status_code == 303
    assert VI("web.slip.none-open") in own.read("/slips")
    recovery = own.send("/accounts/moi@tinh.gov.vn/recover", {})
    assert recovery.status_code == 422
    assert own.send("/accounts/moi@tinh.gov.vn/recover", {"reason": "đã gặp"}).status_code == 200


def test_a_proposal_shows_what_exactly_and_takes_a_second_persons_word(site: Site) -> None:
    with site.database.write() as c:
        root = root_agency(c)
        assert root is not None
        box = find_mailbox(c, SNV)
        payload = {"reader": ADMIN, "days": 3, "decision": "QĐ <i>7</i>", "secret": True}
        actor = actor_of(c, find_mailbox(c, ADMIN), at=site.clock(), proved=True)
        code = proposals.propose(
            c, actor, ProposalKind.OPEN_MAILBOX, subject_of(c, box), payload, reason="thanh tra", at=site.clock()
        )
    approver = Browser(site, APPROVER)
    page = approver.get(f"/proposals/{code}")
    assert "<i>7" not in page.text
    assert "QĐ &lt;i&gt;7&lt;/i&gt;" in page.text
    assert code in approver.get("/proposals?state=waiting").text
    assert Browser(site, CLERK).get(f"/proposals/{code}").status_code == 404
    assert Browser(site, ADMIN).send(f"/proposals/{code}/agree", {}).status_code == 422  # the same person
    assert approver.send(f"/proposals/{code}/refuse", {}).status_code == 422
    assert approver.send(f"/proposals/{code}/agree", {}).status_code == 303
    assert VI("web.proposal.state.approved") in approver.read(f"/proposals/{code}")
    own, card = "/proposals?state=approved&mine=1", 'card-count" href="/proposals?state=approved&amp;mine=1"'
    first = Browser(site, ADMIN)
    assert card in first.get("/").text  # whoever proposed it has to go on
    assert code in first.get(own).text
    assert card not in approver.get("/").text
    assert code not in approver.get(own).text
