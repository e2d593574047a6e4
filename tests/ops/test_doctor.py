"""`mailhub doctor` on real hubs: well, half down, and badly kept."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mailhub.ops.doctor import run_checks
from mailhub.ops.findings import Check, Ground, Status, Verdict, ok
from tests.support.hub import RunningHub, wait_until

DOVECOT = ("port.imap", "port.imaps", "dovecot.lmtp", "mail")


def examine(hub: RunningHub, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the findings by name."""
    done = hub.cli("doctor", "--json", *words, check=False)
    assert done.stderr == ""
    return done.returncode, {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub() as running:
        yield running


def test_a_running_hub_is_not_broken_and_its_test_message_leaves_nothing_behind(hub: RunningHub) -> None:
    for _ in range(2):  # the second time its mailbox is there already
        code, found = examine(hub)
        assert [one for one in found.values() if one["status"] == "broken"] == []
        assert code == 0
    well = {"server", "port.mx", "port.submission", "port.submissions", *DOVECOT, "spool", "database", "audit", "queue"}
    assert {found[name]["status"] for name in well} == {"ok"}
    assert found["certificate"]["status"] == "look"  # self-made
    assert "regulation" in found["settings.texts"]["seen"]
    assert all(one["took_ms"] <= 10_000 for one in found.values())
    secret = hub.directory / "keys/doctor.secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    with hub.imap("mailhub-doctor@tinh.gov.vn", password=secret.read_text().strip()) as client:
        assert client.select("INBOX", readonly=True)[1] == [b"0"]


def test_who_looked_is_kept_in_the_audit_log(hub: RunningHub) -> None:
    examine(hub, "--no-mail")
    rows = hub.cli("audit", "list", "--object", "tinh.gov.vn", "--json").stdout.splitlines()
    assert [json.loads(row)["action"] for row in rows[-2:]] == ["doctor.read", "audit.read"]


def test_without_mail_nothing_is_sent(hub: RunningHub) -> None:
    before = hub.events("--to", "mailhub-doctor@tinh.gov.vn")
    _, found = examine(hub, "--no-mail")
    assert "mail" not in found
    assert hub.events("--to", "mailhub-doctor@tinh.gov.vn") == before


def test_the_table_fits_eighty_columns_and_says_what_to_do(hub: RunningHub) -> None:
    table = hub.cli("doctor", "--no-mail").stdout.partition("\nBản ghi DNS")[0]
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "Bình thường  Tiến trình" in table
    assert "→ " in table


def test_a_dead_dovecot_is_broken_and_well_again_once_it_is_back() -> None:
    with RunningHub() as hub:
        folder = hub.directory / "data/dovecot"
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.write_text("in the way, so that Dovecot stays dead when the supervisor starts it again\n")
        os.kill(hub.children()["mailboxes"], signal.SIGTERM)
        wait_until(lambda: _away(hub), "Dovecot away")
        code, found = examine(hub)
        assert code == 1
        assert {found[name]["status"] for name in DOVECOT} == {"broken"}
        assert {found[name]["status"] for name in ("server", "port.mx", "port.submission", "spool")} == {"ok"}
        folder.unlink()
        aside.rename(folder)
        wait_until(lambda: not _away(hub), "Dovecot back")
        code, found = examine(hub)
        assert code == 0
        assert {found[name]["status"] for name in DOVECOT} == {"ok"}


def test_without_a_server_the_doors_are_broken_but_the_disks_are_looked_at(stopped_hub: RunningHub) -> None:
    code, found = examine(stopped_hub)
    assert code == 1
    assert {found[name]["status"] for name in ("server", "port.mx", "socket.inject", "mail")} == {"broken"}
    assert {found[name]["status"] for name in ("spool", "database", "database.write", "audit", "keys.dkim")} == {"ok"}


def test_a_spool_that_cannot_be_written_is_broken(stopped_hub: RunningHub) -> None:
    (stopped_hub.directory / "data/spool/incoming").chmod(0o500)
    _, found = examine(stopped_hub, "--no-mail")
    assert (found["spool"]["status"], "không ghi được" in found["spool"]["seen"]) == ("broken", True)


def test_a_disk_below_its_limit_is_broken(stopped_hub: RunningHub) -> None:
    stopped_hub.set("limits", "spool_free_mib", 900_000_000)
    _, found = examine(stopped_hub, "--no-mail")
    assert found["spool"]["status"] == found["space.mail"]["status"] == "broken"
    assert "spool_free_mib" in found["spool"]["seen"]


def test_settings_that_are_wrong_are_the_only_finding(stopped_hub: RunningHub) -> None:
    stopped_hub.set("limits", "recipients", -4)
    code, found = examine(stopped_hub)
    assert (code, list(found)) == (1, ["settings"])
    assert "[limits] recipients = -4" in found["settings"]["seen"]


def test_a_damaged_database_is_broken_and_everything_else_is_still_told(stopped_hub: RunningHub) -> None:
    (stopped_hub.directory / "data/mailhub.db").write_bytes(b"not a database, " * 1000)
    code, found = examine(stopped_hub)
    assert code == 1
    assert {found[n]["status"] for n in ("database", "database.write", "audit", "queue", "mail")} == {"broken"}
    assert found["spool"]["status"] == "ok"


@pytest.mark.parametrize("late", [Status.LOOK, Status.BROKEN])
def test_a_check_that_hangs_delays_nobody_else(ground: Ground, late: Status) -> None:
    def hang(_: Ground) -> Verdict:
        time.sleep(60)
        return ok("")

    def fail(_: Ground) -> Verdict:
        raise ZeroDivisionError("x")

    checks = [Check("hangs", "", hang, late), Check("fails", "", fail), Check("works", "", lambda _: ok("seen"))]
    started = time.monotonic()
    hangs, fails, works = run_checks(checks, ground, seconds=0.3)
    assert time.monotonic() - started < 5
    assert (hangs.status, fails.status, works.status) == (late, Status.BROKEN, Status.OK)
    assert "ZeroDivisionError" in fails.verdict.seen


def _away(hub: RunningHub) -> bool:
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(str(hub.directory / "run/lmtp"))
        except OSError:
            return True
        return False
