"""The book of offices: who holds or held one, from when to when, by which decision, entered when and by whom.

What is entered and what was may differ by months: a paper decision of March often reaches the hub in November. So
each entry keeps both, and whoever reads it is told (`Holding.late`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select
from sqlalchemy.orm import aliased

from mailhub.accounts.act import Act
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.models import Mailbox, MailboxKind, RoleHolder
from mailhub.accounts.periods import not_over
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import scope_of
from mailhub.clock import DAY, local_time, now_ms
from mailhub.ids import new_id

LONGEST_BECAUSE = 500  # characters, as the column holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Somebody's time with a role mailbox; ms, `until_at` None until further notice. `now`: it is running.

    `entered_at` (ms, None: not known) and `entered_by` (an actor's name) tell of the entry, `because` its decision.
    """

    role: str
    role_name: str
    holder: str
    name: str
    from_at: int
    until_at: int | None
    now: bool
    entered_at: int | None
    entered_by: str
    because: str

    @property
    def void(self) -> bool:
        """Whether it was called off before its first moment: nobody ever held the office by it."""
        return self.until_at is not None and self.until_at <= self.from_at

    @property
    def late(self) -> bool:
        """Whether it was entered on a later day than the one it begins."""
        return self.entered_at is not None and local_time(self.entered_at).date() > local_time(self.from_at).date()

    def on_day(self, begins: int) -> bool:
        """Whether it counts at some moment of the day that begins at `begins` (ms)."""
        ended = self.void or (self.until_at is not None and self.until_at <= begins)
        return self.from_at < begins + DAY and not ended

    @property
    def past_when_entered(self) -> bool:
        """Whether it was over already when it was entered: then it opened nothing."""
        return self.entered_at is not None and self.until_at is not None and self.until_at <= self.entered_at


def list_holdings(
    connection: Connection, actor: Actor, role: str, *, past: bool = True, at: int | None = None
) -> Sequence[Holding]:
    """Who holds a role mailbox and, with `past`, who held it when; the latest first.

    Raises:
        NoSuchAccount, NotAllowed. InvalidValue: it is no role mailbox.
    """
    moment, mailbox = now_ms() if at is None else at, _readable(connection, actor, role)
    if mailbox.kind is not MailboxKind.ROLE:
        raise InvalidValue(f"{mailbox.address} is no role mailbox")
    query = _query().where(RoleHolder.mailbox_id == mailbox.id)
    if not past:
        query = query.where(not_over(RoleHolder, moment))
    return list(_read(connection, query, moment))


def list_held(connection: Connection, actor: Actor, person: str, *, at: int | None = None) -> Sequence[Holding]:
    """The role mailboxes that somebody holds, held or will hold, of those that the actor may see; the latest first.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    moment, mailbox = now_ms() if at is None else at, _readable(connection, actor, person)
    query = _query().where(RoleHolder.holder_id == mailbox.id)
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    if scope.account_id is not None:
        return []
    if scope.agencies is not None:
        query = query.where(_OFFICE.agency_id.in_(scope.agencies))
    return list(_read(connection, query, moment))


def enter_row(
    connection: Connection,
    acting: Act,
    mailbox: MailboxRow,
    person: MailboxRow,
    *,
    from_at: int,
    until_at: int | None,
    because: str,
) -> None:
    """Write a holding into the book, as entered now by the actor of the act.

    Raises:
        InvalidValue: the same person holds the same mailbox on some of these days already, or `because` is too long.
    """
    if len(because) > LONGEST_BECAUSE:
        raise InvalidValue(f"the decision is told in at most {LONGEST_BECAUSE} characters")
    _check_apart(connection, mailbox, person, from_at, until_at)
    row: dict[str, Any] = {"mailbox_id": mailbox.id, "holder_id": person.id, "from_at": from_at, "until_at": until_at}
    row |= {"entered_at": acting.at, "entered_by": acting.actor.name, "because": because}
    connection.execute(insert(RoleHolder).values(id=new_id(), **row))


def _check_apart(
    connection: Connection, mailbox: MailboxRow, person: MailboxRow, from_at: int, until_at: int | None
) -> None:
    """Nobody holds an office twice on one day. Two people may: an office is often held by several."""
    query = select(RoleHolder.from_at, RoleHolder.until_at).where(
        RoleHolder.mailbox_id == mailbox.id, RoleHolder.holder_id == person.id, not_over(RoleHolder, from_at)
    )
    if until_at is not None:
        query = query.where(RoleHolder.from_at < until_at)
    for row in connection.execute(query.order_by(RoleHolder.from_at)):
        since = f"{local_time(row.from_at):%d/%m/%Y}"
        if row.until_at is None:
            raise InvalidValue(f"{person.address} is on record for {mailbox.address} since {since} without an end")
        if row.until_at > row.from_at:  # else it was called off before it began
            until = f"{local_time(row.until_at - 1):%d/%m/%Y}"
            raise InvalidValue(f"{person.address} is on record for {mailbox.address} from {since} to {until} already")


def _readable(connection: Connection, actor: Actor, address: str) -> MailboxRow:
    mailbox = find_mailbox(connection, address)
    if not may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        raise refusal(actor, Action.ACCOUNT_READ, mailbox.address)
    return mailbox


_OFFICE = aliased(Mailbox)
_ENTRY = (RoleHolder.from_at, RoleHolder.until_at, RoleHolder.entered_at, RoleHolder.entered_by, RoleHolder.because)


def _query() -> Select[*tuple[Any, ...]]:
    names = (_OFFICE.address.label("role"), _OFFICE.name.label("role_name"), Mailbox.address.label("holder"))
    query = select(*names, Mailbox.name, *_ENTRY)
    query = query.join(Mailbox, Mailbox.id == RoleHolder.holder_id)
    query = query.join(_OFFICE, _OFFICE.id == RoleHolder.mailbox_id)
    return query.order_by(RoleHolder.from_at.desc(), RoleHolder.id.desc())


def _read(connection: Connection, query: Select[*tuple[Any, ...]], at: int) -> Iterator[Holding]:
    row: Row[*tuple[Any, ...]]
    for row in connection.execute(query):
        running = row.from_at <= at and (row.until_at is None or row.until_at > at)
        yield Holding(**row._mapping, now=running)
