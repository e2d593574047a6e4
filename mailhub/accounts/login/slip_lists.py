"""Who gets slips, and which slips are out: lists for those who hand them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, select

from mailhub.accounts.credentials import PASSWORD
from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.code_rows import Purpose
from mailhub.accounts.login.codes import SlipSettings, issue
from mailhub.accounts.login.models import OneTimeCode
from mailhub.accounts.models import Agency, Mailbox, MailboxKind, MailboxState, Person
from mailhub.accounts.records import Credential
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import Scope, find_agency, reachable, scope_of
from mailhub.clock import DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What is printed on one slip. `code` is in clear: it goes onto paper, and nowhere else."""

    address: str
    name: str
    title: str
    agency: str
    code: str
    until: int

    def __repr__(self) -> str:  # a traceback must not show the code
        return f"Slip({self.address})"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An account that got no slip, and why."""

    address: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlip:
    """A slip that is out. Times in ms; `used_at` is when a mail client took its code, None = not used yet."""

    address: str
    name: str
    agency: str
    made_by: str
    made_at: int
    expires_at: int
    used_at: int | None


def candidates(connection: Connection, actor: Actor, agency: str, *, only_new: bool) -> Sequence[str]:
    """The addresses of the agency and those below it to which the actor may hand slips, by agency and name.

    `only_new`: those that nobody has logged in to yet, or that have no password.

    Raises:
        NoSuchAgency, NotAllowed.
    """
    within = reachable(connection, find_agency(connection, agency))
    query = select(Mailbox.address).join(Agency, Agency.id == Mailbox.agency_id)
    query = query.where(
        Mailbox.agency_id.in_(within),
        Mailbox.kind != MailboxKind.ROLE,
        Mailbox.may_login.is_(True),
        Mailbox.state.in_((MailboxState.APPROVED, MailboxState.ACTIVE)),
        *_seen(scope_of(connection, actor, Action.ACCOUNT_SLIP)),
    )
    if only_new:
        password = exists().where(Credential.mailbox_id == Mailbox.id, Credential.kind == PASSWORD)
        query = query.where((Mailbox.state == MailboxState.APPROVED) | ~password)
    return list(connection.execute(query.order_by(Agency.name, Agency.id, Mailbox.name, Mailbox.address)).scalars())


def issue_slips(
    connection: Connection,
    actor: Actor,
    addresses: Sequence[str],
    *,
    at: int,
    settings: SlipSettings,
    reason: str = "",
) -> tuple[list[Slip], list[LeftOut]]:
    """Make a slip for each address, in one transaction; those that get none are named with the reason."""
    made: list[Slip] = []
    left: list[LeftOut] = []
    for address in addresses:
        try:
            code = issue(connection, actor, address, at=at, settings=settings, reason=reason)
        except AccountError as error:
            left.append(LeftOut(address, str(error)))
        else:
            made.append(slip_of(connection, address, code, until=at + settings.slip_days * DAY))
    return made, left


def slip_of(connection: Connection, address: str, code: str, *, until: int) -> Slip:
    """What to print for this account."""
    query = select(Mailbox.address, Mailbox.name, Agency.name.label("agency"), Person.title)
    query = query.join(Agency, Agency.id == Mailbox.agency_id).outerjoin(Person, Person.id == Mailbox.person_id)
    row = connection.execute(query.where(Mailbox.id == find_mailbox(connection, address).id)).one()
    return Slip(address=row.address, name=row.name, title=row.title or "", agency=row.agency, code=code, until=until)


def list_slips(connection: Connection, actor: Actor, *, at: int, agency: str = "") -> Sequence[OpenSlip]:
    """The slips that are good at the moment `at` and that the actor may make or take back, by agency and name.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    query = select(
        Mailbox.address,
        Mailbox.name,
        Agency.name.label("agency"),
        OneTimeCode.made_by,
        OneTimeCode.made_at,
        OneTimeCode.expires_at,
        OneTimeCode.used_at,
    )
    query = query.join(Mailbox, Mailbox.id == OneTimeCode.mailbox_id).join(Agency, Agency.id == Mailbox.agency_id)
    query = query.where(
        OneTimeCode.purpose == Purpose.SLIP.value,
        OneTimeCode.ended_at.is_(None),
        OneTimeCode.expires_at > at,
        *_seen(scope_of(connection, actor, Action.ACCOUNT_SLIP)),
    )
    if agency:
        query = query.where(Mailbox.agency_id.in_(reachable(connection, find_agency(connection, agency))))
    rows = connection.execute(query.order_by(Agency.name, Agency.id, Mailbox.name, Mailbox.address)).mappings()
    return [OpenSlip(**row) for row in rows]


def _seen(scope: Scope) -> list[ColumnElement[bool]]:
    if scope.account_id is not None:
        return [Mailbox.id == scope.account_id]
    return [] if scope.agencies is None else [Mailbox.agency_id.in_(scope.agencies)]
