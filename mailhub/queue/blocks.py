"""What of waiting and past mail is a block's own (the Party's, the council's): whoever is no part of it, the
administrators of the province included, sees neither what goes to it nor what goes from it to strangers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from mailhub.accounts.models import Address, Mailbox, MailGroup
from mailhub.accounts.rights import Actor
from mailhub.accounts.tree import hidden_agencies
from mailhub.queue.tables import message_table, recipient_table
from mailhub.store.chunks import chunks


def visible_rows(connection: Connection, actor: Actor) -> Sequence[ColumnElement[bool]]:
    """The conditions that a recipient's row, joined to its message, is the actor's to see; none without blocks."""
    hidden = hidden_agencies(connection, actor)
    if not hidden:
        return ()
    theirs, known = _addresses(hidden), select(Address.address)
    return (
        recipient_table.c.address.not_in(theirs),
        or_(message_table.c.sender.not_in(theirs), recipient_table.c.address.in_(known)),
    )


def hidden_of(connection: Connection, actor: Actor, addresses: Sequence[str]) -> frozenset[str]:
    """Those of the addresses that lie in a block that the actor is no part of."""
    hidden = hidden_agencies(connection, actor)
    if not hidden:
        return frozenset()
    found: set[str] = set()
    for chunk in chunks(one.lower() for one in addresses):
        found |= set(connection.execute(_addresses(hidden).where(Address.address.in_(chunk))).scalars())
    return frozenset(one for one in addresses if one.lower() in found)


def _addresses(agencies: frozenset[int]) -> Select[Any]:
    query = select(Address.address).outerjoin(Mailbox, Mailbox.id == Address.mailbox_id)
    query = query.outerjoin(MailGroup, MailGroup.id == Address.group_id)
    return query.where(or_(Mailbox.agency_id.in_(agencies), MailGroup.agency_id.in_(agencies)))
