"""The second half of a login as SHARED*PERSON: the person has proved who they are; may they open that mailbox?

Either answer is kept among the person's tries, for `account why`; and whoever reads leaves a row a day in the audit
log: mail data of others is read by name only (architecture § 10).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailhub.accounts import attempts, audit
from mailhub.accounts.attempts import REPEAT, Cause
from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.records import AuditRow, LoginAttempt
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.sharing.access import Opened, OpeningRight, opens
from mailhub.clock import local_time, midnight
from mailhub.store.database import Database

READING = "imap"  # the service through which mail is read; a submission shows nobody's
OPENED = "mailbox.opened"  # the audit log's word: no act that anybody is given the right to


@dataclass(frozen=True, slots=True)
class _Try:
    person: MailboxRow
    mailbox: MailboxRow | None
    typed: str
    right: OpeningRight | None
    service: str
    ip: str
    at: int

    @property
    def about(self) -> str:
        if self.mailbox is not None:
            return self.mailbox.address
        return "".join(c if c.isprintable() else "?" for c in self.typed[:320])  # PostgreSQL takes no NUL

    @property
    def cause(self) -> Cause:
        return Cause.NOT_SHARED if self.right is None else Cause.SUCCESS


def open_shared(database: Database, person_id: int, name: str, *, service: str, ip: str, at: int) -> Opened | None:
    """What the person may do in the mailbox that has the address `name`; None when nothing.

    Raises:
        StoreUnavailable: it cannot be looked up or written down: nobody reads another's mail unrecorded.
    """
    with database.read() as connection:
        person, mailbox = load_mailbox(connection, person_id), _find(connection, name)
        if person is None:
            return None
        opening = None if mailbox is None else opens(connection, person_id, mailbox.id, at)
        tried = _Try(person, mailbox, name, None if opening is None else opening.right, service, ip, at)
        tell, record = not _is_told(connection, tried), _is_reading(tried) and not _is_recorded(connection, tried)
    if tell or record:
        with database.write() as connection:
            if record:
                _record(connection, tried)
            if tell:
                _tell(connection, tried)
    return None if opening is None or mailbox is None else Opened(mailbox.id, mailbox.address, opening.right)


def _find(connection: Connection, name: str) -> MailboxRow | None:
    if not name.isprintable() or len(name) > 320:  # PostgreSQL takes no NUL
        return None
    try:
        return find_mailbox(connection, name)
    except NoSuchAccount:
        return None


def _is_told(connection: Connection, tried: _Try) -> bool:
    """Whether the same try was written down within the last minute: a client opens several connections at once."""
    query = select(LoginAttempt.id).where(
        LoginAttempt.mailbox_id == tried.person.id,
        LoginAttempt.about == tried.about[:320],
        LoginAttempt.cause == tried.cause,
        LoginAttempt.service == tried.service[:32],
        LoginAttempt.ip == tried.ip[:64],
        LoginAttempt.at > tried.at - REPEAT,
    )
    return connection.execute(query.limit(1)).first() is not None


def _tell(connection: Connection, tried: _Try) -> None:
    attempts.note(
        connection,
        tried.person.id,
        service=tried.service,
        ip=tried.ip,
        cause=tried.cause,
        at=tried.at,
        about=tried.about,
    )


def _is_reading(tried: _Try) -> bool:
    return tried.right is not None and tried.service == READING


def _is_recorded(connection: Connection, tried: _Try) -> bool:
    """Whether today's row is in the audit log already, by Vietnam's calendar."""
    query = select(AuditRow.id).where(
        AuditRow.object == tried.about,
        AuditRow.actor == tried.person.address,
        AuditRow.action == OPENED,
        AuditRow.at >= midnight(local_time(tried.at).date()),
    )
    return connection.execute(query.limit(1)).first() is not None


def _record(connection: Connection, tried: _Try) -> None:
    assert tried.mailbox is not None
    audit.take_turn(connection)
    if _is_recorded(connection, tried):  # by another connection of the same client, a moment ago
        return
    actor = Actor(name=tried.person.address, role=Role.OFFICIAL, account_id=tried.person.id, ip=tried.ip)
    subject = subject_of(connection, tried.mailbox)
    audit.record(connection, actor, OPENED, subject, after={"right": tried.right}, at=tried.at)
