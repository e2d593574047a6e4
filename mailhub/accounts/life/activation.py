"""The first use of an approved account."""

from __future__ import annotations

from sqlalchemy import Connection, update

from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.life.activity import note_day
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.models import Mailbox, MailboxState


def activate(connection: Connection, mailbox_id: int, *, at: int) -> bool:
    """Inside somebody's act: an approved account is in use from now on. False when it was already.

    `at` (ms) is taken as the first login, so that nobody is idle who has just begun.

    Raises:
        NoSuchAccount. WrongState: it is neither approved nor in use.
    """
    mailbox = load_mailbox(connection, mailbox_id)
    if mailbox is None:
        raise NoSuchAccount("no account has this number")
    after = next_state(LifeAct.ACTIVATE, mailbox.state, mailbox.address)
    if mailbox.state is MailboxState.ACTIVE:
        return False
    values = {"state": after, "last_login_at": at, "revision": mailbox.revision + 1}
    connection.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**values))
    note_day(connection, mailbox_id, at)
    return True
