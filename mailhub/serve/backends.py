"""Joins parts that know nothing of each other: settings to Dovecot's plan, the verifier to Dovecot's questions."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from sqlalchemy import select

from mailhub.accounts.authenticate import Accepted, Rejected
from mailhub.accounts.credentials import outdated_logins
from mailhub.accounts.directory import AccountView, Directory
from mailhub.accounts.records import DirectoryVersion
from mailhub.accounts.sharing.access import last_sharing_change, sessions_to_end
from mailhub.accounts.verifier import Verifier
from mailhub.clock import now_ms
from mailhub.delivery.outgoing import Timeouts
from mailhub.delivery.pool import Pool, PoolLimits
from mailhub.delivery.routes import RouteSettings, hops
from mailhub.dns.resolver import Resolver
from mailhub.intake.clamd import Clamd
from mailhub.intake.inspection import MailInspector
from mailhub.intake.verifying import Verifying
from mailhub.mail.login_name import shared_login
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.shared import Guest, GuestRight
from mailhub.mailboxes.verifier import UserRow, Verdict
from mailhub.sandbox.pool import Inspector
from mailhub.serve.privileges import Identity
from mailhub.serve.shared_sessions import SharedSessions
from mailhub.settings import LiveSettings, Settings
from mailhub.settings.sections import AccountsSection, Lockout, Passwords
from mailhub.signatures.revocation.asking import Asker
from mailhub.signatures.revocation.checking import InspectorChecker
from mailhub.signatures.revocation.refreshing import Refresher
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.store.database import Database

_OVERLAP_MS = 2_000  # between a commit and the look that finds it
_BEFORE_MS = 3_600_000  # what a verifier that starts anew looks back: Dovecot and its sessions outlive it


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


def signature_asker(live: LiveSettings, database: Database, keeper: TrustKeeper, socket: str) -> Asker:
    """Asks authorities about certificates; their answers are checked in the sandboxes behind `socket`."""
    checker = InspectorChecker(Inspector(live.current.run_directory / socket))
    return Asker(lambda: live.current, database, keeper, checker)


def list_refresher(live: LiveSettings, database: Database, keeper: TrustKeeper, socket: str) -> Refresher:
    """Keeps the lists of revoked certificates fresh; they are checked in the sandboxes behind `socket`."""
    checker = InspectorChecker(Inspector(live.current.run_directory / socket))
    return Refresher(lambda: live.current, database, keeper, checker)


def mail_inspector(
    live: LiveSettings, database: Database, socket: str, keeper: TrustKeeper, asker: Asker
) -> MailInspector:
    """Reads messages through the sandboxes behind `socket` (`serve/inspectors.py`), and judges what is signed."""

    def clamd() -> Clamd | None:
        address = live.current.inspector.clamd
        return Clamd(address) if address else None

    verifying = Verifying(lambda: live.current, database, keeper, asker)
    return MailInspector(database, Inspector(live.current.run_directory / socket), clamd, verifying)


def mailbox_home(mail_directory: Path, address: str) -> Path:
    """The folder of a mailbox: `mail/DOMAIN/HH/LOCAL`, HH spreading a large domain over 256 folders.

    `address` is the one that its files lie under (`stored_as`), which is not its first one after a transfer.
    """
    local, _, domain = address.rpartition("@")
    return mail_directory / domain / hashlib.sha256(local.encode()).hexdigest()[:2] / local


def user_row(settings: Settings, account: AccountView) -> UserRow:
    """`account` in Dovecot's words."""
    return UserRow(
        address=account.address,
        home=str(mailbox_home(settings.mail_directory, account.stored_as or account.address)),
        quota_mib=account.quota_mib if account.quota_mib is not None else settings.mailboxes.quota_mib,
        may_login=account.may_login,
        receives=account.receives,
    )


def login_backend(
    verifier: Verifier, directory: Directory, settings: Settings, shared_sessions: SharedSessions
) -> Callable[[str, str, str, str], Awaitable[Verdict]]:
    """Dovecot's logins, judged by the one verifier (architecture § 10).

    `shared_sessions` learns with which right each SHARED*PERSON comes in, for `closed_accounts`.
    """

    async def judge(login: str, secret: str, service: str, ip: str) -> Verdict:
        found = await verifier.check(login, secret, service=service, ip=ip, wait=False)
        if isinstance(found, Rejected):
            return Verdict(None, found.delay_seconds)
        assert isinstance(found, Accepted)
        account = directory.account(found.account_id)
        if account is None or not account.may_login:  # closed between the two questions
            return Verdict(None)
        if found.opened is None:
            return Verdict(user_row(settings, account))
        shared = directory.account(found.opened.mailbox_id)
        if shared is None:
            return Verdict(None)
        right = found.opened.right
        shared_sessions.came_in(shared_login(shared.address, account.address), right)
        return Verdict(user_row(settings, shared), guest=Guest(account.address, GuestRight(right)))

    return judge


def lookup_backend(directory: Directory, settings: Settings) -> Callable[[str], Awaitable[UserRow | None]]:
    """Dovecot's questions about users (LMTP, doveadm)."""

    async def look_up(login: str) -> UserRow | None:
        account = directory.account_named(login)
        return None if account is None else user_row(settings, account)

    return look_up


def closed_accounts(
    database: Database, shared_sessions: SharedSessions
) -> tuple[Callable[[], Awaitable[object]], Callable[[set[str]], Awaitable[set[str]]], Callable[[], None]]:
    """For `SessionEnder`: what changes when somebody may have to go, who of those logged in has to, and the call by
    which it says that they have gone: until then a changed secret is named again, however long Dovecot is deaf."""

    def version() -> object:
        with database.read() as connection:
            at = now_ms()
            return connection.scalar(select(DirectoryVersion.version)), last_sharing_change(connection, at)

    settled_at = asked_at = now_ms() - _BEFORE_MS

    def closed(users: set[str]) -> set[str]:
        nonlocal asked_at
        now = now_ms()
        with database.read() as connection:
            over = sessions_to_end(connection, users, now, granted=shared_sessions.rights())
            # Dovecot does not tell when somebody came in: who comes in just after a change may have to do so twice.
            over |= outdated_logins(connection, users, since=settled_at - _OVERLAP_MS)
        asked_at = now
        shared_sessions.keep_only(users)
        shared_sessions.forget(over)
        return over

    async def ask_closed(users: set[str]) -> set[str]:
        return await asyncio.to_thread(closed, users)

    def settled() -> None:
        nonlocal settled_at
        settled_at = asked_at

    return partial(asyncio.to_thread, version), ask_closed, settled


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

    @property
    def accounts(self) -> AccountsSection:
        return self._live.current.accounts

    @property
    def keys_directory(self) -> Path:
        return self._live.current.keys_directory


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
