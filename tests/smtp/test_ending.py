"""Sessions of closed accounts are told to go, at whatever point they are; nothing of them is taken after that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from sqlalchemy import update

from mailhub.accounts import service
from mailhub.accounts.life.processes import seen_processes
from mailhub.accounts.models import Mailbox
from mailhub.smtp.door import Client, Reply, Transaction
from mailhub.smtp.ending import SessionWatch
from mailhub.smtp.hub import Hub
from mailhub.smtp.server import SMTPServer
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.smtpdialogue import RawClient, RecordingDoor, Served, serving, until

GONE = Reply(421, "4.7.0", "Tai khoan vua bi tam khoa")
HEAD = b"Subject: x\r\n\r\n"
AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"


def only(served: Served) -> SMTPServer:
    (session,) = served.listener.sessions
    return session


async def taken_to(served: Served, until_: str) -> RawClient:
    client = await served.client()
    if until_ == "idle":
        await client.hello()
    elif until_ == "MAIL":
        await client.hello()
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 250
    else:
        await client.begin()
    if until_ == "half":
        assert (await client.ask("DATA")).code == 354
        await client.send(HEAD + b"half")
    if until_ == "chunk":
        await client.send(b"BDAT 20\r\n" + b"x" * 20)
        assert (await client.heard()).code == 250
    if until_ == "in a chunk":
        await client.send(b"BDAT 20000\r\n" + b"x" * 20)
    return client


@pytest.mark.parametrize("point", ["idle", "MAIL", "RCPT", "half", "chunk", "in a chunk"])
async def test_a_dismissed_session_hears_so_and_is_over(point: str) -> None:
    async with serving() as served:
        client = await taken_to(served, point)
        await asyncio.sleep(0)
        only(served).dismiss(GONE)
        assert [(one.code, one.text) for one in await client.until_closed()] == [
            (421, "4.7.0 Tai khoan vua bi tam khoa")
        ]
        assert not served.door.messages
        await until(lambda: not served.listener.sessions)


async def test_a_message_whose_dot_is_there_already_is_not_taken() -> None:
    """The client has sent everything, and the server has not looked at it."""
    async with serving() as served:
        client = await taken_to(served, "half")
        session = only(served)
        session.data_received(b"\r\n.\r\nMAIL FROM:<a@b.vn>\r\n")
        session.dismiss(GONE)
        assert {one.code for one in await client.until_closed()} == {421}
        assert not served.door.messages


async def test_one_that_floods_commands_hears_it_too() -> None:
    async with serving() as served:
        client = await taken_to(served, "idle")

        async def flood() -> None:
            with contextlib.suppress(OSError):
                while True:
                    await client.send(b"NOOP\r\n" * 50)

        flooding = asyncio.create_task(flood())
        session = only(served)
        session.dismiss(GONE)
        await until(lambda: not served.listener.sessions)
        flooding.cancel()


async def test_a_commit_under_way_ends_first_and_is_answered() -> None:
    door = RecordingDoor()
    async with serving(door) as served:
        client = await taken_to(served, "half")
        door.may_finish.clear()
        await client.send(b"\r\n.\r\n")
        await door.finishing.wait()
        only(served).dismiss(GONE)
        door.may_finish.set()
        assert [one.code for one in await client.until_closed()] == [250, 421]
        assert len(door.messages) == 1


# ------------------------------------------------------------------- the watch


class FakeHub:
    """Refuses with a code, as the real one does."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, bool]] = []

    def refuse(self, kind: str, _: Client, tx: Transaction | None = None) -> Reply:
        self.refused.append((kind, tx is not None))
        return GONE

    refuse_message = refuse


@contextlib.asynccontextmanager
async def watching(database: Database, served: Served, hub: FakeHub | None = None) -> AsyncIterator[SessionWatch]:
    one = SessionWatch("node/smtp-0", cast(Hub, hub or FakeHub()), database, lambda: list(served.listener.sessions))
    yield one
    one.close()


def seen(database: Database) -> Any:
    with database.read() as connection:
        (row,) = seen_processes(connection)
    return row


def act(database: Database, name: str, address: str) -> None:
    with database.write() as connection:
        getattr(service, name)(connection, ROOT, address, reason="thử")


@pytest.fixture
def numbers(database: Database) -> dict[str, int]:
    make_province(database)
    return {address: make_account(database, address, password=None) for address in (AN, BINH)}


async def sessions_of(served: Served, *accounts: int) -> list[tuple[RawClient, SMTPServer]]:
    found = []
    for account in accounts:
        before = served.listener.sessions
        client = await taken_to(served, "RCPT")
        (session,) = served.listener.sessions - before
        session.client.account = account
        found.append((client, session))
    return found


@pytest.mark.parametrize("how", ["suspend_account", "end_account", "login", "send", "leave"])
async def test_only_the_sessions_of_the_closed_account_end_and_the_row_says_so(
    database: Database,
    numbers: dict[str, int],
    how: str,
) -> None:
    hub = FakeHub()
    async with serving() as served, watching(database, served, hub) as one:
        one.register()
        (mine, _), (_, other), (_, stranger) = await sessions_of(served, numbers[AN], numbers[BINH], 0)
        stranger.client.account = None
        before = seen(database).version
        if how.endswith("_account"):
            act(database, how, AN)
        else:
            values: dict[str, Any] = {"login": {"may_login": False}, "send": {"may_send": False}}
            with database.write() as connection:
                closed = values.get(how, {"login_closed": "leave"})
                connection.execute(update(Mailbox).where(Mailbox.id == numbers[AN]).values(**closed))
            act_on_other(database)
        await one.look()
        assert [heard.code for heard in await mine.until_closed()] == [421]
        assert not other.dismissed
        assert not stranger.dismissed
        assert hub.refused == [("account-closed", True)]
        await one.look()
        assert len(hub.refused) == 1
        if how.endswith("_account"):
            assert seen(database).version > before


def act_on_other(database: Database) -> None:
    """Any act: the version moves on."""
    with database.write() as connection:
        service.add_alias(connection, ROOT, "khac@tinh.gov.vn", BINH)


async def test_the_row_is_not_written_at_each_act_while_nobody_waits_for_it(
    database: Database,
    numbers: dict[str, int],
) -> None:
    async with serving() as served, watching(database, served) as one:
        one.register()
        before = seen(database)
        act_on_other(database)
        await one.look()
        assert seen(database) == before
        act(database, "suspend_account", AN)  # somebody waits now
        await one.look()
        assert seen(database).version > before.version
        assert numbers


async def test_a_database_that_is_away_ends_no_watch(
    database: Database,
    numbers: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as served, watching(database, served) as one:
        one.register()
        ((client, _),) = await sessions_of(served, numbers[AN])
        away = True
        read = one._version.read

        def faulty() -> int:
            if away:
                raise StoreUnavailable("away")
            return read()

        monkeypatch.setattr(one._version, "read", faulty)
        running = asyncio.create_task(one.run())
        act(database, "suspend_account", AN)
        await asyncio.sleep(0.3)
        assert not running.done()
        away = False
        assert [heard.code for heard in await client.until_closed()] == [421]
        running.cancel()


async def test_who_leaves_takes_the_row_along(database: Database, numbers: dict[str, int]) -> None:
    async with serving() as served, watching(database, served) as one:
        one.register()
        assert seen(database).name == "node/smtp-0"
        one.leave()
        with database.read() as connection:
            assert not seen_processes(connection)
        assert numbers
