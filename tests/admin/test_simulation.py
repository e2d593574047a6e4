"""Chạy thử: what was tried is what comes into force, and nothing else; faults are told by their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from mailhub.accounts.control import grants
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.admin.frame.jobs import Jobs
from mailhub.admin.frame.site import Site
from mailhub.ids import first_id
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Stage
from mailhub.screening.models import PolicyTrial
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import CannotEdit
from mailhub.screening.rules.staging import StageChange, staged
from mailhub.store.database import Database
from tests.screening.judged_mail import enter, private, written
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)
COUNTS = rule(stage="shadow")


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """One rule in Ghi nhận; two messages of snv and one of syt to gmail; two administrators, an approver, a manager of
    syt."""
    database = sqlite_database
    make_province(database)
    for name, agency in (("qt", "tinh"), ("qt2", "tinh"), ("duyet", "tinh"), ("ld", "syt")):
        make_account(database, f"{name}@tinh.gov.vn", agency=agency)
    made = new_site(database, tmp_path)
    with database.write() as c:
        grants.grant_role(c, ROOT, "qt@tinh.gov.vn", Role.SYSTEM_ADMIN, reason="x")
        grants.grant_role(c, ROOT, "qt2@tinh.gov.vn", Role.SYSTEM_ADMIN, reason="x")
        grants.grant_role(c, ROOT, "duyet@tinh.gov.vn", Role.APPROVER, reason="x")
        grants.grant_role(c, ROOT, "ld@tinh.gov.vn", Role.MANAGER, agency="syt", reason="x")
        versions.activate(c, ROOT, COUNTS, reason="bắt đầu")
        for number, agency in enumerate(("snv", "snv", "syt")):
            facts = written({"a@gmail.com": private()}, agency=agency)
            enter(c, facts, message_id=first_id(made.clock() - 1000) + number, code=f"ABC-DEF-{number}")
    (tmp_path / "policy.toml").write_text(COUNTS)
    yield made
    made.jobs.close()


def tried(site: Site, browser: Browser, path: str, form: dict[str, str], **more: object) -> str:
    """Send the form, wait for the work it began, and give the page that this leads to."""
    begun = browser.send(path, form, **more)  # type: ignore[arg-type]
    assert begun.status_code == 303, words(begun.text)
    site.jobs.close()  # waits for it
    site.jobs = Jobs(site.database, site.name, site.clock)
    return str(browser.get(begun.headers["location"]).headers["location"])


def stage_now(site: Site) -> tuple[int, Stage]:
    with site.database.read() as c:
        found = versions.in_force(c)
    assert found is not None
    one = read_book(found.text, "x").rule(PRIVATE)
    assert one is not None
    return found.number, one.stage.on(TODAY)


RAISE = {"rule": PRIVATE, "stage": "hold", "days": "30", "agency": "", "on": "", "agreed": ""}


def proposed(site: Site, admin: Browser, path: str, reason: str = "Công văn 12") -> str:
    """Ask for the second person; gives the proposal's page."""
    asked = admin.send(f"{path}/activate", {"reason": reason})
    assert asked.status_code == 303, words(asked.text)
    assert asked.headers["location"].startswith("/proposals/")
    return str(asked.headers["location"])


def agreed(site: Site, proposal: str) -> None:
    done = Browser(site, "duyet@tinh.gov.vn").send(f"{proposal}/agree", {"reason": ""}, follow=True)
    assert "Đã đồng ý" in words(done.text)


def test_a_stage_is_raised_by_two_people_and_then_in_force_and_in_the_file(site: Site) -> None:
    admin, second = Browser(site, "qt@tinh.gov.vn"), Browser(site, "duyet@tinh.gov.vn")
    path = tried(site, admin, "/rules/simulation/stage", RAISE)
    page = admin.read(path)
    assert "3 thư trong 30 ngày qua" in page
    assert "Nếu áp dụng 3 Chờ duyệt" in page
    assert "Mức Ghi nhận Chờ duyệt" in page
    assert "không ảnh hưởng thư nào 3 Chờ duyệt +3 thêm" in page  # by rule
    assert "ABC-DEF-0" in page  # a sample, by its code alone
    assert "gmail.com" not in page
    assert "mọi đơn vị: Ghi nhận → Chờ duyệt Có thể đồng ý: duyet@tinh.gov.vn" in page
    assert admin.send(f"{path}/activate", {"reason": ""}).status_code == 422
    proposal = proposed(site, admin, path)
    assert proposed(site, admin, path) == proposal  # pressed twice
    assert stage_now(site) == (1, Stage.SHADOW)
    assert admin.send(f"{proposal}/agree", {"reason": ""}).status_code == 422  # the same person
    shown = second.read(proposal)
    assert "Gửi đến hộp thư cá nhân: Chờ duyệt cho mọi đơn vị Áp dụng từ lúc kích hoạt" in shown
    assert "Mức Ghi nhận Chờ duyệt" in shown
    assert "3 thư trong" in shown
    assert "Sở Nội vụ" not in shown  # figures by agency are not an approver's
    assert "Sở Nội vụ" in Browser(site, "qt2@tinh.gov.vn").read(proposal)
    assert "qt@tinh.gov.vn đề xuất lúc" in second.read("/rules")
    agreed(site, proposal)
    assert stage_now(site) == (1, Stage.SHADOW)
    assert second.send(f"{path}/activate", {"reason": ""}).status_code == 403
    assert "duyet@tinh.gov.vn đã đồng ý" in admin.read("/rules")
    done = admin.send(f"{path}/activate", {}, follow=True)
    assert "Đã áp dụng phiên bản 2" in words(done.text)
    assert re.search(
        r"Công văn 12 .* Người đề xuất qt@tinh.gov.vn, .* Người đồng ý duyet@tinh.gov.vn", words(done.text)
    )
    assert stage_now(site) == (2, Stage.HOLD)
    assert 'stage = "hold"' in (site.settings.directory / "policy.toml").read_text()
    assert "qt@tinh.gov.vn đề xuất, duyet@tinh.gov.vn đồng ý" in Browser(site, "ld@tinh.gov.vn").read(
        f"/rules/{PRIVATE}"
    )
    with site.database.read() as c:
        told = c.scalar(select(AuditRow.after).where(AuditRow.action == "policy.change").order_by(AuditRow.id.desc()))
    assert '"agreed":"duyet@tinh.gov.vn"' in str(told)


def test_a_stage_for_a_later_day_survives_an_exception_and_not_another_change_of_the_rule(site: Site) -> None:
    admin, later = Browser(site, "qt@tinh.gov.vn"), (TODAY + timedelta(days=4000)).isoformat()
    path = tried(site, admin, "/rules/simulation/stage", RAISE | {"on": later})
    other = tried(site, admin, "/rules/simulation/stage", RAISE | {"stage": "block"})
    proposal = proposed(site, admin, path)
    assert f"Áp dụng từ {later[8:]}/{later[5:7]}/{later[:4]}" in Browser(site, "duyet@tinh.gov.vn").read(proposal)
    agreed(site, proposal)
    with site.database.write() as c:
        versions.activate(c, ROOT, COUNTS + exception("snv"), reason="ngoại lệ")
    assert "Đã áp dụng phiên bản 3" in words(admin.send(f"{path}/activate", {}, follow=True).text)
    text = (site.settings.directory / "policy.toml").read_text()
    assert f'promotions = [ {{ on = {later}, stage = "hold" }} ]' in text
    assert 'who = "snv"' in text
    assert stage_now(site) == (3, Stage.SHADOW)
    assert "chạy thử lại" in words(admin.send(f"{other}/activate", {"reason": "x"}).text)
    assert stage_now(site) == (3, Stage.SHADOW)


def test_the_way_back_is_one_persons_and_the_way_up_again_is_not(site: Site) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    with site.database.write() as c:
        versions.activate(c, ROOT, rule(stage="hold"), reason="máy chủ")  # the console acts at once
    page = admin.read(tried(site, admin, "/rules/simulation/stage", RAISE | {"stage": "warn"}))
    assert "3 Chờ duyệt 3 Nhắc 3 xử lý khác" in page
    done = admin.send("/rules/versions/1/back", {"reason": "quá nhiều thư chờ"}, follow=True)
    assert "Đã áp dụng phiên bản 3" in words(done.text)
    assert stage_now(site) == (3, Stage.SHADOW)
    assert "Ghi nhận → Chờ duyệt" in admin.read("/rules/versions/2")
    path = tried(site, admin, "/rules/versions/2/back", {"reason": "đã thống nhất"})
    assert "Trở lại phiên bản 2" in admin.read(path)
    assert 'value="đã thống nhất"' in admin.get(path).text
    proposal = proposed(site, admin, path)
    assert stage_now(site) == (3, Stage.SHADOW)
    refusing = Browser(site, "duyet@tinh.gov.vn").send(f"{proposal}/refuse", {"reason": "chưa"})
    assert refusing.status_code == 303
    assert "duyet@tinh.gov.vn không đồng ý" in admin.read(path)
    assert "Không đồng ý" in admin.read(proposal)
    assert proposed(site, admin, path) != proposal  # never in force by a refusal
    with site.database.write() as c:
        c.execute(delete(PolicyTrial))
    assert "không còn được lưu" in admin.read(proposal)  # tries are kept for a month
    assert stage_now(site) == (3, Stage.SHADOW)


def test_one_person_is_enough_where_the_setting_says_so(site: Site) -> None:
    alone = new_site(site.database, site.settings.directory, policy={"second_person": False})
    admin = Browser(alone, "qt@tinh.gov.vn")
    path = tried(alone, admin, "/rules/simulation/stage", RAISE)
    done = admin.send(f"{path}/activate", {"reason": "Công văn 12"}, follow=True)
    assert "Đã áp dụng phiên bản 2" in words(done.text)
    assert stage_now(alone) == (2, Stage.HOLD)


def test_a_manager_sees_the_own_agencys_counts_and_activates_nothing(site: Site) -> None:
    manager, admin = Browser(site, "ld@tinh.gov.vn"), Browser(site, "qt@tinh.gov.vn")
    path = tried(site, manager, "/rules/simulation/stage", RAISE)
    page = manager.read(path)
    assert "1 thư trong 30 ngày qua" in page
    assert "Sở Nội vụ" not in page
    assert manager.send(f"{path}/activate", {"reason": "x"}).status_code == 403
    assert admin.get(path).status_code == 404  # another person's
    assert stage_now(site) == (1, Stage.SHADOW)


def test_what_was_tried_against_other_rules_is_not_put_in_force(site: Site) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    path = tried(site, admin, "/rules/simulation/stage", RAISE)
    with site.database.write() as c:
        versions.activate(c, ROOT, rule(stage="warn"), reason="người khác")
    refused = admin.send(f"{path}/activate", {"reason": "Công văn 12"})
    assert refused.status_code == 422
    assert "chạy thử lại" in words(refused.text)
    assert stage_now(site) == (2, Stage.WARN)


def test_a_files_faults_are_told_by_their_lines_and_a_good_file_is_rehearsed(site: Site) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    broken = COUNTS.replace('action = "refuse"', 'acton = "refuse"')
    line = broken.splitlines().index('acton = "refuse"') + 1
    wrong = admin.send("/rules/simulation/file", {"days": "7"}, files={"file": ("<b>.toml", broken.encode())})
    assert wrong.status_code == 422
    assert f"Dòng {line}" in words(wrong.text)
    assert "<b>.toml" not in wrong.text
    latin = admin.send("/rules/simulation/file", {"days": "7"}, files={"file": ("x.toml", COUNTS.encode("utf-16"))})
    assert latin.status_code == 422
    files = {"file": ("<b>.toml", rule(stage="block").encode())}
    path = tried(site, admin, "/rules/simulation/file", {"days": "7"}, files=files)
    page = admin.get(path)
    assert "3 Không cho gửi" in words(page.text)
    assert "<b>.toml" not in page.text


@pytest.mark.parametrize("typed", ["SYT", "sở y tế"])
def test_an_agency_is_named_as_people_write_it_and_the_rules_get_its_code(site: Site, typed: str) -> None:
    admin = Browser(site, "qt@tinh.gov.vn")
    assert '<option value="warn" selected' in admin.get(f"/rules/simulation?rule={PRIVATE}").text  # the next one up
    page = admin.read(tried(site, admin, "/rules/simulation/stage", RAISE | {"agency": typed}))
    assert "Mức của syt – Chờ duyệt" in page
    assert "Nếu áp dụng 1 Chờ duyệt" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stage": "shadow"}, "mức này"), ({"rule": "khong-co"}, "Không có quy tắc này"),
        ({"on": "2020-01-01"}, "sau hôm nay"), ({"agency": "khong-co"}, "Không có cơ quan nào"),
        ({"days": "31"}, "chọn một mục"),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_told_beside_its_field(site: Site, change: dict[str, str], field: str) -> None:
    answer = Browser(site, "qt@tinh.gov.vn").send("/rules/simulation/stage", {**RAISE, **change})
    assert answer.status_code == 422
    assert field in words(answer.text)


def test_a_stage_is_raised_in_the_text_with_its_comments_and_nothing_else() -> None:
    text = "# đầu tệp\n" + COUNTS.replace('stage = "shadow"', 'stage = "shadow"  # đã thống nhất')
    later = staged(text, StageChange(rule=PRIVATE, stage=Stage.BLOCK, on=date(2027, 1, 1)), today=TODAY)
    assert "# đầu tệp" in later
    assert 'stage = "shadow"  # đã thống nhất' in later
    assert 'promotions = [ { on = 2027-01-01, stage = "block" } ]' in later
    for_one = staged(later, StageChange(rule=PRIVATE, stage=Stage.WARN, agency="a b", agreed='x "y"'), today=TODAY)
    found = read_book(for_one, "x").rule(PRIVATE)
    assert found is not None
    assert found.agencies["a b"].stage is Stage.WARN
    assert found.agencies["a b"].agreed == 'x "y"'
    assert found.stage.promotions
    dropped = staged(for_one, StageChange(rule=PRIVATE, stage=Stage.BLOCK), today=TODAY)
    assert "promotions" not in dropped.split("agencies")[0]


def test_a_text_in_another_style_is_left_to_people() -> None:
    odd = COUNTS.replace('stage = "shadow"', 'stage = """shadow"""')
    with pytest.raises(CannotEdit):
        staged(odd, StageChange(rule=PRIVATE, stage=Stage.HOLD), today=TODAY)
