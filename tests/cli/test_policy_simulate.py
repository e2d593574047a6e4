"""`mailhub policy simulate` as it is read: what would be different, by rule and agency."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from mailhub.accounts.tree import find_agency
from mailhub.clock import now_ms
from mailhub.ids import new_id
from mailhub.policy.facts import Facts, MailClass, MessageFacts, RecipientFacts, SenderFacts
from mailhub.screening.models import PolicyDecision
from mailhub.screening.records import codec
from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.screening.policy_texts import PRIVATE, rule
from tests.support.hub import RunningHub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """A rule that only counts, and the facts of five mails, of which it fits three."""
    with RunningHub(start=False) as made:
        (made.directory / "policy.toml").write_text(rule(stage="shadow"))
        made.cli("policy", "activate", "--reason", "thử")
        database = open_database(load(made.directory / SETTINGS_FILE).database_url)
        with database.write() as connection:
            agency = find_agency(connection, "")
            for number in range(5):
                mail_class = MailClass.PRIVATE if number < 3 else MailClass.OWN
                facts = Facts(
                    message=MessageFacts(),
                    sender=SenderFacts(address="nva@tinh.gov.vn", agencies=("UBND",)),
                    recipients={"ai@gmail.com": RecipientFacts(mail_class=mail_class, domain="gmail.com")},
                    at=now_ms(),
                )
                row = {"message_id": new_id(), "code": f"7K4-QW2-M{number + 2}", "version": 2, "agency_id": agency}
                connection.execute(insert(PolicyDecision).values(row | {"facts": codec.dump(facts), "outcome": "{}"}))
        database.close()
        yield made


def test_it_says_how_many_would_be_held_by_rule_and_agency(hub: RunningHub, tmp_path: Path) -> None:
    new = tmp_path / "moi.toml"
    new.write_text(rule(stage="hold"))
    told = hub.cli("policy", "simulate", "--days", "7", "--with", str(new)).stdout
    assert told.startswith("5 thư trong 7 ngày qua")
    assert "Thay đổi: 3 thư thêm, 0 thư bớt, 0 thư xử lý khác, 2 thư như cũ" in told
    assert f"{PRIVATE}: 3 thư khớp; 3 Chờ duyệt (đang: không ảnh hưởng thư nào)" in told
    assert "UBND" in told
    assert "không có gì → Chờ duyệt" in told
    assert "ai@gmail.com" not in told
    found = json.loads(hub.cli("policy", "simulate", "--days", "7", "--with", str(new), "--json").stdout)
    assert (found["messages"], found["after"]["held"], found["changes"]["added"]) == (5, 3, 3)
    assert {one["rule"] for one in found["samples"]} == {PRIVATE}


def test_that_the_desk_is_asked_instead_of_the_sender_is_shown(hub: RunningHub, tmp_path: Path) -> None:
    new = tmp_path / "moi.toml"
    policy = hub.directory / "policy.toml"
    policy.write_text(rule(stage="hold"))
    hub.cli("policy", "activate", "--reason", "thử")
    new.write_text(rule(stage="hold", more='asks = "desk"'))
    told = hub.cli("policy", "simulate", "--days", "7", "--with", str(new)).stdout
    assert "Thay đổi: 0 thư thêm, 0 thư bớt, 3 thư xử lý khác, 2 thư như cũ" in told
    assert "Chờ duyệt, hỏi người gửi (thư từ ngoài: người nhận) → Chờ duyệt, hỏi Văn thư của đơn vị" in told
    policy.write_text(rule(stage="shadow"))
    hub.cli("policy", "activate", "--reason", "như cũ")


def test_nothing_of_another_agency_is_counted_and_an_unknown_one_is_refused(hub: RunningHub) -> None:
    assert hub.cli("policy", "simulate", "--agency", "UBND").stdout.startswith("5 thư")
    refused = hub.cli("policy", "simulate", "--agency", "SXT", check=False)
    assert (refused.returncode, "SXT" in refused.stderr) == (1, True)
