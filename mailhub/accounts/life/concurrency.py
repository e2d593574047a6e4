"""One account's row within an act: read in our turn, checked, compared with what the actor saw, changed."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from mailhub.accounts.act import Act
from mailhub.accounts.errors import ChangedMeanwhile
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.models import Mailbox
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action


def start(
    connection: Connection, acting: Act, action: Action, address: str, *, expect: int | None = None
) -> MailboxRow:
    """Read the account, check the right to `action`, and that its revision is still the one that the actor saw.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile.
    """
    mailbox = find_mailbox(connection, address)
    acting.check(action, subject_of(connection, mailbox))
    check_unchanged(connection, mailbox, expect)
    acting.before = mailbox.picture()
    return mailbox


def change(connection: Connection, acting: Act, mailbox: MailboxRow, **values: object) -> MailboxRow:
    """Write these fields; every act moves the row's revision on. Gives the row as it is now."""
    values["revision"] = mailbox.revision + 1
    connection.execute(update(Mailbox).where(Mailbox.id == mailbox.id).values(**values))
    changed = load_mailbox(connection, mailbox.id)
    assert changed is not None
    acting.after = changed.picture()
    return changed


def check_unchanged(connection: Connection, mailbox: MailboxRow, expect: int | None) -> None:
    """Compare the row's revision with the one that the actor saw (None: it does not matter).

    Raises:
        ChangedMeanwhile: it is another one; the error names who changed the account last, and when.
    """
    if expect is None or mailbox.revision == expect:
        return
    query = select(AuditRow.actor, AuditRow.at)
    query = query.where(AuditRow.object_kind == "account", AuditRow.object == mailbox.address)
    last = connection.execute(query.order_by(AuditRow.id.desc()).limit(1)).one_or_none()
    raise ChangedMeanwhile(mailbox.address, "" if last is None else last.actor, 0 if last is None else last.at)
