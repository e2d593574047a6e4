"""`mailhub report`: the files from a terminal, and what is refused in a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import click
import pytest

from mailhub.cli.report import _period
from mailhub.reports.periods import month, of_days
from tests.support.hub import RunningHub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as made:
        made.cli("agency", "add", "syt", "--name", "=Sở Y tế")
        made.cli("agency", "change", "syt", "--staff", "4")
        made.account("nva@tinh.gov.vn")
        yield made


def run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli(*words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_reports_from_a_terminal(hub: RunningHub, tmp_path: Path) -> None:
    printed = run(hub, "report", "adoption").stdout
    assert "Sở Y tế" in printed
    line = next(line for line in printed.splitlines() if "Sở Y tế" in line)
    assert ",4," in line.replace('"', "")  # its posts
    assert not [cell for line in printed.splitlines() for cell in line.split(",") if cell.strip('"').startswith("=")]

    out = tmp_path / "bao-cao.docx"
    done = run(hub, "report", "usage", "--period", "2026-Q4", "--format", "docx", "--out", str(out))
    assert str(out) in done.stderr
    assert out.read_bytes().startswith(b"PK")
    assert out.stat().st_mode & 0o777 == 0o600  # it may name people

    refused = run(hub, "--as", "nva@tinh.gov.vn", "report", "usage", code=1).stderr
    assert "lập báo cáo" in refused


@pytest.mark.unit
def test_the_period_is_days_or_a_name_and_else_the_last_closed_month() -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    assert _period(first, last, "", 14) == of_days(first, last)
    assert _period(None, None, "2026-10", 14) == month(2026, 10)
    assert _period(None, None, "", 14).last.day == 14
    for since, until, name in ((first, None, "2026"), (None, last, ""), (last, first, ""), (None, None, "13/2026")):
        with pytest.raises(click.UsageError):
            _period(since, until, name, 14)
