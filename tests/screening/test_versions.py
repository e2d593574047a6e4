"""Versions of the rules: put in force, gone back from, seen by every process at once; exceptions as rows."""

from __future__ import annotations

import json
import logging
import os
import threading
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailhub.accounts.act import bump_version
from mailhub.accounts.errors import NotAllowed, ReasonMissing
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role, console
from mailhub.clock import midnight
from mailhub.policy.facts import Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.policy.rules.errors import BookErrors
from mailhub.screening.models import PolicyVersion
from mailhub.screening.rules import exceptions, versions
from mailhub.screening.rules.adopting import adopt_at_reload, adopt_at_start
from mailhub.screening.rules.book import LiveBook, without_exceptions
from mailhub.screening.rules.errors import NoSuchVersion, PolicyFileFault, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE, shipped_text
from mailhub.store.database import Database, open_database
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.databases import new_database

ROOT = console("test")
TODAY = date(2026, 11, 22)
NOW = midnight(TODAY)


def put(database: Database, text: str, reason: str = "thử") -> int:
    with database.write() as connection:
        return versions.activate(connection, ROOT, text, reason=reason).number


def numbers(database: Database) -> list[int]:
    with database.read() as connection:
        return [one.number for one in versions.list_versions(connection, ROOT)]


def stage_now(book: LiveBook) -> str:
    return book.current().book.rules[0].stage.stage


# ---------------------------------------------------------------------- versions


def test_a_version_is_in_force_kept_and_audited_with_what_changed(database: Database) -> None:
    assert put(database, rule(stage="shadow"), "lần đầu") == 1
    assert put(database, rule(stage="hold"), "Công văn 12/STTTT") == 2
    assert numbers(database) == [2, 1]
    with database.read() as connection:
        found = versions.find_version(connection, ROOT)
        audited = connection.execute(select(AuditRow).where(AuditRow.action == "policy.change")).all()
    assert (found.number, found.by, found.reason, found.text) == (2, "console:test", "Công văn 12/STTTT", rule())
    after = json.loads(audited[-1].after)
    assert (json.loads(audited[-1].before)["version"], after["version"]) == (1, 2)
    [change] = after["changes"]
    assert change["rule"] == PRIVATE
    assert ("shadow" in change["before"], "hold" in change["after"]) == (True, True)
    assert audited[-1].reason == "Công văn 12/STTTT"


def test_what_is_wrong_changes_nothing_and_says_the_line(database: Database) -> None:
    put(database, rule())
    broken = rule().replace('stage = "hold"', 'stage = "hlod"')
    with pytest.raises(BookErrors, match=r"policy\.toml:6: .*hold"):
        put(database, broken)
    with pytest.raises(ReasonMissing):
        put(database, rule(stage="warn"), "  ")
    with pytest.raises(SameRules):
        put(database, rule())
    assert numbers(database) == [1]


def test_only_whoever_administers_the_province_changes_rules_and_everybody_may_know_them(database: Database) -> None:
    put(database, rule())
    official = Actor(name="nva@tinh.gov.vn", role=Role.OFFICIAL, account_id=1)
    with database.write() as connection:
        for role in (Role.OFFICIAL, Role.AGENCY_ADMIN, Role.AUDITOR, Role.SECURITY_OFFICER):
            actor = Actor(name="nva@tinh.gov.vn", role=role, agency_id=1, account_id=1)
            with pytest.raises(NotAllowed):
                versions.activate(connection, actor, rule(stage="warn"), reason="x")
            with pytest.raises(NotAllowed):
                versions.back(connection, actor, reason="x")
        assert versions.find_version(connection, official).number == 1
    assert numbers(database) == [1]


def test_one_command_goes_back_and_again_undoes_it(database: Database) -> None:
    first, second = rule(stage="shadow"), rule(stage="hold")
    put(database, first)
    with database.write() as connection, pytest.raises(NoSuchVersion):
        versions.back(connection, ROOT, reason="không có bản trước")
    put(database, second)
    with database.write() as connection:
        assert versions.back(connection, ROOT, reason="quá nhiều thư chờ").text == first
    with database.write() as connection:
        assert versions.back(connection, ROOT, reason="nhầm").text == second
    with database.write() as connection:
        assert versions.back(connection, ROOT, reason="về bản 1", to=1).text == first
        with pytest.raises(NoSuchVersion):
            versions.back(connection, ROOT, reason="x", to=99)
        with pytest.raises(SameRules):
            versions.back(connection, ROOT, reason="x", to=3)
    assert numbers(database) == [5, 4, 3, 2, 1]


def test_two_activations_at_once_are_both_kept_in_order(database: Database) -> None:
    put(database, rule(stage="shadow"))
    texts = [rule(stage="warn"), rule(stage="hold"), rule(stage="block")]
    ready, done, wrong = threading.Barrier(len(texts)), [], []

    def act(text: str) -> None:
        ready.wait()
        try:
            done.append(put(database, text))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=act, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sorted(done) == [2, 3, 4]
    with database.read() as connection:
        audited = connection.scalars(select(AuditRow.after).where(AuditRow.action == "policy.change")).all()
        stored = {one.number: one.text for one in connection.execute(select(PolicyVersion.number, PolicyVersion.text))}
    assert sorted(json.loads(row)["version"] for row in audited) == [1, 2, 3, 4]
    assert sorted(stored[number] for number in (2, 3, 4)) == sorted(texts)


# --------------------------------------------------------------- in every process


def in_another_process(
    database_url: str, ask: Callable[[LiveBook], str]
) -> tuple[Callable[[], str], Callable[[], None]]:
    """`ask` answered by a process that has a book of its own; and how to end it."""
    questions, answers = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            book = LiveBook(open_database(database_url))
            while os.read(questions[0], 1) == b"?":
                os.write(answers[1], ask(book).encode().ljust(20))
            code = 0
        finally:
            os._exit(code)

    def put_question() -> str:
        os.write(questions[1], b"?")
        return os.read(answers[0], 20).decode().strip()

    def end() -> None:
        os.write(questions[1], b".")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        for fd in (*questions, *answers):
            os.close(fd)

    return put_question, end


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_process_judges_by_a_new_version_from_the_moment_of_its_commit(engine: str, tmp_path: Path) -> None:
    url = new_database(engine, tmp_path)
    opened = open_database(url)
    from mailhub.store.schema import METADATA

    with opened.write() as connection:
        METADATA.create_all(connection)
    put(opened, rule(stage="shadow"))
    asked, end = in_another_process(url, stage_now)
    own = LiveBook(opened)
    for stage in ("warn", "hold", "block", "shadow"):
        put(opened, rule(stage=stage))
        assert asked() == stage
        assert stage_now(own) == stage
    end()
    own.close()
    opened.close()


def test_the_book_is_not_read_again_for_other_acts_on_accounts(sqlite_database: Database) -> None:
    put(sqlite_database, rule())
    book = LiveBook(sqlite_database)
    judge = book.current()
    assert book.current() is judge
    with sqlite_database.write() as connection:
        bump_version(connection)
    assert book.current() is judge


def spoil(database: Database, number: int) -> None:
    """As if a program had written it that reads more than this one."""
    with database.write() as connection:
        connection.execute(
            update(PolicyVersion).where(PolicyVersion.number == number).values(text="[[rule]]\nid = 1\n")
        )
        bump_version(connection)


def test_a_stored_version_that_cannot_be_read_leaves_the_last_good_one(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    put(database, rule(stage="shadow"))
    put(database, rule(stage="hold"))
    running = LiveBook(database)
    assert stage_now(running) == "hold"
    put(database, rule(stage="block"))
    spoil(database, 3)
    with caplog.at_level(logging.ERROR):
        assert (stage_now(running), running.current().version) == ("hold", 2)
        assert "version 3" in caplog.text
    caplog.clear()
    with database.write() as connection:
        bump_version(connection)
    assert (stage_now(running), caplog.text) == ("hold", "")  # said once
    started_anew = LiveBook(database)
    assert (stage_now(started_anew), started_anew.current().version) == ("hold", 2)
    put(database, rule(stage="warn"))
    assert (stage_now(running), stage_now(started_anew)) == ("warn", "warn")
    running.close()
    started_anew.close()


def test_without_any_good_version_the_shipped_rules_hold_and_without_any_none(sqlite_database: Database) -> None:
    empty = LiveBook(sqlite_database)
    assert (empty.current().book.rules, empty.current().version) == ((), 0)
    put(sqlite_database, rule())
    spoil(sqlite_database, 1)
    fresh = LiveBook(sqlite_database)
    assert fresh.current().book.rules != ()
    assert fresh.current().version == 0
    empty.close()
    fresh.close()


# -------------------------------------------------------------------- exceptions


def facts(
    *recipients: str, sender: str = "nva@tinh.gov.vn", agencies: tuple[str, ...] = ("snv-vp", "snv", "tinh")
) -> Facts:
    return Facts(
        message=MessageFacts(origin=Origin.OWN),
        sender=SenderFacts(address=sender, agencies=agencies),
        recipients={one: RecipientFacts(mail_class=MailClass.PRIVATE) for one in recipients},
        at=NOW,
    )


def found(database: Database, given: Facts, *rules: str) -> list[tuple[str, str]]:
    asked = exceptions.exempting(database, given)(frozenset(rules or (PRIVATE,)))
    return [(one.who, one.to) for one in asked]


def test_exceptions_are_found_by_address_agency_above_and_everybody_until_their_day(database: Database) -> None:
    put(
        database,
        rule()
        + rule("luat-khac")
        + exception("NVA@tinh.gov.vn")
        + exception("snv")
        + exception("*", to="benhvien.example")
        + exception("snv-vp", to="ai@gmail.com", until="2026-11-22")
        + exception("syt")
        + exception("ttb@tinh.gov.vn")
        + exception("tinh", until="2026-11-21")
        + exception("snv-vp", ident="luat-khac"),
    )
    mine = [("nva@tinh.gov.vn", "*"), ("snv", "*")]
    assert found(database, facts("xyz@gmail.com")) == mine
    assert found(database, facts("Ai@Gmail.com")) == [*mine, ("snv-vp", "ai@gmail.com")]
    assert found(database, facts("bs@benhvien.example")) == [*mine, ("*", "benhvien.example")]
    assert found(database, facts("xyz@gmail.com"), "luat-khac") == [("snv-vp", "*")]
    assert found(database, facts("xyz@gmail.com", sender="la@x.vn", agencies=())) == []


def test_exceptions_are_those_of_the_version_in_force(database: Database) -> None:
    put(database, rule() + exception("snv"))
    put(database, rule() + exception("syt"))
    with database.read() as connection:
        assert [one.who for one in exceptions.every(connection)] == ["syt"]
    with database.write() as connection:
        versions.back(connection, ROOT, reason="x")
    with database.read() as connection:
        assert [one.who for one in exceptions.every(connection)] == ["snv"]
        assert [one.who for one in exceptions.ending(connection, TODAY, date(2031, 1, 1))] == ["snv"]


def test_ten_thousand_exceptions_take_no_memory_of_a_process_that_judges(sqlite_database: Database) -> None:
    def memory(text: str) -> int:
        put(sqlite_database, text)
        tracemalloc.start()
        book = LiveBook(sqlite_database)
        judge = book.current()
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert judge.book.exemptions == ()
        book.close()
        return taken

    memory(rule(stage="warn"))  # what is loaded once
    few = memory(rule())
    many = memory(rule() + "".join(exception(f"canbo{number}@tinh.gov.vn") for number in range(10_000)))
    assert many < few + 100_000
    assert found(sqlite_database, facts("a@gmail.com", sender="canbo777@tinh.gov.vn")) == [
        ("canbo777@tinh.gov.vn", "*")
    ]


@pytest.mark.unit
def test_lines_of_rules_keep_their_numbers_without_the_exceptions() -> None:
    text = exception("a@b.vn") + rule() + exception("c@d.vn") + rule("khac")
    alone = without_exceptions(text)
    assert len(alone.split("\n")) == len(text.split("\n"))
    assert [number for number, line in enumerate(alone.split("\n")) if line.startswith("id")] == [
        number for number, line in enumerate(text.split("\n")) if line.startswith("id")
    ]
    assert "a@b.vn" not in alone + without_exceptions(text)


def test_exceptions_hidden_from_the_processes_in_other_ways_are_refused(sqlite_database: Database) -> None:
    inline = (
        f'exception = [{{ rule = "{PRIVATE}", who = "snv", to = "*", why = "x", until = 2030-01-01, by = "GĐ" }}]\n'
        + rule()
    )
    with pytest.raises(BookErrors, match="exception"):
        put(sqlite_database, inline)
    with pytest.raises(BookErrors):
        put(sqlite_database, rule(title='x"\nhours = 3 # """\n[[exception]]').replace("title", "title", 1))


# ------------------------------------------------------------------ the hub's own


def test_a_hub_from_before_there_were_rules_gets_the_catalogue(sqlite_database: Database, tmp_path: Path) -> None:
    adopt_at_start(sqlite_database, tmp_path)
    assert (tmp_path / POLICY_FILE).read_text() == shipped_text()
    with sqlite_database.read() as connection:
        version = versions.find_version(connection, ROOT)
    assert (version.number, version.by, version.text) == (1, "mailhub:reload", shipped_text())
    adopt_at_start(sqlite_database, tmp_path)
    assert numbers(sqlite_database) == [1]


def test_a_changed_file_is_a_version_at_a_reload_and_an_old_one_is_not(
    sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / POLICY_FILE
    file.write_text(rule(stage="shadow"))
    adopt_at_start(sqlite_database, tmp_path)
    file.write_text(rule(stage="hold"))
    adopt_at_reload(sqlite_database, tmp_path)
    assert numbers(sqlite_database) == [2, 1]
    file.write_text(rule(stage="shadow"))
    adopt_at_reload(sqlite_database, tmp_path)
    adopt_at_start(sqlite_database, tmp_path)
    assert numbers(sqlite_database) == [2, 1]
    file.unlink()
    adopt_at_reload(sqlite_database, tmp_path)
    assert (numbers(sqlite_database), file.exists()) == ([2, 1], False)
    adopt_at_start(sqlite_database, tmp_path)
    assert file.read_text() == rule(stage="hold")


@pytest.mark.parametrize(
    ("octets", "where"),
    [
        (rule().replace("hold", "hlod").encode(), ":6: "),
        (b"[[rule]\n", ":1: "),
        (b"# a\n# \xff\n", ":2: not UTF-8"),
    ],
)
def test_a_broken_file_stops_a_start_and_changes_nothing_at_a_reload(
    sqlite_database: Database, tmp_path: Path, octets: bytes, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(sqlite_database, rule())
    (tmp_path / POLICY_FILE).write_bytes(octets)
    with pytest.raises((BookErrors, PolicyFileFault), match=POLICY_FILE + where):
        adopt_at_start(sqlite_database, tmp_path)
    adopt_at_reload(sqlite_database, tmp_path)
    assert where in caplog.text
    assert numbers(sqlite_database) == [1]
