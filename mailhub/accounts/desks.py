"""Document desks: the role mailboxes at which an agency's documents come in and go out (architecture § 8)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from mailhub.accounts.models import Mailbox, MailboxKind
from mailhub.store.chunks import chunks


def desk_agency(connection: Connection, addresses: Collection[str]) -> int | None:
    """The agency of the first role mailbox among `addresses` (by address); None when there is none."""
    wanted = sorted({address.casefold() for address in addresses if address})
    for chunk in chunks(wanted):
        query = (
            select(Mailbox.agency_id)
            .where(Mailbox.address.in_(chunk), Mailbox.kind == MailboxKind.ROLE.value)
            .order_by(Mailbox.address)
            .limit(1)
        )
        found: int | None = connection.scalar(query)
        if found is not None:
            return found
    return None
