"""Group commit: one thread takes every message that waits and makes them durable together.

Two fsyncs serve the whole batch: one of the bodies' segment, one of the database's log. The busier the doors,
the larger the batches, so the cost a message falls as the load rises (architecture § 4.2).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mailhub.errors import TemporaryError
from mailhub.queue import service as queue
from mailhub.queue.records import Committed, NewEvent, NewMessage
from mailhub.registry import service as registry
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Location, Spool

log = logging.getLogger(__name__)

MAX_BATCH = 200
GATHER_SECONDS = 0.002
Write = Callable[[Connection], None]
MAX_EVENTS = 5_000  # refusals not yet written; a flood of them must not fill the memory
RETRY_SECONDS = 1.0  # until events that the database did not take are tried again


@dataclass(slots=True)
class _Waiting:
    message: NewMessage
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Committed]


class Committer:
    """Takes messages from the event loop, answers when they are on the disk."""

    def __init__(self, database: Database, spool: Spool, after_commit: Callable[[], None]) -> None:
        self._database = database
        self._spool = spool
        self._after_commit = after_commit
        self._waiting: deque[_Waiting] = deque()
        self._events: deque[NewEvent] = deque()
        self._records: deque[Write] = deque()
        self.lost_events = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    async def commit(self, message: NewMessage) -> Committed:
        """Make `message` durable.

        Raises:
            StoreUnavailable: disk or database did not take it; nothing of it is kept.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Committed] = loop.create_future()
        with self._wake:
            self._waiting.append(_Waiting(message, loop, future))
            self._wake.notify()
        return await future

    def note(self, event: NewEvent) -> None:
        """Add a line to the timeline soon; lost when the process dies first, or when too many wait."""
        with self._wake:
            if len(self._events) >= MAX_EVENTS:
                self.lost_events += 1
                return
            self._events.append(event)
            self._wake.notify()

    def enter(self, write: Write) -> None:
        """Have something written soon that belongs to no message, the record of a refusal; may be lost as in `note`."""
        with self._wake:
            if len(self._records) >= MAX_EVENTS:
                self.lost_events += 1
                return
            self._records.append(write)
            self._wake.notify()

    # -------------------------------------------------------------- the thread

    def _run(self) -> None:
        busy = False
        while True:
            with self._wake:
                while not (self._waiting or self._events or self._records or self._stopping):
                    self._wake.wait()
            if busy:  # where several came together more are on their way: a short wait saves each of them an fsync
                time.sleep(GATHER_SECONDS)
            with self._wake:
                if self._stopping and not (self._waiting or self._events or self._records):
                    return
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                events = list(self._events)
                self._events.clear()
                records = [self._records.popleft() for _ in range(min(MAX_BATCH, len(self._records)))]
            busy = len(batch) > 1
            if batch or events:
                self._write(batch, events)
            if records:
                self._write_records(records)

    def _write(self, batch: list[_Waiting], events: list[NewEvent]) -> None:
        try:
            answers = self._commit([w.message for w in batch], events)
        except TemporaryError as error:
            log.warning("%d messages and %d lines could not be committed: %s", len(batch), len(events), error)
            _fail(batch, error)
            self._keep(events)
        except Exception:
            # The database takes some of it for wrong (a constraint, a type), or a fault nobody foresaw: one message
            # must not stand in the way of the others, nor end the thread.
            log.exception("a batch of %d was refused; its messages are tried one by one", len(batch))
            for waiting in batch:
                self._write_alone(waiting)
            for event in events:
                self._write_event(event)
        else:
            _answer(batch, answers)

    def _write_alone(self, waiting: _Waiting) -> None:
        message = waiting.message
        try:
            answers = self._commit([message], [])
        except Exception as error:
            if (message.sightings or message.records) and not isinstance(error, TemporaryError):
                # Mail goes before its records, of documents and of decisions: what cannot be kept is tried without.
                log.exception("what %s brings cannot be kept", message.code)
                self._write_alone(replace(waiting, message=replace(message, sightings=(), records=())))
                return
            _fail([waiting], StoreUnavailable(f"commit: {type(error).__name__}: {error}"))
        else:
            _answer([waiting], answers)

    def _write_event(self, event: NewEvent) -> None:
        try:
            self._commit([], [event])
        except Exception:
            log.exception("a line of the timeline is lost: %s %s", event.code, event.kind)

    def _write_records(self, records: Sequence[Write]) -> None:
        try:
            with self._database.write() as connection:
                for write in records:
                    write(connection)
        except Exception as error:
            if len(records) == 1:
                log.exception("a record is lost", exc_info=error)
                return
            for one in records:
                self._write_records([one])

    def _keep(self, events: list[NewEvent]) -> None:
        """Try them again in a while, or with the next message."""
        with self._wake:
            if not self._stopping:
                room = max(0, MAX_EVENTS - len(self._events))
                self.lost_events += max(0, len(events) - room)
                self._events.extendleft(reversed(events[:room]))
            if not self._waiting and not self._stopping:
                self._wake.wait(RETRY_SECONDS)

    def _commit(self, messages: Sequence[NewMessage], events: Sequence[NewEvent]) -> list[Committed]:
        locations = self._spool.commit([message.body for message in messages]) if messages else []
        with self._database.write() as connection:
            self._spool.check(locations)
            answers = queue.enqueue(connection, messages, locations) if messages else []
            taken = [m for m, a in zip(messages, answers, strict=True) if not (a.repeated or a.closed)]
            seen = [sighting for message in taken for sighting in message.sightings]
            if seen:
                registry.keep(connection, seen)
            for message in taken:
                for write in (*message.also, *message.records):
                    write(connection)
            queue.append_events(connection, events)
        if messages:
            self._wipe_unread(zip(messages, answers, locations, strict=True))
            self._after_commit()
        return answers

    def _wipe_unread(self, found: Iterable[tuple[NewMessage, Committed, Location]]) -> None:
        """Of what was not taken, because it was here before, nothing stays that may prove to be a secret."""
        for message, answer, location in found:
            if message.inspecting is not None and (answer.repeated or answer.closed):
                try:
                    self._spool.wipe(location)
                except TemporaryError as error:  # housekeeping removes it
                    log.warning("a body that came twice is still there: %s", error)


def _answer(batch: list[_Waiting], answers: list[Committed]) -> None:
    for loop in {waiting.loop for waiting in batch}:
        mine = [(w.future, a) for w, a in zip(batch, answers, strict=True) if w.loop is loop]
        loop.call_soon_threadsafe(_set_results, mine)


def _set_results(answers: list[tuple[asyncio.Future[Committed], Committed]]) -> None:
    for future, answer in answers:
        if not future.done():
            future.set_result(answer)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for waiting in batch:
        waiting.loop.call_soon_threadsafe(_set_error, waiting.future, error)


def _set_error(future: asyncio.Future[Committed], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
