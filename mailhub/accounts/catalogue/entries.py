"""An entry of the directory, and which mailboxes have one.

Two views: the internal one is for whoever has an account, the public one (portal, NĐ 64/2007/NĐ-CP "Danh mục địa chỉ
thư điện tử chính thức") shows what was made public, without names of blocks and without telephone numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.models import RECEIVING_STATES, Agency, Listing, Mailbox, MailboxKind, Person
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import hidden_agencies, scope_of
from mailhub.clock import local_time


class View(StrEnum):
    """Through whose eyes the directory is seen."""

    INTERNAL = "internal"
    PUBLIC = "public"


_SHOWN = {View.INTERNAL: (Listing.PUBLIC, Listing.INTERNAL), View.PUBLIC: (Listing.PUBLIC,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the directory tells of one mailbox. `agency` is the name, `agency_code` the code."""

    id: int
    name: str
    address: str
    kind: MailboxKind
    office: str
    title: str
    agency: str
    agency_code: str
    agency_kind: str
    phone: str


def entries(connection: Connection, actor: Actor | None, view: View, *, at: int) -> Select[*tuple[Any, ...]]:
    """A query for the columns of `Entry` that holds only what may be seen; callers narrow and order it.

    Raises:
        NotAllowed: the actor may not look into the directory. `actor` None is the public, whose view is its own.
    """
    if actor is None and view is not View.PUBLIC:
        raise NotAllowed("the internal directory is for whoever has an account")
    if actor is not None:
        scope_of(connection, actor, Action.DIRECTORY_READ)
    # What is on the portal is in everybody's eyes: a block is not, whoever made the page.
    hidden = hidden_agencies(connection, None if view is View.PUBLIC else actor)
    query = (
        select(
            Mailbox.id,
            Mailbox.name,
            Mailbox.address,
            Mailbox.kind,
            Mailbox.office,
            Person.title,
            Agency.name.label("agency"),
            Agency.code.label("agency_code"),
            Agency.kind.label("agency_kind"),
            Person.phone,
            Mailbox.folded,
        )
        .join(Agency, Agency.id == Mailbox.agency_id)
        .outerjoin(Person, Person.id == Mailbox.person_id)
        .where(Mailbox.listing.in_(_SHOWN[view]), Mailbox.state.in_(RECEIVING_STATES), Mailbox.receives.is_(True))
        .where(Mailbox.kind.in_((MailboxKind.PERSONAL, MailboxKind.ROLE)))
        .where(_living(local_time(at).date()))
    )
    return query.where(Mailbox.agency_id.not_in(hidden)) if hidden else query


def entry_of(row: Row[Any], view: View) -> Entry:
    """The entry in a row of `entries`."""
    return Entry(
        id=row.id,
        name=row.name,
        address=row.address,
        kind=MailboxKind(row.kind),
        office=row.office,
        title=row.title or "",
        agency=row.agency,
        agency_code=row.agency_code,
        agency_kind=row.agency_kind,
        phone=(row.phone or "") if view is View.INTERNAL else "",
    )


def _living(today: date) -> ColumnElement[bool]:
    return or_(Agency.ends_on.is_(None), Agency.ends_on > today)
