"""Joins parts that know nothing of each other: settings to Dovecot's plan, the verifier to Dovecot's questions."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from sqlalchemy import select

from mailhub.accounts.authenticate import Accepted, Rejected
from mailhub.accounts.directory import AccountView, Directory
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.records import DirectoryVersion
from mailhub.accounts.verifier import Verifier
from mailhub.delivery.outgoing import Timeouts
from mailhub.delivery.pool import Pool, PoolLimits
from mailhub.delivery.routes import RouteSettings, hops
from mailhub.dns.resolver import Resolver
from mailhub.intake.clamd import Clamd
from mailhub.intake.inspection import MailInspector
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.verifier import UserRow, Verdict
from mailhub.sandbox.pool import Inspector
from mailhub.serve.privileges import Identity
from mailhub.settings import LiveSettings, Settings
from mailhub.settings.sections import Lockout, Passwords
from mailhub.store.database import Database


def dovecot_plan(settings: Settings, identity: Identity) -> DovecotPlan:
    """What Dovecot is to be, by the settings."""
    return DovecotPlan(
        directory=settings.directory / "data" / "dovecot",
        run_directory=settings.run_directory,
        mail_directory=settings.mail_directory,
        user=identity.user,
        group=identity.group,
        uid=identity.uid,
        gid=identity.gid,
        imap=settings.listen_address("imap"),
        imaps=settings.listen_address("imaps"),
        certificate=settings.tls_certificate,
        key=settings.tls_key,
        tls_minimum=settings.tls.minimum,
        hostname=settings.hub.hostname,
        postmaster=f"postmaster@{settings.hub.domain}",
        quota_mib=settings.mailboxes.quota_mib,
    )


def mail_inspector(live: LiveSettings, database: Database, socket: str) -> MailInspector:
    """Reads messages through the sandboxes behind `socket` (`serve/inspectors.py`)."""

    def clamd() -> Clamd | None:
        address = live.current.inspector.clamd
        return Clamd(address) if address else None

    return MailInspector(database, Inspector(live.current.run_directory / socket), clamd)


def mailbox_home(mail_directory: Path, address: str) -> Path:
    """The folder of a mailbox: `mail/DOMAIN/HH/LOCAL`, HH spreading a large domain over 256 folders."""
    local, _, domain = address.rpartition("@")
    return mail_directory / domain / hashlib.sha256(local.encode()).hexdigest()[:2] / local


def user_row(settings: Settings, account: AccountView) -> UserRow:
    """`account` in Dovecot's words."""
    return UserRow(
        address=account.address,
        home=str(mailbox_home(settings.mail_directory, account.address)),
        quota_mib=account.quota_mib if account.quota_mib is not None else settings.mailboxes.quota_mib,
        may_login=account.may_login,
        receives=account.receives,
    )


def login_backend(
    verifier: Verifier, directory: Directory, settings: Settings
) -> Callable[[str, str, str, str], Awaitable[Verdict]]:
    """Dovecot's logins, judged by the one verifier (architecture § 10)."""

    async def judge(login: str, secret: str, service: str, ip: str) -> Verdict:
        found = await verifier.check(login, secret, service=service, ip=ip, wait=False)
        if isinstance(found, Rejected):
            return Verdict(None, found.delay_seconds)
        assert isinstance(found, Accepted)
        account = directory.account(found.account_id)
        if account is None or not account.may_login:  # closed between the two questions
            return Verdict(None)
        return Verdict(user_row(settings, account))

    return judge


def lookup_backend(directory: Directory, settings: Settings) -> Callable[[str], Awaitable[UserRow | None]]:
    """Dovecot's questions about users (LMTP, doveadm)."""

    async def look_up(login: str) -> UserRow | None:
        account = directory.account_named(login)
        return None if account is None else user_row(settings, account)

    return look_up


def closed_accounts(database: Database) -> tuple[Callable[[], Awaitable[object]], Callable[[], Awaitable[set[str]]]]:
    """For `SessionEnder`: the directory's version, and the mailboxes whose login is closed now."""

    def version() -> object:
        with database.read() as connection:
            return connection.scalar(select(DirectoryVersion.version))

    def closed() -> set[str]:
        query = select(Mailbox.address).where((Mailbox.state != MailboxState.ACTIVE) | (Mailbox.may_login.is_(False)))
        with database.read() as connection:
            return set(connection.scalars(query))

    return partial(asyncio.to_thread, version), partial(asyncio.to_thread, closed)


class LiveAuthentication:
    """The settings that judge a login, as they are now."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live

    @property
    def passwords(self) -> Passwords:
        return self._live.current.passwords

    @property
    def lockout(self) -> Lockout:
        return self._live.current.lockout


def delivery_pool(live: LiveSettings, resolver: Resolver) -> Pool:
    """The pool of connections to next hops."""
    settings = live.current
    own = frozenset(
        (address.host, address.port)
        for service in ("mx", "submission", "submissions")
        if (address := settings.listen_address(service)) is not None
    )
    lmtp = str(settings.run_directory / "lmtp")

    def routes() -> RouteSettings:
        return RouteSettings(settings.hub.hostname, lmtp, own=own, ipv6=live.current.delivery.ipv6)

    pool = Pool(lambda key: hops(key, resolver, routes()), helo=settings.hub.hostname)
    configure_pool(pool, live)
    return pool


def configure_pool(pool: Pool, live: LiveSettings) -> None:
    """Hold the pool to `[delivery]` as it is now."""
    delivery = live.current.delivery
    limits = PoolLimits(
        connections=delivery.connections_per_destination,
        local_connections=delivery.local_concurrency,
        idle=delivery.idle_seconds,
    )
    pool.configure(Timeouts(connect=delivery.connect_seconds), limits)
