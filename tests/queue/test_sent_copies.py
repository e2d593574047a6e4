"""The copy that a shared mailbox keeps of what was sent from it: a row like others, and nobody's mail."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailhub.accounts.rights import console
from mailhub.clock import HOUR, now_ms
from mailhub.delivery.notices import notice_kind
from mailhub.delivery.outcomes import judge
from mailhub.delivery.outgoing import Outcome as Result
from mailhub.delivery.outgoing import RecipientResult
from mailhub.queue import service as queue
from mailhub.queue.models import EventKind, Purpose, RecipientState
from mailhub.queue.records import Claimed, NewRecipient
from mailhub.queue.timeline import trace_recipient
from mailhub.store.database import Database
from tests.queue.parts import MINUTE, NOW, message, only_message, outcome, put, settle, take

OFFICE, AN = "vanthu@tinh.gov.vn", "nva@tinh.gov.vn"
COPY = NewRecipient(
    address=OFFICE, destination="local", notify="NEVER", purpose=Purpose.SENT_COPY, sent_by=AN
)  # fmt: skip


class Delivery:
    retry_minutes = (5, 10)
    expire_hours = 48
    delay_notice_minutes = 60


def tried(claimed: Claimed, result: Result, *, at: int = NOW) -> tuple[RecipientState, EventKind | None]:
    said = RecipientResult(OFFICE, result, 550, "5.1.1", "No such user")
    found = judge(claimed, said, now=at, settings=Delivery())
    assert notice_kind(found) is None
    return found.state, found.event


def copy_of(database: Database) -> Claimed:
    return next(one for one in take(database) if one.purpose is Purpose.SENT_COPY)


def test_the_copy_is_claimed_with_the_name_of_who_sent(database: Database) -> None:
    put(database, message("b@so.vn", COPY))
    copy = copy_of(database)
    assert (copy.address, copy.sent_by, copy.destination) == (OFFICE, AN, "local")


def test_a_filed_copy_has_a_line_of_its_own(database: Database) -> None:
    put(database, message(COPY))
    assert tried(copy_of(database), Result.DELIVERED) == (RecipientState.DELIVERED, EventKind.FILED)


@pytest.mark.parametrize("result", [Result.TEMPORARY, Result.PERMANENT])
def test_a_copy_that_is_refused_waits_and_lapses_but_never_bounces(database: Database, result: Result) -> None:
    put(database, message(COPY))
    copy = copy_of(database)
    for hours in (0, 2, 47):
        assert tried(copy, result, at=NOW + hours * HOUR) == (RecipientState.DEFERRED, EventKind.DEFERRED)
    assert tried(copy, result, at=NOW + 48 * HOUR) == (RecipientState.EXPIRED, EventKind.EXPIRED)


def test_the_message_stays_open_until_the_copy_is_filed(database: Database) -> None:
    put(database, message("b@so.vn", COPY))
    mail, copy = sorted(take(database), key=lambda one: one.purpose)
    settle(database, outcome(mail))
    assert only_message(database).done_at is None
    settle(database, outcome(copy, event=EventKind.FILED))
    assert only_message(database).done_at is not None


def test_nobody_counts_or_names_it_as_a_recipient(database: Database) -> None:
    put(database, message("b@so.vn", COPY))
    number = only_message(database).id
    with database.write() as connection:
        assert queue.recipients_of(connection, number) == ["b@so.vn"]
        assert queue.count_sent(connection, 1, since=now_ms() - MINUTE) == 1
        found = trace_recipient(connection, console("test"), OFFICE, since=NOW - MINUTE)
        assert found.lines == []
        received = connection.execute(select(queue.event_table.c.facts)).scalars().first()
    assert received is not None
    assert '"recipients":1' in received


def test_a_copy_that_lapsed_does_not_make_the_message_new(database: Database) -> None:
    """A client that repeats itself would else deliver everything twice."""
    put(database, message("b@so.vn", COPY, fingerprint=b"f" * 32))
    mail, copy = sorted(take(database), key=lambda one: one.purpose)
    settle(database, outcome(mail), outcome(copy, RecipientState.EXPIRED, event=EventKind.EXPIRED))
    again = put(database, message("b@so.vn", COPY, fingerprint=b"f" * 32))
    assert [one.repeated for one in again] == [True]
