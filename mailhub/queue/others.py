"""What became of a message's other recipients, for the letters about those who wait, or whom it does not reach: that
nobody takes a part for the whole, and believes it recalled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from mailhub.queue.models import HeldFor, Purpose, RecipientState
from mailhub.queue.tables import pending_inspection_table, recipient_table
from mailhub.queue.written import written_facts

_GOES = (
    RecipientState.QUEUED.value,
    RecipientState.DELIVERING.value,
    RecipientState.DEFERRED.value,
    RecipientState.DELIVERED.value,
)
_recipient, _unread = recipient_table.c, pending_inspection_table.c


def others_facts(connection: Connection, message_id: int) -> dict[str, Any]:
    """`others` of a letter about mail of ours: to whom it has gone, or goes on now. `to`: the first as the sender wrote
    it; `members`: for how many that stands when it is a group's; `sent`: how many people get it in all."""
    mine = (_recipient.message_id == message_id, _recipient.purpose == Purpose.MAIL.value)
    columns = (_recipient.address, _recipient.original, _recipient.state, _recipient.held_for)
    rows = connection.execute(select(*columns).where(*mine).order_by(_recipient.id)).all()
    reading = select(_unread.message_id).where(_unread.message_id == message_id)
    read = connection.execute(reading).first() is None  # whoever waited for that goes on in this transaction
    gone = [row for row in rows if row.state in _GOES or (read and row.held_for == HeldFor.INSPECTION.value)]
    written = written_facts(gone, 1)
    return {"others": {"to": written["to"], "members": written.get("members", {}), "sent": len(gone)}}
