"""The one place where logins are checked, for submission, IMAP, the web and the console (architecture § 10).

Whoever fails hears the same, after the same work and the same delay, whether the name is unknown, the password
wrong or the account closed; what it really was is kept for `account why`. The order: throttle, then the secret
(login/judge.py), then the account's state once more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, update

from mailhub.accounts import attempts, throttle
from mailhub.accounts.act import act
from mailhub.accounts.addresses import fold
from mailhub.accounts.attempts import Cause, Hint
from mailhub.accounts.credentials import password_set_at, replace_hash, store_password
from mailhub.accounts.finding import MailboxRow, load_mailbox, subject_of
from mailhub.accounts.life.activity import note_day
from mailhub.accounts.login import app_passwords
from mailhub.accounts.login.judge import Judgement, JudgeSettings, Way, judge
from mailhub.accounts.login.known import Known, look_up
from mailhub.accounts.login.rule import SETUP
from mailhub.accounts.models import Mailbox
from mailhub.accounts.passwords import LONGEST, Hasher, hasher_for
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.sharing.access import Opened
from mailhub.accounts.throttle import LockoutSettings
from mailhub.clock import local_time
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

__all__ = ["REFUSED", "Accepted", "AuthenticationSettings", "Rejected", "Way", "authenticate"]

log = logging.getLogger(__name__)

REFUSED = "Sai ten dang nhap hoac mat khau"


class AuthenticationSettings(JudgeSettings, Protocol):
    """The sections that matter here."""

    @property
    def lockout(self) -> LockoutSettings: ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """The secret is right and the account may log in. `address` is its primary one: Dovecot's user name.

    The door waits `delay_seconds` before it says so: nothing, unless names are being tried from that network.
    """

    account_id: int
    address: str
    name: str
    quota_mib: int | None
    way: Way = Way.PASSWORD
    delay_seconds: float = 0.0
    opened: Opened | None = None  # another's mailbox that was asked for (verifier.py)


@dataclass(frozen=True, slots=True)
class Rejected:
    """No. The door waits `delay_seconds` before it says so; `reason` is ASCII, and always the same.

    `wants_code`: the password is right and the second factor's code was not given (services that can ask for it);
    `account_id` is then whose.
    """

    delay_seconds: float
    reason: str = REFUSED
    wants_code: bool = False
    account_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Try:
    name: str
    secret: str
    code: str
    service: str
    ip: str
    network: str
    at: int
    known: Known

    @property
    def key(self) -> str:
        return throttle.throttle_key(None if self.known.mailbox is None else self.known.mailbox.id, self.name)

    @property
    def device(self) -> str:
        return "" if self.known.app is None else self.known.app.device


def authenticate(
    database: Database,
    login: str,
    secret: str,
    *,
    service: str,
    ip: str,
    at: int,
    settings: AuthenticationSettings,
    code: str = "",
    sets_up: bool = False,
) -> Accepted | Rejected:
    """Check a login (any address of a mailbox, whatever the case) and its secret; blocks, so run it in a thread.

    `at` is now in ms; `code` the second factor's, where somebody can be asked for it (login/rule.ATTENDED). `sets_up`:
    who lacks a second factor, or whose administrator's password is too old, is let in, and the service sees to it that
    this is mended before anything else. argon2 runs outside any transaction, `[passwords] concurrent` at a time.

    Raises:
        StoreUnavailable: the database cannot be read, or a failure cannot be counted: say "later", not "no".
        OldServerAway: the old mail server, which knows the password, gives no answer: the same.
    """
    name, network = fold(login.strip()), throttle.network_of(ip)
    with database.read() as connection:
        known = look_up(connection, name, secret, settings.passwords, at=at)
        tried = _Try(name, secret, code, service, ip, network, at, known)
        wait = throttle.blocked_for(connection, tried.key, network, at=at)
        unseen = wait > 0 and _unseen_is_pending(connection, tried)
    if wait:
        if unseen:
            _note_unseen(database, tried, at + wait)
        return Rejected(min(wait / 1000, settings.lockout.longest_delay_seconds))
    judged = judge(database, known, secret, code, service=SETUP if sets_up else service, at=at, settings=settings)
    if judged.wants_code:
        return Rejected(0.0, wants_code=True, account_id=None if known.mailbox is None else known.mailbox.id)
    if judged.way is not None:
        accepted = _accept(database, tried, judged, judged.way, settings.lockout)
        if accepted is not None:
            return accepted
    _spend(hasher_for(settings.passwords), judged)
    return _reject(database, tried, judged, settings.lockout)


def _unseen_is_pending(connection: Connection, tried: _Try) -> bool:
    """Whether a try that is not looked at is to be written down; once a minute is enough."""
    mailbox = tried.known.mailbox
    if mailbox is None:
        return False
    return not attempts.blocked_noted(connection, mailbox.id, service=tried.service, ip=tried.ip, at=tried.at)


def _note_unseen(database: Database, tried: _Try, until: int) -> None:
    assert tried.known.mailbox is not None
    number, where = tried.known.mailbox.id, {"service": tried.service, "ip": tried.ip}
    try:
        with database.write() as connection:
            if load_mailbox(connection, number) is not None:
                attempts.note_blocked(connection, number, until=until, at=tried.at, **where)
    except StoreUnavailable as error:  # it is refused all the same
        log.warning("a try could not be written down: %s", error)


def _accept(database: Database, tried: _Try, judged: Judgement, way: Way, settings: LockoutSettings) -> Accepted | None:
    """Let in, unless the account was closed while argon2 ran; write down what has to be."""
    assert tried.known.mailbox is not None
    with database.read() as connection:
        now = load_mailbox(connection, tried.known.mailbox.id)
        if now is None or not now.logs_in:
            return None
        pending = _is_pending(connection, tried, judged, now)
        delay = 0.0
        if way is not Way.APP_PASSWORD:  # nobody guesses those
            delay = throttle.spray_delay(connection, tried.network, settings, at=tried.at)
        if delay and tried.network in attempts.networks_entered(connection, now.id):
            delay = 0.0
    if pending:
        try:
            with database.write() as connection:
                _write_success(connection, tried, judged, now)
        except StoreUnavailable as error:  # a full disk keeps nobody from reading mail
            log.warning("a login could not be written down: %s", error)
    return Accepted(now.id, now.address, now.name, now.quota_mib, way, delay)


def _is_pending(connection: Connection, tried: _Try, judged: Judgement, mailbox: MailboxRow) -> bool:
    """Whether a success has anything to write down; most of a phone's many logins have not."""
    where = {"service": tried.service, "ip": tried.ip, "device": tried.device}
    if judged.renewed is not None or not attempts.noted_lately(connection, mailbox.id, at=tried.at, **where):
        return True
    if tried.known.app is not None:
        return not app_passwords.use_is_known(tried.known.app, at=tried.at)
    return throttle.has_failures(connection, tried.key, tried.network)


def _write_success(connection: Connection, tried: _Try, judged: Judgement, mailbox: MailboxRow) -> None:
    at, service, ip, app = tried.at, tried.service, tried.ip, tried.known.app
    if judged.way is not Way.APP_PASSWORD:  # a phone that asks every minute must not wipe out what a guesser did
        throttle.forget(connection, tried.key, tried.network)
    elif app is not None and not app_passwords.use_is_known(app, at=at):
        app_passwords.note_use(connection, app, service=service, ip=ip, at=at)
    device = tried.device
    if not attempts.noted_lately(connection, mailbox.id, service=service, ip=ip, device=device, at=at):
        attempts.note(connection, mailbox.id, service=service, ip=ip, cause=Cause.SUCCESS, device=device, at=at)
    if judged.renewed is not None:
        _renew(connection, tried, mailbox, judged.renewed)
    _note_today(connection, mailbox, tried.at)


def note_second_step(connection: Connection, mailbox: MailboxRow, *, service: str, ip: str, at: int) -> None:
    """The second step of a login was right: write the login down, as `authenticate` does where there is one step."""
    throttle.forget(connection, str(mailbox.id), throttle.network_of(ip))
    if not attempts.noted_lately(connection, mailbox.id, service=service, ip=ip, at=at):
        attempts.note(connection, mailbox.id, service=service, ip=ip, cause=Cause.SUCCESS, at=at)
    _note_today(connection, mailbox, at)


def count_wrong_step(
    connection: Connection, mailbox: MailboxRow, what: str, *, service: str, ip: str, settings: LockoutSettings, at: int
) -> Rejected:
    """The second step was wrong: counted by account and network like a password, and by account alone; `what` is what
    was tried."""
    key, network = str(mailbox.id), throttle.network_of(ip)
    counted = throttle.count_failure(connection, key, network, f"\0code {what[:64]}", settings, at=at)
    throttle.count_code(connection, mailbox.id, what, settings, at=at)
    hints = () if counted.locked_until is None else (Hint.LOCKED,)
    where, cause = {"service": service, "ip": ip}, Cause.WRONG_CODE
    attempts.note(connection, mailbox.id, cause=cause, hints=hints, at=at, again=counted.again, **where)
    return Rejected(counted.delay_seconds)


def _note_today(connection: Connection, mailbox: MailboxRow, at: int) -> None:
    last = mailbox.last_login_at
    if last is None or local_time(last).date() != local_time(at).date():
        # No act: that somebody was here today is nothing that a cache of the directory need know.
        connection.execute(update(Mailbox).where(Mailbox.id == mailbox.id).values(last_login_at=at))
        note_day(connection, mailbox.id, at)


def _renew(connection: Connection, tried: _Try, mailbox: MailboxRow, renewed: str) -> None:
    if tried.known.stored is not None:
        replace_hash(connection, mailbox.id, tried.known.stored, renewed)
        return
    owner = Actor(name=mailbox.address, role=Role.OFFICIAL, account_id=mailbox.id, ip=tried.ip)
    with act(connection, owner, at=tried.at) as acting:
        acting.check(Action.ACCOUNT_PASSWORD, subject_of(connection, mailbox))
        if password_set_at(connection, mailbox.id) is None:  # nobody was faster
            store_password(connection, mailbox.id, renewed, at=tried.at)
            acting.after = {"set_at": tried.at, "by": "old-server"}


def _spend(hasher: Hasher, judged: Judgement) -> None:
    """A right secret that opens nothing takes as long as a wrong one (login/judge.py): the time tells nobody."""
    if judged.way is Way.APP_PASSWORD:
        hasher.verify(None, "")
    if judged.right or judged.way is Way.APP_PASSWORD:
        hasher.was(None, "")


def _reject(database: Database, tried: _Try, judged: Judgement, settings: LockoutSettings) -> Rejected:
    with database.write() as connection:
        counted = throttle.count_failure(
            connection, tried.key, tried.network, _what_failed(tried, judged), settings, at=tried.at
        )
        known = tried.known.mailbox
        mailbox = None if known is None else load_mailbox(connection, known.id)
        if mailbox is not None and judged.right and judged.cause is Cause.WRONG_CODE:
            throttle.count_code(connection, mailbox.id, tried.code, settings, at=tried.at)
        if mailbox is not None:
            hints = () if judged.right else judged.hints
            if counted.locked_until is not None:
                hints += (Hint.LOCKED_EVERYWHERE if settings.scope == throttle.ACCOUNT else Hint.LOCKED,)
            cause = attempts.why_closed(mailbox) or judged.cause
            attempts.note(
                connection,
                mailbox.id,
                service=tried.service,
                ip=tried.ip,
                cause=cause,
                hints=hints,
                device=tried.device,
                at=tried.at,
                again=counted.again and counted.locked_until is None,
            )
    return Rejected(counted.delay_seconds)


def _what_failed(tried: _Try, judged: Judgement) -> str:
    """What is counted as a failure of its own. Nothing of a right password is kept, not three octets."""
    if judged.right:
        return f"\0code {tried.code[:64]}" if judged.cause is Cause.WRONG_CODE else "\0right"
    return tried.secret[: LONGEST + 1]
