"""Answers go into the database: `word.py` reads them, `queue/answers.py` judges them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from mailhub.clock import HOUR, now_ms
from mailhub.errors import TemporaryError
from mailhub.queue.answers import TAKEN, Answer, Taken, take_answer
from mailhub.store.database import Database

MOST_AN_HOUR = 120  # answers of one account in one process: each leaves a row in the audit log, and may cause a letter
MOST_ACCOUNTS = 10_000  # remembered


class TooManyAnswers(TemporaryError):
    """The account has answered very often; later it may again."""


class WordTaker:
    """Takes answers into the database; `after` is called when something may have been queued."""

    def __init__(self, database: Database, after: Callable[[], None], *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._after = after
        self._clock = clock
        self._lately: dict[int, deque[int]] = {}

    async def take(self, account_id: int, answer: Answer, ip: str) -> Taken:
        """Do what the answer says.

        Raises:
            StoreUnavailable, TooManyAnswers: nothing was done.
        """
        self._count(account_id)

        def write() -> Taken:
            with self._database.write() as connection:
                return take_answer(connection, account_id, answer, ip=ip, at=self._clock())

        taken = await asyncio.to_thread(write)
        if taken.state == TAKEN:
            self._after()
        return taken

    def _count(self, account_id: int) -> None:
        now = self._clock()
        if len(self._lately) > MOST_ACCOUNTS:
            self._lately.clear()
        times = self._lately.setdefault(account_id, deque())
        while times and times[0] <= now - HOUR:
            times.popleft()
        if len(times) >= MOST_AN_HOUR:
            raise TooManyAnswers(f"account {account_id} answers too often")
        times.append(now)
