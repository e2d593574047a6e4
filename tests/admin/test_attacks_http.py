"""Requests that no browser of ours sends: bodies, numbers and encodings made to break something, reading that changes
something, sessions that are half way or locked, and connections that only take places."""

from __future__ import annotations

import asyncio
import html
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import func, select, update
from starlette.requests import Request
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.groups import add_group
from mailhub.accounts.web.models import WebSession
from mailhub.accounts.web.sessions import Stage
from mailhub.admin.app import all_routes, build
from mailhub.admin.frame.dispatch import SHARE, Dispatcher
from mailhub.admin.frame.jobs import MOST_EACH, Jobs, Progress, TooMuchWork
from mailhub.admin.frame.routes import ScreenRoute
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import SESSION_COOKIE, Visit
from mailhub.admin.patience import MOST_OPEN, ImpatientProtocol
from mailhub.store.database import Base, Database
from mailhub.store.errors import StoreUnavailable
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import new_tables
from tests.support.web import HOST, ORIGIN, Browser, new_site

pytestmark = pytest.mark.unit

ADMIN, PERSON = "quantri@tinh.gov.vn", "an@tinh.gov.vn"
GETS = sorted((one for one in all_routes() if one.method == "GET"), key=lambda one: one.path)
POSTS = sorted((one for one in all_routes() if one.method == "POST"), key=lambda one: one.path)
UPLOADS = [one for one in POSTS if one.upload_mib and one.access.signed_in]
# Reading writes these down: who looked, whose session was used, that work was begun to show its progress.
READING_WRITES = {"audit_log", "audit_head", "web_session"}
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
DATES = ("day", "on", "at", "since", "until", "from", "to", "period", "month", "text", "code", "number")
HUGE = "9" * 19  # more than 63 bits
ENDLESS = "9" * 4_400  # more digits than Python reads


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("attacks")
    database = new_tables("sqlite", folder)
    make_province(database)
    make_account(database, ADMIN, agency="tinh")
    make_account(database, PERSON, agency="snv")
    with database.write() as c:
        grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason="thử")
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        add_group(c, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="snv")
    made = new_site(database, folder)
    yield made
    made.jobs.close()
    database.close()


def filled(route: ScreenRoute, text: str) -> str:
    return re.sub(r"\{[\w:]+\}", text, route.path)


def real(route: ScreenRoute) -> str:
    """The path with something that there is."""
    places = {"offices": "vanthu.snv@tinh.gov.vn", "groups": "nhom@tinh.gov.vn", "agencies": "snv"}
    return filled(route, places.get(route.path.split("/")[1], PERSON))


def test_no_number_date_or_sign_in_an_address_is_unforeseen(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    admin = Browser(site, ADMIN)
    hostile = ("%00", ENDLESS, HUGE, "9999-99-99((%22*%FF")
    odd = f"after={HUGE}&size={ENDLESS}&" + "&".join(f"{name}=9999-99-99((%22*%FF" for name in ("q", *DATES))
    for route in GETS:
        places = [filled(route, text) for text in hostile] if "{" in route.path else []
        for path in (*places, f"{real(route)}?{odd}", f"{real(route)}?after={ENDLESS}&from=%00"):
            answer = admin.get(path)
            assert answer.status_code < 500, (path[:120], [one.exc_text for one in caplog.records][-1:])


@pytest.mark.parametrize("route", GETS, ids=lambda one: one.path)
def test_reading_changes_nothing_but_what_it_writes_down(site: Site, route: ScreenRoute) -> None:
    admin = Browser(site, ADMIN)
    path = real(route)
    admin.get(path)
    before = sizes(site)
    for query in ("", "?sure=1&confirm=1&act=end&reason=x", "?format=csv"):
        assert admin.get(path + query).status_code < 500
    assert sizes(site) == before


def sizes(site: Site) -> dict[str, int]:
    with site.database.read() as c:
        return {
            name: c.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in READING_WRITES
        }


def test_a_body_has_the_length_that_was_announced(site: Site) -> None:
    """Chunks win over Content-Length (RFC 9112 § 6.3): they would go past every bound, and on to the disk."""
    nobody = Browser(site)
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked", "Content-Length": "3"}
    assert nobody.http.post("/login", content=b"a=b", headers=OURS | kind).status_code == 400
    kind.pop("Content-Length")
    assert nobody.http.post("/login", content=b"a=b", headers=OURS | kind).status_code == 400


@pytest.mark.parametrize("route", UPLOADS, ids=lambda one: one.path)
def test_a_strangers_file_is_not_even_read(site: Site, route: ScreenRoute) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    told = {"host": HOST, "content-type": "multipart/form-data; boundary=x", "content-length": "1000000", **OURS}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": filled(route, "1"), "raw_path": b"/", "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
        "client": ("192.0.2.9", 1), "server": (HOST, 443),
    }  # fmt: skip
    asyncio.run(cast(Any, build(site))(scope, receive, send))
    assert sent[0]["status"] == 303


@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "utf-16", "idna"])
def test_a_form_cannot_choose_an_alphabet_that_breaks_pages(site: Site, charset: str) -> None:
    for value in (b"\\ud800", b"\xff\xfe\x00\xd8", b"a\x00b", b"xn--a"):
        part = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n' + value + b"\r\n--x--\r\n"
        headers = OURS | {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        assert Browser(site).http.post("/login", content=part, headers=headers).status_code in (400, 422)
    nul = Browser(site).http.post("/login", data={"username": "a\0b"}, headers=OURS)
    assert nul.status_code == 400


@pytest.mark.parametrize("stage", [Stage.PASSWORD, Stage.SETUP, Stage.RENEW, Stage.LOCKED])
def test_a_session_that_is_half_way_or_locked_opens_no_page_part_or_file(site: Site, stage: Stage) -> None:
    admin = Browser(site, ADMIN)
    changes: dict[str, Any] = {"locked_at": site.clock()} if stage is Stage.LOCKED else {"stage": stage.value}
    with site.database.write() as c:
        c.execute(update(WebSession).where(WebSession.ended_at.is_(None)).values(**changes))
    for route in (*GETS, *POSTS):
        if not route.access.signed_in or route.half or (route.locked and stage is Stage.LOCKED):
            continue
        path = real(route)
        if route.method == "POST":
            answer = admin.send(path, {"reason": "x", "sure": "1"})
            assert answer.status_code in (303, 403), path  # 403: the lock, with the form kept
            assert answer.status_code == 403 or answer.headers["location"].startswith(("/login", "/locked"))
            continue
        for more in ({}, {"HX-Request": "true", "HX-Target": "listing"}):
            answer = admin.get(path + "?format=csv", **more)
            assert answer.status_code == (204 if more else 303), path
            where = answer.headers["hx-redirect" if more else "location"]
            assert where.startswith(("/login", "/locked")), path
            assert not answer.content


def test_a_cookie_is_no_token_and_a_token_is_no_cookie(site: Site) -> None:
    admin = Browser(site, ADMIN)
    assert admin.get("/?token=x").status_code == 200
    cookie = next(iter(admin.http.cookies.jar))
    token = str(cookie.value)
    bare = Browser(site)
    assert bare.get("/", Authorization=f"Bearer {token}").status_code == 303
    assert bare.get(f"/?__Host-mailhub={token}&token={token}&session={token}").status_code == 303
    answer = bare.get(f"/login?next=/accounts&token={token}")
    assert token not in str(answer.headers)


class Pipe:
    """A transport that only knows whether it was ended."""

    def __init__(self, address: str) -> None:
        self.address, self.ended = address, False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self.address, 1) if name in ("peername", "sockname") else default

    def abort(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.ended


def test_whoever_holds_most_connections_makes_room_for_the_next(site: Site) -> None:
    async def flood() -> tuple[Pipe, Pipe, list[Pipe]]:
        from uvicorn import Config
        from uvicorn.server import ServerState

        config, state = Config(build(site), ws="none", log_config=None), ServerState()
        config.load()

        def connect(address: str) -> Pipe:
            pipe = Pipe(address)
            ImpatientProtocol(config, state, {}).connection_made(cast(asyncio.Transport, pipe))
            return pipe

        first = connect("192.0.2.1")
        many = [connect("198.51.100.7") for _ in range(MOST_OPEN + 50)]
        last = connect("192.0.2.2")
        assert len(state.connections) == MOST_OPEN
        for one in list(state.connections):
            cast(ImpatientProtocol, one)._disarm()
        return first, last, many

    first, last, many = asyncio.run(flood())
    assert not first.ended
    assert not last.ended
    assert [one.ended for one in many] == [True] * 52 + [False] * (MOST_OPEN - 2)


def test_nothing_secret_is_logged_when_a_page_breaks(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Browser(site, ADMIN)
    monkeypatch.setattr("mailhub.admin.frame.dispatch.actor_of", broken)
    with caplog.at_level(logging.DEBUG):
        answer = admin.get("/accounts?q=bi-mat-1")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "no such column" not in answer.text
    token = str(next(iter(admin.http.cookies.jar)).value)
    ours = [one for one in caplog.records if one.name.startswith("mailhub")]  # not the client that stands for a browser
    told = "\n".join(one.getMessage() + str(one.exc_text) for one in ours)
    assert "fault" in told
    assert token not in told
    assert "bi-mat-1" not in told


def test_an_address_writes_no_line_and_no_code_into_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mailhub"):
        Browser(site, ADMIN).get("/accounts/%0aERROR%1b[31m%E2%80%AEx")
        for path in ("/k/7K4-QW2-M9/more", "/K/7K4-QW2-M9", "/7K4Q-W2M9-7K4Q-W2M9", "/mau/7k4qw2m97k4qw2m9"):
            Browser(site).get(path)
    told = [one.getMessage() for one in caplog.records if one.name.startswith("mailhub")]
    assert any("/accounts/" in line for line in told)
    assert all(line.isprintable() and "7K4" not in line.upper() for line in told)


def test_a_database_that_is_away_says_so_and_what_was_typed_is_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Browser(site, ADMIN)
    typed = {"name": 'Sở "Mới"', "code": "SM", "answer": "được", "password": "Kin-dao#1", "scopes": ["a", "b"]}
    for door in ("write", "read"):

        def away(_: Database) -> None:
            raise StoreUnavailable("database is locked")

        with monkeypatch.context() as patched:
            patched.setattr(Database, door, away)
            answer = admin.send("/agencies/snv/add", typed)
        assert answer.status_code == 503
        assert re.search(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2}\b", answer.text)
        assert "Kin-dao" not in answer.text
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text.partition("<main")[2])
        kept = [(name, html.unescape(value)) for name, value in found]
        assert {("name", 'Sở "Mới"'), ("code", "SM"), ("answer", "được"), ("scopes", "a"), ("scopes", "b")} < set(kept)
        again = admin.http.post("/agencies/snv/add", data=dict(kept), headers=OURS)
        assert again.status_code == 200, "the token goes on to work: the form is read, and asks whether one is sure"


def test_one_account_has_a_few_pieces_of_work_under_way_and_no_more(site: Site) -> None:
    door = threading.Event()
    with site.database.read() as c:
        mine, another = (find_mailbox(c, address).id for address in (ADMIN, PERSON))

    def wait(_: Progress) -> str:
        door.wait(30)
        return "/"

    for _ in range(MOST_EACH):
        site.jobs.start(mine, "thử", "thử", wait)
    with pytest.raises(TooMuchWork):
        site.jobs.start(mine, "thử", "thử", wait)
    site.jobs.start(another, "thử", "thử", wait)
    door.set()
    site.jobs.close()
    site.jobs = Jobs(site.database, site.name, site.clock)
    site.jobs.start(mine, "thử", "thử", wait)


def test_one_session_takes_a_share_of_the_threads(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages of one person at once than a process has threads: another's page comes while they wait."""
    door, most, lock = threading.Event(), [0, 0], threading.Lock()

    def slowly(dispatcher: Dispatcher, visit: Visit, route: ScreenRoute) -> Response:
        if visit.token != "greedy":
            return Response("here")
        with lock:
            most[0] += 1
            most[1] = max(most)
        door.wait(30)
        with lock:
            most[0] -= 1
        return Response("late")

    monkeypatch.setattr(Dispatcher, "_serve", slowly)

    async def ask() -> str:
        dispatcher = Dispatcher(site)
        route = next(one for one in GETS if one.path == "/accounts")
        page = dispatcher.endpoint(route)

        def request(token: str) -> Request:
            told = [(b"host", HOST.encode()), (b"cookie", f"{SESSION_COOKIE}={token}".encode())]
            scope = {"type": "http", "method": "GET", "path": "/accounts", "query_string": b"", "headers": told}
            return Request(scope)

        greedy = [asyncio.ensure_future(page(request("greedy"))) for _ in range(40)]
        await asyncio.sleep(0)
        other = await asyncio.wait_for(page(request("other")), 20)
        door.set()
        await asyncio.gather(*greedy)
        return bytes(other.body).decode()

    assert asyncio.run(ask()) == "here"
    assert most[1] <= SHARE


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("no such column: secret")
