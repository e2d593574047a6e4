"""Why an account is as it is: what the help desk needs to read out, in one look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from mailhub.accounts.attempts import Attempt, last_attempts
from mailhub.accounts.credentials import password_set_at
from mailhub.accounts.finding import MailboxRow, subject_of
from mailhub.accounts.life.holding import orders
from mailhub.accounts.life.leave import LeaveRow, leaves_of
from mailhub.accounts.life.telling import address_of, unit_of
from mailhub.accounts.login.models import AppPassword, OneTimeCode, SecondFactor
from mailhub.accounts.models import Address, Agency, Person
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.throttle import Lock, locks_of

# Not for everybody who may ask why a login fails, and least of all for whom they are about.
_GUARDED = (Action.ACCOUNT_HOLD, Action.ACCOUNT_OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of the audit log about an account. `because` is the deciding document, `facts` the picture afterwards."""

    at: int
    actor: str
    action: str
    reason: str
    because: str = ""
    before: dict[str, Any]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveLine:
    """A leave that is not over, with the address of whoever acts."""

    leave: LeaveRow
    acting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it is entered with. `slip_until`: a slip that waits to be used (ms); `devices`: app passwords that work."""

    password_set_at: int | None
    slip_until: int | None
    devices: int
    second_factor: bool
    locks: Sequence[Lock]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Why an account is as it is: what was changed last, and what was tried last, newest first. Moments in ms."""

    mailbox: MailboxRow
    agency: str
    title: str
    unit: str
    handover: str
    orders: Sequence[str]
    access: Access
    leaves: Sequence[LeaveLine]
    changes: Sequence[Change]
    attempts: Sequence[Attempt]

    @property
    def password_set_at(self) -> int | None:
        """When the password was set (ms), or None when there is none."""
        return self.access.password_set_at


def tell_story(connection: Connection, actor: Actor, mailbox: MailboxRow, *, limit: int, at: int) -> Story:
    """The story of the mailbox for an actor who may ask for it (`reading.why` has checked that)."""
    guarded = not may(actor, Action.ACCOUNT_HOLD, subject_of(connection, mailbox))
    query = select(Person.title).where(Person.id == mailbox.person_id)
    leaves = [
        LeaveLine(leave=one, acting=address_of(connection, one.acting_id)) for one in leaves_of(connection, mailbox.id)
    ]
    return Story(
        mailbox=mailbox,
        agency=connection.execute(select(Agency.name).where(Agency.id == mailbox.agency_id)).scalar_one(),
        title=connection.execute(query).scalar_one_or_none() or "",
        unit=unit_of(connection, mailbox),
        handover=address_of(connection, mailbox.handover_id),
        orders=() if guarded else orders(mailbox),
        access=access_of(connection, mailbox.id, at=at),
        leaves=leaves,
        changes=_changes(connection, mailbox, guarded=guarded, limit=limit),
        attempts=last_attempts(connection, mailbox.id, limit=limit),
    )


def access_of(connection: Connection, mailbox_id: int, *, at: int) -> Access:
    """What the account is entered with at that moment."""
    slips = select(func.max(OneTimeCode.expires_at)).where(
        OneTimeCode.mailbox_id == mailbox_id,
        OneTimeCode.purpose == "slip",
        OneTimeCode.used_at.is_(None),
        OneTimeCode.ended_at.is_(None),
        OneTimeCode.expires_at > at,
    )
    live = or_(AppPassword.expires_at.is_(None), AppPassword.expires_at > at)
    devices = select(func.count()).select_from(AppPassword)
    devices = devices.where(AppPassword.mailbox_id == mailbox_id, AppPassword.revoked_at.is_(None), live)
    factor = select(SecondFactor.confirmed_at).where(SecondFactor.mailbox_id == mailbox_id)
    return Access(
        password_set_at=password_set_at(connection, mailbox_id),
        slip_until=connection.execute(slips).scalar_one_or_none(),
        devices=connection.execute(devices).scalar_one(),
        second_factor=connection.execute(factor).scalar_one_or_none() is not None,
        locks=locks_of(connection, mailbox_id, at=at),
    )


def _changes(connection: Connection, mailbox: MailboxRow, *, guarded: bool, limit: int) -> Sequence[Change]:
    """The last rows about any of the account's addresses: it may have had another one first."""
    mine = select(Address.address).where(Address.mailbox_id == mailbox.id)
    columns = (AuditRow.at, AuditRow.actor, AuditRow.action, AuditRow.reason, AuditRow.before, AuditRow.after)
    query = select(*columns).where(AuditRow.object_kind == "account", AuditRow.object.in_(mine))
    if guarded:
        query = query.where(AuditRow.action.not_in(_GUARDED))
    rows = connection.execute(query.order_by(AuditRow.id.desc()).limit(limit))
    return [_change(*row) for row in rows]


def _change(at: int, actor: str, action: str, reason: str, before: str, after: str) -> Change:
    facts = json.loads(after)
    because = str(facts.get("because") or "")
    return Change(
        at=at, actor=actor, action=action, reason=reason, because=because, before=json.loads(before), facts=facts
    )
