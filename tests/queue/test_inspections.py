"""Mail that is held until its files have been read: who reads it, and how it goes on whatever happens meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from mailhub.accounts.rights import console
from mailhub.clock import MINUTE
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.inspections import Waiting
from mailhub.queue.models import Purpose
from mailhub.queue.records import Inspecting
from mailhub.store.database import Database
from tests.queue.parts import NOW, events, message, only_message, put, recipients, take

pytestmark = pytest.mark.unit
ROOT = console("test")
SOON = 9_000_000_000_000
SCAN = Inspecting(until=NOW + 10 * MINUTE, what=("quet.pdf: scanned pages",))


def claim(database: Database, worker: str = "w", *, now: int = NOW, limit: int = 10) -> list[Waiting]:
    with database.write() as connection:
        return queue.claim_inspections(connection, worker=worker, now=now, lease_until=now + MINUTE, limit=limit)


def finish(database: Database, waiting: Waiting, worker: str = "w", *, forget: bool = False) -> bool:
    with database.write() as connection:
        return queue.finish_inspection(
            connection,
            waiting,
            worker=worker,
            now=NOW,
            facts={"documents": []},
            local_prefix=b"X-Mailhub-Document: x\r\n",
            reason="read",
            forget=forget,
        )


def pending(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(queue.pending_inspection_table)).all())


def test_it_waits_until_it_was_read_and_goes_on_with_what_was_read(database: Database) -> None:
    put(database, message("b@so.vn", inspecting=SCAN))
    assert take(database, now=SOON) == []
    [waiting] = claim(database)
    assert claim(database, "other") == []
    assert finish(database, waiting)
    [claimed] = take(database)
    assert claimed.message.local_prefix == b"X-Mailhub-Document: x\r\n"
    assert [kind for kind, _ in events(database)] == ["received", "held", "inspected", "released"]
    assert pending(database) == 0


def test_a_lease_that_ran_out_is_taken_over_and_the_first_reader_changes_nothing(database: Database) -> None:
    put(database, message("b@so.vn", inspecting=SCAN))
    [first] = claim(database)
    [second] = claim(database, "other", now=NOW + 2 * MINUTE)
    assert second.attempts == 2
    assert not finish(database, first)
    assert take(database, now=SOON) == []
    assert finish(database, second, "other")
    assert [kind for kind, _ in events(database)].count("released") == 1


def test_what_a_dead_process_was_reading_is_read_by_the_next_one_of_its_name(database: Database) -> None:
    put(database, message("b@so.vn", inspecting=SCAN))
    claim(database)
    with database.write() as connection:
        queue.release_inspections(connection, worker="other", now=NOW)
    assert claim(database) == []
    with database.write() as connection:
        queue.release_inspections(connection, worker="w", now=NOW)
    assert len(claim(database)) == 1


def test_a_person_holds_what_waits_to_be_read_and_it_stays_after_the_reading(database: Database) -> None:
    given = message("b@so.vn", "c@so.vn", inspecting=SCAN)
    put(database, given)
    [waiting] = claim(database)
    with database.write() as connection:
        assert acts.hold(connection, ROOT, Selection(to="b@so.vn"), reason="kiểm tra") == 1
    assert finish(database, waiting)
    assert {to: row.state for to, row in recipients(database).items()} == {"b@so.vn": "held", "c@so.vn": "queued"}
    with database.write() as connection:
        acts.release(connection, ROOT, Selection(codes=(given.code,), state="held"))
    assert {row.state for row in recipients(database).values()} == {"queued"}


def test_nobody_is_told_of_a_release_that_a_person_came_before(database: Database) -> None:
    given = message("b@so.vn", inspecting=SCAN)
    put(database, given)
    [waiting] = claim(database)
    with database.write() as connection:
        acts.drop(connection, ROOT, Selection(codes=(given.code,)), reason="gấp")
    assert only_message(database).done_at is not None
    with database.read() as connection:
        assert queue.is_finished(connection, given.id)
    before = [kind for kind, _ in events(database)]
    assert finish(database, waiting)
    assert [kind for kind, _ in events(database)] == [*before, "inspected"]
    assert pending(database) == 0


def test_the_senders_own_copy_alone_does_not_make_it_a_mail_that_goes_on(database: Database) -> None:
    given = message("b@so.vn", "vanthu@so.vn", inspecting=SCAN)
    copy = replace(given.recipients[1], purpose=Purpose.SENT_COPY)
    put(database, replace(given, recipients=(given.recipients[0], copy)))
    [waiting] = claim(database)
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="b@so.vn"), reason="kiểm tra")
    assert finish(database, waiting)
    assert {to: row.state for to, row in recipients(database).items()} == {"b@so.vn": "held", "vanthu@so.vn": "queued"}
    assert "released" not in [kind for kind, _ in events(database)]


def test_of_a_secret_neither_subject_nor_names_stay(database: Database) -> None:
    put(database, message("b@so.vn", inspecting=SCAN), message("c@so.vn", inspecting=SCAN))
    first, second = claim(database)
    assert finish(database, first, forget=True)
    assert finish(database, second)
    with database.read() as connection:
        subjects = {row.id: row.subject for row in connection.execute(select(queue.message_table))}
        rows = connection.execute(select(queue.event_table).where(queue.event_table.c.kind == "held")).all()
    told = {row.message_id: json.loads(row.facts) for row in rows}
    assert subjects == {first.message.id: "", second.message.id: "Công văn"}
    assert told[first.message.id] == {"for": "inspection", "until": SCAN.until}
    assert told[second.message.id]["what"] == list(SCAN.what)
