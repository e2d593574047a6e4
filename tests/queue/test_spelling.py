"""People type addresses as they come; outside addresses are kept as they were written."""

from __future__ import annotations

import pytest

from mailhub.accounts.rights import console
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.models import EventKind
from mailhub.queue.records import NewEvent, NewRecipient
from mailhub.queue.timeline import trace_recipient
from mailhub.store.database import Database
from tests.queue.parts import NOW, message, put, recipients

pytestmark = pytest.mark.unit
ROOT = console("test")


def traced(database: Database, address: str, limit: int = 200) -> tuple[set[str], bool]:
    with database.write() as connection:
        found = trace_recipient(connection, ROOT, address, since=NOW, limit=limit)
    return {line.message for line in found.lines}, found.cut


@pytest.mark.parametrize("typed", ["Nguyen.An@So.VN", "nguyen.an@so.vn", "NGUYEN.AN@so.vn"])
def test_an_outside_address_with_capitals_is_found(database: Database, typed: str) -> None:
    given = message("Nguyen.An@so.vn")
    put(database, given, message("other@so.vn"))
    assert traced(database, typed) == ({given.code}, False)
    with database.write() as connection:
        assert [r.code for r in acts.list_waiting(connection, ROOT, Selection(to=typed))] == [given.code]
        assert acts.hold(connection, ROOT, Selection(to=typed), reason="kiểm tra") == 1
    assert recipients(database)["other@so.vn"].state == "queued"
    assert "Nguyen.An@so.vn" in recipients(database)  # as its server will read it


def test_where_an_address_is_written_just_so_no_other_is_meant(database: Database) -> None:
    put(database, message("An@so.vn"), exact := message("AN@so.vn"))
    assert traced(database, "AN@so.vn") == ({exact.code}, False)
    with database.read() as connection:
        rows = acts.list_waiting(connection, ROOT, Selection(to="AN@so.vn"))
    assert [row.address for row in rows] == ["AN@so.vn"]


def test_the_address_a_client_gave_is_found_in_any_case(database: Database) -> None:
    given = message(NewRecipient(address="b@so.vn", destination="mx:so.vn", original="rfc822;To.Chuc@so.vn"))
    put(database, given)
    assert traced(database, "to.chuc@so.vn") == ({given.code}, False)


def test_a_refusal_is_found_in_any_case(database: Database) -> None:
    event = NewEvent(
        at=NOW, message_id=None, code="7K4-QW2-M9", recipient="B@so.vn", kind=EventKind.REFUSED, facts={"kind": "x"}
    )
    with database.write() as connection:
        queue.append_events(connection, [event])
    assert traced(database, "b@so.vn") == ({"7K4-QW2-M9"}, False)


def test_a_cut_list_says_that_it_is_cut(database: Database) -> None:
    given = [message("b@so.vn", received_at=NOW + n) for n in range(3)]
    put(database, *given)
    assert traced(database, "b@so.vn", limit=2) == ({given[1].code, given[2].code}, True)
    assert traced(database, "b@so.vn", limit=3) == ({m.code for m in given}, False)
