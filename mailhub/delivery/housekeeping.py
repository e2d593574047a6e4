"""Once a minute: what no moderator decided in time is refused, what nobody gave a word for goes back, bodies nobody
needs any more go, and SQLite's log is moved into its file.

Once an hour, refusals that are old enough go too: anybody can cause them, as many as they like.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from sqlalchemy import delete, select

from mailhub.clock import DAY, now_ms
from mailhub.errors import MailhubError
from mailhub.ids import first_id
from mailhub.queue import service as queue
from mailhub.queue import words
from mailhub.queue.models import EventKind
from mailhub.queue.moderation import is_moderation_late, lapse
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
# A body is on the disk before its rows are: what is younger than this may belong to a commit under way.
GRACE_SECONDS = 600.0
ABANDONED_SECONDS = 86_400.0  # an upload that moved no byte for a day
REFUSALS_EVERY_SECONDS = 3_600.0
REFUSALS_AT_ONCE = 5_000  # in one transaction
AT_ONCE = 20  # files removed in one transaction: doors wait meanwhile


async def keep_house(settings: Callable[[], Settings], database: Database, spool: Spool) -> None:
    """Until cancelled."""
    refusals_due, seen = 0.0, 0
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await asyncio.to_thread(refuse_undecided, database)
            await asyncio.to_thread(clear_spool, settings(), database, spool)
            # After the spool: what goes back is sent with its original before the next round.
            await asyncio.to_thread(give_back_unanswered, database)
            if time.monotonic() >= refusals_due:
                seen = await asyncio.to_thread(clear_refusals, settings(), database, seen)
                refusals_due = time.monotonic() + REFUSALS_EVERY_SECONDS
            await asyncio.to_thread(database.checkpoint)
        except (MailhubError, OSError) as error:
            log.warning("housekeeping: %s", error)
        except Exception:
            log.exception("housekeeping failed")


def refuse_undecided(database: Database) -> int:
    """Refuse what no moderator of a group decided in time, and tell the senders; how many there were."""
    refused = 0
    while True:
        now = now_ms()
        with database.read() as connection:
            if not is_moderation_late(connection, at=now):
                return refused
        with database.write() as connection:
            refused += lapse(connection, at=now)


def give_back_unanswered(database: Database) -> int:
    """Give up what nobody gave a word for in time: it goes back to its sender; how many there were."""
    lapsed = 0
    while True:
        now = now_ms()
        with database.read() as connection:
            if not words.is_word_late(connection, at=now):
                return lapsed
        with database.write() as connection:
            lapsed += words.lapse(connection, at=now)


def clear_spool(settings: Settings, database: Database, spool: Spool) -> int:
    """Remove the files whose last message is final, and those no row knows; how many went."""
    for path in spool.abandoned(before=time.time() - ABANDONED_SECONDS):
        path.unlink(missing_ok=True)
    # The files are listed before the rows are asked: a file made in between is in neither list, and stays.
    old = [file for file, changed in spool.files() if time.time() - changed > GRACE_SECONDS]
    kept_until = now_ms() - settings.spool.keep_days * DAY
    with database.read() as connection:
        gone = [file for file in old if not queue.is_file_needed(connection, file, finished_after=kept_until)]
    removed = 0
    for start in range(0, len(gone), AT_ONCE):
        # Asked again while nobody can write rows: who was stopped between body and rows will find the body gone
        # (`Spool.check`), and never the rows without their body.
        with database.write() as connection:
            for file in gone[start : start + AT_ONCE]:
                if not queue.is_file_needed(connection, file, finished_after=kept_until):
                    spool.remove(file)
                    removed += 1
    return removed


def clear_refusals(settings: Settings, database: Database, seen: int = 0) -> int:
    """Forget refusals at the door that are older than `limits.refusals_kept_days`.

    Row numbers rise with time, so what lies below `seen` was looked at before. Answers the `seen` of the next call.
    """
    days = settings.limits.refusals_kept_days
    if not days:
        return seen
    event, end = queue.event_table, first_id(now_ms() - days * DAY)
    refusal = (event.c.message_id.is_(None), event.c.kind == EventKind.REFUSED.value, event.c.id < end)
    while True:
        batch = select(event.c.id).where(*refusal, event.c.id >= seen).order_by(event.c.id).limit(REFUSALS_AT_ONCE)
        with database.read() as connection:
            ids = connection.scalars(batch).all()
        if not ids:
            return max(seen, end)
        with database.write() as connection:
            connection.execute(delete(event).where(*refusal, event.c.id.between(ids[0], ids[-1])))
        seen = ids[-1] + 1
