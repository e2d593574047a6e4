"""A whole life from the command line: requested, approved, on leave, transferred, retired; and the story of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.activation import activate
from mailhub.accounts.life.deciding import lapse
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.rights import Role, schedule
from mailhub.cli.account import account
from mailhub.cli.environment import Environment
from mailhub.cli.request import request
from mailhub.clock import DAY, now_ms
from mailhub.errors import MailhubError
from mailhub.store.database import Database
from tests.accounts.life.support import make_actor
from tests.support.accounts import Settings, make_account, make_province

TREES = {"account": account, "request": request}
Run = Callable[..., str]
BASIS = "QĐ 156/QĐ-SNV ngày 20/11/2026"
ADDRESS = "annv@tinh.gov.vn"


@pytest.fixture
def run(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    make_province(sqlite_database)
    for module in ("account_acts", "request"):
        monkeypatch.setattr(
            f"mailhub.cli.{module}.show_closing", lambda _environment, address: print(f"proof {address}")
        )

    def typed(*words: str, by: str = "") -> str:
        environment = Environment(tmp_path, "quantri", as_address=by)
        environment.__dict__.update(database=sqlite_database, settings=Settings())
        result = CliRunner().invoke(TREES[words[0]], list(words[1:]), obj=environment)
        if isinstance(result.exception, MailhubError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return typed


def asked(run: Run, *words: str, by: str = "") -> str:
    """The code of a request that was made."""
    found = re.search(r"Đã gửi đề nghị (\S+):", run("request", *words, by=by))
    assert found is not None
    return found[1]


def test_a_life_is_told_step_by_step(run: Run, sqlite_database: Database) -> None:
    make_actor(sqlite_database, "vt@tinh.gov.vn", Role.CLERK, "snv")
    make_account(sqlite_database, "tkb@tinh.gov.vn", agency="snv", name="Trần Kim Bình")
    code = asked(run, "new", "--name", "Nguyễn Văn An", "--agency", "snv", "--title", "Chuyên viên", "--because", BASIS)
    assert ADDRESS in run("request", "list")
    assert "slip make" in run("request", "approve", code, "--own")
    assert "cần cấp phiếu" in run("account", "why", ADDRESS)
    with sqlite_database.write() as c:
        activate(c, find_mailbox(c, ADDRESS).id, at=now_ms())
    acting = ("--acting", "tkb@tinh.gov.vn", "--because", "QĐ 7/QĐ-SNV")
    away = run("account", "leave", ADDRESS, "--until", "31/12/2098", *acting)
    assert f"với tên đăng nhập {ADDRESS}*tkb@tinh.gov.vn" in away
    story = run("account", "why", ADDRESS)
    assert "không đăng nhập được (đăng nhập đã đóng trong thời gian nghỉ); không gửi được, nhận thư" in story
    assert "người xử lý thay: tkb@tinh.gov.vn" in story
    assert ADDRESS in run("account", "list", "--away")
    run("account", "back", ADDRESS, "--reason", "về sớm")
    moved = run("account", "move", ADDRESS, "--to", "syt", "--reason", "điều động", "--because", "QĐ 20/QĐ-UBND")
    assert moved.startswith(f"Đã chuyển {ADDRESS} đến syt")
    run("account", "plan-end", ADDRESS, "--on", "01/12/2098", "--reason", "nghỉ hưu", "--because", BASIS)
    assert "Sẽ ngừng sử dụng từ 00 giờ ngày 01/12/2098" in run("account", "why", ADDRESS)
    assert "ngừng từ 01/12/2098" in run("account", "list", "--ending")
    ended = run("account", "revoke", ADDRESS, "--reason", "nghỉ hưu", "--handover", "tkb@tinh.gov.vn")
    assert "lưu giữ đến hết" in ended
    assert f"proof {ADDRESS}" in ended
    told = run("account", "why", ADDRESS)
    steps = told[told.index("Các bước:") :].splitlines()[1:]
    words = [step.split("  ")[2] for step in steps if step]
    assert words[0].startswith("thu hồi, lưu đến ")
    assert [one.rpartition(", ")[0] for one in words[1:]] == [
        "thông báo ngừng sử dụng từ ngày 01/12/2098",
        "chuyển từ Sở Nội vụ đến Sở Y tế",
        "hết thời gian nghỉ, mở lại đăng nhập",
        words[4].rpartition(", ")[0],
        f"đồng ý đề nghị cấp mới tài khoản {code}",
        f"đề nghị cấp mới tài khoản {code}",
    ]
    assert words[4].startswith("bắt đầu nghỉ từ ")
    assert BASIS in steps[-1]
    assert "quản trị máy chủ (quantri)" in steps[0]
    assert "bàn giao cho tkb@tinh.gov.vn" in told
    back = run("account", "restore", ADDRESS, "--reason", "nhầm")
    assert "đã thông báo trước đây (01/12/2098) không còn hiệu lực" in back


def test_an_account_is_shown_in_words(run: Run, sqlite_database: Database) -> None:
    make_actor(sqlite_database, "vt@tinh.gov.vn", Role.CLERK, "snv")
    make_account(sqlite_database, ADDRESS, agency="snv")
    run("account", "leave", ADDRESS, "--from", "30/12/2098", "--until", "31/12/2098", "--acting", "vt@tinh.gov.vn")
    shown = run("account", "show", ADDRESS)
    assert "Loại                 hộp thư công vụ của cá nhân" in shown
    assert "Nhóm chức vụ         nhân viên" in shown
    assert re.search(r"Cấp lúc +\d\d/\d\d/\d{4} \d\d:\d\d:\d\d\n", shown)
    assert "30/12/2098 – 31/12/2098" in shown
    assert "Văn thư (snv)" in run("account", "show", "vt@tinh.gov.vn")
    moved = run("account", "move", "vt@tinh.gov.vn", "--to", "syt", "--reason", "điều động")
    assert "Hết quyền quản trị: Văn thư (snv)" in moved


def test_an_agency_asks_and_another_decides_each_under_the_own_name(run: Run, sqlite_database: Database) -> None:
    make_actor(sqlite_database, "vt@tinh.gov.vn", Role.CLERK, "snv")
    make_actor(sqlite_database, "duyet@tinh.gov.vn", Role.APPROVER)
    with pytest.raises(MailhubError, match="không có quyền"):
        run("request", "new", "--name", "Nguyễn Văn An", "--agency", "syt", by="vt@tinh.gov.vn")
    code = asked(run, "new", "--name", "Nguyễn Văn An", "--agency", "snv", by="vt@tinh.gov.vn")
    with pytest.raises(MailhubError, match="không có quyền"):
        run("request", "approve", code, by="vt@tinh.gov.vn")
    shown = json.loads(run("request", "show", code, "--json"))
    assert (shown["state"], shown["address"], shown["agency"]) == ("open", ADDRESS, "snv")
    with pytest.raises(MailhubError, match="another person"):  # the console at which the clerk asked
        run("request", "approve", code)
    refused = run("request", "refuse", code, "--answer", "chưa có quyết định", by="duyet@tinh.gov.vn")
    assert "Không duyệt" in refused
    assert "Trả lời" in run("request", "show", code)
    with pytest.raises(MailhubError, match="no account"):
        run("account", "show", ADDRESS)


def test_a_dry_run_of_a_request_changes_nothing(run: Run) -> None:
    run("request", "new", "--name", "Nguyễn Văn An", "--agency", "snv", "--dry-run")
    assert run("request", "list", "--state", "all") == "Không có kết quả.\n"


def test_other_kinds_are_asked_for_withdrawn_and_lapse(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, ADDRESS, agency="snv")
    end = asked(run, "end", ADDRESS, "--reason", "nghỉ hưu", "--on", "01/12/2098")
    move = asked(run, "move", ADDRESS, "--to", "syt", "--reason", "điều động")
    password = asked(run, "password", ADDRESS, "--reason", "quên mật khẩu")
    assert f"Đã rút {password}" in run("request", "withdraw", password)
    assert "chuyển đơn vị" in run("request", "approve", move, "--own")
    assert "proof" not in run("request", "approve", end, "--own")
    late = asked(run, "end", ADDRESS, "--reason", "nghỉ hưu")
    with sqlite_database.write() as c:
        assert lapse(c, schedule(), days=30, at=now_ms() + 31 * DAY) == [late]
    assert "Hết hạn" in run("request", "list", "--state", "all")
    now = asked(run, "end", ADDRESS, "--reason", "nghỉ hưu")
    assert f"proof {ADDRESS}" in run("request", "approve", now, "--own")


def test_accounts_are_found_by_words_without_marks_and_by_what_is_odd(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, ADDRESS, name="Nguyễn Văn Đạt", password=None)
    make_account(sqlite_database, "b@tinh.gov.vn", name="H'Hen Niê")
    assert run("account", "list", "nguyen", "DAT").split()[0] == ADDRESS
    assert run("account", "list", "h'hen").split()[0] == "b@tinh.gov.vn"
    assert run("account", "list", "100%") == ""
    assert [line.split()[0] for line in run("account", "list", "--no-password").splitlines()] == [ADDRESS]
    with sqlite_database.write() as c:
        c.execute(update(Mailbox).where(Mailbox.address == ADDRESS).values(login_closed="idle"))
    assert "đóng do lâu không sử dụng" in run("account", "list", "--idle")
    run("account", "hold", "b@tinh.gov.vn", "--order", "QĐ 12/QĐ-CA", "--reason", "điều tra")
    assert [line.split()[0] for line in run("account", "list", "--held").splitlines()] == ["b@tinh.gov.vn"]


def test_whoever_may_not_know_of_an_order_is_not_told(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, ADDRESS, agency="snv")
    make_actor(sqlite_database, "hotro@tinh.gov.vn", Role.HELP_DESK, "snv")
    run("account", "hold", ADDRESS, "--order", "QĐ 12/QĐ-CA", "--reason", "phục vụ điều tra")
    assert "QĐ 12/QĐ-CA" in run("account", "why", ADDRESS)
    assert "QĐ 12/QĐ-CA" in run("account", "show", ADDRESS)
    for by in ("hotro@tinh.gov.vn", ADDRESS):
        for command in ("why", "show"):
            told = run("account", command, ADDRESS, by=by)
            assert "QĐ 12" not in told
            assert "điều tra" not in told
        assert "QĐ 12" not in run("account", "why", ADDRESS, "--json", by=by)
        with pytest.raises(MailhubError, match="không có quyền"):
            run("account", "list", "--held", by=by)


def test_what_was_seen_is_what_is_changed(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, ADDRESS)
    seen = str(json.loads(run("account", "show", ADDRESS, "--json"))["revision"])
    run("account", "change", ADDRESS, "--title", "Trưởng phòng", "--expect", seen)
    with pytest.raises(MailhubError, match="console:quantri changed it"):
        run("account", "revoke", ADDRESS, "--reason", "x", "--expect", seen)
    with sqlite_database.read() as c:
        assert find_mailbox(c, ADDRESS).state is MailboxState.ACTIVE
