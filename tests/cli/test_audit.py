"""`mailhub audit`: the log as it is read, and as it is found out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from mailhub.accounts import audit
from mailhub.accounts.control.heads import open_signer, seal_day
from mailhub.accounts.rights import Action, Subject, console
from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.support.hub import DOMAIN, RunningHub


@pytest.fixture
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as made:
        made.account("nva@tinh.gov.vn")
        yield made


def test_acts_are_listed_oldest_first_and_reading_them_is_one(hub: RunningHub) -> None:
    hub.cli("account", "suspend", "nva@tinh.gov.vn", "--reason", "mất điện thoại")
    rows = [
        json.loads(line)
        for line in hub.cli("audit", "list", "--object", "NVA@tinh.gov.vn", "--json").stdout.splitlines()
    ]
    assert [row["action"] for row in rows] == ["account.create", "account.suspend", "audit.read"]
    assert rows[1]["reason"] == "mất điện thoại"
    assert rows[1]["actor"].startswith("console:")
    assert (rows[1]["before"]["state"], rows[1]["after"]["state"]) == ("active", "suspended")


def test_the_newest_come_with_a_limit_and_words_for_people_without_json(hub: RunningHub) -> None:
    shown = hub.cli("audit", "list", "--limit", "2").stdout.splitlines()
    assert len(shown) == 2
    assert "account.create  nva@tinh.gov.vn" in shown[0]


def test_words_that_were_taken_and_refused_are_told_apart(hub: RunningHub) -> None:
    database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
    subject = Subject(kind="message", name="7K4-QW2-M9")
    with database.write() as connection:
        for after in ({"act": "released", "rule": "r"}, {"act": "refused", "why": "late or double"}):
            audit.record(connection, console("test"), Action.WORD_GIVE, subject, after=after)
    database.close()
    shown = hub.cli("audit", "list", "--action", "word.give").stdout.splitlines()
    assert shown[0].endswith("word.give released  7K4-QW2-M9")
    assert shown[1].endswith("word.give refused (late or double)  7K4-QW2-M9")


def test_nothing_is_listed_from_before_the_moment_asked_for(hub: RunningHub) -> None:
    assert hub.cli("audit", "list", "--object", "nva@tinh.gov.vn", "--since", "2099-01-01").stdout == ""


def test_a_whole_chain_is_said_to_be_whole(hub: RunningHub) -> None:
    assert hub.cli("audit", "verify").stdout.startswith("Nguyên vẹn: ")
    assert json.loads(hub.cli("audit", "verify", "--json").stdout)["ok"] is True


def test_a_row_changed_behind_our_back_is_found_by_verify_and_by_the_doctor(hub: RunningHub) -> None:
    database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
    with database.write() as connection:
        connection.execute(text("UPDATE audit_log SET reason = 'khac' WHERE id = 2"))
    database.close()
    done = hub.cli("audit", "verify", check=False)
    assert (done.returncode, "row 2" in done.stderr) == (1, True)
    found = [json.loads(line) for line in hub.cli("doctor", "--no-mail", "--json", check=False).stdout.splitlines()]
    assert next(one for one in found if one["name"] == "audit")["status"] == "broken"


def test_an_export_holds_what_was_before_and_after_and_begins_no_formula(hub: RunningHub) -> None:
    hub.cli("account", "suspend", "nva@tinh.gov.vn", "--reason", "=HYPERLINK(1)")
    rows = list(csv.reader(io.StringIO(hub.cli("audit", "export").stdout.removeprefix("\ufeff"))))
    row = dict(zip(rows[0], next(row for row in rows if row[4] == "account.suspend"), strict=True))
    assert row["reason"] == "'=HYPERLINK(1)"
    assert json.loads(row["before"])["state"] == "active"
    assert json.loads(row["after"])["state"] == "suspended"


def test_a_witness_finds_a_rewritten_log_by_the_mail_that_was_saved(hub: RunningHub, tmp_path: Path) -> None:
    public = hub.cli("audit", "key").stdout.strip()  # made by the hub's own user
    database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
    with database.write() as connection:
        signer = open_signer(hub.directory / "keys")
        head = seal_day(connection, signer, DOMAIN, date(2026, 11, 22), [])
        connection.execute(text("DELETE FROM audit_seal"))
    assert head is not None
    saved = tmp_path / "thu.eml"
    saved.write_text(f"Subject: x\n\n{head.text()}")
    assert "1 đầu nhật ký" in hub.cli("audit", "verify", "--head", str(saved), "--key", public).stdout
    saved.write_text(head.text().replace(f"row: {head.row}", f"row: {head.row - 1}"))
    done = hub.cli("audit", "verify", "--head", str(saved), check=False)
    database.close()
    assert (done.returncode, f"row {head.row - 1}" in done.stderr) == (1, True)
