"""Where an account is logged in on the web, and how its owner or an administrator ends that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, update

from mailhub.accounts import audit
from mailhub.accounts.act import act
from mailhub.accounts.errors import NotFound
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.models import WebSession
from mailhub.accounts.web.sessions import Ended, SessionSettings, open_sessions


class NoSuchSession(NotFound):
    """The account has no open session of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """An open session, as its owner or an administrator sees it. Times in ms; nothing in it opens anything."""

    id: int
    stage: str
    factor: str
    created_at: int
    seen_at: int
    ip: str
    agent: str


def list_sessions(
    connection: Connection, actor: Actor, address: str, *, settings: SessionSettings, at: int
) -> Sequence[SessionLine]:
    """The account's open sessions, the one used last first. Others' leave a row in the audit log: call it where one
    may be written.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = find_mailbox(connection, address)
    subject = subject_of(connection, mailbox)
    if not may(actor, Action.WEB_SESSION, subject):
        raise refusal(actor, Action.WEB_SESSION, mailbox.address)
    if actor.account_id != mailbox.id:
        audit.record(connection, actor, Action.WEB_SESSION, subject, after={"read": "sessions"}, at=at)
    rows = open_sessions(connection, mailbox.id, settings=settings, at=at)
    fields = SessionLine.__dataclass_fields__
    lines = [SessionLine(**{name: getattr(row, name) for name in fields}) for row in rows]
    return sorted(lines, key=lambda line: line.seen_at, reverse=True)


def end_one(connection: Connection, actor: Actor, address: str, session_id: int, *, at: int, reason: str = "") -> None:
    """End one session of the account.

    Raises:
        NoSuchAccount, NotAllowed, NoSuchSession.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.WEB_SESSION, subject_of(connection, mailbox))
        if not _end(connection, actor, mailbox, session_id, but=None, at=at):
            raise NoSuchSession(f"{mailbox.address} has no such session")
        acting.after = {"sessions_ended": 1}


def end_all(
    connection: Connection, actor: Actor, address: str, *, but: int | None = None, at: int, reason: str = ""
) -> int:
    """End the account's sessions, all but the one with the number `but`; how many there were.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.WEB_SESSION, subject_of(connection, mailbox))
        ended = _end(connection, actor, mailbox, None, but=but, at=at)
        acting.after = {"sessions_ended": ended}
        return ended


def _end(
    connection: Connection, actor: Actor, mailbox: MailboxRow, which: int | None, *, but: int | None, at: int
) -> int:
    why = Ended.OTHER_SESSION if actor.account_id == mailbox.id else Ended.BY_ADMIN
    rows = [WebSession.account_id == mailbox.id, WebSession.ended_at.is_(None)]
    if which is not None:
        rows.append(WebSession.id == which)
    if but is not None:
        rows.append(WebSession.id != but)
    return connection.execute(update(WebSession).where(*rows).values(ended_at=at, ended_why=why.value)).rowcount
