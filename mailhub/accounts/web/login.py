"""Logging in on the web: the password, then the second step, then what has to be mended first.

`first_step` asks the one verifier (accounts.authenticate) and opens a session; how far it is follows from the account
(`stage_of`). Nothing of the password is kept for the second step: the session says that it was right.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from mailhub.accounts import throttle
from mailhub.accounts.authenticate import Accepted, Rejected, authenticate, count_wrong_step, note_second_step
from mailhub.accounts.credentials import password_set_at
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.login import second_factor
from mailhub.accounts.login.codes import SlipSettings
from mailhub.accounts.login.judge import LoginPasswordSettings
from mailhub.accounts.login.rule import roles_held, standing_of
from mailhub.accounts.throttle import LockoutSettings
from mailhub.accounts.web import passkeys
from mailhub.accounts.web.relying import RelyingParty
from mailhub.accounts.web.sessions import NewSession, SessionRow, Stage, WebSettings, open_session, rotate
from mailhub.store.database import Database
from mailhub.store.sealing import open_sealer

SERVICE = "web"
PASSKEY = "passkey"


class WebLoginSettings(WebSettings, Protocol):
    """What is read from `[web]`."""

    @property
    def passkey_roles(self) -> tuple[str, ...]: ...


class LoginSettings(Protocol):
    """The sections that matter here."""

    @property
    def web(self) -> WebLoginSettings: ...
    @property
    def passwords(self) -> LoginPasswordSettings: ...
    @property
    def lockout(self) -> LockoutSettings: ...
    @property
    def accounts(self) -> SlipSettings: ...
    @property
    def keys_directory(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Entered:
    """A step was right: the session goes on (or begins) under this token, as far as `stage`. The door waits
    `delay_seconds` before it says so."""

    session: NewSession
    stage: Stage
    delay_seconds: float = 0.0


def first_step(
    database: Database, login: str, secret: str, *, ip: str, agent: str, at: int, settings: LoginSettings
) -> Entered | Rejected:
    """Judge a name and a password and open a session; blocks for argon2.

    Raises:
        StoreUnavailable, OldServerAway: no judgement: say "later", not "no".
    """
    verdict = authenticate(database, login, secret, service=SERVICE, ip=ip, at=at, settings=settings, sets_up=True)
    if verdict.account_id is None:
        assert isinstance(verdict, Rejected)
        return verdict
    with database.write() as connection:
        stage = stage_of(connection, verdict.account_id, settings, at=at)
        # `at` is before argon2 ran: a password that was changed meanwhile does not keep this session.
        made = open_session(connection, verdict.account_id, stage=stage, ip=ip, agent=agent, at=at)
    return Entered(made, stage, verdict.delay_seconds)


def is_password(
    database: Database, session: SessionRow, secret: str, *, ip: str, at: int, settings: LoginSettings
) -> Accepted | Rejected:
    """Judge the password of a session's owner again, at its lock or before a dangerous act; blocks for argon2. Right is
    `Accepted`, also where a code would be asked for next.

    Raises:
        StoreUnavailable
    """
    owner = session.address
    verdict = authenticate(database, owner, secret, service=SERVICE, ip=ip, at=at, settings=settings, sets_up=True)
    if isinstance(verdict, Rejected) and verdict.account_id == session.account_id:
        return Accepted(session.account_id, session.address, session.name, None)
    return verdict


def code_step(
    database: Database, session: SessionRow, code: str, *, ip: str, at: int, settings: LoginSettings
) -> Entered | Rejected:
    """Judge the second step's code: of the phone, or a recovery code.

    Raises:
        StoreUnavailable
    """
    sealer = open_sealer(settings.keys_directory)
    with database.write() as connection:
        wait = _blocked(connection, session, ip, at=at)
        mailbox = load_mailbox(connection, session.account_id)
        if wait or mailbox is None:
            return Rejected(min(wait / 1000, settings.lockout.longest_delay_seconds))
        phone = takes_phone_codes(connection, mailbox.id, settings, at=at)
        taken = second_factor.taken_code(connection, mailbox.id, code, sealer, at=at, phone=phone)
        if taken is None:
            return count_wrong_step(connection, mailbox, code, service=SERVICE, ip=ip, settings=settings.lockout, at=at)
        note_second_step(connection, mailbox, service=SERVICE, ip=ip, at=at)
        return _enter(connection, session, taken.value, settings, at=at)


def passkey_step(
    database: Database,
    session: SessionRow,
    party: RelyingParty,
    answer: str,
    *,
    ip: str,
    at: int,
    settings: LoginSettings,
) -> Entered | Rejected:
    """Judge the second step's passkey. It cannot be guessed, so wrong codes do not close it; what fails is counted.

    Raises:
        StoreUnavailable
    """
    with database.write() as connection:
        mailbox = load_mailbox(connection, session.account_id)
        wait = throttle.blocked_for(connection, str(session.account_id), throttle.network_of(ip), at=at)
        if wait or mailbox is None:
            return Rejected(min(wait / 1000, settings.lockout.longest_delay_seconds))
        if not passkeys.finish_authentication(connection, session, party, answer, at=at):
            what = f"{PASSKEY} {at}"
            return count_wrong_step(connection, mailbox, what, service=SERVICE, ip=ip, settings=settings.lockout, at=at)
        note_second_step(connection, mailbox, service=SERVICE, ip=ip, at=at)
        return _enter(connection, session, PASSKEY, settings, at=at)


def stage_of(connection: Connection, account_id: int, settings: LoginSettings, *, at: int, factor: str = "") -> Stage:
    """How far a login is whose password was right, and whose second step was passed by `factor` ('' = not yet)."""
    set_at = password_set_at(connection, account_id)
    standing = standing_of(connection, account_id, set_at, settings.passwords, at=at)
    if standing.has_factor and not factor:
        return Stage.PASSWORD
    if standing.lacks_factor or (wants_passkey(connection, account_id, settings, at=at)):
        return Stage.SETUP
    return Stage.RENEW if standing.expired else Stage.FULL


def wants_passkey(connection: Connection, account_id: int, settings: LoginSettings, *, at: int) -> bool:
    """Whether the account holds a role that logs in with a passkey, and has none yet."""
    demanded = bool(roles_held(connection, account_id, at=at) & set(settings.web.passkey_roles))
    return demanded and not passkeys.passkey_count(connection, account_id)


def takes_phone_codes(connection: Connection, account_id: int, settings: LoginSettings, *, at: int) -> bool:
    """Whether a code of the phone will do as the second step: not where a role logs in with the passkey it has."""
    demanded = bool(roles_held(connection, account_id, at=at) & set(settings.web.passkey_roles))
    return not demanded or not passkeys.passkey_count(connection, account_id)


def _enter(connection: Connection, session: SessionRow, factor: str, settings: LoginSettings, *, at: int) -> Entered:
    stage = stage_of(connection, session.account_id, settings, at=at, factor=factor)
    return Entered(rotate(connection, session, stage=stage, factor=factor, at=at), stage)


def _blocked(connection: Connection, session: SessionRow, ip: str, *, at: int) -> int:
    """How long (ms) a code is refused unseen: by account and network, and by account."""
    here = throttle.blocked_for(connection, str(session.account_id), throttle.network_of(ip), at=at)
    return max(here, throttle.codes_blocked_for(connection, session.account_id, at=at))
