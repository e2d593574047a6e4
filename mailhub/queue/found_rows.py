"""A message in a list: whom it is from and for, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from mailhub.queue.models import Purpose, RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.queue.word_list import told_subject
from mailhub.store.chunks import chunks
from mailhub.store.facts import read_facts

_message, _recipient = message_table.c, recipient_table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMail:
    """One message, or one refusal at the door (`refused`). `first` is one of its `number` recipients; `states` says of
    how many each state is true. `at` in ms."""

    id: int
    code: str
    at: int
    sender: str
    subject: str
    first: str = ""
    number: int = 0
    states: dict[RecipientState, int] = field(default_factory=dict)
    refused: bool = False

    @staticmethod
    def of_refusal(row: Any) -> FoundMail:
        """The event of a refusal."""
        facts = read_facts(row.facts)
        to, sender = row.recipient or "", str(facts.get("sender") or "")
        states = {RecipientState.REFUSED: 1}
        return FoundMail(id=row.id, code=row.code, at=row.at, sender=sender, subject="", first=to,
                         number=1 if to else 0, states=states, refused=True)  # fmt: skip


def rows_of(
    connection: Connection, ids: Collection[int], seen: Sequence[ColumnElement[bool]] = ()
) -> Sequence[FoundMail]:
    """The messages with these numbers, newest first. `seen`: which recipients may be told of (queue/blocks.py)."""
    found: list[FoundMail] = []
    for chunk in chunks(ids):
        found += _chunk(connection, chunk, seen)
    return sorted(found, key=lambda row: row.id, reverse=True)


def _chunk(connection: Connection, ids: list[int], seen: Sequence[ColumnElement[bool]]) -> list[FoundMail]:
    mine = (_recipient.message_id.in_(ids), _recipient.purpose == Purpose.MAIL.value, *seen)
    columns = (_recipient.message_id, _recipient.state, func.count(), func.min(_recipient.id))
    query = select(*columns).join(message_table, _message.id == _recipient.message_id) if seen else select(*columns)
    counted = connection.execute(query.where(*mine).group_by(_recipient.message_id, _recipient.state))
    states: dict[int, dict[RecipientState, int]] = {}
    firsts: dict[int, int] = {}
    for message_id, state, number, first in counted:
        states.setdefault(message_id, {})[RecipientState(state)] = number
        firsts[message_id] = min(first, firsts.get(message_id, first))
    named = dict(
        connection.execute(
            select(_recipient.message_id, _recipient.address).where(_recipient.id.in_(list(firsts.values())))
        ).all()
    )
    columns_of = (_message.id, _message.code, _message.received_at, _message.sender, told_subject())
    rows = connection.execute(select(*columns_of).where(_message.id.in_(ids)))
    return [
        FoundMail(
            id=row.id,
            code=row.code,
            at=row.received_at,
            sender=row.sender,
            subject=row.subject,
            first=named.get(row.id, ""),
            number=sum(states.get(row.id, {}).values()),
            states=states.get(row.id, {}),
        )
        for row in rows
    ]
