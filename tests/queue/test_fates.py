"""What the rules say of each copy: at the dot and after a late inspection, one recipient never touching another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.rights import console
from mailhub.queue import acts, fates
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import HeldFor, RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, NewMessage, NewRecipient
from mailhub.queue.tables import pending_word_table
from mailhub.store.database import Database
from tests.queue.parts import MINUTE, NOW, events, message, only_message, put, recipients, take

pytestmark = pytest.mark.unit
ROOT = console("test")
SOON = 9_000_000_000_000
SCAN = Inspecting(until=NOW + 10 * MINUTE, what=("quet.pdf: scanned pages",))
JUDGED = {"version": 3, "rules": [{"rule": "r", "title": "R", "stage": "hold", "effect": "hold", "recipients": 1}]}
WORD = Asking(owner_id=7, owner="a@tinh.gov.vn", rule="r", until=NOW + MINUTE, reason_needed=True, facts={"vi": "Vì"})
HELD = Fate(state=RecipientState.HELD, rule="r", asking=WORD)
REFUSED = Fate(state=RecipientState.REFUSED, rule="r")
FAULT = Fate(state=RecipientState.HELD, rule="hong")
DESK = Fate(rule="r", address="vanthu@tinh.gov.vn", destination="local")


def to(address: str, fate: Fate | None = None, **more: Any) -> NewRecipient:
    return NewRecipient(address=address, destination="mx:so.vn", fate=fate, **more)


def judged(*people: NewRecipient, **more: Any) -> NewMessage:
    return message(*people, **{"judged": JUDGED, **more})


def finish(database: Database, ruling: Ruling) -> bool:
    with database.write() as connection:
        (waiting,) = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW + MINUTE, limit=1)
        return queue.finish_inspection(
            connection, waiting, worker="w", now=NOW, facts={}, local_prefix=b"", reason="read", ruling=ruling
        )


def states(database: Database) -> dict[str, tuple[str, str | None]]:
    return {address: (row.state, row.held_for) for address, row in recipients(database).items()}


def told(database: Database, kind: str) -> list[dict[str, Any]]:
    with database.read() as connection:
        event = queue.event_table
        rows = connection.execute(select(event.c.facts).where(event.c.kind == kind).order_by(event.c.id))
        return [json.loads(row.facts) for row in rows]


# --------------------------------------------------------------------------- at the dot


def test_each_recipient_has_its_own_fate_and_the_others_go(database: Database) -> None:
    put(database, judged(to("frei@so.vn"), to("giu@so.vn", HELD), to("khong@so.vn", REFUSED), to("hong@so.vn", FAULT)))
    assert states(database) == {
        "frei@so.vn": ("queued", None),
        "giu@so.vn": ("held", "word"),
        "khong@so.vn": ("refused", None),
        "hong@so.vn": ("held", "fault"),
    }
    assert [one.address for one in take(database, now=SOON)] == ["frei@so.vn"]
    rows = recipients(database)
    assert (rows["giu@so.vn"].held_about, rows["giu@so.vn"].rule) == ("7", "r")
    assert rows["khong@so.vn"].finished_at == NOW
    assert events(database) == [
        ("received", None),
        ("judged", None),
        ("refused", "khong@so.vn"),
        ("held", "hong@so.vn"),
        ("asked", None),
    ]


def test_a_tagged_copy_carries_its_folder_to_the_worker(database: Database) -> None:
    put(database, judged(to("b@so.vn", Fate(rule="r", folder="Nghi giả mạo")), to("c@so.vn")))
    assert {one.address: one.folder for one in take(database)} == {"b@so.vn": "Nghi giả mạo", "c@so.vn": ""}


def test_a_message_that_nobody_gets_is_done_at_once(database: Database) -> None:
    put(database, judged(to("b@so.vn", REFUSED)))
    assert only_message(database).done_at == NOW


def test_a_message_that_waits_for_a_word_is_not_done(database: Database) -> None:
    put(database, judged(to("b@so.vn", HELD), to("c@so.vn", REFUSED)))
    assert only_message(database).done_at is None


def test_a_desk_gets_one_copy_however_many_it_replaces(database: Database) -> None:
    put(database, judged(to("b@tinh.gov.vn", DESK), to("c@tinh.gov.vn", DESK)))
    (claimed,) = take(database)
    assert (claimed.address, claimed.destination) == ("vanthu@tinh.gov.vn", "local")
    assert claimed.original == "rfc822;b@tinh.gov.vn"
    assert states(database)["c@tinh.gov.vn"] == ("redirected", None)


def test_a_desk_that_was_written_to_anyway_gets_no_second_copy(database: Database) -> None:
    put(database, judged(to("vanthu@tinh.gov.vn"), to("b@tinh.gov.vn", DESK)))
    assert [one.address for one in take(database)] == ["vanthu@tinh.gov.vn"]
    assert states(database)["b@tinh.gov.vn"] == ("redirected", None)


def test_what_a_rule_refused_is_the_same_message_when_it_comes_again(database: Database) -> None:
    put(database, judged(to("b@so.vn", REFUSED), fingerprint=b"f"))
    (answer,) = put(database, judged(to("b@so.vn", REFUSED), fingerprint=b"f"))
    assert answer.repeated
    assert len(recipients(database)) == 1


def test_who_waits_for_a_moderator_as_well_waits_for_the_word_after_that(database: Database) -> None:
    put(database, judged(to("b@so.vn", HELD, held_about=(12, 34))))
    row = recipients(database)["b@so.vn"]
    assert (row.held_for, row.held_about) == (HeldFor.MODERATION, "12,34,w7")
    assert fates.groups_of(row.held_about) == ["12", "34"]
    assert fates.owner_of(row.held_about) == 7
    with database.read() as connection:
        table = queue.recipient_table
        waiting = connection.scalars(select(table.c.address).where(fates.waits_for(7))).all()
        assert waiting == ["b@so.vn"]
        assert connection.scalars(select(table.c.address).where(fates.waits_for(4))).all() == []


# --------------------------------------------------------------------------- after a late inspection


def test_fates_come_with_the_end_of_the_inspection_and_the_rest_is_let_go(database: Database) -> None:
    put(database, message("frei@so.vn", "giu@so.vn", "khong@so.vn", inspecting=SCAN))
    assert finish(database, Ruling(fates={"giu@so.vn": HELD, "khong@so.vn": REFUSED}, judged=JUDGED))
    assert states(database) == {
        "frei@so.vn": ("queued", None),
        "giu@so.vn": ("held", "word"),
        "khong@so.vn": ("refused", None),
    }
    with database.read() as connection:
        assert connection.execute(select(pending_word_table.c.owner_id)).scalars().all() == [7]
    assert told(database, "judged") == [JUDGED]
    assert told(database, "released") == [{"for": "inspection", "reason": "read"}]


def test_whom_a_person_holds_is_judged_and_who_was_dropped_stays_so(database: Database) -> None:
    put(database, message("giu@so.vn", "khong@so.vn", "bo@so.vn", inspecting=SCAN))
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="giu@so.vn"), reason="chờ")
        acts.hold(connection, ROOT, Selection(to="khong@so.vn"), reason="chờ")
        acts.drop(connection, ROOT, Selection(to="bo@so.vn"), reason="nhầm")
    everyone = dict.fromkeys(("khong@so.vn", "bo@so.vn"), REFUSED)
    assert finish(database, Ruling(fates=everyone, judged=JUDGED))
    assert states(database) == {
        "giu@so.vn": ("held", "person"),
        "khong@so.vn": ("refused", None),
        "bo@so.vn": ("withdrawn", "inspection"),
    }


def test_a_secret_is_destroyed_for_everybody_even_while_it_is_being_delivered(database: Database) -> None:
    copy = NewRecipient(address="vanthu@tinh.gov.vn", destination="local")
    put(database, message("tha@so.vn", "dang@so.vn", "giu@so.vn", copy, inspecting=SCAN))
    rows = recipients(database)
    with database.write() as connection:  # nobody can let them go unread: as an older version may have left them
        values = {"state": "queued", "held_for": None, "due_at": NOW}
        fates.change_recipients(connection, [rows[one].id for one in ("tha@so.vn", "dang@so.vn")], values)
        acts.hold(connection, ROOT, Selection(to="giu@so.vn"), reason="chờ")
    (claimed, *_) = take(database, limit=1)
    assert finish(database, Ruling(destroyed={"level": "MẬT"}))
    assert {state for state, _ in states(database).values()} == {"destroyed"}
    assert only_message(database).done_at == NOW
    assert recipients(database)[claimed.address].lease is None  # a delivery under way: what comes of it is not written
    with database.read() as connection:
        assert recipients(database)[claimed.address].lease is None
        assert not queue.is_due(connection, now=SOON)
    assert told(database, "destroyed") == [{"level": "MẬT", "recipients": 4}]


def test_a_fault_holds_everybody_who_waits(database: Database) -> None:
    put(database, message("b@so.vn", "c@so.vn", inspecting=SCAN))
    assert finish(database, Ruling(fault="hong"))
    assert set(states(database).values()) == {("held", "fault")}
    assert told(database, "held")[-1] == {"for": "fault", "rule": "hong"}
    with database.write() as connection:
        assert acts.release(connection, ROOT, Selection(state="held"), reason="đã sửa quy tắc") == 2
