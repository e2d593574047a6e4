"""The doctor on a queue that moves, one that stands still, and destinations that do not answer."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from mailhub.clock import HOUR, MINUTE, now_ms
from mailhub.ids import new_id
from mailhub.ops.checks.queue import check_destinations, check_events, check_faults, check_queue
from mailhub.ops.findings import Ground, Status
from mailhub.queue.models import Door, EventKind, HeldFor, RecipientState
from mailhub.queue.records import NewEvent, NewMessage, NewRecipient
from mailhub.queue.service import append_events, enqueue, recipient_table
from mailhub.store.spool import Spool


def enqueue_one(ground: Ground, *, destination: str = "local") -> None:
    """A message to one recipient, due now."""
    spool = Spool(ground.settings.spool_directory, "test")
    body = spool.stage()
    body.write(b"x\r\n")
    message = NewMessage(
        id=new_id(), code="7K4QW2M9", door=Door.SUBMISSION, received_at=now_ms(), sender="a@tinh.gov.vn",
        sender_verified=True, account_id=None, client="127.0.0.1", message_id="<1@tinh.gov.vn>", subject="",
        body=body, prefix=b"", cuts=(), body_hash=b"", utf8=False, eight_bit=False, dsn_ret=None, dsn_envid=None,
        fingerprint=None, junk=False, derived_from=None,
        recipients=(NewRecipient(address="b@example.org", destination=destination),),
    )  # fmt: skip
    with ground.database.write() as connection:
        enqueue(connection, [message], spool.commit([body]))


def set_recipients(ground: Ground, **values: object) -> None:
    with ground.database.write() as connection:
        connection.execute(update(recipient_table).values(**values))


def test_an_empty_queue_is_well(ground: Ground) -> None:
    assert check_queue(ground).status is Status.OK
    assert check_destinations(ground).status is Status.OK


@pytest.mark.parametrize(
    ("due_minutes_ago", "status"), [(-5, Status.OK), (0, Status.OK), (5, Status.LOOK), (20, Status.BROKEN)]
)
def test_a_queue_is_judged_by_how_long_the_oldest_is_due(ground: Ground, due_minutes_ago: int, status: Status) -> None:
    enqueue_one(ground)
    set_recipients(ground, due_at=now_ms() - due_minutes_ago * MINUTE)
    verdict = check_queue(ground)
    assert verdict.status is status
    assert verdict.seen.startswith("1 chờ gửi")


def test_destinations_in_trouble_are_named_with_their_last_answer(ground: Ground) -> None:
    enqueue_one(ground, destination="mx:example.org")
    deferred = {"state": RecipientState.DEFERRED.value, "due_at": now_ms() + HOUR}
    set_recipients(ground, **deferred, last_reply="451 4.7.1 try later")
    verdict = check_destinations(ground)
    assert verdict.status is Status.LOOK
    assert "mx:example.org: 1 người nhận, 451 4.7.1 try later" in verdict.seen


def test_mail_kept_because_a_rule_failed_is_told_with_the_rule(ground: Ground) -> None:
    enqueue_one(ground)
    held = {"state": RecipientState.HELD.value, "due_at": None, "rule": "gui-nhieu-nguoi"}
    set_recipients(ground, **held, held_for=HeldFor.WORD.value)
    assert check_faults(ground).status is Status.OK
    set_recipients(ground, held_for=HeldFor.FAULT.value)
    verdict = check_faults(ground)
    assert verdict.status is Status.BROKEN
    assert verdict.seen == "gui-nhieu-nguoi: giữ lại thư gửi 1 người nhận"


def test_an_event_from_the_future_shows_a_clock_that_was_put_back(ground: Ground) -> None:
    assert check_events(ground).status is Status.OK
    event = NewEvent(
        at=now_ms() + HOUR, message_id=1, code="7K4QW2M9", recipient=None, kind=EventKind.RECEIVED, facts={}
    )
    with ground.database.write() as connection:
        append_events(connection, [event])
    assert check_events(ground).status is Status.LOOK
