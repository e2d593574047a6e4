"""Sessions in the mailboxes that were opened with a secret which is changed since."""

from __future__ import annotations

import pytest

from mailhub.accounts import service
from mailhub.accounts.passwords import hasher_for
from mailhub.clock import MINUTE, now_ms
from mailhub.mailboxes.dovecot import Session
from mailhub.mailboxes.sessions import SessionEnder
from mailhub.serve import backends
from mailhub.serve.backends import closed_accounts
from mailhub.serve.shared_sessions import SharedSessions
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Passwords, make_account

WHO = "nva@tinh.gov.vn"


class Mailboxes:
    """A Dovecot with one session of each of these; `deaf`: it ends none."""

    def __init__(self, *users: str) -> None:
        self.users = set(users)
        self.deaf = False

    async def sessions(self, user: str = "") -> list[Session]:
        return [Session(one, "imap", 1, "192.0.2.1") for one in sorted(self.users)]

    async def end_sessions(self, users: set[str]) -> bool:
        if not self.deaf:
            self.users -= users
        return not self.deaf


def ender(database: Database, mailboxes: Mailboxes) -> SessionEnder:
    return SessionEnder(mailboxes, *closed_accounts(database, SharedSessions()))


def change(database: Database, at: int | None = None) -> None:
    with database.write() as c:
        service.set_password(c, ROOT, WHO, hasher_for(Passwords()).hash("Cau-Ham-Rong.26"), at=at)


async def test_they_end_and_nobody_elses_does(province: Database) -> None:
    make_account(province, WHO, password=PASSWORD)
    make_account(province, "ttb@tinh.gov.vn", password=PASSWORD)
    mailboxes = Mailboxes(WHO, "ttb@tinh.gov.vn")
    change(province)
    await ender(province, mailboxes).look()
    assert mailboxes.users == {"ttb@tinh.gov.vn"}


async def test_a_dovecot_that_is_deaf_for_long_is_told_until_it_obeys(
    province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 0
    monkeypatch.setattr(backends, "now_ms", lambda: now_ms() + seconds * 1000)
    make_account(province, WHO, password=PASSWORD)
    mailboxes = Mailboxes(WHO)
    watch = ender(province, mailboxes)
    await watch.look()
    change(province)
    mailboxes.deaf = True
    for seconds in range(1, 30):  # noqa: B007 - the clock reads it
        await watch.look()
    assert WHO in mailboxes.users
    mailboxes.deaf = False
    await watch.look()
    assert mailboxes.users == set()


async def test_a_verifier_that_was_away_meanwhile_ends_them_when_it_is_back(province: Database) -> None:
    make_account(province, WHO, password=PASSWORD)
    mailboxes = Mailboxes(WHO)
    change(province, at=now_ms() - 10 * MINUTE)
    await ender(province, mailboxes).look()
    assert mailboxes.users == set()
