"""The page `/metrics` of a listener of its own: everything at once, in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailhub.admin.frame.site import Site
from mailhub.admin.metrics.happened import Happened
from mailhub.admin.metrics.requests import Meter
from mailhub.admin.metrics.standing import Standing
from mailhub.store.errors import StoreUnavailable


def metrics_app(site: Site, meter: Meter, *, whole: bool = True) -> ASGIApp:
    """What answers on `[metrics] listen`: `/metrics` and nothing else. It has no login: the listener is the wall.

    With several web processes one tells of the `whole` hub; each tells of its own requests.
    """
    registry = CollectorRegistry(auto_describe=False)
    if whole:
        registry.register(HubCollector(site))

    def scrape(_: Request) -> Response:  # in a thread: it asks the database
        found = generate_latest(registry) + generate_latest(meter.registry)
        return Response(found, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    async def missing(_: Request, __: Exception) -> Response:
        return PlainTextResponse("404", 404)

    return Starlette(routes=[Route("/metrics", scrape)], exception_handlers={404: missing})


class HubCollector(Collector):
    """Asks the hub at each scrape. While the database does not answer `mailhub_up` is 0 and the rest is left out."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._happened = Happened(since=site.clock())
        self._standing = Standing(site.settings)

    def collect(self) -> Iterator[Metric]:
        """All families; a scrape is told whole or not at all."""
        at, settings = self._site.clock(), self._site.settings
        try:
            with self._site.database.read() as connection:
                found: list[Metric] = [
                    *self._standing.families(connection, settings, at=at),
                    *self._happened.families(connection, at=at),
                ]
        except StoreUnavailable:
            found = []
        yield GaugeMetricFamily("mailhub_up", "1 when the database answers.", value=float(bool(found)))
        yield from found
