"""Browser sessions: opened after a password, raised by a second factor, locked when left alone, ended by anything that
closes the account.

What the cookie holds is 256 random bits, of which the database keeps the SHA-256. At every rise of privilege the token
changes (`rotate`), so that one which somebody slipped in beforehand is worth nothing afterwards. Whether the account
may still be here is read with the session, in one query, at every request and again in the transaction that writes
(`still_open`): a suspension that was committed a moment ago is seen by both.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.web.models import WebSession
from mailhub.clock import DAY, HOUR, MINUTE
from mailhub.ids import new_id
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.text.plain import plain_line

log = logging.getLogger(__name__)

TOUCH = MINUTE  # how exactly it is known when somebody was here last
KEPT = 90 * DAY  # ended sessions, for who asks where the account was logged in
_TOKEN_OCTETS = _CSRF_OCTETS = 32
_LONGEST_TOKEN = 64


class Stage(StrEnum):
    """How far the login is, and whether its page is locked."""

    PASSWORD = "password"  # noqa: S105 - right; the second step is wanted
    SETUP = "setup"  # a second factor has to be set up before anything else
    RENEW = "renew"  # the password has to be changed before anything else
    FULL = "full"
    LOCKED = "locked"  # as a session is found, never as it is kept: full, but the password is wanted again


class Ended(StrEnum):
    """Why a session is over."""

    LOGOUT = "logout"
    OTHER_SESSION = "ended-from-another"
    BY_ADMIN = "ended-by-administrator"
    CLOSED = "account-closed"
    WRONG_PASSWORDS = "wrong-passwords"


FULL, LOCKED = Stage.FULL, Stage.LOCKED
# How long a login that has not come to its end stays: looking for the phone, or installing an application on it.
_HALF_WAY = {Stage.PASSWORD: 10 * MINUTE, Stage.SETUP: 30 * MINUTE, Stage.RENEW: 30 * MINUTE}


class WebSettings(Protocol):
    """What is read from `[web]`."""

    @property
    def idle_minutes(self) -> int: ...
    @property
    def session_hours(self) -> int: ...


class SessionSettings(Protocol):
    """The section that matters here."""

    @property
    def web(self) -> WebSettings: ...


@dataclass(frozen=True, slots=True)
class NewSession:
    """What goes to the browser, this once: the cookie's value, and what its forms carry."""

    id: int
    token: str
    csrf: bytes

    def __repr__(self) -> str:  # a traceback must not show them
        return f"NewSession({self.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session as it stands, with whose it is. Times in ms."""

    id: int
    account_id: int
    address: str
    name: str
    stage: Stage
    factor: str
    created_at: int
    seen_at: int
    authenticated_at: int
    ip: str
    agent: str
    csrf: bytes

    def __repr__(self) -> str:
        return f"SessionRow({self.id}, {self.address}, {self.stage})"

    def is_fresh(self, at: int, *, within_minutes: int = 5) -> bool:
        """Whether the password was typed so lately that a dangerous act need not ask for it again."""
        return at - self.authenticated_at <= within_minutes * MINUTE


def open_session(
    connection: Connection, account_id: int, *, stage: Stage, factor: str = "", ip: str, agent: str, at: int
) -> NewSession:
    """A new session, in a write transaction, once the password has proved right."""
    made = NewSession(new_id(), new_token(), secrets.token_bytes(_CSRF_OCTETS))
    row: dict[str, Any] = {"id": made.id, "token_sha256": digest(made.token), "csrf": made.csrf}
    row |= {"account_id": account_id, "stage": stage.value, "factor": factor, "ip": ip[:64], "agent": _bounded(agent)}
    row |= dict.fromkeys(("created_at", "valid_from", "seen_at", "authenticated_at"), at)
    connection.execute(insert(WebSession).values(**row))
    return made


def find_session(connection: Connection, token: str, *, settings: SessionSettings, at: int) -> SessionRow | None:
    """The session of this cookie, locked or not; None when there is none, it has ended, is too old, was opened before
    a secret of the account was changed, or the account may not log in (any more). One that was left alone for
    `[web] idle_minutes`, or was locked by hand, is there as Stage.LOCKED."""
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    row = connection.execute(_query().where(WebSession.token_sha256 == digest(token))).mappings().one_or_none()
    return None if row is None or not _holds(row, settings.web, at) else _session(row, settings.web, at)


def still_open(connection: Connection, token: str, *, settings: SessionSettings, at: int) -> SessionRow | None:
    """`find_session` in the transaction that is about to write; call it there before anything else.

    It takes the turn of accounts' writers first: whoever closes the account does so before, and is seen, or after what
    is written here is committed.
    """
    audit.take_turn(connection)
    return find_session(connection, token, settings=settings, at=at)


def touch(database: Database, session: SessionRow, *, at: int) -> None:
    """Write down that somebody is here, once a minute at most. Pages that ask by themselves (a live progress) do not
    call it: nobody sits there."""
    if session.stage is Stage.LOCKED or at - session.seen_at < TOUCH:
        return
    try:
        with database.write() as connection:
            connection.execute(update(WebSession).where(*live(session.id)).values(seen_at=at))
    except StoreUnavailable as error:  # a full disk keeps nobody from reading
        log.warning("a session's use could not be written down: %s", error)


def rotate(
    connection: Connection, session: SessionRow, *, stage: Stage | None = None, factor: str | None = None, at: int
) -> NewSession:
    """A new token and a new secret for forms at a rise of privilege; the old ones are worth nothing from here on."""
    made = NewSession(session.id, new_token(), secrets.token_bytes(_CSRF_OCTETS))
    values: dict[str, Any] = {"token_sha256": digest(made.token), "csrf": made.csrf, "seen_at": at, "challenge": None}
    if stage is not None:
        values["stage"] = stage.value
    if factor is not None:
        values["factor"] = factor
    connection.execute(update(WebSession).where(*live(session.id)).values(**values))
    return made


def carry_over(connection: Connection, session: SessionRow, *, stage: Stage | None = None, at: int) -> NewSession:
    """Keep the session whose owner has just changed a secret in it, in the same transaction: all others end by that.

    Gives its new token.
    """
    moment = select(Mailbox.sessions_from).where(Mailbox.id == session.account_id).scalar_subquery()
    connection.execute(update(WebSession).where(*live(session.id)).values(valid_from=moment, authenticated_at=at))
    return rotate(connection, session, stage=stage, at=at)


def end_session(connection: Connection, session_id: int, *, why: Ended, at: int) -> bool:
    """End one session; whether it was open."""
    ending = update(WebSession).where(*live(session_id)).values(ended_at=at, ended_why=why.value)
    return connection.execute(ending).rowcount == 1


def end_with_account(connection: Connection, account_id: int, *, at: int) -> None:
    """Inside the act that closes the account: nothing of it answers from then on anyway, and nobody is in again, with a
    cookie of before, when it is restored."""
    mine = (WebSession.account_id == account_id, WebSession.ended_at.is_(None))
    connection.execute(update(WebSession).where(*mine).values(ended_at=at, ended_why=Ended.CLOSED.value))


def open_sessions(connection: Connection, account_id: int, *, settings: SessionSettings, at: int) -> list[SessionRow]:
    """The account's sessions that a browser could go on with at this moment, as `find_session` decides."""
    mine = (WebSession.account_id == account_id, WebSession.ended_at.is_(None))
    rows = connection.execute(_query().where(*mine)).mappings()
    return [_session(row, settings.web, at) for row in rows if _holds(row, settings.web, at)]


def forget_sessions(connection: Connection, *, before: int, limit: int = 5_000) -> int:
    """Delete rows of sessions that nobody has used since that moment; how many went. For the daily schedule."""
    old = select(WebSession.id).where(WebSession.seen_at < before).limit(limit)
    return connection.execute(delete(WebSession).where(WebSession.id.in_(old))).rowcount


def digest(token: str) -> bytes:
    """What is kept of a token: it is long and random, so that a fast hash is enough."""
    return hashlib.sha256(token.encode("ascii", "replace")).digest()


def _query() -> Any:
    whose = (Mailbox.address, Mailbox.name, Mailbox.state, Mailbox.may_login, Mailbox.login_closed)
    columns = (*WebSession.__table__.c, *whose, Mailbox.sessions_from)
    return select(*columns).join(Mailbox, Mailbox.id == WebSession.account_id)


def _holds(row: RowMapping, settings: WebSettings, at: int) -> bool:
    """Whether the row still opens anything: as MailboxRow.logs_in, and in time."""
    if row["state"] != MailboxState.ACTIVE or not row["may_login"] or row["login_closed"]:
        return False
    if row["ended_at"] is not None or row["valid_from"] < row["sessions_from"]:
        return False
    longest = settings.session_hours * HOUR if row["stage"] == Stage.FULL else _HALF_WAY[Stage(row["stage"])]
    return bool(at - row["created_at"] < longest)


def _session(row: RowMapping, settings: WebSettings, at: int) -> SessionRow:
    idle = row["stage"] == Stage.FULL and at - row["seen_at"] >= settings.idle_minutes * MINUTE
    values: dict[str, Any] = {key: row[key] for key in SessionRow.__dataclass_fields__ if key in row}
    locked = idle or (row["stage"] == Stage.FULL and row["locked_at"] is not None)
    values |= {"stage": Stage.LOCKED if locked else Stage(row["stage"]), "csrf": bytes(row["csrf"])}
    return SessionRow(**values)


def live(session_id: int) -> tuple[ColumnElement[bool], ...]:
    """The row, if it has not ended."""
    return WebSession.id == session_id, WebSession.ended_at.is_(None)


def new_token() -> str:
    """What goes into a cookie."""
    return secrets.token_urlsafe(_TOKEN_OCTETS)


def _bounded(agent: str) -> str:
    """A browser's name of itself is a stranger's text."""
    return plain_line(agent)[:200]
