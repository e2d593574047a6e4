"""Whether mail has reached an address: an account that got some is not taken away again."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from mailhub.queue.models import Door, Message, Recipient, RecipientState
from mailhub.store.chunks import chunks

_NOTHING_YET = (RecipientState.REFUSED, RecipientState.WITHDRAWN, RecipientState.DESTROYED)


def addresses_with_mail(connection: Connection, addresses: Collection[str]) -> frozenset[str]:
    """Those of `addresses` (as stored) for which mail was accepted; the hub's own letters do not count."""
    found: set[str] = set()
    for chunk in chunks(sorted(addresses)):
        query = select(Recipient.address).join(Message, Message.id == Recipient.message_id).distinct()
        query = query.where(Recipient.address.in_(chunk), Message.door != Door.INTERNAL)
        found |= set(connection.execute(query.where(Recipient.state.not_in(_NOTHING_YET))).scalars())
    return frozenset(found)
