"""/me/devices, /me/set-up: one's app passwords, and how a mail client is set up with this hub's own names and ports."""

from __future__ import annotations

from typing import Any

import segno
from starlette.responses import Response

from mailhub.accounts.authenticate import Rejected
from mailhub.accounts.errors import AccountError
from mailhub.accounts.login.app_passwords import list_app_passwords, make_app_password, revoke_app_passwords
from mailhub.accounts.web.login import is_password
from mailhub.admin.client_settings import doors_of
from mailhub.admin.doorway import LINES, later
from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit

screens = Screens()
PAGE = "/me/devices"
_DAYS = ("", "30", "90", "365")


@screens.get("/me/devices", SIGNED_IN)
def show_devices(visit: Visit) -> Response:
    """The app passwords that one has."""
    return _page(visit)


@screens.post("/me/devices", SIGNED_IN)
def make(visit: Visit) -> Response:
    """POST device, days: a new app password, shown on the answer, this once."""
    form, session = visit.form, visit.session
    assert session is not None
    device = form.text("device", required=True, longest=100)
    days = form.choice("days", _DAYS, required=False)
    if not form:
        return _page(visit, status=422)
    refused = _unless_proved(visit)
    if refused is not None:
        return refused
    try:
        with visit.writing() as (connection, actor):
            secret = make_app_password(
                connection, actor, session.address, device,
                settings=visit.site.settings.passwords, days=int(days) if days else None, at=visit.at,
            )  # fmt: skip
    except AccountError as error:
        form.mend("device", "web.form.refused", detail=str(error))
        return _page(visit, status=422)
    picture = segno.make_qr(secret).svg_data_uri(border=4, scale=4, dark="#000", light="#fff")
    return visit.page("me/app_password.html", secret=secret, picture=picture, device=device, **_values(visit))


@screens.post("/me/devices/revoke", SIGNED_IN)
def revoke(visit: Visit) -> Response:
    """POST which: its beginning; "" is all of them."""
    form, session = visit.form, visit.session
    assert session is not None
    which = form.text("which", longest=100)
    try:
        with visit.writing() as (connection, actor):
            number = revoke_app_passwords(connection, actor, session.address, which or None, at=visit.at)
    except AccountError as error:
        form.mend("", "web.form.refused", detail=str(error))
        return _page(visit, status=422)
    return visit.go(PAGE, "web.devices.revoked", number=number)


@screens.get("/me/set-up", SIGNED_IN)
def show_set_up(visit: Visit) -> Response:
    """How to set up a client, to be printed as well."""
    return visit.page("me/set_up.html", **_values(visit))


def _unless_proved(visit: Visit) -> Response | None:
    """The page again, unless the password was typed lately, or stands in the field `current`: an app password opens
    the mailbox for good, so an unattended screen must not make one."""
    session, secret, settings = visit.session, visit.form.secret("current"), visit.site.settings
    assert session is not None
    if session.is_fresh(visit.at):
        return None
    if not secret:
        visit.form.mend("current", "web.form.required")
        return _page(visit, status=422)
    with LINES.place(session.address, visit.ip):
        verdict = is_password(visit.site.database, session, secret, ip=visit.ip, at=visit.at, settings=settings)
    if not isinstance(verdict, Rejected):
        return None
    visit.form.mend("current", "web.login.lock.wrong")
    return later(_page(visit, status=422), verdict.delay_seconds)


def _values(visit: Visit) -> dict[str, Any]:
    assert visit.session is not None
    return {"doors": doors_of(visit.site.settings), "address": visit.session.address}


def _page(visit: Visit, *, status: int = 200) -> Response:
    assert visit.session is not None
    with visit.reading() as (connection, actor):
        rows = list_app_passwords(connection, actor, visit.session.address)
    now = visit.at
    live = [row for row in rows if row.expires_at is None or row.expires_at > now]
    days = [(value, visit.t(f"web.devices.days.{value or 'always'}")) for value in _DAYS]
    fresh = visit.session.is_fresh(now)
    return visit.page("me/devices.html", status=status, rows=live, days=days, fresh=fresh)
