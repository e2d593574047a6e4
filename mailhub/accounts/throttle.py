"""Failed logins, counted by account and source network, with growing delays.

The owner, who comes from another network, is never delayed by a stranger. An unknown name has a count like any
other, so that the delays do not tell which names exist. The same wrong password again (a phone that was not told
of the change) counts once. While a delay runs, tries from that network are refused unseen: guessing in parallel
gains nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, delete, select, text, update

from mailhub.accounts.records import InstallKey, LoginThrottle
from mailhub.clock import MINUTE

# Enough to tell a repeated password from another one, too little to find it by trying.
_DIGEST_OCTETS = 3


class LockoutSettings(Protocol):
    """What is read from `[lockout]`."""

    @property
    def free_failures(self) -> int: ...
    @property
    def delay_seconds(self) -> float: ...
    @property
    def longest_delay_seconds(self) -> float: ...
    @property
    def window_minutes(self) -> int: ...


def network_of(ip: str) -> str:
    """The source network that failures are counted by: /24 of IPv4, /64 of IPv6; other text as it is."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return ip[:64]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))


def throttle_key(mailbox_id: int | None, name: str) -> str:
    """What failures are counted under: the account, or a digest of a name that nobody has."""
    if mailbox_id is not None:
        return str(mailbox_id)
    return "?" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def blocked_for(connection: Connection, key: str, network: str, *, at: int) -> int:
    """How long (ms) tries from this network are still refused unseen; 0 = not at all."""
    query = select(LoginThrottle.blocked_until).where(*_row(key, network))
    return max(0, (connection.execute(query).scalar_one_or_none() or 0) - at)


def has_failures(connection: Connection, key: str, network: str) -> bool:
    """Whether anything is counted."""
    return connection.execute(select(LoginThrottle.failures).where(*_row(key, network))).one_or_none() is not None


def count_failure(
    connection: Connection, key: str, network: str, secret: str, settings: LockoutSettings, *, at: int
) -> float:
    """Count a failure in the caller's transaction; gives the seconds after which the next try is looked at."""
    window = settings.window_minutes * MINUTE
    connection.execute(delete(LoginThrottle).where(LoginThrottle.last_at < at - window))
    connection.execute(
        text(
            "INSERT INTO login_throttle (account, network, failures, last_at, blocked_until)"
            " VALUES (:account, :network, 0, :at, 0) ON CONFLICT DO NOTHING"
        ),
        {"account": key, "network": network, "at": at},
    )
    query = select(LoginThrottle.failures, LoginThrottle.last_wrong).where(*_row(key, network)).with_for_update()
    failures, last_wrong = connection.execute(query).one()
    digest = _digest(connection, key, secret)
    if last_wrong is None or not hmac.compare_digest(bytes(last_wrong), digest):
        failures += 1
    delay = delay_after(failures, settings)
    connection.execute(
        update(LoginThrottle)
        .where(*_row(key, network))
        .values(failures=failures, last_at=at, last_wrong=digest, blocked_until=at + int(delay * 1000))
    )
    return delay


def forget(connection: Connection, key: str, network: str) -> None:
    """A success: what this network failed at is forgotten."""
    connection.execute(delete(LoginThrottle).where(*_row(key, network)))


def delay_after(failures: int, settings: LockoutSettings) -> float:
    """Seconds to wait after that many failures: none at first, then doubling up to the longest."""
    beyond = failures - settings.free_failures
    if beyond <= 0:
        return 0.0
    return float(min(settings.longest_delay_seconds, settings.delay_seconds * 2 ** min(beyond - 1, 30)))


def _row(key: str, network: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return LoginThrottle.account == key, LoginThrottle.network == network


def _digest(connection: Connection, key: str, secret: str) -> bytes:
    query = select(InstallKey.key).where(InstallKey.purpose == "throttle")
    install_key = connection.execute(query).scalar_one_or_none()
    if install_key is None:
        connection.execute(
            text("INSERT INTO install_key (purpose, key) VALUES ('throttle', :key) ON CONFLICT DO NOTHING"),
            {"key": secrets.token_bytes(32)},
        )
        install_key = connection.execute(query).scalar_one()
    message = f"{key}\0{secret}".encode("utf-8", "surrogatepass")
    return hmac.digest(bytes(install_key), message, "sha256")[:_DIGEST_OCTETS]
