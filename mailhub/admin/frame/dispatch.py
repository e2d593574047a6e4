"""From a request to a handler and back: the session, the form, the access, a thread, and what went wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from urllib.parse import quote
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.login.code_form import has_form
from mailhub.accounts.web.sessions import FULL, LOCKED, SessionRow, find_session, touch
from mailhub.admin.frame import csrf
from mailhub.admin.frame.errors import SessionOver
from mailhub.admin.frame.faults import BAD_REQUEST, FORBIDDEN, FORGED, TOO_LARGE, UNFORESEEN, Fault, fault_of
from mailhub.admin.frame.forms import is_storable, is_text, read_form
from mailhub.admin.frame.routes import MEGABYTE, ScreenRoute
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import SESSION_COOKIE, Visit
from mailhub.i18n import LANGUAGES
from mailhub.ids import new_code

log = logging.getLogger(__name__)

LANGUAGE_COOKIE = "language"
LOGIN = "/login"
SECOND_STEP = "/login/second"
LOCK = "/locked"
POLL = "x-poll"
# Fields that a page does not carry on: its token, and secrets that were typed.
_NOT_KEPT = ("csrf", "password", "current")
_NOT_KEPT_OF_LOGINS = ("again", "code", "answer")  # elsewhere an agency's code, what an approver answers
_LOGINS = ("/login", "/me/login", "/k")
MOST_FIELDS = 5_000  # a bulk act ticks that many rows at most
FORM_MIB = 2
SHARE = 6  # of the threads, for one session
FORM_SECONDS = 30.0  # a body that comes in drops must not keep its place
UPLOAD_SECONDS = 600.0


class Dispatcher:
    """Answers for every screen of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._threads = CapacityLimiter(24)
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def endpoint(self, *routes: ScreenRoute) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for one path: the route of the request's method."""
        by_method = {route.method: route for route in routes}

        async def answer(request: Request) -> Response:
            route = by_method.get("GET" if request.method == "HEAD" else request.method)
            if route is None:
                raise HTTPException(405, headers={"Allow": ", ".join(by_method)})
            return await self._answer(request, route)

        return answer

    async def _answer(self, request: Request, route: ScreenRoute) -> Response:
        visit = Visit(site=self._site, request=request, token=request.cookies.get(SESSION_COOKIE, ""))
        visit.language = language_of(request, self._site.settings.web.language)
        try:
            if not all(map(is_text, (request.url.path, *request.query_params.keys(), *request.query_params.values()))):
                return await self._in_thread(visit, lambda: self.tell(visit, BAD_REQUEST))
            if request.method == "POST":
                if route.upload_mib and route.access.signed_in and not await self._is_known(visit):
                    return _to_login(visit, LOGIN)
                refused = await self._read_form(visit, route)
                if refused is not None:
                    return await self._in_thread(visit, lambda: self.tell(visit, refused))
            return await self._in_thread(visit, lambda: self._serve(visit, route))
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            for file in visit.form.files.values():
                await file.close()

    async def _in_thread(self, visit: Visit, work: Callable[[], Response]) -> Response:
        """One session has a share of the threads: whoever asks for exports in a loop keeps nobody else from a page."""
        share = self._shares.setdefault(visit.token, asyncio.Semaphore(SHARE)) if visit.token else nullcontext()
        async with share:
            return await to_thread.run_sync(work, limiter=self._threads)

    async def _is_known(self, visit: Visit) -> bool:
        """Whether there is a session at all: strangers send no files, which would fill the disk meanwhile."""

        def ask() -> bool:
            with self._site.database.read() as connection:
                found = find_session(connection, visit.token, settings=self._site.settings, at=visit.at)
            return found is not None

        return await to_thread.run_sync(ask, limiter=self._threads)

    async def _read_form(self, visit: Visit, route: ScreenRoute) -> Fault | None:
        """Bring the form in, within its bounds (a body larger than its announcement ends the parsing)."""
        request = visit.request
        most = (min(route.upload_mib, self._site.settings.web.upload_mib) or FORM_MIB) * MEGABYTE
        length = request.headers.get("content-length", "")
        # A body in chunks is as long as it likes, whatever length stands beside it (RFC 9112 § 6.3).
        if not length.isascii() or not length.isdigit() or "transfer-encoding" in request.headers:
            return BAD_REQUEST
        if int(length) > most + MEGABYTE // 16:
            return TOO_LARGE
        try:
            async with asyncio.timeout(UPLOAD_SECONDS if route.upload_mib else FORM_SECONDS):
                data = await request.form(
                    max_files=4 if route.upload_mib else 0, max_fields=MOST_FIELDS, max_part_size=FORM_MIB * MEGABYTE
                )
        except (TimeoutError, MultiPartException, HTTPException, UnicodeError):
            return BAD_REQUEST
        visit.form = read_form(data)
        return None if is_storable(visit.form) else BAD_REQUEST

    def _serve(self, visit: Visit, route: ScreenRoute) -> Response:
        """In a thread: everything that asks the database."""
        try:
            self._recognise(visit)
            refused = self._admit(visit, route)
            return route.handler(visit) if refused is None else refused
        except SessionOver:
            return _to_login(visit, LOGIN)
        except Exception as error:
            return self.tell(visit, fault_of(error), error)

    def _recognise(self, visit: Visit) -> None:
        """The session behind the cookie, if it stands, and who it is."""
        if not visit.token:
            return
        settings, at = self._site.settings, visit.at
        with self._site.database.read() as connection:
            session = find_session(connection, visit.token, settings=settings, at=at)
            mailbox = None if session is None else load_mailbox(connection, session.account_id)
            if session is None or mailbox is None:
                return
            visit.session, visit.name = session, mailbox.name
            if session.stage == FULL:
                visit.actor = actor_of(connection, mailbox, at=at, proved=True, ip=visit.ip)
        if POLL not in visit.request.headers:  # a page that asks by itself is nobody's sitting there
            touch(self._site.database, session, at=at)

    def _admit(self, visit: Visit, route: ScreenRoute) -> Response | None:
        """Whether the visit may go on: the form's token, the session's stage, the route's access."""
        if visit.request.method == "POST" and not self._is_ours(visit):
            return self.tell(visit, FORGED)
        stage = "" if visit.session is None else visit.session.stage
        if route.access.signed_in and not _stage_fits(stage, route):
            if stage == LOCKED and visit.request.method == "POST" and "hx-request" not in visit.request.headers:
                return _keeping_form(visit)
            return _to_login(visit, _way_in(visit.session))
        if visit.actor is not None and not route.access.admits(visit.actor):
            return self.tell(visit, FORBIDDEN)
        return None

    def _is_ours(self, visit: Visit) -> bool:
        request, session = visit.request, visit.session
        if not csrf.comes_from_us(request, self._site.hosts, surely=session is None):
            return False
        if session is None:
            return True
        token = visit.form.typed.get(csrf.FIELD) or request.headers.get(csrf.HEADER, "")
        return csrf.fits(session.csrf, token)

    def tell(self, visit: Visit, fault: Fault, error: Exception | None = None) -> Response:
        """The page that says what went wrong, with an identifier and never a traceback."""
        visit.fault_id, method, shown = new_code(), visit.request.method, _shown(visit.request.url.path)
        if fault is UNFORESEEN:
            log.error("fault %s at %s %s", visit.fault_id, method, shown, exc_info=error)
        else:  # people quote the identifier: the log says what it was
            log.info("fault %s: %s %s at %s %s", visit.fault_id, fault.status, fault.text, method, shown)
        return visit.page("fault.html", status=fault.status, fault=fault, kept=_to_send_again(visit, fault))


def _shown(path: str) -> str:
    """A path for the log. Whoever wrote it writes no line and no colour of ours; a slip's code stands in an address,
    also in one that was typed wrongly, and is left out."""
    if path.lower().startswith("/k/"):
        return "/k"
    return quote("/".join("(code)" if has_form(part) else part for part in path.split("/")), safe="/()")


def language_of(request: Request, default: str) -> str:
    """The language that the visitor chose, or the hub's."""
    asked = request.cookies.get(LANGUAGE_COOKIE, "")
    return asked if asked in LANGUAGES else default


def _stage_fits(stage: str, route: ScreenRoute) -> bool:
    return stage == FULL or (route.locked and stage == LOCKED) or (route.half and bool(stage))


def _way_in(session: SessionRow | None) -> str:
    if session is None:
        return LOGIN
    return LOCK if session.stage == LOCKED else SECOND_STEP


def _kept(visit: Visit) -> list[tuple[str, str]]:
    """What was typed, field by field, without secrets."""
    secret = _NOT_KEPT + (_NOT_KEPT_OF_LOGINS if visit.request.url.path.startswith(_LOGINS) else ())
    return [(name, value) for name, values in visit.form.lists.items() if name not in secret for value in values]


def _to_send_again(visit: Visit, fault: Fault) -> list[tuple[str, str]]:
    """What the page of a passing fault carries, so that nobody types it twice. With the token that came: when the
    database is away, nobody knows the session's."""
    passing = visit.request.method == "POST" and fault.status == 503
    if not passing or not csrf.comes_from_us(visit.request, visit.site.hosts, surely=True):
        return []
    return [*_kept(visit), (csrf.FIELD, visit.form.typed.get(csrf.FIELD, ""))]


def _keeping_form(visit: Visit) -> Response:
    """The lock, with what was sent to the locked session: it is not done, and can be sent again (screens/login.py)."""
    kept = json.dumps(_kept(visit), ensure_ascii=False)
    to = visit.request.url.path
    return visit.page("login/locked.html", status=403, next=to, hints=(), kept=kept, to=to)


def _to_login(visit: Visit, way: str) -> Response:
    """To the login, and back afterwards; htmx has to leave the page as a whole."""
    request = visit.request
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = way if request.method != "GET" or back == "/" or way == SECOND_STEP else f"{way}?next={quote(back, safe='')}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": to})
    return RedirectResponse(to, 303)
