"""What the doctor says of the rules, and what a running hub makes of its policy.toml."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from mailhub.accounts.login.app_passwords import make_app_password
from mailhub.accounts.models import Grant
from mailhub.accounts.rights import console
from mailhub.clock import local_time, now_ms
from mailhub.ids import new_id
from mailhub.incidents.sealing import PUBLIC_FILE
from mailhub.ops.checks import rules
from mailhub.ops.findings import Ground, Status
from mailhub.screening.models import PolicyVersion
from mailhub.screening.rules import versions
from mailhub.screening.rules.policy_file import POLICY_FILE
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.accounts import make_account
from tests.support.hub import RunningHub, wait_until

ROOT = console("test")


def put(ground: Ground, text: str) -> None:
    """In force, and in the file."""
    with ground.database.write() as connection:
        versions.activate(connection, ROOT, text, reason="thử")
    file(ground).write_text(text)


def file(ground: Ground) -> Path:
    return ground.settings.directory / POLICY_FILE


def test_a_new_hub_has_good_rules_in_file_and_force(ground: Ground) -> None:
    assert rules.check_version(ground).status is Status.OK
    assert rules.check_file(ground).status is Status.OK
    assert rules.check_lists(ground).status is Status.OK
    assert rules.check_exceptions(ground).status is Status.OK


def test_a_broken_file_is_named_with_its_line_while_the_old_version_holds(ground: Ground) -> None:
    put(ground, rule())
    file(ground).write_text(rule().replace("hold", "hlod"))
    seen = rules.check_file(ground)
    assert seen.status is Status.BROKEN
    assert "policy.toml:6: " in seen.seen
    assert "phiên bản 2 vẫn đang áp dụng" in seen.seen
    assert rules.check_version(ground).status is Status.OK


def test_a_file_that_is_not_in_force_is_told(ground: Ground) -> None:
    put(ground, rule(stage="shadow"))
    put(ground, rule(stage="hold"))
    file(ground).write_text(rule(stage="block"))
    assert "khác với phiên bản 3" in rules.check_file(ground).seen
    file(ground).write_text(rule(stage="shadow"))
    assert "là phiên bản 2 cũ" in rules.check_file(ground).seen
    file(ground).unlink()
    assert "không có" in rules.check_file(ground).seen


def test_a_version_of_no_use_to_this_program_is_told(ground: Ground) -> None:
    put(ground, rule())
    with ground.database.write() as connection:
        connection.execute(update(PolicyVersion).where(PolicyVersion.number == 2).values(text="[[rule]]\nid = 1\n"))
    seen = rules.check_version(ground)
    assert (seen.status, "phiên bản 2 không đọc được" in seen.seen) == (Status.BROKEN, True)


def test_exceptions_that_end_soon_are_told_two_weeks_before(ground: Ground) -> None:
    today = local_time(now_ms()).date()
    days = {"a@tinh.gov.vn": 3, "b@tinh.gov.vn": 60, "c@tinh.gov.vn": -1}
    ends = [exception(who, until=(today + timedelta(days=many)).isoformat()) for who, many in days.items()]
    put(ground, rule() + "".join(ends))
    seen = rules.check_exceptions(ground)
    assert seen.status is Status.LOOK
    assert f"a@tinh.gov.vn ({PRIVATE})" in seen.seen
    assert "b@tinh.gov.vn" not in seen.seen
    assert "c@tinh.gov.vn" not in seen.seen


def test_nobody_to_tell_of_a_secret_and_no_key_to_seal_it_are_told(ground: Ground) -> None:
    seen = rules.check_officer(ground)
    assert seen.status is Status.LOOK
    assert "security_officer" in seen.advice
    assert "mailhub incident key" in seen.advice
    (ground.settings.keys_directory / PUBLIC_FILE).write_text("x")
    assert "mailhub incident key" not in rules.check_officer(ground).advice


def test_an_officer_who_cannot_log_in_is_named(ground: Ground) -> None:
    number = make_account(ground.database, "attt@tinh.gov.vn")
    with ground.database.write() as connection:
        row = {"account_id": number, "role": "security_officer", "agency_id": None, "from_at": now_ms() - 1}
        connection.execute(insert(Grant).values(id=new_id(), **row))
    seen = rules.check_officer(ground)
    assert "không đăng nhập được: attt@tinh.gov.vn" in seen.seen
    assert "second-factor set-up attt@tinh.gov.vn" in seen.advice


def test_an_officer_whose_mail_client_has_an_app_password_is_not(ground: Ground) -> None:
    number = make_account(ground.database, "attt@tinh.gov.vn")
    with ground.database.write() as connection:
        make_app_password(connection, ROOT, "attt@tinh.gov.vn", "Outlook", settings=ground.settings.passwords)
        row = {"account_id": number, "role": "security_officer", "agency_id": None, "from_at": now_ms() - 1}
        connection.execute(insert(Grant).values(id=new_id(), **row))
    assert "attt@tinh.gov.vn" not in rules.check_officer(ground).seen


def test_no_incident_waits_on_a_new_hub(ground: Ground) -> None:
    assert rules.check_incidents(ground).status is Status.OK


def test_a_broken_list_of_the_province_is_told(ground: Ground) -> None:
    folder = ground.settings.directory / "lists"
    folder.mkdir()
    (folder / "private-mail.toml").write_text("x = [\n")
    seen = rules.check_lists(ground)
    assert (seen.status, "private-mail.toml" in seen.seen) == (Status.BROKEN, True)


# ------------------------------------------------------------------ a running hub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(mailboxes=False) as running:
        yield running


def history(hub: RunningHub) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hub.cli("policy", "history", "--json").stdout.splitlines()]


def until(hub: RunningHub, condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, f"{what}\n{hub.log()[-2000:]}")


def test_a_running_hub_takes_a_good_file_at_a_reload_and_keeps_the_old_rules_over_a_broken_one(
    hub: RunningHub,
) -> None:
    path = hub.directory / POLICY_FILE
    path.write_text(rule(stage="warn"))
    hub.reload()
    until(hub, lambda: len(history(hub)) == 2, "a version from the file")
    assert (history(hub)[0]["by"], history(hub)[0]["in_force"]) == ("mailhub:reload", True)
    path.write_text(rule().replace("hold", "hlod"))
    hub.reload()
    until(hub, lambda: "policy.toml:6: " in hub.log(), "the line in the log")
    assert len(history(hub)) == 2
    found = [json.loads(line) for line in hub.cli("doctor", "--json", "--no-mail", check=False).stdout.splitlines()]
    assert "policy.toml:6: " in next(one for one in found if one["name"] == "rules.file")["seen"]
    assert sorted(hub.children()) != []
    hub.cli("policy", "back", "--to", "2", "--reason", "bỏ bản sai")
    assert path.read_text() == rule(stage="warn")


def test_a_hub_does_not_start_with_a_broken_file_and_says_the_line(hub: RunningHub) -> None:
    path = hub.directory / POLICY_FILE
    good = path.read_text()
    hub.stop()
    path.write_text(rule().replace("hold", "hlod"))
    with pytest.raises(AssertionError, match="the server ended with 1"):
        hub.start()
    assert f"{path}:6: " in hub.log()
    path.unlink()
    hub.start()  # it is written anew, as it is in force
    assert path.read_text() == good
