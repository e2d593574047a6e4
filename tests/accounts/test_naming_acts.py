"""What the commands call what they did: the act in the log, who closed a review, what is renamed, where files lie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life import review as rounds
from mailhub.accounts.models import MailboxState
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.cli.account import account
from mailhub.cli.directory import directory
from mailhub.cli.domain import domain
from mailhub.cli.environment import Environment
from mailhub.cli.output import output
from mailhub.cli.review import review
from mailhub.cli.right import right
from mailhub.clock import local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.store.database import Database
from tests.support.accounts import ROOT, Settings, make_account, make_province

TREES = {"account": account, "directory": directory, "domain": domain, "review": review, "right": right}
ADMINS = ("qt1@tinh.gov.vn", "qt2@tinh.gov.vn")
NVA = "nva@tinh.gov.vn"
Run = Callable[..., str]


@pytest.fixture
def environment(sqlite_database: Database, tmp_path: Path) -> Environment:
    make_province(sqlite_database)
    found = Environment(tmp_path, "quantri")
    found.__dict__.update(database=sqlite_database, settings=Settings())
    return found


@pytest.fixture
def run(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("mailhub.cli.account_acts.show_closing", lambda _environment, _address: None)

    def typed(*words: str) -> str:
        result = CliRunner().invoke(TREES[words[0]], list(words[1:]), obj=environment)
        if isinstance(result.exception, MailhubError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return typed


def acts(database: Database, action: str) -> list[tuple[str, str]]:
    with database.read() as c:
        query = select(AuditRow.actor, AuditRow.reason).where(AuditRow.action == action).order_by(AuditRow.id)
        return [(row.actor, row.reason) for row in c.execute(query)]


def round_of_two(database: Database) -> None:
    for address in (*ADMINS, NVA):
        make_account(database, address)
    with database.write() as c:
        for address in ADMINS:
            grant_role(c, ROOT, address, Role.SYSTEM_ADMIN, reason="QĐ 1")
        rounds.open_review(c, ROOT, "2026-Q4", local_time(now_ms()).date() + timedelta(days=9))


def test_the_log_tells_taking_a_role_from_giving_it(run: Run, sqlite_database: Database) -> None:
    make_account(sqlite_database, NVA)
    run("right", "grant", NVA, "auditor", "--reason", "QĐ 1")
    run("right", "revoke", NVA, "auditor", "--reason", "QĐ 2")
    assert [acts(sqlite_database, name) for name in ("right.grant", "right.revoke")] == [
        [("console:quantri", "QĐ 1")],
        [("console:quantri", "QĐ 2")],
    ]


def test_closing_a_review_keeps_the_last_administrator_and_says_so_before(run: Run, sqlite_database: Database) -> None:
    round_of_two(sqlite_database)
    told = run("review", "close", "2026-Q4", "--reason", "kết luận 7/KL", "--dry-run")
    assert f"{ADMINS[0]}: sẽ tạm khóa\n" in told
    assert f"{ADMINS[1]}: giữ lại\n" in told
    assert f"⚠ {ADMINS[0]} đang giữ quyền quản trị" in told
    assert f"⚠ {NVA}" not in told
    told = run("review", "close", "2026-Q4", "--reason", "kết luận 7/KL")
    assert f"{ADMINS[1]}: đây là quản trị hệ thống thư duy nhất" in told
    with sqlite_database.read() as c:
        states = [find_mailbox(c, address).state for address in (*ADMINS, NVA)]
    assert states == [MailboxState.SUSPENDED, MailboxState.ACTIVE, MailboxState.SUSPENDED]
    [(actor, reason)] = acts(sqlite_database, "review.close")
    assert (actor, reason) == ("console:quantri", "kết luận 7/KL")
    assert all("console:quantri đóng đợt rà soát" in why for _, why in acts(sqlite_database, "account.suspend"))


def test_a_renamed_domain_shows_its_new_name_and_last_day(run: Run, sqlite_database: Database) -> None:
    with sqlite_database.write() as c:
        service.add_domain(c, ROOT, "cu-hon.gov.vn")
    run("domain", "rename", "cu-hon.gov.vn", "tinh.gov.vn", "--receives-until", "2099-06-30", "--reason", "NQ 202")
    [line] = [one for one in run("domain", "list").splitlines() if one.startswith("cu-hon")]
    assert line.endswith("đổi thành tinh.gov.vn  nhận thư đến hết 30/06/2099")


@pytest.mark.parametrize("words", [(), ("--on", "2099-01-01")])
def test_an_end_without_a_units_address_is_warned_of(run: Run, sqlite_database: Database, words: tuple[str]) -> None:
    with sqlite_database.write() as c:
        service.add_agency(c, ROOT, "khong", "Đơn vị không địa chỉ")
    make_account(sqlite_database, NVA, agency="khong")
    assert "chưa có địa chỉ tiếp nhận" in run("account", "revoke", NVA, "--reason", "nghỉ hưu", *words)


def test_root_writes_where_the_hubs_user_may_not(
    run: Run, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "steps_down", property(lambda _self: True))
    out = tmp_path / "www" / "portal"
    run("directory", "portal", "--out", str(out))
    assert {(one.suffix, one.stat().st_mode & 0o777) for one in out.iterdir()} == {(".html", 0o644), (".json", 0o644)}
    (tmp_path / "tep").write_text("")
    with output(environment) as write, pytest.raises(FileExistsError):
        write(tmp_path / "tep" / "a.csv", "x")


def test_an_empty_list_says_so_beside_the_output(run: Run) -> None:
    assert run("right", "list") == "Không có kết quả.\n"
    assert run("right", "list", "--json") == ""
