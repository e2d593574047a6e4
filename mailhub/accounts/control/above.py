"""Nobody gets into an account that administers more than the own (threats § 4.15).

A slip, a second factor taken away, a recovery address, a delegation, a restored account: each is a way in, so that a
right over the account alone is not enough.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.models import Grant
from mailhub.accounts.periods import not_over
from mailhub.accounts.rights import Action, Actor, Role, may
from mailhub.accounts.tree import agency_subject

_LESSER = (Role.CLERK, Role.MANAGER, Role.HELP_DESK)


def check_not_above(connection: Connection, actor: Actor, mailbox: MailboxRow, action: Action, *, at: int) -> None:
    """Whoever administers the whole province may; others only where every role that the account holds now, or will,
    is a lesser one within their own reach. The own account is nobody's superior.

    Raises:
        NotAllowed
    """
    whole = any(held.role in (Role.CONSOLE, Role.SYSTEM_ADMIN) for held in actor.holds)
    if whole or actor.account_id == mailbox.id:
        return
    query = select(Grant.role, Grant.agency_id).where(Grant.account_id == mailbox.id)
    for row in connection.execute(query.where(not_over(Grant, at))).all():
        if Role(row.role) in _LESSER and row.agency_id is not None:
            subject = agency_subject(connection, "account", mailbox.address, row.agency_id)
            if may(actor, action, subject):
                continue
        raise NotAllowed(f"{actor.name} may not open {mailbox.address}, which is {row.role}")
