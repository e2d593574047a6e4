"""Where a code and a new password come in from people: failures are counted, and every "no" sounds the same.

The new password is judged, and argon2 runs, only once the code has proved right, and outside any transaction.
"""

from __future__ import annotations

from typing import Protocol

from mailhub.accounts import throttle
from mailhub.accounts.addresses import fold, lookup
from mailhub.accounts.errors import CodeRefused
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.login import codes
from mailhub.accounts.login.changing import new_password
from mailhub.accounts.login.judge import LoginPasswordSettings
from mailhub.accounts.models import AddressKind
from mailhub.accounts.throttle import LockoutSettings
from mailhub.store.database import Database


class CodeDoorSettings(Protocol):
    """The two sections that matter here."""

    @property
    def passwords(self) -> LoginPasswordSettings: ...
    @property
    def lockout(self) -> LockoutSettings: ...


def set_password_by_code(
    database: Database,
    address: str,
    code: str,
    password: str,
    *,
    ip: str,
    at: int,
    settings: CodeDoorSettings,
    dry_run: bool = False,
) -> MailboxRow:
    """Set the password of an account by a slip's code or a recovery code; gives the mailbox. Blocks.

    `ip` is where it comes from ('' = the console); failures are counted under it as failed logins are. With
    `dry_run` code and password are judged, and stay as they are.

    Raises:
        CodeRefused: whatever the reason, also that this network has failed too often and has to wait.
        WeakPassword: the code is right, and stays good.
        StoreUnavailable: a failure cannot be counted.
    """
    name, network = fold(address.strip())[:320], throttle.network_of(ip)
    with database.read() as connection:
        found = lookup(connection, name) if name.isprintable() else None
        number = None if found is None or found[0] is AddressKind.GROUP else found[1]
        key = throttle.throttle_key(number, name)
        if throttle.blocked_for(connection, key, network, at=at):
            raise CodeRefused("the address or the code is wrong, or the code is used or too old")
    try:
        with database.read() as connection:
            mailbox, _ = codes.find_usable(connection, name, code, at=at)
        password_hash = new_password(database, mailbox.address, password, settings=settings.passwords, at=at)
        if dry_run:
            return mailbox
        with database.write() as connection:
            return codes.redeem(connection, name, code, password_hash, at=at, ip=ip)
    except CodeRefused:
        with database.write() as connection:
            throttle.count_failure(connection, key, network, code[:64], settings.lockout, at=at)
        raise
