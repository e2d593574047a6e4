"""What a running hub remembers of judged mail; a box that sends in a burst is stopped, and somebody opens it again."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from mailhub.screening.records import codec
from tests.integration.conftest import Province, Sink
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, letter, wait_until
from tests.support.rulebooks import SECRET, rule, write_book

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
BURST = rule("don-dap", 'message.origin = "own"\nsender.burst = { at_least = 25 }', stage="hold", action="stop-sending")
RETURNED = rule(
    "tra-lai", 'recipient.domain = "yahoo.com"\nmessage.size = { at_least = 1 }', reply='"reject"', stage="block"
)


@pytest.fixture(scope="module")
def hub(dns: FakeDNS, sink: Sink) -> Iterator[RunningHub]:
    settings: dict[str, dict[str, Any]] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 2},
    }
    with RunningHub(start=False, **cast(dict[str, Any], settings)) as running:
        write_book(running.directory, SECRET, BURST, RETURNED)
        running.start()
        yield running


def decision(province: Province, where: str) -> Any:
    query = f"SELECT code, version, account_id, agency_id, facts, outcome FROM policy_decision WHERE {where}"
    return wait_until(lambda: province.rows(query), f"the decision {where}")[0]


def used(province: Province, provider: str) -> list[tuple[int, ...]]:
    query = f"SELECT sent, received FROM private_mail_use WHERE provider = '{provider}' ORDER BY account_id"
    return [tuple(row) for row in province.rows(query)]


def test_each_message_leaves_a_row_and_private_mail_is_counted_once(hub: RunningHub, province: Province) -> None:
    people = ["a@gmail.com", "b@gmail.com", BINH]
    code = hub.submit(AN, people, letter(AN, ", ".join(people), subject="Thu nghiem"))
    row = decision(province, f"code = '{code}'")
    facts = codec.load(row.facts)
    assert (facts.sender.address, set(facts.recipients)) == (AN, set(people))
    assert facts.message.private == 2
    assert "Thu nghiem" not in row.facts
    assert json.loads(row.outcome) == {"effect": "none"}
    assert row.account_id is not None
    assert row.agency_id is not None
    assert used(province, "gmail.com") == [(1, 0)]
    networks = province.rows(f"SELECT network FROM known_network WHERE account_id = {row.account_id}")
    assert [one.network for one in networks] == ["127.0.0.0/24"]


def test_what_the_door_refuses_is_remembered_as_well(hub: RunningHub, province: Province) -> None:
    with pytest.raises(smtplib.SMTPDataError):
        hub.submit(BINH, ["a@yahoo.com"], letter(BINH, "a@yahoo.com"))
    row = decision(province, "outcome LIKE '%tra-lai%'")
    assert json.loads(row.outcome)["effect"] == "refuse"
    wait_until(lambda: used(province, "yahoo.com") == [(1, 0)], "the count of what was tried")


def test_a_burst_stops_sending_calls_people_and_ends_when_somebody_allows_it(
    hub: RunningHub, province: Province
) -> None:
    people = [f"x{number}@so.example" for number in range(30)]
    code = hub.submit(CUONG, people, letter(CUONG, "nhieu@so.example", subject="Qua tang"))
    letters = "SELECT to_address, facts FROM letter WHERE kind = 'sending-stopped'"
    (told, *_) = wait_until(lambda: province.rows(letters), "the letter")
    assert json.loads(told.facts)["code"] == code
    assert told.to_address == "postmaster@tinh.gov.vn"  # nobody else was named in this province
    with pytest.raises(smtplib.SMTPException), hub.submission(CUONG) as client:
        client.sendmail(CUONG, [BINH], letter(CUONG, BINH))
    with hub.imap(CUONG) as box:  # reading goes on
        assert box.select("INBOX")[0] == "OK"
    proof = "SELECT done_at FROM closing WHERE act = 'stop-sending'"
    wait_until(lambda: [row for row in province.rows(proof) if row.done_at is not None], "the proof")
    assert {row["state"] for row in hub.queue() if row["sender"] == CUONG} == {"held"}
    hub.cli("account", "allow-sending", CUONG, "--reason", "đã gọi điện xác minh")
    with hub.submission(CUONG) as client:
        assert client.noop()[0] == 250
