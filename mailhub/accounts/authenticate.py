"""The one place where passwords are checked, for submission, IMAP and whatever comes (architecture § 10).

Whoever fails hears the same, after the same work and the same delay, whether the name is unknown, the password
wrong or the account closed; what it really was is kept for `account why`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, select

from mailhub.accounts import attempts, throttle
from mailhub.accounts.addresses import fold, lookup
from mailhub.accounts.attempts import Cause
from mailhub.accounts.credentials import PASSWORD, replace_hash
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.models import AddressKind
from mailhub.accounts.passwords import LONGEST, Hasher, PasswordSettings, hasher_for
from mailhub.accounts.records import Credential
from mailhub.accounts.throttle import LockoutSettings
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

REFUSED = "Sai ten dang nhap hoac mat khau"


class AuthenticationSettings(Protocol):
    """The two sections that matter here."""

    @property
    def passwords(self) -> PasswordSettings: ...
    @property
    def lockout(self) -> LockoutSettings: ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """The secret is right and the account may log in. `address` is its primary one: Dovecot's user name."""

    account_id: int
    address: str
    name: str
    quota_mib: int | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """No. The door waits `delay_seconds` before it says so; `reason` is ASCII, and always the same."""

    delay_seconds: float
    reason: str = REFUSED


@dataclass(frozen=True, slots=True)
class _Try:
    name: str
    secret: str
    service: str
    ip: str
    network: str
    at: int
    mailbox: MailboxRow | None
    stored: str | None

    @property
    def key(self) -> str:
        return throttle.throttle_key(None if self.mailbox is None else self.mailbox.id, self.name)


def authenticate(
    database: Database,
    login: str,
    secret: str,
    *,
    service: str,
    ip: str,
    at: int,
    settings: AuthenticationSettings,
) -> Accepted | Rejected:
    """Check a login (any address of a mailbox, whatever the case) and its password; blocks, so run it in a thread.

    `at` is now in ms. argon2 runs outside any transaction, `[passwords] concurrent` at a time.

    Raises:
        StoreUnavailable: the database cannot be read, or a failure cannot be counted: say "later", not "no".
    """
    name, network = fold(login.strip()), throttle.network_of(ip)
    with database.read() as connection:
        mailbox, stored = _look_up(connection, name)
        tried = _Try(name, secret, service, ip, network, at, mailbox, stored)
        wait = throttle.blocked_for(connection, tried.key, network, at=at)
    if wait:
        return Rejected(wait / 1000)
    hasher = hasher_for(settings.passwords)
    right = hasher.verify(stored, secret) if len(secret) <= LONGEST else hasher.verify(None, "")
    if mailbox is not None and stored is not None and right:
        accepted = _accept(database, tried, hasher)
        if accepted is not None:
            return accepted
    return _reject(database, tried, right, settings.lockout)


def _look_up(connection: Connection, name: str) -> tuple[MailboxRow | None, str | None]:
    if len(name) > 320 or not name.isprintable():
        return None, None
    found = lookup(connection, name)
    if found is None or found[0] is AddressKind.GROUP:
        return None, None
    query = select(Credential.hash).where(Credential.mailbox_id == found[1], Credential.kind == PASSWORD)
    return load_mailbox(connection, found[1]), connection.execute(query).scalar_one_or_none()


def _accept(database: Database, tried: _Try, hasher: Hasher) -> Accepted | None:
    """Let in, unless the account was closed while argon2 ran; write down what has to be."""
    assert tried.mailbox is not None
    with database.read() as connection:
        now = load_mailbox(connection, tried.mailbox.id)
        if now is None or not now.logs_in:
            return None
        counted = throttle.has_failures(connection, tried.key, tried.network)
        known = attempts.noted_lately(connection, now.id, service=tried.service, ip=tried.ip, at=tried.at)
    renewed = hasher.hash(tried.secret) if hasher.is_outdated(tried.stored or "") else None
    if counted or not known or renewed is not None:
        try:
            with database.write() as connection:
                _write_success(connection, tried, now, renewed)
        except StoreUnavailable as error:  # a full disk keeps nobody from reading mail
            log.warning("a login could not be written down: %s", error)
    return Accepted(now.id, now.address, now.name, now.quota_mib)


def _write_success(connection: Connection, tried: _Try, mailbox: MailboxRow, renewed: str | None) -> None:
    throttle.forget(connection, tried.key, tried.network)
    attempts.note(connection, mailbox.id, service=tried.service, ip=tried.ip, cause=Cause.SUCCESS, at=tried.at)
    if renewed is not None and tried.stored is not None:
        replace_hash(connection, mailbox.id, tried.stored, renewed)


def _reject(database: Database, tried: _Try, right: bool, settings: LockoutSettings) -> Rejected:
    with database.write() as connection:
        delay = throttle.count_failure(
            connection, tried.key, tried.network, tried.secret[: LONGEST + 1], settings, at=tried.at
        )
        mailbox = None if tried.mailbox is None else load_mailbox(connection, tried.mailbox.id)
        if mailbox is not None:
            cause = attempts.why_closed(mailbox)
            if cause is None:
                cause = Cause.NO_PASSWORD if tried.stored is None else Cause.WRONG_PASSWORD
            hints = () if right else attempts.hints_of(tried.secret)
            where = {"service": tried.service, "ip": tried.ip}
            attempts.note(connection, mailbox.id, cause=cause, hints=hints, at=tried.at, **where)
    return Rejected(delay)
