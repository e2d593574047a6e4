"""Whether there is room for more mail, asked often and looked up seldom."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from mailhub.clock import HOUR, now_ms
from mailhub.errors import MailhubError
from mailhub.queue import service as queue
from mailhub.settings import Settings
from mailhub.store.database import Database

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0  # seconds


class Gauges:
    """Sheds load before memory or disk are gone: what these refuse is tried again by the sender."""

    def __init__(self, settings: Callable[[], Settings], database: Database, spool: Path) -> None:
        self._settings = settings
        self._database = database
        self._spool = spool
        self._looked_at = 0.0
        self._problem: str | None = None

    def problem(self) -> str | None:
        """`queue-full`, `disk-full` or `local-fault` when no mail can be taken now; else None."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            self._problem = self._look()
            self._looked_at = time.monotonic()
        return self._problem

    def is_too_fast(self, account_id: int, more: int) -> bool:
        """Whether `more` recipients would take an account over `[limits] submissions_per_hour`.

        Raises:
            StoreUnavailable
        """
        limit = self._settings().limits.submissions_per_hour
        if not limit:
            return False
        with self._database.read() as connection:
            return queue.count_sent(connection, account_id, since=now_ms() - HOUR) + more > limit

    def _look(self) -> str | None:
        limits = self._settings().limits
        try:
            free = os.statvfs(self._spool)
            if limits.spool_free_mib and free.f_bavail * free.f_frsize < limits.spool_free_mib * 1024 * 1024:
                return "disk-full"
            if limits.queue_messages:
                with self._database.read() as connection:
                    if queue.count_open(connection) >= limits.queue_messages:
                        return "queue-full"
        except (MailhubError, OSError) as error:
            log.warning("no mail is taken: %s", error)
            return "local-fault"
        return None
