"""The challenge of a WebAuthn ceremony, kept with the session in which it goes on: one at a time, good once."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from mailhub.accounts.web.models import WebSession
from mailhub.accounts.web.sessions import SessionRow, live
from mailhub.clock import MINUTE

GOOD = 5 * MINUTE
REGISTER, LOGIN = "register", "login"


def keep_challenge(connection: Connection, session: SessionRow, challenge: bytes, what: str, *, at: int) -> None:
    """Keep it for this ceremony; one that was kept before is worth nothing."""
    values = {"challenge": challenge, "challenge_for": what, "challenge_at": at}
    connection.execute(update(WebSession).where(*live(session.id)).values(**values))


def take_challenge(connection: Connection, session: SessionRow, what: str, *, at: int) -> bytes | None:
    """The challenge that was kept for this, once; None when there is none, or it is more than five minutes old."""
    query = select(WebSession.challenge, WebSession.challenge_for, WebSession.challenge_at).where(*live(session.id))
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or row.challenge is None:
        return None
    connection.execute(update(WebSession).where(*live(session.id)).values(challenge=None, challenge_for=""))
    return bytes(row.challenge) if row.challenge_for == what and 0 <= at - row.challenge_at <= GOOD else None
