"""The processes of the role `web`: pages and API over TLS, and a port 80 that only leads there."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mailhub.admin.app import build
from mailhub.admin.frame.assets import assets
from mailhub.admin.frame.csrf import host_of
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.templating import preload_templates
from mailhub.serve.process import Ready, reloader, run_loop
from mailhub.serve.sockets import bind, from_systemd, probe
from mailhub.serve.supervisor import Task
from mailhub.settings import LiveSettings, Service, Settings
from mailhub.smtp.tls import ServerTLS
from mailhub.store.database import open_database

PATIENCE_SECONDS = 15.0
RENEWAL_SECONDS = 10.0
DRAIN_SECONDS = 10


def web_tasks(live: LiveSettings) -> list[Task]:
    """A task a process, its sockets open; none when both doors are closed.

    Raises:
        CannotServe: a port is taken. AssetsMissing: `make install` has not run.
    """
    settings = live.current
    count = settings.workers.web
    https, http = (_open(settings, service, count) for service in ("https", "http"))
    if not https:
        return []
    # Read before root is given up: nobody else may read a checkout in a folder of root's own.
    assets()
    preload_templates()
    return [
        Task(f"web-{number}", partial(run_web, live, number, https[number], http[number] if http else None))
        for number in range(count)
    ]


def _open(settings: Settings, service: Service, count: int) -> list[socket.socket]:
    address = settings.listen_address(service)
    if address is None:
        return []
    given = from_systemd()
    if address.port in given:
        return [given[address.port]] * count
    probe(address.host, address.port, patience=PATIENCE_SECONDS)
    return bind(address.host, address.port, count=count)


def run_web(live: LiveSettings, number: int, https: socket.socket, http: socket.socket | None, ready: Ready) -> int:
    """Serve pages until SIGTERM; what is under way then is finished."""

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        site = Site(live, database, name=f"{os.uname().nodename}/web-{number}")
        tls = ServerTLS(settings.tls_certificate, settings.tls_key, minimum=settings.tls.minimum)
        servers = [_server(build(site), ready, tls=tls)]
        doors = [https]
        if http is not None:
            servers.append(_server(_to_https(site), lambda: None))
            doors.append(http)
        work = [asyncio.create_task(one.serve(sockets=[door])) for one, door in zip(servers, doors, strict=True)]
        renewal = asyncio.create_task(_renew(tls))
        await asyncio.wait([asyncio.create_task(stop.wait()), *work], return_when=asyncio.FIRST_COMPLETED)
        for one in servers:
            one.should_exit = True
        renewal.cancel()
        await asyncio.gather(*work)
        await asyncio.to_thread(site.jobs.close)
        database.close()

    return run_loop(main, reloader(live))


class _Server(uvicorn.Server):
    """Says when it answers, and leaves signals to the process (serve/process.py)."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, ready: Callable[[], None], *, tls: ServerTLS | None = None) -> _Server:
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=512,
        limit_concurrency=500,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
    )
    config.load()
    if tls is not None:
        config.ssl = tls.context
    return _Server(config, ready)


def _to_https(site: Site) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Port 80: everything is elsewhere (RFC 6797 § 7.2)."""

    async def lead(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        host = host_of(request)
        answer: Response = PlainTextResponse("421 Misdirected Request", 421)
        if host in site.hosts:
            address = site.settings.listen_address("https")
            port = "" if address is None or address.port == 443 else f":{address.port}"
            answer = RedirectResponse(f"https://{host}{port}{request.url.path}", 308)
        await answer(scope, receive, send)

    return lead


async def _renew(tls: ServerTLS) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await asyncio.to_thread(tls.refresh)
