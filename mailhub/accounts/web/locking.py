"""The lock of a session that was left alone: its password opens it again, and pages with typed text stay good."""

from __future__ import annotations

from sqlalchemy import Connection, update

from mailhub.accounts.web.models import WebSession
from mailhub.accounts.web.sessions import Ended, NewSession, SessionRow, digest, end_session, live, new_token

MOST_WRONG = 5  # passwords; then the session ends


def lock_session(connection: Connection, session: SessionRow, *, at: int) -> None:
    """Lock it by hand: the password is wanted before anything else."""
    connection.execute(update(WebSession).where(*live(session.id)).values(locked_at=at))


def unlock_session(connection: Connection, session: SessionRow, *, at: int) -> NewSession:
    """The password was right, at the lock or before a dangerous act: the session goes on under a new token.

    What its forms carry stays, since pages with typed text in them stand open behind the lock.
    """
    made = NewSession(session.id, new_token(), session.csrf)
    values = {"token_sha256": digest(made.token), "locked_at": None, "wrong": 0, "seen_at": at, "authenticated_at": at}
    connection.execute(update(WebSession).where(*live(session.id)).values(**values))
    return made


def note_wrong_at_lock(connection: Connection, session: SessionRow, *, at: int) -> bool:
    """Count a wrong password at the lock; whether the session is over by it."""
    counted = update(WebSession).where(*live(session.id)).values(wrong=WebSession.wrong + 1)
    wrong = connection.execute(counted.returning(WebSession.wrong)).scalar_one_or_none()
    if wrong is None or wrong < MOST_WRONG:
        return wrong is None
    end_session(connection, session.id, why=Ended.WRONG_PASSWORDS, at=at)
    return True
