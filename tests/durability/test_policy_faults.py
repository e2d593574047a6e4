"""A local fault while mail is judged: 4xx, never passed, never refused for good, and no incident is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from mailhub.accounts.life.models import Letter
from mailhub.clock import MINUTE
from mailhub.incidents.models import Incident
from mailhub.queue.models import PendingInspection
from mailhub.queue.tables import recipient_table
from mailhub.settings import load
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from tests.durability import policy_house
from tests.durability.policy_house import MAILS, House, Mail
from tests.support.databases import ENGINES, new_tables

BY_NAME = {mail.name: mail for mail in MAILS}
PLAIN = Mail("thuong", ("ok@outside.test",))


@dataclass
class Bench:
    """A house, and questions to its database."""

    directory: Path
    database: Database
    house: House

    def count(self, table: Any, *conditions: Any) -> int:
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    def submit(self, mail: Mail) -> int:
        return asyncio.run(self.house.submit(mail)).code

    def states(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.scalars(select(recipient_table.c.state)))


@pytest.fixture(params=ENGINES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    database = new_tables(request.param, tmp_path)
    policy_house.prepare(tmp_path, database._writer.url.render_as_string(hide_password=False))
    house = House(tmp_path, load(tmp_path / "mailhub.toml"), database)
    house.committer.start()
    yield Bench(tmp_path, database, house)
    house.committer.stop()
    house.screen.close()
    house.people.close()
    database.close()


@contextmanager
def _in_the_way(path: Path) -> Iterator[None]:
    """Something else has that name: it can be neither read nor written, not even by root."""
    saved = path.with_name(path.name + ".saved")
    existed = path.exists()
    if existed:
        path.rename(saved)
    if existed and saved.is_dir():
        path.touch()
    else:
        path.mkdir()
    yield
    path.unlink() if path.is_file() else path.rmdir()
    if existed:
        saved.rename(path)


@contextmanager
def _no_keys(bench: Bench) -> Iterator[None]:
    with _in_the_way(bench.directory / "keys" / "accounts.key"):
        yield


@contextmanager
def _no_writing(bench: Bench) -> Iterator[None]:
    real = Database.write

    @contextmanager
    def refuse(self: Database) -> Iterator[Any]:
        raise StoreUnavailable("database: disk I/O error")
        yield

    Database.write = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        Database.write = real  # type: ignore[method-assign]


@contextmanager
def _no_spool(bench: Bench) -> Iterator[None]:
    spool = bench.directory / "data" / "spool"
    with _in_the_way(spool / "segments"), _in_the_way(spool / "incoming"):
        yield


@contextmanager
def _no_sandbox(bench: Bench) -> Iterator[None]:
    bench.house.reader.down = True
    yield
    bench.house.reader.down = False


Fault = Callable[[Bench], Any]


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (_no_writing, [mail.name for mail in MAILS]),
        (_no_spool, ["giu", "quahan", "chan", "nhac", "quetgiu", "quetmat"]),
        (_no_keys, ["mat"]),
        (_no_sandbox, ["quetgiu", "quetchan", "quetmat"]),
    ],
)
def test_at_the_dot_it_is_a_4xx_and_afterwards_as_if_nothing_had_been(
    bench: Bench, fault: Fault, names: list[str]
) -> None:
    with fault(bench):
        for name in names:
            assert bench.submit(BY_NAME[name]) // 100 == 4, name
    assert not bench.count(recipient_table)
    assert not bench.count(Incident)
    assert not bench.count(Letter, Letter.kind.like("policy-%") | Letter.kind.like("%incident%"))
    for name in names:
        assert bench.submit(BY_NAME[name]) == (550 if name == "mat" else 250), name
    assert bench.count(Incident) == ("mat" in names)


def test_without_keys_other_mail_goes_on(bench: Bench) -> None:
    with _no_keys(bench):
        assert bench.submit(PLAIN) == 250
        assert bench.submit(BY_NAME["giu"]) == 250
    assert bench.states() == {"queued", "held"}


@contextmanager
def _no_room_for_seals(bench: Bench) -> Iterator[None]:
    with _in_the_way(bench.directory / "data" / "sealed"):
        (bench.directory / "data" / "sealed").rmdir()
        (bench.directory / "data" / "sealed").touch()
        yield


@pytest.mark.parametrize("fault", [_no_keys, _no_room_for_seals])
def test_a_secret_that_cannot_be_entered_after_it_was_read_waits(bench: Bench, fault: Fault) -> None:
    assert bench.submit(BY_NAME["quetmat"]) == 250

    async def work() -> None:
        said: list[str] = []
        rules: Any = bench.house.late._rules
        real = rules.judge

        async def judge(*given: Any) -> Any:
            try:
                return await real(*given)
            except StoreUnavailable as error:
                said.append(str(error))
                raise

        rules.judge = judge
        with fault(bench):
            reading = asyncio.create_task(bench.house.late.run())
            while not said:
                assert not reading.done()
                await asyncio.sleep(0.01)
            assert bench.count(PendingInspection) == 1
            assert bench.states() == {"held"}
            assert not bench.count(Incident)
        while bench.count(PendingInspection):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    asyncio.run(work())
    assert bench.states() == {"destroyed"}
    assert bench.count(Incident) == 1


def test_an_unread_scan_goes_by_the_rules_at_its_latest_time_and_not_before(bench: Bench) -> None:
    assert bench.submit(BY_NAME["quetgiu"]) == 250
    assert bench.submit(BY_NAME["quetchan"]) == 250
    bench.house.reader.down = True

    async def work() -> None:
        reading = asyncio.create_task(bench.house.late.run())
        while bench.count(PendingInspection, PendingInspection.attempts > 0) < 2:
            assert not reading.done()
            await asyncio.sleep(0.01)
        assert bench.states() == {"held"}
        with bench.database.write() as connection:
            connection.execute(text(f"UPDATE pending_inspection SET until = until - {60 * MINUTE}, due_at = 0"))
        while bench.count(PendingInspection):
            assert not reading.done()
            await asyncio.sleep(0.01)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    asyncio.run(work())
    with bench.database.read() as connection:
        rows = connection.execute(select(recipient_table.c.address, recipient_table.c.state)).all()
    assert {row.address: row.state for row in rows if "outside" not in row.address} == {
        "x@quetgiu.example": "held",
        "x@quetchan.example": "refused",
    }
    assert {row.state for row in rows if "outside" in row.address} == {"queued"}


def test_what_comes_twice_and_proves_a_secret_lies_nowhere(bench: Bench) -> None:
    """A client that did not hear the 250 sends it again before it was read."""
    mail = BY_NAME["quetmat"]
    assert [bench.submit(mail), bench.submit(mail)] == [250, 250]
    lying = [path for path in (bench.directory / "data" / "spool").rglob("*") if path.is_file()]
    assert sum(b"quet-ban-phiet" in path.read_bytes() for path in lying) == 1
    asyncio.run(bench.house.read_late())
    for path in (bench.directory / "data" / "spool").rglob("*"):
        assert not path.is_file() or b"quet-ban-phiet" not in path.read_bytes()
    assert bench.count(Incident) == 1
