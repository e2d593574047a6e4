"""The processes of the role `web`: pages and API over TLS, and a port 80 that only leads there."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import mailhub.admin
from mailhub.accounts.rights import schedule
from mailhub.admin.api import api_mount
from mailhub.admin.app import build
from mailhub.admin.frame.assets import assets
from mailhub.admin.frame.csrf import host_of
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.templating import preload_templates
from mailhub.admin.metrics import Meter, Metered, doors, metrics_app
from mailhub.admin.patience import ImpatientProtocol
from mailhub.admin.screens.system import run_doctor
from mailhub.errors import MailhubError
from mailhub.serve.preload import load_all
from mailhub.serve.process import Ready, reloader, run_loop
from mailhub.serve.sockets import bind, from_systemd, probe
from mailhub.serve.supervisor import Task
from mailhub.settings import LiveSettings, Service, Settings
from mailhub.smtp.tls import ServerTLS
from mailhub.store.database import open_database

PATIENCE_SECONDS = 15.0
RENEWAL_SECONDS = 10.0
DRAIN_SECONDS = 10
FIRST_EXAMINATION_SECONDS = 5.0
EXAMINATION_SECONDS = 900.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebDoors:
    """The listening sockets of one process; port 80 and the listener for figures may be closed."""

    https: socket.socket
    http: socket.socket | None
    metrics: socket.socket | None


def web_tasks(live: LiveSettings) -> list[Task]:
    """A task a process, its sockets open; none when the web's door is closed.

    Raises:
        CannotServe: a port is taken. AssetsMissing: `make install` has not run.
    """
    settings = live.current
    count = settings.workers.web
    https, http = (_open(settings, service, count) for service in ("https", "http"))
    if not https:
        return []
    figures = doors(settings, count)
    # Loaded and read before root is given up: nobody else may read a checkout in a folder of root's own.
    load_all(mailhub.admin)
    assets()
    preload_templates()
    return [
        Task(
            f"web-{number}",
            partial(run_web, live, number, WebDoors(https[number], _one(http, number), _one(figures, number))),
        )
        for number in range(count)
    ]


def _one(sockets: Sequence[socket.socket], number: int) -> socket.socket | None:
    return sockets[number] if sockets else None


def _open(settings: Settings, service: Service, count: int) -> list[socket.socket]:
    address = settings.listen_address(service)
    if address is None:
        return []
    given = from_systemd()
    if address.port in given:
        return [given[address.port]] * count
    probe(address.host, address.port, patience=PATIENCE_SECONDS)
    return bind(address.host, address.port, count=count)


def run_web(live: LiveSettings, number: int, opened: WebDoors, ready: Ready) -> int:
    """Serve pages until SIGTERM; what is under way then is finished."""

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url)
        site = Site(live, database, name=f"{os.uname().nodename}/web-{number}")
        site.jobs.note_interrupted()
        tls = ServerTLS(settings.tls_certificate, settings.tls_key, minimum=settings.tls.minimum)
        servers = _servers(site, number, opened, tls, ready)
        work = [asyncio.create_task(server.serve(sockets=[door])) for server, door in servers]
        upkeep = [asyncio.create_task(_renew(tls))]
        if number == 0:
            upkeep.append(asyncio.create_task(_examine(site)))
        await asyncio.wait([asyncio.create_task(stop.wait()), *work], return_when=asyncio.FIRST_COMPLETED)
        for server, _ in servers:
            server.should_exit = True
        for task in upkeep:
            task.cancel()
        await asyncio.gather(*work)
        await asyncio.to_thread(site.jobs.close)
        database.close()

    return run_loop(main, reloader(live))


def _servers(
    site: Site, number: int, opened: WebDoors, tls: ServerTLS, ready: Ready
) -> list[tuple[_Server, socket.socket]]:
    meter = Meter()
    site.jobs.timed = meter.job
    pages = Metered(build(site, api=api_mount(site)), meter)
    found = [(_server(pages, ready, tls=tls), opened.https)]
    if opened.http is not None:
        found.append((_server(_to_https(site)), opened.http))
    if opened.metrics is not None:
        found.append((_server(metrics_app(site, meter, whole=number == 0)), opened.metrics))
    return found


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


def _server(app: ASGIApp, ready: Callable[[], None] = lambda: None, *, tls: ServerTLS | None = None) -> _Server:
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
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


async def _examine(site: Site) -> None:
    """Have the doctor look now and then, so that the state of the system on the pages is of today. Without a test mail:
    a person asks for that."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(FIRST_EXAMINATION_SECONDS)
        while True:
            try:
                await asyncio.to_thread(run_doctor, site, schedule(), mail=False)
            except MailhubError as error:
                log.warning("the doctor could not look: %s", error)
            await asyncio.sleep(EXAMINATION_SECONDS)


async def _renew(tls: ServerTLS) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await asyncio.to_thread(tls.refresh)
