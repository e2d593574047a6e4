"""Why an account is as it is: what the help desk needs to read out, in one look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from mailhub.accounts.attempts import Attempt, Cause, last_attempts
from mailhub.accounts.credentials import password_set_at
from mailhub.accounts.finding import MailboxRow, subject_of
from mailhub.accounts.life.holding import orders
from mailhub.accounts.life.leave import LeaveRow, leaves_covered, leaves_of
from mailhub.accounts.life.models import Absence
from mailhub.accounts.life.telling import address_of, unit_of
from mailhub.accounts.login.models import AppPassword, OneTimeCode, SecondFactor
from mailhub.accounts.login.rule import ATTENDED, StandingSettings, refusal, standing_of
from mailhub.accounts.models import Address, Agency, Delegation, Person, RoleHolder
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.throttle import Lock, locks_of

# Not for everybody who may ask why a login fails, and least of all for whom they are about.
_GUARDED = (Action.ACCOUNT_HOLD, Action.ACCOUNT_OPEN)
# Rows of those who only looked.
_LOOKS = (Action.ACCOUNT_WHY, Action.AUDIT_READ)
# Acts on one mailbox that give it to another account, or take it from there.
_GIVING = (Action.ROLE_HOLD, Action.ACCOUNT_LEAVE, Action.DELEGATE)
_MOST_OTHERS = 500  # rows of other mailboxes that are looked through


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
    of: str = ""  # another's mailbox that was acted on, when this account was given it, or lost it
    open: bool = False  # a slip that still waits to be used


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveLine:
    """A leave that is not over, with the address of whoever acts, or of who is `away`."""

    leave: LeaveRow
    acting: str = ""
    away: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it is entered with. `slip_until`: a slip that waits to be used (ms); `devices`: app passwords that work.

    `shut`: why the right password opens nothing (a second factor is demanded and missing, or it has expired).
    """

    password_set_at: int | None
    slip_until: int | None
    devices: int
    second_factor: bool
    locks: Sequence[Lock]
    shut: Cause | None = None


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
    acts_for: Sequence[LeaveLine]
    changes: Sequence[Change]
    attempts: Sequence[Attempt]

    @property
    def password_set_at(self) -> int | None:
        """When the password was set (ms), or None when there is none."""
        return self.access.password_set_at


def tell_story(
    connection: Connection,
    actor: Actor,
    mailbox: MailboxRow,
    *,
    limit: int,
    at: int,
    settings: StandingSettings | None = None,
    looks: bool = True,
) -> Story:
    """The story of the mailbox for an actor who may ask for it (`reading.why` has checked that).

    `settings` is `[passwords]`: without it nothing is said of what it demands. Without `looks` the changes leave out
    who only looked.
    """
    access = access_of(connection, mailbox.id, at=at, settings=settings)
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
        access=access,
        leaves=leaves,
        acts_for=_acts_for(connection, mailbox.id),
        changes=_changes(connection, mailbox, access.slip_until, guarded=guarded, limit=limit, looks=looks),
        attempts=last_attempts(connection, mailbox.id, limit=limit),
    )


def access_of(connection: Connection, mailbox_id: int, *, at: int, settings: StandingSettings | None = None) -> Access:
    """What the account is entered with at that moment. `settings` is `[passwords]`."""
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
    set_at, shut = password_set_at(connection, mailbox_id), None
    if settings is not None and set_at is not None:
        shut = refusal(standing_of(connection, mailbox_id, set_at, settings, at=at), ATTENDED[0])
    return Access(
        password_set_at=set_at,
        slip_until=connection.execute(slips).scalar_one_or_none(),
        devices=connection.execute(devices).scalar_one(),
        second_factor=connection.execute(factor).scalar_one_or_none() is not None,
        locks=locks_of(connection, mailbox_id, at=at),
        shut=shut,
    )


def _acts_for(connection: Connection, mailbox_id: int) -> Sequence[LeaveLine]:
    leaves = leaves_covered(connection, mailbox_id)
    return [LeaveLine(leave=one, away=address_of(connection, one.mailbox_id)) for one in leaves]


def _changes(
    connection: Connection, mailbox: MailboxRow, slip_until: int | None, *, guarded: bool, limit: int, looks: bool
) -> Sequence[Change]:
    """The last rows about any of the account's addresses (it may have had another one first), and those about other
    mailboxes that it was given or lost."""
    addresses = select(Address.address).where(Address.mailbox_id == mailbox.id)
    mine = frozenset(connection.execute(addresses).scalars())
    query = select(AuditRow.__table__).where(AuditRow.object_kind == "account").order_by(AuditRow.id.desc())
    own = query.where(AuditRow.object.in_(mine))
    if guarded:
        own = own.where(AuditRow.action.not_in(_GUARDED))
    if not looks:
        own = own.where(AuditRow.action.not_in(_LOOKS), AuditRow.after.not_like('{"read":%'))
    rows = list(connection.execute(own.limit(limit)))
    others = query.where(AuditRow.object.in_(_given(mailbox.id)), AuditRow.action.in_(_GIVING))
    rows += [row for row in connection.execute(others.limit(_MOST_OTHERS)) if _names(row, mine)]
    rows = sorted(rows, key=lambda row: int(row.id), reverse=True)[:limit]
    return [_change(row, mine, slip_until) for row in rows]


def _given(mailbox_id: int) -> Select[str]:
    """The addresses of the mailboxes that this account holds, acts for or works in, or once did; no opened ones."""
    held = select(RoleHolder.mailbox_id).where(RoleHolder.holder_id == mailbox_id)
    away = select(Absence.mailbox_id).where(Absence.acting_id == mailbox_id)
    lent = (Delegation.delegate_id == mailbox_id, Delegation.by_order.is_(False))
    delegated = select(Delegation.mailbox_id).where(*lent)
    which = or_(*(Address.mailbox_id.in_(one) for one in (held, away, delegated)))
    return select(Address.address).where(which, Address.mailbox_id != mailbox_id)


def _names(row: Row[Any], mine: frozenset[str]) -> bool:
    """Whether the act named one of these addresses as the one that is given the mailbox, or loses it."""
    pictures: tuple[dict[str, Any], ...] = json.loads(row.before), json.loads(row.after)
    return any(picture.get(key) in mine for picture in pictures for key in ("holder", "acting", "delegate"))


def _change(row: Row[Any], mine: frozenset[str], slip_until: int | None) -> Change:
    facts = json.loads(row.after)
    return Change(
        at=row.at,
        actor=row.actor,
        action=row.action,
        reason=row.reason,
        because=str(facts.get("because") or ""),
        before=json.loads(row.before),
        facts=facts,
        of="" if row.object in mine else row.object,
        open=slip_until is not None and facts.get("slip_until") == slip_until,
    )
