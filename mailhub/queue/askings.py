"""A word is needed: the row that remembers it, and the letters to whoever is asked and to who wrote.

Called in the transaction that takes a message (enqueue.py), or that ends its inspection (fates.py). What becomes of
the word is `words.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Select, func, insert, select, update

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Mailbox
from mailhub.clock import HOUR, local_time, midnight
from mailhub.queue.models import EventKind
from mailhub.queue.others import others_facts
from mailhub.queue.records import Asking, Fate, NewEvent
from mailhub.queue.tables import pending_word_table, recipient_table
from mailhub.queue.written import Copy, written_facts

MOST_TOLD = 20  # messages that wait for one mailbox, each with a letter of its own; the digest tells of the others
MOST_LISTED = 20  # recipients in a letter
DESK = "desk"  # a document desk of ours is asked about mail of ours
OUTSIDE = "outside"  # an officer, or a desk, is asked about mail from outside
OF_OTHERS = (DESK, "other")  # who is asked about mail of ours did not write it
NOT_RETURNED = ("recipient", OUTSIDE)  # what nobody answers goes back to nobody: strangers hear SMTP replies only
WORKING_DAYS = range(5)  # Monday to Friday

_pending = pending_word_table.c


class HeldMessage(Protocol):
    """What is asked about: a `NewMessage`, or a `StoredMessage`."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def subject(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def received_at(self) -> int: ...


def deadline(at: int, hours: int) -> int:
    """The moment (ms) that lies `hours` after `at`, Saturdays and Sundays not counted (`[policy] hold_hours`)."""
    left, moment = hours * HOUR, at
    while True:
        day = local_time(moment).date()
        tomorrow = midnight(day + timedelta(days=1))
        if day.weekday() not in WORKING_DAYS:
            moment = tomorrow
        elif moment + left <= tomorrow:  # midnight is the end of a working day: `hết ngày 27/11/2026`
            return moment + left
        else:
            left, moment = left - (tomorrow - moment), tomorrow


def ask(
    connection: Connection,
    message: HeldMessage,
    fates: Iterable[tuple[str, Fate]],
    *,
    at: int,
    subject_told: bool = True,
) -> list[NewEvent]:
    """Remember whose word the message waits for, and write the letters; gives the lines of the timeline to append.

    `fates` are (address written to, fate); only those with an `asking` matter. Recipients that wait for the same
    mailbox wait together: one row, one letter. The caller holds them: `held_for` WORD, `held_about` the owner's
    number. `subject_told`: False while something attached is unread, which may prove to be a secret. Where many wait
    for one mailbox already no more letters are written: a flood of mail must not become one of letters.
    """
    together: dict[int, list[tuple[str, Asking]]] = {}
    for address, fate in fates:
        if fate.asking is not None:
            together.setdefault(fate.asking.owner_id, []).append((address, fate.asking))
    if not together:
        return []
    copies = {row.address: row for row in connection.execute(_copies(message.id))}
    return [
        _ask_one(connection, message, members, copies, at, subject_told=subject_told) for members in together.values()
    ]


def _copies(message_id: int) -> Select[Any]:
    columns = (recipient_table.c.address, recipient_table.c.original)
    return select(*columns).where(recipient_table.c.message_id == message_id)


def _ask_one(
    connection: Connection,
    message: HeldMessage,
    members: list[tuple[str, Asking]],
    copies: Mapping[str, Copy],
    at: int,
    *,
    subject_told: bool,
) -> NewEvent:
    """Of mail of ours the letters name what the sender wrote, a group and not its members; a stranger may have said
    anything there, and who is asked about that is asked by the own address."""
    asking, addresses = members[0][1], [address for address, _ in members]
    written = written_facts((copies[address] for address in addresses if address in copies), MOST_LISTED)
    waiting = select(func.count()).where(_pending.owner_id == asking.owner_id)
    number = connection.execute(waiting).scalar_one()
    plain = {"to": addresses[:MOST_LISTED], "recipients": len(addresses)}
    facts = {**asking.facts, **(plain if message.account_id is None else written), "owner": asking.owner}
    facts["asked"] = _who_is_asked(message, asking)
    row = {
        "message_id": message.id,
        "owner_id": asking.owner_id,
        "rule": asking.rule,
        "facts": json.dumps(facts, ensure_ascii=False, default=str).encode("utf-8", "replace").decode(),
        "until": min(one.until for _, one in members),
        "reason_needed": any(one.reason_needed for _, one in members),
        "asked_at": at,
    }
    _remember(connection, row)
    if number < MOST_TOLD:
        told = {**facts, "code": message.code, "sender": message.sender, "at": message.received_at}
        told["thread"] = message.message_id
        told |= {"until": row["until"], "reason_needed": row["reason_needed"]}
        told |= {"subject": message.subject} if subject_told else {}
        told |= {} if message.account_id is None else others_facts(connection, message.id)
        if subject_told and facts["asked"] == DESK:  # it decides by what it sees
            told["original"] = message.id
        _tell(connection, message, asking, told, at)
    line = {"of": asking.owner, "rule": asking.rule, "until": row["until"], **written}
    return NewEvent(at=at, message_id=message.id, code=message.code, recipient=None, kind=EventKind.ASKED, facts=line)


def _remember(connection: Connection, row: dict[str, Any]) -> None:
    """A row a mailbox: what a late inspection adds to a message that waits for the same one already joins it."""
    pair = (_pending.message_id == row["message_id"], _pending.owner_id == row["owner_id"])
    before = connection.execute(select(pending_word_table).where(*pair).with_for_update()).one_or_none()
    if before is None:
        connection.execute(insert(pending_word_table).values(row))
        return
    sooner = {"until": min(row["until"], before.until), "reason_needed": row["reason_needed"] or before.reason_needed}
    connection.execute(update(pending_word_table).where(*pair).values(**sooner, facts=row["facts"]))


def _who_is_asked(message: HeldMessage, asking: Asking) -> str:
    """sender: who wrote it; desk: that of who wrote it; other: an officer, about mail of ours; recipient: who would get
    it from outside; outside: an officer, or a desk, about mail from outside."""
    if asking.owner_id == message.account_id or asking.owner.casefold() == message.sender.casefold():
        return "sender"
    asks = asking.facts.get("asks")
    if message.account_id is not None:
        return DESK if asks == DESK else "other"
    return OUTSIDE if asks in (DESK, "security") else "recipient"


def _tell(connection: Connection, message: HeldMessage, asking: Asking, facts: dict[str, Any], at: int) -> None:
    about = f"word/{message.id}/{asking.owner_id}/{at}"  # by it an answer's In-Reply-To leads back to the message
    tell(connection, LetterKind.POLICY_ASKED, asking.owner, facts, about=about, at=at)
    if facts["asked"] not in OF_OTHERS or message.account_id is None or not message.sender:
        return
    name = connection.execute(select(Mailbox.name).where(Mailbox.id == asking.owner_id)).scalar_one_or_none()
    waits = {**facts, "agrees": name or asking.owner}
    waits |= {"original": None, "title": ""}  # who wrote it reads the rule's advice, and has the message
    tell(connection, LetterKind.POLICY_WAITS, message.sender, waits, about=about.replace("word/", "word-waits/"), at=at)
