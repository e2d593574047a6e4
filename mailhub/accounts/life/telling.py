"""Facts that every letter about an account holds, and the unit that hears of it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.tree import unit_address


def facts_of(connection: Connection, mailbox: MailboxRow) -> dict[str, object]:
    """Address, name and agency as a letter names them."""
    agency = connection.execute(select(Agency.name).where(Agency.id == mailbox.agency_id)).scalar_one()
    return {"address": mailbox.address, "name": mailbox.name, "agency": agency}


def unit_of(connection: Connection, mailbox: MailboxRow) -> str:
    """Where senders are sent, and where the unit hears of its accounts; '' when nobody was named."""
    return mailbox.unit_address or unit_address(connection, mailbox.agency_id)


def tell_unit(connection: Connection, kind: LetterKind, mailbox: MailboxRow, at: int, **facts: object) -> None:
    """Enter a letter to the account's unit; its own mailbox is not told of itself."""
    unit = unit_of(connection, mailbox)
    if unit and unit != mailbox.address:
        tell(connection, kind, unit, {**facts_of(connection, mailbox), **facts}, at=at)


def address_of(connection: Connection, mailbox_id: int | None) -> str:
    """The address of the mailbox with this number; '' for none."""
    if mailbox_id is None:
        return ""
    return connection.execute(select(Mailbox.address).where(Mailbox.id == mailbox_id)).scalar_one_or_none() or ""
