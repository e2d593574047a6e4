"""Failed logins, counted by account and source network: growing delays, then a lock.

What counts is how many *different* secrets failed: a phone that was not told of the change repeats one, for ever, and
locks nobody out. First come the delays, doubling; with the last of `[lockout] failures` the account is locked, for
that network and `lock_minutes` (scope `account-network`), or for everybody and `account_lock_hours` (scope `account`:
the rule of QCVN 12:2026/BCA 3.6.2.1.9.2-3, by which anybody can lock anybody out). Within a delay or a lock, tries are
refused unseen: guessing in parallel gains nothing. The owner, who comes from another network, is not delayed by a
stranger. An unknown name has a count like any other, so that neither delays nor locks tell which names exist.

Guessing one password at many names is counted by network (`network_failures`). From there on its failures are delayed,
and so is a first success at an account that was never entered from that network: else hanging up early would tell. An
official who logged in from there lately is not delayed; a new one behind the same address waits half a minute, once.

Wrong codes of the second factor are counted by account, wherever they come from, beside all that: they are few enough
to be guessed by somebody who has the password and many networks. They close the code alone (not the password, nor a
passkey), and are remembered for a day.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, text, update

from mailhub.accounts.records import InstallKey, LoginThrottle
from mailhub.clock import DAY, HOUR, MINUTE

# Enough to tell a repeated password from another one, too little to find it by trying.
_DIGEST_OCTETS = 3
_DIFFERENT = 40  # wrong secrets that are remembered of one account and network: more than any lock waits for
EVERYWHERE = "*"  # as a network: an account's failures from anywhere; as an account: a network's at any name
CODES = "#codes"  # as a network: wrong codes of the second factor, from anywhere
MOST_CODES = 10  # different ones; each one more closes the code again
ACCOUNT = "account"


class LockoutSettings(Protocol):
    """What is read from `[lockout]`."""

    @property
    def failures(self) -> int: ...
    @property
    def lock_minutes(self) -> int: ...
    @property
    def scope(self) -> str: ...
    @property
    def account_lock_hours(self) -> int: ...
    @property
    def network_failures(self) -> int: ...
    @property
    def free_failures(self) -> int: ...
    @property
    def delay_seconds(self) -> float: ...
    @property
    def longest_delay_seconds(self) -> float: ...
    @property
    def window_minutes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """A failure, counted: how long its answer waits, and until when (ms) the account is locked by it; None = not.

    `again`: the same secret failed from there before.
    """

    delay_seconds: float
    locked_until: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Tries from `network` (`*`: from anywhere) are refused unseen until then (ms)."""

    network: str
    until: int


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
    query = select(func.max(LoginThrottle.blocked_until)).where(*_rows(key, network))
    return max(0, (connection.execute(query).scalar_one_or_none() or 0) - at)


def has_failures(connection: Connection, key: str, network: str) -> bool:
    """Whether anything is counted."""
    return connection.execute(select(LoginThrottle.failures).where(*_rows(key, network)).limit(1)).first() is not None


def locks_of(connection: Connection, mailbox_id: int, *, at: int) -> list[Lock]:
    """Where the account is locked or delayed at that moment, the longest first."""
    which = (LoginThrottle.account == str(mailbox_id), LoginThrottle.blocked_until > at)
    query = select(LoginThrottle.network, LoginThrottle.blocked_until).where(*which)
    return [Lock(*row) for row in connection.execute(query.order_by(LoginThrottle.blocked_until.desc()))]


def count_failure(
    connection: Connection, key: str, network: str, secret: str, settings: LockoutSettings, *, at: int
) -> Counted:
    """Count a failure in the caller's transaction."""
    _forget_old(connection, at - settings.window_minutes * MINUTE, at)
    digest = _digest(connection, key, secret)
    where, lock = network, settings.lock_minutes * MINUTE
    if settings.scope == ACCOUNT:
        where, lock = EVERYWHERE, settings.account_lock_hours * HOUR
    # Rows are always taken in this order: account everywhere, account and network, network.
    together = _count(connection, key, EVERYWHERE, digest, at=at) if where == EVERYWHERE else None
    failures, fresh = _count(connection, key, network, digest, at=at)
    locking, is_new = together or (failures, fresh)
    locked_until = at + lock if is_new and 0 < settings.failures <= locking else None
    delay = max(delay_after(failures, settings), _spraying(connection, key, network, settings, at=at))
    _block(connection, key, network, at + int(delay * 1000))
    if locked_until is not None:
        _block(connection, key, where, locked_until)
    return Counted(delay, locked_until, again=not fresh)


def count_code(connection: Connection, mailbox_id: int, code: str, settings: LockoutSettings, *, at: int) -> int | None:
    """Count a wrong second step of this account; until when (ms) codes are refused unseen now, None = they are not."""
    key = str(mailbox_id)
    if wait := codes_blocked_for(connection, mailbox_id, at=at):
        return at + wait
    wrong, _ = _count(connection, key, CODES, _digest(connection, key, f"code {code[:64]}"), at=at)
    if wrong < MOST_CODES:
        return None
    _block(connection, key, CODES, at + settings.lock_minutes * MINUTE)
    return at + settings.lock_minutes * MINUTE


def codes_blocked_for(connection: Connection, mailbox_id: int, *, at: int) -> int:
    """How long (ms) codes for this account are still refused unseen; 0 = not at all."""
    query = select(LoginThrottle.blocked_until).where(*_row(str(mailbox_id), CODES))
    return max(0, (connection.execute(query).scalar_one_or_none() or 0) - at)


def forget_codes(connection: Connection, mailbox_id: int) -> None:
    """A right one: those that were wrong before are forgotten."""
    connection.execute(delete(LoginThrottle).where(*_row(str(mailbox_id), CODES)))


def forget(connection: Connection, key: str, network: str) -> None:
    """A success: what this network failed at is forgotten, and what counts for all networks together."""
    for where in (EVERYWHERE, network):  # in this order, so that no two writers wait for each other
        connection.execute(delete(LoginThrottle).where(*_row(key, where)))


def forget_all(connection: Connection, mailbox_id: int) -> int:
    """Unlock the account from everywhere; how many counts there were."""
    return connection.execute(delete(LoginThrottle).where(LoginThrottle.account == str(mailbox_id))).rowcount


def spray_delay(connection: Connection, network: str, settings: LockoutSettings, *, at: int) -> float:
    """Seconds that a failure from this network waits because too many names failed from there; else 0."""
    if not settings.network_failures:
        return 0.0
    query = select(LoginThrottle.failures, LoginThrottle.blocked_until).where(*_row(EVERYWHERE, network))
    row = connection.execute(query).one_or_none()
    if row is None or row.blocked_until < at or row.failures < settings.network_failures:
        return 0.0
    return _doubled(row.failures - settings.network_failures, settings)


def delay_after(failures: int, settings: LockoutSettings) -> float:
    """Seconds to wait after that many failures: none at first, then doubling up to the longest."""
    beyond = failures - settings.free_failures
    return 0.0 if beyond <= 0 else _doubled(beyond - 1, settings)


def _doubled(times: int, settings: LockoutSettings) -> float:
    return float(min(settings.longest_delay_seconds, settings.delay_seconds * 2 ** min(times, 30)))


def _spraying(connection: Connection, key: str, network: str, settings: LockoutSettings, *, at: int) -> float:
    """Count the name among those that failed from this network, and give the delay that this costs.

    `blocked_until` of this row is not a block: it is when its count begins anew, so that an office's few mistakes a
    day do not add up. Once the limit is reached it goes on as long as failures do.
    """
    if not settings.network_failures:
        return 0.0
    over = (*_row(EVERYWHERE, network), LoginThrottle.blocked_until < at, LoginThrottle.failures > 0)
    connection.execute(delete(LoginThrottle).where(*over))
    digest = _digest(connection, EVERYWHERE, key)
    names, _ = _count(connection, EVERYWHERE, network, digest, at=at, keep=settings.network_failures)
    if names == 1 or names >= settings.network_failures:
        _block(connection, EVERYWHERE, network, at + settings.window_minutes * MINUTE)
    return spray_delay(connection, network, settings, at=at)


def _count(
    connection: Connection, account: str, network: str, digest: bytes, *, at: int, keep: int = _DIFFERENT
) -> tuple[int, bool]:
    """How many different digests this row has met, and whether this one is new. A repeated one does not keep the
    row from being forgotten: else a phone would keep its owner's slips of the hand for weeks."""
    connection.execute(
        text(
            "INSERT INTO login_throttle (account, network, failures, last_at, blocked_until)"
            " VALUES (:account, :network, 0, :at, 0) ON CONFLICT DO NOTHING"
        ),
        {"account": account, "network": network, "at": at},
    )
    row = _row(account, network)
    query = select(LoginThrottle.failures, LoginThrottle.last_wrong).where(*row).with_for_update()
    failures, stored = connection.execute(query).one()
    known = bytes(stored or b"")
    met = (known[start : start + _DIGEST_OCTETS] for start in range(0, len(known), _DIGEST_OCTETS))
    if any(hmac.compare_digest(one, digest) for one in met):
        return failures, False
    values = {"failures": failures + 1, "last_wrong": (known + digest)[-keep * _DIGEST_OCTETS :], "last_at": at}
    connection.execute(update(LoginThrottle).where(*row).values(**values))
    return failures + 1, True


def _block(connection: Connection, account: str, network: str, until: int) -> None:
    later = (*_row(account, network), LoginThrottle.blocked_until < until)
    connection.execute(update(LoginThrottle).where(*later).values(blocked_until=until))


def _forget_old(connection: Connection, before: int, at: int) -> None:
    old = or_(and_(LoginThrottle.network != CODES, LoginThrottle.last_at < before), LoginThrottle.last_at < at - DAY)
    connection.execute(delete(LoginThrottle).where(old, LoginThrottle.blocked_until <= at))


def _row(key: str, network: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return LoginThrottle.account == key, LoginThrottle.network == network


def _rows(key: str, network: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return LoginThrottle.account == key, LoginThrottle.network.in_((network, EVERYWHERE))


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
