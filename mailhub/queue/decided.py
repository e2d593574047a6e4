"""What became of a message about which somebody gives a word that comes too late: told to who was asked or wrote it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts.models import Mailbox
from mailhub.ids import read_code
from mailhub.queue.models import EventKind, HeldFor
from mailhub.queue.tables import event_table, message_table
from mailhub.queue.word_list import speaks_for
from mailhub.store.facts import read_facts

# What a letter calls it, by what the timeline says.
_DONE = {EventKind.RELEASED: "sent", EventKind.WITHDRAWN: "withdrawn", EventKind.EXPIRED: "expired"}
_OTHERS = "others"
_event = event_table.c


def decided_facts(connection: Connection, account_id: int, code: str, at: int) -> dict[str, Any]:
    """`done`: sent, withdrawn or expired, with the moment and by whose word; `others` when it was never this account's
    to say, and then nothing else is told, not even whether there is such a message."""
    hands = speaks_for(connection, account_id, at)
    query = select(message_table.c.id, message_table.c.account_id).where(message_table.c.code == read_code(code))
    message = connection.execute(query).one_or_none()
    if message is None:
        return {"done": _OTHERS}
    kinds = [EventKind.ASKED.value, *(kind.value for kind in _DONE)]
    events = select(_event.at, _event.kind, _event.facts).where(_event.message_id == message.id, _event.kind.in_(kinds))
    own = set(connection.scalars(select(Mailbox.address).where(Mailbox.id.in_(list(hands)))))
    wrote, asked = message.account_id in hands, False
    last: dict[str, Any] = {}
    for row in connection.execute(events.order_by(_event.id)):
        facts = read_facts(row.facts)
        if row.kind == EventKind.ASKED:
            asked = asked or facts.get("of") in own
        elif _is_about_words(facts, own, wrote=wrote):
            last = {"done": _DONE[EventKind(row.kind)], "decided_at": row.at, "by": str(facts.get("actor") or "")}
    if last and (asked or wrote):
        return last
    return {} if asked else {"done": _OTHERS}


def _is_about_words(facts: dict[str, Any], own: set[str], *, wrote: bool) -> bool:
    """A word that was given, or was not, for one of these mailboxes; or what an administrator did instead."""
    if facts.get("for") == HeldFor.WORD.value:
        return wrote or facts.get("of") in own
    return "for" not in facts and bool(facts.get("actor"))
