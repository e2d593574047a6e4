"""The role mailboxes of a province as a list: each with who holds it now, and those that nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from mailhub.accounts.models import ENDED_STATES, Agency, Mailbox, MailboxKind, RoleHolder
from mailhub.accounts.periods import in_force, not_over
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, find_agency, scope_of
from mailhub.clock import DAY


@dataclass(frozen=True, slots=True)
class HolderName:
    """Somebody who holds an office now."""

    address: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLine:
    """A role mailbox in a list. `office` is its code word, '' for none; `agency` a code."""

    id: int
    address: str
    name: str
    agency: str
    office: str
    holders: tuple[HolderName, ...]


def list_offices(
    connection: Connection,
    actor: Actor,
    *,
    agency: str = "",
    text: str = "",
    vacant: bool = False,
    on: int | None = None,
    after: str = "",
    limit: int = 100,
    at: int,
) -> Sequence[OfficeLine]:
    """Role mailboxes in use that the actor may see, by address, from behind `after` on; `vacant`: without a holder.

    `agency` is a code: that agency and those below it. `text` stands in the address or in the name. The holders are
    those of the moment `at`, or with `on` those of the day that begins then (ms).

    Raises:
        NotAllowed, NoSuchAgency.
    """
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    query = select(Mailbox.id, Mailbox.address, Mailbox.name, Mailbox.office, Agency.code)
    query = query.join(Agency, Agency.id == Mailbox.agency_id)
    query = query.where(Mailbox.kind == MailboxKind.ROLE, Mailbox.state.not_in(ENDED_STATES), Mailbox.address > after)
    if scope.account_id is not None:
        query = query.where(Mailbox.id == scope.account_id)
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    if agency:
        query = query.where(Mailbox.agency_id.in_(below(find_agency(connection, agency))))
    if text:
        named = Mailbox.name.contains(text, autoescape=True)
        query = query.where(named | Mailbox.address.contains(text.casefold(), autoescape=True))
    counted = in_force(RoleHolder, at) if on is None else _on_day(on)
    if vacant:
        held = select(RoleHolder.id).where(RoleHolder.mailbox_id == Mailbox.id, counted)
        query = query.where(~held.exists())
    rows = connection.execute(query.order_by(Mailbox.address).limit(limit)).all()
    holders = _holders(connection, [row.id for row in rows], counted)
    return [
        OfficeLine(
            id=row.id,
            address=row.address,
            name=row.name,
            agency=row.code,
            office=row.office,
            holders=tuple(holders.get(row.id, ())),
        )
        for row in rows
    ]


def _on_day(begins: int) -> ColumnElement[bool]:
    """What held at some moment of that day; not what was called off before it began."""
    lasted = or_(RoleHolder.until_at.is_(None), RoleHolder.until_at > RoleHolder.from_at)
    return and_(RoleHolder.from_at < begins + DAY, not_over(RoleHolder, begins), lasted)


def _holders(
    connection: Connection, numbers: Sequence[int], counted: ColumnElement[bool]
) -> dict[int, list[HolderName]]:
    query = select(RoleHolder.mailbox_id, Mailbox.address, Mailbox.name)
    query = query.join(Mailbox, Mailbox.id == RoleHolder.holder_id)
    query = query.where(RoleHolder.mailbox_id.in_(numbers), counted).order_by(RoleHolder.from_at)
    found: dict[int, list[HolderName]] = {}
    for number, address, name in connection.execute(query):
        found.setdefault(number, []).append(HolderName(address, name))
    return found
