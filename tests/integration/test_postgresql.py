"""The same hub on the other database: a province that has outgrown one machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.settings import load
from mailhub.store.database import open_database
from tests.integration.conftest import Province
from tests.integration.test_kill_switch import races
from tests.support.databases import new_database
from tests.support.hub import RunningHub, letter

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    url = new_database("postgresql", Path(tmp_path_factory.mktemp("pg")))
    with RunningHub(database_url=url) as running:
        running.account(AN)
        running.account(BINH, "Trần Thị Bình")
        yield running


def test_mail_reaches_the_mailbox_and_its_story_is_told(hub: RunningHub) -> None:
    code = hub.submit(AN, [BINH], letter(AN, BINH, subject="Qua PostgreSQL"))
    assert b"Qua PostgreSQL" in hub.wait_for_mail(BINH)[0]
    assert [event["kind"] for event in hub.events(code)] == ["received", "delivered"]


def test_a_suspension_is_seen_by_the_doors_at_once(hub: RunningHub) -> None:
    with hub.submission(AN) as client:
        hub.cli("account", "suspend", AN, "--reason", "kiểm thử")
        assert client.mail(AN)[0] in (421, 550)  # the session was ended, or its next command is refused
    hub.cli("account", "restore", AN)


def test_what_is_sent_while_the_account_closes_is_not_taken_late(hub: RunningHub) -> None:
    """Here a commit and a suspension do not wait for each other: the claim looks again."""
    province, database = Province(hub), open_database(load(hub.directory / "mailhub.toml").database_url)
    try:
        races(hub, province, database, 12, 3)
    finally:
        province.close()
        database.close()


def test_waiting_mail_is_claimed_again_after_every_process_was_killed(hub: RunningHub) -> None:
    code = hub.submit(AN, ["ai@khong-co.example"], letter(AN, "ai@khong-co.example"))
    hub.kill()
    hub.start()
    assert [row["recipient"] for row in hub.queue(code)] == ["ai@khong-co.example"]
    hub.cli("queue", "drop", code, "--reason", "kiểm thử")
    assert hub.queue(code) == []
