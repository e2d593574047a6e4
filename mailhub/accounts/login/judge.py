"""Is this secret one that opens this account here? In this order: app password, main password, slip.

A failure costs the same for a name that nobody has: two computations of argon2id, one against the password and one
against the password before it, by which `account why` knows a phone that was not told of the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mailhub.accounts import attempts
from mailhub.accounts.addresses import split
from mailhub.accounts.attempts import Cause, Hint
from mailhub.accounts.login import app_passwords, codes, second_factor
from mailhub.accounts.login.code_form import read_code
from mailhub.accounts.login.code_rows import is_over
from mailhub.accounts.login.imported import is_imported, verify_imported
from mailhub.accounts.login.known import Known, why_not
from mailhub.accounts.login.rule import StandingSettings, is_mail, refusal, wants_code
from mailhub.accounts.passwords import LONGEST, Hasher, PasswordSettings, hasher_for
from mailhub.store.database import Database
from mailhub.store.sealing import open_sealer


class LoginPasswordSettings(PasswordSettings, StandingSettings, Protocol):
    """What is read from `[passwords]`."""

    @property
    def old_imap(self) -> tuple[str, ...]: ...


class JudgeSettings(Protocol):
    """What judging a secret needs to know."""

    @property
    def passwords(self) -> LoginPasswordSettings: ...
    @property
    def accounts(self) -> codes.SlipSettings: ...
    @property
    def keys_directory(self) -> Path: ...


class Way(StrEnum):
    """By what somebody got in."""

    PASSWORD = "password"  # noqa: S105
    APP_PASSWORD = "app-password"  # noqa: S105
    SLIP = "slip"
    OLD_SERVER = "old-server"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`way` is set when the secret opens the door. `right`: it was the main password, whatever came of it.

    `renewed` is a hash to be kept in place of the stored one. `wants_code`: the second factor's code is missing.
    """

    way: Way | None = None
    cause: Cause = Cause.WRONG_PASSWORD
    hints: tuple[Hint, ...] = ()
    right: bool = False
    renewed: str | None = None
    wants_code: bool = False


def judge(
    database: Database, known: Known, secret: str, code: str, *, service: str, at: int, settings: JudgeSettings
) -> Judgement:
    """Judge a secret; blocks for argon2, or for the old server.

    Raises:
        StoreUnavailable, OldServerAway: no judgement.
    """
    unfit = None if known.app is None else why_not(known.app, service, at=at)
    if known.app is not None and unfit is None:
        return Judgement(Way.APP_PASSWORD, Cause.SUCCESS)
    hasher = hasher_for(settings.passwords)
    right, renewed = _check_main(known, secret, hasher)
    way = Way.PASSWORD
    if not right and (url := _old_server(known, secret, settings.passwords)):
        from mailhub.mailboxes.old_server import accepts  # few have one, and it loads much for each command

        right, way = accepts(url, known.mailbox.address if known.mailbox else "", secret), Way.OLD_SERVER
        renewed = hasher.hash(secret) if right else None
    if right:
        return _attended(database, known, code, way, renewed, service=service, at=at, settings=settings)
    if _opens_by_slip(database, known, secret, service=service, at=at, settings=settings):
        return Judgement(Way.SLIP, Cause.SUCCESS)
    former = hasher.was(known.former, secret[:LONGEST])
    cause = unfit or (Cause.NO_PASSWORD if known.stored is None else Cause.WRONG_PASSWORD)
    if unfit or former:
        return Judgement(None, cause, () if unfit else (Hint.FORMER,))
    return _told_by_form(database, known, secret, cause, at=at)


def _told_by_form(database: Database, known: Known, secret: str, cause: Cause, *, at: int) -> Judgement:
    """What a wrong secret was: ours are known by their form, and it says nothing that they are in capitals."""
    code = read_code(secret)
    if code is not None and known.mailbox is not None:
        with database.read() as connection:
            over = is_over(connection, known.mailbox.id, code, at=at)
        return Judgement(None, Cause.SLIP_OVER if over else cause, () if over else (Hint.CODE,))
    if app_passwords.read_secret(secret) is not None:
        return Judgement(None, cause, (Hint.APP_PASSWORD,))
    return Judgement(None, cause, attempts.hints_of(secret))


def _check_main(known: Known, secret: str, hasher: Hasher) -> tuple[bool, str | None]:
    """Whether it is the main password, and its hash under today's parameters if the stored one is of others."""
    stored = known.stored if len(secret) <= LONGEST else None
    if stored is not None and is_imported(stored) and verify_imported(stored, secret):
        return True, hasher.hash(secret)
    argon2 = None if stored is None or is_imported(stored) else stored
    if not hasher.verify(argon2, secret if len(secret) <= LONGEST else "") or argon2 is None:
        return False, None
    return True, hasher.hash(secret) if hasher.is_outdated(argon2) else None


def _old_server(known: Known, secret: str, settings: LoginPasswordSettings) -> str:
    """Who is asked about the first login of an account without a password; '' = nobody."""
    mailbox = known.mailbox
    if mailbox is None or known.stored is not None or not mailbox.logs_in or not 0 < len(secret) <= LONGEST:
        return ""
    if app_passwords.read_secret(secret) is not None or codes.has_form(secret):  # ours: no other server is told
        return ""
    servers = dict(entry.split("=", 1) for entry in settings.old_imap)
    return servers.get(split(mailbox.address)[1], "")


def _attended(
    database: Database,
    known: Known,
    code: str,
    way: Way,
    renewed: str | None,
    *,
    service: str,
    at: int,
    settings: JudgeSettings,
) -> Judgement:
    """The main password is right: does it open this service, and is the code right where one is asked for?"""
    cause = refusal(known.standing, service)
    if cause is not None:
        return Judgement(None, cause, right=True, renewed=renewed)
    if wants_code(known.standing, service):
        assert known.mailbox is not None
        if not code:
            return Judgement(None, Cause.WRONG_CODE, right=True, wants_code=known.mailbox.logs_in)
        sealer = open_sealer(settings.keys_directory)
        with database.write() as connection:
            if not second_factor.take_code(connection, known.mailbox.id, code, sealer, at=at):
                return Judgement(None, Cause.WRONG_CODE, right=True)
    return Judgement(way, Cause.SUCCESS, right=True, renewed=renewed)


def _opens_by_slip(
    database: Database, known: Known, secret: str, *, service: str, at: int, settings: JudgeSettings
) -> bool:
    """A slip's code in a mail client; not for those who have to set up a second factor first."""
    if known.mailbox is None or not is_mail(service) or not codes.has_form(secret) or known.standing.needs_factor:
        return False
    with database.write() as connection:
        return codes.try_in_client(connection, known.mailbox.id, secret, at=at, settings=settings.accounts)
