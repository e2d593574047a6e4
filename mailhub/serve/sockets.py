"""Listening sockets: probed, bound by the supervisor, handed to the workers.

A worker has a socket of its own on every port (SO_REUSEPORT), so that the kernel shares connections out evenly.
Before that each port is bound once without it: two hubs must not share one silently (architecture § 3).
"""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path

from mailhub.serve.errors import CannotServe

BACKLOG = 1024
_FIRST_SYSTEMD_FD = 3


def probe(host: str, port: int, *, patience: float = 0.0) -> None:
    """Make sure that nobody listens on `host`:`port`.

    `patience` is in seconds: processes of a supervisor that was killed may need a moment to go.

    Raises:
        CannotServe: somebody does, or we may not listen there.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_server((host, port), family=_family(host), reuse_port=False):
                return
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CannotServe(f"port {port} needs root or CAP_NET_BIND_SERVICE") from error
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise CannotServe(f"cannot listen on {host}:{port}: {error.strerror}") from error
            time.sleep(0.1)


def bind(host: str, port: int, *, count: int) -> list[socket.socket]:
    """`count` listening sockets on one port."""
    found = []
    for _ in range(count):
        one = socket.socket(_family(host), socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if one.family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.bind((host, port))
        one.listen(BACKLOG)
        one.setblocking(False)
        found.append(one)
    return found


def bind_unix(path: Path, *, mode: int = 0o600, owner: tuple[int, int] | None = None) -> socket.socket:
    """A listening Unix socket at `path`, replacing what an earlier process left there."""
    path.unlink(missing_ok=True)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)  # not chmod afterwards: the folder is not root's, and names in it may change
    try:
        one.bind(str(path))
    finally:
        os.umask(before)
    if owner is not None:
        os.chown(path, *owner, follow_symlinks=False)
    one.listen(BACKLOG)
    one.setblocking(False)
    return one


def from_systemd() -> dict[int, socket.socket]:
    """Sockets that systemd opened for us (sd_listen_fds(3)), by port."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    found = {}
    for fd in range(_FIRST_SYSTEMD_FD, _FIRST_SYSTEMD_FD + int(os.environ.get("LISTEN_FDS", "0"))):
        one = socket.socket(fileno=fd)
        one.setblocking(False)
        found[one.getsockname()[1]] = one
    return found


def unix_from_systemd(name: str) -> socket.socket | None:
    """The Unix socket that systemd opened for us at a path that ends in `name`; None when it did not."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    for fd in range(_FIRST_SYSTEMD_FD, _FIRST_SYSTEMD_FD + int(os.environ.get("LISTEN_FDS", "0"))):
        one = socket.socket(fileno=os.dup(fd))
        if one.family == socket.AF_UNIX and Path(str(one.getsockname())).name == name:
            one.setblocking(False)
            return one
        one.close()
    return None


def answers(path: Path) -> bool:
    """Whether somebody listens on the Unix socket `path`."""
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(str(path))
        except OSError:
            return False
        return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def notify_systemd(state: str) -> None:
    """Tell systemd (sd_notify(3)); nothing when it does not ask."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.connect("\0" + address[1:] if address.startswith("@") else address)
        one.sendall(state.encode())
