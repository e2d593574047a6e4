"""The kill switch: every door in every state, tried for real; the proof; what is stopped meanwhile; races.

A door is tried as its user would: it works, the account is closed, the proof is there within five seconds, the door
is shut, the account is restored, and it works again.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import itertools
import json
import os
import random
import re
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import func, select

from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.closings import DOORS, Proof, proof_of
from mailhub.accounts.login.app_passwords import make_app_password
from mailhub.accounts.models import DelegationRight
from mailhub.accounts.rights import Role
from mailhub.accounts.service import restore_account, suspend_account
from mailhub.accounts.sharing.delegation import delegate_mailbox
from mailhub.accounts.web.models import ApiToken
from mailhub.clock import now_ms
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.serve.backends import dovecot_plan, mailbox_home
from mailhub.serve.privileges import serving_identity
from mailhub.settings import load
from mailhub.store.database import Database, open_database
from tests.integration.conftest import ROOT, Province, Sink, Wire
from tests.support.authenticator import Authenticator
from tests.support.hub import PASSWORD, RunningHub, letter, transaction, unverified, wait_until

BINH, CHI = "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
PROMISE = 5.0  # seconds from the act to the proof
GRACE_MS = 3_000
ACTS = ("suspend_account", "end_account")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def more_settings() -> dict[str, dict[str, Any]]:
    return {"workers": {"smtp": 2}}


@pytest.fixture(scope="module")
def with_web() -> bool:
    return True


@pytest.fixture(scope="module")
def database(hub: RunningHub) -> Iterator[Database]:
    opened = open_database(load(hub.directory / "mailhub.toml").database_url)
    yield opened
    opened.close()


@pytest.fixture
def clerk(province: Province) -> str:
    """An account of the test's own."""
    local = f"khoa{next(_numbers)}"
    province.people(local)
    return f"{local}@tinh.gov.vn"


def proof(database: Database, address: str) -> Proof:
    with database.read() as connection:
        return proof_of(connection, ROOT, address)


def proved(database: Database, address: str, *, seconds: float = PROMISE) -> Proof:
    """The finished proof, which has to be there within `seconds`."""
    try:
        wait_until(lambda: proof(database, address).done_at is not None, "proof", seconds=seconds + 1)
    except AssertionError:
        raise AssertionError(f"not proved: {proof(database, address)}") from None
    found = proof(database, address)
    assert found.done_at is not None
    assert found.done_at - found.began_at <= seconds * 1000, found
    return found


# --------------------------------------------------------------------- the doors


class Tried:
    """A way in or out. `works` tries it for real; `expected` is what the proof says of it once it is closed."""

    door = ""

    def __init__(self, hub: RunningHub, province: Province, database: Database, sink: Sink, clerk: str) -> None:
        self.hub, self.province, self.database, self.sink, self.clerk = hub, province, database, sink, clerk
        self.prepare()

    def prepare(self) -> None:
        """Make what is to be closed."""

    def works(self) -> bool:
        raise NotImplementedError

    def write(self, work: Callable[..., Any], *words: Any, **more: Any) -> Any:
        with self.database.write() as connection:
            return work(connection, ROOT, *words, **more)

    def can_imap(self, login: str, secret: str = PASSWORD) -> bool:
        try:
            with self.hub.imap(login, password=secret) as client:
                return client.select()[0] == "OK"
        except imaplib.IMAP4.error:
            return False

    def can_send(self, sender: str, secret: str = PASSWORD) -> bool:
        try:
            with self.hub.submission(self.clerk, password=secret) as client:
                transaction(client, sender, [BINH], letter(sender, BINH))
        except smtplib.SMTPResponseException:
            return False
        return True


class SmtpLogin(Tried):
    door = "login"

    def works(self) -> bool:
        return self.can_send(self.clerk)


class ImapLogin(Tried):
    door = "login"

    def works(self) -> bool:
        return self.can_imap(self.clerk)


class AppPasswords(Tried):
    door = "app-passwords"

    def prepare(self) -> None:
        rules = load(self.hub.directory / "mailhub.toml").passwords
        self.secret: str = self.write(make_app_password, self.clerk, "Điện thoại", settings=rules)

    def works(self) -> bool:
        both = {self.can_imap(self.clerk, self.secret), self.can_send(self.clerk, self.secret)}
        assert len(both) == 1
        return both.pop()


NOT_KEPT = httpx.Limits(max_keepalive_connections=0)  # nothing stays open when a test ends


class WebBrowser:
    """A browser at the hub's web, as far as forms and cookies go."""

    def __init__(self, hub: RunningHub) -> None:
        self.origin = f"https://localhost:{hub.port('https')}"
        self.http = httpx.Client(base_url=self.origin, verify=unverified(), limits=NOT_KEPT)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def send(self, path: str, data: dict[str, str]) -> httpx.Response:
        """A form, with the token of a page of this session."""
        page = self.get("/login/second" if path.startswith("/login") else "/me/login")
        token = re.search(r'name="csrf" value="([^"]*)"', page.text)
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self.http.post(path, data=data | {"csrf": token[1] if token else ""}, headers=headers)

    def log_in(self, address: str) -> str:
        """Where a name and a password lead; '' when they do not."""
        self.http.cookies.clear()
        words = {"address": address, "password": PASSWORD}
        return self.http.post("/login", data=words, headers={"Origin": self.origin}).headers.get("location", "")

    def is_in(self) -> bool:
        return self.get("/me/login").status_code == 200


class WebSessions(Tried):
    """The session of before; once that is over, a new login."""

    door = "web-sessions"

    def prepare(self) -> None:
        self.browser = WebBrowser(self.hub)
        assert self.browser.log_in(self.clerk) == "/"

    def works(self) -> bool:
        return self.browser.is_in() or (self.browser.log_in(self.clerk) == "/" and self.browser.is_in())


class ApiTokens(Tried):
    door = "api-tokens"

    def prepare(self) -> None:
        self.browser = WebBrowser(self.hub)
        assert self.browser.log_in(self.clerk) == "/"
        made = self.browser.send("/me/login/tokens", {"name": "một cửa", "days": "30", "scopes": "accounts:read"})
        token = re.search(r"mhub_[\w-]{43}", made.text)
        assert token is not None, made.status_code
        self.headers = {"Authorization": f"Bearer {token[0]}"}

    def works(self) -> bool:
        answer = httpx.get(
            f"{self.browser.origin}/api/v1/accounts/{self.clerk}", headers=self.headers, verify=unverified()
        )
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200


class Passkeys(Tried):
    door = "passkeys"

    def prepare(self) -> None:
        self.browser = WebBrowser(self.hub)
        self.device = Authenticator(self.browser.origin, "localhost")
        assert self.browser.log_in(self.clerk) == "/"
        options = self.browser.send("/me/login/passkeys/options", {}).json()
        made = {"answer": json.dumps(self.device.create(options)), "name": "Khóa USB"}
        assert self.browser.send("/me/login/passkeys", made).status_code == 200
        # A changed secret ends what was opened up to the tenth of a second behind it (login/older_sessions.py).
        wait_until(
            lambda: self.browser.log_in(self.clerk) and self.browser.get("/login/second").status_code == 200, "in"
        )

    def works(self) -> bool:
        if self.browser.log_in(self.clerk) != "/login/second":
            return False
        options = self.browser.send("/login/passkey/options", {}).json()
        self.browser.send("/login/passkey", {"answer": json.dumps(self.device.get(options))})
        return self.browser.is_in()


class RoleHolding(Tried):
    door = "role-holdings"

    def prepare(self) -> None:
        self.role = f"vaitro{next(_numbers)}@tinh.gov.vn"
        self.province.act("add_role_mailbox", self.role, "Văn thư")
        self.province.act("hold_role", self.role, self.clerk)

    def works(self) -> bool:
        both = {self.can_send(self.role), self.can_imap(f"{self.role}*{self.clerk}")}
        assert len(both) == 1
        return both.pop()


class ReceivedDelegation(Tried):
    door = "delegations"

    def prepare(self) -> None:
        self.leader = f"lanhdao{next(_numbers)}"
        self.province.people(self.leader)
        self.leader += "@tinh.gov.vn"
        self.write(delegate_mailbox, self.leader, self.clerk, DelegationRight.SEND, because="thử")

    def works(self) -> bool:
        both = {self.can_send(self.leader), self.can_imap(f"{self.leader}*{self.clerk}")}
        assert len(both) == 1
        return both.pop()


class GivenDelegation(Tried):
    """Somebody else works in the mailbox of the closed account."""

    door = "delegations"

    def prepare(self) -> None:
        self.delegate = f"giupviec{next(_numbers)}"
        self.province.people(self.delegate)
        self.delegate += "@tinh.gov.vn"
        self.write(delegate_mailbox, self.clerk, self.delegate, DelegationRight.SEND, because="thử")

    def works(self) -> bool:
        return self.can_imap(f"{self.clerk}*{self.delegate}")


class SieveRedirect(Tried):
    door = "sieve-redirects"

    def prepare(self) -> None:
        put_script(self.hub, self.clerk, f'redirect "{CHI}";\n')

    def works(self) -> bool:
        mark = f"chuyen tiep {next(_numbers)}"
        try:
            code = self.hub.submit(BINH, [self.clerk], letter(BINH, self.clerk, subject=mark))
        except smtplib.SMTPResponseException as error:
            if error.smtp_code != 550:
                raise
            return False  # it has ended: nothing comes in that could be sent on
        settled = "SELECT count(*) FROM recipient r JOIN message m ON m.id = r.message_id WHERE m.code = '{}' AND {}"
        final = settled.format(code, "r.state = 'delivered'")
        wait_until(lambda: self.province.rows(final)[0][0], f"{mark} was put into the mailbox")
        # The script runs before LMTP answers, so what it sends has its row by now.
        sent = f"SELECT count(*) FROM message WHERE door = 'inject' AND subject = '{mark}'"
        passed_on = bool(self.province.rows(sent)[0][0])
        if not passed_on:
            wait_until(lambda: mark in stored(self.hub, self.clerk), f"{mark} is kept for its owner")
        return passed_on


class AdminRights(Tried):
    door = "admin-rights"

    def prepare(self) -> None:
        agency = self.province.rows("SELECT code FROM agency ORDER BY id LIMIT 1")[0][0]
        self.write(grant_role, self.clerk, Role.AGENCY_ADMIN, agency=agency, reason="thử")

    def works(self) -> bool:
        done = self.hub.cli("--as", self.clerk, "right", "list", check=False)
        return done.returncode == 0


class GroupOwnership(Tried):
    door = "group-ownership"

    def prepare(self) -> None:
        self.group = f"nhom{next(_numbers)}@tinh.gov.vn"
        self.province.act("add_group", self.group, "Nhóm", owner=self.clerk)

    def works(self) -> bool:
        done = self.hub.cli("--as", self.clerk, "group", "add-member", self.group, CHI, check=False)
        return done.returncode == 0


TRIED = (
    SmtpLogin,
    ImapLogin,
    AppPasswords,
    WebSessions,
    ApiTokens,
    Passkeys,
    RoleHolding,
    ReceivedDelegation,
    GivenDelegation,
    SieveRedirect,
    GroupOwnership,
    AdminRights,
)


def put_script(hub: RunningHub, address: str, script: str) -> None:
    """Make `script` the Sieve script of a mailbox, as its owner would have."""
    settings = load(hub.directory / "mailhub.toml")
    identity = serving_identity(settings.hub.user)
    home = mailbox_home(settings.mail_directory, address)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / ".dovecot.sieve"
    path.write_text(script)
    for one in (home.parents[1], home.parent, home, path):
        os.chown(one, identity.uid, identity.gid)


def stored(hub: RunningHub, address: str) -> str:
    """All mail of a mailbox, read from its files: its owner may not log in."""
    home = mailbox_home(load(hub.directory / "mailhub.toml").mail_directory, address)
    return "".join(file.read_text(errors="replace") for file in home.glob("Maildir/*/*") if file.is_file())


@pytest.mark.parametrize("how", ACTS)
@pytest.mark.parametrize("tried", TRIED, ids=lambda one: one.__name__)
def test_every_door_closes_is_proved_and_opens_again(
    hub: RunningHub, province: Province, database: Database, sink: Sink, clerk: str, tried: type[Tried], how: str
) -> None:
    door = tried(hub, province, database, sink, clerk)
    assert door.works(), "it did not work before"
    province.act(how, clerk, reason="thử")
    found = proved(database, clerk)
    assert [line.door for line in found.doors] == list(DOORS)
    line = next(line for line in found.doors if line.door == door.door)
    assert line.state == "closed", line
    assert line.closed_at is not None
    assert 0 <= line.closed_at - found.began_at <= PROMISE * 1000
    assert not door.works(), f"open, but proved: {line}"
    province.act("restore_account", clerk, reason="thử")
    proved(database, clerk)
    assert door.works(), "restoring did not give it back"


def test_a_form_that_is_under_way_when_the_account_closes_changes_nothing(
    hub: RunningHub, database: Database, clerk: str
) -> None:
    """Its session was good when the request began; the transaction that was to write reads it again."""
    browser, other = WebBrowser(hub), WebBrowser(hub)
    assert browser.log_in(clerk) == "/"
    assert other.log_in(clerk) == "/"
    token = re.search(r'name="csrf" value="([^"]*)"', browser.get("/me/login").text)
    assert token is not None
    words = {"name": "một cửa", "days": "30", "scopes": "accounts:read", "csrf": token[1]}
    with ThreadPoolExecutor(1) as thread:
        with database.write() as connection:
            suspend_account(connection, ROOT, clerk, reason="thử")
            sent = thread.submit(browser.http.post, "/me/login/tokens", data=words, headers={"Origin": browser.origin})
            wait_until(turn_is_awaited, "the request stands before its transaction")
        answer = sent.result(timeout=20)
    assert answer.headers.get("location", "").startswith("/login"), answer.status_code
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(ApiToken).where(ApiToken.name == "một cửa",
            ApiToken.account_id == find_mailbox(connection, clerk).id)).scalar_one() == 0  # fmt: skip
    with database.write() as connection:
        restore_account(connection, ROOT, clerk, reason="thử")
    assert not other.is_in(), "nobody is in again with a cookie of before"


def turn_is_awaited() -> bool:
    """Whether a process waits for another's flock(2), as a writer does for its turn."""
    return any("-> FLOCK" in line for line in Path("/proc/locks").read_text().splitlines())


def test_a_suspended_account_answers_nobody_and_its_mail_arrives_at_once(
    hub: RunningHub, province: Province, database: Database, clerk: str
) -> None:
    """Sieve does not try an answer again that was refused for good: the letter must not wait with it."""
    put_script(hub, clerk, 'require "vacation";\nvacation "Toi di vang.";\n')
    province.act("suspend_account", clerk, reason="thử")
    proved(database, clerk)
    mark = f"vang mat {next(_numbers)}"
    code = hub.submit(BINH, [clerk], letter(BINH, clerk, subject=mark))
    state = f"SELECT r.state, r.attempts FROM recipient r JOIN message m ON m.id = r.message_id WHERE m.code = '{code}'"
    wait_until(lambda: province.rows(state)[0][0] not in ("queued", "delivering"), "it was handed over")
    assert tuple(province.rows(state)[0]) == ("delivered", 1)
    assert mark in stored(hub, clerk)
    assert not province.rows(f"SELECT id FROM message WHERE door = 'inject' AND subject LIKE '%{mark}%'")


@pytest.mark.parametrize("how", ACTS)
def test_waiting_mail_stays_and_goes_on_after_restoring(
    hub: RunningHub, province: Province, database: Database, sink: Sink, clerk: str, how: str
) -> None:
    outside = f"dan{next(_numbers)}@example.org"
    sink.sink.script["RCPT"] = ["451 4.3.0 later"]
    try:
        hub.submit(clerk, [outside], letter(clerk, outside))
        state = f"SELECT state, held_for FROM recipient WHERE address = '{outside}'"
        wait_until(lambda: province.rows(state)[0][0] == "deferred", "the next hop puts it off")
        province.act(how, clerk, reason="thử")
        found = proved(database, clerk)
        assert tuple(province.rows(state)[0]) == ("held", "sender-closed")
        line = next(line for line in found.doors if line.door == "queued-mail")
        assert line.checked == "Đọc lại hàng đợi: đã giữ lại 1 lượt gửi"
        hub.cli("queue", "release", "--to", outside, "--reason", "thử")  # nobody can let it go
        time.sleep(1)  # what must not happen needs time to not happen in
        assert tuple(province.rows(state)[0]) == ("held", "sender-closed")
    finally:
        sink.sink.script.pop("RCPT", None)
    province.act("restore_account", clerk, reason="thử")
    sink.wait_for(lambda one: outside in one.recipients, seconds=10)


# ---------------------------------------------------------------- open sessions


@pytest.fixture
def ends() -> Iterator[contextlib.ExitStack]:
    """Closes what a test has opened, however it went."""
    with contextlib.ExitStack() as stack:
        yield stack


def logged_in(hub: RunningHub, address: str) -> Wire:
    wire = Wire(hub.port("submissions"), tls=True)
    wire.heard()
    wire.ask("EHLO client.test")
    word = base64.b64encode(f"\0{address}\0{PASSWORD}".encode()).decode()
    assert wire.ask(f"AUTH PLAIN {word}")[0] == 235
    return wire


def begun(wire: Wire, sender: str, until: str) -> None:
    """Take a transaction as far as `until`: idle, MAIL, RCPT or half of the content."""
    steps = {"MAIL": f"MAIL FROM:<{sender}>", "RCPT": f"RCPT TO:<{BINH}>", "half": "DATA"}
    for step, command in steps.items():
        if until == "idle":
            return
        assert wire.ask(command)[0] in (250, 354)
        if step == until:
            break
    if until == "half":
        wire.send(f"From: {sender}\r\nTo: {BINH}\r\nSubject: nua {sender}\r\n\r\nmot nua".encode())


@pytest.mark.parametrize("until", ["idle", "MAIL", "RCPT", "half"])
@pytest.mark.parametrize("how", ACTS)
def test_an_open_submission_session_is_ended(
    hub: RunningHub,
    province: Province,
    database: Database,
    clerk: str,
    ends: contextlib.ExitStack,
    until: str,
    how: str,
) -> None:
    """Several, so that both processes have some; nobody asks, the server speaks."""
    wires = [ends.enter_context(logged_in(hub, clerk)) for _ in range(4)]
    other = ends.enter_context(logged_in(hub, BINH))
    for wire in wires:
        begun(wire, clerk, until)
    province.act(how, clerk, reason="thử")
    started = time.monotonic()
    for wire in wires:
        code, text = wire.heard()
        assert (code, text[:5]) == (421, "4.7.0"), text
        assert province.refusal(text) == "account-closed"
        assert wire.heard() == (0, "")  # and hangs up
    assert time.monotonic() - started < PROMISE
    line = next(line for line in proved(database, clerk).doors if line.door == "submission-sessions")
    assert line.checked == "smtp-0, smtp-1 đã ngắt mọi phiên gửi của tài khoản và xác nhận"
    assert province.rows(f"SELECT count(*) FROM message WHERE sender = '{clerk}'")[0][0] == 0
    assert other.ask("NOOP")[0] == 250, "somebody else's session was ended"


@pytest.mark.parametrize("how", ACTS)
def test_the_final_dot_after_the_act_is_refused(hub: RunningHub, province: Province, clerk: str, how: str) -> None:
    with logged_in(hub, clerk) as wire:
        begun(wire, clerk, "half")
        province.act(how, clerk, reason="thử")
        assert wire.ask("\r\n.")[0] in (421, 550)
    assert province.rows(f"SELECT count(*) FROM message WHERE sender = '{clerk}'")[0][0] == 0


@pytest.mark.parametrize("how", ACTS)
def test_open_imap_sessions_end_own_and_shared(
    hub: RunningHub, province: Province, database: Database, clerk: str, ends: contextlib.ExitStack, how: str
) -> None:
    role = f"phien{next(_numbers)}@tinh.gov.vn"
    province.act("add_role_mailbox", role, "Văn thư")
    province.act("hold_role", role, clerk)
    idle, shared, other = (idling(hub, login, ends) for login in (clerk, f"{role}*{clerk}", BINH))
    province.act(how, clerk, reason="thử")
    for client in (idle, shared):
        client.sock.settimeout(PROMISE)
        while client.readline():  # b"" is the end of the connection
            pass
    told = {line.door: line.checked for line in proved(database, clerk).doors}
    for door in ("imap-sessions", "shared-sessions"):
        assert told[door].startswith("doveadm who: hai lần liền không thấy phiên nào")
    other.send(b"DONE\r\n")
    # Dovecot says "* OK Still here" now and then, and EXISTS when mail came in meanwhile: the tagged line counts.
    last = next(line for line in iter(other.readline, None) if not line.startswith(b"* "))
    assert last.startswith(b"i1 OK"), "somebody else's session was ended"


def idling(hub: RunningHub, login: str, ends: contextlib.ExitStack) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL("127.0.0.1", hub.port("imaps"), ssl_context=unverified(), timeout=30)
    ends.callback(client.shutdown)
    client.login(login, PASSWORD)
    client.select()
    client.send(b"i1 IDLE\r\n")
    assert client.readline().startswith(b"+")
    return client


# ------------------------------------------------------- what is stopped meanwhile


@contextlib.contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def plan_of(hub: RunningHub) -> DovecotPlan:
    settings = load(hub.directory / "mailhub.toml")
    return dovecot_plan(settings, serving_identity(settings.hub.user))


def dovecots(hub: RunningHub) -> list[int]:
    """Dovecot's master and all its processes."""
    name = f"dovecot-{plan_of(hub).instance}/".encode()
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and command(entry).startswith(name)
    ]
    return [hub.children()["mailboxes"], *children]


def command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def test_a_stopped_dovecot_is_told_and_proved_when_it_goes_on(
    hub: RunningHub, province: Province, database: Database, clerk: str, ends: contextlib.ExitStack
) -> None:
    client = idling(hub, clerk, ends)
    with stopped(dovecots(hub)):
        done = hub.cli("account", "suspend", clerk, "--reason", "thử")
        assert "Chưa xong hết" in done.stdout
        assert "Dovecot chưa trả lời" in done.stdout
        told = {line.door: line for line in proof(database, clerk).doors}
        assert {door for door, line in told.items() if line.closed_at is None} == {"imap-sessions", "shared-sessions"}
        shown = hub.cli("account", "proof", clerk, "--json", check=False)
        assert shown.returncode == 1
        assert json.loads(shown.stdout)["done_at"] is None
    wait_until(lambda: proof(database, clerk).done_at is not None, "proved after all", seconds=30)
    client.sock.settimeout(PROMISE)
    while client.readline():
        pass
    assert hub.cli("account", "proof", clerk).returncode == 0


def test_a_stopped_smtp_process_is_named_and_proved_when_it_goes_on(
    hub: RunningHub, province: Province, database: Database, clerk: str, ends: contextlib.ExitStack
) -> None:
    wires = [ends.enter_context(logged_in(hub, clerk)) for _ in range(6)]
    with stopped([hub.children()["smtp-1"]]):
        province.act("suspend_account", clerk, reason="thử")

        def line() -> Any:
            return next(one for one in proof(database, clerk).doors if one.door == "submission-sessions")

        def told() -> bool:
            return "smtp-1" in line().checked and "smtp-0" not in line().checked

        wait_until(told, "the process that is stopped is named, and no other", seconds=PROMISE)
        assert line().closed_at is None
    wait_until(lambda: proof(database, clerk).done_at is not None, "proved after all", seconds=10)
    assert {wire.heard()[0] for wire in wires} == {421}


def test_a_process_that_is_killed_is_replaced_and_the_proof_goes_on(
    hub: RunningHub, province: Province, database: Database, clerk: str
) -> None:
    children = hub.children()
    worker = next(pid for name, pid in children.items() if name.startswith("worker"))
    with stopped([worker]):
        province.act("suspend_account", clerk, reason="thử")
        assert proof(database, clerk).done_at is None
        os.kill(worker, signal.SIGKILL)
    os.kill(children["smtp-1"], signal.SIGKILL)
    wait_until(lambda: proof(database, clerk).done_at is not None, "proved by the next worker", seconds=30)
    wait_until(lambda: "smtp-1" in hub.children(), "it is there again")


def test_without_a_running_hub_the_command_proves_it_alone() -> None:
    with RunningHub(workers={"smtp": 1}) as hub:
        hub.account("nva@tinh.gov.vn")
        hub.stop(signal.SIGKILL)
        wait_until(lambda: not _served(hub), "all have gone")
        done = hub.cli("account", "suspend", "nva@tinh.gov.vn", "--reason", "thử")
        assert "Đã đóng và kiểm tra đủ" in done.stdout, done.stdout
        assert "Không có tiến trình nhận thư nào đang chạy; smtp-0 đã dừng" in done.stdout
        assert "Dovecot không chạy" in done.stdout


def _served(hub: RunningHub) -> bool:
    text = str(hub.directory).encode()
    name = f"dovecot-{plan_of(hub).instance}/".encode()
    found = [command(entry) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return any((text in one and (b"serve" in one or b"dovecot" in one)) or one.startswith(name) for one in found)


# ------------------------------------------------------------------------- races


def race(hub: RunningHub, province: Province, clerk: str, offset: float) -> tuple[int, list[int]]:
    """Somebody sends as fast as possible; `offset` seconds later the account is closed. When, and what was taken."""
    taken: list[int] = []
    ready = threading.Event()

    def send() -> None:
        with contextlib.suppress(smtplib.SMTPException, OSError), hub.submission(clerk) as client:
            ready.set()
            while True:
                transaction(client, clerk, [BINH], letter(clerk, BINH))
                taken.append(now_ms())

    sender = threading.Thread(target=send)
    sender.start()
    assert ready.wait(30)
    time.sleep(offset)
    province.act("suspend_account", clerk, reason="thử")
    closed = now_ms()
    sender.join(PROMISE + 5)
    assert not sender.is_alive(), "the session was not ended"
    return closed, taken


def races(hub: RunningHub, province: Province, database: Database, count: int, side_by_side: int) -> None:
    """None of what is sent is taken, and nothing begins to be delivered, later than three seconds after the act."""
    first = next(_numbers)
    locals_ = [f"dua{first}-{number}" for number in range(count)]
    province.people(*locals_)
    chance = random.Random(first)
    late: list[tuple[str, int]] = []

    def run(local: str) -> int:
        address = f"{local}@tinh.gov.vn"
        closed, taken = race(hub, province, address, chance.uniform(0, 0.25))
        late.extend((address, moment - closed) for moment in taken if moment > closed + GRACE_MS)
        assert proved(database, address, seconds=15).done_at is not None
        return len(taken)

    with ThreadPoolExecutor(side_by_side) as pool:
        total = sum(pool.map(run, locals_))
    assert total > count / 2, "hardly anything was sent: no race"
    assert not late, late
    mine = f" AND substr(m.sender, 1, {len(f'dua{first}-')}) = 'dua{first}-'"
    after = province.rows(
        "SELECT count(*) FROM message m JOIN closing c ON c.mailbox_id = m.account_id"
        f" WHERE m.received_at > c.began_at + {GRACE_MS} AND c.act = 'suspend'" + mine
    )
    assert after[0][0] == 0
    left = province.rows(
        "SELECT count(*) FROM event e JOIN message m ON m.id = e.message_id"
        " JOIN closing c ON c.mailbox_id = m.account_id"
        f" WHERE e.kind IN ('delivered', 'relayed') AND e.at > c.began_at + {GRACE_MS}" + mine
    )
    assert left[0][0] == 0


def test_forty_races_between_revoke_and_send(hub: RunningHub, province: Province, database: Database) -> None:
    races(hub, province, database, 40, 4)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_races_between_revoke_and_send(hub: RunningHub, province: Province, database: Database) -> None:
    races(hub, province, database, 1000, 4)
