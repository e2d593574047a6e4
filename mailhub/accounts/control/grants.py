"""Who administers what: roles given to accounts for an agency and those below it, from a day until another."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.models import Grant
from mailhub.accounts.rights import Actor, Held, Role
from mailhub.accounts.tree import root_agency


def roles_of(connection: Connection, account_id: int, *, at: int) -> tuple[Held, ...]:
    """The roles that the account holds at that moment. One for the whole province is one for its root."""
    query = select(Grant.role, Grant.agency_id).where(
        Grant.account_id == account_id, Grant.from_at <= at, or_(Grant.until_at.is_(None), Grant.until_at > at)
    )
    rows = connection.execute(query.order_by(Grant.id)).all()
    root = root_agency(connection) if any(row.agency_id is None for row in rows) else None
    return tuple(Held(Role(row.role), row.agency_id if row.agency_id is not None else root) for row in rows)


def actor_of(
    connection: Connection, mailbox: MailboxRow, *, at: int, via: str = "", proved: bool = False, ip: str = ""
) -> Actor:
    """The account as an actor, with every role it holds; an account that may not log in has none left."""
    held = roles_of(connection, mailbox.id, at=at) if mailbox.logs_in else ()
    first, *others = (*held, Held(Role.OFFICIAL, None))
    return Actor(
        name=mailbox.address if not via else f"{mailbox.address} ({via})",
        role=first.role,
        agency_id=first.agency_id,
        account_id=mailbox.id,
        ip=ip,
        also=tuple(others),
        via=via,
        proved=proved,
    )
