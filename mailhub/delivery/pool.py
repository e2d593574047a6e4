"""Connections to next hops: opened when needed, used again, few a destination, and no knocking at dead hosts."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mailhub.delivery.client import Connection, opportunistic_context
from mailhub.delivery.errors import ConnectFailed, HopFailed, NotStarted, PermanentRouteError, RouteError
from mailhub.delivery.outgoing import Outcome, Outgoing, RecipientResult, Target, Timeouts
from mailhub.delivery.routes import LOCAL

Route = Callable[[str], Awaitable[list[Target]]]


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Counts, and times in seconds."""

    connections: int = 10  # to one destination at a time
    local_connections: int = 10
    idle: float = 10.0
    age: float = 300.0  # a connection is not used again after that
    messages: int = 1000  # nor after so many
    dead_first: float = 10.0  # how long a hop that failed is left alone; doubles
    dead_longest: float = 60.0  # below the first retries of the queue, so that each of those is a real one
    local_dead: float = 1.0  # Dovecot is back soon


@dataclass(slots=True)
class _Idle:
    connection: Connection
    expiry: asyncio.TimerHandle


@dataclass(slots=True)
class _Destination:
    """What is open to one key."""

    slots: asyncio.Semaphore
    idle: list[_Idle] = field(default_factory=list)
    users: int = 0
    busy: int = 0  # connections that are being opened or carry a message
    waiting: list[asyncio.Future[Connection | None]] = field(default_factory=list)


@dataclass(slots=True)
class _DeadHop:
    until: float
    pause: float
    reason: HopFailed


class Pool:
    """Delivers messages to destinations. One a worker process; `route` is `routes.hops` with its settings."""

    def __init__(
        self,
        route: Route,
        *,
        helo: str,
        timeouts: Timeouts | None = None,
        limits: PoolLimits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._route = route
        self._helo = helo
        self._timeouts = timeouts or Timeouts()
        self._limits = limits or PoolLimits()
        self._ssl_context = ssl_context or opportunistic_context()
        self._now = now
        self._destinations: dict[str, _Destination] = {}
        self._dead: dict[tuple[str, int] | str, _DeadHop] = {}
        self._opened: dict[int, float] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    def configure(self, timeouts: Timeouts, limits: PoolLimits) -> None:
        """Hold what begins from now on to these."""
        self._timeouts, self._limits = timeouts, limits

    async def deliver(self, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        """A result a recipient, in order. Trouble on the way is a temporary result with its reason, never an error.

        Waits while the destination has as many connections as it may. Recipients that the hop could not take
        within one transaction follow in the next at once.
        """
        destination = self._destinations.get(key)
        if destination is None:
            most = self._limits.local_connections if key == LOCAL else self._limits.connections
            destination = self._destinations[key] = _Destination(asyncio.Semaphore(max(1, most)))
        destination.users += 1
        try:
            async with destination.slots:
                return await self._deliver_all(destination, key, outgoing)
        finally:
            destination.users -= 1
            self._forget(key, destination)

    async def close(self) -> None:
        """Say QUIT on every idle connection. Deliveries that still run close theirs when they are done."""
        self._closed = True
        for key, destination in list(self._destinations.items()):
            for idle in destination.idle:
                idle.expiry.cancel()
                self._let_go(idle.connection)
            destination.idle.clear()
            self._forget(key, destination)
        while self._closing:
            await asyncio.wait(self._closing)

    # ------------------------------------------------------------------ one message

    async def _deliver_all(self, destination: _Destination, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        results = await self._deliver_once(destination, key, outgoing)
        while True:
            late = [at for at, result in enumerate(results) if result.crowded]
            if not late:
                return results
            rest = replace(outgoing, recipients=[outgoing.recipients[at] for at in late])
            more = await self._deliver_once(destination, key, rest)
            for at, result in zip(late, more, strict=True):
                results[at] = result
            if all(result.crowded or result.outcome is Outcome.TEMPORARY for result in more):
                return results

    async def _deliver_once(self, destination: _Destination, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        reused = self._take_idle(destination)
        if reused is not None:
            try:
                return await self._use(destination, key, reused, outgoing)
            except NotStarted:
                pass  # it had been closed behind our back; nothing was taken, so a fresh one may try
        try:
            targets = await self._route(key)
        except RouteError as error:
            permanent = isinstance(error, PermanentRouteError)
            outcome = Outcome.PERMANENT if permanent else Outcome.TEMPORARY
            return _results(outgoing, outcome, error)
        return await self._try_hops(destination, key, targets, outgoing)

    async def _try_hops(
        self, destination: _Destination, key: str, targets: list[Target], outgoing: Outgoing
    ) -> list[RecipientResult]:
        failed: HopFailed = ConnectFailed(f"no hop for {key}")
        host = peer = ""
        with self._busy(destination):
            for target in targets:
                try:
                    self._check_alive(target)
                    connection = await self._open(target)
                    results = await self._use(destination, key, connection, outgoing)
                except HopFailed as failure:
                    self._bury(target, failure)
                    failed, host, peer = failure, target.host, target.peer
                    continue
                self._dead.pop(target.address, None)
                return results
        # A hop may allow fewer connections than we do: those it has let in are shared then.
        shared = await self._wait_returned(destination, key)
        if shared is not None:
            try:
                return await self._use(destination, key, shared, outgoing)
            except NotStarted as failure:
                failed = failure
        return _results(outgoing, Outcome.TEMPORARY, failed, host, peer)

    async def _open(self, target: Target) -> Connection:
        connection = await Connection.open(
            target, helo=self._helo, limits=self._timeouts, ssl_context=self._ssl_context
        )
        self._opened[id(connection)] = self._now()
        return connection

    async def _use(
        self, destination: _Destination, key: str, connection: Connection, outgoing: Outgoing
    ) -> list[RecipientResult]:
        with self._busy(destination):
            try:
                return await connection.deliver(outgoing)
            finally:
                self._put_back(destination, key, connection)

    @contextmanager
    def _busy(self, destination: _Destination) -> Iterator[None]:
        """Somebody may give a connection back; when nobody can any more, those that wait for one give up."""
        destination.busy += 1
        try:
            yield
        finally:
            destination.busy -= 1
            if not destination.busy:
                while destination.waiting:
                    destination.waiting.pop().set_result(None)

    # ------------------------------------------------------------------ connections that wait

    def _take_idle(self, destination: _Destination) -> Connection | None:
        """The connection used last; those that the hop has closed meanwhile are dropped."""
        while destination.idle:
            idle = destination.idle.pop()
            idle.expiry.cancel()
            if idle.connection.usable:
                return idle.connection
            self._let_go(idle.connection)
        return None

    def _put_back(self, destination: _Destination, key: str, connection: Connection) -> None:
        limits = self._limits
        worn = connection.messages >= limits.messages or self._now() - self._opened[id(connection)] > limits.age
        if self._closed or worn or not connection.usable or limits.idle <= 0:
            self._let_go(connection)
            return
        if destination.waiting:
            destination.busy += 1  # on its behalf, until it runs: the others must not give up meanwhile
            destination.waiting.pop(0).set_result(connection)
            return
        loop = asyncio.get_running_loop()
        expiry = loop.call_later(limits.idle, self._expire, key, destination, connection)
        destination.idle.append(_Idle(connection, expiry))

    async def _wait_returned(self, destination: _Destination, key: str) -> Connection | None:
        """A connection that another message is done with; None when none is left to wait for."""
        idle = self._take_idle(destination)
        if idle is not None or not destination.busy:
            return idle
        returned: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        destination.waiting.append(returned)
        try:
            connection = await asyncio.shield(returned)
        except asyncio.CancelledError:
            if returned in destination.waiting:
                destination.waiting.remove(returned)
            elif (connection := returned.result()) is not None:
                destination.busy -= 1
                with self._busy(destination):
                    self._put_back(destination, key, connection)
            raise
        if connection is not None:
            destination.busy -= 1
        return connection

    def _expire(self, key: str, destination: _Destination, connection: Connection) -> None:
        destination.idle = [idle for idle in destination.idle if idle.connection is not connection]
        self._let_go(connection)
        self._forget(key, destination)

    def _let_go(self, connection: Connection) -> None:
        self._opened.pop(id(connection), None)
        task = asyncio.get_running_loop().create_task(connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _forget(self, key: str, destination: _Destination) -> None:
        if not destination.users and not destination.idle:
            self._destinations.pop(key, None)

    # ------------------------------------------------------------------ hops that failed

    def _check_alive(self, target: Target) -> None:
        """Raises the reason again while a hop that failed is left alone."""
        dead = self._dead.get(target.address)
        if dead is not None and self._now() < dead.until:
            raise dead.reason

    def _bury(self, target: Target, failure: HopFailed) -> None:
        dead = self._dead.get(target.address)
        if dead is not None and dead.reason is failure:
            return  # raised by `_check_alive`, not a new failure
        limits, now = self._limits, self._now()
        if target.lmtp:
            pause = limits.local_dead
        else:
            pause = limits.dead_first if dead is None else min(dead.pause * 2, limits.dead_longest)
        if dead is not None and now < dead.until:
            pause = dead.pause  # others knocked at the same time: one failure, not many
        self._dead = {address: hop for address, hop in self._dead.items() if now < hop.until + limits.dead_longest}
        self._dead[target.address] = _DeadHop(now + pause, pause, failure)


def _results(
    outgoing: Outgoing, outcome: Outcome, reason: HopFailed | RouteError, host: str = "", peer: str = ""
) -> list[RecipientResult]:
    """The same result for every recipient, when none of them came before a hop."""
    code = reason.code if isinstance(reason, HopFailed) else 0
    return [
        RecipientResult(to.address, outcome, code, reason.enhanced, str(reason)[:500], host=host, peer=peer)
        for to in outgoing.recipients
    ]
