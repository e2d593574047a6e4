"""The first login is checked against the old server: a real Dovecot, over TLS whose certificate counts."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.authenticate import Accepted, Rejected, Way
from mailhub.accounts.records import AuditRow, Credential, LoginThrottle
from mailhub.mailboxes import old_server
from mailhub.mailboxes.old_server import OldServerAway
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Settings, make_account
from tests.support.dovecot import HOSTNAME, Account, RunningDovecot, free_port
from tests.support.logins import ADDRESS, Client, told


@pytest.fixture(scope="module")
def old() -> Iterator[RunningDovecot]:
    with RunningDovecot({ADDRESS: Account(PASSWORD)}) as server:
        yield server


@pytest.fixture
def settings(old: RunningDovecot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The old server under its own name, trusted as a province's authority would be."""
    assert old.plan.imaps is not None
    old.asked.clear()
    old.fault = False
    authority = tmp_path / "ca.pem"
    old.authority.cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    resolve = socket.getaddrinfo

    def named(host: Any, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host == HOSTNAME else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", named)
    return with_server(f"imaps://{HOSTNAME}:{old.plan.imaps[1]}")


def with_server(url: str) -> Settings:
    plain = Settings()
    return replace(plain, passwords=replace(plain.passwords, old_imap=(f"tinh.gov.vn={url}",)))


@pytest.fixture
def account(province: Database) -> int:
    return make_account(province, ADDRESS, password=None)


def test_the_first_login_is_checked_there_and_the_password_kept_here(
    province: Database, account: int, settings: Settings, old: RunningDovecot
) -> None:
    client = Client(province, settings=settings)
    first = client.login(PASSWORD)
    assert isinstance(first, Accepted)
    assert first.way is Way.OLD_SERVER
    assert [login for login, _, _ in old.asked] == [ADDRESS]
    second = client.login(PASSWORD)
    assert isinstance(second, Accepted)
    assert second.way is Way.PASSWORD
    assert len(old.asked) == 1
    with province.read() as c:
        assert c.execute(select(Credential.hash)).scalar_one().startswith("$argon2id$")
        after = c.execute(select(AuditRow.after).where(AuditRow.action == "account.password")).scalar_one()
    assert json.loads(after)["by"] == "old-server"


def test_a_wrong_password_is_wrong_and_counts(
    province: Database, account: int, settings: Settings, old: RunningDovecot
) -> None:
    assert Client(province, settings=settings).login("Sai-1") == Rejected(0.0)
    assert told(province) == ["tài khoản chưa được đặt mật khẩu"]
    with province.read() as c:
        assert c.execute(select(LoginThrottle.failures)).scalar_one() == 1


@pytest.mark.parametrize("secret", ['Có "nháy" \\ 1', "a\r\nb", "\ud800"])
def test_odd_passwords_are_merely_wrong(province: Database, account: int, settings: Settings, secret: str) -> None:
    assert Client(province, settings=settings).login(secret) == Rejected(0.0)


def test_a_server_that_is_down_says_nothing_about_the_password(province: Database, account: int) -> None:
    client = Client(province, settings=with_server(f"imaps://127.0.0.1:{free_port()}"))
    with pytest.raises(OldServerAway):
        client.login(PASSWORD)
    assert told(province) == []


def test_a_server_with_a_fault_says_nothing_about_the_password(
    province: Database, account: int, settings: Settings, old: RunningDovecot
) -> None:
    old.fault = True
    with pytest.raises(OldServerAway):
        Client(province, settings=settings).login(PASSWORD)
    assert told(province) == []


def test_a_server_that_cannot_prove_its_name_gets_no_password(
    province: Database, account: int, settings: Settings, old: RunningDovecot
) -> None:
    assert old.plan.imaps is not None
    client = Client(province, settings=with_server(f"imaps://127.0.0.1:{old.plan.imaps[1]}"))
    with pytest.raises(OldServerAway):
        client.login(PASSWORD)
    assert old.asked == []


def test_a_server_that_hangs_is_given_up(province: Database, account: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_server, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(province, settings=with_server(f"imaps://127.0.0.1:{silent.getsockname()[1]}"))
        begun = time.monotonic()
        with pytest.raises(OldServerAway):
            client.login(PASSWORD)
    assert time.monotonic() - begun < 5


def test_few_wait_for_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_server, "SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"imaps://127.0.0.1:{silent.getsockname()[1]}"
        took: list[float] = []

        def ask() -> None:
            begun = time.monotonic()
            with pytest.raises(OldServerAway):
                old_server.accepts(url, ADDRESS, PASSWORD)
            took.append(time.monotonic() - begun)

        threads = [threading.Thread(target=ask) for _ in range(old_server.TURNS + 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert sum(seconds < 1 for seconds in took) == 3


def test_it_is_asked_only_for_accounts_that_have_no_password_and_may_log_in(
    province: Database, settings: Settings, old: RunningDovecot
) -> None:
    make_account(province, ADDRESS, password="Song-Hong.2027")
    client = Client(province, settings=settings)
    assert not client.gets_in(PASSWORD)
    assert not client.gets_in(PASSWORD, login="khong-co@tinh.gov.vn")
    make_account(province, "khoa@tinh.gov.vn", password=None)
    with province.write() as c:
        service.suspend_account(c, ROOT, "khoa@tinh.gov.vn", reason="x")
    assert not client.gets_in(PASSWORD, login="khoa@tinh.gov.vn")
    assert old.asked == []


def test_an_app_password_that_was_typed_at_the_wrong_account_is_told_to_nobody(
    province: Database, account: int, settings: Settings, old: RunningDovecot
) -> None:
    old.asked.clear()
    assert not Client(province, settings=settings).gets_in("mhk4t-7w2qx-9m3fd-8bnpr-6yhc5")
    assert old.asked == []
    assert account


def test_without_the_setting_nobody_is_asked(province: Database, account: int, old: RunningDovecot) -> None:
    old.asked.clear()
    assert not Client(province).gets_in(PASSWORD)
    assert old.asked == []
