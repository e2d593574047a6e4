"""Stories of mail: a caller is answered, a draft waits for its word, and an official's own pages on a phone."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from playwright.sync_api import Browser, expect

from tests.support.chromium import PHONE, Somebody, chromium, somebody
from tests.support.hub import PASSWORD, RunningHub, wait_until
from tests.support.papers import as_docx, make_paper

ADMIN, SECURITY = "quantri@tinh.gov.vn", "bhgiang@tinh.gov.vn"
OFFICIAL, CLERK = "nmoanh@tinh.gov.vn", "ptkhanh@tinh.gov.vn"
PRIVATE = "ban.toi@gmail.com"
NUMBER = "157/QĐ-UBND"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
pytestmark = pytest.mark.timeout(300)


def _with_paper(sender: str, to: str, subject: str, **paper: str | bool) -> bytes:
    """A message with a document in Word."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{abs(hash(subject))}@may.tinh.gov.vn>"
    message.set_content("Kính gửi Ông/Bà, xin trao đổi.\n")
    kind = "CV" if paper.get("draft") else "QĐ"
    main, _, sub = WORD.partition("/")
    message.add_attachment(as_docx(make_paper(kind, seed=3, **paper)), maintype=main, subtype=sub, filename="vb.docx")
    return message.as_bytes()


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(demo=True, web=True) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def test_a_caller_who_misses_a_decision_is_answered_from_its_timeline(hub: RunningHub, browser: Browser) -> None:
    decision = _with_paper(CLERK, OFFICIAL, "Quyết định <b>mới</b>", number="157", symbol="/QĐ-UBND")
    code = hub.submit(CLERK, [OFFICIAL], decision)
    hub.wait_for_mail(OFFICIAL)
    with somebody(browser, hub, ADMIN) as quantri:
        quantri.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        quantri.follow("Theo dõi thư")
        quantri.fill({"Người nhận": "nmoanh"})
        quantri.press("Tìm")
        expect(quantri.page.get_by_role("link", name=code)).to_be_visible()
        quantri.fill({"Người nhận": "", "Số, ký hiệu văn bản": "157/qd-ubnd"})
        quantri.press("Tìm")
        expect(quantri.page.get_by_text("Số, ký hiệu văn bản: 157/qd-ubnd")).to_be_visible()
        expect(quantri.page.get_by_role("link", name=code)).to_be_visible()
        quantri.check_page()
        quantri.shot("story-caller-1-found")
        quantri.page.get_by_role("link", name=code).click()
        quantri.sees("Quyết định <b>mới</b>", "Đã vào hộp thư", NUMBER)
        quantri.check_page()
        quantri.shot("story-caller-2-timeline")
        quantri.press("Sao chép để trả lời")
        quantri.sees("Đã sao chép")
        answer = quantri.page.evaluate("navigator.clipboard.readText()")
    assert f"Thư mã {code}" in answer
    assert f"Đã vào hộp thư: {OFFICIAL}" in answer.replace("hộp thư ", "hộp thư: ").replace("::", ":")
    assert "Kính gửi" not in answer, "content is not read out"


def test_a_draft_to_private_mail_waits_and_its_sender_lets_it_go_by_phone(hub: RunningHub, browser: Browser) -> None:
    code = _held_draft(hub, "Dự thảo công văn gửi nhà riêng")
    with somebody(browser, hub, OFFICIAL, size=PHONE) as oanh:
        oanh.page.get_by_role("link", name="thư chờ ý kiến của Ông").click()
        oanh.check_page()
        oanh.shot("story-word-1-list-phone")
        oanh.page.get_by_role("row", name=code).or_(oanh.page.get_by_role("link", name=code)).first.wait_for()
        oanh.page.get_by_role("main").get_by_role("link", name="Dự thảo công văn gửi nhà riêng").click()
        oanh.sees("Lý do tạm dừng")
        oanh.check_page()
        oanh.shot("story-word-2-phone")
        oanh.press("GỬI")
        oanh.sees("Quy tắc này cần lý do mới cho gửi.")
        oanh.shot("story-word-3-reason-phone")
        oanh.fill({"Lý do": "Trả lời kiến nghị của công dân"})
        oanh.press("GỬI")
        oanh.sees(f"Đã cho gửi thư {code}")
        oanh.check_page()
    assert "Trả lời kiến nghị của công dân" in hub.cli("trace", code).stdout


def test_what_waits_is_withdrawn_by_whoever_may_and_by_nobody_else(hub: RunningHub, browser: Browser) -> None:
    code = _held_draft(hub, "Dự thảo thứ hai")
    with somebody(browser, hub, CLERK) as khanh:
        answer = khanh.page.goto(f"{khanh.origin}/waiting/{code}")
        assert answer is not None
        assert answer.status in (403, 404)
    with somebody(browser, hub, SECURITY, dark=True) as giang:
        giang.page.get_by_role("main").get_by_role("link", name=re.compile("Thư chờ duyệt")).click()
        giang.sees("Dự thảo thứ hai")
        giang.check_page()
        giang.shot("story-waiting-1-list")
        giang.follow("Dự thảo thứ hai")
        giang.sees("Lý do tạm dừng")
        marked = giang.page.locator("li.active", has_text="Theo dõi thư")
        expect(marked.get_by_role("link", name="Thư chờ duyệt")).to_have_attribute("aria-current", "true")
        giang.check_page()
        giang.shot("story-waiting-2-word")
        giang.fill({"Lý do": "Người nhận là hộp thư cá nhân"})
        giang.press("HỦY")
        giang.sees(f"Đã hủy thư {code}")
    told = hub.cli("trace", code).stdout
    assert "Người nhận là hộp thư cá nhân" in told


def _held_draft(hub: RunningHub, subject: str) -> str:
    draft = _with_paper(OFFICIAL, PRIVATE, subject, draft=True, number="", signer="")
    code = hub.submit(OFFICIAL, [PRIVATE], draft)
    wait_until(lambda: "asked" in [one["kind"] for one in hub.events(code)], "the question", seconds=60)
    return code


def test_an_official_finds_a_mail_and_gives_a_phone_its_own_password(hub: RunningHub, browser: Browser) -> None:
    code = hub.submit(OFFICIAL, [CLERK], _with_paper(OFFICIAL, CLERK, "Gửi văn thư", number="158", symbol="/QĐ-STC"))
    wait_until(lambda: "delivered" in [one["kind"] for one in hub.events(code)], "delivered", seconds=60)
    with somebody(browser, hub, OFFICIAL, size=PHONE, dark=True) as oanh:
        _menu(oanh, "Thư tôi đã gửi")
        oanh.check_page()
        oanh.shot("story-phone-1-sent")
        oanh.follow("Gửi văn thư")
        oanh.sees("Đã vào hộp thư")
        oanh.check_page()
        oanh.shot("story-phone-2-timeline")
        _menu(oanh, "Thiết bị, mật khẩu ứng dụng")
        oanh.fill({"Tên thiết bị": "Điện thoại của tôi"})
        oanh.press("Tạo mật khẩu ứng dụng")
        oanh.sees("Mật khẩu chỉ hiện một lần")
        oanh.check_page()
        oanh.shot("story-phone-3-app-password")
        secret = oanh.page.locator("#secret").inner_text().strip()
        with hub.imap(OFFICIAL, password=secret) as client:
            assert client.select("INBOX", readonly=True)[0] == "OK"
        oanh.follow("Đã nhập xong")
        oanh.sees("dùng lần cuối")
        oanh.page.once("dialog", lambda asked: asked.accept())
        oanh.page.get_by_role("button", name="Thu hồi Điện thoại của tôi").click()
        oanh.sees("Đã thu hồi 1 mật khẩu ứng dụng.")
        oanh.check_page()
        with pytest.raises(imaplib.IMAP4.error), hub.imap(OFFICIAL, password=secret):
            pass
        _menu(oanh, "Cài đặt ứng dụng thư")
        oanh.sees("Nhận thư (IMAP)", "Thunderbird")
        oanh.check_page()
        oanh.shot("story-phone-4-set-up")


def test_a_password_is_changed_on_a_phone_and_the_old_one_is_of_no_use(hub: RunningHub, browser: Browser) -> None:
    new = "Trang-ram-thang-tam-88"
    with somebody(browser, hub, "htson@tinh.gov.vn", size=PHONE) as son:
        _menu(son, "Mật khẩu, xác thực hai lớp")
        password = son.page.get_by_role("region", name="Mật khẩu", exact=True)
        password.get_by_label("Mật khẩu hiện nay").fill(PASSWORD)
        password.get_by_label("Mật khẩu mới", exact=True).fill(new)
        password.get_by_label("Nhập lại mật khẩu mới").fill(new)
        son.check_page()
        son.press("Đổi mật khẩu")
        son.sees("Đã đổi mật khẩu.")
        son.shot("story-phone-5-password")
        son.check_page()
    with somebody(browser, hub) as son:
        son.open("/login")
        son.fill({"Địa chỉ thư": "htson@tinh.gov.vn", "Mật khẩu": PASSWORD})
        son.press("Đăng nhập")
        expect(son.page.get_by_role("alert")).to_be_visible()
        son.log_in("htson@tinh.gov.vn", new)


def _menu(one: Somebody, words: str) -> None:
    """On a phone the menu is behind a button."""
    one.page.get_by_role("button", name="Mở trình đơn").click()
    one.page.get_by_role("navigation", name="Trình đơn").get_by_role("link", name=words, exact=True).click()
    expect(one.page.get_by_role("navigation", name="Trình đơn")).to_be_hidden()
