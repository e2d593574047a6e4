"""A hub of before, with rows in it, under the tables of today."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.idle import idle_accounts
from mailhub.accounts.models import MailboxState
from mailhub.clock import DAY, now_ms
from mailhub.store.database import open_database
from mailhub.store.migrate import apply_migrations
from tests.support.databases import ENGINES, new_database

_ROWS = (
    "INSERT INTO agency (id, code, name, kind, unit_address) VALUES (1, 'snv', 'Sở Nội vụ', '', '')",
    "INSERT INTO domain (name, canonical, receives, home, relay) VALUES ('tinh.gov.vn', true, true, '', false)",
    "INSERT INTO person (id, full_name, title, agency_id) VALUES (2, 'Nguyễn Văn An', '', 1), (3, 'Đỗ Bình', '', 1)",
    "INSERT INTO mailbox (id, address, kind, name, agency_id, person_id, state, may_login, may_send, receives,"
    " refuses_while_suspended, unit_address, created_at) VALUES"
    " (4, 'nva@tinh.gov.vn', 'personal', 'Nguyễn Văn An', 1, 2, 'active', true, true, true, false, '', 0),"
    " (5, 'db@tinh.gov.vn', 'personal', 'Đỗ Bình', 1, 3, 'ended', true, true, true, false, '', 0)",
    "INSERT INTO address (address, domain, kind, mailbox_id, protected) VALUES"
    " ('nva@tinh.gov.vn', 'tinh.gov.vn', 'mailbox', 4, false), ('db@tinh.gov.vn', 'tinh.gov.vn', 'mailbox', 5, false)",
)


@pytest.mark.parametrize("engine", ENGINES)
def test_accounts_of_before_go_on_as_they_were(engine: str, tmp_path: Path) -> None:
    database = open_database(new_database(engine, tmp_path))
    with database.write() as connection:
        apply_migrations(connection, "0003")
    with database.write() as connection:
        for row in _ROWS:
            connection.execute(text(row))
        apply_migrations(connection)
    with database.read() as connection:
        used, ended = (find_mailbox(connection, f"{name}@tinh.gov.vn") for name in ("nva", "db"))
        assert idle_accounts(connection, days=45, at=now_ms()) == []
        assert len(idle_accounts(connection, days=45, at=now_ms() + 46 * DAY)) == 1
    database.close()
    assert (used.state, used.logs_in, used.folded) == (MailboxState.ACTIVE, True, "nguyen van an nva@tinh.gov.vn")
    assert ended.state is MailboxState.RETAINED
