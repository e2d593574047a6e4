"""Exceptions made and ended by a command: lines of the text, whatever is in them, and a version each."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from mailhub.accounts.errors import InvalidValue, NoSuchAgency, NotAllowed
from mailhub.accounts.rights import Actor, Role, console
from mailhub.clock import midnight
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.rule import Exemption
from mailhub.screening.rules import editing, exceptions, versions
from mailhub.screening.rules.errors import NoSuchException, NoSuchRule
from mailhub.store.database import Database
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.accounts import make_province

ROOT = console("test")
NOW = midnight(date(2026, 11, 22))
UNTIL = date(2027, 3, 31)


def made(who: str = "*", to: str = "benhvien.example", *, why: str = "x", until: date = UNTIL) -> Exemption:
    return Exemption(rule=PRIVATE, who=who, to=to, why=why, until=until, by="GĐ")


def put(database: Database, text: str) -> None:
    with database.write() as connection:
        versions.activate(connection, ROOT, text, reason="thử", at=NOW)


def add(database: Database, one: Exemption) -> str:
    with database.write() as connection:
        return editing.add_exception(connection, ROOT, one, at=NOW).text


def end(database: Database, who: str, *, to: str = "", reason: str = "hết lý do") -> str:
    with database.write() as connection:
        return editing.end_exception(connection, ROOT, rule=PRIVATE, who=who, to=to, reason=reason, at=NOW).text


def in_force(database: Database) -> list[tuple[str, str, date]]:
    with database.read() as connection:
        return [(one.who, one.to, one.until) for one in exceptions.every(connection)]


@pytest.mark.parametrize("ends", ["", "\n", "# không xuống dòng", "\r\n# từ Windows\r\n"])
def test_an_exception_is_added_behind_whatever_the_text_ends_with(sqlite_database: Database, ends: str) -> None:
    put(sqlite_database, rule() + ends)
    text = add(sqlite_database, made())
    assert text.startswith(rule() + ends)
    assert "# console:test, 22/11/2026" in text
    assert in_force(sqlite_database) == [("*", "benhvien.example", UNTIL)]


def test_words_with_quotes_and_control_characters_stay_words(sqlite_database: Database) -> None:
    put(sqlite_database, rule())
    odd = 'a"\n[[rule]]\nid = "x" \\ # \x1b[31m \x7f tiếng Việt'
    add(sqlite_database, made(why=odd))
    with sqlite_database.read() as connection:
        [one] = exceptions.every(connection)
        assert len(versions.book_in_force(connection, ROOT).rules) == 1
    assert one.why == 'a" [[rule]] id = "x" \\ # [31m  tiếng Việt'


def test_ending_one_leaves_the_others_and_every_other_line(sqlite_database: Database) -> None:
    given = exception("snv") + rule() + exception("*", to="a.vn") + exception("*", to="b.vn") + "# cuối\n"
    put(sqlite_database, given)
    before = given.split("\n")
    after = end(sqlite_database, "*", to="B.vn", reason="đã xong\n[[rule]]").split("\n")
    [changed] = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    assert changed[1] == "until = 2026-11-21  # console:test, 22/11/2026: đã xong [[rule]]"
    assert [until for *_, until in in_force(sqlite_database)] == [
        date(2030, 1, 1), date(2030, 1, 1), date(2026, 11, 21),
    ]  # fmt: skip
    end(sqlite_database, "*")
    with pytest.raises(NoSuchException):
        end(sqlite_database, "*")
    end(sqlite_database, "SNV")


def test_what_makes_no_sense_is_refused_and_changes_nothing(sqlite_database: Database) -> None:
    make_province(sqlite_database)
    put(sqlite_database, rule())
    with pytest.raises(NoSuchAgency):
        add(sqlite_database, made("sxt"))
    with pytest.raises(InvalidValue):
        add(sqlite_database, made("snv", until=date(2026, 11, 21)))
    with pytest.raises(NoSuchRule):
        add(sqlite_database, Exemption(rule="khac", who="snv", to="*", why="x", until=UNTIL, by="GĐ"))
    with pytest.raises(BookErrors):
        add(sqlite_database, made("*", "*"))
    with pytest.raises(BookErrors):
        add(sqlite_database, made("không phải@@địa chỉ"))
    agency = Actor(name="a@tinh.gov.vn", role=Role.AGENCY_ADMIN, agency_id=1, account_id=1)
    with sqlite_database.write() as connection, pytest.raises(NotAllowed):
        editing.add_exception(connection, agency, made("snv"), at=NOW)
    assert in_force(sqlite_database) == []
    add(sqlite_database, made("snv"))
    assert in_force(sqlite_database) == [("snv", "benhvien.example", UNTIL)]


def test_exceptions_added_at_once_are_all_there(database: Database) -> None:
    put(database, rule())
    domains = [f"{name}.example" for name in "abcd"]
    ready, wrong = threading.Barrier(len(domains)), []

    def act(domain: str) -> None:
        ready.wait()
        try:
            add(database, made("*", domain))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=act, args=(domain,)) for domain in domains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sorted(to for _, to, _ in in_force(database)) == domains
    with database.read() as connection:
        assert len(versions.list_versions(connection, ROOT)) == 5
