"""The table of correspondents: rows that are written once a day, and forgotten in the end."""

from __future__ import annotations

from sqlalchemy import select

from mailhub.clock import DAY
from mailhub.screening.models import Correspondent
from mailhub.screening.outside.correspondents import MOST_NOTED, History, Pair, forget, histories, note
from mailhub.store.database import Database

AT = 1_800_000_000_000


def rows(database: Database) -> list[tuple[str, int, int | None, int | None, int]]:
    with database.read() as connection:
        found = connection.execute(select(Correspondent.__table__).order_by(Correspondent.address)).all()
    return [(row.address, row.mailbox_id, row.first_in_at, row.first_out_at, row.last_at) for row in found]


def enter(database: Database, *pairs: Pair) -> None:
    with database.write() as connection:
        note(connection, pairs)


def test_the_first_mail_each_way_is_kept_and_the_last_of_all(database: Database) -> None:
    enter(database, Pair("Dan@Gmail.com", 1, True, AT))
    enter(database, Pair("dan@gmail.com", 1, True, AT + 2 * DAY), Pair("khac@gmail.com", 1, False, AT))
    enter(database, Pair("dan@gmail.com", 1, False, AT + 5))
    assert rows(database) == [
        ("dan@gmail.com", 1, AT, AT + 5, AT + 2 * DAY),
        ("khac@gmail.com", 1, None, AT, AT),
    ]


def test_a_pair_is_touched_once_a_day(database: Database) -> None:
    enter(database, Pair("a@b.vn", 1, True, AT))
    enter(database, Pair("a@b.vn", 1, True, AT + DAY - 1))
    assert rows(database) == [("a@b.vn", 1, AT, None, AT)]
    enter(database, Pair("a@b.vn", 1, True, AT + DAY))
    assert rows(database) == [("a@b.vn", 1, AT, None, AT + DAY)]


def test_many_pairs_are_one_batch_and_no_more_than_enough(database: Database) -> None:
    enter(database, *(Pair(f"a{n:04}@b.vn", 1, False, AT) for n in range(MOST_NOTED + 10)))
    assert len(rows(database)) == MOST_NOTED


def test_addresses_that_no_column_takes_are_left_out(database: Database) -> None:
    enter(
        database,
        Pair("a\0@b.vn", 1, True, AT),
        Pair("\udcff@b.vn", 1, True, AT),
        Pair("x" * 400 + "@b.vn", 1, True, AT),
    )
    assert rows(database) == []


def test_histories_join_the_mailbox_and_leave_out_what_came_later(database: Database) -> None:
    enter(database, Pair("a@b.vn", 1, True, AT), Pair("a@b.vn", 2, False, AT - 5), Pair("c@b.vn", 1, False, AT))
    with database.read() as connection:
        found = histories(connection, ["A@b.vn", "c@b.vn", "d@b.vn"], 1, (), before=AT + 1)
        assert found == {"a@b.vn": History(AT, None), "c@b.vn": History(None, AT)}
        assert histories(connection, ["a@b.vn"], 1, (), before=AT) == {}


def test_what_is_old_is_forgotten(database: Database) -> None:
    enter(database, Pair("a@b.vn", 1, True, AT), Pair("c@b.vn", 1, True, AT + DAY))
    with database.write() as connection:
        assert forget(connection, before=AT + 1) == 1
    assert [row[0] for row in rows(database)] == ["c@b.vn"]
