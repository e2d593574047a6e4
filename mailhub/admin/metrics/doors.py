"""Where `/metrics` listens."""

from __future__ import annotations

import socket

from mailhub.serve.sockets import bind, probe
from mailhub.settings import HostPort, Settings
from mailhub.settings.values import split_host_port

PATIENCE_SECONDS = 15.0
_OF_TRIALS = 900  # above `[hub] base_port`; no standard port of ours lies there


def address_of(settings: Settings, number: int) -> HostPort | None:
    """Where the web process `number` answers: a port each, since each counts its own requests; None when closed."""
    written = settings.metrics.listen
    if not written:
        return None
    if settings.hub.base_port:
        return HostPort("127.0.0.1", settings.hub.base_port + _OF_TRIALS + number)
    first = split_host_port(written)
    return HostPort(first.host, first.port + number)


def doors(settings: Settings, count: int) -> list[socket.socket]:
    """A listening socket a process; none when `[metrics] listen` is empty.

    Raises:
        CannotServe: a port is taken.
    """
    found = []
    for number in range(count):
        address = address_of(settings, number)
        if address is not None:
            probe(address.host, address.port, patience=PATIENCE_SECONDS)
            found += bind(address.host, address.port, count=1)
    return found
