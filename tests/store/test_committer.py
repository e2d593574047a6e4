"""Group commit: one answer a message, and no message in another one's way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.delivery import housekeeping
from mailhub.ids import new_code
from mailhub.intake import committer as committer_module
from mailhub.intake.committer import Committer
from mailhub.queue import service as queue
from mailhub.queue.models import EventKind
from mailhub.queue.records import NewEvent, NewMessage
from mailhub.settings import Settings, load
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Location, Spool
from tests.queue.parts import NOW, message, outcome
from tests.registry.parts import sighting

pytestmark = pytest.mark.unit


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool", "smtp-0", small_kib=1, segment_mib=0)
    spool.prepare()
    return spool


@pytest.fixture
def committer(sqlite_database: Database, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Committer]:
    monkeypatch.setattr(committer_module, "RETRY_SECONDS", 0.01)
    one = Committer(sqlite_database, spool, lambda: None)
    one.start()
    yield one
    one.stop()


def _message(spool: Spool, content: bytes, **changes: Any) -> NewMessage:
    body = spool.stage()
    body.write(content)
    body.sync()
    return message("b@so.vn", body=body, **changes)


def _stored(database: Database, spool: Spool) -> dict[str, bytes]:
    with database.read() as connection:
        rows = connection.execute(select(queue.message_table)).all()
    return {
        row.code: b"".join(spool.read(Location(row.spool_file, row.spool_offset, row.spool_length))) for row in rows
    }


async def test_many_at_once_are_each_answered(committer: Committer, spool: Spool, sqlite_database: Database) -> None:
    given = [_message(spool, b"%d," % n * (n * 20)) for n in range(60)]
    answers = await asyncio.gather(*(committer.commit(one) for one in given))
    assert [answer.code for answer in answers] == [one.code for one in given]
    stored = _stored(sqlite_database, spool)
    assert [stored[one.code] for one in given] == [b"%d," % n * (n * 20) for n in range(60)]


async def test_mail_is_taken_although_what_it_brings_cannot_be_recorded(
    committer: Committer, spool: Spool, sqlite_database: Database
) -> None:
    wrong = sighting("x", names=("a",), sha256=None)
    answer = await committer.commit(given := _message(spool, b"mail", sightings=(wrong,)))
    assert answer.code == given.code
    assert _stored(sqlite_database, spool) == {given.code: b"mail"}


async def test_a_message_that_the_database_refuses_does_not_take_the_others_with_it(
    committer: Committer,
    spool: Spool,
    sqlite_database: Database,
) -> None:
    first = _message(spool, b"first")
    await committer.commit(first)
    # Held back together, so that they are one batch; the second has a row number that is taken.
    contents = [b"small", b"taken", b"L" * 5000]
    batch = [_message(spool, content, **({"id": first.id} if content == b"taken" else {})) for content in contents]
    with sqlite_database._turn.taken():
        committer.note(_event())
        answers = asyncio.gather(*(committer.commit(one) for one in batch), return_exceptions=True)
        await asyncio.sleep(0.05)
    results = await answers
    assert isinstance(results[1], StoreUnavailable)
    stored = _stored(sqlite_database, spool)
    assert stored == {first.code: b"first", batch[0].code: b"small", batch[2].code: b"L" * 5000}


def _event() -> NewEvent:
    return NewEvent(at=NOW, message_id=None, code=new_code(), recipient=None, kind=EventKind.REFUSED, facts={})


async def test_refusals_are_written_down_once_the_database_is_back(
    committer: Committer,
    spool: Spool,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = sqlite_database.write, 0

    def away() -> Any:
        nonlocal asked
        asked += 1
        raise StoreUnavailable("database: locked")

    monkeypatch.setattr(sqlite_database, "write", away)
    event = _event()
    committer.note(event)
    with pytest.raises(StoreUnavailable):
        await committer.commit(_message(spool, b"x"))
    monkeypatch.setattr(sqlite_database, "write", real)

    def codes() -> list[str]:
        with sqlite_database.read() as connection:
            return list(connection.scalars(select(queue.event_table.c.code)))

    async with asyncio.timeout(10):
        while codes() != [event.code]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_body_that_is_gone_by_the_time_of_its_rows_is_no_250(
    committer: Committer,
    spool: Spool,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The machine slept between the two, and housekeeping took the body for a leftover."""
    real = spool.commit

    def and_then_gone(bodies: Any) -> list[Location]:
        locations = real(bodies)
        for location in locations:
            spool.remove(location.file)
        return locations

    monkeypatch.setattr(spool, "commit", and_then_gone)
    with pytest.raises(StoreUnavailable):
        await committer.commit(_message(spool, b"x"))
    assert _stored(sqlite_database, spool) == {}


async def test_clearing_takes_what_nobody_needs_and_nothing_else(
    committer: Committer,
    spool: Spool,
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "mailhub.toml").write_text('[hub]\ndomain = "tinh.gov.vn"\nhostname = "h.tinh.gov.vn"\n')
    settings: Settings = load(tmp_path / "mailhub.toml")
    done, waits, large = (_message(spool, content) for content in (b"done", b"waits", b"L" * 5000))
    for one in (done, waits, large):
        await committer.commit(one)
    orphan = spool.commit([_message(spool, b"o" * 5000).body])[0]
    await committer.commit(_message(spool, b"newest"))
    with sqlite_database.write() as connection:
        claimed = queue.claim(connection, worker="w", now=NOW, limit=9, lease_until=NOW)
        gone = [outcome(c) for c in claimed if c.message.code in (done.code, large.code)]
        queue.settle(connection, gone, worker="w", now=1, signed={})
    assert housekeeping.clear_spool(settings, sqlite_database, spool) == 0  # too young
    monkeypatch.setattr(housekeeping, "GRACE_SECONDS", -1.0)
    assert housekeeping.clear_spool(settings, sqlite_database, spool) == 3
    assert not (spool.directory / orphan.file).exists()
    with sqlite_database.read() as connection:
        left = queue.claim(connection, worker="w", now=NOW, limit=9, lease_until=NOW)
    assert sorted(b"".join(spool.read(c.message.location)) for c in left) == [b"newest", b"waits"]
