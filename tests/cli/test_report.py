"""`mailhub report`: the files from a terminal, and what is refused in a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import click
import pytest

from mailhub.cli.report import _period
from mailhub.clock import local_time, now_ms
from mailhub.reports.periods import month, of_days
from tests.support.hub import RunningHub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as made:
        made.cli("agency", "add", "syt", "--name", "=Sở Y tế")
        made.account("nva@tinh.gov.vn")
        made.cli("account", "move", "nva@tinh.gov.vn", "--to", "syt", "--reason", "Quyết định 1")
        made.cli("agency", "change", "syt", "--staff", "4")
        yield made


def run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli(*words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_reports_from_a_terminal(hub: RunningHub, tmp_path: Path) -> None:
    today = f"{local_time(now_ms()):%d/%m/%Y}"
    told = run(hub, "report", "adoption", "--from", "01/10/2026", "--to", today, "--format", "json").stdout
    assert json.loads(told)["agency"]["code"]
    assert '"part":1,"whole":4' in "".join(told.split())

    printed = run(hub, "report", "adoption", "--from", "01/10/2026", "--to", today).stdout
    assert "Sở Y tế" in printed
    assert not [cell for line in printed.splitlines() for cell in line.split(",") if cell.strip('"').startswith("=")]

    out = tmp_path / "bao-cao.docx"
    done = run(hub, "report", "usage", "--period", "2026-Q4", "--format", "docx", "--out", str(out))
    assert str(out) in done.stderr
    assert out.read_bytes().startswith(b"PK")
    assert out.stat().st_mode & 0o777 == 0o600  # it may name people

    assert "nothing" in run(hub, "report", "usage", "--agency", "nothing", code=1).stderr
    refused = run(hub, "--as", "nva@tinh.gov.vn", "report", "usage", code=1).stderr
    assert "lập báo cáo" in refused
    run(hub, "report", "usage", "--period", "2026-13", code=2)


@pytest.mark.unit
def test_the_period_is_days_or_a_name_and_else_the_last_closed_month() -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    assert _period(first, last, "", 14) == of_days(first, last)
    assert _period(None, None, "2026-10", 14) == month(2026, 10)
    assert _period(None, None, "", 14).last.day == 14
    for since, until, name in ((first, None, "2026"), (None, last, ""), (last, first, ""), (None, None, "13/2026")):
        with pytest.raises(click.UsageError):
            _period(since, until, name, 14)
