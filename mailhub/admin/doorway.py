"""What the pages of logging in share: the cookie, the wait that a wrong password costs, a half-way session's act."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.web.lines import LoginLines
from mailhub.accounts.web.relying import RelyingParty, relying_party
from mailhub.accounts.web.sessions import LOCKED, NewSession, SessionRow, Stage, still_open
from mailhub.admin.frame.csrf import host_of
from mailhub.admin.frame.errors import SessionOver
from mailhub.admin.frame.visit import SESSION_COOKIE, Visit, own_path

MOST_DELAYS = 1_000  # answers that wait; beyond these they come at once, tries before their time are refused unseen
LINES = LoginLines(most=12)  # of the 24 threads that answer pages
WAYS = {
    Stage.PASSWORD: "/login/second",
    Stage.SETUP: "/login/set-up",
    Stage.RENEW: "/login/renew",
    LOCKED: "/locked",
}
pause = asyncio.sleep  # tests wait for nothing
_delays = 0


class Later(Response):
    """An answer that is sent after some seconds, in which it holds no thread."""

    def __init__(self, response: Response, seconds: float) -> None:
        super().__init__(status_code=response.status_code)
        self.response, self.seconds = response, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then send."""
        global _delays  # noqa: PLW0603 - one count a process
        if self.seconds > 0 and _delays < MOST_DELAYS:
            _delays += 1
            try:
                await pause(self.seconds)
            finally:
                _delays -= 1
        await self.response(scope, receive, send)


def later(response: Response, seconds: float) -> Response:
    """The response, after its wait if there is one."""
    return Later(response, seconds) if seconds > 0 else response


def keep_session(response: Response, made: NewSession) -> Response:
    """Give the browser its token. No Max-Age: it goes with the browser, and the server knows when it is over."""
    response.set_cookie(SESSION_COOKIE, made.token, secure=True, httponly=True, samesite="lax", path="/")
    return response


def drop_session(response: Response) -> Response:
    """Take the token away, and whatever this browser keeps of our pages (W3C Clear Site Data § 3)."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def path_after_login(text: str) -> str:
    """A path to go on to after the login, whatever somebody wrote there: none that belongs to logging in itself."""
    fits = len(text) <= 2_000 and not text.startswith(("/login", "/logout", "/locked", "/k/", "/api/"))
    return own_path(text) if fits else "/"


def way_on(stage: Stage, after: str) -> str:
    """Where a login that is that far goes on."""
    if stage is Stage.FULL:
        return path_after_login(after)
    way, after = WAYS[stage], path_after_login(after)
    return way if after == "/" else f"{way}?{urlencode({'next': after})}"


def wanted(visit: Visit) -> str:
    """Where the visitor was going before the login came between."""
    return path_after_login(visit.form.typed.get("next") or visit.query.get("next", "/"))


@contextmanager
def half_way(visit: Visit, *stages: Stage) -> Iterator[tuple[Connection, Actor, SessionRow]]:
    """One transaction of a session that stands at one of these stages, read again inside it; its owner acts, with no
    role but that of an official.

    Raises:
        SessionOver: it has ended, or stands elsewhere.
    """
    with visit.site.database.write() as connection:
        session = still_open(connection, visit.token, settings=visit.site.settings, at=visit.at)
        if session is None or session.stage not in stages:
            raise SessionOver
        yield connection, owner_of(session, visit.ip), session


def owner_of(session: SessionRow, ip: str) -> Actor:
    """The session's owner, with no role but that of an official."""
    return Actor(name=session.address, role=Role.OFFICIAL, account_id=session.account_id, ip=ip, proved=True)


def party_of(visit: Visit) -> RelyingParty | None:
    """For which name this page may ask for a passkey; None when it was opened by an address without a name."""
    settings = visit.site.settings
    address = settings.listen_address("https")
    port = 443 if address is None else address.port
    title = settings.hub.province or settings.hub.domain
    return relying_party(host_of(visit.request), names=visit.site.hosts, port=port, title=title)
