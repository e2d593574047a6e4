"""Theo dõi thư in the browser: searched, told, acted upon; what others wrote stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.clock import HOUR, now_ms
from mailhub.ids import new_code, new_id
from mailhub.incidents.secret_mail import SecretMail
from mailhub.incidents.service import refuse_at_door
from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door, EventKind, RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, NewMessage, NewRecipient
from mailhub.store.database import Database
from tests.queue.parts import NOW, message, outcome, put, recipients, seal, settle, take
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

ADMIN, AUDITOR, OFFICER, OFFICIAL = "quantri@tinh.gov.vn", "kiemtoan@tinh.gov.vn", "attt@tinh.gov.vn", "an@tinh.gov.vn"
EVIL = '<script>alert("x")</script>=HYPERLINK("http://evil")'
SOON = 9_000_000_000_000


class Hub:
    """A province with a mail that waits for a word, one that failed for one of six, one that is deferred."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        make_province(database)
        self.ids = {address: make_account(database, address, agency="snv", password=None)
                    for address in (ADMIN, AUDITOR, OFFICER, OFFICIAL)}  # fmt: skip
        with database.write() as c:
            for address, role in (
                (ADMIN, Role.SYSTEM_ADMIN),
                (AUDITOR, Role.AUDITOR),
                (OFFICER, Role.SECURITY_OFFICER),
            ):
                grant_role(c, ROOT, address, role, agency="")
        self.site = new_site(database, folder)
        self.mails = self._mails()

    def _mails(self) -> dict[str, NewMessage]:
        own: dict[str, Any] = {"sender": OFFICIAL, "account_id": self.ids[OFFICIAL]}
        asking = Asking(
            owner_id=self.ids[OFFICIAL], owner=OFFICIAL, rule="rieng", until=now_ms() + HOUR, reason_needed=True,
            facts={"vi": f"kèm {EVIL}", "en": "with a letter", "because_vi": "Điều 5", "because_en": "Article 5"},
        )  # fmt: skip
        held = NewRecipient(address="x@gmail.com", destination="mx:gmail.com",
                            fate=Fate(state=RecipientState.HELD, rule="rieng", asking=asking))  # fmt: skip
        many = [f"n{number}@so.vn" for number in range(5)]
        found = {
            "failed": message(*many, "sai@so.vn", subject=EVIL, **own),
            "later": message("cham@so.vn", subject="Chậm", **own),
            "word": message(held, subject="Chờ ý kiến", judged={"rules": []}, **own),
        }
        put(self.database, *found.values())
        for claimed in take(self.database, now=SOON):
            if claimed.address == "sai@so.vn":
                settle(self.database, outcome(claimed, RecipientState.BOUNCED, event=EventKind.BOUNCED))
            elif claimed.address == "cham@so.vn":
                settle(self.database, outcome(claimed, RecipientState.DEFERRED, SOON, EventKind.DEFERRED))
            else:
                settle(self.database, outcome(claimed, event=EventKind.DELIVERED))
        return found

    def browser(self, address: str) -> Browser:
        return Browser(self.site, address)

    def audited(self) -> int:
        with self.database.read() as c:
            return c.scalar(select(func.count()).select_from(AuditRow)) or 0


@pytest.fixture
def hub(sqlite_database: Database, tmp_path: Path) -> Hub:
    return Hub(sqlite_database, tmp_path)


def test_search_by_fields_by_line_and_what_is_wrong_in_it(hub: Hub) -> None:
    admin = hub.browser(ADMIN)
    page = admin.get("/mail?q=trạng-thái:lỗi")
    assert EVIL not in page.text
    assert "&lt;script&gt;" in page.text
    assert hub.mails["failed"].code in page.text
    assert hub.mails["later"].code not in page.text
    assert "Không gửi được 1/6" in admin.read("/mail?q=trạng-thái:lỗi")
    assert hub.mails["later"].code in admin.read("/mail?to=cham@so.vn")
    assert hub.mails["later"].code in admin.read(f"/mail?code={hub.mails['later'].code.lower()}")
    code = hub.mails["later"].code
    near = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert code in admin.read(f"/mail?q={near}")  # one letter was heard wrong: the code is offered
    beside = admin.get(f"/mail?q={near}", **{"HX-Request": "true", "HX-Target": "listing"}).text
    assert code in beside.partition('id="hints-after" hx-swap-oob="true"')[2]
    assert "Tìm số này trong tiêu đề thư" in admin.read("/mail?q=quyết+định+số+156")
    names = admin.get("/mail?q=văn+thư+sở").text  # people look for people here as well
    assert 'href="/offices?q=v%C4%83n+th%C6%B0+s%E1%BB%9F"' in names
    assert 'href="/offices?q=' not in admin.get("/mail?q=Chậm").text
    wrong = admin.get("/mail?q=màu:đỏ an")
    assert "Không có từ khóa “màu:”" in wrong.text
    assert 'value="màu:đỏ an"' in wrong.text
    assert "ghi ngày như" in admin.read("/mail?since=32/13/2026")
    part = admin.get("/mail?q=màu:đỏ", **{"HX-Request": "true", "HX-Target": "listing"})
    assert (part.status_code, part.headers["hx-redirect"][:8]) == (204, "/mail?q=")
    csv = admin.get("/mail?format=csv")
    assert "attachment" in csv.headers["content-disposition"]
    assert '"<script>alert(""x"")</script>=HYPERLINK' in csv.text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_chip_names_a_day_as_vietnam_writes_it_and_the_address_keeps_it_as_it_was(hub: Hub, language: str) -> None:
    admin = hub.browser(ADMIN)
    admin.http.cookies.set("language", language, domain="mail.tinh.gov.vn", path="/")
    page = admin.get("/mail?since=2026-03-04&until=2026-12-31").text
    chips = re.search(r'<div class="chips">(.*?)</div>', page, re.DOTALL)
    assert chips is not None
    assert "04/03/2026" in chips[1]
    assert "31/12/2026" in chips[1]
    assert 'href="/mail?until=2026-12-31"' in chips[1]  # without the other
    assert "2026-03-04" not in words(chips[1])
    assert 'value="2026-03-04"' in page


def test_the_timeline_tells_copies_and_refreshes_without_a_second_line_in_the_log(hub: Hub) -> None:
    admin, code = hub.browser(ADMIN), hub.mails["later"].code
    before = hub.audited()
    assert admin.get(f"/mail/{code}?live=1", **{"HX-Request": "true"}).status_code == 404  # nobody wrote down a first
    page = admin.get(f"/mail/{code}")
    assert page.status_code == 200
    assert hub.audited() == before + 1
    version = re.search(rf'hx-get="/mail/{code}\?live=(\w+)"', page.text)
    assert version is not None
    same = admin.get(f"/mail/{code}?live={version[1]}", **{"HX-Request": "true"})
    assert (same.status_code, same.text) == (204, "")  # what somebody opened stays open
    assert admin.get(f"/mail/{code}?live=1", **{"HX-Request": "true"}).text.startswith('<div id="story"')
    assert hub.audited() == before + 1
    anchors = re.findall(r'<li id="(e\d+)"', page.text)
    assert anchors
    assert anchors == re.findall(r'<li id="(e\d+)"', admin.get(f"/mail/{code}").text)
    answer = re.search(r'<textarea class="form-control answer"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    assert answer is not None
    assert code in answer[1]
    assert "Chậm" not in answer[1]  # nothing of the content


def story(browser: Browser, path: str) -> str:
    """The timeline's own part of the page."""
    found = re.search(r'<div id="story".*?</ol>', browser.get(path).text, re.DOTALL)
    assert found is not None
    return found[0]


def test_a_timeline_of_many_says_them_together_and_can_be_narrowed(hub: Hub) -> None:
    admin, code = hub.browser(ADMIN), hub.mails["failed"].code
    whole = admin.read(f"/mail/{code}")
    assert "Đã vào hộp thư: 5 người nhận" in whole
    assert "sai@so.vn" in admin.read(f"/mail/{code}?show=failed")
    assert "Đã vào hộp thư" not in story(admin, f"/mail/{code}?show=failed")
    one = story(admin, f"/mail/{code}?show=n1@so.vn")
    assert "n1@so.vn" in one
    assert "n2@so.vn" not in one
    english = hub.browser(ADMIN)
    english.http.cookies.set("language", "en", domain="mail.tinh.gov.vn", path="/")
    assert "In the mailbox: 5 recipients" in english.read(f"/mail/{code}")


def test_a_sealed_mail_is_one_row_with_one_story_and_its_first_mail_leads_to_it(hub: Hub) -> None:
    first = message("a@so.vn", "b@so.vn", subject="Ký số", inspecting=Inspecting(until=NOW + HOUR, what=("a.pdf",)),
                    sender=OFFICIAL, account_id=hub.ids[OFFICIAL])  # fmt: skip
    put(hub.database, first)
    copy = seal(hub.database, first, (b"1" * 32, b"2" * 32))
    admin, clerk = hub.browser(ADMIN), hub.browser(OFFICIAL)
    listed = admin.get("/mail?q=Ký+số").text
    assert (copy.code in listed, first.code in listed) == (True, False)
    assert "Đã ký số của cơ quan" in listed
    assert first.code not in clerk.get("/me/mail").text
    assert first.code in admin.get(f"/mail?code={first.code}").text  # who names it finds it
    told = admin.read(f"/mail/{copy.code}")
    assert told.count("Máy chủ đã nhận") == 1 + told.count("Máy chủ đã nhận", told.index("Để trả lời người hỏi"))
    assert told.index("Máy chủ đã nhận") < told.index("gửi tiếp bằng thư")
    assert f"thay cho thư {first.code}" in told
    assert f"nằm ở thư {copy.code}" in admin.read(f"/mail/{first.code}")


def test_acts_show_what_they_do_before_they_do_it(hub: Hub) -> None:
    admin, code = hub.browser(ADMIN), hub.mails["later"].code
    row = next(r for a, r in recipients(hub.database).items() if a == "cham@so.vn")
    assert code in admin.read("/queue?state=deferred&to=cham@so.vn")
    assert code not in admin.read("/queue?state=held")
    shown = admin.send("/queue/drop", {"x": str(row.id), "back": f"/mail/{code}"})
    assert shown.status_code == 200
    assert "người gửi KHÔNG được báo" in shown.text
    assert recipients(hub.database)["cham@so.vn"].state == "deferred"
    missing = admin.send("/queue/drop/do", {"x": str(row.id), "back": f"/mail/{code}"})
    assert missing.status_code == 422
    assert f'value="{row.id}"' in missing.text
    done = admin.send("/queue/drop/do", {"x": str(row.id), "back": f"/mail/{code}", "reason": "nhập sai"})
    assert (done.status_code, done.headers["location"]) == (303, f"/mail/{code}")
    assert recipients(hub.database)["cham@so.vn"].state == "withdrawn"
    assert "lý do: nhập sai" in admin.read(f"/mail/{code}")
    assert admin.send("/queue/drop/do", {"x": str(row.id), "reason": "lại"}).status_code == 422
    away = admin.send("/queue/retry/do", {"x": str(row.id), "back": "//evil.example"})
    assert away.status_code == 422
    reader = hub.browser(AUDITOR)
    assert "formaction" not in reader.get("/queue").text
    assert reader.send("/queue/drop/do", {"x": str(row.id), "reason": "x"}).status_code == 403


def test_a_word_is_given_after_its_consequences_were_shown(hub: Hub) -> None:
    officer, code = hub.browser(OFFICER), hub.mails["word"].code
    assert code in officer.read("/waiting")
    page = officer.get(f"/waiting/{code}")
    assert "<script>alert" not in page.text
    for said in ("Điều 5", "1 người nhận này sẽ không nhận được thư", "được trả lại người gửi"):
        assert said in page.text
    assert officer.get(f"/waiting/{code}/send").status_code == 405
    assert recipients(hub.database)["x@gmail.com"].state == "held"
    refused = officer.send(f"/waiting/{code}/send", {"reason": " "})
    assert refused.status_code == 422
    assert "Quy tắc này cần lý do" in refused.text
    reader = hub.browser(AUDITOR)
    assert "chỉ được xem" in reader.read(f"/waiting/{code}")
    assert reader.send(f"/waiting/{code}/send", {"reason": "x"}).status_code == 403
    assert officer.send(f"/waiting/{code}/send", {"reason": "đã xác minh"}).status_code == 303
    assert recipients(hub.database)["x@gmail.com"].state == "queued"
    assert officer.get(f"/waiting/{code}").status_code == 404
    assert officer.send(f"/waiting/{code}/withdraw", {"reason": "x"}).status_code == 404


def test_who_has_no_right_learns_nothing(hub: Hub) -> None:
    official = hub.browser(OFFICIAL)
    for path in ("/mail", f"/mail/{hub.mails['later'].code}", "/mail/7K4-QW2-M9", "/queue", "/waiting", "/incidents"):
        assert official.get(path).status_code == 403, path
    admin = hub.browser(ADMIN)
    for path in ("/mail/7K4-QW2-M9", "/mail/x", "/waiting/7K4-QW2-M9", "/incidents/2026-0009"):
        assert admin.get(path).status_code == 404, path
    assert "Chưa có sự cố nào" in admin.read("/incidents")


def test_an_incident_is_reported_and_closed_and_its_content_is_nowhere(hub: Hub) -> None:
    body = BodyText(lines=("MẬT", "việc kín 4711"))
    mail = SecretMail(
        code=new_code(), message_number=new_id(), at=now_ms(), door=Door.MX, account_id=None, sender=f"{EVIL}@so.vn",
        client="192.0.2.1", recipients=(OFFICIAL,), size=9, level="MẬT", found_in=frozenset({"body"}), rule="bi-mat",
        version=1, body=body,
    )  # fmt: skip
    refuse_at_door(hub.database, hub.site.settings, mail)
    officer = hub.browser(OFFICER)
    listed = officer.get("/incidents")
    found = re.search(r"/incidents/(\d{4}-\d+)", listed.text)
    assert found is not None
    path = found[0]
    shown = officer.get(path)
    assert "<script>alert" not in listed.text + shown.text
    assert "4711" not in listed.text + shown.text
    assert officer.send(f"{path}/close", {"reason": "xong"}).status_code == 422  # it is reported first
    draft = officer.send(f"{path}/report", {"text": "DỰ THẢO …"})
    assert draft.status_code == 422
    assert "DỰ THẢO …</textarea>" in draft.text
    assert officer.send(f"{path}/report", {"text": "Đã báo cáo Công an tỉnh."}).status_code == 303
    assert officer.send(f"{path}/close", {"reason": "đã xử lý"}).status_code == 303
    assert "đã xử lý" in officer.read(path)
    proposed = officer.send(f"{path}/mistaken", {"because": "máy đọc nhầm"}, follow=True)
    assert re.search(r"Mã [0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2}", proposed.text)
    reader = hub.browser(AUDITOR)
    assert 'method="post"' not in reader.get(path).text.split("<main", 1)[1].split("</main>")[0]
    assert reader.send(f"{path}/report", {"text": "x"}).status_code == 403
