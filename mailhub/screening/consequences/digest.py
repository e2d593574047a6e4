"""At the hour of `[policy] digest_hour` of a working day each mailbox is told what waits for its word: one letter."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.clock import HOUR, local_time, midnight
from mailhub.queue.askings import NOT_RETURNED, WORKING_DAYS
from mailhub.queue.tables import pending_word_table
from mailhub.queue.word_list import WaitingWord, waiting_for
from mailhub.store.chunks import chunks

MOST_LISTED = 50  # messages in one letter; more are counted
# Who was asked → who has it when nobody answers; of everybody else's, its sender.
_THEN = {"sender": "owner", **dict.fromkeys(NOT_RETURNED, "nobody")}


def send_digests(connection: Connection, *, hour: int, at: int) -> int:
    """Tell every mailbox for whose word something has waited since before `hour` o'clock today; how many letters.

    Each mailbox is told once a day, however often this is called; a hub that was off at that hour catches up.
    """
    now = local_time(at)
    begins = midnight(now.date()) + hour * HOUR
    if now.date().weekday() not in WORKING_DAYS or at < begins:
        return 0
    asked = select(pending_word_table.c.owner_id).where(
        pending_word_table.c.asked_at < begins, pending_word_table.c.until > at
    )
    told = 0
    for owners in chunks(sorted(connection.scalars(asked.distinct()))):
        waiting = sorted(waiting_for(connection, owners, limit=100_000), key=lambda one: (one.owner_id, one.until))
        for owner_id, members in groupby(waiting, key=lambda one: one.owner_id):
            rows = list(members)
            facts = _facts(rows, at)
            about = f"held-digest/{owner_id}/{now.date().isoformat()}"
            told += tell(connection, LetterKind.HELD_DIGEST, rows[0].owner, facts, about=about, at=at)
    return told


def _facts(rows: list[WaitingWord], at: int) -> dict[str, Any]:
    items = [_item(row) for row in rows[:MOST_LISTED]]
    return {"at": at, "number": len(rows), "example": rows[0].code, "items": items}


def _item(row: WaitingWord) -> dict[str, Any]:
    kept = ("vi", "en", "because_vi", "because_en", "to", "recipients", "members", "asked", "title", "papers")
    facts: dict[str, Any] = {key: row.facts[key] for key in kept if key in row.facts}
    facts |= {"code": row.code, "subject": row.subject, "until": row.until}
    asked = str(row.facts.get("asked", ""))
    facts |= {"sender": row.sender} if asked != "sender" else {}
    return facts | {"then": _THEN.get(asked, "sender")}
