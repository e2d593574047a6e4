"""Mail goes before what is remembered of it: a record that cannot be written loses no message and no letter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.errors import MailhubError
from mailhub.intake.committer import Committer, Write
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Spool
from tests.queue.parts import message, recipients
from tests.support.hub import wait_until


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool", "smtp-0")
    made.prepare()
    return made


@pytest.fixture
def committer(sqlite_database: Database, spool: Spool) -> Iterator[Committer]:
    made = Committer(sqlite_database, spool, lambda: None)
    made.start()
    yield made
    made.stop()


def letter(connection: Connection) -> None:
    tell(connection, LetterKind.POLICY_WARNED, "a@tinh.gov.vn", {}, about="x")


def fails(error: Exception) -> Write:
    def write(connection: Connection) -> None:
        raise error

    return write


def letters(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM letter").scalar_one())


@pytest.mark.parametrize("error", [ValueError("hỏng"), MailhubError("hỏng")])
def test_a_record_that_fails_is_left_out_and_the_letter_goes(
    sqlite_database: Database, spool: Spool, committer: Committer, error: Exception
) -> None:
    body = spool.stage()
    body.write(b"Subject: x\r\n\r\nx\r\n")
    asyncio.run(committer.commit(message("b@so.vn", body=body, also=(letter,), records=(fails(error),))))
    assert set(recipients(sqlite_database)) == {"b@so.vn"}
    assert letters(sqlite_database) == 1


def test_a_letter_that_cannot_be_entered_takes_nothing(
    sqlite_database: Database, spool: Spool, committer: Committer
) -> None:
    body = spool.stage()
    body.write(b"Subject: x\r\n\r\nx\r\n")
    with pytest.raises(StoreUnavailable):
        asyncio.run(committer.commit(message("b@so.vn", body=body, also=(fails(ValueError("hỏng")),))))
    assert not recipients(sqlite_database)


def test_what_belongs_to_no_message_is_written_soon_and_one_fault_costs_one(
    sqlite_database: Database, committer: Committer
) -> None:
    committer.enter(fails(ValueError("hỏng")))
    committer.enter(letter)
    wait_until(lambda: letters(sqlite_database), "the letter")
