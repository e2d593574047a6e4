"""Recipients are claimed, settled, and come back when a lease runs out.

A lease is the moment written into `due_at` while a recipient is `delivering`: when it passes, the recipient is
due again, for whichever worker looks first. Delivery is at least once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, null, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from mailhub.queue.closing import without_closed_senders
from mailhub.queue.enqueue import append_events, storable
from mailhub.queue.models import Purpose, RecipientState
from mailhub.queue.records import Claimed, Cuts, NewEvent, Outcome, StoredMessage
from mailhub.queue.tables import message_table, recipient_table
from mailhub.store.spool import Location
from mailhub.store.statements import Prepared

_due = (
    select(recipient_table.c.id)
    .where(recipient_table.c.due_at <= bindparam("now"))
    .order_by(recipient_table.c.due_at, recipient_table.c.message_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has one writer anyway, and leaves it out
)
_by_ids = select(message_table).where(message_table.c.id.in_(bindparam("ids", expanding=True)))


def _take_leases(due: Select[tuple[int]]) -> ReturningUpdate[Any]:
    return (
        update(recipient_table)
        .where(recipient_table.c.id.in_(due.scalar_subquery()))
        .values(
            state=RecipientState.DELIVERING.value,
            due_at=bindparam("lease_until"),
            lease=bindparam("worker"),
            attempts=recipient_table.c.attempts + 1,
        )
        .returning(recipient_table)
    )


_claim = _take_leases(_due)


def claim(
    connection: Connection,
    *,
    worker: str,
    now: int,
    limit: int,
    lease_until: int,
    without: Collection[str] = (),
    only: str | None = None,
) -> list[Claimed]:
    """Take the lease of up to `limit` recipients that are due, oldest first, for `worker` until `lease_until`.

    `without` are destinations that have enough under way; `only` is the one destination to look at, if given.
    Recipients of one message follow each other. What an account that may not send any more has sent is held instead.
    """
    statement = _claim
    if only is not None:
        statement = _take_leases(_due.where(recipient_table.c.destination == only))
    elif without:
        statement = _take_leases(_due.where(recipient_table.c.destination.not_in(list(without))))
    values = {"now": now, "most": limit, "lease_until": lease_until, "worker": worker}
    rows = sorted(connection.execute(statement, values).all(), key=lambda row: (row.message_id, row.id))
    if not rows:
        return []
    found = connection.execute(_by_ids, {"ids": list({row.message_id for row in rows})})
    messages = {row.id: stored(row) for row in found}
    claimed = [
        Claimed(
            id=row.id,
            message=messages[row.message_id],
            address=row.address,
            original=row.original,
            notify=row.notify,
            destination=row.destination,
            attempts=row.attempts,
            delay_notified=row.delay_notified,
            purpose=Purpose(row.purpose),
            sent_by=row.sent_by,
            folder=row.folder,
        )
        for row in rows
    ]
    return without_closed_senders(connection, claimed, now=now)


def load_message(connection: Connection, message_id: int) -> StoredMessage | None:
    row = connection.execute(select(message_table).where(message_table.c.id == message_id)).first()
    return None if row is None else stored(row)


def stored(row: Row[*tuple[Any, ...]]) -> StoredMessage:
    """A row of `message` as workers know it."""
    return StoredMessage(
        id=row.id,
        code=row.code,
        door=row.door,
        received_at=row.received_at,
        sender=row.sender,
        sender_verified=row.sender_verified,
        account_id=row.account_id,
        message_id=row.message_id,
        subject=row.subject,
        size=row.size,
        location=Location(row.spool_file, row.spool_offset, row.spool_length),
        prefix=row.prefix,
        local_prefix=row.local_prefix,
        cuts=read_cuts(row.cuts),
        body_hash=row.body_hash,
        dkim=row.dkim,
        utf8=row.utf8,
        eight_bit=row.eight_bit,
        dsn_ret=row.dsn_ret,
        dsn_envid=row.dsn_envid,
        junk=row.junk,
    )


def read_cuts(text: str) -> Cuts:
    """`12-80,200-230` as pairs of offsets."""
    pairs = (part.split("-") for part in text.split(",") if part)
    return tuple((int(start), int(end)) for start, end in pairs)


_settle = Prepared(
    update(recipient_table)
    .where(recipient_table.c.id == bindparam("b_id"), recipient_table.c.lease == bindparam("b_lease"))
    .values(
        state=bindparam("b_state"),
        due_at=bindparam("b_due_at"),
        lease=null(),
        last_reply=bindparam("b_reply"),
        delay_notified=bindparam("b_delay"),
        finished_at=bindparam("b_finished"),
    )
)
_sign = Prepared(update(message_table).where(message_table.c.id == bindparam("b_id")).values(dkim=bindparam("b_dkim")))


def still_leased(connection: Connection, outcomes: Sequence[Outcome], *, worker: str) -> set[int]:
    """The recipient ids of `outcomes` whose lease `worker` still has: it speaks for these only."""
    query = select(recipient_table.c.id).where(
        recipient_table.c.id.in_([outcome.recipient.id for outcome in outcomes]), recipient_table.c.lease == worker
    )
    return set(connection.scalars(query.with_for_update()))


def settle(
    connection: Connection, outcomes: Sequence[Outcome], *, worker: str, now: int, signed: dict[int, bytes]
) -> None:
    """Write what became of attempts. An outcome whose lease was lost changes nothing but the timeline.

    `signed` are DKIM fields by message id, stored so that a later attempt sends the same bytes.
    """
    if signed:
        _sign.execute_many(connection, [{"b_id": id_, "b_dkim": field} for id_, field in signed.items()])
    if not outcomes:
        return
    _settle.execute_many(
        connection,
        [
            {
                "b_id": outcome.recipient.id,
                "b_lease": worker,
                "b_state": outcome.state.value,
                "b_due_at": outcome.due_at,
                "b_reply": storable(outcome.reply, 1000),
                "b_delay": outcome.delay_notified or outcome.recipient.delay_notified,
                "b_finished": now if outcome.due_at is None else None,
            }
            for outcome in outcomes
        ],
    )
    append_events(
        connection,
        [
            NewEvent(
                at=now,
                message_id=outcome.recipient.message.id,
                code=outcome.recipient.message.code,
                recipient=outcome.recipient.address,
                kind=outcome.event,
                facts=outcome.facts,
            )
            for outcome in outcomes
            if outcome.event is not None
        ],
    )
    mark_done(connection, {o.recipient.message.id for o in outcomes if o.due_at is None}, now=now)


_mark_done = (
    update(message_table)
    .where(
        message_table.c.id.in_(bindparam("ids", expanding=True)),
        ~select(recipient_table.c.id)
        .where(
            recipient_table.c.message_id == message_table.c.id,
            or_(recipient_table.c.due_at.is_not(None), recipient_table.c.state == RecipientState.HELD.value),
        )
        .exists(),
    )
    .values(done_at=bindparam("now"))
)


def mark_done(connection: Connection, message_ids: Collection[int], *, now: int) -> None:
    """Close the messages that nobody waits for any more; their bodies may go."""
    if message_ids:
        connection.execute(_mark_done, {"ids": list(message_ids), "now": now})


def release_leases(connection: Connection, *, worker: str, now: int) -> int:
    """Give back what an earlier process of this name held when it died; how many there were."""
    done = connection.execute(
        update(recipient_table)
        .where(recipient_table.c.lease == worker, recipient_table.c.state == RecipientState.DELIVERING.value)
        .values(state=RecipientState.QUEUED.value, due_at=now, lease=None)
    )
    return done.rowcount


def renew_leases(connection: Connection, ids: Sequence[int], *, worker: str, lease_until: int) -> None:
    """Keep what takes longer than a lease: a large message on a thin line."""
    if ids:
        connection.execute(
            update(recipient_table)
            .where(recipient_table.c.id.in_(list(ids)), recipient_table.c.lease == worker)
            .values(due_at=lease_until)
        )
