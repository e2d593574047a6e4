"""What a mail client has to know of this hub, as people type it."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.settings import STANDARD_PORTS, Service, Settings

# How each door is spoken to (RFC 8314 § 3, RFC 6409): TLS from the first octet, or STARTTLS.
_CHOICES: dict[str, tuple[tuple[Service, str], ...]] = {
    "in": (("imaps", "SSL/TLS"), ("imap", "STARTTLS")),
    "out": (("submissions", "SSL/TLS"), ("submission", "STARTTLS")),
}


@dataclass(frozen=True, slots=True)
class ClientDoor:
    """One server of the client's form. `way` is `in` (IMAP) or `out` (SMTP)."""

    way: str
    host: str
    port: int
    security: str


def doors_of(settings: Settings) -> list[ClientDoor]:
    """The best open door each way; from TLS on, which every client knows, before STARTTLS."""
    found = []
    for way, services in _CHOICES.items():
        for service, security in services:
            address = settings.listen_address(service)
            if address is not None:
                port = address.port or STANDARD_PORTS[service]
                host = address.host if settings.hub.base_port else settings.hub.hostname
                found.append(ClientDoor(way, host, port, security))
                break
    return found
