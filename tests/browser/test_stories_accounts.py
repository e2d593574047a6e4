"""Stories of accounts, as people click them: a newcomer from request to first login, a staff list applied and undone,
a morning by keyboard alone, and the same screens without JavaScript."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from mailhub.admin.frame.jobs import RUNNING
from mailhub.admin.frame.models import WebJob
from mailhub.admin.listing.export import as_xlsx
from mailhub.roster.applying import BATCH
from mailhub.store.database import open_database
from tests.support.chromium import Somebody, chromium, somebody
from tests.support.hub import PASSWORD, RunningHub, unverified, wait_until

ADMIN, APPROVER = "quantri@tinh.gov.vn", "tvlan@tinh.gov.vn"
AGENCY_ADMIN, CLERK = "bhlan@tinh.gov.vn", "ptkhanh@tinh.gov.vn"  # of SYT; of SNV
OWN_PASSWORD = "Hoa-sen-no-som-mai-47"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(demo=True, web=True) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def test_a_newcomer_is_asked_for_approved_gets_a_slip_and_logs_in(hub: RunningHub, browser: Browser) -> None:
    with somebody(browser, hub, AGENCY_ADMIN) as bhlan:
        address = _ask_for_an_account(bhlan)
    with somebody(browser, hub, APPROVER) as tvlan:
        tvlan.open("/")
        tvlan.shot("story-newcomer-2-home")
        tvlan.page.get_by_role("link", name="Đề nghị chờ duyệt").first.click()
        tvlan.sees(address)
        tvlan.page.get_by_role("row", name=address).get_by_role("link").first.click()
        tvlan.check_page()
        tvlan.shot("story-newcomer-3-decide")
        tvlan.press("Duyệt")
        tvlan.sees("Đã duyệt: Cấp mới.")
    with somebody(browser, hub, AGENCY_ADMIN) as bhlan:
        code = _print_a_slip(bhlan, address)
    with somebody(browser, hub) as newcomer:
        _set_the_first_password(newcomer, address, code)
        newcomer.check_page()
        newcomer.shot("story-newcomer-6-own-pages")
    assert hub.imap(address, password=OWN_PASSWORD)


def _ask_for_an_account(bhlan: Somebody) -> str:
    bhlan.follow("Tài khoản và đơn vị")
    bhlan.follow("Gửi đề nghị")
    bhlan.check_page()
    bhlan.page.get_by_role("link", name="Cấp mới").click()
    bhlan.fill({"Họ và tên": "Đặng Thu Hương", "Đơn vị": "SYT", "Chức vụ": "Chuyên viên"})
    bhlan.fill({"Ngày sinh": "1994-05-17", "Căn cứ (văn bản)": "QĐ 156/QĐ-SYT ngày 20/11/2026"})
    bhlan.press("Kiểm tra và chọn địa chỉ")
    bhlan.sees("Kiểm tra trước khi gửi", "Không tìm thấy người trùng.")
    bhlan.check_page()
    bhlan.shot("story-newcomer-1-ask")
    bhlan.press("Gửi đề nghị")
    bhlan.sees("Đã gửi đề nghị")
    assert bhlan.page.get_by_role("button", name="Duyệt", exact=True).count() == 0, "nobody approves what they ask for"
    found = re.search(r"huongdt\d*@tinh\.gov\.vn", bhlan.text())
    assert found is not None, bhlan.text()
    return found[0]


def _print_a_slip(bhlan: Somebody, address: str) -> str:
    """The code on the paper."""
    bhlan.open("/")
    bhlan.follow("Tài khoản và đơn vị")
    bhlan.fill({"Họ tên, địa chỉ, chức vụ, số điện thoại": "dang thu huong"})
    bhlan.press("Tìm")
    bhlan.page.get_by_role("link", name=address).click()
    bhlan.follow("Cấp phiếu mật khẩu")
    bhlan.press("Cấp phiếu mật khẩu")
    bhlan.sees("Mã chỉ hiện trên trang này.")
    bhlan.check_page()
    bhlan.shot("story-newcomer-4-slip")
    paper = _text_of(bhlan.download(lambda: bhlan.press("In phiếu (PDF, A4)")))
    assert "Đặng Thu Hương" in paper
    code = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", paper)
    assert code is not None, paper
    assert code[0] in bhlan.text()
    return code[0]


def _set_the_first_password(newcomer: Somebody, address: str, code: str) -> None:
    newcomer.open("/k")
    newcomer.fill({"Địa chỉ thư": address, "Mã đặt mật khẩu": code.lower()})
    newcomer.fill({"Mật khẩu mới": "ngắn", "Nhập lại mật khẩu mới": "ngắn"})
    newcomer.press("Đặt mật khẩu")
    expect(newcomer.page.locator("[aria-invalid=true]").first).to_be_visible()
    newcomer.check_page()
    newcomer.shot("story-newcomer-5-first-password")
    newcomer.fill({"Mã đặt mật khẩu": code, "Mật khẩu mới": OWN_PASSWORD, "Nhập lại mật khẩu mới": OWN_PASSWORD})
    newcomer.press("Đặt mật khẩu")
    newcomer.sees("Đã đặt mật khẩu.")
    newcomer.fill({"Địa chỉ thư": address, "Mật khẩu": OWN_PASSWORD})
    newcomer.press("Đăng nhập")
    newcomer.sees("Đặng Thu Hương")


def _text_of(paper: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout


def test_a_staff_list_is_planned_agreed_to_applied_and_undone(
    hub: RunningHub, browser: Browser, tmp_path: Path
) -> None:
    before = _accounts(hub)
    new = [("Hoàng Văn Thử", "12/03/1990", "Chuyên viên"), ("Lê Thị Nghiệm", "01/07/1988", "Phó Trưởng phòng")]
    there = [(one["name"], "", one["title"]) for one in before.values() if one["title"]]
    roster = tmp_path / "danh-sach-snnmt.xlsx"
    roster.write_bytes(as_xlsx(("Họ và tên", "Ngày sinh", "Chức vụ"), [*new, *there[1:]]))
    with somebody(browser, hub, ADMIN, dark=True) as quantri, somebody(browser, hub, APPROVER) as tvlan:
        path = _plan_a_roster(quantri, roster)
        _have_it_agreed(quantri, tvlan)
        quantri.open(path)
        quantri.follow("Áp dụng")
        quantri.press("Áp dụng")
        quantri.sees("Hoàn tác được trong")
        quantri.press("Áp dụng")
        quantri.page.wait_for_url(lambda url: url.endswith(path))
        quantri.sees("Đã áp dụng")
        quantri.shot("story-roster-3-applied")
        after = _accounts(hub)
        assert {one["name"] for one in after.values()} - {one["name"] for one in before.values()} == {
            name for name, *_ in new
        }
        gone = [one["name"] for address, one in before.items() if after[address]["state"] != one["state"]]
        assert gone == [there[0][0]]
        quantri.follow("Hoàn tác")
        quantri.fill({"Lý do, căn cứ": "Nhầm tệp"})
        quantri.press("Hoàn tác")
        quantri.sees("Không có dòng nào phải giữ lại.")
        quantri.check_page()
        quantri.press("Hoàn tác")
        quantri.page.wait_for_url(lambda url: url.endswith(path))
        quantri.sees("Đã hoàn tác")
        quantri.check_page()
        quantri.shot("story-roster-4-undone")
    assert _accounts(hub) == before


def test_a_list_whose_process_is_killed_says_so_and_goes_on_where_it_was(hub: RunningHub, tmp_path: Path) -> None:
    number = 3 * BATCH
    before = len(_accounts(hub, "SYT"))
    roster = tmp_path / "danh-sach-syt.csv"
    roster.write_text("Họ và tên,Ngày sinh\n" + "".join(f"Lê Văn {'ABCDEG'[i % 6]}n,{1 + i % 28}/1/{1950 + i // 28}\n"
                                                       for i in range(number)))  # fmt: skip
    plan = hub.cli("roster", "plan", str(roster), "--agency", "SYT").stdout
    path = f"/rosters/{re.findall(r'[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2}', plan)[0]}"
    with httpx.Client(base_url=f"https://localhost:{hub.port('https')}", verify=unverified(), timeout=30) as client:
        _press(client, "/login", {"address": ADMIN, "password": PASSWORD})
        with ThreadPoolExecutor(1) as threads:
            killed = threads.submit(_kill_while_it_works, hub)
            with suppress(httpx.TransportError):  # killed before it could answer
                _press(client, f"{path}/apply", {"sure": "1"})
            work = killed.result()
        wait_until(lambda: "web-0" in hub.children() and _answers(client), "the web is there again")
        assert "Công việc bị ngắt giữa chừng" in client.get(work).text
        assert before <= len(_accounts(hub, "SYT")) < before + number
        assert "Đang áp dụng" in client.get(path).text
        again = _press(client, f"{path}/apply", {"sure": "1"}).headers["location"]
        wait_until(lambda: client.get(again).headers.get("location", "").endswith(path), "the rest is done")
        assert "Đã áp dụng" in client.get(path).text
    assert len(_accounts(hub, "SYT")) == before + number


def _press(client: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    """Send the form of a page; what its answer says."""
    token = re.search(r'name="csrf" value="([^"]*)"', client.get(path).text)
    assert token is not None
    headers = {"Origin": str(client.base_url), "Sec-Fetch-Site": "same-origin"}
    answer = client.post(path, data=fields | {"csrf": token[1]}, headers=headers)
    assert answer.status_code == 303, answer.text
    return answer


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/login").status_code in (200, 303)
    except httpx.TransportError:
        return False


def _kill_while_it_works(hub: RunningHub) -> str:
    """The page of the work that was cut off."""
    process = hub.children()["web-0"]
    database = open_database(f"sqlite:///{hub.directory}/data/mailhub.db")
    working = select(WebJob.id).where(WebJob.kind.startswith("roster "), WebJob.state == RUNNING)

    def under_way() -> int | None:
        with database.read() as connection:
            return connection.scalar(working)

    number = wait_until(under_way, "the work has begun")
    os.kill(process, signal.SIGKILL)  # within a batch, most likely
    database.close()
    return f"/work/{number}"


def _plan_a_roster(quantri: Somebody, roster: Path) -> str:
    quantri.open("/rosters")
    quantri.follow("Nhập danh sách")
    quantri.page.get_by_label("Tệp danh sách").set_input_files(roster)
    quantri.fill({"Đơn vị": "SNNMT", "Nguồn": "Sở Nội vụ"})
    quantri.page.get_by_label("Danh sách đầy đủ").check()
    quantri.check_page()
    quantri.press("Tải lên và đối chiếu")
    quantri.page.wait_for_url(re.compile(r"/rosters/[0-9A-Z-]+$"))
    quantri.sees("cần người thứ hai đồng ý")
    quantri.check_page()
    quantri.shot("story-roster-1-plan")
    return quantri.page.url.removeprefix(quantri.origin)


def _have_it_agreed(quantri: Somebody, tvlan: Somebody) -> None:
    quantri.follow("Đề nghị người thứ hai")
    quantri.fill({"Lý do, căn cứ": "Danh sách tháng 11 của Sở"})
    quantri.press("Đề nghị người thứ hai")
    if quantri.page.get_by_role("button", name="Đề nghị người thứ hai").count():
        quantri.press("Đề nghị người thứ hai")
    quantri.sees("Đã gửi đề nghị")
    tvlan.open("/")
    tvlan.follow("Tài khoản và đơn vị")
    tvlan.follow("Chờ người thứ hai")
    tvlan.page.get_by_role("main").get_by_role("row").nth(1).get_by_role("link").first.click()
    tvlan.sees("Chính xác là")
    tvlan.check_page()
    tvlan.shot("story-roster-2-second-person")
    tvlan.press("Đồng ý")
    tvlan.sees("Đã đồng ý.")


def _accounts(hub: RunningHub, agency: str = "SNNMT") -> dict[str, dict[str, str]]:
    lines = hub.cli("account", "list", "--agency", agency, "--json").stdout.splitlines()
    found = {one["address"]: one for one in map(json.loads, lines)}
    return {address: {key: one[key] for key in ("name", "state", "title")} for address, one in found.items()}


def test_a_morning_by_keyboard_alone(hub: RunningHub, browser: Browser) -> None:
    with somebody(browser, hub, ADMIN) as quantri:
        keys = quantri.page.keyboard
        keys.press("Tab")
        expect(quantri.page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
        quantri.shot("story-keys-1-skip", whole=False)
        keys.press("Enter")
        expect(quantri.page.get_by_role("main")).to_be_focused()
        keys.press("?")
        expect(quantri.page.get_by_role("dialog", name="Phím tắt")).to_be_visible()
        quantri.check_page()
        quantri.shot("story-keys-2-map", whole=False)
        keys.press("Escape")
        keys.press("g")
        keys.press("c")
        quantri.page.wait_for_url("**/accounts")
        keys.press("/")
        keys.type("nguyen")
        keys.press("Enter")
        expect(quantri.page.get_by_text("Bỏ mọi điều kiện")).to_be_visible()
        keys.press("Escape")  # letters typed into a field are text
        expect(quantri.page.get_by_role("searchbox")).to_have_value("nguyen")
        keys.press("j")
        keys.press("x")
        keys.press("j")
        keys.press("x")
        keys.press("j")
        keys.press("k")
        expect(quantri.page.locator("[data-count]")).to_have_text("2")
        rows = quantri.page.get_by_role("main").get_by_role("row")
        expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
        expect(rows.nth(2).get_by_role("checkbox")).to_be_focused()
        expect(quantri.page.get_by_role("button", name="Tạm khóa")).to_be_visible()
        quantri.check_page()
        quantri.shot("story-keys-3-ticked", whole=False)


def test_without_javascript_accounts_are_found_suspended_and_exported(hub: RunningHub, browser: Browser) -> None:
    address = "nvan@tinh.gov.vn"
    with somebody(browser, hub, ADMIN, script=False) as quantri:
        quantri.follow("Tài khoản và đơn vị")
        quantri.fill({"Họ tên, địa chỉ, chức vụ, số điện thoại": address})
        quantri.press("Tìm")
        quantri.sees("Bỏ mọi điều kiện")
        exported = quantri.download(lambda: quantri.follow("CSV")).read_text("utf-8-sig")
        assert [line.split(",")[0].strip('"') for line in exported.splitlines()[1:]] == [address]
        quantri.page.get_by_role("checkbox", name=address).check()
        quantri.shot("story-no-script-1-found")
        quantri.press("Tạm khóa")
        quantri.sees("Áp dụng cho 1 trong 1 tài khoản đã chọn.")
        quantri.press("Tạm khóa (1)")
        assert _accounts(hub, "VPUBND")[address]["state"] == "active", "a reason is needed"
        quantri.fill({"Lý do": "Theo yêu cầu của đơn vị"})
        quantri.shot("story-no-script-2-preview")
        quantri.press("Tạm khóa (1)")
        quantri.sees("Tạm khóa: 1 tài khoản.")
        quantri.shot("story-no-script-3-done")
        quantri.page.locator("summary", has_text="Quản trị hệ thống thư").click()
        quantri.press("Đăng xuất")
        quantri.sees("Đăng nhập thư công vụ")
    assert _accounts(hub, "VPUBND")[address]["state"] == "suspended"
