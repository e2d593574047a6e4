"""What the main password opens, in one place; app passwords and slips are for mail clients alone.

With a second factor on, the main password opens the web (and the console) with a code, and mail clients take app
passwords. Who must have one and has not, or whose administrator's password is too old, is let in to mend that (service
`web-setup`), and nowhere else (QCVN 12:2026/BCA 3.7.2.8.3, 3.7.2.6.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import Connection, select, union_all

from mailhub.accounts.attempts import Cause
from mailhub.accounts.control.grants import ADMINISTERING
from mailhub.accounts.login.models import Passkey, SecondFactor
from mailhub.accounts.models import Grant
from mailhub.accounts.periods import in_force
from mailhub.clock import DAY, local_time

SETUP = "web-setup"
# Where somebody sits and can be asked for a code.
ATTENDED = ("web", "console", SETUP)


class StandingSettings(Protocol):
    """What is read from `[passwords]`."""

    @property
    def second_factor_roles(self) -> tuple[str, ...]: ...
    @property
    def admin_days(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for an account's main password at a moment. `expires_on` is the first day without it."""

    has_factor: bool = False
    needs_factor: bool = False
    expires_on: date | None = None
    expired: bool = False

    @property
    def lacks_factor(self) -> bool:
        """A second factor is demanded, and not set up."""
        return self.needs_factor and not self.has_factor


def is_mail(service: str) -> bool:
    """Whether a mail client asks, which nobody can ask back."""
    return service not in ATTENDED


def refusal(standing: Standing, service: str) -> Cause | None:
    """Why the right main password does not open this service; None when it does (with a code, if `wants_code`)."""
    if standing.has_factor and is_mail(service):
        return Cause.SECOND_FACTOR
    if service == SETUP:
        return None
    if standing.lacks_factor:
        return Cause.SECOND_FACTOR_MISSING
    return Cause.PASSWORD_EXPIRED if standing.expired else None


def wants_code(standing: Standing, service: str) -> bool:
    """Whether a code of the second factor is asked for beside the main password."""
    return standing.has_factor and not is_mail(service)


def standing_of(
    connection: Connection, mailbox_id: int, password_set_at: int | None, settings: StandingSettings, *, at: int
) -> Standing:
    """How the account stands at that moment (ms)."""
    has_factor = has_second_factor(connection, mailbox_id)
    roles = roles_held(connection, mailbox_id, at=at)
    needs_factor = bool(roles & set(settings.second_factor_roles))
    expires_on = None
    if settings.admin_days and password_set_at is not None and roles & {role.value for role in ADMINISTERING}:
        expires_on = local_time(password_set_at + settings.admin_days * DAY).date()
    expired = expires_on is not None and local_time(at).date() >= expires_on
    return Standing(has_factor, needs_factor, expires_on, expired)


def has_second_factor(connection: Connection, mailbox_id: int) -> bool:
    """Whether the account has a confirmed phone, or a passkey."""
    confirmed = (SecondFactor.mailbox_id == mailbox_id, SecondFactor.confirmed_at.is_not(None))
    phone = select(SecondFactor.mailbox_id).where(*confirmed)
    either = union_all(phone, select(Passkey.mailbox_id).where(Passkey.mailbox_id == mailbox_id))
    return connection.execute(either.limit(1)).first() is not None


def roles_held(connection: Connection, mailbox_id: int, *, at: int) -> frozenset[str]:
    """The names of the roles that the account holds at that moment, wherever."""
    query = select(Grant.role).where(Grant.account_id == mailbox_id, in_force(Grant, at))
    return frozenset(connection.execute(query).scalars())


def is_administrator(connection: Connection, mailbox_id: int, *, at: int) -> bool:
    """Whether the account holds a role of those that administer."""
    return bool(roles_held(connection, mailbox_id, at=at) & {role.value for role in ADMINISTERING})
