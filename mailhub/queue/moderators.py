"""A message to a moderated group enters: the row that remembers it, and the letters to those who decide."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.queue.records import NewMessage
from mailhub.queue.tables import pending_moderation_table

MOST_GROUPS = 9  # that one recipient waits for; each number takes 20 characters of the column
MOST_TOLD = 20  # moderators of one message; and messages of one group that wait, each with letters of its own

_pending = pending_moderation_table.c


def ask_moderators(connection: Connection, message: NewMessage) -> None:
    """Remember, in the transaction that takes the message, which groups it waits for, and tell their moderators.

    Where many wait already no more letters are written: a flood of mail must not become one of letters.
    """
    for asked in message.moderating:
        waiting = select(func.count()).where(_pending.group_id == asked.group_id)
        number = connection.execute(waiting).scalar_one()
        row = {"message_id": message.id, "group_id": asked.group_id, "until": asked.until}
        connection.execute(insert(pending_moderation_table).values(row))
        facts = {"group": asked.group, "code": message.code, "sender": message.sender, "until": asked.until}
        if message.inspecting is None:  # what is still to be read may prove to be a secret, whose subject is not told
            facts["subject"] = message.subject
        for address in asked.tell[: MOST_TOLD if number < MOST_TOLD else 0]:
            about = f"moderation/{message.id}/{asked.group_id}/{address}"[:200]
            tell(connection, LetterKind.MODERATION, address, facts, about=about, at=message.received_at)
