"""The worker's turns: results, notices and leases in one transaction, and nothing that trips it stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.directory import Directory
from mailhub.accounts.rights import console
from mailhub.delivery import notices as notices_module
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.outgoing import Outcome, Outgoing, RecipientResult
from mailhub.delivery.room import FEWEST, IN_FLIGHT, RESERVE, room_for
from mailhub.delivery.signing import Signer
from mailhub.delivery.worker import Worker
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.settings import Settings, load
from mailhub.store.database import Database, open_database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.schema import METADATA
from mailhub.store.spool import Location, Spool
from tests.queue.parts import message, recipients

pytestmark = pytest.mark.unit
BODY = b"Subject: x\r\n\r\nbody\r\n"


class Hop:
    """In the place of the pool: `say` decides, `gate` makes it wait."""

    def __init__(self) -> None:
        self.entered = 0
        self.taken: list[tuple[str, bytes]] = []
        self.say: Callable[[str], tuple[Outcome, int, str]] = lambda _: (Outcome.DELIVERED, 250, "2.0.0")
        self.gate = asyncio.Event()
        self.gate.set()
        self.passes_the_gate = ""

    async def deliver(self, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        self.entered += 1
        if key != self.passes_the_gate:
            await self.gate.wait()
        chunks: Any = outgoing.content.chunks()
        content = b"".join(chunks)
        results = []
        for to in outgoing.recipients:
            outcome, code, enhanced = self.say(to.address)
            self.taken.append((to.address, content))
            results.append(RecipientResult(to.address, outcome, code, enhanced, "said the hop"))
        return results


class Bench:
    """A worker with real parts, but for the network."""

    def __init__(self, directory: Path) -> None:
        (directory / "data").mkdir()
        (directory / "mailhub.toml").write_text('[hub]\ndomain = "tinh.gov.vn"\nhostname = "hub.tinh.gov.vn"\n')
        self.settings: Settings = load(directory / "mailhub.toml")
        self.database: Database = open_database(self.settings.database_url, busy_seconds=0.2)
        with self.database.write() as connection:
            METADATA.create_all(connection)
        self.spool = Spool(self.settings.spool_directory, "worker-0", small_kib=1)
        self.spool.prepare()
        self.hop = Hop()
        hop: Any = self.hop
        notices = NoticeWriter(lambda: self.settings, Directory(self.database), self.database, self.spool)
        signer = Signer(lambda: self.settings)
        self.worker = Worker("worker-0", lambda: self.settings, self.database, self.spool, hop, signer, notices)

    def put(self, *to: str | NewRecipient, **changes: Any) -> NewMessage:
        body = self.spool.stage()
        body.write(BODY)
        given = message(*to, body=body, received_at=1, cuts=(), account_id=None, **changes)
        with self.database.write() as connection:
            queue.enqueue(connection, [given], self.spool.commit([body]))
        self.worker.nudge()
        return given

    async def until(self, condition: Callable[[], object], *, seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def states(self) -> dict[str, str]:
        return {address: row.state for address, row in recipients(self.database).items()}

    def subjects(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.scalars(select(queue.message_table.c.subject)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.database.close()


@pytest.fixture
async def running(bench: Bench) -> Any:
    task = asyncio.create_task(bench.worker.run())
    yield bench
    bench.hop.gate.set()
    bench.worker.stop()
    await asyncio.wait_for(task, 15)


def _no(_address: str) -> tuple[Outcome, int, str]:
    return Outcome.PERMANENT, 550, "5.1.1"


async def test_what_is_due_is_delivered_and_done(running: Bench) -> None:
    running.put("b@so.vn", "c@so.vn")
    await running.until(lambda: running.states() == {"b@so.vn": "delivered", "c@so.vn": "delivered"})
    assert running.hop.taken[0][1] == b"Received: x\r\n" + BODY


async def test_a_message_that_trips_the_worker_waits_and_the_others_go_on(running: Bench) -> None:
    real = running.hop.say

    def trip(address: str) -> tuple[Outcome, int, str]:
        if address.startswith("poison"):
            raise ZeroDivisionError
        return real(address)

    running.hop.say = trip
    running.put("poison@so.vn")
    running.put("b@so.vn")
    await running.until(lambda: running.states().get("b@so.vn") == "delivered")
    await running.until(lambda: running.states()["poison@so.vn"] in ("deferred", "expired"))
    assert "ZeroDivisionError" in recipients(running.database)["poison@so.vn"].last_reply


async def test_a_notice_that_cannot_be_made_does_not_stop_the_results(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: Any, **__: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(notices_module, "build_notice", trip)
    running.hop.say = _no
    running.put("b@so.vn")
    await running.until(lambda: running.states()["b@so.vn"] == "bounced")


async def test_a_damaged_spool_still_ends_in_a_notice(running: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    running.hop.say = _no
    running.hop.gate.clear()
    running.put("b@so.vn")
    await running.until(lambda: running.hop.entered)  # the body was read
    real = running.spool.read

    def unreadable(location: Location) -> Iterator[bytes]:
        if location.file.startswith("segments/"):  # the notice is large, in a file of its own
            raise StoreUnavailable("spool: shorter than its rows say")
        return real(location)

    monkeypatch.setattr(running.spool, "read", unreadable)
    running.hop.gate.set()
    await running.until(lambda: running.states()["b@so.vn"] == "bounced")
    assert len(running.subjects()) == 2
    assert any(one.startswith("Không gửi được thư đến 1 người nhận: ") for one in running.subjects())  # as it is read
    await running.until(lambda: len(running.hop.taken) >= 2)  # the notice goes out


async def test_what_was_delivered_while_the_database_was_away_is_written_afterwards_and_not_sent_again(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.hop.gate.clear()
    running.put("b@so.vn")
    await running.until(lambda: running.states()["b@so.vn"] == "delivering")
    real, asked = running.database.write, 0

    def away() -> Any:
        nonlocal asked
        asked += 1
        raise StoreUnavailable("database: locked")

    monkeypatch.setattr(running.database, "write", away)
    running.hop.gate.set()
    await running.until(lambda: asked >= 1)
    monkeypatch.setattr(running.database, "write", real)
    await running.until(lambda: running.states()["b@so.vn"] == "delivered")
    assert len(running.hop.taken) == 1


async def test_an_attempt_under_way_is_not_begun_again_when_its_lease_runs_out(running: Bench) -> None:
    running.hop.gate.clear()
    running.put("b@so.vn")
    await running.until(lambda: running.states()["b@so.vn"] == "delivering")
    with running.database.write() as connection:
        connection.exec_driver_sql("UPDATE recipient SET due_at = 1")
    running.worker.nudge()
    await running.until(lambda: recipients(running.database)["b@so.vn"].attempts == 2)
    running.hop.gate.set()
    await running.until(lambda: running.states()["b@so.vn"] == "delivered")
    assert len(running.hop.taken) == 1


async def test_no_notice_about_a_recipient_that_was_dropped_meanwhile(running: Bench) -> None:
    running.hop.say = _no
    running.hop.gate.clear()
    given = running.put("b@so.vn")
    await running.until(lambda: running.states()["b@so.vn"] == "delivering")
    with running.database.write() as connection:
        acts.drop(connection, console("test"), Selection(codes=(given.code,)), reason="gửi nhầm")
    running.hop.gate.set()
    await running.until(lambda: running.hop.taken)
    await running.until(lambda: not running.worker._in_flight)
    assert running.states() == {"b@so.vn": "withdrawn"}
    assert len(running.subjects()) == 1


async def test_what_an_earlier_process_held_is_taken_over_at_once(bench: Bench) -> None:
    bench.put("b@so.vn")
    with bench.database.write() as connection:
        queue.claim(connection, worker="worker-0", now=10**15, limit=9, lease_until=9 * 10**15)
    task = asyncio.create_task(bench.worker.run())
    await bench.until(lambda: bench.states()["b@so.vn"] == "delivered")
    bench.worker.stop()
    await task


async def test_stopping_waits_for_what_is_under_way_and_writes_it_down(bench: Bench) -> None:
    bench.hop.gate.clear()
    bench.put("b@so.vn")
    task = asyncio.create_task(bench.worker.run())
    await bench.until(lambda: bench.states()["b@so.vn"] == "delivering")
    bench.worker.stop()
    bench.put("late@so.vn")
    bench.hop.gate.set()
    await asyncio.wait_for(task, 15)
    assert bench.states() == {"b@so.vn": "delivered", "late@so.vn": "queued"}


async def test_a_fault_that_nobody_foresaw_ends_the_worker_instead_of_leaving_it_idle(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(queue, "is_due", trip)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(bench.worker.run(), 15)


def _many(domain: str, number: int) -> list[NewRecipient]:
    return [NewRecipient(address=f"{n}@{domain}", destination=f"mx:{domain}") for n in range(number)]


async def test_local_mail_does_not_wait_behind_destinations_that_are_dead(running: Bench) -> None:
    running.hop.gate.clear()
    running.hop.passes_the_gate = "local"
    dead = [f"dead{n}.vn" for n in range(8)]
    running.put(*(recipient for domain in dead for recipient in _many(domain, 100)))
    await running.until(lambda: len(running.worker._in_flight) >= IN_FLIGHT - RESERVE)
    running.put(NewRecipient(address="b@tinh.gov.vn", destination="local"))
    await running.until(lambda: running.states().get("b@tinh.gov.vn") == "delivered", seconds=5)
    await running.until(lambda: len(running.worker._in_flight) == IN_FLIGHT - RESERVE, seconds=5)


async def test_one_dead_destination_leaves_room_to_the_others_outside(running: Bench) -> None:
    running.hop.gate.clear()
    running.hop.passes_the_gate = "mx:so.vn"
    running.put(*_many("dead.vn", IN_FLIGHT))
    await running.until(lambda: len(running.worker._in_flight) >= IN_FLIGHT // 2)
    running.put("b@so.vn")
    await running.until(lambda: running.states().get("b@so.vn") == "delivered", seconds=5)
    await running.until(lambda: len(running.worker._in_flight) == IN_FLIGHT // 2, seconds=5)


def test_room_is_shared_out_so_that_no_destination_outside_has_more_than_its_part() -> None:
    idle = room_for({}, IN_FLIGHT)
    assert (idle.shared, idle.without, idle.second_look) == (IN_FLIGHT // 2, [], False)
    busy = room_for({"local": 150, "mx:a.vn": 90, "mx:b.vn": 133}, IN_FLIGHT - 373)
    assert (busy.shared, busy.without, busy.second_look) == (27, ["mx:b.vn"], False)
    full = room_for({f"mx:{n}.vn": 10 for n in range(30)}, RESERVE)
    assert (full.shared, full.without, full.second_look) == (0, [], True)
    crowd = room_for({f"mx:{n}.vn": n for n in range(1, FEWEST + 1)}, IN_FLIGHT)
    assert (crowd.shared, crowd.without, crowd.second_look) == (FEWEST, [f"mx:{FEWEST}.vn"], True)


async def test_a_quiet_turn_asks_for_work_only_once(running: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = queue.claim, 0

    def counted(*arguments: Any, **more: Any) -> Any:
        nonlocal asked
        asked += bool(claimed := real(*arguments, **more))
        assert "only" not in more
        return claimed

    monkeypatch.setattr(queue, "claim", counted)
    running.put("b@so.vn", NewRecipient(address="b@tinh.gov.vn", destination="local"))
    await running.until(lambda: set(running.states().values()) == {"delivered"})
    assert asked == 1


async def test_a_result_that_the_database_refuses_is_the_only_one_left_out(running: Bench) -> None:
    running.hop.gate.clear()
    running.put("a@so.vn", "odd@so.vn", "c@so.vn")
    await running.until(lambda: running.hop.entered)
    with running.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE UPDATE ON recipient WHEN new.address = 'odd@so.vn'"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    running.hop.gate.set()
    await running.until(lambda: not running.worker._in_flight)
    assert running.states() == {"a@so.vn": "delivered", "odd@so.vn": "delivering", "c@so.vn": "delivered"}
    running.put("later@so.vn")
    await running.until(lambda: running.states()["later@so.vn"] == "delivered")
    assert sorted(address for address, _ in running.hop.taken) == ["a@so.vn", "c@so.vn", "later@so.vn", "odd@so.vn"]


async def test_results_outlive_a_fault_that_passes(running: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tripped = queue.settle, 0

    def trip(*arguments: Any, **more: Any) -> None:
        nonlocal tripped
        if arguments[1] and not tripped:
            tripped += 1
            raise ZeroDivisionError
        real(*arguments, **more)

    monkeypatch.setattr(queue, "settle", trip)
    running.put("b@so.vn", "c@so.vn")
    await running.until(lambda: running.states() == {"b@so.vn": "delivered", "c@so.vn": "delivered"})
    assert tripped
    assert len(running.hop.taken) == 2


async def test_renewal_goes_on_after_a_fault_that_nobody_foresaw(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def trip(*_: Any, **__: Any) -> None:
        nonlocal asked
        asked += 1
        raise ZeroDivisionError

    monkeypatch.setattr(queue, "renew_leases", trip)
    short = bench.settings.delivery.model_copy(update={"lease_seconds": 0.03})
    bench.settings = bench.settings.model_copy(update={"delivery": short})
    task = asyncio.create_task(bench.worker._renew())
    await bench.until(lambda: asked >= 2, seconds=5)
    task.cancel()
