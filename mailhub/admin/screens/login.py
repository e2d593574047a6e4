"""Logging in and out: name and password, the second step, the lock of a session that was left alone."""

from __future__ import annotations

import json

from starlette.responses import JSONResponse, Response

from mailhub.accounts.attempts import Hint, hints_of
from mailhub.accounts.authenticate import Rejected
from mailhub.accounts.login.code_form import has_form
from mailhub.accounts.web import passkeys
from mailhub.accounts.web.locking import lock_session, note_wrong_at_lock, unlock_session
from mailhub.accounts.web.login import (
    Entered,
    code_step,
    first_step,
    is_password,
    passkey_step,
    takes_phone_codes,
)
from mailhub.accounts.web.sessions import FULL, LOCKED, Ended, SessionRow, Stage, end_session
from mailhub.admin.doorway import (
    LINES,
    drop_session,
    half_way,
    keep_session,
    later,
    party_of,
    path_after_login,
    wanted,
    way_on,
)
from mailhub.admin.frame.access import PUBLIC, SIGNED_IN
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit

screens = Screens()
_SAID_OF = {
    Hint.VIETNAMESE: "web.login.hint.vietnamese",
    Hint.CAPITALS: "web.login.hint.capitals",
    Hint.BLANKS: "web.login.hint.blanks",
}
_MOST_KEPT = 200_000  # characters of a form that was sent while the session was locked


@screens.get("/login", PUBLIC, half=True, locked=True)
def show_login(visit: Visit) -> Response:
    """The way in; who is in already is led on."""
    if visit.session is not None and visit.session.stage == FULL:
        return visit.go(wanted(visit))
    return _login_page(visit)


@screens.post("/login", PUBLIC, half=True, locked=True)
def log_in(visit: Visit) -> Response:
    """POST address, password, next: the first step."""
    form = visit.form
    address, secret = form.text("address", required=True, longest=320), form.secret("password")
    if not secret:
        form.mend("password", "web.form.required")
    if not form:
        return _login_page(visit, status=422)
    settings, agent = visit.site.settings, visit.request.headers.get("user-agent", "")
    with LINES.place(address, visit.ip):
        made = first_step(
            visit.site.database, address, secret, ip=visit.ip, agent=agent, at=visit.at, settings=settings
        )
    if isinstance(made, Rejected):
        form.mend("", "web.login.wrong")
        return later(_login_page(visit, status=422, hints=_hints(secret)), made.delay_seconds)
    if visit.session is not None:  # somebody else, or the same person, was in: not any more
        with visit.site.database.write() as connection:
            end_session(connection, visit.session.id, why=Ended.LOGOUT, at=visit.at)
    return _go_on(visit, made)


@screens.get("/login/second", SIGNED_IN, half=True, locked=True)
def show_second(visit: Visit) -> Response:
    """The second step, or whatever comes instead of it."""
    assert visit.session is not None
    if visit.session.stage is not Stage.PASSWORD:
        return visit.go(way_on(visit.session.stage, wanted(visit)))
    return _second_page(visit)


@screens.post("/login/second", SIGNED_IN, half=True)
def take_code(visit: Visit) -> Response:
    """POST code, next: the phone's, or a recovery code."""
    assert visit.session is not None
    if visit.session.stage is not Stage.PASSWORD:
        return visit.go(way_on(visit.session.stage, wanted(visit)))
    code = visit.form.text("code", required=True, longest=64)
    if not visit.form:
        return _second_page(visit, status=422)
    settings = visit.site.settings
    with LINES.place(visit.session.address, visit.ip):
        made = code_step(visit.site.database, visit.session, code, ip=visit.ip, at=visit.at, settings=settings)
    if isinstance(made, Rejected):
        visit.form.mend("", "web.login.code.wrong")
        return later(_second_page(visit, status=422), made.delay_seconds)
    return _go_on(visit, made)


@screens.post("/login/passkey/options", SIGNED_IN, half=True)
def offer_passkey(visit: Visit) -> Response:
    """What the browser asks the key with, as JSON; 404 when there is no key for this name."""
    party = party_of(visit)
    with half_way(visit, Stage.PASSWORD) as (connection, _, session):
        options = None
        if party is not None:
            options = passkeys.begin_authentication(connection, session, party, at=visit.at)
    return JSONResponse({}, 404) if options is None else JSONResponse(options)


@screens.post("/login/passkey", SIGNED_IN, half=True)
def take_passkey(visit: Visit) -> Response:
    """POST answer (the browser's JSON), next."""
    assert visit.session is not None
    party = party_of(visit)
    if visit.session.stage is not Stage.PASSWORD or party is None:
        return visit.go(way_on(visit.session.stage, wanted(visit)))
    answer, settings = visit.form.typed.get("answer", ""), visit.site.settings
    made = passkey_step(visit.site.database, visit.session, party, answer, ip=visit.ip, at=visit.at, settings=settings)
    if isinstance(made, Rejected):
        visit.form.mend("", "web.login.passkey.wrong")
        return later(_second_page(visit, status=422), made.delay_seconds)
    return _go_on(visit, made)


@screens.get("/locked", SIGNED_IN, locked=True)
def show_lock(visit: Visit) -> Response:
    """The lock: only the password opens it. `part=1` gives the form alone, to lie over a page with typed text."""
    return _lock_page(visit)


@screens.post("/locked", SIGNED_IN, locked=True)
def unlock(visit: Visit) -> Response:
    """POST password, next; `kept` and `to` bring a form that was sent while it was locked."""
    assert visit.session is not None
    secret, session, settings = visit.form.secret("password"), visit.session, visit.site.settings
    if not secret:
        visit.form.mend("password", "web.form.required")
        return _lock_page(visit, status=422)
    with LINES.place(session.address, visit.ip):
        verdict = is_password(visit.site.database, session, secret, ip=visit.ip, at=visit.at, settings=settings)
    if isinstance(verdict, Rejected):
        with visit.site.database.write() as connection:
            over = note_wrong_at_lock(connection, session, at=visit.at)
        if over:
            return later(drop_session(visit.go("/login", "web.login.lock.over")), verdict.delay_seconds)
        visit.form.mend("", "web.login.lock.wrong")
        return later(_lock_page(visit, status=422, hints=_hints(secret)), verdict.delay_seconds)
    with half_way(visit, FULL, LOCKED) as (connection, _, now):
        made = unlock_session(connection, now, at=visit.at)
    return keep_session(_resume(visit), made)


@screens.post("/alive", SIGNED_IN)
def stay(_: Visit) -> Response:
    """Somebody types in a page that sends nothing: the session is not left alone (the frame writes it down)."""
    return Response(status_code=204)


@screens.post("/lock", SIGNED_IN)
def lock(visit: Visit) -> Response:
    """Lock it by hand, before one goes for coffee."""
    with half_way(visit, FULL) as (connection, _, session):
        lock_session(connection, session, at=visit.at)
    return visit.go("/locked")


@screens.post("/logout", SIGNED_IN, half=True, locked=True)
def log_out(visit: Visit) -> Response:
    """The end of this session."""
    assert visit.session is not None
    with visit.site.database.write() as connection:
        end_session(connection, visit.session.id, why=Ended.LOGOUT, at=visit.at)
    return drop_session(visit.go("/login", "web.login.out"))


def _go_on(visit: Visit, made: Entered) -> Response:
    return later(keep_session(visit.go(way_on(made.stage, wanted(visit))), made.session), made.delay_seconds)


def _login_page(visit: Visit, *, status: int = 200, hints: tuple[str, ...] = ()) -> Response:
    return visit.page("login/login.html", status=status, next=wanted(visit), hints=hints)


def _second_page(visit: Visit, *, status: int = 200) -> Response:
    session, party = visit.session, party_of(visit)
    assert session is not None
    with visit.site.database.read() as connection:
        keys = passkeys.passkeys_for(connection, session.account_id, party)
        phone = takes_phone_codes(connection, session.account_id, visit.site.settings, at=visit.at)
    values = {"passkeys": keys, "elsewhere": [], "phone": phone}
    if party is None or not keys:
        values["elsewhere"] = _names_with_keys(visit, session)
    return visit.page("login/second.html", status=status, next=wanted(visit), **values)


def _names_with_keys(visit: Visit, session: SessionRow) -> list[str]:
    """Other names of ours at which the account's passkeys answer."""
    with visit.site.database.read() as connection:
        found = passkeys.names_with_passkeys(connection, session.account_id)
    return sorted(found & visit.site.hosts)


def _lock_page(visit: Visit, *, status: int = 200, hints: tuple[str, ...] = ()) -> Response:
    template = "login/locked_part.html" if visit.query.get("part") else "login/locked.html"
    kept, to = visit.form.typed.get("kept", ""), visit.form.typed.get("to", "")
    to, kept = path_after_login(to), kept[:_MOST_KEPT]
    return visit.page(template, status=status, next=wanted(visit), hints=hints, kept=kept, to=to)


def _resume(visit: Visit) -> Response:
    """On to where one was going; a form that was sent to the locked session is shown again, to be sent by hand."""
    if visit.request.headers.get("x-unlock"):
        return Response(status_code=204)
    to, fields = path_after_login(visit.form.typed.get("to", "/")), _kept_fields(visit.form.typed.get("kept", ""))
    if to == "/" or not fields:
        return visit.go(wanted(visit))
    return visit.page("login/resume.html", to=to, fields=fields)


def _kept_fields(kept: str) -> list[tuple[str, str]]:
    """The fields of a form as `frame/dispatch` kept them; nothing when somebody wrote something else there."""
    try:
        pairs = json.loads(kept) if kept else []
        return [(str(name), str(value)) for name, value in pairs if name != "csrf"]
    except (ValueError, TypeError, RecursionError):
        return []


def _hints(secret: str) -> tuple[str, ...]:
    """What may explain a wrong password, from its letters alone: whose name it is makes no difference."""
    if has_form(secret):
        return ("web.login.hint.slip",)
    return tuple(_SAID_OF[hint] for hint in hints_of(secret) if hint in _SAID_OF)
