"""One-time codes: on a printed slip, or sent by a registered channel. Each sets a password, once.

A slip's code also opens the first mail client that it is typed into: it lives on there as an app password, for
`[accounts] slip_client_days`, and within that time still sets a password. After that it opens nothing: nobody goes on
with a secret that an administrator has printed (QCVN 12:2026/BCA 3.7.2.6.2). Where a second factor is on, a slip
opens no client, since that would go around it.
"""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection, or_, select

from mailhub.accounts import throttle
from mailhub.accounts.act import act
from mailhub.accounts.control import above
from mailhub.accounts.credentials import store_password
from mailhub.accounts.errors import CodeRefused, NoSuchAccount, NotAllowed, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.life.activation import activate
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.code_form import digest_of, has_form, read_code
from mailhub.accounts.login.code_rows import (
    CodeRow,
    Purpose,
    end_codes,
    enter_code,
    find_code,
    open_client,
    use_client,
)
from mailhub.accounts.login.models import AppPassword
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.accounts.login.rule import has_second_factor
from mailhub.accounts.models import MailboxKind, MailboxState
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.clock import DAY

__all__ = ["Purpose", "find_usable", "has_form", "issue", "redeem", "take_back", "try_in_client"]

# Approved: nobody has logged in yet. Whatever else an account is, a code does not change it.
_OPEN_STATES = (MailboxState.APPROVED, MailboxState.ACTIVE)


class SlipSettings(Protocol):
    """What is read from `[accounts]`."""

    @property
    def slip_days(self) -> int: ...
    @property
    def slip_client_days(self) -> int: ...


def issue(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    at: int,
    settings: SlipSettings,
    reason: str = "",
    action: Action = Action.ACCOUNT_SLIP,
) -> str:
    """Make the code of a slip, given back in clear this once; the slips made before it stop working.

    `settings` is `[accounts]`; `action` is ACCOUNT_RECOVER when it helps somebody who lost the password, which
    stays as it is until the code is used.

    Raises:
        NoSuchAccount. WrongState: it has not been approved, is suspended, has ended, or is nobody's to log in to.
        NotAllowed: no right to it, or the account administers what the actor does not.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(action, subject_of(connection, mailbox))
        check_not_above(connection, actor, mailbox, at=at)
        if mailbox.kind is MailboxKind.ROLE or not mailbox.may_login:
            raise WrongState(f"nobody logs in to {mailbox.address}: whoever holds it uses an account of their own")
        if mailbox.state not in _OPEN_STATES:
            raise WrongState(f"{mailbox.address} is {mailbox.state}: only accounts in use, or approved, get a slip")
        until = at + settings.slip_days * DAY
        code = enter_code(connection, mailbox.id, Purpose.SLIP, actor.name, at=at, expires_at=until)
        acting.after = {"slip_until": until}
        return code


def take_back(connection: Connection, actor: Actor, address: str, *, at: int, reason: str = "") -> int:
    """End the account's codes, and the mail client that one of them opened; gives how many codes there were.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ACCOUNT_SLIP, subject_of(connection, mailbox))
        ended = end_codes(connection, mailbox.id, at=at)
        acting.after = {"codes_ended": ended}
        return ended


def redeem(connection: Connection, address: str, code: str, password_hash: str, *, at: int, ip: str = "") -> MailboxRow:
    """Set the person's own password by a code; then the code, and what it opened, ends. Gives the mailbox.

    The password was checked and hashed before (passwords.new_hash). Doors that strangers reach go through
    `code_door.set_password_by_code`, which counts failures.

    Raises:
        CodeRefused: whatever the reason.
    """
    mailbox, _ = find_usable(connection, address, code, at=at)
    actor = Actor(name=mailbox.address, role=Role.OFFICIAL, account_id=mailbox.id, ip=ip)
    with act(connection, actor, at=at) as acting:
        mailbox, found = find_usable(connection, address, code, at=at)  # it is our turn: nobody is faster now
        acting.check(Action.ACCOUNT_PASSWORD, subject_of(connection, mailbox))
        store_password(connection, mailbox.id, password_hash, at=at)
        end_older_sessions(connection, mailbox.id, at=at)
        end_codes(connection, mailbox.id, at=at)
        activate(connection, mailbox.id, at=at)
        throttle.forget_all(connection, mailbox.id)
        acting.after = {"set_at": at, "by": found.purpose.value, "code_by": found.made_by}
    facts = {"address": mailbox.address, "name": mailbox.name, "at": at, "by": found.purpose.value, "ip": ip}
    facts["devices"] = _devices(connection, mailbox.id, at=at)
    tell(connection, LetterKind.PASSWORD_CHANGED, mailbox.address, facts, at=at)
    return load_mailbox(connection, mailbox.id) or mailbox


def find_usable(connection: Connection, address: str, code: str, *, at: int) -> tuple[MailboxRow, CodeRow]:
    """The mailbox whose password this code may set at the moment `at`, and the code.

    Raises:
        CodeRefused
    """
    refused = CodeRefused("the address or the code is wrong, or the code is used or too old")
    typed = read_code(code)
    try:
        mailbox = find_mailbox(connection, address if address.isprintable() else "")
    except NoSuchAccount:
        raise refused from None
    if typed is None or not takes_codes(mailbox):
        raise refused
    found = find_code(connection, mailbox.id, typed, at=at)
    if found is None:
        raise refused
    return mailbox, found


def try_in_client(connection: Connection, mailbox_id: int, secret: str, *, at: int, settings: SlipSettings) -> bool:
    """Whether a secret that was typed into a mail client is the code of a slip that opens it, in a write transaction.

    The first time the code becomes an app password (its row says how long), an approved account becomes active, and
    a letter in the mailbox says until when. `settings` is `[accounts]`; `slip_client_days` = 0 refuses.
    """
    code = read_code(secret)
    mailbox = load_mailbox(connection, mailbox_id)
    if code is None or mailbox is None or not takes_codes(mailbox) or mailbox.login_closed:
        return False
    found = find_code(connection, mailbox_id, code, at=at)
    if found is None or found.purpose is not Purpose.SLIP or has_second_factor(connection, mailbox_id):
        return False
    if found.used_at is not None:
        return use_client(connection, mailbox_id, found, at=at)
    if settings.slip_client_days == 0:
        return False
    until = at + settings.slip_client_days * DAY
    actor = Actor(name=mailbox.address, role=Role.OFFICIAL, account_id=mailbox.id)
    with act(connection, actor, at=at) as acting:
        acting.check(Action.APP_PASSWORD, subject_of(connection, mailbox))
        open_client(connection, mailbox_id, found, digest_of(code, mailbox_id), at=at, until=until)
        activate(connection, mailbox_id, at=at)
        acting.after = {"slip_client_until": until}
    facts = {"address": mailbox.address, "name": mailbox.name, "until": until, "by": "slip"}
    tell(connection, LetterKind.WELCOME, mailbox.address, facts, about=f"slip-used/{found.id}", at=at)
    return True


def takes_codes(mailbox: MailboxRow) -> bool:
    """Whether a code can do anything for this mailbox now."""
    return mailbox.state in _OPEN_STATES and mailbox.may_login


def check_not_above(connection: Connection, actor: Actor, mailbox: MailboxRow, *, at: int) -> None:
    """A slip is a way into the account, so nobody gets one into an account that administers more than the own.

    Raises:
        NotAllowed
    """
    if actor.account_id == mailbox.id:
        raise NotAllowed(f"{actor.name} has a password to change, and no slip to make for the own account")
    above.check_not_above(connection, actor, mailbox, Action.ACCOUNT_SLIP, at=at)


def _devices(connection: Connection, mailbox_id: int, *, at: int) -> list[str]:
    live = or_(AppPassword.expires_at.is_(None), AppPassword.expires_at > at)
    which = (AppPassword.mailbox_id == mailbox_id, AppPassword.revoked_at.is_(None), live)
    return list(connection.execute(select(AppPassword.device).where(*which).order_by(AppPassword.id)).scalars())
