"""At which desks documents get the agency's signature when they leave: off, until somebody switches it on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Agency, Mailbox, MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, code_of, find_agency, scope_of
from mailhub.signatures.models import DeskSeal


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingDesk:
    """A desk, and the agency whose signature its documents get. `on_at` ms."""

    mailbox_id: int
    desk: str
    agency_id: int
    agency: str  # its code
    on_at: int
    by: str


def switch_on(
    connection: Connection, actor: Actor, desk: str, *, agency: str = "", reason: str = "", at: int | None = None
) -> SealingDesk:
    """Have what is sent as `desk` sealed for the agency with this code, or for the desk's own.

    Raises:
        NoSuchAccount, NoSuchAgency, NotAllowed. InvalidValue: it is no role mailbox. WrongState: it is on already.
    """
    with act(connection, actor, reason=reason, at=at) as acting:
        mailbox = find_mailbox(connection, desk)
        agency_id = find_agency(connection, agency) if agency else mailbox.agency_id
        acting.check(Action.SEAL_SWITCH, agency_subject(connection, "seal", mailbox.address, agency_id))
        if mailbox.kind is not MailboxKind.ROLE:
            raise InvalidValue(f"{mailbox.address} is no desk (a role mailbox)")
        if _row(connection, mailbox.id) is not None:
            raise WrongState(f"{mailbox.address} seals already; to change the agency, switch it off first")
        row = {"mailbox_id": mailbox.id, "agency_id": agency_id, "on_at": acting.at, "by": actor.name}
        connection.execute(insert(DeskSeal).values(row))
        acting.after = {"desk": mailbox.address, "agency": code_of(connection, agency_id)}
        found = sealing_desk(connection, [mailbox.id])
        assert found is not None
        return found


def switch_off(connection: Connection, actor: Actor, desk: str, *, reason: str, at: int | None = None) -> None:
    """Let what is sent as `desk` go without the agency's signature from now on.

    Raises:
        NoSuchAccount, NotAllowed, ReasonMissing. WrongState: it is off.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = find_mailbox(connection, desk)
        agency_id = _row(connection, mailbox.id)
        subject = agency_subject(connection, "seal", mailbox.address, agency_id or mailbox.agency_id)
        acting.check(Action.SEAL_SWITCH, subject)
        if agency_id is None:
            raise WrongState(f"{mailbox.address} does not seal")
        connection.execute(delete(DeskSeal).where(DeskSeal.mailbox_id == mailbox.id))
        acting.before = {"desk": mailbox.address, "agency": code_of(connection, agency_id)}


def list_desks(connection: Connection, actor: Actor) -> Sequence[SealingDesk]:
    """The desks that seal, of agencies that the actor may see, by address.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.SEAL_READ)
    query = _desks().order_by(Mailbox.address)
    if not scope.everything:
        query = query.where(DeskSeal.agency_id.in_(scope.agencies or frozenset()))
    return [SealingDesk(**row) for row in connection.execute(query).mappings()]


def sealing_desk(connection: Connection, mailbox_ids: Collection[int]) -> SealingDesk | None:
    """The first of these mailboxes, by address, that seals; for the doors and the workers."""
    if not mailbox_ids:
        return None
    query = _desks().where(DeskSeal.mailbox_id.in_(list(mailbox_ids))).order_by(Mailbox.address).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else SealingDesk(**row)


def sealing_desk_named(connection: Connection, address: str) -> SealingDesk | None:
    """The desk with this (first) address, if it seals."""
    row = connection.execute(_desks().where(Mailbox.address == address.casefold())).mappings().first()
    return None if row is None else SealingDesk(**row)


def _desks() -> Select[*tuple[Any, ...]]:
    columns = (DeskSeal.mailbox_id, Mailbox.address.label("desk"), DeskSeal.agency_id, Agency.code.label("agency"))
    query = select(*columns, DeskSeal.on_at, DeskSeal.by).join(Mailbox, Mailbox.id == DeskSeal.mailbox_id)
    return query.join(Agency, Agency.id == DeskSeal.agency_id)


def _row(connection: Connection, mailbox_id: int) -> int | None:
    """The agency whose signature the desk's documents get."""
    found: int | None = connection.scalar(select(DeskSeal.agency_id).where(DeskSeal.mailbox_id == mailbox_id))
    return found


__all__ = ["SealingDesk", "list_desks", "sealing_desk", "sealing_desk_named", "switch_off", "switch_on"]
