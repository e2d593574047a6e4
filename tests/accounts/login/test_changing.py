"""Administrators' passwords: two months, none of the last ten; and what everybody's last password is good for."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.errors import WeakPassword
from mailhub.accounts.life.models import Letter
from mailhub.accounts.login.app_passwords import make_app_password
from mailhub.accounts.login.changing import expiring, new_password, tell_expiring
from mailhub.accounts.login.models import FormerPassword
from mailhub.accounts.models import Mailbox
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.records import DirectoryVersion
from mailhub.accounts.rights import Role
from mailhub.clock import DAY, HOUR, local_time
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Passwords, Settings, make_account
from tests.support.logins import ADDRESS, START, Client, told

RULES = Passwords(admin_days=60)
SETTINGS = Settings(RULES)
TODAY = local_time(START).date()


def change(database: Database, secret: str, *, at: int = START, address: str = ADDRESS) -> None:
    made = new_password(database, address, secret, settings=RULES, at=at)
    with database.write() as c:
        service.set_password(c, ROOT, address, made, at=at)


@pytest.fixture
def administrator(province: Database) -> int:
    number = make_account(province, ADDRESS)
    with province.write() as c:
        grant_role(c, ROOT, ADDRESS, Role.HELP_DESK, agency="tinh", at=START - 300 * DAY)
    with province.write() as c:
        service.set_password(c, ROOT, ADDRESS, new_hash(RULES, PASSWORD, ADDRESS), at=START)
    return number


def test_after_two_months_it_opens_nothing_but_changing_it(province: Database, administrator: int) -> None:
    with province.write() as c:
        app = make_app_password(c, ROOT, ADDRESS, "Máy bàn", settings=RULES, at=START)
    client = Client(province, settings=SETTINGS, at=START + 59 * DAY)
    assert client.gets_in(PASSWORD)
    client.at = START + 60 * DAY
    for door in ("imap", "submission", "web", "console"):
        assert not client.gets_in(PASSWORD, service=door)
    assert told(province)[0] == "đúng mật khẩu; mật khẩu quản trị đã hết hạn, phải đổi mật khẩu"
    assert client.gets_in(PASSWORD, service="web-setup")
    assert client.gets_in(app)
    change(province, "Song-Hong.2027", at=client.at)
    assert client.gets_in("Song-Hong.2027")


def test_an_officials_password_does_not_expire(province: Database) -> None:
    make_account(province, ADDRESS)
    assert Client(province, settings=SETTINGS, at=START + 900 * DAY).gets_in(PASSWORD)
    with province.read() as c:
        assert expiring(c, TODAY + timedelta(days=400), RULES) == []


def test_none_of_an_administrators_last_ten_is_taken_again(province: Database, administrator: int) -> None:
    with pytest.raises(WeakPassword, match="10 mật khẩu gần nhất"):
        change(province, PASSWORD)
    secrets = [f"Song-Gam.{number}" for number in range(10, 20)]
    for secret in secrets:
        change(province, secret)
    for secret in secrets:
        with pytest.raises(WeakPassword):
            change(province, secret)
    change(province, PASSWORD)  # the eleventh
    with province.read() as c:
        assert c.execute(select(func.count()).select_from(FormerPassword)).scalar_one() == 10


def test_letters_come_fourteen_three_and_one_days_before_each_once(province: Database, administrator: int) -> None:
    ends = TODAY + timedelta(days=60)
    sent: list[tuple[date, int]] = []
    for day in (TODAY + timedelta(days=n) for n in range(30, 70)):
        with province.write() as c:
            sent += [(day, 1)] * tell_expiring(c, day, RULES)
            assert tell_expiring(c, day, RULES) == 0
    assert [day for day, _ in sent] == [ends - timedelta(days=n) for n in (14, 3, 1)]
    with province.read() as c:
        kind, to, facts = c.execute(select(Letter.kind, Letter.to_address, Letter.facts)).first() or ("", "", "")
        (line,) = expiring(c, ends, RULES)
    assert (kind, to) == ("password-expires", ADDRESS)
    assert local_time(json.loads(facts)["until"]).date() == ends
    assert (line.expires_on, line.days_left) == (ends, 0)


def test_a_schedule_that_slept_tells_what_is_left(province: Database, administrator: int) -> None:
    with province.write() as c:
        assert tell_expiring(c, TODAY + timedelta(days=58), RULES) == 1
        facts = json.loads(c.execute(select(Letter.facts)).scalar_one())
    assert facts["days"] == 2


def test_a_phone_with_the_old_password_is_told_from_a_guess(province: Database) -> None:
    make_account(province, ADDRESS)
    change(province, "Song-Hong.2027")
    client = Client(province)
    client.login(PASSWORD)
    assert told(province)[0] == "sai mật khẩu; là mật khẩu cũ: thiết bị chưa được đổi sang mật khẩu mới"
    client.login("Sai-Hẳn.1")
    assert "mật khẩu cũ" not in told(province)[0]


def test_the_last_login_is_written_once_a_day_without_moving_the_directory(province: Database) -> None:
    number = make_account(province, ADDRESS)

    def seen() -> tuple[int | None, int]:
        with province.read() as c:
            last = c.execute(select(Mailbox.last_login_at).where(Mailbox.id == number)).scalar_one()
            return last, c.execute(select(DirectoryVersion.version)).scalar_one()

    before = seen()[1]
    client = Client(province)
    client.login("Sai-1")
    assert seen() == (None, before)
    client.at = START
    client.login(PASSWORD)
    assert seen() == (START, before)
    client.at = START + HOUR
    client.login(PASSWORD)
    assert seen() == (START, before)
    client.at = START + DAY
    client.login(PASSWORD)
    assert seen() == (START + DAY, before)
