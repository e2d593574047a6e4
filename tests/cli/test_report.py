"""`mailhub report`: the files from a terminal, and what is refused in a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.hub import RunningHub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as made:
        made.cli("agency", "add", "syt", "--name", "=Sở Y tế")
        made.account("nva@tinh.gov.vn")
        made.cli("account", "move", "nva@tinh.gov.vn", "--agency", "syt", "--reason", "Quyết định 1")
        made.cli("agency", "change", "syt", "--staff", "4")
        yield made


def run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli("report", *words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_report_as_json_says_the_period_and_the_figures(hub: RunningHub) -> None:
    done = run(hub, "adoption", "--format", "json")
    told = json.loads(done.stdout)
    assert told["kind"] == "adoption"
    assert '"part": 1' in done.stdout.replace('"part":1', '"part": 1')
    assert '"whole": 4' in done.stdout.replace('"whole":4', '"whole": 4')


def test_each_format_is_written_for_its_owner_alone(hub: RunningHub, tmp_path: Path) -> None:
    begins = {"docx": b"PK", "xlsx": b"PK", "pdf": b"%PDF", "csv": b"", "json": b"{"}
    for form, magic in begins.items():
        out = tmp_path / f"bao-cao.{form}"
        done = run(hub, "usage", "--period", "2026-Q4", "--format", form, "--out", str(out))
        assert str(out) in done.stderr
        assert out.read_bytes().startswith(magic)
        assert out.stat().st_mode & 0o777 == 0o600


def test_no_cell_of_a_csv_begins_a_formula(hub: RunningHub) -> None:
    done = run(hub, "adoption", "--format", "csv", "--from", "01/10/2026", "--to", "31/10/2026")
    assert "Sở Y tế" in done.stdout
    assert not [cell for line in done.stdout.splitlines() for cell in line.split(",") if cell.strip('"').startswith("=")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("usage", "--period", "2026-13"), 2),
        (("usage", "--period", "2026", "--from", "01/10/2026"), 2),
        (("usage", "--to", "01/10/2026"), 2),
        (("usage", "--from", "02/10/2026", "--to", "01/10/2026"), 2),
        (("usage", "--agency", "nothing"), 1),
        (("usage", "--format", "doc"), 2),
    ],
)
def test_what_cannot_be_is_said_in_a_line(hub: RunningHub, words: tuple[str, ...], code: int) -> None:
    assert run(hub, *words, code=code).stderr


def test_an_official_makes_no_report(hub: RunningHub) -> None:
    done = hub.cli("--as", "nva@tinh.gov.vn", "report", "usage", check=False)
    assert done.returncode == 1
    assert "lập báo cáo" in done.stderr


def test_the_schedule_of_reports_is_a_branch(hub: RunningHub) -> None:
    assert "schedule" in run(hub, "--help").stdout
