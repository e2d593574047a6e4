"""A block's (the Party's, the council's) mailboxes are opened by its own people only."""

from __future__ import annotations

from sqlalchemy import Connection

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import MailboxRow, subject_of
from mailhub.accounts.tree import agency_path


def keep_within_block(connection: Connection, mailbox: MailboxRow, person: MailboxRow) -> None:
    """Refuse to open a block's mailbox to somebody outside it.

    Raises:
        NotAllowed: it lies in a block, and the person's agency does not lie in the same.
    """
    subject = subject_of(connection, mailbox)
    if subject.in_block and subject.agencies[-1] not in agency_path(connection, person.agency_id):
        raise NotAllowed(f"{mailbox.address} belongs to a block, and {person.address} does not")
