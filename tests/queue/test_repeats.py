"""The same message again: once is enough while it is on its way, and not when it came back."""

from __future__ import annotations

import pytest

from mailhub.accounts.rights import console
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.queue.models import EventKind, RecipientState
from mailhub.store.database import Database
from tests.queue.parts import message, outcome, put, settle, take

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("state", "event"),
    [(RecipientState.BOUNCED, EventKind.BOUNCED), (RecipientState.EXPIRED, EventKind.EXPIRED)],
)
def test_what_came_back_is_delivered_when_it_is_sent_again(
    database: Database, state: RecipientState, event: EventKind
) -> None:
    put(database, message("b@so.vn", fingerprint=b"f"))
    [claimed] = take(database)
    settle(database, outcome(claimed, state, None, event))
    again = message("b@so.vn", fingerprint=b"f")
    [answer] = put(database, again)
    assert (answer.code, answer.repeated) == (again.code, False)
    assert [claimed.message.id for claimed in take(database)] == [again.id]
    [third] = put(database, message("b@so.vn", fingerprint=b"f"))
    assert (third.code, third.repeated) == (again.code, True)


def test_what_was_withdrawn_is_delivered_when_it_is_sent_again(database: Database) -> None:
    put(database, message("b@so.vn", fingerprint=b"f"))
    with database.write() as connection:
        acts.drop(connection, console("test"), Selection(to="b@so.vn"), reason="nhầm")
    [answer] = put(database, message("b@so.vn", fingerprint=b"f"))
    assert not answer.repeated
    assert len(take(database)) == 1


def test_what_arrived_is_not_delivered_twice(database: Database) -> None:
    put(database, message("b@so.vn", fingerprint=b"f"))
    [claimed] = take(database)
    settle(database, outcome(claimed))
    [answer] = put(database, message("b@so.vn", fingerprint=b"f"))
    assert answer.repeated
