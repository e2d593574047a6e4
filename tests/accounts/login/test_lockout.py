"""Different wrong passwords lock; the same one again does not, and nobody is locked out by a stranger elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.authenticate import Accepted, Rejected
from mailhub.accounts.credentials import unlock_account
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.records import AuditRow, DirectoryVersion, LoginThrottle
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.throttle import locks_of
from mailhub.clock import DAY, HOUR, MINUTE
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Lockout, Settings, make_account
from tests.support.logins import ADDRESS, HOME, OFFICE, START, Client, told

LOCKING = Settings(lockout=Lockout(failures=5, free_failures=2))
EVERYWHERE = Settings(lockout=Lockout(failures=5, free_failures=2, scope="account"))


@pytest.fixture
def account(province: Database) -> int:
    return make_account(province, ADDRESS)


def fail(client: Client, number: int, login: str = ADDRESS) -> list[float]:
    return [client.login(f"Sai-{n}", login=login).delay_seconds for n in range(number)]


def test_the_fifth_different_password_locks_the_account_for_that_network_alone(
    province: Database, account: int
) -> None:
    client = Client(province, HOME, LOCKING)
    assert fail(client, 5) == [0.0, 0.0, 1.0, 2.0, 4.0]
    shut = client.login(PASSWORD, wait=False)
    assert shut == Rejected(30.0)  # a door does not hold somebody for a quarter of an hour
    assert Client(province, OFFICE, LOCKING, client.at).gets_in(PASSWORD)
    assert told(province)[1].startswith("đang bị khóa đăng nhập đến ")
    assert "đăng nhập từ mạng này bị tạm khóa" in told(province)[2]
    with province.read() as c:
        (lock,) = locks_of(c, account, at=client.at)
    assert lock.network == "203.0.113.0/24"
    client.at = lock.until - 1
    assert not client.gets_in(PASSWORD)
    client.at = lock.until
    assert client.gets_in(PASSWORD)


def test_unknown_names_are_locked_alike(province: Database, account: int) -> None:
    known, unknown = Client(province, HOME, LOCKING), Client(province, HOME, LOCKING)
    assert fail(known, 9) == fail(unknown, 9, "khong-co@tinh.gov.vn")


def test_phones_that_were_not_told_lock_nobody_out(province: Database, account: int) -> None:
    """Two of them, with two old passwords, and their owner mistypes now and then for weeks."""
    client = Client(province, HOME, LOCKING)
    for day in range(30):
        for _ in range(3):
            assert client.login("Cu-Roi.2024").delay_seconds == 0
            assert client.login("Cu-Roi.2025").delay_seconds == 0
        client.login(f"nham-{day}")
        client.at += DAY
        assert client.login("Cu-Roi.2025").delay_seconds == 0
    assert client.gets_in(PASSWORD)


def test_a_success_forgets_what_failed(province: Database, account: int) -> None:
    client = Client(province, HOME, LOCKING)
    for _ in range(3):
        fail(client, 4)
        assert client.gets_in(PASSWORD)


def test_an_administrator_unlocks_and_it_is_audited(province: Database, account: int) -> None:
    client = Client(province, HOME, LOCKING)
    fail(client, 5)
    with province.write() as c:
        assert unlock_account(c, ROOT, ADDRESS, reason="đã gọi lại") == 1
        assert unlock_account(c, ROOT, ADDRESS) == 0
    assert client.gets_in(PASSWORD)
    with province.read() as c:
        rows = c.execute(select(AuditRow.action, AuditRow.before).where(AuditRow.action == "account.unlock")).all()
    assert "203.0.113.0/24" in rows[0].before


def test_nobody_unlocks_without_the_right(province: Database, account: int) -> None:
    stranger = Actor(name="x@tinh.gov.vn", role=Role.CLERK, agency_id=1, account_id=2)
    with pytest.raises(NotAllowed), province.write() as c:
        unlock_account(c, stranger, ADDRESS)


def test_by_the_regulations_rule_everybody_is_locked_out_for_twelve_hours(province: Database, account: int) -> None:
    here, there = Client(province, HOME, EVERYWHERE), Client(province, OFFICE, EVERYWHERE)
    for n in range(5):  # from different networks, none of which comes to five
        client = (here, there)[n % 2]
        client.at = START + n * 5_000
        client.login(f"Sai-{n}")
    for client in (here, there):
        client.at = START + MINUTE
        assert not client.gets_in(PASSWORD)
        client.at = START + 20_000 + 12 * HOUR - 1
        assert not client.gets_in(PASSWORD)
    here.at = START + 20_000 + 12 * HOUR
    assert here.gets_in(PASSWORD)
    assert "đăng nhập bị tạm khóa ở mọi nơi" in "".join(told(province))


def test_an_account_locked_everywhere_is_opened_by_an_administrator(province: Database, account: int) -> None:
    client = Client(province, HOME, EVERYWHERE)
    fail(client, 5)
    with province.write() as c:
        unlock_account(c, ROOT, ADDRESS)
    assert client.gets_in(PASSWORD)


def test_a_password_that_is_set_ends_a_lock(province: Database, account: int) -> None:
    client = Client(province, HOME, EVERYWHERE)
    fail(client, 5)
    with province.write() as c:
        service.set_password(c, ROOT, ADDRESS, new_hash(LOCKING.passwords, "Song-Hong.2027", ADDRESS))
    assert client.gets_in("Song-Hong.2027")


SPRAYED = Settings(lockout=replace(LOCKING.lockout, network_failures=10, longest_delay_seconds=8))


def spray(database: Database, names: int, ip: str = HOME, *, at: int = START) -> Client:
    client = Client(database, ip, SPRAYED, at)
    for n in range(names):
        client.login("Song-Lo.2025", login=f"ten{n}@tinh.gov.vn", wait=False)
    return client


def test_one_password_tried_at_many_names_gets_slow_for_that_network(province: Database, account: int) -> None:
    client = spray(province, 9)
    delays = [client.login("Song-Lo.2025", login=f"nua{n}@tinh.gov.vn", wait=False).delay_seconds for n in range(6)]
    assert delays == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    elsewhere = Client(province, OFFICE, SPRAYED, client.at)
    assert elsewhere.login("Song-Lo.2025", login="x@tinh.gov.vn").delay_seconds == 0


def test_a_guess_that_is_right_waits_like_the_wrong_ones_and_an_owner_who_was_there_before_does_not(
    province: Database, account: int
) -> None:
    make_account(province, "cu@tinh.gov.vn")
    owner = Client(province, HOME, SPRAYED)
    assert owner.gets_in(PASSWORD, login="cu@tinh.gov.vn")
    client = spray(province, 15, at=owner.at)
    first = client.login(PASSWORD, wait=False)
    assert isinstance(first, Accepted)
    assert first.delay_seconds == 8.0  # hanging up before tells nothing
    again = client.login(PASSWORD, wait=False)
    assert (isinstance(again, Accepted), again.delay_seconds) == (True, 0.0)
    old = client.login(PASSWORD, login="cu@tinh.gov.vn")
    assert (isinstance(old, Accepted), old.delay_seconds) == (True, 0.0)


def test_an_offices_mistakes_of_many_days_do_not_add_up(province: Database, account: int) -> None:
    client = Client(province, HOME, SPRAYED)
    for n in range(40):
        verdict = client.login("Sai-1", login=f"nguoi{n}@tinh.gov.vn")
        assert verdict.delay_seconds == 0
        client.at += 3 * MINUTE


def test_what_is_over_is_not_kept(province: Database, account: int) -> None:
    client = spray(province, 20)
    fail(client, 5)
    client.at += DAY
    client.login("Sai-1")
    with province.read() as c:
        assert c.execute(select(func.count()).select_from(LoginThrottle)).scalar_one() == 2
        assert c.execute(select(DirectoryVersion.version)).scalar_one() > 0
