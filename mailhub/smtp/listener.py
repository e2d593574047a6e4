"""Accepts connections, within limits, and lets them go in peace.

Sockets are accepted here and not by `loop.create_server`: who comes too often is sent away before a transport or a
TLS handshake has cost anything.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable

from mailhub.smtp.connection import HANDSHAKE_SECONDS
from mailhub.smtp.door import Door, Reply
from mailhub.smtp.server import ServerLimits, SMTPServer

log = logging.getLogger(__name__)

TOO_MANY = Reply(421, "4.7.0", "Qua nhieu ket noi. Xin ket noi lai sau")
BURST = 64  # connections accepted in one turn of the loop
PAUSE_SECONDS = 0.5  # when the process has no descriptors left
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Gate:
    """Counts connections, in all and by network. Several listeners may share one. 0 = no limit."""

    def __init__(self, connections: int = 0, per_network: int = 0) -> None:
        self._most = connections
        self._most_per_network = per_network
        self._networks: Counter[str] = Counter()
        self._count = 0

    def set_limits(self, connections: int, per_network: int) -> None:
        """Who is inside stays."""
        self._most, self._most_per_network = connections, per_network

    def enter(self, network: str) -> bool:
        """Let one in, if there is room. Unix sockets (network "") count in all only."""
        if self._most and self._count >= self._most:
            return False
        if network and self._most_per_network and self._networks[network] >= self._most_per_network:
            return False
        self._count += 1
        self._networks[network] += 1
        return True

    def leave(self, network: str) -> None:
        """One that was let in has gone."""
        self._count -= 1
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]


def network_of(ip: str) -> str:
    """The IPv4 /24 or IPv6 /64 of an address: what one outsider usually commands."""
    if ip.startswith("::ffff:"):
        ip = ip[7:]
    if ":" not in ip:
        return ip.rpartition(".")[0]
    return str(ipaddress.IPv6Network((ip.partition("%")[0], 64), strict=False))


class Listener:
    """Serves `door` on listening sockets. `door` is called for each connection.

    With `implicit_tls` the session begins inside TLS; otherwise `tls`, if there is one, is offered by STARTTLS.
    """

    def __init__(
        self,
        door: Callable[[], Door],
        *,
        limits: ServerLimits,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        gate: Gate | None = None,
    ) -> None:
        self._door = door
        self._limits = limits
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._gate = gate or Gate(limits.connections, limits.connections_per_network)
        self._sockets: list[socket.socket] = []
        self._sessions: set[SMTPServer] = set()
        self._arriving: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def sessions(self) -> frozenset[SMTPServer]:
        """Sessions under way, TLS handshakes included."""
        return frozenset(self._sessions)

    def set_limits(self, limits: ServerLimits) -> None:
        """Sessions that begin from now on are held to `limits`."""
        self._limits = limits
        self._gate.set_limits(limits.connections, limits.connections_per_network)

    async def listen(self, *sockets: socket.socket) -> None:
        """Serve these sockets, which are bound and listening. They are closed by `drain`."""
        for one in sockets:
            one.setblocking(False)
            self._sockets.append(one)
            self._resume(one)

    async def drain(self, seconds: float) -> int:
        """Close the sockets, let transactions end, then cut off what is left; how many that were."""
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            loop.remove_reader(one.fileno())
            one.close()
        self._sockets.clear()
        for task in self._arriving:
            task.cancel()
        for session in self._sessions:
            session.drain()
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            left = list(self._sessions)
            for session in left:
                session.cut()
            return len(left)
        return 0

    def _resume(self, one: socket.socket) -> None:
        if one.fileno() >= 0:
            asyncio.get_running_loop().add_reader(one.fileno(), self._accept, one)

    def _accept(self, one: socket.socket) -> None:
        for _ in range(BURST):
            try:
                sock, address = one.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                log.error("cannot accept connections: %s", error)  # noqa: TRY400
                loop = asyncio.get_running_loop()
                loop.remove_reader(one.fileno())
                loop.call_later(PAUSE_SECONDS, self._resume, one)
                return
            network = network_of(address[0]) if isinstance(address, tuple) else ""
            if self._gate.enter(network):
                self._begin(sock, network)
            else:
                self._send_away(sock)

    def _send_away(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        try:
            if not self._implicit_tls:
                sock.send(TOO_MANY.line().encode() + b"\r\n")
        except OSError:
            pass
        finally:
            sock.close()

    def _begin(self, sock: socket.socket, network: str) -> None:
        task = asyncio.get_running_loop().create_task(self._start(sock, network))
        self._arriving.add(task)
        self._empty.clear()
        task.add_done_callback(self._arriving.discard)

    async def _start(self, sock: socket.socket, network: str) -> None:
        """Make a session of an accepted socket; with implicit TLS this waits for the handshake."""
        loop = asyncio.get_running_loop()

        def closed(session: SMTPServer) -> None:
            self._sessions.discard(session)
            self._gate.leave(network)
            if not self._sessions:
                self._empty.set()

        session = SMTPServer(self._door(), self._limits, loop=loop, tls=self._tls, on_close=closed)
        self._sessions.add(session)
        tls = self._tls if self._implicit_tls else None
        patience = HANDSHAKE_SECONDS if self._implicit_tls else None
        try:
            sock.setblocking(False)
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.connect_accepted_socket(lambda: session, sock, ssl=tls, ssl_handshake_timeout=patience)
        except OSError as error:
            log.debug("no session with %s: %s", network, error)
        finally:
            if not session.started:
                sock.close()
                closed(session)
