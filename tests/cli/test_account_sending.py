"""`mailhub account allow-sending`: opens what a rule closed, with a reason, and can be tried without doing it."""

from __future__ import annotations

import subprocess

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.sending import stop_sending
from mailhub.store.database import Database, open_database
from tests.support.accounts import ROOT
from tests.support.hub import MAILHUB, RunningHub
from tests.support.hub import ROOT as FOLDER

AN = "nva@tinh.gov.vn"


def run(hub: RunningHub, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*MAILHUB, "--dir", str(hub.directory), "account", *words]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)


def sends(database: Database) -> bool:
    with database.read() as connection:
        return find_mailbox(connection, AN).sends


def test_sending_is_opened_again_with_a_reason() -> None:
    with RunningHub(start=False, demo=False) as hub:
        assert run(hub, "create", AN, "--name", "Nguyễn Văn An").returncode == 0
        database = open_database(f"sqlite:///{hub.directory / 'data' / 'mailhub.db'}")
        with database.write() as connection:
            stop_sending(connection, ROOT, AN, reason="thử")
        assert run(hub, "allow-sending", AN).returncode == 2
        assert run(hub, "allow-sending", AN, "--reason", "đã gọi", "--dry-run").returncode == 0
        assert not sends(database)
        told = run(hub, "allow-sending", AN, "--reason", "đã gọi điện")
        assert (told.returncode, told.stdout) == (0, f"Đã cho {AN} gửi thư trở lại; thư đang chờ được gửi tiếp\n")
        assert sends(database)
        again = run(hub, "allow-sending", AN, "--reason", "nữa")
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        why = run(hub, "why", AN).stdout
        assert "cho gửi thư trở lại" in why
        assert "dừng gửi thư" in why
        database.close()
