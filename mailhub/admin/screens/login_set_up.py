"""What has to be mended before anything else is open: a second factor that one's role demands, a password too old."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from mailhub.accounts.credentials import set_password
from mailhub.accounts.errors import AccountError, CodeRefused, InvalidValue, WeakPassword, WrongState
from mailhub.accounts.login import second_factor
from mailhub.accounts.login.changing import new_password
from mailhub.accounts.login.rule import has_second_factor
from mailhub.accounts.web import passkeys
from mailhub.accounts.web.login import PASSKEY, stage_of, wants_passkey
from mailhub.accounts.web.sessions import NewSession, Stage, carry_over
from mailhub.admin.doorway import half_way, keep_session, owner_of, party_of, wanted, way_on
from mailhub.admin.factor_pages import Drawn, draw
from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.store.sealing import open_sealer

screens = Screens()
_NO_CODES: tuple[str, ...] = ()


@screens.get("/login/set-up", SIGNED_IN, half=True)
def show_set_up(visit: Visit) -> Response:
    """A phone's application, or a passkey."""
    assert visit.session is not None
    if visit.session.stage is not Stage.SETUP:
        return visit.go(way_on(visit.session.stage, wanted(visit)))
    return _set_up_page(visit)


@screens.post("/login/set-up/phone", SIGNED_IN, half=True)
def begin_phone(visit: Visit) -> Response:
    """Make the key that the phone is to keep."""
    settings = visit.site.settings
    sealer = open_sealer(settings.keys_directory)
    with half_way(visit, Stage.SETUP) as (connection, actor, session):
        if not has_second_factor(connection, session.account_id):
            second_factor.set_up(connection, actor, session.address, sealer, issuer=settings.hub.domain, at=visit.at)
    return visit.go(way_on(Stage.SETUP, wanted(visit)))


@screens.post("/login/set-up/confirm", SIGNED_IN, half=True)
def confirm_phone(visit: Visit) -> Response:
    """POST code, next: the phone has the key; shows the recovery codes, this once."""
    code, settings = visit.form.text("code", required=True, longest=20), visit.site.settings
    sealer = open_sealer(settings.keys_directory)
    try:
        with half_way(visit, Stage.SETUP) as (connection, actor, session):
            codes = second_factor.confirm(connection, actor, session.address, code, sealer, at=visit.at)
            stage = stage_of(connection, session.account_id, settings, at=visit.at, factor="code")
            made = carry_over(connection, session, stage=stage, at=visit.at)
    except (CodeRefused, WrongState):
        visit.form.mend("", "web.login.code.wrong")
        return _set_up_page(visit, status=422)
    return _codes_page(visit, codes, stage, made)


@screens.post("/login/set-up/passkey/options", SIGNED_IN, half=True)
def offer_registration(visit: Visit) -> Response:
    """What the browser makes a key with, as JSON."""
    party = party_of(visit)
    if party is None:
        return JSONResponse({}, 404)
    with half_way(visit, Stage.SETUP) as (connection, actor, session):
        return JSONResponse(passkeys.begin_registration(connection, actor, session, party, at=visit.at))


@screens.post("/login/set-up/passkey", SIGNED_IN, half=True)
def keep_passkey(visit: Visit) -> Response:
    """POST answer (the browser's JSON), name, next."""
    party, settings = party_of(visit), visit.site.settings
    name, answer = visit.form.text("name", longest=100), visit.form.typed.get("answer", "")
    if party is None:
        return _set_up_page(visit)
    try:
        with half_way(visit, Stage.SETUP) as (connection, actor, session):
            codes = passkeys.finish_registration(
                connection, actor, session, party, answer, name=name or visit.t("web.login.passkey.name"), at=visit.at
            )
            stage = stage_of(connection, session.account_id, settings, at=visit.at, factor=PASSKEY)
            made = carry_over(connection, session, stage=stage, at=visit.at)
    except (CodeRefused, InvalidValue, WrongState):
        visit.form.mend("", "web.login.passkey.refused")
        return _set_up_page(visit, status=422)
    return _codes_page(visit, codes, stage, made)


@screens.get("/login/renew", SIGNED_IN, half=True)
def show_renew(visit: Visit) -> Response:
    """A new password, since the old one is too old."""
    assert visit.session is not None
    if visit.session.stage is not Stage.RENEW:
        return visit.go(way_on(visit.session.stage, wanted(visit)))
    return visit.page("login/renew.html", next=wanted(visit))


@screens.post("/login/renew", SIGNED_IN, half=True)
def renew(visit: Visit) -> Response:
    """POST password, again, next."""
    form, session = visit.form, visit.session
    assert session is not None
    if session.stage is not Stage.RENEW:
        return visit.go(way_on(session.stage, wanted(visit)))
    hashed = chosen_password(visit, session.address)
    if hashed is None or not form:
        return visit.page("login/renew.html", status=422, next=wanted(visit))
    with half_way(visit, Stage.RENEW) as (connection, actor, now):
        set_password(connection, actor, now.address, hashed, at=visit.at)
        made = carry_over(connection, now, stage=Stage.FULL, at=visit.at)
    return keep_session(visit.go(wanted(visit), "web.login.changed"), made)


def chosen_password(visit: Visit, address: str) -> str | None:
    """The hash of the fields `password` and `again`, if they are the same and keep the rules; else what to mend stands
    beside them."""
    form, secret = visit.form, visit.form.secret("password")
    if not secret:
        form.mend("password", "web.form.required")
    elif secret != form.secret("again"):
        form.mend("again", "web.login.again.differs")
    if not form:
        return None
    try:
        settings = visit.site.settings.passwords
        return new_password(visit.site.database, address, secret, settings=settings, at=visit.at)
    except WeakPassword as error:
        form.mend("password", "web.login.weak", why="; ".join(error.why))
    except AccountError:
        form.mend("password", "web.login.weak", why="")
    return None


def _set_up_page(visit: Visit, *, status: int = 200) -> Response:
    assert visit.session is not None
    settings, session = visit.site.settings, visit.session
    sealer = open_sealer(settings.keys_directory)
    drawn: Drawn | None = None
    with visit.site.database.read() as connection:
        only_passkey = wants_passkey(connection, session.account_id, settings, at=visit.at)
        has_factor = has_second_factor(connection, session.account_id)
        owner = owner_of(session, visit.ip)
        if not has_factor:
            made = second_factor.pending(connection, owner, session.address, sealer, issuer=settings.hub.domain)
            drawn = None if made is None else draw(made)
    values = {"drawn": drawn, "has_factor": has_factor, "only_passkey": only_passkey and has_factor}
    named = party_of(visit) is not None
    return visit.page("login/set_up.html", status=status, next=wanted(visit), named=named, **values)


def _codes_page(visit: Visit, codes: tuple[str, ...], stage: Stage, made: NewSession) -> Response:
    to = way_on(stage, wanted(visit))
    if not codes:
        return keep_session(visit.go(to), made)
    return keep_session(visit.page("login/recovery_codes.html", codes=codes, to=to), made)
