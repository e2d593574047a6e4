"""An official's own pages: where one's mail went, one's word, one's devices, and nobody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailhub.accounts.login.app_passwords import find
from mailhub.queue.models import EventKind
from mailhub.store.database import Database
from tests.admin.test_mail_screens import EVIL, OFFICER, OFFICIAL, Hub
from tests.queue.parts import message, outcome, put, recipients, settle, take
from tests.support.accounts import make_account
from tests.support.databases import sqlite_database
from tests.support.web import Browser

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit
STRANGER = "la@tinh.gov.vn"


@pytest.fixture
def hub(sqlite_database: Database, tmp_path: Path) -> Hub:
    return Hub(sqlite_database, tmp_path)


def test_where_my_mail_went_and_nobody_elses(hub: Hub) -> None:
    me, before = hub.browser(OFFICIAL), hub.audited()
    assert "Chờ ý kiến" in me.read("/me")
    page = me.get("/me/mail")
    assert "<script>alert" not in page.text
    assert "Không gửi được 1/6" in me.read("/me/mail")
    assert "Chậm" not in me.read("/me/mail?who=n1@so.vn")
    assert "Chậm" in me.read("/me/mail?q=cham")
    told = me.read(f"/me/mail/{hub.mails['failed'].code}")
    assert "Đã vào hộp thư: 5 người nhận" in told
    assert "sai@so.vn" in told
    assert "/rules/" not in me.get(f"/me/mail/{hub.mails['word'].code}").text
    assert hub.audited() == before
    make_account(hub.database, STRANGER, agency="syt", password=None)
    stranger = hub.browser(STRANGER)
    assert stranger.get(f"/me/mail/{hub.mails['failed'].code}").status_code == 404
    assert stranger.get("/me/mail/7K4-QW2-M9").status_code == 404
    assert EVIL[:8] not in stranger.get("/me/mail").text


def test_what_came_to_me(hub: Hub) -> None:
    put(hub.database, message(OFFICIAL, "kin@so.vn", sender="ai@ngoai.vn", account_id=None, subject="Từ ngoài"))
    for claimed in take(hub.database):
        settle(hub.database, outcome(claimed, event=EventKind.DELIVERED))
    me = hub.browser(OFFICIAL)
    page = me.get("/me/mail?box=came")
    assert "Từ ngoài" in page.text
    found = re.search(r"/me/mail/([0-9A-Z-]{10})", page.text)
    assert found is not None
    one = me.get(f"/me/mail/{found[1]}").text
    assert "Đã vào hộp thư" in one
    assert "kin@so.vn" not in one


def test_my_word_is_given_on_my_own_page_alone(hub: Hub) -> None:
    me, code = hub.browser(OFFICIAL), hub.mails["word"].code
    assert code in me.read("/me/words")
    assert hub.browser(OFFICER).get(f"/me/words/{code}").status_code == 404
    assert hub.browser(OFFICER).send(f"/me/words/{code}/send", {"reason": "x"}).status_code == 404
    assert "không lấy lại được" in me.read(f"/me/words/{code}")
    assert me.send(f"/me/words/{code}/burn", {"reason": "x"}).status_code == 404
    done = me.send(f"/me/words/{code}/withdraw", {"reason": ""}, follow=True)
    assert "Đã hủy thư" in done.text
    assert recipients(hub.database)["x@gmail.com"].state == "withdrawn"


def test_an_app_password_is_shown_once_opens_the_mailbox_and_is_revoked(hub: Hub) -> None:
    me, stranger = hub.browser(OFFICIAL), hub.browser(OFFICER)
    assert "Chưa có mật khẩu ứng dụng nào" in me.read("/me/devices")
    assert me.send("/me/devices", {"device": ""}).status_code == 422
    made = me.send("/me/devices", {"device": EVIL[:60], "days": "30"})
    assert made.status_code == 200
    assert "<script>alert" not in made.text
    secret = re.search(r'id="secret">(mh[0-9a-z-]+)<', made.text)
    assert secret is not None
    assert 'src="data:image/svg' in made.text
    with hub.database.read() as c:
        row = find(c, hub.ids[OFFICIAL], secret[1])
    assert row is not None
    assert secret[1] not in me.get("/me/devices").text
    assert row.prefix in me.get("/me/devices").text
    assert stranger.send("/me/devices/revoke", {"which": row.prefix}).status_code == 422
    assert me.send("/me/devices/revoke", {"which": row.prefix}).status_code == 303
    with hub.database.read() as c:
        gone = find(c, hub.ids[OFFICIAL], secret[1])
    assert gone is not None
    assert gone.revoked_at is not None


def test_an_unattended_screen_makes_no_app_password(hub: Hub) -> None:
    me = hub.browser(OFFICIAL)
    later = hub.site.clock() + 6 * 60_000
    hub.site.clock = lambda: later
    refused = me.send("/me/devices", {"device": "Điện thoại"})
    assert refused.status_code == 422
    assert 'name="current"' in refused.text
    assert 'id="secret"' not in refused.text


def test_how_a_client_is_set_up_names_this_hub(hub: Hub) -> None:
    page = hub.browser(OFFICIAL).read("/me/set-up")
    for said in (OFFICIAL, "mail.tinh.gov.vn", "cổng 993", "cổng 465", "Thunderbird", "Outlook", "iPhone", "Android"):
        assert said in page
    assert Browser(hub.site).get("/me/set-up").status_code == 303
