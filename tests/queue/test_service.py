"""The queue's state machine, on both databases."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest
from sqlalchemy import select

from mailhub.clock import DAY
from mailhub.ids import new_code, new_id
from mailhub.queue import service as queue
from mailhub.queue.models import EventKind, RecipientState
from mailhub.queue.records import NewEvent, NewRecipient
from mailhub.store.database import Database
from tests.queue.parts import (
    MINUTE,
    NOW,
    PLACE,
    events,
    message,
    only_message,
    outcome,
    put,
    recipients,
    settle,
    take,
)

pytestmark = pytest.mark.unit


def test_what_was_put_in_comes_out(database: Database) -> None:
    given = message(
        NewRecipient(address="b@so.vn", destination="mx:so.vn", original="rfc822;B@so.vn", notify="NEVER"),
        subject="Về việc “họp”",
        dsn_ret="HDRS",
        dsn_envid="e1",
        junk=True,
        eight_bit=True,
    )
    assert put(database, given)[0].code == given.code
    [claimed] = take(database)
    stored = claimed.message
    assert (claimed.address, claimed.original, claimed.notify) == ("b@so.vn", "rfc822;B@so.vn", "NEVER")
    assert (claimed.destination, claimed.attempts, claimed.delay_notified) == ("mx:so.vn", 1, False)
    assert (stored.id, stored.code, stored.subject, stored.cuts) == (given.id, given.code, given.subject, given.cuts)
    assert (stored.location, stored.prefix, stored.body_hash) == (PLACE, given.prefix, b"h")
    assert (stored.dsn_ret, stored.dsn_envid, stored.junk, stored.eight_bit) == ("HDRS", "e1", True, True)
    assert stored.dkim is None


def test_only_what_is_due_is_claimed_oldest_first_and_never_twice(database: Database) -> None:
    put(database, message("late@so.vn", received_at=NOW + 1), message("new@so.vn"), message("old@so.vn", received_at=1))
    assert [c.address for c in take(database, limit=1)] == ["old@so.vn"]
    assert [c.address for c in take(database)] == ["new@so.vn"]
    assert take(database) == []
    assert [c.address for c in take(database, now=NOW + 1)] == ["late@so.vn"]


def test_a_destination_with_enough_under_way_is_left_alone(database: Database) -> None:
    put(database, message("b@so.vn", NewRecipient(address="c@x.vn", destination="mx:x.vn")))
    assert [c.address for c in take(database, without=["mx:so.vn"])] == ["c@x.vn"]
    assert [c.address for c in take(database)] == ["b@so.vn"]


def test_one_destination_can_be_asked_for_alone(database: Database) -> None:
    put(database, message("b@so.vn", NewRecipient(address="c@tinh.gov.vn", destination="local")))
    assert [c.address for c in take(database, only="local")] == ["c@tinh.gov.vn"]
    assert take(database, only="local") == []
    assert [c.address for c in take(database)] == ["b@so.vn"]


def test_a_message_is_done_when_nobody_waits_any_more(database: Database) -> None:
    put(database, message("b@so.vn", "c@so.vn"))
    first, second = take(database)
    settle(database, outcome(first))
    assert only_message(database).done_at is None
    settle(database, outcome(second, RecipientState.BOUNCED, event=EventKind.BOUNCED), now=NOW + 5)
    assert only_message(database).done_at == NOW + 5
    rows = recipients(database)
    assert [rows[a].state for a in ("b@so.vn", "c@so.vn")] == ["delivered", "bounced"]
    assert all(row.due_at is None and row.lease is None for row in rows.values())
    assert rows["b@so.vn"].finished_at == NOW
    assert events(database)[1:] == [("relayed", first.address), ("bounced", second.address)]
    assert take(database, now=NOW + DAY) == []


def test_a_message_to_nobody_is_done_at_once(database: Database) -> None:
    put(database, message())
    assert only_message(database).done_at == NOW


def test_a_deferred_recipient_comes_again_when_it_is_due(database: Database) -> None:
    put(database, message("b@so.vn"))
    [claimed] = take(database)
    later = outcome(claimed, RecipientState.DEFERRED, NOW + MINUTE, EventKind.DEFERRED, delay_notified=True)
    settle(database, later)
    assert only_message(database).done_at is None
    assert take(database, now=NOW + MINUTE - 1) == []
    with database.read() as connection:
        assert queue.next_due(connection, after=NOW) == NOW + MINUTE
        assert not queue.is_due(connection, now=NOW)
        assert queue.count_open(connection) == 1
    [again] = take(database, now=NOW + MINUTE)
    assert (again.attempts, again.delay_notified) == (2, True)


def test_a_lease_that_ran_out_is_taken_over_and_the_late_result_changes_nothing(database: Database) -> None:
    put(database, message("b@so.vn"))
    [slow] = take(database, "slow")
    assert take(database, "quick", now=NOW + MINUTE - 1) == []
    [quick] = take(database, "quick", now=NOW + MINUTE)
    assert quick.attempts == 2
    settle(database, outcome(slow, RecipientState.BOUNCED, event=EventKind.BOUNCED), worker="slow")
    row = recipients(database)["b@so.vn"]
    assert (row.state, row.lease) == ("delivering", "quick")
    assert only_message(database).done_at is None
    assert events(database)[-1] == ("bounced", "b@so.vn")  # it did happen
    with database.write() as connection:
        assert queue.still_leased(connection, [outcome(slow)], worker="slow") == set()
        assert queue.still_leased(connection, [outcome(quick)], worker="quick") == {quick.id}
    settle(database, outcome(quick), worker="quick")
    assert recipients(database)["b@so.vn"].state == "delivered"


def test_a_renewed_lease_is_not_taken_over(database: Database) -> None:
    put(database, message("b@so.vn"))
    [claimed] = take(database)
    with database.write() as connection:
        queue.renew_leases(connection, [claimed.id], worker="w", lease_until=NOW + 5 * MINUTE)
        queue.renew_leases(connection, [claimed.id], worker="other", lease_until=NOW)
    assert take(database, "other", now=NOW + 2 * MINUTE) == []
    assert len(take(database, "other", now=NOW + 5 * MINUTE)) == 1


def test_a_process_that_starts_again_has_its_leases_back_at_once(database: Database) -> None:
    put(database, message("b@so.vn"), message("c@so.vn"))
    take(database, "dead", limit=1)
    take(database, "alive", limit=1)
    with database.write() as connection:
        assert queue.release_leases(connection, worker="dead", now=NOW) == 1
    assert len(take(database, "dead")) == 1


def test_two_claimers_never_get_the_same_row(database: Database) -> None:
    put(database, *(message(f"{n}@so.vn") for n in range(300)))
    got: Counter[int] = Counter()
    lock = threading.Lock()

    def work(name: str) -> None:
        while True:
            mine = take(database, name, limit=7)
            with lock:
                got.update(c.id for c in mine)
            if not mine:
                return

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 300
    assert set(got.values()) == {1}


def test_the_same_message_again_within_a_day_gets_the_first_answer_and_no_second_delivery(database: Database) -> None:
    first, again = message("b@so.vn", fingerprint=b"f"), message("b@so.vn", fingerprint=b"f", received_at=NOW + DAY)
    put(database, first)
    [answer] = put(database, again)
    assert (answer.code, answer.repeated) == (first.code, True)
    assert len(take(database, now=NOW + DAY)) == 1
    assert events(database)[-1] == ("repeated", None)
    [answer] = put(database, message("b@so.vn", fingerprint=b"f", received_at=NOW + DAY + 1))
    assert not answer.repeated


def test_the_same_message_twice_in_one_batch_is_one(database: Database) -> None:
    first, second, other = (message("b@so.vn", fingerprint=f) for f in (b"f", b"f", b"g"))
    answers = put(database, first, second, other)
    assert [a.code for a in answers] == [first.code, first.code, other.code]
    assert len(take(database)) == 2


def test_a_result_and_its_notice_are_one_transaction(database: Database) -> None:
    put(database, message("b@so.vn"))
    [claimed] = take(database)
    notice = message("a@tinh.gov.vn", sender="", derived_from=claimed.message.id)
    with pytest.raises(RuntimeError), database.write() as connection:  # noqa: PT012
        queue.settle(connection, [outcome(claimed, RecipientState.BOUNCED)], worker="w", now=NOW, signed={})
        queue.enqueue(connection, [notice], [PLACE])
        raise RuntimeError
    assert list(recipients(database)) == ["b@so.vn"]
    assert recipients(database)["b@so.vn"].state == "delivering"


def test_a_signature_is_kept_for_the_next_attempt(database: Database) -> None:
    put(database, message("b@so.vn"))
    [claimed] = take(database)
    late = outcome(claimed, RecipientState.DEFERRED, NOW, EventKind.DEFERRED)
    with database.write() as connection:
        queue.settle(connection, [late], worker="w", now=NOW, signed={claimed.message.id: b"DKIM-Signature: x\r\n"})
    assert take(database)[0].message.dkim == b"DKIM-Signature: x\r\n"


def test_a_file_is_needed_while_somebody_waits_and_for_as_long_as_it_is_to_be_kept(database: Database) -> None:
    put(database, message("b@so.vn"))

    def needed(finished_after: int) -> bool:
        with database.read() as connection:
            return queue.is_file_needed(connection, PLACE.file, finished_after=finished_after)

    assert needed(NOW + DAY)
    settle(database, outcome(take(database)[0]))
    assert not needed(NOW)
    assert needed(NOW - 1)


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b", "a" * 5000])
def test_a_strangers_odd_text_is_stored_and_does_not_spoil_a_batch(database: Database, odd: str) -> None:
    put(database, message("b@so.vn", subject=odd, message_id=odd), message("c@so.vn"))
    claimed = take(database)
    assert len(claimed) == 2
    settle(database, *(outcome(c) for c in claimed))
    refusal = NewEvent(
        at=NOW, message_id=None, code=new_code(), recipient=odd, kind=EventKind.REFUSED, facts={"helo": odd}
    )
    with database.write() as connection:
        queue.append_events(connection, [refusal])
    with database.read() as connection:
        query = select(queue.event_table.c.facts).where(queue.event_table.c.code == refusal.code)
        assert json.loads(connection.scalars(query).one())["helo"].startswith("a")


def test_row_numbers_rise_within_a_process() -> None:
    numbers = [new_id() for _ in range(2000)]
    assert numbers == sorted(set(numbers))
