"""One turn of the kill switch as rows: which doors are to be closed, and what proves that they are.

The rows are entered in the transaction that closes the account, so that no crash forgets them; lifecycle/closing.py
works them off. Restoring enters a turn of its own, whose only work is to let go what waited because of the closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.errors import NotFound
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life.models import Closing, ClosingDoor, DoorState
from mailhub.accounts.records import DirectoryVersion
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.sessions import end_with_account
from mailhub.ids import new_id

RESTORE = "restore"
STOP_SENDING = "stop-sending"
QUEUED_MAIL = "queued-mail"
WEB_SESSIONS = "web-sessions"

# In the order in which people read them.
DOORS = (
    "login",  # the password, and codes of slips
    "app-passwords",
    WEB_SESSIONS,  # browsers that are logged in
    "api-tokens",
    "passkeys",
    "submission-sessions",
    "imap-sessions",
    "shared-sessions",  # others' mailboxes that this person has open, and this one opened by others
    "sieve-redirects",  # forwards and automatic answers
    QUEUED_MAIL,  # what waits to be sent, and held mail that somebody could release
    "delegations",
    "role-holdings",
    "group-ownership",
    "admin-rights",
)
# Those that close when only sending is stopped (sending.py).
SENDING_DOORS = ("submission-sessions", "sieve-redirects", QUEUED_MAIL)


class NoClosing(NotFound):
    """The account was never closed."""


@dataclass(frozen=True, slots=True)
class DoorLine:
    """One door of a proof. `closed_at` in ms, None while it is not proved; `checked` says how that was done."""

    door: str
    state: DoorState
    closed_at: int | None
    checked: str
    tries: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one turn. `done_at` is None while a door is still being closed; times in ms."""

    closing_id: int
    account: str
    act: str
    version: int
    began_at: int
    done_at: int | None
    doors: tuple[DoorLine, ...]


def begin_closing(connection: Connection, mailbox_id: int, act: str, *, at: int, doors: Sequence[str] = DOORS) -> int:
    """Enter a turn, inside the act that closes the account; its number. An open one of the same kind goes on.

    `act` is `suspend`, `end` or `stop-sending`; `at` in ms. A turn of another kind is entered beside it: the account is
    closed by both, and each is proved.
    """
    running = select(Closing.id).where(Closing.mailbox_id == mailbox_id, Closing.done_at.is_(None), Closing.act == act)
    found = connection.execute(running.order_by(Closing.id)).scalars().first()
    if found is not None:
        return found
    _finish(connection, mailbox_id, only=RESTORE, at=at)  # what was not let go yet stays
    if WEB_SESSIONS in doors:
        end_with_account(connection, mailbox_id, at=at)
    return _enter(connection, mailbox_id, act, doors, at=at)


def note_reopened(connection: Connection, mailbox_id: int, *, at: int) -> None:
    """Inside the act that restores the account: what is still being closed is not any more.

    Mail that waited because of the closing is let go by the closing loop, and only that.
    """
    _finish(connection, mailbox_id, only=None, at=at)
    _enter(connection, mailbox_id, RESTORE, (QUEUED_MAIL,), at=at)


def open_closings(connection: Connection) -> Sequence[int]:
    """The turns that are not proved yet, oldest first."""
    return connection.execute(select(Closing.id).where(Closing.done_at.is_(None)).order_by(Closing.id)).scalars().all()


def latest_closing(connection: Connection, mailbox_id: int) -> int | None:
    """The account's last turn, or None."""
    query = select(Closing.id).where(Closing.mailbox_id == mailbox_id).order_by(Closing.id.desc())
    return connection.execute(query).scalars().first()


def proof_of(connection: Connection, actor: Actor, address: str) -> Proof:
    """The proof of the account's last turn.

    Raises:
        NoSuchAccount, NotAllowed. NoClosing: it was never closed.
    """
    mailbox = find_mailbox(connection, address)
    if not may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        raise refusal(actor, Action.ACCOUNT_READ, mailbox.address)
    number = latest_closing(connection, mailbox.id)
    if number is None:
        raise NoClosing(f"{mailbox.address} was never suspended or ended")
    return load_proof(connection, number, mailbox.address)


def load_proof(connection: Connection, closing_id: int, account: str) -> Proof:
    """The turn with this number, doors in the order of `DOORS`."""
    row = connection.execute(select(Closing.__table__).where(Closing.id == closing_id)).one()
    doors = connection.execute(select(ClosingDoor.__table__).where(ClosingDoor.closing_id == closing_id)).all()
    lines = [DoorLine(d.door, DoorState(d.state), d.closed_at, d.checked, d.tries) for d in doors]
    lines.sort(key=lambda line: DOORS.index(line.door) if line.door in DOORS else len(DOORS))
    return Proof(row.id, account, row.act, row.version, row.began_at, row.done_at, tuple(lines))


def _enter(connection: Connection, mailbox_id: int, act: str, doors: Sequence[str], *, at: int) -> int:
    # `act()` moves the version on when its block ends: whoever has read that one knows of the closing.
    now = connection.execute(select(DirectoryVersion.version)).scalar_one_or_none() or 0
    number = new_id()
    row = {"id": number, "mailbox_id": mailbox_id, "act": act, "version": now + 1, "began_at": at}
    connection.execute(insert(Closing).values(row))
    connection.execute(insert(ClosingDoor), [{"closing_id": number, "door": door} for door in doors])
    return number


def _finish(connection: Connection, mailbox_id: int, *, only: str | None, at: int) -> None:
    fits = [Closing.mailbox_id == mailbox_id, Closing.done_at.is_(None)]
    if only is not None:
        fits.append(Closing.act == only)
    numbers = connection.execute(select(Closing.id).where(*fits)).scalars().all()
    if not numbers:
        return
    doors = (ClosingDoor.closing_id.in_(numbers), ClosingDoor.state == DoorState.CLOSING)
    connection.execute(update(ClosingDoor).where(*doors).values(state=DoorState.REOPENED, closed_at=None))
    connection.execute(update(Closing).where(Closing.id.in_(numbers)).values(done_at=at))
