"""What happens to a held message, in every order of two, one after the other and at the same time: nobody is forgotten,
nobody gets what was not let go, and nobody is told twice.

At the same time means: the second begins while the first has not committed. SQLite has one writer, so that there the
second waits; PostgreSQL lets both read.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.clock import HOUR, now_ms
from mailhub.mail.reply_word import WordKind
from mailhub.queue import acts, moderation, words
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.closing import hold_mail_of, release_mail_of
from mailhub.queue.errors import NotInQueue
from mailhub.queue.inspections import Ruling, Waiting
from mailhub.queue.models import PendingInspection, PendingModeration, PendingWord, RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, Moderating, NewRecipient
from mailhub.store.database import Database, open_database
from tests.queue.parts import NOW, PLACE, message, put
from tests.support.accounts import ROOT, make_account, make_province

AN, BINH, GROUP, TO = "an@tinh.gov.vn", "binh@tinh.gov.vn", "nhom@tinh.gov.vn", "x@gmail.com"
LATE = NOW + 2 * HOUR
WORD, MODERATOR, READING, PERSON = "word", "moderator", "reading", "person"
FINAL = {"delivered", "withdrawn", "expired", "refused", "destroyed"}


@dataclass
class House:
    """A database, and one message in it at a time."""

    database: Database
    other: Database  # as another process has it
    an: int
    group: int
    code: str = ""
    id: int = 0
    waiting: Waiting | None = None

    def asking(self) -> Fate:
        asked = Asking(owner_id=self.an, owner=AN, rule="r", until=NOW + HOUR, reason_needed=False, facts={})
        return Fate(state=RecipientState.HELD, rule="r", asking=asked)

    def begin(self, gates: frozenset[str]) -> None:
        """A message that waits for these."""
        fate = self.asking() if WORD in gates else None
        groups = (self.group,) if MODERATOR in gates else ()
        asked = [Moderating(group_id=self.group, group=GROUP, until=NOW + HOUR, tell=(BINH,))] if groups else []
        unread = Inspecting(until=NOW + HOUR, what=("ocr",)) if READING in gates else None
        made = message(
            NewRecipient(address=TO, destination="mx:x", fate=fate, held_about=groups), account_id=self.an, sender=AN,
            moderating=tuple(asked), inspecting=unread, judged={"rules": []} if fate else {},
        )  # fmt: skip
        put(self.database, made)
        self.code, self.id, self.waiting = made.code, made.id, None
        if unread is not None:
            with self.database.write() as connection:
                (self.waiting,) = queue.claim_inspections(
                    connection, worker="w", now=NOW, lease_until=NOW + HOUR, limit=9
                )

    def row(self) -> Any:
        with self.database.read() as connection:
            table = queue.recipient_table
            return connection.execute(select(table).where(table.c.message_id == self.id)).one()

    def is_pending(self, table: Any) -> bool:
        with self.database.read() as connection:
            return bool(connection.scalar(select(func.count()).where(table.message_id == self.id)))

    def letters(self, kind: str) -> int:
        with self.database.read() as connection:
            query = select(func.count()).where(Letter.kind == kind, Letter.about.like(f"%/{self.id}/%"))
            return connection.scalar(query) or 0


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    make_province(database)
    an = make_account(database, AN, agency="snv", password=None)
    make_account(database, BINH, agency="snv", password=None)
    with database.write() as connection:
        group = service.add_group(connection, ROOT, GROUP, "Nhóm", agency="snv", owner=BINH, moderated=True)
    other = open_database(database._writer.url.render_as_string(hide_password=False))
    yield House(database, other, an, group)
    other.close()


# ------------------------------------------------------------------ what may happen

Act = Callable[[House, Connection], object]


def _word(kind: WordKind) -> Act:
    def give(house: House, connection: Connection) -> object:
        who = actor_of(connection, find_mailbox(connection, AN), at=now_ms())
        return words.give(connection, who, house.code, kind, at=NOW)

    return give


def _moderator(act: Callable[..., object]) -> Act:
    def decide(house: House, connection: Connection) -> object:
        who = actor_of(connection, find_mailbox(connection, BINH), at=now_ms())
        return act(connection, who, house.code, reason="x", at=NOW)

    return decide


def _person(act: Callable[..., object]) -> Act:
    return lambda house, connection: act(connection, ROOT, Selection(codes=(house.code,)), reason="x")


def _read(ruling: Callable[[House], Ruling]) -> Act:
    def finish(house: House, connection: Connection) -> object:
        assert house.waiting is not None
        mine = queue.finish_inspection(
            connection, house.waiting, worker="w", now=NOW, facts={}, local_prefix=b"", reason="read",
            ruling=ruling(house),
        )  # fmt: skip
        if not mine:
            raise NotInQueue("read already")
        return mine

    return finish


@dataclass(frozen=True)
class Deed:
    """Something that happens, and what it does to the gates that a recipient waits at: which it opens, which it
    closes; `ends` is the state of a recipient that it finishes."""

    act: Act
    opens: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    closes: frozenset[str] = frozenset()
    ends: str = ""


ALL = frozenset({WORD, MODERATOR, READING, PERSON})
DEEDS = {
    "send": Deed(_word(WordKind.SEND), opens=frozenset({WORD}), needs=frozenset({WORD})),
    "withdraw": Deed(_word(WordKind.WITHDRAW), needs=frozenset({WORD}), ends="withdrawn"),
    "lapse": Deed(lambda _, c: words.lapse(c, at=LATE) or _nothing(), needs=frozenset({WORD}), ends="expired"),
    "approve": Deed(_moderator(moderation.approve), opens=frozenset({MODERATOR}), needs=frozenset({MODERATOR})),
    "turn-away": Deed(_moderator(moderation.refuse), needs=frozenset({MODERATOR}), ends="refused"),
    "undecided": Deed(
        lambda _, c: moderation.lapse(c, at=LATE) or _nothing(), needs=frozenset({MODERATOR}), ends="refused"
    ),
    "release": Deed(_person(acts.release), opens=ALL - {READING}),  # nobody lets go what was not judged
    "drop": Deed(_person(acts.drop), ends="withdrawn"),
    "read": Deed(_read(lambda _: Ruling()), opens=frozenset({READING}), needs=frozenset({READING})),
    "read-asked": Deed(
        _read(lambda house: Ruling(fates={TO: house.asking()})),
        opens=frozenset({READING}), needs=frozenset({READING}), closes=frozenset({WORD}),
    ),
    "read-refused": Deed(
        _read(lambda _: Ruling(fates={TO: Fate(state=RecipientState.REFUSED, rule="r")})),
        needs=frozenset({READING}), ends="refused",
    ),
    "destroyed": Deed(
        _read(lambda _: Ruling(destroyed={"level": "MẬT"})), needs=frozenset({READING}), ends="destroyed"
    ),
}  # fmt: skip


def _nothing() -> object:
    raise NotInQueue("nothing to lapse")


# ------------------------------------------------------------------ two of them

STARTS = [frozenset(one) for one in ({WORD}, {MODERATOR}, {READING}, {MODERATOR, WORD}, {MODERATOR, READING})]
START_NAMES = ["+".join(sorted(start)) for start in STARTS]


def _fits(start: frozenset[str]) -> list[str]:
    possible = start | ({WORD} if READING in start else set())
    return [name for name, deed in DEEDS.items() if deed.needs <= possible]


def _pairs(start: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from itertools.product(_fits(start), _fits(start))


@pytest.mark.parametrize("start", STARTS, ids=START_NAMES)
def test_one_after_the_other(house: House, start: frozenset[str]) -> None:
    for pair in _pairs(start):
        house.begin(start)
        done = [name for name in pair if _do(house, name)]
        _check(house, start, done, f"{pair}")


@pytest.mark.parametrize("start", STARTS, ids=START_NAMES)
def test_at_the_same_time(house: House, start: frozenset[str]) -> None:
    if house.database.is_sqlite:
        pytest.skip("one writer")
    for pair in _pairs(start):
        house.begin(start)
        done = _both(house, *pair)
        _check(house, start, done, f"{pair} at once")


@pytest.mark.parametrize("start", STARTS, ids=START_NAMES)
def test_while_the_sender_is_suspended(house: House, start: frozenset[str]) -> None:
    """Whichever comes first: nothing leaves as long as the account is closed, and all of it does afterwards."""
    for name, closes_first in itertools.product(_fits(start), (True, False)):
        house.begin(start)
        if closes_first:
            _suspend(house)
            done = [name] if _do(house, name) else []
        else:
            done = [name] if _do(house, name) else []
            _suspend(house)
        assert not _claim(house), f"{name}: mail of a closed account"
        with house.database.write() as connection:
            service.restore_account(connection, ROOT, AN, reason="x")
            release_mail_of(connection, house.an, now=NOW)
        _check(house, start, done, f"{name}, suspended {'before' if closes_first else 'after'}")


def _suspend(house: House) -> None:
    with house.database.write() as connection:
        service.suspend_account(connection, ROOT, AN, reason="x")
        hold_mail_of(connection, house.an, now=NOW)


def _do(house: House, name: str, database: Database | None = None) -> bool:
    """Whether it was possible."""
    try:
        with (database or house.database).write() as connection:
            DEEDS[name].act(house, connection)
    except (NotInQueue, NotAllowed):  # whose account is closed has no word to give
        return False
    return True


def _both(house: House, first: str, second: str) -> list[str]:
    """The second begins before the first commits; which of them did something, in the order of their commits."""
    found: list[str] = []
    fault: list[BaseException] = []

    def follow() -> None:
        try:
            if _do(house, second, house.other):
                found.append(second)
        except BaseException as error:
            fault.append(error)

    other = threading.Thread(target=follow)
    began = False
    try:
        with house.database.write() as connection:
            DEEDS[first].act(house, connection)
            other.start()
            began = True
            _until_blocked(house.database, other)
            first_place = 0 if other.is_alive() else len(found)  # it was not in the way: it committed before
    except NotInQueue:
        if not began:
            other.start()
        other.join(30)
        assert not fault, fault
        return found
    other.join(30)
    assert not other.is_alive(), f"{first}, {second}: stuck"
    assert not fault, (first, second, fault)
    found.insert(first_place, first)
    return found


def _until_blocked(database: Database, thread: threading.Thread) -> None:
    mine = "datname = current_database() AND wait_event_type = 'Lock'"
    waits = text(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")
    deadline = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < deadline:
        with database.read() as connection:
            if connection.execute(waits).scalar():
                return


def _claim(house: House) -> bool:
    with house.database.write() as connection:
        return bool(queue.claim(connection, worker="w", now=9_000_000_000_000, limit=9, lease_until=9_000_000_000_001))


def _check(house: House, start: frozenset[str], done: list[str], what: str) -> None:
    gates, ended = set(start), ""
    for name in done:
        deed = DEEDS[name]
        if not ended and deed.needs <= gates:  # else it had nothing to do
            gates, ended = (gates - deed.opens) | deed.closes, deed.ends
    row = house.row()
    said = f"{what}: {done} left {row.state}/{row.held_for}/{row.held_about}, expected {ended or gates or 'queued'}"
    if ended:
        assert row.state == ended, said
    elif gates:
        assert row.state == "held", said
    else:
        assert row.state == "queued", said
        assert row.due_at is not None, said
    _check_rows(house, row, said)
    assert house.letters("word-taken") + house.letters("word-lapsed") <= 1, said
    assert house.letters("policy-asked") <= 1, said
    _clear(house)


def _check_rows(house: House, row: Any, said: str) -> None:
    """Whoever is held has somebody who is asked."""
    if row.state == "held":
        tables = {"word": PendingWord, "moderation": PendingModeration, "inspection": PendingInspection}
        assert house.is_pending(tables[row.held_for]), said
        if row.held_for == "moderation" and ",w" in row.held_about:
            assert house.is_pending(PendingWord), said
    assert (row.finished_at is not None) == (row.state in FINAL), said
    with house.database.read() as connection:
        table = queue.message_table
        done_at = connection.scalar(select(table.c.done_at).where(table.c.id == house.id))
    assert (done_at is not None) == (row.state in FINAL), said


def _clear(house: House) -> None:
    """Out of the way of the next one."""
    with house.database.write() as connection:
        for table in ("pending_word", "pending_moderation", "pending_inspection", "recipient"):
            connection.execute(text(f"DELETE FROM {table} WHERE message_id = :id"), {"id": house.id})


def test_the_same_message_by_two_doors_at_once_is_one(house: House) -> None:
    if house.database.is_sqlite:
        pytest.skip("one writer")
    first, second = (message("x@so.vn", fingerprint=b"f" * 32, account_id=house.an) for _ in range(2))
    codes: list[str] = []
    with house.database.write() as connection:
        codes += [one.code for one in queue.enqueue(connection, [first], [PLACE])]
        other = threading.Thread(target=lambda: codes.extend(one.code for one in put(house.other, second)))
        other.start()
        _until_blocked(house.database, other)
    other.join(30)
    assert codes == [first.code, first.code]
