"""One a device, shown once, found by its beginning, taken back alone."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from mailhub.accounts.authenticate import Accepted, Rejected, Way
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.errors import InvalidValue, NotAllowed, NotFound, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.accounts.login import app_passwords
from mailhub.accounts.login.app_passwords import make_app_password, read_secret, revoke_app_passwords
from mailhub.accounts.login.models import AppPassword
from mailhub.accounts.models import Mailbox
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import DAY, MINUTE
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Lockout, Passwords, Settings, make_account
from tests.support.logins import ADDRESS, HOME, OFFICE, START, Client, told

LOCKING = Settings(lockout=Lockout(failures=5, free_failures=2))


@pytest.fixture
def account(province: Database) -> int:
    return make_account(province, ADDRESS)


def make(database: Database, device: str = "Điện thoại", *, actor: Actor = ROOT, days: int | None = None) -> str:
    with database.write() as c:
        return make_app_password(c, actor, ADDRESS, device, settings=Passwords(), days=days, at=START)


def actor_named(database: Database, address: str) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=START)


@pytest.mark.unit
@pytest.mark.parametrize(
    "typed",
    ["mhk4t-7w2qx-9m3fd-8bnpr-6yhc5", "MHK4T7W2QX9M3FD8BNPR6YHC5", " mhk4t 7w2qx 9m3fd\u00a08bnpr 6yhc5\n"],
)
def test_case_blanks_and_hyphens_do_not_matter(typed: str) -> None:
    assert read_secret(typed) == "mhk4t7w2qx9m3fd8bnpr6yhc5"


@pytest.mark.unit
@pytest.mark.parametrize(
    "typed", ["", PASSWORD, "mhk4t-7w2qx-9m3fd-8bnpr", "mhk4t-7w2qx-9m3fd-8bnpr-6yhc0", "mh" * 400]
)
def test_other_secrets_are_not_taken_for_one(typed: str) -> None:
    assert read_secret(typed) is None


def test_it_opens_mail_for_its_device_beside_the_password(province: Database, account: int) -> None:
    secret = make(province)
    client = Client(province)
    for typed in (secret, secret.upper().replace("-", " ")):
        verdict = client.login(typed)
        assert isinstance(verdict, Accepted)
        assert verdict.way is Way.APP_PASSWORD
    assert client.gets_in(PASSWORD)
    assert told(province)[-1] == "đăng nhập thành công; thiết bị: Điện thoại"


def test_it_opens_neither_the_web_nor_another_account(province: Database, account: int) -> None:
    make_account(province, "b@tinh.gov.vn")
    secret = make(province)
    assert not Client(province).gets_in(secret, service="web")
    assert "mật khẩu ứng dụng chỉ dùng cho ứng dụng thư" in told(province)[0]
    assert not Client(province).gets_in(secret, login="b@tinh.gov.vn")


def test_a_changed_sign_does_not_open(province: Database, account: int) -> None:
    secret = make(province)
    last = "2" if secret[-1] != "2" else "3"
    assert not Client(province).gets_in(secret[:-1] + last)


def test_what_is_kept_does_not_tell_it(province: Database, account: int) -> None:
    secret = make(province).replace("-", "")
    with province.read() as c:
        row = c.execute(select(AppPassword.__table__)).one()
        kept = " ".join(str(c.execute(select(table)).all()) for table in (AuditRow.__table__, Letter.__table__))
    assert len(bytes(row.digest)) == 32
    assert secret[8:] not in f"{row} {kept}".replace("-", "")


def test_the_last_use_is_written_once_a_minute(province: Database, account: int) -> None:
    secret, client = make(province), Client(province)

    def last() -> tuple[int | None, str, str]:
        with province.read() as c:
            (row,) = app_passwords.list_app_passwords(c, ROOT, ADDRESS)
        return row.last_used_at, row.last_ip, row.last_service

    client.login(secret)
    assert last() == (START, HOME, "imap")
    client.login(secret, service="submission")
    assert last() == (START, HOME, "imap")
    client.at = START + MINUTE
    client.login(secret, service="submission")
    assert last() == (START + MINUTE, HOME, "submission")


def test_one_is_taken_back_and_the_others_go_on(province: Database, account: int) -> None:
    phone, desk = make(province), make(province, "Máy bàn")
    with province.write() as c:
        assert revoke_app_passwords(c, ROOT, ADDRESS, "Điện thoại", reason="mất", at=START) == 1
    assert not Client(province).gets_in(phone)
    assert told(province)[0] == "mật khẩu ứng dụng đã bị thu hồi; thiết bị: Điện thoại"
    assert Client(province).gets_in(desk)
    with province.write() as c:
        assert revoke_app_passwords(c, ROOT, ADDRESS, None, reason="mất") == 1
        with pytest.raises(NotFound):
            revoke_app_passwords(c, ROOT, ADDRESS, "Điện thoại", reason="mất")
    assert not Client(province).gets_in(desk)


def test_by_its_beginning_as_listed_it_is_taken_back(province: Database, account: int) -> None:
    secret = make(province)
    make(province)
    with province.write() as c:
        assert revoke_app_passwords(c, ROOT, ADDRESS, secret[:9], reason="mất") == 1
    assert not Client(province).gets_in(secret)


def test_it_ends_on_its_day(province: Database, account: int) -> None:
    secret, client = make(province, days=2), Client(province, at=START + 2 * DAY - 1)
    assert client.gets_in(secret)
    assert not client.gets_in(secret)
    assert told(province)[0].startswith("mật khẩu ứng dụng đã hết hạn")


def test_a_phone_with_a_revoked_one_locks_nobody_out(province: Database, account: int) -> None:
    secret = make(province)
    with province.write() as c:
        revoke_app_passwords(c, ROOT, ADDRESS, None, reason="mất")
    client = Client(province, settings=LOCKING)
    assert [client.login(secret) for _ in range(20)] == [Rejected(0.0)] * 20
    assert client.gets_in(PASSWORD)


def test_guessed_ones_count_like_passwords(province: Database, account: int) -> None:
    client = Client(province, settings=LOCKING)
    for sign in "23456":
        client.login("mhk4t-7w2qx-9m3fd-8bnpr-6yhc" + sign)
    assert not client.gets_in(PASSWORD)


def test_a_phone_that_gets_in_does_not_wipe_out_what_a_guesser_did(province: Database, account: int) -> None:
    secret = make(province)
    client = Client(province, settings=LOCKING)
    for n in range(5):
        client.gets_in(secret)
        client.login(f"Sai-{n}")
    assert not client.gets_in(PASSWORD)
    assert Client(province, OFFICE, LOCKING, client.at).gets_in(secret)


def test_the_owner_is_told_of_a_new_device(province: Database, account: int) -> None:
    make(province)
    with province.read() as c:
        letter = c.execute(select(Letter.kind, Letter.to_address, Letter.facts)).one()
    assert (letter.kind, letter.to_address) == ("new-device", ADDRESS)
    assert json.loads(letter.facts)["device"] == "Điện thoại"


def test_an_agencys_administrator_revokes_and_does_not_make(province: Database, account: int) -> None:
    make_account(province, "qt@tinh.gov.vn", name="Quản Trị")
    with province.write() as c:
        grant_role(c, ROOT, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, agency="tinh", at=START)
    admin = actor_named(province, "qt@tinh.gov.vn")
    with pytest.raises(NotAllowed):
        make(province, actor=admin)
    secret = make(province, actor=actor_named(province, ADDRESS))
    with province.write() as c:
        revoke_app_passwords(c, admin, ADDRESS, None, reason="mất máy", at=START)
    assert not Client(province).gets_in(secret)


def test_a_colleague_neither_sees_nor_revokes(province: Database, account: int) -> None:
    make_account(province, "b@tinh.gov.vn")
    make(province)
    colleague = actor_named(province, "b@tinh.gov.vn")
    with pytest.raises(NotAllowed), province.read() as c:
        app_passwords.list_app_passwords(c, colleague, ADDRESS)
    with pytest.raises(NotAllowed), province.write() as c:
        revoke_app_passwords(c, colleague, ADDRESS, None, reason="x")


def test_only_accounts_in_use_get_one_and_not_without_end(province: Database, account: int) -> None:
    for n in range(app_passwords.MOST):
        make(province, f"máy {n}")
    with pytest.raises(WrongState):
        make(province, "máy nữa")
    with pytest.raises(InvalidValue):
        make(province, " ")
    with province.write() as c:
        revoke_app_passwords(c, ROOT, ADDRESS, None, reason="x", at=START)
        c.execute(update(Mailbox).values(may_login=False))
    with pytest.raises(WrongState):
        make(province)
