"""The API as one route of the web's application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from mailhub.admin.api.endpoints import PREFIX, Endpoint
from mailhub.admin.api.openapi import describe
from mailhub.admin.api.problems import Fault, tell
from mailhub.admin.api.serving import ApiServer
from mailhub.admin.api.tables import ENDPOINTS
from mailhub.admin.frame.site import Site

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def api_mount(site: Site) -> Mount:
    """Everything below `/api/v1`; what is none of it is a problem as well, and not a page."""
    server = ApiServer(site)
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    document = describe(ENDPOINTS)

    async def openapi(_: Request) -> Response:
        return JSONResponse(document)

    routes: list[BaseRoute] = [Route("/openapi.json", openapi)]
    routes += [Route(path, server.endpoint(*found), methods=METHODS) for path, found in by_path.items()]
    routes.append(Route("/{rest:path}", _missing(server), methods=METHODS))
    return Mount(PREFIX, routes=routes)


def _missing(server: ApiServer) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return tell(Fault("not-found"), language=server.language_of(request))

    return answer
