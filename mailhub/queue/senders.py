"""Which accounts may not send any more: the question that the queue asks before it takes or sends their mail."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from sqlalchemy import Connection, Table, bindparam, not_, select

from mailhub.accounts.models import Mailbox, MailboxState

_mailbox = cast(Table, Mailbox.__table__)
# The same as `MailboxRow.sends`: a login closed by leave or idleness keeps nothing back that was sent before.
_closed = select(_mailbox.c.id).where(
    _mailbox.c.id.in_(bindparam("ids", expanding=True)),
    not_((_mailbox.c.state == MailboxState.ACTIVE.value) & _mailbox.c.may_send),
)


def closed_accounts(connection: Connection, account_ids: Collection[int]) -> set[int]:
    """Of these accounts, those that may not send now, as this transaction sees it."""
    if not account_ids:
        return set()
    return set(connection.execute(_closed, {"ids": list(account_ids)}).scalars())
