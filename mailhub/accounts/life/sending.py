"""Only the sending of an account closes: it may be in strange hands, and its owner goes on reading (threats 3).

Less than a suspension and at once: a rule does it by itself when a box behaves as a compromised one does; a person who
has spoken with the owner opens it again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control.above import check_not_above
from mailhub.accounts.errors import NotAllowed, WrongState
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.closings import SENDING_DOORS, STOP_SENDING, begin_closing, note_reopened
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.models import MailboxState
from mailhub.accounts.rights import Action, Actor


def stop_sending(
    connection: Connection, actor: Actor, address: str, *, reason: str, expect: int | None = None, at: int | None = None
) -> MailboxRow:
    """Close sending, by every door: sessions, redirects, and what waits in the queue. Reading and receiving go on.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: it may not send anyway.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_SUSPEND, address, expect=expect)
        if not mailbox.sends:
            raise WrongState(f"{mailbox.address} may not send: there is nothing to stop")
        changed = change(connection, acting, mailbox, may_send=False)
        acting.after = {**acting.after, "sending": "stopped"}
        begin_closing(connection, mailbox.id, STOP_SENDING, at=acting.at, doors=SENDING_DOORS)
        return changed


def allow_sending(
    connection: Connection, actor: Actor, address: str, *, reason: str, expect: int | None = None, at: int | None = None
) -> MailboxRow:
    """Open sending again, and let go what waited because of the stop.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: nothing keeps it from sending but its
        state, which `restore_account` changes.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_RESTORE, address, expect=expect)
        if actor.account_id == mailbox.id:
            raise NotAllowed("nobody lets their own account send again: somebody else has to look at it")
        check_not_above(connection, actor, mailbox, Action.ACCOUNT_RESTORE, at=acting.at)
        if mailbox.may_send:
            raise WrongState(f"the sending of {mailbox.address} was not stopped")
        changed = change(connection, acting, mailbox, may_send=True)
        acting.after = {**acting.after, "sending": "allowed"}
        if mailbox.state is MailboxState.ACTIVE:
            note_reopened(connection, mailbox.id, at=acting.at)
        return changed
