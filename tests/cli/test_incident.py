"""`mailhub incident` on a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.clock import now_ms
from mailhub.ids import new_code, new_id
from mailhub.incidents import sealing, service
from mailhub.incidents.secret_mail import SecretMail
from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door
from mailhub.settings import load
from mailhub.store.database import open_database
from tests.support.hub import RunningHub

PASSPHRASE = "cụm từ dài của cán bộ phụ trách"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as made:
        yield made


def entered(hub: RunningHub, **changes: object) -> str:
    """An incident's number."""
    settings = load(hub.directory / "mailhub.toml")
    values = {
        "code": new_code(), "message_number": new_id(), "at": now_ms(), "door": Door.MX, "account_id": None,
        "sender": "a@so.example", "client": "192.0.2.1", "recipients": ("ttb@tinh.gov.vn",), "size": 1234,
        "level": "MẬT", "found_in": frozenset({"body"}), "rule": "bi-mat-nha-nuoc", "version": 1,
        "body": BodyText(lines=("MẬT", f"việc {new_id()}")),
    }  # fmt: skip
    database = open_database(settings.database_url)
    try:
        code = service.refuse_at_door(database, settings, SecretMail(**{**values, **changes}))  # type: ignore[arg-type]
    finally:
        database.close()
    return json.loads(hub.cli("incident", "show", code, "--json").stdout)["number"]  # type: ignore[no-any-return]


def test_it_is_listed_shown_reported_and_closed(hub: RunningHub) -> None:
    number = entered(hub)
    assert number in hub.cli("incident", "list").stdout
    assert "chưa báo cáo" in hub.cli("incident", "show", number).stdout
    draft = hub.cli("incident", "report", number).stdout
    assert "BÁO CÁO (DỰ THẢO)" in draft
    assert "a@so.example" in draft
    early = hub.cli("incident", "close", number, "--reason", "x", check=False)
    assert early.returncode == 1
    hub.cli("incident", "report", number, "--text", "Đã báo cáo.", "--dry-run")
    assert "chưa báo cáo" in hub.cli("incident", "show", number).stdout
    hub.cli("incident", "report", number, "--text", "Đã báo cáo.")
    hub.cli("incident", "close", number, "--reason", "đã xử lý")
    closed = hub.cli("incident", "show", number).stdout
    assert "đã đóng" in closed
    assert "Lý do: đã xử lý" in closed
    assert number in hub.cli("incident", "list", "--state", "closed").stdout


def test_a_report_is_read_from_a_file(hub: RunningHub, tmp_path: Path) -> None:
    number = entered(hub)
    file = tmp_path / "bao-cao.txt"
    file.write_text("Báo cáo số 5\n", encoding="utf-8")
    hub.cli("incident", "report", number, "--file", str(file))
    assert "Báo cáo số 5" in hub.cli("incident", "show", number).stdout
    both = hub.cli("incident", "report", number, "--file", str(file), "--text", "x", check=False)
    assert both.returncode == 2


def test_a_mistaken_one_is_proposed_with_the_next_steps_and_a_trial_gives_no_code(hub: RunningHub) -> None:
    number = entered(hub)
    words = ("incident", "close", number, "--mistaken", "--reason", "máy đọc nhầm")
    tried = hub.cli(*words, "--dry-run").stdout
    assert "Mã" not in tried
    assert "người thứ hai" in tried
    told = hub.cli(*words).stdout
    code = told.splitlines()[0].rpartition(" ")[2]
    assert f"proposal approve {code}" in told
    assert f"--proposal {code}" in told
    alone = hub.cli(*words, "--proposal", code, check=False)
    assert alone.returncode == 1
    assert "second person" in alone.stderr
    assert "chưa báo cáo" in hub.cli("incident", "show", number).stdout
    assert hub.cli("incident", "close", number, "--proposal", code, "--reason", "x", check=False).returncode == 2


def test_the_help_says_who_may_be_the_second_person(hub: RunningHub) -> None:
    for act in ("open", "close"):
        assert "security officer, an approver or an administrator" in " ".join(
            hub.cli("incident", act, "--help").stdout.split()
        )


def test_the_doctor_counts_what_is_not_reported(hub: RunningHub) -> None:
    entered(hub)
    assert "sự cố chưa báo cáo" in hub.cli("doctor", check=False).stdout


def test_the_printed_draft_is_no_report(hub: RunningHub) -> None:
    number = entered(hub)
    draft = hub.cli("incident", "report", number).stdout
    done = hub.cli("incident", "report", number, "--text", draft, check=False)
    assert done.returncode == 1
    assert "dự thảo" in done.stderr


def test_there_is_no_such_incident(hub: RunningHub) -> None:
    done = hub.cli("incident", "show", "1999-0001", check=False)
    assert done.returncode == 1
    assert done.stderr == "mailhub: no incident 1999-0001\n"


def test_nothing_is_opened_that_is_not_sealed(hub: RunningHub) -> None:
    done = hub.cli("incident", "open", entered(hub), "--reason", "x", check=False)
    assert done.returncode == 1
    assert "nothing is sealed" in done.stderr


def test_a_key_is_made_once_and_never_in_place_of_a_file(hub: RunningHub, tmp_path: Path) -> None:
    out = tmp_path / "officer.key"
    words = ("incident", "key", "make", "--out", str(out))
    assert hub.cli(*words, stdin="ngắn\n", check=False).returncode == 2
    hub.cli(*words, "--dry-run", stdin=PASSPHRASE + "\n")
    assert not out.exists()
    assert sealing.officer_key(hub.directory / "keys") is None
    hub.cli(*words, stdin=PASSPHRASE + "\n")
    assert out.stat().st_mode & 0o777 == 0o600
    assert sealing.officer_key(hub.directory / "keys") is not None
    assert hub.cli(*words, stdin=PASSPHRASE + "\n", check=False).returncode == 2
    assert "incident.open" in hub.cli("audit", "list").stdout
