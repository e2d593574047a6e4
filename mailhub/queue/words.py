"""Somebody's word about a held message: it is given once, or its time runs out.

Asking for it is in `askings.py`, which enqueue.py may import. Everything is rows: `pending_word` says what waits for
which mailbox and until when, `recipient.held_about` whom that keeps waiting. A secret is never among them: its
recipients are final (`DESTROYED`), and only what is HELD is moved here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select

from mailhub.accounts import audit
from mailhub.accounts.act import need_reason
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may, schedule
from mailhub.clock import now_ms
from mailhub.ids import read_code
from mailhub.mail.reply_word import WordKind
from mailhub.queue.askings import MOST_LISTED, OF_OTHERS, OUTSIDE
from mailhub.queue.closing import hold_closed
from mailhub.queue.enqueue import append_events
from mailhub.queue.errors import NotInQueue
from mailhub.queue.fates import BEFORE_WORD, change_recipients, groups_of, waits_for
from mailhub.queue.leases import mark_done
from mailhub.queue.models import EventKind, HeldFor, RecipientState
from mailhub.queue.others import others_facts
from mailhub.queue.records import NewEvent
from mailhub.queue.tables import message_table, pending_word_table, recipient_table
from mailhub.queue.waiting import is_unread
from mailhub.queue.word_list import WAITS, Found, speaks_for, subject_of_owner, told_subject
from mailhub.queue.written import written_facts
from mailhub.store.chunks import chunks
from mailhub.store.facts import read_facts
from mailhub.text.plain import plain_line

MOST_AT_ONCE = 50  # messages in one transaction of `lapse`
FOR_WORD = HeldFor.WORD.value  # what the timeline says it was for

_message, _recipient, _pending = message_table.c, recipient_table.c, pending_word_table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A word that was taken. `recipients` are who gets the message now, or who does not."""

    code: str
    kind: WordKind
    recipients: tuple[str, ...]


def give(
    connection: Connection,
    actor: Actor,
    code: str,
    kind: WordKind,
    *,
    reason: str = "",
    at: int | None = None,
    about: str = "",
) -> Given:
    """Send or withdraw a held message, for every mailbox whose word the actor may give; it is told by letter.

    Who wrote a message may withdraw it also while it waits for somebody else's word. `about` names the first of the
    letters that tell of it, by which the caller knows its word again (`Letter.about`).

    Raises:
        NotInQueue: nothing with that code waits (any more). NotAllowed: it is others' word.
        ReasonMissing: the rule wants one to send it.
    """
    moment = now_ms() if at is None else at
    rows = _rows_of(connection, actor, code, kind, moment)
    why = plain_line(reason).strip()
    if kind is WordKind.SEND and any(row.reason_needed for row, _ in rows):
        need_reason(why)
    gone: list[str] = []
    for row, subject in rows:
        unread = is_unread(connection, row.message_id)
        held = _held(connection, row)
        _forget(connection, row)
        if held:
            _move(connection, held, kind, moment, unread=unread)
            _tell_story(connection, actor, row, subject, kind, why, held, moment)
            _confirm(connection, row, kind, why, actor, moment, about="" if gone else about)
            gone += [one.address for one in held]
    if not gone:
        raise NotInQueue(f"nobody waits for {code} any more")
    if kind is WordKind.SEND:
        hold_closed(connection, {row.message_id for row, _ in rows}, now=moment)
    mark_done(connection, {row.message_id for row, _ in rows}, now=moment)
    return Given(code=rows[0][0].code, kind=kind, recipients=tuple(gone))


def note_refused(connection: Connection, actor: Actor, code: str, why: str, *, at: int) -> None:
    """A word that was not taken leaves a line in the audit log: forged, late, double, somebody else's."""
    subject = Subject(kind="message", name=read_code(code) or "")
    audit.record(connection, actor, Action.WORD_GIVE, subject, after={"act": "refused", "why": why}, at=at)


def lapse(connection: Connection, *, at: int) -> int:
    """Give up what nobody gave a word for in time, some messages at a time; how many rows went.

    The message goes back to its sender with what it was; from outside it is not delivered, and who it was for is told.
    """
    query = _pairs().where(_pending.until <= at).order_by(_pending.until).limit(MOST_AT_ONCE)
    if connection.execute(query.limit(1)).first() is None:
        return 0
    audit.take_turn(connection)
    rows = connection.execute(query).all()
    for row in rows:
        held = _held(connection, row)
        _forget(connection, row)
        if held:
            final: dict[str, Any] = {"state": RecipientState.EXPIRED.value, "due_at": None, "held_for": None}
            final |= {"held_about": "", "finished_at": at, "last_reply": "nobody gave their word in time"}
            change_recipients(connection, [one.id for one in held], final)
            facts = {"for": FOR_WORD, "of": row.owner, "rule": row.rule, **written_facts(held, MOST_LISTED)}
            _line(connection, row, EventKind.EXPIRED, facts, at)
            subject = subject_of_owner(connection, schedule(), row.owner_id, (), row.code)
            after = {"act": EventKind.EXPIRED.value, "recipients": len(held)}
            audit.record(connection, schedule(), Action.WORD_GIVE, subject, after=after, at=at)
            _tell_lapsed(connection, row, held, at)
    mark_done(connection, {row.message_id for row in rows}, now=at)
    return len(rows)


def is_word_late(connection: Connection, *, at: int) -> bool:
    """Whether `lapse` has something to do."""
    return connection.execute(select(_pending.message_id).where(_pending.until <= at).limit(1)).first() is not None


def forget_settled(connection: Connection, message_ids: Collection[int]) -> None:
    """Nobody is asked any more about messages of which an administrator let go, or dropped, what waited."""
    waits = exists().where(WAITS)
    for chunk in chunks(sorted(message_ids)):
        connection.execute(delete(pending_word_table).where(_pending.message_id.in_(chunk), ~waits))


def _pairs() -> Select[*tuple[Any, ...]]:
    columns = (_message.code, _message.sender, _message.account_id, told_subject(), _message.received_at)
    names = (Mailbox.address.label("owner"), _message.message_id.label("thread"))
    query = select(*columns, *names, pending_word_table)
    query = query.join(message_table, _message.id == _pending.message_id)
    return query.join(Mailbox, Mailbox.id == _pending.owner_id)


def _rows_of(connection: Connection, actor: Actor, code: str, kind: WordKind, at: int) -> list[tuple[Found, Subject]]:
    """What the code names and the actor may speak for; the audit log's turn is taken."""
    audit.take_turn(connection)
    stored = read_code(code)
    rows = connection.execute(_pairs().where(_message.code == stored).order_by(_pending.owner_id)).all()
    if stored is None or not rows:
        raise NotInQueue(f"nothing with the code {code} waits for a word (mailhub word list)")
    hands = speaks_for(connection, actor.account_id, at)
    found = []
    for row in rows:
        wrote = kind is WordKind.WITHDRAW and row.account_id in hands
        speaking = {*hands, row.owner_id} if wrote else hands
        subject = subject_of_owner(connection, actor, row.owner_id, speaking, row.code)
        if may(actor, Action.WORD_GIVE, subject):
            found.append((row, subject))
    if not found:
        raise refusal(actor, Action.WORD_GIVE, stored)
    return found


def _held(connection: Connection, row: Found) -> Sequence[Found]:
    """Those who wait for this word, locked."""
    columns = (_recipient.id, _recipient.address, _recipient.original, _recipient.held_for, _recipient.held_about)
    query = select(*columns).where(_recipient.message_id == row.message_id, waits_for(row.owner_id))
    return connection.execute(query.order_by(_recipient.id).with_for_update()).all()


def _forget(connection: Connection, row: Found) -> None:
    pair = (_pending.message_id == row.message_id, _pending.owner_id == row.owner_id)
    connection.execute(delete(pending_word_table).where(*pair))


def _move(connection: Connection, held: Sequence[Found], kind: WordKind, at: int, *, unread: bool) -> None:
    if kind is WordKind.WITHDRAW:
        final = {"state": RecipientState.WITHDRAWN.value, "due_at": None, "finished_at": at}
        change_recipients(connection, [one.id for one in held], {**final, "held_for": None, "held_about": ""})
        return
    moderated = [one for one in held if one.held_for in BEFORE_WORD]
    for one in moderated:  # it waits on, for the moderator, or for the person who holds it
        change_recipients(connection, [one.id], {"held_about": ",".join(groups_of(one.held_about))})
    values: dict[str, Any] = {"state": RecipientState.QUEUED.value, "due_at": at, "held_for": None, "held_about": ""}
    if unread:
        values = {"held_for": HeldFor.INSPECTION.value, "held_about": ""}
    change_recipients(connection, [one.id for one in held if one not in moderated], values)


def _tell_story(
    connection: Connection,
    actor: Actor,
    row: Found,
    subject: Subject,
    kind: WordKind,
    reason: str,
    held: Sequence[Found],
    at: int,
) -> None:
    """A line of the timeline, and one of the audit log."""
    what = EventKind.RELEASED if kind is WordKind.SEND else EventKind.WITHDRAWN
    facts = {"for": FOR_WORD, "of": row.owner, "rule": row.rule, "actor": actor.name, "reason": reason}
    facts |= written_facts(held, MOST_LISTED)
    _line(connection, row, what, facts, at)
    after = {"act": what.value, "rule": row.rule, "recipients": len(held)}
    audit.record(connection, actor, Action.WORD_GIVE, subject, after=after, reason=reason, at=at)


def _line(connection: Connection, row: Found, kind: EventKind, facts: dict[str, Any], at: int) -> None:
    line = NewEvent(at=at, message_id=row.message_id, code=row.code, recipient=None, kind=kind, facts=facts)
    append_events(connection, [line])


def _confirm(
    connection: Connection, row: Found, kind: WordKind, reason: str, actor: Actor, at: int, *, about: str
) -> None:
    """The mailbox that was asked hears what came of it, and who wrote, when that is somebody else of ours."""
    asked = read_facts(row.facts)
    facts = {**_told(row, asked), "word": kind.value, "said": reason, "by": actor.name}
    facts |= _others(connection, row) if kind is WordKind.WITHDRAW else {}
    about = about or f"word-taken/{row.message_id}/{row.owner_id}/{row.asked_at}"
    tell(connection, LetterKind.WORD_TAKEN, row.owner, facts, about=about, at=at)
    if asked.get("asked") in OF_OTHERS and row.account_id is not None and row.sender:
        tell(connection, LetterKind.WORD_TAKEN, row.sender, facts, about=f"{about}/sender", at=at)


def _tell_lapsed(connection: Connection, row: Found, held: Sequence[Found], at: int) -> None:
    asked = read_facts(row.facts)
    facts = {**_told(row, asked), "until": row.until, **_others(connection, row)}
    about = f"word-lapsed/{row.message_id}/{row.owner_id}/{row.asked_at}"
    if row.account_id is None and asked.get("asked") != "sender":
        tell(connection, LetterKind.WORD_LAPSED, row.owner, {**facts, "back": "no"}, about=about, at=at)
        if asked.get("asked") == OUTSIDE:
            _tell_recipients(connection, row, held, facts, about, at)
        return
    to = row.owner if asked.get("asked") == "sender" else row.sender
    if to:
        returned = {**facts, "back": "yes", "original": row.message_id}
        tell(connection, LetterKind.WORD_LAPSED, to, returned, about=about, at=at)


def _tell_recipients(
    connection: Connection, row: Found, held: Sequence[Found], facts: dict[str, Any], about: str, at: int
) -> None:
    """Those of ours who do not get what somebody else was asked about, at most `MOST_LISTED`: each reads the own
    address only, since a stranger's mail may have gone to others in secret (Bcc)."""
    addresses = [one.address for one in held if one.address != row.owner][:MOST_LISTED]
    ours = select(Mailbox.id, Mailbox.address).where(Mailbox.address.in_(addresses)).order_by(Mailbox.id)
    for one in connection.execute(ours):
        own = {**facts, "back": "no", "to": [one.address], "recipients": 1, "members": {}}
        tell(connection, LetterKind.WORD_LAPSED, one.address, own, about=f"{about}/{one.id}", at=at)


def _others(connection: Connection, row: Found) -> dict[str, Any]:
    """Who else gets it: of mail of ours."""
    return {} if row.account_id is None else others_facts(connection, row.message_id)


def _told(row: Found, asked: dict[str, Any]) -> dict[str, Any]:
    kept = ("vi", "en", "because_vi", "because_en", "to", "recipients", "members", "asked")
    facts = {key: asked[key] for key in kept if key in asked}
    return (
        facts
        | {"code": row.code, "sender": row.sender, "subject": row.subject, "at": row.received_at}
        | {"thread": row.thread}
    )
