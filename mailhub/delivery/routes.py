"""Where a recipient's mail goes: destination keys, and the hops behind a key.

A key names the queue that a recipient waits in: `local` (Dovecot's LMTP socket), `smtp://host:port` (a home on
another server, or the smarthost), `mx:domain` (RFC 5321 § 5.1).
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Protocol
from urllib.parse import urlsplit

from mailhub.delivery.errors import PermanentRouteError, TemporaryRouteError
from mailhub.delivery.outgoing import Target
from mailhub.errors import TemporaryError

LOCAL = "local"
SMTP_PORT = 25
_MOST_EXCHANGES = 10  # of one domain that are looked up
_MOST_ADDRESSES = 20  # of one destination that are tried
_shuffle = random.SystemRandom().shuffle


class MXResolver(Protocol):
    """What this module asks of `mailhub.dns.Resolver`. An answer without data is empty; trouble is a TemporaryError."""

    async def mx(self, name: str) -> list[tuple[int, str]]: ...
    async def addresses(self, name: str, *, ipv6: bool = True) -> list[str]: ...
    async def exists(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """What routing has to know of us. `own` are the addresses and ports that we listen on ourselves."""

    hostname: str
    lmtp_socket: str
    own: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    ipv6: bool = True
    allow_private: bool = False  # an MX may point to loopback (tests)
    mx_port: int = SMTP_PORT


def destination_for(domain: str, home: str | None, smarthost: str = "") -> str:
    """The key for a recipient: `home` is None for a foreign domain, "" for a mailbox here, else `smtp://host:port`.

    Raises:
        TemporaryRouteError: `home` or `smarthost` cannot be read.
    """
    if home == "":
        return LOCAL
    if home is not None:
        return _hop_key(home)
    return _hop_key(smarthost) if smarthost else f"mx:{domain.lower()}"


def read_hop(text: str) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `[v6]:port`, each with or without `smtp://`.

    Raises:
        TemporaryRouteError: it is none of these; a fault of our settings, so no mail is returned for it.
    """
    try:
        parts = urlsplit(text if "://" in text else f"smtp://{text}")
        port = parts.port or SMTP_PORT
    except ValueError as error:
        raise TemporaryRouteError(f"not a hop: {text}", enhanced="4.3.5") from error
    if parts.scheme != "smtp" or not parts.hostname or parts.path.strip("/") or parts.username or parts.query:
        raise TemporaryRouteError(f"not a hop: {text}", enhanced="4.3.5")
    return parts.hostname, port


def _hop_key(text: str) -> str:
    host, port = read_hop(text)
    return f"smtp://[{host}]:{port}" if ":" in host else f"smtp://{host}:{port}"


async def hops(key: str, resolver: MXResolver, settings: RouteSettings) -> list[Target]:
    """The places to try for `key`, best first; never empty.

    Raises:
        PermanentRouteError: no such domain 5.1.2, null MX 5.1.10, no usable exchange 5.4.4, only we are left 5.4.6.
        TemporaryRouteError: DNS trouble 4.4.3, settings that cannot be read 4.3.5, a home that is this server 4.4.6.
    """
    if key == LOCAL:
        return [Target("lmtp", settings.lmtp_socket, lmtp=True, tls="never")]
    if key.startswith("mx:"):
        return await _exchanges(key.removeprefix("mx:"), resolver, settings)
    return await _named_hop(key, resolver, settings)


async def _named_hop(key: str, resolver: MXResolver, settings: RouteSettings) -> list[Target]:
    """A hop that our own settings name: may be private; when it is missing, that is our fault and may pass."""
    host, port = read_hop(key)
    try:
        addresses = [host] if _ip(host) else await resolver.addresses(_ascii(host), ipv6=settings.ipv6)
    except (TemporaryError, PermanentRouteError) as error:
        raise TemporaryRouteError(f"{host}: {error}", enhanced="4.4.3") from error
    if not addresses:
        raise TemporaryRouteError(f"{host} has no address", enhanced="4.4.3")
    others = [ip for ip in addresses if (ip, port) not in settings.own]
    if not others:
        raise TemporaryRouteError(f"{host}:{port} is this server itself", enhanced="4.4.6")
    return _targets(host, others, port)


async def _exchanges(domain: str, resolver: MXResolver, settings: RouteSettings) -> list[Target]:
    name = _ascii(domain)
    try:
        records = await resolver.mx(name)
    except TemporaryError as error:
        raise TemporaryRouteError(f"MX of {domain}: {error}", enhanced="4.4.3") from error
    if any(host in ("", ".") for _, host in records):
        raise PermanentRouteError(f"{domain} takes no mail (null MX)", enhanced="5.1.10")  # RFC 7505 § 3
    if not records:
        await _check_domain(name, resolver)
    exchanges = records or [(0, name)]  # the implicit MX of RFC 5321 § 5.1
    _shuffle(exchanges := exchanges[:])
    exchanges = sorted(exchanges, key=lambda record: record[0])[:_MOST_EXCHANGES]
    found = await asyncio.gather(*(_lookup(host, resolver, settings) for _, host in exchanges))
    return _choose(domain, exchanges, found, settings)


async def _check_domain(name: str, resolver: MXResolver) -> None:
    try:
        exists = await resolver.exists(name)
    except TemporaryError as error:
        raise TemporaryRouteError(f"{name}: {error}", enhanced="4.4.3") from error
    if not exists:
        raise PermanentRouteError(f"the domain {name} does not exist", enhanced="5.1.2")


async def _lookup(host: str, resolver: MXResolver, settings: RouteSettings) -> list[str] | TemporaryError:
    try:
        return await resolver.addresses(host.rstrip("."), ipv6=settings.ipv6)
    except TemporaryError as error:
        return error


def _choose(
    domain: str,
    exchanges: list[tuple[int, str]],
    found: Sequence[list[str] | TemporaryError],
    settings: RouteSettings,
) -> list[Target]:
    port = settings.mx_port
    targets: list[Target] = []
    trouble: TemporaryError | None = None
    ours = _own_preference(exchanges, found, settings)
    for (preference, host), addresses in zip(exchanges, found, strict=True):
        if ours is not None and preference >= ours:
            continue  # RFC 5321 § 5.1: only hosts that are nearer than we are
        if isinstance(addresses, TemporaryError):
            trouble = addresses
            continue
        targets += _targets(host.rstrip("."), [ip for ip in addresses if _may_be_exchange(ip, settings)], port)
    if targets:
        return targets[:_MOST_ADDRESSES]
    if trouble is not None:
        raise TemporaryRouteError(f"exchanges of {domain}: {trouble}", enhanced="4.4.3")
    if ours is not None:
        raise PermanentRouteError(f"mail for {domain} loops back to this server", enhanced="5.4.6")
    raise PermanentRouteError(f"{domain} has no usable mail exchange", enhanced="5.4.4")


def _own_preference(
    exchanges: list[tuple[int, str]], found: Sequence[list[str] | TemporaryError], settings: RouteSettings
) -> int | None:
    """The best preference at which the domain's exchange is we ourselves."""
    hostname = settings.hostname.lower()
    return min(
        (
            preference
            for (preference, host), addresses in zip(exchanges, found, strict=True)
            if host.rstrip(".").lower() == hostname
            or (isinstance(addresses, list) and any((ip, settings.mx_port) in settings.own for ip in addresses))
        ),
        default=None,
    )


def _targets(host: str, addresses: list[str], port: int) -> list[Target]:
    """One target an address, IPv6 and IPv4 in turn, so that a dead family costs one attempt and not all."""
    six = [ip for ip in addresses if ":" in ip]
    four = [ip for ip in addresses if ":" not in ip]
    turns = chain.from_iterable(zip_longest(six, four))
    return [Target(host, (ip, port), name="" if _ip(host) else host) for ip in turns if ip is not None]


def _may_be_exchange(ip: str, settings: RouteSettings) -> bool:
    """Whether a stranger's MX may send us to `ip`: never to our own machine's inside, nor to a metadata service.

    Private networks are allowed: agencies reach each other over them.
    """
    address = _ip(ip)
    if address is None:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if settings.allow_private:
        return True
    this_network = isinstance(address, ipaddress.IPv4Address) and address.packed[0] == 0
    return not (
        this_network
        or address.is_loopback
        or address.is_unspecified
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    )


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _ascii(domain: str) -> str:
    """`domain` as DNS has it; address literals are no domains and are not delivered to."""
    try:
        if domain.startswith("["):
            raise PermanentRouteError(f"address literals are not delivered to: {domain}", enhanced="5.1.2")
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError as error:
        raise PermanentRouteError(f"not a domain: {domain!r}", enhanced="5.1.2") from error
