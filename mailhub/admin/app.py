"""The web as one ASGI application."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mailhub.admin import screens
from mailhub.admin.frame import csrf
from mailhub.admin.frame.assets import serve_asset
from mailhub.admin.frame.dispatch import Dispatcher, language_of
from mailhub.admin.frame.faults import NOT_FOUND
from mailhub.admin.frame.headers import SecureHeaders
from mailhub.admin.frame.routes import ScreenRoute, Screens
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import Visit


def build(site: Site, *, api: BaseRoute | None = None) -> ASGIApp:
    """The application of this site; `api` is mounted beside the pages.

    Raises:
        AssetsMissing: `make install` has not run.
    """
    dispatcher = Dispatcher(site)
    by_path: dict[str, list[ScreenRoute]] = {}
    for route in all_routes():
        by_path.setdefault(route.path, []).append(route)
    # Starlette takes the first path that fits: `/documents/today` has to come before `/documents/{name}`.
    paths = sorted(by_path, key=lambda path: [(part.startswith("{"), part) for part in path.split("/")])
    routes: list[BaseRoute] = [Route("/static/{name:path}", serve_asset)]
    if api is not None:
        routes.append(api)
    methods = ["GET", "POST"]
    routes += [Route(path, dispatcher.endpoint(*by_path[path]), methods=methods) for path in paths]

    async def missing(request: Request, _: Exception) -> Response:
        language = language_of(request, site.settings.web.language)
        return dispatcher.tell(Visit(site=site, request=request, language=language), NOT_FOUND)

    async def wrong_method(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return PlainTextResponse("405", 405, headers=error.headers)

    handlers = {404: missing, 405: wrong_method}
    middleware = [
        Middleware(SecureHeaders),
        Middleware(KnownHost, site=site),
        Middleware(GZipMiddleware, minimum_size=1000),
    ]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


def all_routes() -> Iterable[ScreenRoute]:
    """Every route of every file in `screens/`."""
    for module in sorted(iter_modules(screens.__path__), key=lambda one: one.name):
        found = getattr(import_module(f"{screens.__name__}.{module.name}"), "screens", None)
        if isinstance(found, Screens):
            yield from found.routes


class KnownHost:
    """Refuses requests for a name that is not ours (RFC 9110 § 7.4)."""

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and csrf.host_of(Request(scope)) not in self._site.hosts:
            await PlainTextResponse("421 Misdirected Request", 421)(scope, receive, send)
            return
        await self._app(scope, receive, send)
