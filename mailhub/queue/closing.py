"""Mail of an account that was closed waits (threats 4.12), and goes on when the account is restored.

Whatever moves a recipient to `queued`, the claim looks again: nothing of a closed account is begun to be delivered
after the commit that closed it. What Sieve sent for it (redirects, known by the owner's address) is held as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, update

from mailhub.accounts.models import Address
from mailhub.queue.enqueue import append_events
from mailhub.queue.models import Door, EventKind, HeldFor, RecipientState
from mailhub.queue.records import Claimed, NewEvent
from mailhub.queue.senders import closed_accounts
from mailhub.queue.tables import message_table, recipient_table

_message, _recipient = message_table.c, recipient_table.c
_WAITING = (RecipientState.QUEUED.value, RecipientState.DEFERRED.value)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A delivery that a worker had begun; when its lease ends (ms), the next claim looks again."""

    code: str
    recipient: str
    lease_until: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of an account's mail. `waiting` can still be claimed; the others cannot go out."""

    waiting: int
    held: int  # because of the closing
    kept: int  # held for another reason, which becomes this one when that is over
    under_way: tuple[UnderWay, ...]


def hold_mail_of(connection: Connection, account_id: int, *, now: int) -> int:
    """Hold what waits to be sent from the account; how many recipients."""
    return _hold(connection, [_of(connection, account_id), _recipient.due_at.is_not(None)], now=now)


def hold_closed(connection: Connection, message_ids: Collection[int], *, now: int) -> int:
    """Of these messages, which somebody has just let go, hold again what a closed account sent; how many."""
    query = select(_message.id, _message.account_id, _message.door, _message.sender)
    rows = connection.execute(query.where(_message.id.in_(message_ids))).all()
    closed = _closed_messages(connection, [(row.id, row.account_id, row.door, row.sender) for row in rows])
    return _hold(connection, [_message.id.in_(closed)], now=now) if closed else 0


def release_mail_of(connection: Connection, account_id: int, *, now: int) -> int:
    """Let go what was held because the account was closed, and nothing else; how many recipients."""
    held = (_recipient.held_for == HeldFor.SENDER_CLOSED.value, _recipient.state == RecipientState.HELD.value)
    rows = connection.execute(_rows().where(*held, _of(connection, account_id)).with_for_update(of=recipient_table))
    found = [(row.id, row.message_id, row.code, row.address) for row in rows]
    values = {"state": RecipientState.QUEUED.value, "due_at": now, "held_for": None}
    return _move(connection, found, values, EventKind.RELEASED, "sender-restored", now=now)


def withdraw_mail_of(connection: Connection, account_id: int, *, now: int) -> set[int]:
    """Give up what was held because the account was closed: it will not be opened again. Gives the messages, for
    `service.mark_done`."""
    held = (_recipient.held_for == HeldFor.SENDER_CLOSED.value, _recipient.state == RecipientState.HELD.value)
    rows = connection.execute(_rows().where(*held, _of(connection, account_id)).with_for_update(of=recipient_table))
    found = [(row.id, row.message_id, row.code, row.address) for row in rows]
    values = {"state": RecipientState.WITHDRAWN.value, "due_at": None, "held_for": None, "finished_at": now}
    _move(connection, found, values, EventKind.WITHDRAWN, "sender-archived", now=now)
    return {row[1] for row in found}


def standing_of(connection: Connection, account_id: int) -> Standing:
    """How much of the account's mail waits, is held or is being delivered now."""
    mine = _of(connection, account_id)
    active = connection.execute(_rows().where(mine, _recipient.due_at.is_not(None))).all()
    under_way = [row for row in active if row.state == RecipientState.DELIVERING.value]
    counts = connection.execute(
        select(_recipient.held_for, func.count())
        .join(message_table, _message.id == _recipient.message_id)
        .where(mine, _recipient.held_for.is_not(None), _recipient.state == RecipientState.HELD.value)
        .group_by(_recipient.held_for)
    )
    held = {row[0]: row[1] for row in counts}
    closed = held.pop(HeldFor.SENDER_CLOSED.value, 0)
    return Standing(
        waiting=len(active) - len(under_way),
        held=closed,
        kept=sum(held.values()),
        under_way=tuple(UnderWay(row.code, row.address, row.due_at) for row in under_way),
    )


def without_closed_senders(connection: Connection, claimed: Sequence[Claimed], *, now: int) -> list[Claimed]:
    """What of a worker's new leases may be delivered; the rest is held in the same transaction."""
    messages = {one.message.id: one.message for one in claimed}
    closed = _closed_messages(connection, [(m.id, m.account_id, m.door, m.sender) for m in messages.values()])
    if not closed:
        return list(claimed)
    held = [one for one in claimed if one.message.id in closed]
    values = {**_HELD, "lease": None, "attempts": _recipient.attempts - 1}  # it was not tried
    rows = [(one.id, one.message.id, one.message.code, one.address) for one in held]
    _move(connection, rows, values, EventKind.HELD, "sender-closed", now=now)
    return [one for one in claimed if one.message.id not in closed]


_HELD = {"state": RecipientState.HELD.value, "due_at": None, "held_for": HeldFor.SENDER_CLOSED.value}


def _hold(connection: Connection, fits: list[ColumnElement[bool]], *, now: int) -> int:
    query = _rows().where(*fits, _recipient.state.in_(_WAITING)).with_for_update(of=recipient_table)
    rows = [(row.id, row.message_id, row.code, row.address) for row in connection.execute(query)]
    return _move(connection, rows, _HELD, EventKind.HELD, "sender-closed", now=now)


def _move(
    connection: Connection,
    rows: Sequence[tuple[int, int, str, str]],
    values: Mapping[str, object],
    kind: EventKind,
    why: str,
    *,
    now: int,
) -> int:
    """Rows are (recipient, message, code, address)."""
    if rows:
        connection.execute(update(recipient_table).where(_recipient.id.in_([row[0] for row in rows])).values(**values))
        append_events(
            connection,
            [
                NewEvent(at=now, message_id=message, code=code, recipient=address, kind=kind, facts={"for": why})
                for _, message, code, address in rows
            ],
        )
    return len(rows)


def _rows() -> Select[int, int, str, RecipientState, int | None, str]:
    columns = (_recipient.id, _recipient.message_id, _recipient.address, _recipient.state, _recipient.due_at)
    return select(*columns, _message.code).join(message_table, _message.id == _recipient.message_id)


def _of(connection: Connection, account_id: int) -> ColumnElement[bool]:
    """Messages from the account: what it submitted, and what its Sieve script passed on in its name."""
    own = connection.execute(select(Address.address).where(Address.mailbox_id == account_id)).scalars().all()
    passed_on = (_message.door == Door.INJECT.value) & _message.sender.in_(own)
    return or_(_message.account_id == account_id, passed_on)


def _closed_messages(connection: Connection, messages: Sequence[tuple[int, int | None, str, str]]) -> set[int]:
    """Of messages (id, account, door, sender), the ids of those that a closed account sent."""
    senders = {sender for _, account, door, sender in messages if account is None and door == Door.INJECT and sender}
    owners: dict[str, int] = {}
    if senders:
        query = select(Address.address, Address.mailbox_id).where(Address.address.in_(senders))
        owners = {row.address: row.mailbox_id for row in connection.execute(query) if row.mailbox_id is not None}
    by = {
        number: owners.get(sender) if account is None and door == Door.INJECT else account
        for number, account, door, sender in messages
    }
    closed = closed_accounts(connection, {account for account in by.values() if account is not None})
    return {number for number, account in by.items() if account in closed}
