"""Held mail is read and goes on by itself, whatever its files do to their readers and to us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from mailhub.accounts.rights import console
from mailhub.clock import MINUTE, now_ms
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.late import LateInspector
from mailhub.intake.ruling import NO_RULING, LateRuling, NotYet
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.inspections import Waiting
from mailhub.queue.records import Inspecting, NewMessage, StoredMessage
from mailhub.sandbox.pool import Inspector
from mailhub.settings import Settings
from mailhub.settings.sections import Hub, InspectorSection
from mailhub.store.database import Database
from mailhub.store.spool import Spool
from tests.queue.parts import events, message
from tests.support.databases import sqlite_database  # noqa: F401
from tests.support.inspector import obedient_pool

SETTINGS = Settings(
    directory=Path("/nowhere"),
    hub=Hub(hostname="mx.tinh.gov.vn", domain="tinh.gov.vn"),
    inspector=InspectorSection(slow_file_seconds=1),
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Inspector]:
    with obedient_pool() as inspector:
        yield inspector


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool", "smtp-0", small_kib=64, segment_mib=1)
    spool.prepare()
    return spool


@pytest.fixture
def late(sqlite_database: Database, spool: Spool, pool: Inspector) -> LateInspector:  # noqa: F811
    inspector = MailInspector(sqlite_database, pool, lambda: None)
    return LateInspector("w", lambda: SETTINGS, sqlite_database, spool, inspector, after=lambda: None)


def held(database: Database, spool: Spool, *words: str, minutes: int = 10) -> NewMessage:
    """A message that waits for its files, which tell the obedient reader what to do."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "nva@tinh.gov.vn"
    mail.set_content("Xin gửi.\n")
    for word in words:
        mail.add_attachment(word.encode(), maintype="application", subtype="octet-stream", filename="a.txt")
    body = spool.stage()
    body.write(mail.as_bytes())
    body.sync()
    found = message(
        "b@so.vn",
        body=body,
        received_at=now_ms(),
        inspecting=Inspecting(until=now_ms() + minutes * MINUTE, what=("a.txt",)),
    )
    places = spool.commit([body])
    with database.write() as connection:
        queue.enqueue(connection, [found], places)
    return found


async def work(late: LateInspector, until: Callable[[], bool]) -> None:
    """Let the inspector run until something holds."""
    running = asyncio.create_task(late.run())
    async with asyncio.timeout(20):
        while not until():  # noqa: ASYNC110 - it is rows that change
            await asyncio.sleep(0.02)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def nothing_waits(database: Database) -> Callable[[], bool]:
    def ask() -> bool:
        with database.read() as connection:
            return connection.execute(select(queue.pending_inspection_table)).first() is None

    return ask


async def test_pages_that_nobody_can_read_are_tried_once(
    late: LateInspector,
    sqlite_database: Database,  # noqa: F811
    spool: Spool,
) -> None:
    held(sqlite_database, spool, "scan", "sleep 5", "crash")
    await work(late, nothing_waits(sqlite_database))
    assert [kind for kind, _ in events(sqlite_database)] == ["received", "held", "inspected", "released"]


async def test_what_ended_its_reader_time_and_again_goes_on_unread_at_its_latest_time(
    late: LateInspector,
    sqlite_database: Database,  # noqa: F811
    spool: Spool,
) -> None:
    held(sqlite_database, spool, "say x", minutes=-1)
    with sqlite_database.write() as connection:
        connection.execute(update(queue.pending_inspection_table).values(attempts=3, lease="w"))
    await work(late, nothing_waits(sqlite_database))
    assert [kind for kind, _ in events(sqlite_database)] == ["received", "held", "released"]


async def test_what_a_person_dropped_is_not_waited_for_though_its_body_is_gone(
    late: LateInspector,
    sqlite_database: Database,  # noqa: F811
    spool: Spool,
    tmp_path: Path,
) -> None:
    given = held(sqlite_database, spool, "say x")
    with sqlite_database.write() as connection:
        acts.drop(connection, console("test"), Selection(codes=(given.code,)), reason="gửi nhầm")
    for path in (tmp_path / "spool" / "segments").iterdir():
        path.unlink()
    await work(late, nothing_waits(sqlite_database))
    assert [kind for kind, _ in events(sqlite_database)] == ["received", "held", "withdrawn"]


async def test_a_message_that_cannot_be_let_go_stops_no_other(
    late: LateInspector,
    sqlite_database: Database,  # noqa: F811
    spool: Spool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While every reader is busy, what is late is let go by itself: a fault in one must not end the process."""
    poison, other = (held(sqlite_database, spool, "sleep 5", minutes=0) for _ in range(2))
    write = late._write

    def trip(waiting: Waiting, *more: Any) -> None:
        if waiting.message.id == poison.id:
            raise ZeroDivisionError
        write(waiting, *more)

    monkeypatch.setattr(late, "_write", trip)
    await late._let_go()
    with sqlite_database.read() as connection:
        left = connection.scalars(select(queue.pending_inspection_table.c.message_id)).all()
    assert left == [poison.id]
    assert other.id not in left


async def test_what_cannot_be_done_yet_is_put_off_and_its_lease_given_back(
    late: LateInspector,
    sqlite_database: Database,  # noqa: F811
    spool: Spool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Away:
        asked = 0

        async def judge(self, _message: StoredMessage, _inspection: Inspection | None) -> LateRuling:
            self.asked += 1
            if self.asked < 3:
                raise NotYet("signer unavailable")
            return NO_RULING

    monkeypatch.setattr("mailhub.intake.late.AGAIN", 1)
    monkeypatch.setattr(late, "_rules", Away())
    held(sqlite_database, spool, "say x")
    await work(late, nothing_waits(sqlite_database))
    assert [kind for kind, _ in events(sqlite_database)] == ["received", "held", "inspected", "released"]
    assert late._rules.asked == 3  # type: ignore[attr-defined]
