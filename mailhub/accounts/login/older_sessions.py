"""A changed secret ends what the old one opened."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from mailhub.accounts.models import Mailbox
from mailhub.accounts.web.models import WebSession
from mailhub.clock import now_ms

# Until the caller's transaction is committed, logins are still judged by what was before it.
_COMMIT_MS = 100


def end_older_sessions(connection: Connection, mailbox_id: int, *, at: int, but_web: bool = False) -> None:
    """Inside an act: what was logged in with before has changed, so the sessions that it opened end, wherever
    (`smtp/ending.py`, `mailboxes/sessions.py`). A client that knows the new secret comes back by itself.

    `at` (ms) may be from before the act's turn came, when the old secret still opened sessions; so it is now that
    counts, if that is later. `but_web`: what has changed opens nothing there, so web sessions that stand go on.
    """
    moment = max(at, now_ms()) + _COMMIT_MS
    if but_web:
        before = select(Mailbox.sessions_from).where(Mailbox.id == mailbox_id).scalar_subquery()
        standing = (WebSession.account_id == mailbox_id, WebSession.ended_at.is_(None), WebSession.valid_from >= before)
        connection.execute(update(WebSession).where(*standing).values(valid_from=moment))
    connection.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(sessions_from=moment))
