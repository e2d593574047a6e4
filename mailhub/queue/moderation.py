"""What waits for a group's moderator: who sees it, who lets it go, and what becomes of it when nobody does.

Everything is rows: `pending_moderation` says what waits for which group and until when, `recipient.held_about` whom
that keeps waiting. A recipient that waits for several groups goes as soon as one of them agrees, and is refused only
when all of them have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, or_, select

from mailhub.accounts import audit
from mailhub.accounts.act import need_reason
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import GroupTask, MailGroup
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may, schedule
from mailhub.accounts.sharing.officers import (
    OWNER,
    GroupRow,
    find_group,
    groups_in_hand,
    hands_of,
    load_groups,
    subject_of_group,
)
from mailhub.accounts.tree import scope_of
from mailhub.clock import now_ms
from mailhub.ids import read_code
from mailhub.queue.closing import hold_closed
from mailhub.queue.enqueue import append_events, storable
from mailhub.queue.errors import NotInQueue
from mailhub.queue.fates import change_recipients, groups_of, owner_of, with_word
from mailhub.queue.leases import mark_done
from mailhub.queue.models import EventKind, HeldFor, RecipientState
from mailhub.queue.records import NewEvent
from mailhub.queue.tables import message_table, pending_moderation_table, recipient_table
from mailhub.queue.waiting import is_unread

MODERATORS = (OWNER, GroupTask.MODERATOR)
REFUSED_WORD = "moderation-refused"  # what the timeline says it was for
MOST_AT_ONCE = 50  # messages in one transaction of `lapse`

_message, _recipient, _pending = message_table.c, recipient_table.c, pending_moderation_table.c
_WAITS = (_recipient.held_for == HeldFor.MODERATION.value) & (_recipient.state == RecipientState.HELD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingForModerator:
    """A message that waits for a moderator of `group`; times in ms. `recipients`: how many get it then."""

    code: str
    group: str
    sender: str
    subject: str
    received_at: int
    until: int
    recipients: int


def list_for_moderators(
    connection: Connection, actor: Actor, *, group: str = "", limit: int = 1000, at: int | None = None
) -> Sequence[WaitingForModerator]:
    """What waits for groups that the actor may decide for, oldest first.

    Raises:
        NoSuchGroup. NotAllowed: the actor decides for none.
    """
    moment = now_ms() if at is None else at
    held = (_recipient.message_id == _message.id) & (_recipient.held_for == HeldFor.MODERATION.value)
    count = select(func.count()).select_from(recipient_table).where(held & _WAITS).correlate(message_table)
    number = count.scalar_subquery().label("number")
    columns = (_message.code, MailGroup.address, _message.sender, _message.subject, _message.received_at)
    query = select(*columns, _pending.until, number).join(message_table, _message.id == _pending.message_id)
    query = query.join(MailGroup, MailGroup.id == _pending.group_id)
    query = _within_reach(connection, actor, query, moment)
    if group:
        query = query.where(_pending.group_id == find_group(connection, group).id)
    rows = connection.execute(query.order_by(_pending.message_id).limit(limit))
    return [
        WaitingForModerator(
            code=row[0],
            group=row[1],
            sender=row[2],
            subject=row[3],
            received_at=row[4],
            until=row[5],
            recipients=row[6],
        )
        for row in rows
        if row[6]
    ]


def approve(
    connection: Connection, actor: Actor, code: str, *, group: str = "", reason: str = "", at: int | None = None
) -> int:
    """Let a message go on to its recipients in the group, or in every group that the actor decides for; how many.

    Raises:
        NoSuchGroup. NotInQueue: nothing with that code waits there. NotAllowed: it is others' to decide.
    """
    moment = now_ms() if at is None else at
    with_groups = _deciding(connection, actor, code, group, moment)
    gone = 0
    for message, row in with_groups:
        gone += _let_go(connection, actor, message, row, reason.strip(), moment)
    if not gone:
        raise NotInQueue(f"nobody waits for {code} any more")
    mark_done(connection, {message.id for message, _ in with_groups}, now=moment)
    return gone


def refuse(
    connection: Connection, actor: Actor, code: str, *, reason: str, group: str = "", at: int | None = None
) -> int:
    """Refuse a message, and tell its sender why; for how many recipients (who may still get it by another group).

    Raises:
        ReasonMissing. NoSuchGroup. NotInQueue, NotAllowed: as `approve`.
    """
    moment, why = now_ms() if at is None else at, need_reason(reason)
    with_groups = _deciding(connection, actor, code, group, moment)
    gone = 0
    for message, row in with_groups:
        gone += _turn_away(connection, actor, message, row, why, moment, late=False)
    if not gone:
        raise NotInQueue(f"nobody waits for {code} any more")
    mark_done(connection, {message.id for message, _ in with_groups}, now=moment)
    return gone


def lapse(connection: Connection, *, at: int) -> int:
    """Refuse what nobody decided in time, or whose group has ended, some messages at a time; how many rows went."""
    over = or_(_pending.until <= at, MailGroup.ended_at.is_not(None))
    query = _pairs().join(MailGroup, MailGroup.id == _pending.group_id).where(over)
    if connection.execute(query.limit(1)).first() is None:
        return 0
    audit.take_turn(connection)
    rows = connection.execute(query.order_by(_pending.until).limit(MOST_AT_ONCE)).all()
    groups = load_groups(connection, {row.group_id for row in rows})
    for row in rows:
        _turn_away(connection, schedule(), row, groups[row.group_id], "", at, late=True)
    mark_done(connection, {row.id for row in rows}, now=at)
    return len(rows)


def is_moderation_late(connection: Connection, *, at: int) -> bool:
    """Whether `lapse` has something to do."""
    query = select(_pending.message_id).join(MailGroup, MailGroup.id == _pending.group_id)
    over = or_(_pending.until <= at, MailGroup.ended_at.is_not(None))
    return connection.execute(query.where(over).limit(1)).first() is not None


Found = Row[*tuple[Any, ...]]


def _pairs() -> Select[*tuple[Any, ...]]:
    columns = (_message.id, _message.code, _message.sender, _message.sender_verified, _message.subject)
    query = select(*columns, _message.received_at, _pending.group_id)
    return query.join(message_table, _message.id == _pending.message_id)


def _within_reach(
    connection: Connection, actor: Actor, query: Select[*tuple[Any, ...]], at: int
) -> Select[*tuple[Any, ...]]:
    own = _pending.group_id.in_(groups_in_hand(connection, hands_of(connection, actor, at), MODERATORS))
    scope = scope_of(connection, actor, Action.GROUP_MODERATE)
    if scope.everything:
        return query
    return query.where(own if scope.agencies is None else or_(own, MailGroup.agency_id.in_(scope.agencies)))


def _deciding(connection: Connection, actor: Actor, code: str, group: str, at: int) -> list[tuple[Found, GroupRow]]:
    """What the code names, for each group that the actor decides for; the audit log's turn is taken."""
    audit.take_turn(connection)
    stored = read_code(code)
    query = _pairs().where(_message.code == stored)
    if group:
        query = query.where(_pending.group_id == find_group(connection, group).id)
    rows = connection.execute(query.order_by(_pending.group_id)).all()
    if stored is None or not rows:
        raise NotInQueue(f"nothing with the code {code} waits for a moderator (mailhub group waiting)")
    groups = load_groups(connection, {row.group_id for row in rows})
    found = [(row, groups[row.group_id]) for row in rows]
    mine = [(row, one) for row, one in found if _may_decide(connection, actor, one, at)]
    if not mine:
        names = ", ".join(one.address for _, one in found)
        raise refusal(actor, Action.GROUP_MODERATE, names)
    return mine


def _may_decide(connection: Connection, actor: Actor, group: GroupRow, at: int) -> bool:
    return may(actor, Action.GROUP_MODERATE, subject_of_group(connection, actor, group, MODERATORS, at=at))


def _held(connection: Connection, message_id: int, group_id: int) -> Sequence[Found]:
    """Those who wait for the group, locked: a worker has nothing to do with them, another moderator may."""
    query = select(_recipient.id, _recipient.address, _recipient.held_about)
    query = query.where(_recipient.message_id == message_id, _recipient.held_for == HeldFor.MODERATION.value, _WAITS)
    rows = connection.execute(query.order_by(_recipient.id).with_for_update()).all()
    return [row for row in rows if str(group_id) in groups_of(row.held_about)]


def _let_go(connection: Connection, actor: Actor, message: Found, group: GroupRow, reason: str, at: int) -> int:
    unread = is_unread(connection, message.id)
    held = _held(connection, message.id, group.id)
    values: dict[str, Any] = {"state": RecipientState.QUEUED.value, "due_at": at, "held_for": None}
    if unread:  # it waits for that now
        values = {"held_for": HeldFor.INSPECTION.value}
    free = [row.id for row in held if owner_of(row.held_about) is None]
    change_recipients(connection, free, {**values, "held_about": ""})
    for row in held:
        if (owner := owner_of(row.held_about)) is not None:  # a rule asks for somebody's word as well
            change_recipients(connection, [row.id], {"held_for": HeldFor.WORD.value, "held_about": str(owner)})
    _forget(connection, message.id, group.id)
    _tell_story(connection, actor, message, group, EventKind.RELEASED, HeldFor.MODERATION.value, reason, at, held)
    hold_closed(connection, [message.id], now=at)  # its sender's account may have been closed meanwhile
    return len(held)


def _turn_away(
    connection: Connection, actor: Actor, message: Found, group: GroupRow, reason: str, at: int, *, late: bool
) -> int:
    held = _held(connection, message.id, group.id)
    alone = [row for row in held if groups_of(row.held_about) == [str(group.id)]]
    for row in held:
        if row not in alone:
            rest = ",".join(one for one in groups_of(row.held_about) if one != str(group.id))
            owner = owner_of(row.held_about)
            change_recipients(connection, [row.id], {"held_about": rest if owner is None else with_word(rest, owner)})
    why = reason or "nobody decided in time"
    change_recipients(
        connection,
        [row.id for row in alone],
        {
            "state": RecipientState.REFUSED.value,
            "due_at": None,
            "finished_at": at,
            "last_reply": storable(f"{group.address}: {why}", 1000),
        },
    )
    _forget(connection, message.id, group.id)
    if held:
        _tell_story(connection, actor, message, group, EventKind.REFUSED, REFUSED_WORD, why, at, alone)
        _tell_sender(connection, message, group, reason, at, late=late)
    return len(held)


def _forget(connection: Connection, message_id: int, group_id: int) -> None:
    pair = (_pending.message_id == message_id, _pending.group_id == group_id)
    connection.execute(delete(pending_moderation_table).where(*pair))


def _tell_story(
    connection: Connection,
    actor: Actor,
    message: Found,
    group: GroupRow,
    kind: EventKind,
    word: str,
    reason: str,
    at: int,
    rows: Iterable[Found],
) -> None:
    """A line of the timeline for the group as a whole, and one of the audit log with everybody in it."""
    facts = {"for": word, "group": group.address, "actor": actor.name, "reason": reason}
    line = NewEvent(at=at, message_id=message.id, code=message.code, recipient=None, kind=kind, facts=facts)
    append_events(connection, [line])
    subject = subject_of_group(connection, actor, group, MODERATORS, at=at)
    after = {"message": message.code, "act": kind.value, "recipients": len(list(rows))}
    audit.record(connection, actor, Action.GROUP_MODERATE, subject, after=after, reason=reason, at=at)


def _tell_sender(connection: Connection, message: Found, group: GroupRow, reason: str, at: int, *, late: bool) -> None:
    """Who proved to be the sender hears of it; of anybody else it may be a lie (backscatter)."""
    if not message.sender or not message.sender_verified:
        return
    facts = {"group": group.address, "code": message.code, "subject": message.subject, "at": message.received_at}
    facts |= {"because": reason, "late": late}
    about = f"{REFUSED_WORD}/{message.id}/{group.id}"
    tell(connection, LetterKind.MODERATION_REFUSED, message.sender, facts, about=about, at=at)
