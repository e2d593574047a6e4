"""App passwords, the second factor, unlocking and taking over hashes, from the command line's side."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailhub.accounts.authenticate import Accepted, authenticate
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import CodeRefused, NotAllowed
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.second_factor import current_code
from mailhub.accounts.web.scopes import read_scopes
from mailhub.accounts.web.sessions import Stage, open_session
from mailhub.accounts.web.tokens import find_token, make_token
from mailhub.cli.account import account
from mailhub.cli.app_password import app_password
from mailhub.cli.environment import Environment
from mailhub.cli.right import right
from mailhub.cli.second_factor import second_factor
from mailhub.cli.web_access import web
from mailhub.clock import now_ms
from mailhub.errors import MailhubError
from mailhub.settings import Settings
from mailhub.store.database import Database
from tests.accounts.login.test_imported import HASHES
from tests.support.accounts import PASSWORD, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.logins import ADDRESS

__all__ = ["sqlite_database"]

TREES = {"account": account, "app-password": app_password, "second-factor": second_factor, "right": right, "web": web}
Run = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    hub = {"domain": "tinh.gov.vn", "hostname": "mail.tinh.gov.vn"}
    found = Settings.model_validate({"directory": tmp_path, "hub": hub, "passwords": {"memory_kib": 8192}})
    found.keys_directory.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture
def run(sqlite_database: Database, tmp_path: Path, settings: Settings) -> Run:
    make_province(sqlite_database)
    make_account(sqlite_database, ADDRESS)
    environment = Environment(tmp_path, "quantri")
    environment.__dict__.update(database=sqlite_database, settings=settings)

    def typed(*words: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(TREES[words[0]], list(words[1:]), input=stdin, obj=environment)
        if isinstance(result.exception, MailhubError):
            raise result.exception
        return result

    return typed


def opens(database: Database, settings: Settings, secret: str, login: str = ADDRESS) -> bool:
    at = now_ms()
    verdict = authenticate(database, login, secret, service="imap", ip="192.0.2.1", at=at, settings=settings)
    return isinstance(verdict, Accepted)


def test_an_app_password_is_printed_once_listed_and_revoked(
    run: Run, sqlite_database: Database, settings: Settings
) -> None:
    assert run("app-password", "make", ADDRESS, "--device", "Điện thoại", "--dry-run").stdout == ""
    made = run("app-password", "make", ADDRESS, "--device", "Điện thoại")
    secret = made.stdout.split()[-1]
    assert re.fullmatch(r"mh\w{3}(-\w{5}){4}", secret)
    assert opens(sqlite_database, settings, secret)
    listed = run("app-password", "list", ADDRESS).stdout
    assert "Điện thoại" in listed
    assert secret not in listed
    assert "dùng lần cuối" in listed
    (row,) = map(json.loads, run("app-password", "list", ADDRESS, "--json").stdout.splitlines())
    assert (row["device"], row["ip"], row["prefix"]) == ("Điện thoại", "192.0.2.1", secret.replace("-", "")[:8])
    done = run("app-password", "revoke", ADDRESS, "--all", "--reason", "mất")
    assert done.stdout == f"Đã thu hồi 1 mật khẩu ứng dụng của {ADDRESS}\n"
    assert not opens(sqlite_database, settings, secret)
    assert run("app-password", "list", ADDRESS).stdout == ""
    assert "đã thu hồi" in run("app-password", "list", ADDRESS, "--revoked").stdout


def test_sessions_and_tokens_are_listed_and_ended(run: Run, sqlite_database: Database, settings: Settings) -> None:
    with sqlite_database.write() as c:
        mailbox = find_mailbox(c, ADDRESS)
        owner, at = actor_of(c, mailbox, at=now_ms()), now_ms()
        made = [open_session(c, mailbox.id, stage=Stage.FULL, ip="192.0.2.1", agent="Máy", at=at) for _ in range(2)]
        scopes = read_scopes(["trace:read"])
        secret = make_token(c, owner, ADDRESS, "Một cửa", scopes, days=9, settings=settings, at=at)
    assert run("web", "sessions", ADDRESS).stdout.count("192.0.2.1") == 2
    numbers = {json.loads(line)["id"] for line in run("web", "sessions", ADDRESS, "--json").stdout.splitlines()}
    assert numbers == {one.id for one in made}
    run("web", "end", ADDRESS, "--session", str(made[0].id), "--reason", "mất máy")
    assert (
        run("web", "end", ADDRESS, "--reason", "mất máy").stdout
        == f"Đã kết thúc 1 phiên trên trang web của {ADDRESS}\n"
    )
    assert run("web", "sessions", ADDRESS).stdout == ""
    (row,) = map(json.loads, run("web", "tokens", ADDRESS, "--json").stdout.splitlines())
    assert (row["name"], row["scopes"]) == ("Một cửa", ["trace:read"])
    assert secret not in run("web", "tokens", ADDRESS).stdout
    assert run("web", "revoke", ADDRESS, "--reason", "thôi").exit_code == 2, "one or all has to be said"
    run("web", "revoke", ADDRESS, "--all", "--reason", "thôi")
    with sqlite_database.read() as c:
        assert find_token(c, secret, settings=settings, ip="", at=now_ms()) is None


def test_a_second_factor_is_set_up_confirmed_and_reset(run: Run, sqlite_database: Database, settings: Settings) -> None:
    shown = run("second-factor", "set-up", ADDRESS).stdout
    key = re.search(r"Khóa nhập tay: ([A-Z2-7]+)", shown)
    assert key is not None
    assert "█" in shown or "▄" in shown  # a QR code
    with pytest.raises(CodeRefused):
        run("second-factor", "confirm", ADDRESS, "abc")
    code = current_code(b32decode(key[1]), now_ms())
    confirmed = run("second-factor", "confirm", ADDRESS, code).stdout
    assert len(re.findall(r"^  \w{4}(?:-\w{4}){3}$", confirmed, re.MULTILINE)) == 10
    assert not opens(sqlite_database, settings, PASSWORD)
    (line,) = map(json.loads, run("second-factor", "list", "--json").stdout.splitlines())
    assert (line["address"], line["recovery_codes"]) == (ADDRESS, 10)
    assert "còn 10 mã dự phòng" in run("second-factor", "list").stdout
    run("second-factor", "reset", ADDRESS, "--reason", "mất điện thoại")
    assert opens(sqlite_database, settings, PASSWORD)


def test_a_lock_is_told_by_why_and_ended_by_unlock(run: Run, sqlite_database: Database, settings: Settings) -> None:
    lockout = settings.lockout.model_copy(update={"delay_seconds": 0})
    quick = settings.model_copy(update={"lockout": lockout})
    for n in range(5):
        assert not opens(sqlite_database, quick, f"Sai-{n}")
    assert not opens(sqlite_database, quick, PASSWORD)
    assert "đăng nhập từ mạng này bị tạm khóa" in run("account", "why", ADDRESS).stdout
    assert run("account", "unlock", ADDRESS, "--dry-run").exit_code == 0
    assert not opens(sqlite_database, quick, PASSWORD)
    assert run("account", "unlock", ADDRESS, "--reason", "đã gọi lại").stdout == f"Đã mở khóa đăng nhập {ADDRESS}\n"
    assert opens(sqlite_database, quick, PASSWORD)
    assert "không bị khóa" in run("account", "unlock", ADDRESS).stdout


def test_a_hash_of_an_older_system_is_taken_over(run: Run, sqlite_database: Database, settings: Settings) -> None:
    make_account(sqlite_database, "cu@tinh.gov.vn", password=None)
    words = ("account", "import-hash", "cu@tinh.gov.vn", "--reason", "chuyển hệ thống")
    assert run(*words, stdin=HASHES["ssha512"] + "\n").stdout.startswith("Đã nhận mật khẩu")
    assert opens(sqlite_database, settings, PASSWORD, "cu@tinh.gov.vn")


def test_a_common_password_is_refused_with_words(run: Run) -> None:
    with pytest.raises(MailhubError, match="mật khẩu thông dụng"):
        run("account", "passwd", ADDRESS, "--password-stdin", stdin="Matkhau@123\n")


OFFICER = ("right", "grant", ADDRESS, "security_officer", "--reason", "QĐ 12")


def set_up(run: Run) -> bytes:
    """The key of a second factor that counts."""
    found = re.search(r"Khóa nhập tay: ([A-Z2-7]+)", run("second-factor", "set-up", ADDRESS).stdout)
    assert found is not None
    key = b32decode(found[1])
    run("second-factor", "confirm", ADDRESS, current_code(key, now_ms()))
    return key


def proves(
    tmp_path: Path, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, *typed: str
) -> None:
    environment = Environment(tmp_path, "quantri", as_address=ADDRESS, prove_it=True)
    environment.__dict__.update(database=database, settings=settings)
    answers = iter(typed)
    monkeypatch.setattr("mailhub.cli.environment.ask_secret", lambda _: next(answers, ""))
    environment.prove()


def test_a_role_that_needs_a_second_factor_is_given_with_a_warning_while_there_is_none(run: Run) -> None:
    told = run(*OFFICER)
    assert told.exit_code == 0
    for said in ("chưa thiết lập", f"second-factor set-up {ADDRESS}", f"app-password make {ADDRESS}"):
        assert said in told.stderr
    assert run("right", "grant", ADDRESS, "clerk", "--reason", "QĐ 13").stderr == ""


def test_a_role_that_needs_a_second_factor_is_given_without_a_word_where_there_is_one(run: Run) -> None:
    set_up(run)
    assert run(*OFFICER).stderr == ""


def test_prove_names_the_second_factor_that_is_not_set_up(
    run: Run, tmp_path: Path, sqlite_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*OFFICER)
    with pytest.raises(NotAllowed, match="second-factor set-up"):
        proves(tmp_path, sqlite_database, settings, monkeypatch, PASSWORD)
    with pytest.raises(NotAllowed, match="is wrong, or the account may not log in"):
        proves(tmp_path, sqlite_database, settings, monkeypatch, "Sai-mat-khau-1")


def test_prove_names_the_code_that_is_missing_or_wrong(
    run: Run, tmp_path: Path, sqlite_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(run)
    with pytest.raises(NotAllowed, match="thiếu mã xác thực hai lớp"):
        proves(tmp_path, sqlite_database, settings, monkeypatch, PASSWORD)
    with pytest.raises(NotAllowed, match="sai mã xác thực hai lớp"):
        proves(tmp_path, sqlite_database, settings, monkeypatch, PASSWORD, "000000")
