"""TOTP, recovery codes, and what the main password still opens once they are on."""

from __future__ import annotations

from base64 import b32decode
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from mailhub.accounts import service, throttle
from mailhub.accounts.authenticate import Accepted, Rejected
from mailhub.accounts.control.grants import GIVEN, actor_of, grant_role
from mailhub.accounts.errors import CodeRefused, NotAllowed, NotFound, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.accounts.life.story_words import standing
from mailhub.accounts.login import second_factor
from mailhub.accounts.login.app_passwords import make_app_password
from mailhub.accounts.login.models import RecoveryCode, SecondFactor
from mailhub.accounts.login.second_factor import current_code
from mailhub.accounts.passwords import hasher_for
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import SECOND
from mailhub.settings.values import RoleName
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.sealing import Sealer, open_sealer
from tests.support.accounts import PASSWORD, ROOT, Lockout, Passwords, Settings, make_account
from tests.support.logins import ADDRESS, HOME, START, Client, told

DEMANDING = Passwords(second_factor_roles=("system_admin",))


@pytest.fixture
def account(province: Database) -> int:
    return make_account(province, ADDRESS)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(lockout=Lockout(failures=5, free_failures=5), keys_directory=tmp_path)


@pytest.fixture
def sealer(settings: Settings) -> Sealer:
    return open_sealer(settings.keys_directory)


class Phone:
    """An authenticator that has read the URI."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self.label, self.query = parts.path.lstrip("/"), parse_qs(parts.query)
        secret = self.query["secret"][0]
        self.key = b32decode(secret + "=" * (-len(secret) % 8))

    def code(self, at: int) -> str:
        return current_code(self.key, at)


def set_up(database: Database, sealer: Sealer, *, actor: Actor = ROOT) -> Phone:
    with database.write() as c:
        return Phone(second_factor.set_up(c, actor, ADDRESS, sealer, issuer="tinh.gov.vn", at=START).uri)


def turn_on(database: Database, sealer: Sealer) -> tuple[Phone, tuple[str, ...]]:
    phone = set_up(database, sealer)
    with database.write() as c:
        return phone, second_factor.confirm(c, ROOT, ADDRESS, phone.code(START), sealer, at=START)


def actor_named(database: Database, address: str) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=START)


@pytest.mark.unit
def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six of its eight digits."""
    key = b"12345678901234567890"
    seconds = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    assert {moment: current_code(key, moment * SECOND) for moment in seconds} == seconds


@pytest.mark.unit
def test_the_settings_know_every_role_that_is_given() -> None:
    assert set(get_args(RoleName)) == {role.value for role in GIVEN}


def test_the_uri_tells_an_authenticator_everything(province: Database, account: int, sealer: Sealer) -> None:
    phone = set_up(province, sealer)
    assert phone.label == "tinh.gov.vn:nva%40tinh.gov.vn"
    told_by_uri = {name: phone.query[name] for name in ("issuer", "digits", "period", "algorithm")}
    assert told_by_uri == {"issuer": ["tinh.gov.vn"], "digits": ["6"], "period": ["30"], "algorithm": ["SHA1"]}
    assert len(phone.key) == 20


def test_the_key_is_sealed_and_of_no_use_under_another(province: Database, account: int, sealer: Sealer) -> None:
    phone = set_up(province, sealer)
    with province.read() as c:
        assert phone.key not in bytes(c.execute(select(SecondFactor.sealed_key)).scalar_one())
    with pytest.raises(StoreUnavailable), province.write() as c:
        second_factor.confirm(c, ROOT, ADDRESS, phone.code(START), Sealer(b"x" * 32), at=START)


def test_it_counts_only_once_the_phone_has_proved_it(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    phone = set_up(province, sealer)
    wrong = f"{(int(phone.code(START)) + 1) % 1_000_000:06}"
    with pytest.raises(CodeRefused), province.write() as c:
        second_factor.confirm(c, ROOT, ADDRESS, wrong, sealer, at=START)
    assert Client(province, settings=settings).gets_in(PASSWORD)
    again = set_up(province, sealer)  # the first key is void
    with pytest.raises(CodeRefused), province.write() as c:
        second_factor.confirm(c, ROOT, ADDRESS, phone.code(START), sealer, at=START)
    with province.write() as c:
        assert len(second_factor.confirm(c, ROOT, ADDRESS, again.code(START), sealer, at=START)) == 10
    with pytest.raises(WrongState):
        set_up(province, sealer)


def test_mail_takes_app_passwords_and_the_web_takes_the_password_with_a_code(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    phone, _ = turn_on(province, sealer)
    client = Client(province, settings=settings, at=START + 60 * SECOND)
    assert not client.gets_in(PASSWORD)
    assert told(province)[0] == "đúng mật khẩu; đã bật xác thực hai lớp: ứng dụng thư cần mật khẩu ứng dụng"
    with province.write() as c:
        secret = make_app_password(c, ROOT, ADDRESS, "Máy bàn", settings=Passwords(), at=START)
    assert client.gets_in(secret, service="submission")
    assert client.login(PASSWORD, service="web") == Rejected(0.0, wants_code=True)
    assert client.gets_in(PASSWORD, service="web", code=phone.code(client.at))
    assert client.login("Sai-1", service="web", code=phone.code(client.at + 30_000)) == Rejected(0.0)


def test_time_does_not_tell_that_the_password_was_right(
    province: Database, account: int, sealer: Sealer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right one that a mail client may not use is worked on like a wrong one."""
    turn_on(province, sealer)
    hasher, done = hasher_for(settings.passwords), list[str]()
    verify, was = hasher.verify, hasher.was

    def counted_verify(stored: str | None, secret: str) -> bool:
        done.append("verify")
        return verify(stored, secret)

    def counted_was(former: str | None, secret: str) -> bool:
        done.append("was")
        return was(former, secret)

    monkeypatch.setattr(hasher, "verify", counted_verify)
    monkeypatch.setattr(hasher, "was", counted_was)
    client = Client(province, settings=settings, at=START + 60 * SECOND)
    for secret in (PASSWORD, "Sai-1"):
        assert not client.gets_in(secret)
        assert done == ["verify", "was"]
        done.clear()


def test_no_code_is_taken_twice_and_none_far_from_now(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    phone, _ = turn_on(province, sealer)
    begin = START + 600 * SECOND
    client = Client(province, settings=settings, at=begin)
    assert client.gets_in(PASSWORD, service="web", code=phone.code(begin - 30 * SECOND))
    assert not client.gets_in(PASSWORD, service="web", code=phone.code(begin - 30 * SECOND))
    assert client.gets_in(PASSWORD, service="web", code=phone.code(begin + 30 * SECOND))
    assert not client.gets_in(PASSWORD, service="web", code=phone.code(begin))  # an older step than the last one
    assert "sai mã xác thực hai lớp" in told(province)[0]
    client.at = begin + 300 * SECOND
    for apart in (-60, 60):
        assert not client.gets_in(PASSWORD, service="web", code=phone.code(client.at + apart * SECOND))


def test_guessed_codes_lock_like_guessed_passwords(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    phone, _ = turn_on(province, sealer)
    client = Client(province, settings=settings, at=START + 60 * SECOND)
    right = phone.code(client.at)
    for n in range(5):
        assert not client.gets_in(PASSWORD, service="web", code=f"{(int(right) + n + 1) % 1_000_000:06}")
    assert not client.gets_in(PASSWORD, service="web", code=phone.code(client.at))


def test_codes_guessed_from_many_networks_close_the_code_and_not_the_password(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    phone, _ = turn_on(province, sealer)
    begin = START + 60 * SECOND
    for n in range(throttle.MOST_CODES):
        guesser = Client(province, f"203.0.{n}.7", settings, begin + n)
        assert not guesser.gets_in(PASSWORD, service="console", code=f"{(int(phone.code(begin)) + n + 1) % 10**6:06}")
    owner = Client(province, "198.51.100.9", settings, begin + 60 * SECOND)
    assert not owner.gets_in(PASSWORD, service="console", code=phone.code(owner.at))
    assert owner.login(PASSWORD, service="console") == Rejected(0.0, wants_code=True), "the password is still judged"
    with province.read() as c:
        story = "\n".join(standing(service.why(c, ROOT, ADDRESS, at=owner.at)))
    assert "Mã xác thực hai lớp không được xét đến" in story
    later = Client(province, "198.51.100.9", settings, begin + 20 * 60 * SECOND)
    assert later.gets_in(PASSWORD, service="console", code=phone.code(later.at))


def test_each_recovery_code_works_once(province: Database, account: int, sealer: Sealer, settings: Settings) -> None:
    _, codes = turn_on(province, sealer)
    client = Client(province, settings=settings)
    assert len(set(codes)) == 10
    for code in codes:
        assert client.gets_in(PASSWORD, service="web", code=code.lower().replace("-", " "))
        assert not client.gets_in(PASSWORD, service="web", code=code)
    with province.read() as c:
        kept = str(c.execute(select(RecoveryCode.__table__)).all())
        assert not any(code.replace("-", "") in kept for code in codes)


def test_a_reset_gives_the_password_back_and_tells_the_owner(
    province: Database, account: int, sealer: Sealer, settings: Settings
) -> None:
    turn_on(province, sealer)
    make_account(province, "qt@tinh.gov.vn", name="Quản Trị")
    with province.write() as c:
        grant_role(c, ROOT, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, agency="tinh", at=START)
    owner, admin = actor_named(province, ADDRESS), actor_named(province, "qt@tinh.gov.vn")
    with pytest.raises(NotAllowed), province.write() as c:
        second_factor.reset(c, owner, ADDRESS, reason="mất điện thoại", at=START)
    with province.write() as c:
        second_factor.reset(c, admin, ADDRESS, reason="mất điện thoại", at=START)
        with pytest.raises(NotFound):
            second_factor.reset(c, admin, ADDRESS, reason="nữa", at=START)
    assert Client(province, settings=settings).gets_in(PASSWORD)
    with province.read() as c:
        letters = c.execute(select(Letter.facts).where(Letter.kind == "second-factor").order_by(Letter.id)).scalars()
        assert '"reset"' in list(letters)[-1]
        assert c.execute(select(RecoveryCode.id)).first() is None


def test_a_role_that_demands_it_opens_nothing_before(
    province: Database, account: int, sealer: Sealer, tmp_path: Path
) -> None:
    settings = Settings(DEMANDING, keys_directory=tmp_path)
    with province.write() as c:
        grant_role(c, ROOT, ADDRESS, Role.SYSTEM_ADMIN, at=START)
    client = Client(province, HOME, settings, START + 1)
    assert not client.gets_in(PASSWORD)
    assert "phải thiết lập xác thực hai lớp" in told(province)[0]
    assert not client.gets_in(PASSWORD, service="web")
    assert not client.gets_in(PASSWORD, service="console")
    assert client.gets_in(PASSWORD, service="web-setup")
    with pytest.raises(WrongState), province.write() as c:
        make_app_password(c, ROOT, ADDRESS, "Máy bàn", settings=DEMANDING, at=client.at)
    with province.read() as c:
        (line,) = second_factor.list_second_factors(c, ROOT, DEMANDING, at=client.at)
    assert (line.address, line.confirmed_at, line.demanded) == (ADDRESS, None, True)
    phone, _ = turn_on(province, sealer)
    with province.write() as c:
        secret = make_app_password(c, ROOT, ADDRESS, "Máy bàn", settings=DEMANDING, at=client.at)
    assert client.gets_in(secret)
    client.at += 60 * SECOND
    verdict = client.login(PASSWORD, service="console", code=phone.code(client.at))
    assert isinstance(verdict, Accepted)
    with province.read() as c:
        (line,) = second_factor.list_second_factors(c, ROOT, DEMANDING, at=client.at)
    assert (line.confirmed_at, line.recovery_codes) == (START, 10)
