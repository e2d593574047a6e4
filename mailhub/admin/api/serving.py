"""From a request to a handler and back: token, scope, rate, input, a thread, and what went wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mailhub.accounts.web.tokens import Bearer, find_token, note_use, use_is_known
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import PREFIX, Endpoint
from mailhub.admin.api.limits import Buckets
from mailhub.admin.api.models import Nothing
from mailhub.admin.api.problems import Fault, fault_of, malformed, no_token, out_of_scope, tell
from mailhub.admin.frame.site import Site
from mailhub.i18n import LANGUAGES

MOST_BODY = 64 * 1024
_SCHEME = "bearer "


class ApiServer:
    """Answers for every endpoint of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._threads = CapacityLimiter(8)  # pages have threads of their own: programs must not take them
        self._buckets = Buckets()

    def endpoint(self, *endpoints: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for one path: the endpoint of the request's method."""
        by_method = {one.method: one for one in endpoints}

        async def answer(request: Request) -> Response:
            endpoint = by_method.get("GET" if request.method == "HEAD" else request.method)
            try:
                if endpoint is None:
                    raise Fault("method", headers={"Allow": ", ".join(by_method)})
                body = await _body_of(request, endpoint)
                return await to_thread.run_sync(lambda: self._serve(request, endpoint, body), limiter=self._threads)
            except ClientDisconnect:
                return Response(status_code=400)
            except Fault as fault:
                return tell(fault, language=self.language_of(request))

        return answer

    def language_of(self, request: Request) -> str:
        """The first of ours that the program names (RFC 9110 § 12.5.4), else the site's."""
        asked = request.headers.get("accept-language", "").lower().split(",")
        named = [one.strip()[:2] for one in asked]
        return next((one for one in named if one in LANGUAGES), self._site.settings.web.language)

    def _serve(self, request: Request, endpoint: Endpoint, body: bytes) -> Response:
        """In a thread: everything that asks the database."""
        try:
            token = _token_of(request)
            self._admit(request, token, endpoint)
            query = _read_query(endpoint.query, request)
            call: Call[Any, Any] = Call(
                site=self._site, request=request, token=token, language=self.language_of(request), query=query,
                body=_read_body(endpoint.body, body),
            )  # fmt: skip
            found = endpoint.handler(call)
            return JSONResponse(found.model_dump(mode="json"), endpoint.status, headers={"Cache-Control": "no-store"})
        except Exception as error:
            return tell(fault_of(error), language=self.language_of(request), error=error, where=endpoint.name)

    def _admit(self, request: Request, token: str, endpoint: Endpoint) -> None:
        """Whether the token is good, for this, and not used too often; its use is written down.

        Raises:
            Fault
        """
        ip, at, settings = request.client.host if request.client else "", self._site.clock(), self._site.settings
        with self._site.database.read() as connection:
            bearer = find_token(connection, token, settings=settings, ip=ip, at=at) if token else None
        if bearer is None:
            raise no_token("invalid_token" if token else "")
        wait = self._buckets.wait_for(bearer.token.id, settings.web.api_per_minute)
        if wait:
            raise Fault("too-many", headers={"Retry-After": str(math.ceil(wait))})
        if endpoint.scope not in bearer.token.scopes:
            raise out_of_scope(endpoint.scope)
        self._note(bearer, ip, at)

    def _note(self, bearer: Bearer, ip: str, at: int) -> None:
        if not use_is_known(bearer.token, at=at):
            with self._site.database.write() as connection:
                note_use(connection, bearer.token, ip=ip, at=at)


def _token_of(request: Request) -> str:
    """RFC 6750 § 2.1: the header alone; neither a cookie, nor the query, which logs would keep."""
    given = request.headers.get("authorization", "")
    return given[len(_SCHEME) :].strip() if given.lower().startswith(_SCHEME) else ""


async def _body_of(request: Request, endpoint: Endpoint) -> bytes:
    """The body, within its bounds, whatever length was announced.

    Raises:
        Fault
    """
    if endpoint.body is None:
        return b""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Fault("media-type", "send application/json")
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BODY:
            raise Fault("too-large", f"at most {MOST_BODY} bytes")
    return bytes(found)


def _read_query(model: type[BaseModel], request: Request) -> BaseModel:
    given = request.query_params
    if len(given) != len(given.multi_items()):
        raise Fault("bad-request", "a parameter was given twice")
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise malformed(error, "query") from None


def _read_body(model: type[BaseModel] | None, body: bytes) -> BaseModel:
    if model is None:
        return Nothing()
    try:
        return model.model_validate(json.loads(body))
    except ValidationError as error:
        raise malformed(error, "body") from None
    except (ValueError, RecursionError):
        raise Fault("bad-request", "the body is not JSON") from None


__all__ = ["PREFIX", "ApiServer"]
