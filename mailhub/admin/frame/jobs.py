"""Long work from a page: a thread does it, a row says how far it is, and the page asks every second.

Nothing here makes work resumable: what may be interrupted (a roster) is so in its service, and is started again.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from mailhub.admin.frame.faults import UNFORESEEN, fault_of
from mailhub.admin.frame.models import WebJob
from mailhub.clock import SECOND
from mailhub.errors import MailhubError, TemporaryError
from mailhub.ids import new_code, new_id
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

RUNNING, DONE, FAILED = "running", "done", "failed"
SILENT = "silent"  # its process died, or has not been heard of for long
MOST_EACH = 3  # of one account: nobody fills the queue alone
SILENT_AFTER = 60 * SECOND  # a process that died says nothing more
_BEAT = SECOND


class TooMuchWork(TemporaryError):
    """Whoever asks has to wait for an earlier piece of work."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work as it stands."""

    id: int
    account_id: int
    kind: str
    title: str
    state: str
    done: int
    total: int
    leads_to: str
    text: str
    values: dict[str, Any]
    started_at: int
    ended_at: int | None

    @property
    def percent(self) -> int:
        """0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0


Work = Callable[["Progress"], str]


class Progress:
    """What the work is given. Call it with what is done and how much there is; writing that down costs a second's
    pause at most."""

    def __init__(self, database: Database, job_id: int, clock: Callable[[], int]) -> None:
        self._database, self._id, self._clock = database, job_id, clock
        self._told_at = 0

    def __call__(self, done: int, total: int) -> None:
        at = self._clock()
        if at - self._told_at < _BEAT and done < total:
            return
        self._told_at = at
        with self._database.write() as connection:
            connection.execute(update(WebJob).where(WebJob.id == self._id).values(done=done, total=total, beat_at=at))


class Jobs:
    """The work of one process. `timed` stands around each piece, with its kind: whoever measures sets it."""

    timed: Callable[[str], AbstractContextManager[None]] = staticmethod(lambda _: nullcontext())

    def __init__(self, database: Database, process: str, clock: Callable[[], int]) -> None:
        self._database, self._process, self._clock = database, process, clock
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._begun: Counter[int] = Counter()  # by account, here, and not at its end

    def start(self, account_id: int, kind: str, title: str, work: Work) -> str:
        """Begin, and give the path of the page that shows it. `work` gives the path that its end leads to.

        Raises:
            TooMuchWork: the account has as much under way as one person may have.
        """
        job_id, at = new_id(), self._clock()
        with self._lock:
            if self._begun[account_id] >= MOST_EACH:
                raise TooMuchWork(f"{MOST_EACH} pieces of work of yours are under way")
            self._begun[account_id] += 1
        row = {"id": job_id, "account_id": account_id, "kind": kind, "title": title[:300], "process": self._process}
        try:
            with self._database.write() as connection:
                connection.execute(insert(WebJob).values(**row, state=RUNNING, started_at=at, beat_at=at))
            self._threads.submit(self._run, job_id, kind, work).add_done_callback(lambda _: self._ended(account_id))
        except BaseException:
            self._ended(account_id)
            raise
        return f"/work/{job_id}"

    def _ended(self, account_id: int) -> None:
        with self._lock:
            self._begun[account_id] -= 1
            if not self._begun[account_id]:
                del self._begun[account_id]

    def find(self, job_id: int, account_id: int) -> Job | None:
        """The account's own work with this number."""
        fits = (WebJob.id == job_id, WebJob.account_id == account_id)
        with self._database.read() as connection:
            row = connection.execute(select(WebJob.__table__).where(*fits)).mappings().one_or_none()
        if row is None:
            return None
        silent = row["state"] == RUNNING and self._clock() - row["beat_at"] > SILENT_AFTER
        ident, values = json.loads(row["told"]) if row["told"] else ("", {})
        kept = ("id", "account_id", "kind", "title", "done", "total", "leads_to", "started_at", "ended_at")
        return Job(
            **{key: row[key] for key in kept}, state=SILENT if silent else row["state"], text=ident, values=values
        )

    def note_interrupted(self) -> None:
        """At the start: what the process of this name before this one had under way, it took along (kill -9, power)."""
        mine = (WebJob.process == self._process, WebJob.state == RUNNING)
        try:
            with self._database.write() as connection:
                connection.execute(update(WebJob).where(*mine).values(state=SILENT, ended_at=self._clock()))
        except StoreUnavailable as error:  # pages are there to say so; the rows fall silent by themselves
            log.warning("interrupted work could not be written down: %s", error)

    def under_way(self, kind: str) -> Job | None:
        """The newest work of this kind that runs, whoever began it."""
        heard = self._clock() - SILENT_AFTER
        fits = (WebJob.kind == kind, WebJob.state == RUNNING, WebJob.beat_at >= heard)
        query = select(WebJob.id, WebJob.account_id).where(*fits).order_by(WebJob.id.desc())
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else self.find(row.id, row.account_id)

    def close(self) -> None:
        """Let what runs come to its end."""
        self._threads.shutdown(wait=True)

    def _run(self, job_id: int, kind: str, work: Work) -> None:
        try:
            with self.timed(kind):
                leads_to = work(Progress(self._database, job_id, self._clock))
            self._end(job_id, state=DONE, leads_to=leads_to)
        except MailhubError as error:
            self._end(job_id, state=FAILED, told=json.dumps([fault_of(error).text, {"detail": str(error)}]))
        except Exception:
            code = new_code()
            log.exception("fault %s in a job", code)
            self._end(job_id, state=FAILED, told=json.dumps([UNFORESEEN.text, {"detail": code}]))

    def _end(self, job_id: int, **values: str) -> None:
        at = self._clock()
        with self._database.write() as connection:
            connection.execute(update(WebJob).where(WebJob.id == job_id).values(**values, beat_at=at, ended_at=at))
