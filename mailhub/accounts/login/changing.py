"""A new password: the rules, and for administrators the ten before it; and when theirs must be changed.

QCVN 12:2026/BCA 3.7.2.6.4 (length and kinds of character), 3.7.2.6.5 (administrators: every two months, none of the
last ten). Hashing takes its time on purpose: call `new_password` outside any transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control.grants import ADMINISTERING
from mailhub.accounts.credentials import FORMER, PASSWORD, former_hashes, password_set_at, store_password
from mailhub.accounts.errors import NotAllowed, WeakPassword, WrongState
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.imported import is_imported, read_hash, verify_imported
from mailhub.accounts.login.judge import LoginPasswordSettings
from mailhub.accounts.login.rule import StandingSettings, is_administrator
from mailhub.accounts.models import Grant, Mailbox, MailboxState
from mailhub.accounts.passwords import hasher_for, new_hash
from mailhub.accounts.periods import in_force
from mailhub.accounts.records import Credential
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.clock import DAY, local_time, midnight, now_ms
from mailhub.store.database import Database

LETTER_DAYS = (14, 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """An administrator's password that is going to open nothing from `expires_on` on."""

    mailbox_id: int
    address: str
    name: str
    expires_on: date
    days_left: int


def new_password(
    database: Database, address: str, secret: str, *, settings: LoginPasswordSettings, at: int | None = None
) -> str:
    """Check a new password of this account against the rules and hash it, for what stores it. Blocks.

    Raises:
        NoSuchAccount. WeakPassword: it breaks a rule, or is one of the administrator's last ten.
    """
    with database.read() as connection:
        mailbox = find_mailbox(connection, address)
        administers = is_administrator(connection, mailbox.id, at=now_ms() if at is None else at)
        before = _hashes(connection, mailbox.id) if administers else []
    made = new_hash(settings, secret, mailbox.address)
    hasher = hasher_for(settings)
    if any(verify_imported(one, secret) if is_imported(one) else hasher.verify(one, secret) for one in before):
        raise WeakPassword((f"là một trong {FORMER} mật khẩu gần nhất của tài khoản quản trị",))
    return made


def import_hash(
    connection: Connection, actor: Actor, address: str, line: str, *, reason: str, at: int | None = None
) -> None:
    """Take over the hash that an older system kept of this account's password; the first login makes it argon2id.

    Only whoever administers the whole province does that, and not over a password that the account has here.

    Raises:
        NoSuchAccount, NotAllowed, ReasonMissing, WrongState. InvalidValue: no hash that is taken over.
    """
    stored = read_hash(line)
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ACCOUNT_PASSWORD, subject_of(connection, mailbox))
        if not any(held.role in (Role.CONSOLE, Role.SYSTEM_ADMIN) for held in actor.holds):
            raise NotAllowed(f"{actor.name} may not take over hashes of older systems")
        if password_set_at(connection, mailbox.id) is not None:
            raise WrongState(f"{mailbox.address} has a password here already")
        store_password(connection, mailbox.id, stored, at=acting.at)
        acting.after = {"set_at": acting.at, "imported": stored.partition("}")[0] + "}"}


def expiring(
    connection: Connection, today: date, settings: StandingSettings, *, within_days: int = LETTER_DAYS[0]
) -> list[Expiring]:
    """Administrators whose password expires within that many days from `today` (Vietnam's), or has expired."""
    if not settings.admin_days:
        return []
    administering = Grant.role.in_([role.value for role in ADMINISTERING])
    holders = select(Grant.account_id).where(administering, in_force(Grant, midnight(today)))
    query = select(Mailbox.id, Mailbox.address, Mailbox.name, Credential.set_at)
    query = query.join(Credential, Credential.mailbox_id == Mailbox.id).where(Credential.kind == PASSWORD)
    query = query.where(Mailbox.id.in_(holders), Mailbox.state == MailboxState.ACTIVE)
    found = []
    for row in connection.execute(query.order_by(Mailbox.address)).all():
        # As `standing_of` says, without asking thousands of times in the schedule's turn at the database.
        ends = local_time(row.set_at + settings.admin_days * DAY).date()
        if (ends - today).days > within_days:
            continue
        days_left = (ends - today).days
        line = Expiring(mailbox_id=row.id, address=row.address, name=row.name, expires_on=ends, days_left=days_left)
        found.append(line)
    return found


def tell_expiring(connection: Connection, today: date, settings: StandingSettings, *, at: int | None = None) -> int:
    """Enter the letters that are due, 14, 3 and 1 days before, each once; how many were new. For the daily schedule."""
    told = 0
    for one in expiring(connection, today, settings):
        if one.days_left < 1:
            continue
        step = min(days for days in LETTER_DAYS if one.days_left <= days)
        facts = {"address": one.address, "name": one.name, "until": midnight(one.expires_on), "days": one.days_left}
        about = f"password-expires/{one.mailbox_id}/{one.expires_on}/{step}"
        told += tell(connection, LetterKind.PASSWORD_EXPIRES, one.address, facts, about=about, at=at)
    return told


def _hashes(connection: Connection, mailbox_id: int) -> list[str]:
    query = select(Credential.hash).where(Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD)
    now = list(connection.execute(query).scalars())
    return [*now, *former_hashes(connection, mailbox_id, limit=FORMER - len(now))]
