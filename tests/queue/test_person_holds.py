"""What a person holds, lets go or drops while a message is being read: nothing of it goes on unjudged, and what the
rules said meanwhile comes into force when the person lets it go."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, func, select

from mailhub.accounts.errors import ReasonMissing
from mailhub.accounts.rights import console
from mailhub.mail.reply_word import WordKind
from mailhub.queue import acts, words
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.errors import NotInQueue
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, Moderating, NewRecipient
from mailhub.queue.tables import pending_word_table
from mailhub.store.database import Database
from tests.queue.parts import MINUTE, NOW, message, only_message, put, recipients, take
from tests.support.accounts import make_account, make_province

pytestmark = pytest.mark.unit
ROOT = console("test")
SOON = 9_000_000_000_000
SCAN = Inspecting(until=NOW + 10 * MINUTE, what=("quet.pdf: scanned pages",))
REFUSED = Fate(state=RecipientState.REFUSED, rule="r")
TO, EVERYBODY = "b@so.vn", Selection(to="b@so.vn")


@pytest.fixture
def owner(database: Database) -> int:
    make_province(database)
    return make_account(database, "an@tinh.gov.vn", agency="snv", password=None)


def asked(owner: int) -> Fate:
    asking = Asking(owner_id=owner, owner="an@tinh.gov.vn", rule="r", until=NOW + MINUTE, reason_needed=False, facts={})
    return Fate(state=RecipientState.HELD, rule="r", asking=asking)


def put_unread(database: Database, *, hold: bool = True) -> None:
    put(database, message(TO, inspecting=SCAN, account_id=None, sender="an@tinh.gov.vn"))
    if hold:
        with database.write() as connection:
            assert acts.hold(connection, ROOT, EVERYBODY, reason="kiểm tra") == 1


def finish(database: Database, ruling: Ruling) -> None:
    with database.write() as connection:
        (waiting,) = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW + MINUTE, limit=1)
        queue.finish_inspection(
            connection, waiting, worker="w", now=NOW, facts={}, local_prefix=b"", reason="read", ruling=ruling
        )


def release(database: Database, reason: str = "") -> int:
    with database.write() as connection:
        return acts.release(connection, ROOT, EVERYBODY, reason=reason)


def where(database: Database) -> tuple[str, str | None, str]:
    row = recipients(database)[TO]
    return row.state, row.held_for, row.held_about


def pending_words(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(pending_word_table)) or 0


def test_nobody_lets_go_what_is_still_being_read(database: Database) -> None:
    put_unread(database, hold=False)
    with pytest.raises(NotInQueue, match="is still being read, and goes on by itself"):
        release(database, "gấp")
    assert take(database, now=SOON) == []
    finish(database, Ruling(fates={TO: REFUSED}))
    assert where(database)[0] == "refused"


def test_held_and_let_go_while_it_is_being_read_it_waits_for_the_reading(database: Database) -> None:
    put_unread(database)
    assert release(database) == 1
    assert where(database) == ("held", "inspection", "")
    assert take(database, now=SOON) == []
    finish(database, Ruling())
    assert [one.address for one in take(database, now=SOON)] == [TO]


def test_one_release_takes_what_was_read_and_leaves_the_rest_to_the_reading(database: Database) -> None:
    unread, read = (message(TO, inspecting=one) for one in (SCAN, None))
    put(database, unread, read)
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(codes=(read.code,)), reason="kiểm tra")
    assert release(database) == 1
    assert [one.message.code for one in take(database, now=SOON)] == [read.code]


def test_a_late_refusal_ends_what_a_person_holds(database: Database) -> None:
    put_unread(database)
    finish(database, Ruling(fates={TO: REFUSED}))
    assert where(database) == ("refused", None, "")
    with pytest.raises(NotInQueue):
        release(database, "gấp")


def test_a_fault_while_a_person_holds_it_needs_a_reason_to_let_it_go(database: Database) -> None:
    put_unread(database)
    finish(database, Ruling(fault="hong"))
    with pytest.raises(ReasonMissing):
        release(database)


def test_a_word_that_is_needed_is_waited_for_after_the_person(database: Database, owner: int) -> None:
    put_unread(database)
    finish(database, Ruling(fates={TO: asked(owner)}))
    assert where(database) == ("held", "person", f",w{owner}")
    assert release(database) == 1
    assert where(database) == ("held", "word", str(owner))
    with database.read() as connection:
        assert pending_words(connection) == 1
    assert take(database, now=SOON) == []
    with pytest.raises(ReasonMissing):
        release(database)
    assert release(database, "đã hỏi trực tiếp") == 1
    assert where(database) == ("queued", None, "")
    with database.read() as connection:
        assert pending_words(connection) == 0


@pytest.mark.parametrize("late", [False, True])
def test_a_word_given_or_lapsed_while_a_person_holds_it(database: Database, owner: int, late: bool) -> None:
    put_unread(database)
    finish(database, Ruling(fates={TO: asked(owner)}))
    code = only_message(database).code
    with database.write() as connection:
        if late:
            assert words.lapse(connection, at=NOW + 2 * MINUTE) == 1
        else:
            words.give(connection, ROOT, code, WordKind.SEND, reason="được", at=NOW)
    assert where(database) == (("expired", None, "") if late else ("held", "person", ""))
    if not late:
        release(database)
        assert where(database)[0] == "queued"


def test_letting_go_past_a_moderator_stands_for_the_word_too_and_needs_a_reason(database: Database, owner: int) -> None:
    moderating = Moderating(group_id=12, group="nhom@tinh.gov.vn", until=NOW + MINUTE, tell=())
    person = NewRecipient(address=TO, destination="mx:so.vn", fate=asked(owner), held_about=(12,))
    put(database, message(person, moderating=(moderating,), judged={"rules": []}))
    assert where(database) == ("held", "moderation", f"12,w{owner}")
    with pytest.raises(ReasonMissing):
        release(database)
    release(database, "đã hỏi cả hai")
    assert where(database) == ("queued", None, "")
    with database.read() as connection:
        assert pending_words(connection) == 0
