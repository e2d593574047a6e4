"""Mail of an account that was closed is held, cannot be let go by anybody, and goes on when the account is restored."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sqlalchemy import update

from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.rights import console
from mailhub.ids import new_id
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.closing import hold_closed, hold_mail_of, release_mail_of, standing_of
from mailhub.queue.models import Door, EventKind, HeldFor, RecipientState
from mailhub.queue.records import Inspecting
from mailhub.queue.senders import closed_accounts
from mailhub.store.database import Database
from tests.queue.parts import NOW, events, message, outcome, put, recipients, settle, take
from tests.support.accounts import make_account, make_province

ROOT = console("test")
AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"


@pytest.fixture
def accounts(database: Database) -> dict[str, int]:
    make_province(database)
    return {address: make_account(database, address, password=None) for address in (AN, BINH)}


def state(database: Database, account: int, value: MailboxState = MailboxState.SUSPENDED, **more: Any) -> None:
    with database.write() as connection:
        connection.execute(update(Mailbox).where(Mailbox.id == account).values(state=value, **more))


def hold(database: Database, account: int) -> int:
    with database.write() as connection:
        return hold_mail_of(connection, account, now=NOW)


def release(database: Database, account: int) -> int:
    with database.write() as connection:
        return release_mail_of(connection, account, now=NOW)


def held(database: Database) -> dict[str, str | None]:
    return {address: row.held_for for address, row in recipients(database).items() if row.state == "held"}


def test_who_may_not_send_is_who_the_doors_refuse(database: Database, accounts: dict[str, int]) -> None:
    number = accounts[AN]
    for value, may_send, login_closed in product(MailboxState, (True, False), ("", "leave")):
        state(database, number, value, may_send=may_send, login_closed=login_closed)
        with database.read() as connection:
            mailbox = load_mailbox(connection, number)
            assert mailbox is not None
            assert (number in closed_accounts(connection, {number})) is not mailbox.sends


def test_nothing_of_a_closed_account_is_committed(database: Database, accounts: dict[str, int]) -> None:
    state(database, accounts[AN])
    mine, other = message("a@so.vn", account_id=accounts[AN]), message("b@so.vn", account_id=accounts[BINH])
    first, second = put(database, mine, other)
    assert (first.closed, first.code) == (True, "")
    assert (second.closed, second.code) == (False, other.code)
    assert set(recipients(database)) == {"b@so.vn"}
    assert EventKind.RECEIVED in {kind for kind, _ in events(database)}


def test_the_claim_holds_what_slipped_in(database: Database, accounts: dict[str, int]) -> None:
    put(database, message("a@so.vn", account_id=accounts[AN]), message("b@so.vn", account_id=accounts[BINH]))
    state(database, accounts[AN])
    assert [one.address for one in take(database)] == ["b@so.vn"]
    row = recipients(database)["a@so.vn"]
    assert (row.state, row.held_for, row.due_at, row.lease, row.attempts) == ("held", "sender-closed", None, None, 0)
    assert (EventKind.HELD, "a@so.vn") in events(database)
    assert take(database) == []


def test_what_sieve_sent_for_the_account_is_held_as_well_and_what_others_wrote_to_it_is_not(
    database: Database, accounts: dict[str, int]
) -> None:
    put(
        database,
        message("a@so.vn", account_id=None, door=Door.INJECT, sender=AN),
        message(AN, account_id=None, door=Door.MX, sender=AN),  # a stranger may write any envelope sender
        message(AN, account_id=None, door=Door.INTERNAL, sender=""),  # a notice
        message(AN, account_id=accounts[BINH], sender=BINH),
    )
    state(database, accounts[AN])
    assert hold(database, accounts[AN]) == 1
    assert {one.message.door for one in take(database)} == {Door.MX, Door.INTERNAL, Door.SUBMISSION}
    assert held(database) == {"a@so.vn": HeldFor.SENDER_CLOSED}


def test_holding_twice_holds_once_and_restoring_lets_go_exactly_that(
    database: Database, accounts: dict[str, int]
) -> None:
    number = accounts[AN]
    put(database, message("a@so.vn", "b@so.vn", account_id=number), message("c@so.vn", account_id=number))
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="b@so.vn"), reason="thử")
    before = {address: row.state for address, row in recipients(database).items()}
    state(database, number)
    assert (hold(database, number), hold(database, number)) == (2, 0)
    state(database, number, MailboxState.ACTIVE)
    assert release(database, number) == 2
    assert {address: row.state for address, row in recipients(database).items()} == before
    assert held(database) == {"b@so.vn": HeldFor.PERSON}
    assert {one.address for one in take(database)} == {"a@so.vn", "c@so.vn"}


def test_what_a_person_releases_waits_on_while_the_sender_is_closed(
    database: Database, accounts: dict[str, int]
) -> None:
    number = accounts[AN]
    put(database, message("a@so.vn", account_id=number))
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="a@so.vn"), reason="thử")
    state(database, number)
    with database.write() as connection:
        acts.release(connection, ROOT, Selection(to="a@so.vn"))
    assert held(database) == {"a@so.vn": HeldFor.SENDER_CLOSED}
    state(database, number, MailboxState.ACTIVE)
    assert release(database, number) == 1
    assert len(take(database)) == 1


def test_a_person_may_keep_what_the_closing_holds(database: Database, accounts: dict[str, int]) -> None:
    number = accounts[AN]
    put(database, message("a@so.vn", account_id=number))
    state(database, number)
    hold(database, number)
    with database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="a@so.vn"), reason="thử")
    state(database, number, MailboxState.ACTIVE)
    assert release(database, number) == 0
    assert held(database) == {"a@so.vn": HeldFor.PERSON}


def test_what_was_read_meanwhile_waits_on(database: Database, accounts: dict[str, int]) -> None:
    number = accounts[AN]
    put(database, message("a@so.vn", account_id=number, inspecting=Inspecting(until=NOW + 1000, what=("x",))))
    state(database, number)
    assert hold(database, number) == 0
    with database.write() as connection:
        assert standing_of(connection, number).kept == 1
        (waiting,) = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW + 99, limit=5)
        queue.finish_inspection(connection, waiting, worker="w", now=NOW, facts={}, local_prefix=b"", reason="read")
    assert held(database) == {"a@so.vn": HeldFor.SENDER_CLOSED}


def test_a_delivery_under_way_is_told_and_its_retry_is_held(database: Database, accounts: dict[str, int]) -> None:
    number = accounts[AN]
    put(database, message("a@so.vn", account_id=number))
    (claimed,) = take(database)
    state(database, number)
    assert hold(database, number) == 0
    with database.read() as connection:
        standing = standing_of(connection, number)
    assert [(one.recipient, one.lease_until > NOW) for one in standing.under_way] == [("a@so.vn", True)]
    settle(database, outcome(claimed, RecipientState.DEFERRED, due_at=NOW, event=EventKind.DEFERRED))
    assert take(database) == []
    assert held(database) == {"a@so.vn": HeldFor.SENDER_CLOSED}


def test_a_lease_that_runs_out_is_not_taken_up_again(database: Database, accounts: dict[str, int]) -> None:
    put(database, message("a@so.vn", account_id=accounts[AN]))
    take(database, "killed")
    state(database, accounts[AN])
    assert take(database, "next", now=NOW + 3_600_000) == []
    assert recipients(database)["a@so.vn"].state == "held"


def test_letting_go_what_nobody_closed_changes_nothing(database: Database, accounts: dict[str, int]) -> None:
    one = message("a@so.vn", account_id=accounts[AN])
    put(database, one)
    with database.write() as connection:
        assert hold_closed(connection, [one.id], now=NOW) == 0
        assert hold_closed(connection, [], now=NOW) == 0
    assert len(take(database)) == 1


def test_an_account_that_is_not_there_closes_nothing(database: Database) -> None:
    """Rows of before, and of tests: a number that no mailbox has."""
    put(database, message("a@so.vn", account_id=new_id()))
    assert len(take(database)) == 1
