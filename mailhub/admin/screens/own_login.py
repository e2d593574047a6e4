"""Tài khoản của tôi, đăng nhập: one's own password, second factor, passkeys, open sessions and tokens of programs.

Whoever adds or takes away a way in has typed the password in the last minutes, or types it with the form: a browser
that was left open for a moment makes nobody a token.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from mailhub.accounts.authenticate import Rejected
from mailhub.accounts.credentials import password_set_at, set_password
from mailhub.accounts.errors import AccountError, CodeRefused, InvalidValue, NotFound, WrongState
from mailhub.accounts.login import second_factor
from mailhub.accounts.login.rule import standing_of
from mailhub.accounts.rights import Actor
from mailhub.accounts.web import listing, passkeys, tokens
from mailhub.accounts.web.login import is_password
from mailhub.accounts.web.scopes import TokenScope, read_scopes
from mailhub.accounts.web.sessions import FULL, SessionRow, carry_over
from mailhub.admin.agents import agent_words
from mailhub.admin.doorway import LINES, half_way, keep_session, later, party_of
from mailhub.admin.factor_pages import draw
from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.screens.login_set_up import chosen_password
from mailhub.store.sealing import open_sealer

screens = Screens()
PAGE = "/me/login"
_HEAVIEST = 90  # days that are offered first


@screens.get(PAGE, SIGNED_IN)
def show(visit: Visit) -> Response:
    """All of it on one page."""
    return _page(visit)


@screens.post("/me/login/password", SIGNED_IN)
def change_password(visit: Visit) -> Response:
    """POST current, password, again. Every other session ends, and mail clients that use the password."""
    session = _session(visit)
    refused = _unless_proved(visit, always=True)
    if refused is not None:
        return refused
    hashed = chosen_password(visit, session.address)
    if hashed is None:
        return _page(visit, status=422, at="password")
    with half_way(visit, FULL) as (connection, actor, now):
        set_password(connection, actor, now.address, hashed, at=visit.at)
        made = carry_over(connection, now, at=visit.at)
    return keep_session(visit.go(PAGE, "web.login.changed"), made)


@screens.post("/me/login/phone", SIGNED_IN)
def begin_phone(visit: Visit) -> Response:
    """Make a phone's key, to be confirmed on the page that follows."""
    settings = visit.site.settings
    sealer = open_sealer(settings.keys_directory)

    def work(connection: Connection, actor: Actor, session: SessionRow) -> None:
        second_factor.set_up(connection, actor, session.address, sealer, issuer=settings.hub.domain, at=visit.at)

    return _unless_proved(visit) or _act(visit, work, "factor")


@screens.post("/me/login/phone/confirm", SIGNED_IN)
def confirm_phone(visit: Visit) -> Response:
    """POST code: the phone has the key. Shows the recovery codes, this once."""
    code, sealer = visit.form.text("code", required=True, longest=20), open_sealer(visit.site.settings.keys_directory)
    try:
        with half_way(visit, FULL) as (connection, actor, session):
            codes = second_factor.confirm(connection, actor, session.address, code, sealer, at=visit.at)
            made = carry_over(connection, session, at=visit.at)
    except (CodeRefused, WrongState):
        visit.form.mend("code", "web.login.code.wrong")
        return _page(visit, status=422, at="factor")
    return keep_session(visit.page("login/recovery_codes.html", codes=codes, to=PAGE), made)


@screens.post("/me/login/codes", SIGNED_IN)
def renew_codes(visit: Visit) -> Response:
    """New recovery codes, shown this once."""
    refused = _unless_proved(visit)
    if refused is not None:
        return refused
    try:
        with half_way(visit, FULL) as (connection, actor, session):
            codes = second_factor.renew_recovery_codes(connection, actor, session.address, at=visit.at)
    except WrongState as error:
        visit.form.mend("", "web.form.refused", detail=str(error))
        return _page(visit, status=422, at="factor")
    return visit.page("login/recovery_codes.html", codes=codes, to=PAGE)


@screens.post("/me/login/passkeys/options", SIGNED_IN)
def offer_registration(visit: Visit) -> Response:
    """What the browser makes a key with, as JSON; 403 when the password has to be typed first."""
    party, session = party_of(visit), _session(visit)
    if party is None:
        return JSONResponse({}, 404)
    if not session.is_fresh(visit.at):
        return JSONResponse({}, 403)
    with half_way(visit, FULL) as (connection, actor, now):
        return JSONResponse(passkeys.begin_registration(connection, actor, now, party, at=visit.at))


@screens.post("/me/login/passkeys", SIGNED_IN)
def add_passkey(visit: Visit) -> Response:
    """POST answer (the browser's JSON), name."""
    party = party_of(visit)
    name, answer = visit.form.text("name", longest=100), visit.form.typed.get("answer", "")
    if party is None:
        return _page(visit)
    try:
        with half_way(visit, FULL) as (connection, actor, session):
            named = name or visit.t("web.login.passkey.name")
            codes = passkeys.finish_registration(connection, actor, session, party, answer, name=named, at=visit.at)
            made = carry_over(connection, session, at=visit.at)
    except (CodeRefused, InvalidValue, WrongState):
        visit.form.mend("", "web.login.passkey.refused")
        return _page(visit, status=422, at="factor")
    if codes:
        return keep_session(visit.page("login/recovery_codes.html", codes=codes, to=PAGE), made)
    return keep_session(visit.go(PAGE, "web.login.passkey.kept"), made)


@screens.post("/me/login/passkeys/remove", SIGNED_IN)
def remove_passkey(visit: Visit) -> Response:
    """POST which."""
    which = visit.form.number("which", required=True) or 0

    def work(connection: Connection, actor: Actor, session: SessionRow) -> None:
        passkeys.remove_passkey(connection, actor, session.address, which, at=visit.at)

    return _unless_proved(visit) or _act(visit, work, "factor", said="web.login.passkey.removed")


@screens.post("/me/login/sessions/end", SIGNED_IN)
def end_session(visit: Visit) -> Response:
    """POST which: one session of one's own; without it all but this one."""
    which = visit.form.number("which")

    def work(connection: Connection, actor: Actor, session: SessionRow) -> None:
        if which is None:
            listing.end_all(connection, actor, session.address, but=session.id, at=visit.at)
        else:
            listing.end_one(connection, actor, session.address, which, at=visit.at)

    return _act(visit, work, "sessions", said="web.login.sessions.ended")


@screens.post("/me/login/tokens", SIGNED_IN)
def make_token(visit: Visit) -> Response:
    """POST name, scopes, days: a token, shown this once."""
    form, settings = visit.form, visit.site.settings
    name, days = (
        form.text("name", required=True, longest=100),
        form.number("days", least=1, most=settings.web.token_days, required=True),
    )
    chosen = form.several("scopes")
    if not chosen:
        form.mend("scopes", "web.login.tokens.no-scope")
    if not form or days is None:
        return _page(visit, status=422, at="tokens")
    refused = _unless_proved(visit)
    if refused is not None:
        return refused
    try:
        scopes = read_scopes(chosen)
        with half_way(visit, FULL) as (connection, actor, session):
            made = tokens.make_token(
                connection, actor, session.address, name, scopes, days=days, settings=settings, at=visit.at
            )
    except (InvalidValue, WrongState) as error:
        form.mend("", "web.form.refused", detail=str(error))
        return _page(visit, status=422, at="tokens")
    return visit.page("login/token.html", token=made, name=name, to=PAGE)


@screens.post("/me/login/tokens/revoke", SIGNED_IN)
def revoke_token(visit: Visit) -> Response:
    """POST which."""
    which = visit.form.number("which", required=True) or 0

    def work(connection: Connection, actor: Actor, session: SessionRow) -> None:
        tokens.revoke_tokens(connection, actor, session.address, which, at=visit.at)

    return _act(visit, work, "tokens", said="web.login.tokens.revoked")


def _act(visit: Visit, work: Callable[[Connection, Actor, SessionRow], None], at: str, *, said: str = "") -> Response:
    """Do it to the owner's own account, and back to the page."""
    try:
        with half_way(visit, FULL) as (connection, actor, session):
            work(connection, actor, session)
    except NotFound:
        pass  # somebody else was faster, in another tab
    except AccountError as error:
        visit.form.mend("", "web.form.refused", detail=str(error))
        return _page(visit, status=422, at=at)
    return visit.go(f"{PAGE}#{at}", said)


def _unless_proved(visit: Visit, *, always: bool = False) -> Response | None:
    """The page again, unless the password was typed lately, or stands in the field `current`."""
    session, secret = _session(visit), visit.form.secret("current")
    if session.is_fresh(visit.at) and not always:
        return None
    if not secret:
        visit.form.mend("current", "web.login.current.required")
        return _page(visit, status=422)
    with LINES.place(session.address, visit.ip):
        verdict = is_password(
            visit.site.database, session, secret, ip=visit.ip, at=visit.at, settings=visit.site.settings
        )
    if not isinstance(verdict, Rejected):
        return None
    visit.form.mend("current", "web.login.lock.wrong")
    return later(_page(visit, status=422), verdict.delay_seconds)


def _session(visit: Visit) -> SessionRow:
    assert visit.session is not None
    return visit.session


def _page(visit: Visit, *, status: int = 200, at: str = "") -> Response:
    session, settings, moment = _session(visit), visit.site.settings, visit.at
    sealer = open_sealer(settings.keys_directory)
    with visit.reading() as (connection, actor):
        address = session.address
        set_at = password_set_at(connection, session.account_id)
        standing = standing_of(connection, session.account_id, set_at, settings.passwords, at=moment)
        phone = second_factor.is_confirmed(connection, session.account_id)
        waiting = None
        if not phone:
            waiting = second_factor.pending(connection, actor, address, sealer, issuer=settings.hub.domain)
        values: dict[str, object] = {
            "set_at": set_at,
            "standing": standing,
            "phone": phone,
            "drawn": None if waiting is None else draw(waiting),
            "codes_left": second_factor.recovery_codes_left(connection, session.account_id),
            "keys": passkeys.list_passkeys(connection, actor, address),
            "sessions": listing.list_sessions(connection, actor, address, settings=settings, at=moment),
            "tokens": tokens.list_tokens(connection, actor, address, at=moment),
        }
    values |= {"scopes": [one.value for one in TokenScope], "fresh": session.is_fresh(moment), "failed": at}
    values["agent_words"] = agent_words
    values |= {"named": party_of(visit) is not None, "days": min(_HEAVIEST, settings.web.token_days)}
    return visit.page("login/own.html", status=status, **values)
