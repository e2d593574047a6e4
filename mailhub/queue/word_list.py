"""What waits for somebody's word, and who may give it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Label, Row, Select, String, and_, case, cast, exists, func, or_, select

from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.models import Mailbox
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.sharing.access import sends_for
from mailhub.accounts.tree import agency_subject, scope_of
from mailhub.clock import now_ms
from mailhub.ids import read_code
from mailhub.queue.fates import BEFORE_WORD
from mailhub.queue.models import HeldFor, RecipientState
from mailhub.queue.tables import message_table, pending_inspection_table, pending_word_table, recipient_table
from mailhub.store.facts import read_facts

_message, _recipient, _pending = message_table.c, recipient_table.c, pending_word_table.c
# Recipients that wait for the word of the row of `pending_word` in the same query: now, or after a moderator or a
# person who holds them (fates.py).
_OWNER = cast(_pending.owner_id, String)
WAITS = (
    (_recipient.message_id == _pending.message_id)
    & (_recipient.state == RecipientState.HELD.value)
    & or_(
        and_(_recipient.held_for == HeldFor.WORD.value, _recipient.held_about == _OWNER),
        and_(_recipient.held_for.in_(BEFORE_WORD), _recipient.held_about.like("%,w" + _OWNER)),
    )
)

Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingWord:
    """A message that waits for the word of the mailbox `owner`; times in ms. `facts` are what its letter told:
    `vi`, `en` (why), `because_vi`, `because_en` (the article), `to`, `asked` (`askings.py`)."""

    code: str
    owner: str
    rule: str
    sender: str
    subject: str
    received_at: int
    until: int
    reason_needed: bool
    recipients: int
    facts: dict[str, Any] = field(default_factory=dict)
    owner_id: int = 0
    message_id: int = 0


def list_waiting(
    connection: Connection, actor: Actor, *, limit: int = 1000, at: int | None = None
) -> Sequence[WaitingWord]:
    """What the actor may see: what waits for one's own word, or in the agencies that one watches; oldest first.

    Raises:
        NotAllowed
    """
    moment, scope = now_ms() if at is None else at, scope_of(connection, actor, Action.WORD_READ)
    query = _pairs().order_by(_pending.message_id).limit(limit)
    if not scope.everything:
        own = _pending.owner_id.in_(speaks_for(connection, actor.account_id, moment))
        query = query.where(own if scope.agencies is None else or_(own, Mailbox.agency_id.in_(scope.agencies)))
    return _read(connection, query)


def show_waiting(
    connection: Connection, actor: Actor, code: str, *, at: int | None = None
) -> Sequence[tuple[WaitingWord, bool]]:
    """What waits under this code, as far as the actor may see it, each with whether the actor may give that word.
    Nothing when there is no such message, or it is others'.

    Raises:
        NotAllowed
    """
    moment, stored = now_ms() if at is None else at, read_code(code)
    scope = scope_of(connection, actor, Action.WORD_READ)
    hands = speaks_for(connection, actor.account_id, moment)
    query = _pairs().where(_message.code == stored).order_by(_pending.owner_id)
    if not scope.everything:
        own = _pending.owner_id.in_(hands)
        query = query.where(own if scope.agencies is None else or_(own, Mailbox.agency_id.in_(scope.agencies)))
    return [
        (one, may(actor, Action.WORD_GIVE, subject_of_owner(connection, actor, one.owner_id, hands, one.code)))
        for one in (_read(connection, query) if stored is not None else ())
    ]


def waiting_for(connection: Connection, owner_ids: Collection[int], *, limit: int = 1000) -> Sequence[WaitingWord]:
    """What waits for the word of these mailboxes, oldest first."""
    query = _pairs().where(_pending.owner_id.in_(list(owner_ids))).order_by(_pending.message_id).limit(limit)
    return _read(connection, query)


def speaks_for(connection: Connection, account_id: int | None, at: int) -> frozenset[int]:
    """The mailboxes whose word the account may give: those that it may send from now. None while it may not log in
    or may not send."""
    mailbox = None if account_id is None else load_mailbox(connection, account_id)
    if mailbox is None or not mailbox.logs_in or not mailbox.sends:
        return frozenset()
    return frozenset((mailbox.id, *sends_for(connection, mailbox, at)))


def subject_of_owner(connection: Connection, actor: Actor, owner_id: int, hands: Collection[int], name: str) -> Subject:
    """The held message as `may()` looks at it: it lies where its owner lies, and is the actor's own when the actor may
    send as the owner."""
    agency_id = connection.execute(select(Mailbox.agency_id).where(Mailbox.id == owner_id)).scalar_one()
    account = actor.account_id if owner_id in hands else None
    return agency_subject(connection, "message", name, agency_id, account_id=account)


def told_subject() -> Label[str]:
    """The subject of the row's message; "" while something attached is unread, which may prove to be a secret."""
    unread = exists().where(pending_inspection_table.c.message_id == _message.id)
    return case((unread.correlate(message_table), ""), else_=_message.subject).label("subject")


def _pairs() -> Select[*tuple[Any, ...]]:
    count = select(func.count()).select_from(recipient_table).where(WAITS)
    number = count.correlate(pending_word_table).scalar_subquery().label("number")
    columns = (_message.code, _message.sender, told_subject(), _message.received_at, Mailbox.address, number)
    query = select(*columns, pending_word_table).join(message_table, _message.id == _pending.message_id)
    return query.join(Mailbox, Mailbox.id == _pending.owner_id)


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[WaitingWord]:
    return [
        WaitingWord(
            code=row.code,
            owner=row.address,
            rule=row.rule,
            sender=row.sender,
            subject=row.subject,
            received_at=row.received_at,
            until=row.until,
            reason_needed=row.reason_needed,
            recipients=row.number,
            facts=read_facts(row.facts),
            owner_id=row.owner_id,
            message_id=row.message_id,
        )
        for row in connection.execute(query)
        if row.number
    ]
