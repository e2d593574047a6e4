"""What a person does to waiting mail."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import console
from mailhub.clock import now_ms
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.queue.errors import NotInQueue
from mailhub.queue.models import EventKind, RecipientState
from mailhub.queue.timeline import trace_message, trace_recipient
from mailhub.store.database import Database
from tests.queue.parts import NOW, events, message, only_message, outcome, put, recipients, settle, take

pytestmark = pytest.mark.unit
ROOT = console("test")
SOON = 9_000_000_000_000


def test_held_mail_waits_for_a_person_and_keeps_its_body(database: Database) -> None:
    put(database, message("b@so.vn", "c@so.vn"))
    with database.write() as connection:
        assert acts.hold(connection, ROOT, Selection(to="b@so.vn"), reason="kiểm tra") == 1
    [other] = take(database, now=SOON)
    assert other.address == "c@so.vn"
    settle(database, outcome(other))
    assert only_message(database).done_at is None
    with database.write() as connection:
        assert acts.release(connection, ROOT, Selection(state="held")) == 1
    [released] = take(database, now=SOON)
    settle(database, outcome(released))
    assert only_message(database).done_at is not None
    assert [kind for kind, to in events(database) if to == "b@so.vn"] == ["held", "released", "relayed"]


def test_retry_makes_deferred_mail_due_now(database: Database) -> None:
    put(database, message("b@so.vn"))
    [claimed] = take(database)
    settle(database, outcome(claimed, RecipientState.DEFERRED, SOON, EventKind.DEFERRED))
    with database.write() as connection:
        assert acts.retry(connection, ROOT, Selection(sender="a@tinh.gov.vn")) == 1
    assert len(take(database, now=now_ms())) == 1


def test_dropped_mail_is_gone_even_while_it_is_being_delivered(database: Database) -> None:
    given = message("b@so.vn", "c@so.vn")
    put(database, given)
    [claimed] = take(database, limit=1)
    with database.write() as connection:
        assert acts.drop(connection, ROOT, Selection(codes=(given.code,)), reason="gửi nhầm") == 2
    assert only_message(database).done_at is not None
    settle(database, outcome(claimed, RecipientState.DEFERRED, NOW, EventKind.DEFERRED))
    assert take(database, now=SOON) == []
    assert {row.state for row in recipients(database).values()} == {"withdrawn"}


def test_nothing_that_fits_is_an_error_and_so_is_a_code_that_is_none(database: Database) -> None:
    put(database, message("b@so.vn"))
    for selection in (Selection(to="nobody@so.vn"), Selection(codes=("xyz",))):
        with pytest.raises(NotInQueue), database.write() as connection:
            acts.retry(connection, ROOT, selection)


def test_acts_are_in_the_audit_and_reading_where_mail_went_is_too(database: Database) -> None:
    given = message("b@so.vn")
    put(database, given)
    with database.write() as connection:
        acts.retry(connection, ROOT, Selection(to="b@so.vn"), reason="gấp")
    with database.write() as connection:
        trace_message(connection, ROOT, given.code)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(AuditRow)) == 2


def test_the_timeline_is_found_by_code_by_message_id_and_by_recipient(database: Database) -> None:
    given = message("b@so.vn", message_id="<x@client.test>")
    put(database, given, message("other@so.vn", message_id="<y@client.test>"))
    [claimed] = [c for c in take(database) if c.address == "b@so.vn"]
    settle(database, outcome(claimed, RecipientState.DEFERRED, SOON, EventKind.DEFERRED))
    with database.write() as connection:
        found = [
            trace_message(connection, ROOT, given.code.lower().replace("-", "")),
            trace_message(connection, ROOT, "x@client.test"),
            trace_recipient(connection, ROOT, "b@so.vn", since=NOW - 1),
        ]
        nothing = trace_recipient(connection, ROOT, "b@so.vn", since=NOW + 1)
    for lines, waiting, _ in found:
        assert [line.kind for line in lines] == [EventKind.RECEIVED, EventKind.DEFERRED]
        assert [w.recipient for w in waiting] == ["b@so.vn"]
    assert nothing == ([], [], False)


def test_a_refusal_is_found_by_the_recipient_it_was_for(database: Database) -> None:
    from mailhub.queue import service as queue
    from mailhub.queue.records import NewEvent

    event = NewEvent(
        at=NOW, message_id=None, code="7K4-QW2-M9", recipient="b@so.vn", kind=EventKind.REFUSED, facts={"kind": "x"}
    )
    with database.write() as connection:
        queue.append_events(connection, [event])
        lines, *_ = trace_recipient(connection, ROOT, "b@so.vn", since=NOW)
    assert [(line.message, line.kind) for line in lines] == [("7K4-QW2-M9", EventKind.REFUSED)]


def test_the_list_comes_in_pages(database: Database) -> None:
    put(database, *(message(f"{n}@so.vn") for n in range(5)))
    with database.read() as connection:
        first = acts.list_waiting(connection, ROOT, Selection(), limit=3)
        rest = acts.list_waiting(connection, ROOT, Selection(), after=first[-1].id, limit=3)
    assert len(first) == 3
    assert len({row.id for row in (*first, *rest)}) == 5
