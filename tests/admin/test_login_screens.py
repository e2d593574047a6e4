"""Logging in over HTTP: the steps, fixation, forged forms, waits, the lock, slips, one's own security."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.login import codes, second_factor
from mailhub.accounts.records import LoginAttempt
from mailhub.accounts.rights import Role
from mailhub.accounts.service import suspend_account
from mailhub.accounts.web.models import WebSession
from mailhub.admin import doorway
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import SESSION_COOKIE
from mailhub.clock import HOUR, MINUTE, now_ms
from mailhub.store.database import Database
from mailhub.store.sealing import open_sealer
from tests.support.accounts import PASSWORD, ROOT, make_account, make_province
from tests.support.authenticator import Authenticator
from tests.support.databases import sqlite_database
from tests.support.web import HOST, ORIGIN, Browser, FixedSettings, new_site

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

AN, QT = "nva@tinh.gov.vn", "qt@tinh.gov.vn"
NEW = "Chiều-thu.2026"
CHEAP = {"time_cost": 1, "memory_kib": 8192, "parallelism": 1, "concurrent": 2, "second_factor_roles": ["system_admin"]}


class Clock:
    """The site's clock, moved by hand and a little by each look; begins a while after now, so that what was made before
    lies before it."""

    def __init__(self) -> None:
        self.at = now_ms() + MINUTE

    def __call__(self) -> int:
        self.at += 200
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that answers were given, none of which is waited for."""
    told: list[float] = []

    async def pause(seconds: float) -> None:
        told.append(seconds)

    monkeypatch.setattr(doorway, "pause", pause)
    return told


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path, clock: Clock, waits: list[float]) -> Site:
    make_province(sqlite_database)
    (tmp_path / "keys").mkdir()
    made = new_site(sqlite_database, tmp_path, passwords=CHEAP)
    made.clock = clock
    make_account(sqlite_database, AN)
    make_account(sqlite_database, QT, name="Trần Thị Quản")
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    opened = Browser(site)
    yield opened
    opened.http.close()


def typed(page: Any) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


def post(browser: Browser, path: str, data: dict[str, str], *, page: Any = None, **headers: str) -> Any:
    """A form as a browser sends it, with the token of the page that it stands on."""
    said = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"} | headers
    token = "" if page is None else typed(page)
    return browser.http.post(path, data=data | {"csrf": token}, headers=said)


def log_in(browser: Browser, address: str = AN, password: str = PASSWORD, **more: str) -> Any:
    return post(browser, "/login", {"address": address, "password": password, **more})


def cookie(browser: Browser) -> str:
    return browser.http.cookies.get(SESSION_COOKIE) or ""


def test_a_name_and_a_password_open_the_pages_and_lead_where_one_was_going(browser: Browser) -> None:
    away = browser.get("/me/login?x=1")
    assert away.status_code == 303
    assert away.headers["location"] == "/login?next=%2Fme%2Flogin%3Fx%3D1"
    page = browser.get(away.headers["location"])
    assert 'value="/me/login?x=1"' in page.text
    answer = log_in(browser, next="/me/login?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/login?x=1")
    set_cookie = answer.headers["set-cookie"]
    assert all(word in set_cookie for word in ("__Host-mailhub=", "HttpOnly", "Secure", "Path=/", "SameSite=lax"))
    assert "Max-Age" not in set_cookie
    assert "Nguyễn Văn An" in browser.read("/me/login")


@pytest.mark.parametrize("evil", ["//evil.vn/", "/\\evil.vn", "https://evil.vn/", "javascript:alert(1)", "/login"])
def test_nobody_is_led_to_a_strangers_page_after_the_login(browser: Browser, evil: str) -> None:
    assert log_in(browser, next=evil).headers["location"] == "/"


def test_an_unknown_name_and_a_wrong_password_hear_and_cost_the_same(
    browser: Browser, waits: list[float], site: Site
) -> None:
    answers = {}
    for name in (AN, "khongco@tinh.gov.vn"):
        told = []
        waits.clear()
        for number in range(4):
            answer = log_in(browser, name, f"Sai-mat-khau-{number}")
            told.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text)))
            site.clock.at += 40_000  # type: ignore[attr-defined]
        answers[name] = (told, list(waits))
    assert answers[AN] == answers["khongco@tinh.gov.vn"]
    assert answers[AN][1] == [1, 2], "the third and the fourth wait, doubling, and hold no thread"
    assert not cookie(browser)


def test_within_the_wait_nothing_is_looked_at(browser: Browser) -> None:
    for number in range(3):
        log_in(browser, password=f"Sai-{number}")
    assert log_in(browser).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("mật khẩu Của1", "bộ gõ tiếng Việt"), ("SONG-LO.2026", "Caps Lock"), ("8F3K-22QX-M4TD-9WHB", "Phiếu cấp")],
)
def test_what_was_odd_about_a_wrong_password_is_said_whoever_it_is(browser: Browser, wrong: str, hint: str) -> None:
    for name in (AN, "khongco@tinh.gov.vn"):
        page = log_in(browser, name, wrong)
        assert hint in page.text
        assert wrong not in page.text


def test_a_session_that_was_slipped_in_beforehand_is_worth_nothing(browser: Browser, site: Site) -> None:
    """Fixation: the token changes with each rise, and the one before opens nothing."""
    log_in(browser)
    first = cookie(browser)
    page = browser.get("/me/login")
    assert post(browser, "/login", {"address": QT, "password": PASSWORD}, page=page).status_code == 303
    second = cookie(browser)
    assert first != second
    assert "Trần Thị Quản" in browser.read("/me/login")
    other = Browser(site)
    other.http.cookies.set(SESSION_COOKIE, first, domain=HOST, path="/")
    assert other.get("/me/login").status_code == 303
    other.http.cookies.set(SESSION_COOKIE, "mine" * 10, domain=HOST, path="/")
    log_in(other)
    assert other.http.cookies.get(SESSION_COOKIE) != "mine" * 10


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.vn"}, {"Origin": "null", "Sec-Fetch-Site": "none"}],
)
def test_a_strangers_page_logs_nobody_in(browser: Browser, headers: dict[str, str]) -> None:
    answer = post(browser, "/login", {"address": AN, "password": PASSWORD}, **headers)
    assert answer.status_code == 403
    assert not cookie(browser)
    bare = browser.http.post("/login", data={"address": AN, "password": PASSWORD})
    assert bare.status_code == 403, "a browser says where a form comes from"


def turn_on(site: Site, address: str) -> tuple[bytes, tuple[str, ...]]:
    sealer = open_sealer(site.settings.keys_directory)
    with site.database.write() as c:
        key = second_factor.set_up(c, ROOT, address, sealer, issuer="x").key
        raw = b32decode(key + "=" * (-len(key) % 8))
        return raw, second_factor.confirm(c, ROOT, address, second_factor.current_code(raw, now_ms()), sealer)


def test_the_second_step_is_wanted_and_rotates_the_token(browser: Browser, site: Site, clock: Clock) -> None:
    key, recovery = turn_on(site, AN)
    answer = log_in(browser, next="/me/login")
    assert answer.headers["location"] == "/login/second?next=%2Fme%2Flogin"
    half = cookie(browser)
    for path in ("/", "/me/login"):
        assert browser.get(path).headers["location"].startswith("/login/second"), "half-way opens nothing"
    page = browser.get("/login/second?next=/me/login")
    assert post(browser, "/login/second", {"code": "123456"}).status_code == 403, "no token, no step"
    assert post(browser, "/login/second", {"code": "000000"}, page=page).status_code == 422
    right = second_factor.current_code(key, clock.at)
    done = post(browser, "/login/second", {"code": right, "next": "/me/login"}, page=page)
    assert done.headers["location"] == "/me/login"
    assert cookie(browser) != half
    stale = Browser(site)
    stale.http.cookies.set(SESSION_COOKIE, half, domain=HOST, path="/")
    assert stale.get("/me/login").headers["location"].startswith("/login")
    log_in(stale)
    again = stale.get("/login/second")
    assert post(stale, "/login/second", {"code": right}, page=again).status_code == 422, "no code works twice"
    assert post(stale, "/login/second", {"code": recovery[0]}, page=again).status_code == 303


def test_guessed_codes_close_the_code_for_the_account_from_wherever_they_come(
    browser: Browser, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try from a network of its own: nothing counts by network, the account does."""
    key, recovery = turn_on(site, AN)
    log_in(browser)
    for number in range(10):
        browser.http._transport.client = (f"203.0.{number}.7", 1)  # type: ignore[attr-defined]
        page = browser.get("/login/second")
        assert post(browser, "/login/second", {"code": f"00000{number}"}, page=page).status_code == 422
    with site.database.read() as c:
        assert len(set(c.execute(select(LoginAttempt.ip)).scalars())) == 10
    for good in (second_factor.current_code(key, clock.at), recovery[0]):
        assert post(browser, "/login/second", {"code": good}, page=page).status_code == 422
    clock.at += 16 * MINUTE
    log_in(browser)
    page = browser.get("/login/second")
    right = second_factor.current_code(key, clock.at)
    assert post(browser, "/login/second", {"code": right}, page=page).status_code == 303


def test_a_role_that_demands_a_second_factor_sets_it_up_first(browser: Browser, site: Site, clock: Clock) -> None:
    with site.database.write() as c:
        grant_role(c, ROOT, QT, Role.SYSTEM_ADMIN, reason="thử")
    assert log_in(browser, QT, next="/accounts").headers["location"] == "/login/set-up?next=%2Faccounts"
    assert browser.get("/accounts").headers["location"].startswith("/login/second")
    page = browser.get("/login/set-up")
    assert "data:image/svg" not in page.text, "opening a page makes no key"
    post(browser, "/login/set-up/phone", {"next": "/accounts"}, page=page)
    page = browser.get("/login/set-up?next=/accounts")
    assert "data:image/svg+xml" in page.text
    key = re.search(r'id="phone-key">([A-Z2-7 ]+)<', page.text)
    assert key is not None
    plain = key[1].replace(" ", "")
    raw = b32decode(plain + "=" * (-len(plain) % 8))
    assert post(browser, "/login/set-up/confirm", {"code": "000000"}, page=page).status_code == 422
    code = second_factor.current_code(raw, clock.at)
    done = post(browser, "/login/set-up/confirm", {"code": code, "next": "/accounts"}, page=page)
    assert done.status_code == 200
    assert len(re.findall(r"<li>\w{4}-\w{4}-\w{4}-\w{4}</li>", done.text)) == 10
    assert browser.get("/me/login").status_code == 200, "this session goes on"


def test_a_passkey_is_made_and_logs_in_at_this_name_alone(browser: Browser, site: Site, clock: Clock) -> None:
    log_in(browser)
    device = Authenticator(ORIGIN, HOST)
    page = browser.get("/me/login")
    options = post(browser, "/me/login/passkeys/options", {}, page=page).json()
    assert options["rp"]["id"] == HOST
    made = device.create(options)
    done = post(browser, "/me/login/passkeys", {"answer": json.dumps(made), "name": "Khóa USB"}, page=page)
    assert done.status_code == 200, "the first factor brings recovery codes"
    assert "Khóa USB" in browser.read("/me/login")
    twice = {"answer": json.dumps(made), "name": "nữa"}
    again = post(browser, "/me/login/passkeys", twice, page=browser.get("/me/login"))
    assert again.status_code == 422, "a challenge is good once"

    other = Browser(site)
    assert log_in(other).headers["location"] == "/login/second"
    page = other.get("/login/second")
    assert "data-passkey" in page.text

    def answer(device: Authenticator, **more: Any) -> Any:
        asked = post(other, "/login/passkey/options", {}, page=page).json()
        return post(other, "/login/passkey", {"answer": json.dumps(device.get(asked, **more))}, page=page)

    assert answer(replace_origin(device, "https://evil.vn")).status_code == 422
    assert answer(device, rp_id="evil.vn").status_code == 422
    assert answer(device, count=0).status_code == 422, "a count that did not rise: a copy"
    assert answer(Authenticator(ORIGIN, HOST, like=device)).status_code == 422, "another key under its name"
    clock.at += 5 * MINUTE
    page = other.get("/login/second")
    assert answer(device).headers["location"] == "/"
    assert other.get("/me/login").status_code == 200
    with site.database.read() as c:
        assert "passkey" in c.execute(select(WebSession.factor)).scalars().all()


def replace_origin(device: Authenticator, origin: str) -> Authenticator:
    return replace(device, origin=origin)


def test_a_session_left_alone_is_locked_and_what_was_sent_to_it_is_kept(
    browser: Browser, site: Site, clock: Clock
) -> None:
    log_in(browser)
    page = browser.get("/me/login")
    before = cookie(browser)
    clock.at += 31 * MINUTE
    assert browser.get("/me/login").headers["location"] == "/locked?next=%2Fme%2Flogin"
    assert browser.get("/me/login", **{"hx-request": "true"}).headers["hx-redirect"].startswith("/locked")
    sent = post(browser, "/me/login/tokens", {"name": "Một <b>cửa", "days": "30", "scopes": "trace:read"}, page=page)
    assert sent.status_code == 403
    assert "Màn hình đã khóa" in sent.text
    assert "<b>cửa" not in sent.text
    kept = re.search(r'name="kept" value="([^"]*)"', sent.text)
    assert kept is not None
    fields = {"kept": kept[1].replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">"), "to": "/me/login/tokens"}
    assert post(browser, "/locked", fields | {"password": "Sai-1"}, page=sent).status_code == 422
    opened = post(browser, "/locked", fields | {"password": PASSWORD}, page=sent)
    assert opened.status_code == 200
    assert 'action="/me/login/tokens"' in opened.text
    assert 'value="Một &lt;b&gt;cửa"' in opened.text
    assert cookie(browser) != before
    done = post(browser, "/me/login/tokens", {"name": "Một cửa", "days": "30", "scopes": "trace:read"}, page=page)
    assert done.status_code == 200, "a page that stood open behind the lock goes on"
    assert "mhub_" in done.text


def test_five_wrong_passwords_at_the_lock_end_the_session(browser: Browser, clock: Clock) -> None:
    log_in(browser)
    page = browser.get("/me/login")
    assert post(browser, "/lock", {}, page=page).headers["location"] == "/locked"
    page = browser.get("/locked")
    for number in range(4):
        assert post(browser, "/locked", {"password": f"Sai-{number}"}, page=page).status_code == 422
        clock.at += 40_000
    assert post(browser, "/locked", {"password": "Sai-5"}, page=page).headers["location"] == "/login"
    assert browser.get("/locked").headers["location"] == "/login?next=%2Flocked"


def test_a_session_ends_by_its_age_by_hand_from_another_and_with_the_account(
    browser: Browser, site: Site, clock: Clock
) -> None:
    log_in(browser)
    other = Browser(site)
    log_in(other)
    page = other.get("/me/login")
    assert post(other, "/me/login/sessions/end", {}, page=page).status_code == 303
    assert browser.get("/me/login").headers["location"].startswith("/login")
    assert other.get("/me/login").status_code == 200
    assert post(other, "/logout", {}, page=page).headers["clear-site-data"] == '"cache"'
    assert other.get("/me/login").status_code == 303
    log_in(browser)
    for _ in range(30):
        clock.at += 25 * MINUTE
        last = browser.get("/me/login")
    assert last.status_code == 303, "twelve hours, used or not"
    assert clock.at - now_ms() > 12 * HOUR
    log_in(browser)
    page = browser.get("/me/login")
    with site.database.write() as c:
        suspend_account(c, ROOT, AN, reason="thử")
    assert browser.get("/me/login").headers["location"].startswith("/login")
    assert post(browser, "/me/login/sessions/end", {}, page=page).status_code in (303, 403)


def test_a_changed_password_ends_all_sessions_but_this_one(browser: Browser, site: Site, clock: Clock) -> None:
    log_in(browser)
    other = Browser(site)
    log_in(other)
    clock.at = now_ms() + 2 * MINUTE
    page = browser.get("/me/login")
    same = {"password": NEW, "again": NEW}
    assert post(browser, "/me/login/password", same, page=page).status_code == 422, "the current one is wanted"
    wrong = post(browser, "/me/login/password", same | {"current": "Sai-1"}, page=page)
    assert wrong.status_code == 422
    assert NEW not in wrong.text
    weak = post(browser, "/me/login/password", {"current": PASSWORD, "password": "ngan", "again": "ngan"}, page=page)
    assert "cần ít nhất" in weak.text
    done = post(browser, "/me/login/password", same | {"current": PASSWORD}, page=page)
    assert done.status_code == 303, done.text
    assert browser.get("/me/login").status_code == 200
    assert other.get("/me/login").status_code == 303
    assert log_in(Browser(site), password=NEW).status_code == 303


def test_a_slips_code_sets_the_first_password_once(
    browser: Browser, site: Site, clock: Clock, waits: list[float]
) -> None:
    make_account(site.database, "moi@tinh.gov.vn", password=None)
    with site.database.write() as c:
        code = codes.issue(c, ROOT, "moi@tinh.gov.vn", at=clock.at, settings=site.settings.accounts)
    page = browser.get(f"/k/{code.lower()}")
    assert f'value="{code}"' in page.text
    # Stricter, and browsers would say "Origin: null" of the form.
    assert page.headers["referrer-policy"] == "same-origin"
    both = {"address": "moi@tinh.gov.vn", "code": code, "password": NEW, "again": NEW}
    assert post(browser, "/k", both | {"again": "khác"}).status_code == 422
    assert post(browser, "/k", both | {"code": "2222-2222-2222-2222"}).status_code == 422
    assert post(browser, "/k", both | {"address": AN}).status_code == 422
    assert len(waits) == 2
    assert post(browser, "/k", both).headers["location"] == "/login"
    assert post(browser, "/k", both).status_code == 422
    clock.at += MINUTE
    assert log_in(browser, "moi@tinh.gov.vn", NEW).headers["location"] == "/"


def test_who_asks_for_a_recovery_hears_the_same_whoever_it_is(browser: Browser, waits: list[float]) -> None:
    told = {post(browser, "/recover", {"address": name}).text.replace(name, "") for name in (AN, "khongco@tinh.gov.vn")}
    assert len(told) == 1
    assert len(waits) == 2


def test_an_administrators_old_password_is_changed_before_anything_else(
    browser: Browser, site: Site, clock: Clock
) -> None:
    with site.database.write() as c:
        grant_role(c, ROOT, QT, Role.HELP_DESK, agency="snv", reason="thử")
    site.live = FixedSettings(
        site.settings.model_copy(update={"passwords": site.settings.passwords.model_copy(update={"admin_days": 60})})
    )
    clock.at += 61 * 24 * HOUR
    assert log_in(browser, QT).headers["location"] == "/login/renew"
    page = browser.get("/login/renew")
    assert browser.get("/me/login").headers["location"].startswith("/login/second")
    assert post(browser, "/login/renew", {"password": PASSWORD, "again": PASSWORD}, page=page).status_code == 422
    done = post(browser, "/login/renew", {"password": NEW, "again": NEW}, page=page)
    assert done.headers["location"] == "/"
    assert browser.get("/me/login").status_code == 200


def test_a_role_that_logs_in_with_a_passkey_makes_one_and_then_takes_no_phones_code(
    browser: Browser, site: Site, clock: Clock
) -> None:
    key, recovery = turn_on(site, QT)
    with site.database.write() as c:
        grant_role(c, ROOT, QT, Role.SYSTEM_ADMIN, reason="thử")
    web = site.settings.web.model_copy(update={"passkey_roles": ("system_admin",)})
    site.live = FixedSettings(site.settings.model_copy(update={"web": web}))
    clock.at = now_ms() + 3 * MINUTE

    def step(code: str) -> Any:
        assert log_in(browser, QT).headers["location"] == "/login/second"
        return post(browser, "/login/second", {"code": code}, page=browser.get("/login/second"))

    assert step(second_factor.current_code(key, clock.at)).headers["location"] == "/login/set-up"
    page, device = browser.get("/login/set-up"), Authenticator(ORIGIN, HOST)
    options = post(browser, "/login/set-up/passkey/options", {}, page=page).json()
    done = post(browser, "/login/set-up/passkey", {"answer": json.dumps(device.create(options))}, page=page)
    assert done.headers["location"] == "/"
    post(browser, "/logout", {}, page=browser.get("/me/login"))
    clock.at += 2 * MINUTE
    assert step(second_factor.current_code(key, clock.at)).status_code == 422
    post(browser, "/logout", {}, page=browser.get("/login/second"))
    assert step(recovery[0]).headers["location"] == "/"
