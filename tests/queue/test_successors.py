"""A sealed copy takes the place of what a desk sent, for everybody who still waits, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from mailhub.accounts.life.models import Letter
from mailhub.accounts.rights import console
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import HeldFor, Purpose, RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, Moderating, NewMessage, NewRecipient
from mailhub.queue.successors import Successor
from mailhub.queue.tables import pending_moderation_table
from mailhub.store.database import Database
from mailhub.store.spool import Location
from tests.queue.parts import MINUTE, NOW, PLACE, message, put, take
from tests.support.databases import database  # noqa: F401

SEALED_AT = Location("large/seal-1", 0, 9)


def waiting(*recipients: str | NewRecipient, **changes: Any) -> NewMessage:
    return message(*recipients, inspecting=Inspecting(until=NOW + 10 * MINUTE, what=("a.pdf",)), **changes)


def sealed_copy(first: NewMessage) -> Successor:
    fresh = message(derived_from=first.id, inspected={"files": []}, subject=first.subject)
    return Successor(message=fresh, location=SEALED_AT, told={"files": ["a.pdf"]})


def finish(database: Database, ruling: Ruling) -> bool:  # noqa: F811
    with database.write() as connection:
        one = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW + MINUTE, limit=1)[0]
        return queue.finish_inspection(
            connection, one, worker="w", now=NOW, facts={"files": []}, local_prefix=b"", reason="read", ruling=ruling
        )


def rows(database: Database, message_id: int) -> dict[str, Any]:  # noqa: F811
    with database.read() as connection:
        query = select(queue.recipient_table).where(queue.recipient_table.c.message_id == message_id)
        return {row.address: row for row in connection.execute(query)}


def story(database: Database, code: str) -> list[str]:  # noqa: F811
    with database.read() as connection:
        query = select(queue.event_table.c.kind).where(queue.event_table.c.code == code)
        return list(connection.scalars(query.order_by(queue.event_table.c.id)))


def test_everybody_gets_the_sealed_copy_and_nobody_the_first(database: Database) -> None:  # noqa: F811
    copy = NewRecipient(address="vanthu@tinh.gov.vn", destination="local", purpose=Purpose.SENT_COPY, sent_by="c@x")
    first = waiting("a@so.vn", "b@so.vn", copy)
    put(database, first)
    after = sealed_copy(first)
    assert finish(database, Ruling(successor=after))
    assert {row.state for row in rows(database, first.id).values()} == {RecipientState.REDIRECTED}
    moved = rows(database, after.message.id)
    assert {(row.address, row.state, row.purpose, row.sent_by) for row in moved.values()} == {
        ("a@so.vn", "queued", "", ""), ("b@so.vn", "queued", "", ""),
        ("vanthu@tinh.gov.vn", "queued", "sent-copy", "c@x"),
    }  # fmt: skip
    assert {one.message.id for one in take(database)} == {after.message.id}
    assert story(database, first.code) == ["received", "held", "inspected", "sealed"]
    assert story(database, after.message.code) == ["received", "sealed", "inspected", "released"]
    with database.read() as connection:
        query = select(queue.message_table).where(queue.message_table.c.id.in_([first.id, after.message.id]))
        first_row, copied = sorted(connection.execute(query), key=lambda row: row.derived_from or 0)
    assert (first_row.done_at, first_row.spool_file) == (NOW, PLACE.file)  # kept
    assert (copied.derived_from, copied.spool_file, copied.done_at) == (first.id, SEALED_AT.file, None)


def test_what_the_rules_say_is_said_of_the_sealed_copy(database: Database) -> None:  # noqa: F811
    first = waiting("a@gmail.com", "b@so.vn", "c@so.vn")
    put(database, first)
    after = sealed_copy(first)
    asking = Asking(owner_id=7, owner="d@x", rule="r", until=NOW + MINUTE, reason_needed=False, facts={"vi": "x"})
    fates = {
        "a@gmail.com": Fate(state=RecipientState.REFUSED, rule="r"),
        "b@so.vn": Fate(state=RecipientState.HELD, rule="r", asking=asking),
    }
    assert finish(database, Ruling(successor=after, fates=fates, judged={"rules": []}))
    moved = rows(database, after.message.id)
    assert [moved[one].state for one in ("a@gmail.com", "b@so.vn", "c@so.vn")] == ["refused", "held", "queued"]
    assert moved["b@so.vn"].held_for == HeldFor.WORD
    assert story(database, after.message.code)[3:] == ["judged", "refused", "asked", "released"]


def test_who_was_dropped_meanwhile_gets_neither(database: Database) -> None:  # noqa: F811
    first = waiting("a@so.vn")
    put(database, first)
    with database.write() as connection:
        acts.drop(connection, console("t"), Selection(codes=(first.code,)), reason="nhầm")
    after = sealed_copy(first)
    assert finish(database, Ruling(successor=after))
    assert not rows(database, after.message.id)
    assert not take(database)


def test_moderators_hear_of_the_code_that_they_decide_about(database: Database) -> None:  # noqa: F811
    gate = Moderating(group_id=5, group="nhom@x", until=NOW + MINUTE, tell=("m@x",))
    who = NewRecipient(address="a@so.vn", destination="mx:so.vn", held_about=(5,))
    first = waiting(who, moderating=(gate,))
    put(database, first)
    after = sealed_copy(first)
    assert finish(database, Ruling(successor=after))
    with database.read() as connection:
        told = list(connection.scalars(select(Letter.facts).order_by(Letter.id)))
        pending = list(connection.scalars(select(pending_moderation_table.c.message_id)))
    assert pending == [after.message.id]
    assert [after.message.code in one for one in told] == [False, True]
    assert rows(database, after.message.id)["a@so.vn"].held_for == HeldFor.MODERATION


def test_a_lost_lease_writes_nothing(database: Database) -> None:  # noqa: F811
    first = waiting("a@so.vn")
    put(database, first)
    after = sealed_copy(first)
    with database.write() as connection:
        one = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW, limit=1)[0]
    with database.write() as connection:
        mine = queue.finish_inspection(
            connection, replace(one), worker="other", now=NOW, facts={}, local_prefix=b"", reason="read",
            ruling=Ruling(successor=after),
        )  # fmt: skip
    assert not mine
    assert not rows(database, after.message.id)
