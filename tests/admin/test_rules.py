"""Quy tắc gửi, nhận on the web: everybody reads them, few change them, and every change is a version one can go back
from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailhub.accounts.control import grants
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.admin.screens.rule_letters import letters
from mailhub.clock import local_time, now_ms
from mailhub.i18n import texts
from mailhub.ids import first_id
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Stage
from mailhub.screening.rules import versions
from mailhub.screening.rules.shipped import catalogue_text
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from tests.screening.judged_mail import enter, judged, private, written
from tests.screening.judged_mail import rule as judged_rule
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """Version 1 counts, version 2 holds and has an exception; an administrator, an official, a manager of snv."""
    database = sqlite_database
    make_province(database)
    for name, agency in (("qt", "tinh"), ("cb", "snv"), ("ld", "snv")):
        make_account(database, f"{name}@tinh.gov.vn", agency=agency)
    with database.write() as c:
        grants.grant_role(c, ROOT, "qt@tinh.gov.vn", Role.SYSTEM_ADMIN, reason="x")
        grants.grant_role(c, ROOT, "ld@tinh.gov.vn", Role.MANAGER, agency="snv", reason="x")
        versions.activate(c, ROOT, rule(stage="shadow"), reason="bắt đầu")
        text = rule(title=f"Thư cá nhân {HOSTILE}", more='agencies.syt = { stage = "warn", agreed = "Công văn 12" }')
        text += exception("cb@tinh.gov.vn", why=HOSTILE) + exception("syt", until="2020-01-01")
        versions.activate(c, ROOT, text, reason=f"siết chặt {HOSTILE}")
    made = new_site(database, tmp_path)
    (tmp_path / "policy.toml").write_text(text)
    yield made
    made.jobs.close()


def in_force(site: Site) -> versions.Version:
    with site.database.read() as c:
        found = versions.in_force(c)
    assert found is not None
    return found


def test_everybody_reads_the_rules_as_sentences_and_only_few_their_figures(site: Site) -> None:
    with site.database.write() as c:
        enter(c, written({"a@gmail.com": private()}), message_id=_now(site), code="ABC-DEF-GHJ")
    official = Browser(site, "cb@tinh.gov.vn")
    page = official.read("/rules")
    assert "Người có hộp thư công vụ gửi thư đến người nhận (loại hộp thư của người nhận: hộp thư cá nhân" in page
    assert "thì thư chờ duyệt" in page
    assert "Chỉ thị 77/2014/CT-UBND, khoản 1a" in page
    assert "syt: Nhắc" in page
    assert "30 ngày qua" not in page
    assert "30 ngày qua" in Browser(site, "qt@tinh.gov.vn").read("/rules")
    for path in ("/rules/exceptions", "/rules/simulation"):
        assert official.get(path).status_code == 403
    assert official.get("/rules/khong-co").status_code == 404


def _now(site: Site) -> int:
    return first_id(site.clock()) + 1


PAGES = ("/rules", f"/rules/{PRIVATE}", "/rules/exceptions", "/rules/versions", "/rules/versions/2")


@pytest.mark.parametrize("path", PAGES)
def test_what_was_written_into_rules_and_reasons_is_never_markup(site: Site, path: str) -> None:
    page = Browser(site, "qt@tinh.gov.vn").get(path)
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text


def test_a_rules_page_explains_stages_letters_and_what_it_did_to_those_entitled(site: Site) -> None:
    with site.database.write() as c:
        facts = written({"a@gmail.com": private()})
        enter(c, facts, message_id=_now(site), code="ABC-DEF-GHJ", decision=judged(facts, judged_rule(PRIVATE)))
    admin = Browser(site, "qt@tinh.gov.vn").get(f"/rules/{PRIVATE}")
    told = words(admin.text)
    assert "[7K4-QW2-M9] Thư chưa gửi, cần ý kiến: Công văn số 156/SYT-KHTH Kính gửi Ông/Bà Nguyễn Văn An," in told
    assert "dòng đầu ghi: GỬI, lý do: …" in told
    # The notice of a refusal, as delivery/ writes it.
    assert "Thư chưa gửi được đến nguoi.ngoai@gmail.com: Công văn số 156/SYT-KHTH Kính gửi Ông/Bà Nguyễn" in told
    assert "Lý do: Người nhận dùng hộp thư cá nhân." in told
    assert "/mail/ABC-DEF-GHJ" in admin.text
    assert "Công văn 12" in told
    official = Browser(site, "cb@tinh.gov.vn").get(f"/rules/{PRIVATE}")
    assert "ABC-DEF-GHJ" not in official.text


def test_an_exception_is_a_version_and_stands_in_the_file_and_ends_with_a_reason(site: Site) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    soon = (local_time(site.clock()).date() + timedelta(days=5)).isoformat()
    form = {"rule": PRIVATE, "who": "snv", "to": "", "until": soon, "why": "bệnh viện", "by": "Giám đốc"}
    done = admin.send("/rules/exceptions", form, follow=True)
    assert "Đã thêm ngoại lệ (phiên bản 3)" in words(done.text)
    file = site.settings.directory / "policy.toml"
    assert file.read_text() == in_force(site).text
    listed = words(done.text)
    assert listed.index("bệnh viện") < listed.index("cb@tinh.gov.vn")  # what ends first, before what ends in 2030
    assert "sắp hết hạn" in listed
    assert f"Thư cá nhân {HOSTILE} {PRIVATE} bệnh viện" in admin.read("/rules/exceptions?soon=1")  # by its title
    assert "cb@tinh.gov.vn" not in admin.read("/rules/exceptions?soon=1")
    wrong = admin.send("/rules/exceptions", {**form, "who": "khong-co"})
    assert wrong.status_code == 422
    assert "Không có cơ quan nào có mã này" in words(wrong.text)
    assert 'value="Giám đốc"' in wrong.text
    ended = admin.send("/rules/exceptions/end", {"rule": PRIVATE, "who": "snv", "reason": "đã có hộp thư"}, follow=True)
    assert "phiên bản 4" in words(ended.text)
    assert Browser(site, "ld@tinh.gov.vn").send("/rules/exceptions", form).status_code == 403
    assert in_force(site).number == 4


def test_a_version_is_compared_downloaded_and_gone_back_to(site: Site) -> None:
    admin, official = Browser(site, "qt@tinh.gov.vn"), Browser(site, "cb@tinh.gov.vn")
    page = admin.read("/rules/versions/2?against=1")
    assert re.search(r"Mức Ghi nhận Chờ duyệt", page)
    text = official.get("/rules/versions/1?format=toml")
    assert text.headers["content-disposition"].startswith("attachment")
    assert text.text == rule(stage="shadow")
    assert official.send("/rules/versions/1/back", {"reason": "x"}).status_code == 403
    assert admin.send("/rules/versions/1/back", {"reason": " "}).status_code == 422
    assert in_force(site).number == 2
    done = admin.send("/rules/versions/1/back", {"reason": "quá nhiều thư chờ"}, follow=True)
    assert "Phiên bản 3" in words(done.text)
    assert in_force(site).text == rule(stage="shadow") == (site.settings.directory / "policy.toml").read_text()
    assert official.get("/rules/versions/99").status_code == 404


def test_every_rule_that_ships_shows_whom_it_writes_to_and_what_with_nothing_left_open(tmp_path: Path) -> None:
    hub = Hub(domain="tinh.gov.vn", hostname="mail.tinh.gov.vn")
    settings, t = Settings(directory=tmp_path, hub=hub), texts("vi")
    book = read_book(catalogue_text(), "policy.toml")
    told = {
        (rule.id, each.stage): [(one.reader, f"{one.subject} {one.body} {one.reply}") for one in each.letters]
        for rule in book.rules
        for each in letters(rule, settings, t, now_ms())
    }
    every = [text for found in told.values() for _, text in found]
    assert not [text for text in every if re.search(r"[{}]|không rõ|not known|None", text)]
    # From outside: its recipient, or an officer, and at last the other server alone.
    (warned,), (asked,), (refused,) = (told["tep-macro-den", one] for one in (Stage.WARN, Stage.HOLD, Stage.BLOCK))
    assert (warned[0], asked[0], refused[0]) == tuple(
        f"web.rules.{one}" for one in ("reads.recipient", "asks.security", "reads.outside")
    )
    assert "chưa vào hộp thư" in asked[1]
    assert "thư sẽ không được chuyển vào hộp thư; người nhận được báo" in asked[1]
    assert "trả lại" not in asked[1]
    assert refused[1].strip() == "550 5.7.1 Thu khong duoc nhan: nhan tep co macro tu ben ngoai. Ma 7K4-QW2-M9"
    # Whose word is the desk's: the desk is asked, and the sender told.
    desk = told["van-ban-di-phai-qua-van-thu", Stage.HOLD]
    assert [reader for reader, _ in desk] == ["web.rules.asks.desk", "web.rules.reads.sender"]
    assert "550 5.7.1 Thu bi tu choi: co dau hieu bi mat nha nuoc" in told["bi-mat-nha-nuoc", Stage.BLOCK][0][1]
