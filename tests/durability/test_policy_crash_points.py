"""kill -9 before each durable write, and after each COMMIT, of what the rules make of mail; then everything resumes.

Asked, warned, refused, read late, destroyed, swept, answered, lapsed: nothing is lost, nobody is told twice, what was
held goes after the word and not before, and a secret goes nowhere and lies nowhere.
"""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text

from mailhub.accounts.life.models import Letter
from mailhub.incidents.models import Incident
from mailhub.queue import service as queue
from mailhub.store.database import Database, open_database
from tests.durability import policy_house
from tests.durability.policy_house import AN, DRAFTS, MAILS, OFFICER, SECRET_WORDS
from tests.support.crash import run_until
from tests.support.databases import ENGINES, copy_database, drop_database, new_tables
from tests.support.searching import forms_of, found_under

SHARES = 24  # the points are dealt out to so many tests; one of them is part of each run, all of them of the long one
TOLD = {
    "policy-asked": 3,
    "policy-refused": 2,
    "policy-warned": 1,
    "word-taken": 2,
    "word-lapsed": 1,
    "secret-refused": 2,
    "incident": 2,
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On SQLite: children of a process that has spoken with PostgreSQL would share its sockets."""
    directory = tmp_path_factory.mktemp("warm")
    url = _with_tables("sqlite", directory)
    policy_house.prepare(directory, url)
    policy_house.warm_up(directory, url)


@pytest.fixture(scope="module", params=ENGINES)
def template(request: pytest.FixtureRequest, warm: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    directory = tmp_path_factory.mktemp("hub")
    url = _with_tables(request.param, directory)
    run_until(partial(policy_house.prepare, directory, url), die_at=0)
    return directory, url


@pytest.fixture(scope="module")
def total(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many points there are, of which concurrency moves a few; and without a crash all of it is done."""
    directory = tmp_path_factory.mktemp("whole") / "hub"
    url = _copy(template, directory)
    found = run_until(partial(policy_house.run, directory, url), die_at=0)
    assert found is not None
    _check(directory, url, crashes=0)
    return found


def _with_tables(engine: str, directory: Path) -> str:
    database = new_tables(engine, directory)
    database.close()
    return database._writer.url.render_as_string(hide_password=False)


def _copy(template: tuple[Path, str], directory: Path) -> str:
    folder, url = template
    shutil.copytree(folder, directory)
    return f"sqlite:///{directory}/mailhub.db" if url.startswith("sqlite") else copy_database(url)


def test_without_a_crash_all_of_it_is_done(total: int) -> None:
    assert total > 100, "the hooks are not in place any more"


@pytest.mark.parametrize("share", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, SHARES))])
def test_a_crash_between_any_two_writes_loses_nothing_and_tells_nothing_twice(
    share: int, template: tuple[Path, str], total: int, tmp_path: Path
) -> None:
    for number in range(1 + share, total + 1, SHARES):
        directory = tmp_path / f"{number}"
        url = _copy(template, directory)
        run_until(partial(policy_house.run, directory, url), die_at=number, torn=bool(number % 2))
        assert run_until(partial(policy_house.run, directory, url), die_at=0) is not None, number
        _check(directory, url, crashes=1, what=f"point {number}")
        shutil.rmtree(directory)
        if not url.startswith("sqlite"):
            drop_database(url)


def _check(directory: Path, url: str, *, crashes: int, what: str = "") -> None:
    database = open_database(url)
    try:
        _check_answers(directory, what)
        _check_deliveries(directory, crashes, what)
        _check_letters(directory, database, crashes, what)
        _check_secrets(directory, database, what)
        _check_nothing_waits(database, what)
    finally:
        database.close()


def _check_answers(directory: Path, what: str) -> None:
    answers = policy_house.read_answers(directory)
    for mail in MAILS:
        code, said = answers[mail.name]
        assert code == (550 if mail.name == "mat" else 250), (what, mail.name, said)
    for name in policy_house.SENT_AFTER_A_WORD:
        assert answers[f"word {name}"][0] == 250, what


def _check_deliveries(directory: Path, crashes: int, what: str) -> None:
    delivered: Counter[tuple[str, str]] = Counter()
    bodies = {mail.name: mail.content for mail in MAILS}
    for to, name, content in policy_house.read_hop(directory):
        if name:
            delivered[(name, to)] += 1
            assert content.encode("latin-1").endswith(bodies[name]), (what, name)  # never altered
    wanted = {(mail.name, to) for mail in MAILS for to in mail.gets}
    assert set(delivered) == wanted, what
    # At least once: a crash may fall between a hop's answer and the row that says so.
    assert all(count <= crashes + 1 for count in delivered.values()), (what, delivered)


def _check_letters(directory: Path, database: Database, crashes: int, what: str) -> None:
    kinds = Letter.kind.like("policy-%") | Letter.kind.like("word-%") | Letter.kind.in_(["secret-refused", "incident"])
    with database.read() as connection:
        letters = connection.execute(select(Letter.kind, Letter.to_address, Letter.code).where(kinds)).all()
        internal = select(queue.message_table.c.code).where(queue.message_table.c.door == "internal")
        queued = Counter(connection.scalars(internal))
    assert Counter(row.kind for row in letters) == TOLD, what
    assert {row.to_address for row in letters} == {AN, OFFICER}, what
    assert all(queued[row.code] == 1 for row in letters), (what, letters)
    assert len(queued) == len({row.code for row in letters}) + _others(database), what
    arrived = Counter(content for _, name, content in policy_house.read_hop(directory) if not name)
    assert len(arrived) == len(queued), what
    assert all(count <= crashes + 1 for count in arrived.values()), what


def _others(database: Database) -> int:
    """Letters about accounts, which this is not about."""
    with database.read() as connection:
        rows = connection.execute(select(Letter.kind).where(Letter.code.is_not(None))).all()
    return sum(row.kind not in TOLD for row in rows)


def _check_secrets(directory: Path, database: Database, what: str) -> None:
    with database.read() as connection:
        incidents = connection.execute(select(Incident.kept, Incident.sealed_file).order_by(Incident.number)).all()
    assert [row.kept for row in incidents] == ["destroyed", "sealed"], what
    # A crash between the seal and the row leaves one that nobody opens; the sweeper takes it away after an hour.
    sealed = {path.name for path in (directory / "data" / "sealed").iterdir()}
    assert incidents[1].sealed_file in sealed, what
    left = {path.name for path in (directory / "imap").iterdir()}
    assert left == {name for name, (is_copy, *_) in DRAFTS.items() if not is_copy}, what
    for words in SECRET_WORDS:
        assert not found_under(directory / "data", forms_of(words)), what
        if database.is_sqlite:
            assert not [f for f in found_under(directory, forms_of(words)) if "mailhub.db" in f], what
    said = "".join(content for _, name, content in policy_house.read_hop(directory) if not name)
    assert "Gia Kh" not in said, what


def _check_nothing_waits(database: Database, what: str) -> None:
    with database.read() as connection:
        for table in ("pending_word", "pending_inspection"):
            assert not connection.scalar(text(f"SELECT count(*) FROM {table}")), (what, table)
        message = queue.message_table.c
        assert not connection.scalars(select(message.code).where(message.done_at.is_(None))).all(), what
        assert queue.count_open(connection) == 0, what
