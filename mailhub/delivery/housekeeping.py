"""Once a minute: bodies nobody needs any more go, and SQLite's log is moved into its file."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from mailhub.clock import DAY, now_ms
from mailhub.errors import MailhubError
from mailhub.queue import service as queue
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
# A body is on the disk before its rows are: what is younger than this may belong to a commit under way.
GRACE_SECONDS = 600.0
ABANDONED_SECONDS = 86_400.0  # an upload that moved no byte for a day
AT_ONCE = 20  # files removed in one transaction: doors wait meanwhile


async def keep_house(settings: Callable[[], Settings], database: Database, spool: Spool) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await asyncio.to_thread(clear_spool, settings(), database, spool)
            await asyncio.to_thread(database.checkpoint)
        except (MailhubError, OSError) as error:
            log.warning("housekeeping: %s", error)
        except Exception:
            log.exception("housekeeping failed")


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
