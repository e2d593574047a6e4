"""What this process answered, by route: counted around the application, and kept in memory.

Routes are named as they are declared (`GET /accounts/{address}`), never by the path that was asked for: a path may
hold an address, and strangers could make any number of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_SECONDS = (0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 3.0, 10.0)
_LONG = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


class Meter:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        labels = ("method", "route")
        self._answers = Counter(
            "mailhub_http_requests", "Answers of the web and the API.", (*labels, "status"), registry=self.registry
        )
        self._took = Histogram(
            "mailhub_http_request_seconds", "From the request's head to the end of its answer.", labels,
            registry=self.registry, buckets=_SECONDS,
        )  # fmt: skip
        self._jobs = Histogram(
            "mailhub_job_seconds", "How long work took that a page has done in the background.", ("job", "outcome"),
            registry=self.registry, buckets=_LONG,
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is done; `status` 0: the client went away, or the application broke."""
        method = method if method in _METHODS else "other"
        self._answers.labels(method, route, str(status)).inc()
        self._took.labels(method, route).observe(seconds)

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Around a piece of background work; `name` is one of a few that the program knows."""
        began, outcome = time.monotonic(), "failed"
        try:
            yield
            outcome = "done"
        finally:
            self._jobs.labels(name, outcome).observe(time.monotonic() - began)


class Metered:
    """The application, with a meter around it."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app, self._meter = app, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            self._meter.answered(scope["method"], _route_of(scope), status, time.monotonic() - began)


def _route_of(scope: Scope) -> str:
    """The path of the route as it was declared, with what it is mounted at; what no route fits is one of its own."""
    path = getattr(scope.get("route"), "path", "")
    return f"{scope.get('root_path', '')}{path}" if path else "unknown"
