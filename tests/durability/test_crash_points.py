"""A crash before each single durable write of the queue's life, and after each COMMIT; then recovery.

Whatever was answered arrives whole; what was not arrives whole or not at all; nothing is left behind.
"""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from mailhub.queue import service as queue
from mailhub.store.database import open_database
from tests.durability import scenario
from tests.durability.scenario import LETTERS, PREFIX, SENDER
from tests.support.crash import run_until

SHARES = 6  # the points are dealt out to so many tests; one of them is part of each run, all of them of the long one


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("hub")
    run_until(partial(scenario.prepare, directory), die_at=0)
    warm = directory.with_name(f"{directory.name}-warm")
    shutil.copytree(directory, warm)
    scenario.warm_up(warm)
    return directory


@pytest.fixture(scope="module")
def points(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, bool]]:
    """Each write at which a hub may end, and whether half of it reaches the disk. Concurrency moves their number a
    little: a few more than were counted may exist."""
    total = _crash(template, tmp_path_factory.mktemp("whole") / "hub", die_at=0)
    assert total is not None
    assert total > 30, "the hooks are not in place any more"
    return [(number, torn) for torn in (False, True) for number in range(1, total + 1)]


@pytest.mark.parametrize("share", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, SHARES))])
def test_a_crash_between_any_two_writes_loses_nothing(
    share: int, template: Path, points: list[tuple[int, bool]], tmp_path: Path
) -> None:
    for number, torn in points[share::SHARES]:
        directory = tmp_path / f"{number}{torn}"
        _crash(template, directory, die_at=number, torn=torn)
        assert run_until(partial(scenario.run, directory, send=False), die_at=0) is not None
        _check(directory)
        shutil.rmtree(directory)


def test_a_crash_during_recovery_loses_nothing_either(template: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    _crash(template, first, die_at=20)
    for number in range(1, 40, 3):
        directory = tmp_path / f"{number}"
        shutil.copytree(first, directory)
        run_until(partial(scenario.run, directory, send=False), die_at=number)
        assert run_until(partial(scenario.run, directory, send=False), die_at=0) is not None
        _check(directory, crashes=2)


def _crash(template: Path, directory: Path, *, die_at: int, torn: bool = False) -> int | None:
    shutil.copytree(template, directory)
    count = run_until(partial(scenario.run, directory, send=True), die_at=die_at, torn=torn)
    if die_at == 0:
        _check(directory)
        assert (directory / "accepted").read_text().count("\n") == len(LETTERS)
    return count


def _check(directory: Path, *, crashes: int = 1) -> None:
    accepted = (directory / "accepted").read_text().split() if (directory / "accepted").exists() else []
    letters = {letter.name: letter for letter in LETTERS}
    delivered: Counter[tuple[str, str]] = Counter()
    refused: set[str] = set()
    notices: set[str] = set()
    for entry in scenario.read_book(directory / "hop"):
        content = entry["content"].encode("latin-1")
        if entry["to"] == SENDER:
            notices.add(content.split(b"\r\n\r\n", 1)[0].decode())
            assert letters["bounced"].content in content
            continue
        name = content.removeprefix(PREFIX).split(b"\r\n", 1)[0].removeprefix(b"X-Id: ").decode()
        assert content == PREFIX + letters[name].content  # never altered, never a piece
        if entry["outcome"] == "delivered":
            delivered[(name, entry["to"])] += 1
        elif entry["outcome"] == "permanent":
            refused.add(name)
    for name in accepted:
        for to in letters[name].recipients:
            assert delivered[(name, to)] >= 1 or (to.startswith("bad") and name in refused), (name, to)
    # At least once: each crash may fall between a hop's answer and the row that says so.
    assert all(count <= crashes + 1 for count in delivered.values()), delivered
    assert len(notices) == len(refused)  # the refusal and its notice are one transaction
    _check_nothing_is_left(directory)


def _check_nothing_is_left(directory: Path) -> None:
    database = open_database(f"sqlite:///{directory}/data/mailhub.db")
    with database.read() as connection:
        assert queue.count_open(connection) == 0
        assert not connection.scalars(
            select(queue.message_table.c.id).where(queue.message_table.c.done_at.is_(None))
        ).all()
    database.close()
    spool = directory / "data" / "spool"
    assert not list((spool / "large").iterdir())
    newest_only = Counter(path.name.rpartition("-")[0] for path in (spool / "segments").iterdir())
    assert all(count == 1 for count in newest_only.values()), newest_only
