"""Logging in, failing to, and what is told and kept about it."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import func, select, update

from mailhub.accounts import service
from mailhub.accounts.attempts import KEPT, Cause
from mailhub.accounts.authenticate import Accepted, Rejected, authenticate
from mailhub.accounts.models import Mailbox
from mailhub.accounts.passwords import hasher_for, new_hash
from mailhub.accounts.records import Credential, LoginAttempt, LoginThrottle
from mailhub.clock import MINUTE
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Passwords, Settings, make_account, make_province

HOME, OFFICE = "203.0.113.7", "198.51.100.9"
START = 1_800_000_000_000


class Client:
    """Somebody who tries, and waits out each delay like a door does."""

    def __init__(self, database: Database, ip: str = HOME, settings: Settings | None = None) -> None:
        self.database, self.ip, self.at = database, ip, START
        self.settings = settings or Settings()

    def login(self, login: str, secret: str, *, service: str = "imap", wait: bool = True) -> Accepted | Rejected:
        verdict = authenticate(
            self.database, login, secret, service=service, ip=self.ip, at=self.at, settings=self.settings
        )
        if isinstance(verdict, Rejected) and wait:
            self.at += int(verdict.delay_seconds * 1000)
        self.at += 1
        return verdict

    def delays(self, login: str, secrets: list[str]) -> list[float]:
        verdicts = [self.login(login, secret) for secret in secrets]
        return [verdict.delay_seconds if isinstance(verdict, Rejected) else -1 for verdict in verdicts]


@pytest.fixture
def account(province: Database) -> int:
    return make_account(province, "nva@tinh.gov.vn")


def causes(database: Database) -> list[str]:
    with database.read() as c:
        return [attempt.cause for attempt in service.why(c, ROOT, "nva@tinh.gov.vn").attempts]


def guesses(count: int) -> list[str]:
    return [f"Sai-{n}" for n in range(count)]


@pytest.mark.parametrize("login", ["nva@tinh.gov.vn", "NVA@Tinh.gov.VN", " nva@tinh.gov.vn"])
def test_the_right_password_opens(province: Database, account: int, login: str) -> None:
    verdict = Client(province).login(login, PASSWORD)
    assert verdict == Accepted(account, "nva@tinh.gov.vn", "Nguyễn Văn An", None)


def test_another_name_opens_the_same_account(province: Database, account: int) -> None:
    with province.write() as c:
        service.add_alias(c, ROOT, "an@tinh.gov.vn", "nva@tinh.gov.vn")
    verdict = Client(province).login("an@tinh.gov.vn", PASSWORD)
    assert isinstance(verdict, Accepted)
    assert verdict.address == "nva@tinh.gov.vn"


@pytest.mark.parametrize(
    "secret", ["", "x", PASSWORD + " ", PASSWORD.lower(), PASSWORD * 40, "\0", "\ud800", "x" * 10**6]
)
def test_any_other_password_does_not(province: Database, account: int, secret: str) -> None:
    assert isinstance(Client(province).login("nva@tinh.gov.vn", secret), Rejected)


@pytest.mark.parametrize(
    "login", ["", "nva", "\0@tinh.gov.vn", "\ud800@tinh.gov.vn", "x" * 5000, "postmaster@tinh.gov.vn"]
)
def test_names_that_are_nobodys_are_refused(province: Database, account: int, login: str) -> None:
    assert Client(province).login(login, PASSWORD) == Rejected(0.0)


def test_a_vietnamese_password_is_the_same_however_it_was_composed(province: Database) -> None:
    make_account(province, "b@tinh.gov.vn", password="Mật-khẩu.2026")  # precomposed
    decomposed = "M\u0061\u0323\u0302t-kh\u0061\u0302\u0309u.2026"
    assert isinstance(Client(province).login("b@tinh.gov.vn", decomposed), Accepted)


def test_delays_grow_with_failures_and_are_alike_for_unknown_names(province: Database, account: int) -> None:
    expected = [0.0] * 5 + [1, 2, 4, 8, 16, 30, 30]
    assert Client(province).delays("nva@tinh.gov.vn", guesses(12)) == expected
    assert Client(province).delays("khong-co@tinh.gov.vn", guesses(12)) == expected


def test_sixty_guesses_are_mostly_slow(province: Database, account: int) -> None:
    delays = Client(province).delays("nva@tinh.gov.vn", guesses(60))
    assert sum(delay >= 0.5 for delay in delays) >= 50


def test_the_owner_is_not_delayed_by_a_stranger(province: Database, account: int) -> None:
    Client(province, HOME).delays("nva@tinh.gov.vn", guesses(20))
    owner = Client(province, OFFICE)
    assert isinstance(owner.login("nva@tinh.gov.vn", PASSWORD), Accepted)


def test_neighbours_in_a_network_share_a_count(province: Database, account: int) -> None:
    Client(province, "203.0.113.7").delays("nva@tinh.gov.vn", guesses(8))
    for ip in ("203.0.113.200", "::ffff:203.0.113.9"):
        assert isinstance(Client(province, ip).login("nva@tinh.gov.vn", PASSWORD), Rejected)
    Client(province, "2001:db8::1").delays("nva@tinh.gov.vn", guesses(8))
    assert isinstance(Client(province, "2001:db8::2").login("nva@tinh.gov.vn", PASSWORD), Rejected)
    assert isinstance(Client(province, "2001:db8:0:1::2").login("nva@tinh.gov.vn", PASSWORD), Accepted)


def test_while_a_delay_runs_even_the_right_password_is_not_looked_at(province: Database, account: int) -> None:
    client = Client(province)
    client.delays("nva@tinh.gov.vn", guesses(7))
    verdict = client.login("nva@tinh.gov.vn", "Sai-8", wait=False)
    assert isinstance(verdict, Rejected)
    at_once = client.login("nva@tinh.gov.vn", PASSWORD, wait=False)
    assert isinstance(at_once, Rejected)
    assert 0 < at_once.delay_seconds < verdict.delay_seconds
    client.at += int(verdict.delay_seconds * 1000)
    assert isinstance(client.login("nva@tinh.gov.vn", PASSWORD), Accepted)


def test_the_same_wrong_password_counts_once(province: Database, account: int) -> None:
    phone = Client(province)
    assert phone.delays("nva@tinh.gov.vn", ["Cu-Roi.2025"] * 30) == [0.0] * 30
    assert isinstance(phone.login("nva@tinh.gov.vn", PASSWORD), Accepted)


def test_a_success_forgets_the_networks_failures_only(province: Database, account: int) -> None:
    here, there = Client(province, HOME), Client(province, OFFICE)
    there.delays("nva@tinh.gov.vn", guesses(6))
    here.delays("nva@tinh.gov.vn", guesses(5))
    assert isinstance(here.login("nva@tinh.gov.vn", PASSWORD), Accepted)
    assert here.delays("nva@tinh.gov.vn", guesses(1)) == [0.0]
    assert there.delays("nva@tinh.gov.vn", ["khác"]) == [2.0]


def test_failures_are_forgotten_after_the_window(province: Database, account: int) -> None:
    client = Client(province)
    client.delays("nva@tinh.gov.vn", guesses(8))
    client.at += 15 * MINUTE + 1
    assert client.delays("nva@tinh.gov.vn", ["khác"]) == [0.0]
    with province.read() as c:
        assert c.execute(select(func.count()).select_from(LoginThrottle)).scalar_one() == 1


@pytest.mark.parametrize(
    ("close", "cause"),
    [("suspend", Cause.SUSPENDED), ("end", Cause.ENDED), ("switch", Cause.LOGIN_CLOSED)],
)
def test_a_closed_account_answers_like_a_wrong_password_and_is_recorded(
    province: Database, account: int, close: str, cause: Cause
) -> None:
    with province.write() as c:
        if close == "suspend":
            service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason="x")
        elif close == "end":
            service.end_account(c, ROOT, "nva@tinh.gov.vn", reason="x")
        else:
            c.execute(update(Mailbox).values(may_login=False))
    assert Client(province).login("nva@tinh.gov.vn", PASSWORD) == Rejected(0.0)
    assert causes(province) == [cause]


def test_an_account_without_password_opens_to_nobody(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", password=None)
    assert isinstance(Client(province).login("nva@tinh.gov.vn", ""), Rejected)
    assert isinstance(Client(province).login("nva@tinh.gov.vn", "nobody has this password"), Rejected)
    assert causes(province) == [Cause.NO_PASSWORD] * 2


def test_a_new_password_ends_the_old_one_and_the_delays(province: Database, account: int) -> None:
    client = Client(province)
    client.delays("nva@tinh.gov.vn", guesses(10))
    with province.write() as c:
        service.set_password(c, ROOT, "nva@tinh.gov.vn", new_hash(Passwords(), "Song-Hong.2027", "nva@tinh.gov.vn"))
    assert isinstance(client.login("nva@tinh.gov.vn", PASSWORD), Rejected)
    assert isinstance(client.login("nva@tinh.gov.vn", "Song-Hong.2027"), Accepted)


def test_a_hash_of_old_parameters_is_renewed_at_login(province: Database, account: int) -> None:
    dearer = Settings(Passwords(time_cost=2))

    def stored() -> str:
        with province.read() as c:
            return c.execute(select(Credential.hash).where(Credential.mailbox_id == account)).scalar_one()

    assert "t=1" in stored()
    assert isinstance(Client(province, settings=dearer).login("nva@tinh.gov.vn", PASSWORD), Accepted)
    assert "t=2" in stored()
    assert isinstance(Client(province, settings=dearer).login("nva@tinh.gov.vn", PASSWORD), Accepted)


def test_tries_are_told_in_words(province: Database, account: int) -> None:
    client = Client(province)
    client.login("nva@tinh.gov.vn", "Sông-Lô.2026", service="submission")
    client.login("nva@tinh.gov.vn", PASSWORD.upper())
    client.login("nva@tinh.gov.vn", PASSWORD)
    with province.read() as c:
        newest, capitals, vietnamese = service.why(c, ROOT, "nva@tinh.gov.vn").attempts
    assert newest.words() == "đăng nhập thành công"
    assert capitals.words() == "sai mật khẩu; toàn chữ hoa: có thể đang bật Caps Lock"
    assert vietnamese.words() == "sai mật khẩu; có ký tự tiếng Việt: có thể đang bật bộ gõ"
    assert (vietnamese.service, vietnamese.ip, vietnamese.at) == ("submission", HOME, START)


def test_only_the_last_tries_are_kept_and_repeated_successes_once_a_minute(province: Database, account: int) -> None:
    client = Client(province)
    client.delays("nva@tinh.gov.vn", guesses(KEPT + 5))
    with province.read() as c:
        assert c.execute(select(func.count()).select_from(LoginAttempt)).scalar_one() == KEPT
    for _ in range(3):
        client.login("nva@tinh.gov.vn", PASSWORD)
    assert causes(province)[:2] == [Cause.SUCCESS, Cause.WRONG_PASSWORD]
    client.at += MINUTE
    client.login("nva@tinh.gov.vn", PASSWORD)
    assert causes(province)[:2] == [Cause.SUCCESS, Cause.SUCCESS]


def test_no_password_is_kept_in_clear(province: Database, account: int) -> None:
    client = Client(province)
    client.login("nva@tinh.gov.vn", "Bi-mat.Canary9")
    with province.read() as c:
        for table in (LoginAttempt.__table__, LoginThrottle.__table__, Credential.__table__):
            assert "Canary9" not in str(c.execute(select(table)).all())
        assert len(c.execute(select(LoginThrottle.last_wrong)).scalar_one() or b"") == 3


def test_failures_at_once_are_all_counted(province: Database, account: int) -> None:
    def guess(n: int) -> None:
        Client(province).login("nva@tinh.gov.vn", f"Sai-{n}")

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with province.read() as c:
        assert c.execute(select(LoginThrottle.failures)).scalar_one() == 5


def test_an_unknown_name_takes_as_long_as_a_wrong_password(sqlite_database: Database) -> None:
    make_province(sqlite_database)
    real = Settings(Passwords(time_cost=2, memory_kib=19_456))
    make_account(sqlite_database, "nva@tinh.gov.vn", password=None)
    with sqlite_database.write() as c:
        service.set_password(c, ROOT, "nva@tinh.gov.vn", new_hash(real.passwords, PASSWORD, "nva@tinh.gov.vn"))

    def best(login: str) -> float:
        times = []
        for n in range(4):
            client = Client(sqlite_database, f"192.0.{n}.1", real)
            begun = time.process_time()  # argon2's, whatever else the machine does
            client.login(login, "Sai-Roi.1")
            times.append(time.process_time() - begun)
        return min(times)

    assert abs(best("nva@tinh.gov.vn") - best("khong-co@tinh.gov.vn")) < 0.1


def test_an_account_closed_while_the_password_is_checked_stays_closed(
    province: Database, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = hasher_for(Passwords())
    verify = hasher.verify

    def meanwhile(stored: str | None, secret: str) -> bool:
        with province.write() as c:  # would wait for ever if argon2 ran inside a transaction
            service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason="x")
        return verify(stored, secret)

    monkeypatch.setattr(hasher, "verify", meanwhile)
    assert isinstance(Client(province).login("nva@tinh.gov.vn", PASSWORD), Rejected)
    assert causes(province) == [Cause.SUSPENDED]
