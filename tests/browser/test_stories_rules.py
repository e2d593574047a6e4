"""Stories of rules, reports and signatures: a stage raised and taken back, a usage report in Word, a file verified."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mailhub.clock import local_time, now_ms
from mailhub.ops.demo_signing import LEADERS_KEY, PIN
from mailhub.ops.documents import as_pdf, sample_letter
from tests.support.chromium import PHONE, Somebody, chromium, somebody
from tests.support.hub import RunningHub, letter
from tests.support.sheets import sheet_rows

ADMIN, SECOND, MANAGER = "quantri@tinh.gov.vn", "tvlan@tinh.gov.vn", "vtha@tinh.gov.vn"
CLERK, OFFICIAL = "ptkhanh@tinh.gov.vn", "nmoanh@tinh.gov.vn"
RULE = "Gửi tệp đặt mật khẩu ra ngoài"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(demo=True, web=True) as running:
        for number in range(7):
            to = [OFFICIAL, f"congdan{number}@gmail.com"]
            running.submit(CLERK, to, letter(CLERK, to[0], subject=f"Trả lời số {number}"))
        running.wait_for_mail(OFFICIAL, count=7)
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def test_a_stage_is_raised_by_two_people_after_simulation_and_taken_back_by_one(
    hub: RunningHub, browser: Browser
) -> None:
    with somebody(browser, hub, ADMIN) as quantri:
        quantri.follow("Quy tắc gửi, nhận")
        quantri.fill({"Tìm quy tắc": "mat khau ra ngoai"})
        quantri.press("Tìm")
        quantri.follow(RULE)
        quantri.check_page()
        quantri.shot("story-rule-1-rule")
        quantri.follow("Chạy thử mức khác")
        expect(quantri.page.get_by_label("Quy tắc", exact=True)).to_have_value("tep-ma-hoa-gui-ra-ngoai")
        quantri.choose("Mức mới", "Chờ duyệt")
        quantri.page.get_by_role("region", name="Đổi mức của một quy tắc").get_by_role(
            "button", name="Chạy thử"
        ).click()
        quantri.page.wait_for_url(re.compile(r"/rules/simulation/\d+$"))
        quantri.sees("Kết quả chạy thử", "Đã xét")
        quantri.check_page()
        quantri.shot("story-rule-2-trial")
        quantri.page.get_by_label("Lý do").fill("Công văn 12/SKHCN-CNTT")
        quantri.press("Gửi đề xuất")
        quantri.sees("Đây là đề xuất của chính Ông/Bà", SECOND)
        quantri.shot("story-rule-3-proposed")
        assert "[Ghi nhận]" in _rule(hub)
        _agree(hub, browser)
        quantri.follow("Quy tắc gửi, nhận")
        quantri.page.get_by_role("region", name="Đề xuất thay đổi quy tắc").get_by_role("link").click()
        quantri.press("Kích hoạt")
        quantri.sees("Đã áp dụng phiên bản 2.", RULE, SECOND)
        quantri.sees("Ghi nhận", "Chờ duyệt")
        quantri.check_page()
        quantri.shot("story-rule-5-diff")
        assert "[Chờ duyệt]" in _rule(hub)
        quantri.follow("Các phiên bản")
        quantri.check_page()
        quantri.follow("Phiên bản 1")
        quantri.page.get_by_label("Lý do").fill("Quá nhiều thư phải chờ")
        quantri.press("Trở lại phiên bản này")
        quantri.sees("Phiên bản 3")
        quantri.shot("story-rule-6-back")
    assert "[Ghi nhận]" in _rule(hub)


def _agree(hub: RunningHub, browser: Browser) -> None:
    """The second person looks at what exactly is to change, on a phone in the dark, and agrees."""
    with somebody(browser, hub, SECOND, size=PHONE, dark=True) as lan:
        lan.open("/rules")
        lan.page.get_by_role("region", name="Đề xuất thay đổi quy tắc").get_by_role("link").click()
        lan.sees(RULE, "Ghi nhận", "Công văn 12/SKHCN-CNTT")
        lan.check_page()
        lan.shot("story-rule-4-second-phone-dark")
        lan.press("Đồng ý")
        lan.sees("Đã đồng ý.")


def _rule(hub: RunningHub) -> str:
    return next(line for line in hub.cli("policy", "show").stdout.splitlines() if line.startswith("tep-ma-hoa-gui-ra"))


def test_a_manager_takes_the_usage_report_and_every_form_has_the_same_numbers(
    hub: RunningHub, browser: Browser, tmp_path: Path
) -> None:
    with somebody(browser, hub, MANAGER) as ha:
        ha.open("/")
        ha.follow("Báo cáo")
        today = local_time(now_ms()).date().isoformat()
        ha.page.get_by_text("Chọn ngày bất kỳ").click()
        ha.fill({"Từ ngày": "2026-11-01", "Đến ngày": today})
        ha.press("Xem")
        ha.sees("Sử dụng hộp thư cá nhân trong công vụ")
        ha.check_page()
        ha.shot("story-report-1-screen")
        screen = _figure(ha, "Gửi đến hộp thư cá nhân")
        assert screen == 7
        files = {form: tmp_path / f"bao-cao.{form.lower()}" for form in ("DOCX", "XLSX")}
        for form, path in files.items():
            path.write_bytes(ha.download(partial(ha.follow, form)).read_bytes())
    text = _as_text(files["DOCX"])
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert re.search(rf"Gửi đến hộp thư cá nhân\D{{0,80}}{screen}\b", text), text[:3000]
    sheet = sheet_rows(files["XLSX"].read_bytes())
    row = next(line for line in sheet if any("Gửi đến hộp thư cá nhân" in cell for cell in line))
    assert str(screen) in row, row


def _figure(one: Somebody, words: str) -> int:
    card = one.page.locator(".report-figure").filter(has_text=words).first
    return int(card.locator(".count").inner_text().replace(".", ""))


def _as_text(document: Path) -> str:
    """What LibreOffice prints of it."""
    profile = f"-env:UserInstallation=file://{document.parent}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(document.parent), str(document)]
    subprocess.run(command, check=True, capture_output=True, timeout=90)
    paper = document.with_suffix(".pdf")
    read = subprocess.run(["pdftotext", "-layout", paper, "-"], check=True, capture_output=True, text=True)
    return read.stdout


def test_a_signed_file_is_verified_in_words_in_english_on_a_phone(
    hub: RunningHub, browser: Browser, tmp_path: Path
) -> None:
    from mailhub.files.sealing.demonstrating import sign_as_leader

    paper = sample_letter(local_time(now_ms()).date())
    plain, key = as_pdf(paper), (hub.directory / LEADERS_KEY).read_bytes()
    signed = sign_as_leader(plain, key, PIN, post=paper.title, name=paper.signer)
    changed = signed.replace(b"\nendobj", b" endobj", 1)
    assert changed != signed
    with somebody(browser, hub, OFFICIAL, size=PHONE, language="en") as oanh:
        oanh.press("Open the menu")
        oanh.page.get_by_role("navigation", name="Menu").get_by_role("link", name="Signatures", exact=True).click()
        oanh.check_page()
        oanh.shot("story-verify-1-phone-en")
        files = {
            "signed": (signed, "Valid, with care"),
            "changed": (changed, "Not valid"),
            "plain": (plain, "Not signed"),
        }
        for name, (data, verdict) in files.items():
            file = tmp_path / f"{name}.pdf"
            file.write_bytes(data)
            oanh.page.locator("input[type=file]").set_input_files(file)
            oanh.press("Verify")
            oanh.sees(verdict)
            oanh.check_page()
            oanh.shot(f"story-verify-2-{name}-phone-en")
            oanh.follow("Verify another file")
