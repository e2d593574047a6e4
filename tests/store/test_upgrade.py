"""A hub of before, with rows in it, under the tables of today."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.idle import idle_accounts
from mailhub.accounts.models import MailboxState
from mailhub.clock import DAY, now_ms
from mailhub.ids import first_id, new_code
from mailhub.mail.reply_word import WordKind
from mailhub.queue import acts, moderation, words
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.closing import release_mail_of
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate
from mailhub.screening.rules.adopting import adopt_at_start
from mailhub.screening.rules.policy_file import POLICY_FILE, shipped_text
from mailhub.screening.rules.versions import in_force
from mailhub.store.database import Database, open_database
from mailhub.store.migrate import apply_migrations
from tests.queue.parts import PLACE, message
from tests.support.accounts import ROOT
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


_HELD = ("person", "inspection", "sender-closed", "moderation")
_WAITING = ("queued", "delivering", "deferred")
_OVER = ("delivered", "refused", "bounced", "expired", "withdrawn")


def _mail(number: int, state: str, held_for: str = "") -> list[str]:
    """The rows of a message of An's with one recipient, as version 0004 has them."""
    ident, at, over = first_id(now_ms()) + number * 1000, now_ms(), state in _OVER
    code = new_code()
    why, ended = f"'{held_for}'" if held_for else "NULL", at if over else "NULL"
    due = "NULL" if over or held_for else "0"
    reader = "'w'" if state == "delivering" else "NULL"
    return [
        "INSERT INTO message (id, code, door, received_at, sender, sender_verified, account_id, client, message_id,"
        " subject, size, spool_file, spool_offset, spool_length, prefix, cuts, body_hash, utf8, eight_bit, junk,"
        f" fingerprint, done_at) VALUES ({ident}, '{code}', 'submission', {at}, 'nva@tinh.gov.vn', true, 4,"
        f" '192.0.2.1', '<{number}@x>', 'Thư', 5, 'segments/a-1.seg', 0, 5, :none, '', :none, false, false, false,"
        f" :print, {ended})",
        "INSERT INTO recipient (id, message_id, address, notify, destination, state, attempts, delay_notified, due_at,"
        f" lease, held_for, finished_at) VALUES ({ident + 500}, {ident}, '{held_for or state}@so.vn', '', 'mx:so.vn',"
        f" '{state}', 1, false, {due}, {reader}, {why}, {ended})",
        "INSERT INTO event (id, at, message_id, code, kind, facts)"
        f" VALUES ({ident}, 0, {ident}, '{code}', 'received', '{{}}')",
        *_asked(ident, held_for),
    ]


def _asked(ident: int, held_for: str) -> list[str]:
    if held_for == "inspection":
        return [
            "INSERT INTO pending_inspection (message_id, due_at, until, attempts)"
            f" VALUES ({ident}, 0, {now_ms() + DAY}, 0)"
        ]
    if held_for == "moderation":
        return [
            f"UPDATE recipient SET held_about = '9' WHERE message_id = {ident}",
            f"INSERT INTO pending_moderation (message_id, group_id, until) VALUES ({ident}, 9, {now_ms() + DAY})",
        ]
    return []


_GROUP = (
    "INSERT INTO mail_group (id, address, name, agency_id, owner_id, moderated)"
    " VALUES (9, 'nhom@tinh.gov.vn', 'Nhóm', 1, 4, true)"
)


@pytest.mark.parametrize("engine", ENGINES)
def test_mail_that_waited_before_there_were_rules_goes_on_in_every_state(engine: str, tmp_path: Path) -> None:
    database = open_database(new_database(engine, tmp_path))
    with database.write() as connection:
        apply_migrations(connection, "0004")
    mails = [_mail(n, state) for n, state in enumerate((*_WAITING, *_OVER))]
    mails += [_mail(n, "held", why) for n, why in enumerate(_HELD, 20)]
    with database.write() as connection:
        for row in (*_ROWS, _GROUP):
            connection.execute(text(row))
        for number, rows in enumerate(mails):
            for row in rows:
                given = {"none": b"", "print": bytes([number])}
                connection.execute(text(row), {key: given[key] for key in given if f":{key}" in row})
        apply_migrations(connection)
    with database.write() as connection:
        queue.release_leases(connection, worker="w", now=now_ms())
        claimed = queue.claim(connection, worker="w", now=now_ms(), limit=99, lease_until=now_ms() + DAY)
        assert {one.address for one in claimed} == {f"{state}@so.vn" for state in _WAITING}
        assert {one.folder for one in claimed} == {""}
        (waiting,) = queue.claim_inspections(connection, worker="w", now=now_ms(), limit=9, lease_until=now_ms() + DAY)
        asking = Asking(
            owner_id=4, owner="nva@tinh.gov.vn", rule="r", until=now_ms() + DAY, reason_needed=False, facts={}
        )
        fate = Fate(state=RecipientState.HELD, rule="r", asking=asking)
        done = queue.finish_inspection(
            connection, waiting, worker="w", now=now_ms(), facts={}, local_prefix=b"", reason="read",
            ruling=Ruling(fates={"inspection@so.vn": fate}),
        )  # fmt: skip
        assert done
        acts.release(connection, ROOT, Selection(to="person@so.vn"), reason="x")
        moderation.approve(connection, ROOT, waiting_code(connection, "moderation"))
        release_mail_of(connection, 4, now=now_ms())
        words.give(connection, ROOT, waiting_code(connection, "inspection"), WordKind.SEND, reason="x")
    with database.write() as connection:
        claimed = queue.claim(connection, worker="w", now=now_ms() + 1, limit=99, lease_until=now_ms() + DAY)
        assert {one.address for one in claimed} == {f"{why}@so.vn" for why in _HELD}
    _sent_again(database)
    database.close()


def waiting_code(connection: Connection, local: str) -> str:
    query = "SELECT m.code FROM message m JOIN recipient r ON r.message_id = m.id WHERE r.address = :to"
    return str(connection.scalar(text(query), {"to": f"{local}@so.vn"}))


def _sent_again(database: Database) -> None:
    """What a moderator refused before, and what came back, is delivered when it is sent again; the rest is known."""
    with database.write() as connection:
        prints = connection.execute(
            text("SELECT m.fingerprint, r.state FROM message m JOIN recipient r ON r.message_id = m.id")
        ).all()
        again = [message("x@so.vn", fingerprint=bytes(row.fingerprint), received_at=now_ms()) for row in prints]
        answers = queue.enqueue(connection, again, [PLACE] * len(again))
    fresh = {row.state for row, answer in zip(prints, answers, strict=True) if not answer.repeated}
    assert fresh == {"refused", "bounced", "expired", "withdrawn"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hub_from_before_there_were_rules_gets_the_catalogue(engine: str, tmp_path: Path) -> None:
    database = open_database(new_database(engine, tmp_path))
    with database.write() as connection:
        apply_migrations(connection, "0004")
    with database.write() as connection:
        apply_migrations(connection)
    for _ in range(2):  # and the next start changes nothing
        adopt_at_start(database, tmp_path)
    with database.read() as connection:
        known = in_force(connection)
    assert known is not None
    assert (known.number, known.text) == (1, shipped_text())
    assert (tmp_path / POLICY_FILE).read_text(encoding="utf-8") == known.text
    database.close()
