"""`mailhub account` and its neighbours, from the command line's side."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailhub.accounts import service
from mailhub.accounts.authenticate import Accepted, authenticate
from mailhub.cli.account import account
from mailhub.cli.addresses import alias
from mailhub.cli.agency import agency
from mailhub.cli.domain import domain
from mailhub.cli.environment import Environment
from mailhub.cli.group import group
from mailhub.cli.role import role
from mailhub.clock import now_ms
from mailhub.errors import MailhubError
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Settings, make_account, make_province

TREES = {"account": account, "domain": domain, "agency": agency, "alias": alias, "group": group, "role": role}
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line; what the command raises comes through, as it does to `cli.main`."""
    # What proves that doors are closed needs a hub that runs (tests/lifecycle).
    monkeypatch.setattr(
        "mailhub.cli.account_acts.show_closing", lambda _environment, address: print(f"proof {address}")
    )
    make_province(sqlite_database)
    environment = Environment(tmp_path, "quantri")
    environment.__dict__.update(database=sqlite_database, settings=Settings())

    def typed(*words: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(TREES[words[0]], list(words[1:]), input=stdin, obj=environment)
        if isinstance(result.exception, MailhubError):
            raise result.exception
        return result

    return typed


def opens(database: Database, login: str, secret: str) -> bool:
    at, ip = now_ms(), "192.0.2.1"
    verdict = authenticate(database, login, secret, service="imap", ip=ip, at=at, settings=Settings())
    return isinstance(verdict, Accepted)


def shown(run: Run, address: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("account", "show", address, "--json").output)
    return found


def test_an_account_created_with_a_password_is_usable_at_once(run: Run, sqlite_database: Database) -> None:
    result = run(
        "account", "create", "nva@tinh.gov.vn", "--name", "Nguyễn Văn An", "--password-stdin", stdin=PASSWORD + "\n"
    )
    assert (result.exit_code, result.output) == (0, "Đã cấp nva@tinh.gov.vn\n")
    assert opens(sqlite_database, "nva@tinh.gov.vn", PASSWORD)
    assert shown(run, "nva@tinh.gov.vn")["agency"] == "tinh"
    with sqlite_database.read() as c:
        change = service.why(c, ROOT, "nva@tinh.gov.vn").changes[0]
    assert (change.actor, change.action) == ("console:quantri", "account.create")


def test_a_weak_password_is_refused_with_the_reason(run: Run) -> None:
    with pytest.raises(MailhubError, match="thiếu chữ hoa, chữ số, ký tự đặc biệt"):
        run("account", "create", "nva@tinh.gov.vn", "--name", "An", "--password-stdin", stdin="matkhaudai\n")


def test_a_dry_run_checks_and_changes_nothing(run: Run) -> None:
    assert run("account", "create", "nva@tinh.gov.vn", "--name", "An", "--dry-run").exit_code == 0
    with pytest.raises(MailhubError, match="no account"):
        run("account", "show", "nva@tinh.gov.vn")
    with pytest.raises(MailhubError, match="no agency"):
        run("account", "create", "nva@tinh.gov.vn", "--name", "An", "--agency", "x", "--dry-run")


@pytest.mark.parametrize(
    "words",
    [
        ("account", "create", "nva@tinh.gov.vn"),
        ("account", "suspend", "nva@tinh.gov.vn"),
        ("account", "revoke", "nva@tinh.gov.vn"),
        ("account", "passwd", "nva@tinh.gov.vn"),
        ("account", "passwd", "nva@tinh.gov.vn", "--password-stdin"),
        ("account", "list", "--state", "gone"),
        ("domain", "end", "cu.gov.vn"),
        ("domain", "add", "cu.gov.vn", "--relay"),
        ("group", "add-member", "g@tinh.gov.vn"),
    ],
)
def test_wrong_usage_is_told_apart(run: Run, words: Sequence[str]) -> None:
    assert run(*words).exit_code == 2


def test_suspend_restore_and_revoke_do_what_they_say(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    assert "proof nva@tinh.gov.vn" in run("account", "suspend", "nva@tinh.gov.vn", "--reason", "mất điện thoại").output
    state = shown(run, "nva@tinh.gov.vn")
    assert (state["state"], state["login"], state["receives"]) == ("suspended", False, True)
    assert not opens(sqlite_database, "nva@tinh.gov.vn", PASSWORD)
    run("account", "restore", "nva@tinh.gov.vn")
    assert opens(sqlite_database, "nva@tinh.gov.vn", PASSWORD)
    run("account", "revoke", "nva@tinh.gov.vn", "--reason", "nghỉ hưu")
    state = shown(run, "nva@tinh.gov.vn")
    assert (state["state"], state["receives"]) == ("retained", False)
    assert "Đã thu hồi" in run("account", "list").output


def test_a_generated_password_is_printed_and_opens(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    output = run("account", "passwd", "nva@tinh.gov.vn", "--generate").output
    secret = re.fullmatch(r"Đã đặt mật khẩu cho nva@tinh\.gov\.vn: (\S+)\n", output)
    assert secret is not None
    assert opens(sqlite_database, "nva@tinh.gov.vn", secret[1])


def test_why_tells_the_story(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    opens(sqlite_database, "nva@tinh.gov.vn", "Sông-Lô.2026")
    run("account", "suspend", "nva@tinh.gov.vn", "--reason", "mất điện thoại")
    output = run("account", "why", "nva@tinh.gov.vn", "--reason", "hỗ trợ").output
    assert "Trạng thái: Tạm khóa; không đăng nhập được (tài khoản đang tạm khóa); không gửi được, nhận thư" in output
    for words in ("(mất điện thoại)", "có thể đang bật bộ gõ"):
        assert words in output
    story = json.loads(run("account", "why", "nva@tinh.gov.vn", "--json").output)
    assert story["attempts"][0]["cause"] == "wrong-password"
    assert story["changes"][0] | {"time": ""} == {
        "time": "", "action": "account.why", "actor": "console:quantri", "reason": "hỗ trợ", "because": "",
        "words": "xem nhật ký đăng nhập",
    }  # fmt: skip


def test_lists_are_json_objects_a_line(run: Run, sqlite_database: Database) -> None:
    for n in range(3):
        make_account(sqlite_database, f"a{n}@tinh.gov.vn", agency="snv-vp", password=None)
    lines = run("account", "list", "--agency", "snv", "--limit", "2", "--json").output.splitlines()
    assert [json.loads(line)["address"] for line in lines] == ["a0@tinh.gov.vn", "a1@tinh.gov.vn"]
    agencies = [json.loads(line)["code"] for line in run("agency", "list", "--json").output.splitlines()]
    assert agencies == ["snv", "snv-vp", "syt", "tinh"]


def test_the_ground_is_laid_by_commands(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    run("agency", "add", "stp", "--name", "Sở Tư pháp", "--unit-address", "vanthu.stp@tinh.gov.vn")
    run("domain", "add", "cu.gov.vn", "--until", "31/12/2030")
    run("domain", "home", "cu.gov.vn", "smtp://old.gov.vn:25", "--relay")
    run("domain", "home", "nva@tinh.gov.vn", "here")
    run("alias", "add", "an@cu.gov.vn", "nva@tinh.gov.vn")
    run("group", "add", "tatca@tinh.gov.vn", "--name", "Tất cả")
    run("group", "add-member", "tatca@tinh.gov.vn", "nva@tinh.gov.vn", "x@cu.gov.vn")
    run("role", "add", "vanthu@tinh.gov.vn", "--name", "Văn thư")
    run("role", "hold", "vanthu@tinh.gov.vn", "nva@tinh.gov.vn")
    found = shown(run, "an@cu.gov.vn")
    assert (found["aliases"], found["groups"], found["holds"], found["home"]) == (
        ["an@cu.gov.vn"], ["tatca@tinh.gov.vn"], ["vanthu@tinh.gov.vn"], "",
    )  # fmt: skip
    domains = [json.loads(line) for line in run("domain", "list", "--json").output.splitlines()]
    assert [(d["name"], d["official"], d["relay"], d["official_until"]) for d in domains] == [
        ("tinh.gov.vn", True, False, None),
        ("cu.gov.vn", True, True, "2030-12-31"),
    ]
    run("role", "release", "vanthu@tinh.gov.vn", "nva@tinh.gov.vn")
    run("group", "remove-member", "tatca@tinh.gov.vn", "x@cu.gov.vn")
    run("alias", "remove", "an@cu.gov.vn")
    run("domain", "end", "cu.gov.vn", "--reason", "hợp nhất")
    assert "không dùng để gửi" in run("domain", "list").output


def test_a_time_with_an_office_that_is_over_goes_on_record_and_answers_who_held_it(
    run: Run, sqlite_database: Database
) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    run("role", "add", "vanthu@tinh.gov.vn", "--name", "Văn thư")
    hold = ("role", "hold", "vanthu@tinh.gov.vn", "nva@tinh.gov.vn", "--until", "30/05/2024")
    assert run(*hold, "--from", "01/03/2024").exit_code == 2  # by which decision?
    assert run(*hold, "--reason", "QĐ 5/QĐ-SNV").exit_code == 2  # since when?
    said = run(*hold, "--from", "01/03/2024", "--reason", "QĐ 5/QĐ-SNV").output
    assert "từ 01/03/2024 đến hết 30/05/2024; chỉ ghi lại, không mở quyền" in said
    assert shown(run, "nva@tinh.gov.vn")["holds"] == []
    found = run("role", "list", "vanthu@tinh.gov.vn", "--on", "03/03/2024").output
    assert "nva@tinh.gov.vn" in found
    assert "căn cứ: QĐ 5/QĐ-SNV" in found
    assert "nhập ngày" in found
    assert "console:quantri" in found
    (told,) = run("role", "list", "vanthu@tinh.gov.vn", "--json").output.splitlines()
    assert json.loads(told)["because"] == "QĐ 5/QĐ-SNV"
    assert run("role", "list", "vanthu@tinh.gov.vn", "--on", "2024-05-31").output == "Không có kết quả.\n"


def test_members_are_added_all_or_none(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    run("group", "add", "tatca@tinh.gov.vn")
    with pytest.raises(MailhubError, match=r"gmail\.com"):
        run("group", "add-member", "tatca@tinh.gov.vn", "nva@tinh.gov.vn", "ai@gmail.com")
    assert shown(run, "nva@tinh.gov.vn")["groups"] == []


@pytest.mark.parametrize("tree", sorted(TREES))
def test_every_command_explains_itself(run: Run, tree: str) -> None:
    assert run(tree, "--help").exit_code == 0
    for name in TREES[tree].commands:
        assert run(tree, name, "--help").exit_code == 0


def test_a_role_mailbox_tells_its_office_and_a_group_by_rule_finds_it(run: Run, sqlite_database: Database) -> None:
    run("agency", "add", "xa9", "--name", "Xã Chín", "--level", "xã")
    run("role", "add", "vanthu.xa9@tinh.gov.vn", "--name", "Văn thư xã Chín", "--agency", "xa9")
    run("role", "add", "motcua.xa9@tinh.gov.vn", "--name", "Một cửa", "--agency", "xa9", "--office", "Một cửa")
    rule = json.dumps({"office": "van-thu", "level": "xa"})
    run("group", "add", "vt.xa@tinh.gov.vn", "--name", "Văn thư cấp xã", "--rule", rule)
    assert "vanthu.xa9@tinh.gov.vn" in run("group", "show", "vt.xa@tinh.gov.vn").output
    run("account", "change", "motcua.xa9@tinh.gov.vn", "--office", "Văn thư")
    assert "motcua.xa9@tinh.gov.vn" in run("group", "show", "vt.xa@tinh.gov.vn").output


def test_a_person_is_no_office(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, "nva@tinh.gov.vn")
    with pytest.raises(MailhubError, match="role mailbox"):
        run("account", "change", "nva@tinh.gov.vn", "--office", "van-thu")
