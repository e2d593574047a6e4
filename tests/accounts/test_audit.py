"""The audit log notices what was done to it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, select, update

from mailhub.accounts import audit
from mailhub.accounts.audit import ChainReport
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Subject
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, make_account

SUBJECT = Subject(kind="account", name="nva@tinh.gov.vn")


def fill(database: Database, rows: int) -> None:
    for n in range(rows):
        with database.write() as c:
            audit.record(c, ROOT, "account.suspend", SUBJECT, before={"n": n}, after={"tên": "Ủy ban"}, reason="vì")


def report(database: Database) -> ChainReport:
    with database.read() as c:
        return audit.verify_chain(c)


def test_an_untouched_log_verifies(database: Database) -> None:
    assert report(database) == ChainReport(True, 0, None)
    fill(database, 5)
    assert report(database) == ChainReport(True, 5, None)


COLUMNS = [column.key for column in AuditRow.__table__.c if column.key != "id"]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_row_is_noticed(database: Database, column: str) -> None:
    fill(database, 4)
    with database.write() as c:
        c.execute(update(AuditRow).where(AuditRow.id == 3).values({column: 1 if column == "at" else "0"}))
    assert report(database) == ChainReport(False, 2, 3)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_deleted_row_is_noticed_also_the_last(database: Database, number: int) -> None:
    fill(database, 5)
    with database.write() as c:
        c.execute(delete(AuditRow).where(AuditRow.id == number))
    assert report(database) == ChainReport(False, number - 1, number)


def test_a_log_emptied_whole_is_noticed(database: Database) -> None:
    fill(database, 2)
    with database.write() as c:
        c.execute(delete(AuditRow))
    assert not report(database).ok


def test_a_rolled_back_act_leaves_no_gap(database: Database) -> None:
    fill(database, 2)

    def undone() -> None:
        with database.write() as c:
            audit.record(c, ROOT, "account.end", SUBJECT)
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        undone()
    fill(database, 1)
    assert report(database) == ChainReport(True, 3, None)


def test_writers_at_once_do_not_fork_the_chain(database: Database) -> None:
    threads = [threading.Thread(target=fill, args=(database, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert report(database) == ChainReport(True, 40, None)


def test_no_secret_gets_into_the_log(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with province.read() as c:
        rows = c.execute(select(AuditRow.before, AuditRow.after)).all()
    assert not [row for row in rows if PASSWORD in row.after or "argon2" in row.before + row.after]
