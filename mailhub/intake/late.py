"""Reads what the session had no time for: scanned pages, and files that came while the sandbox was busy.

The message is held meanwhile, and goes on by itself: when everything has been read, or at its latest time with
what was not read stated (architecture § 5).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from mailhub.accounts.desks import desk_agency
from mailhub.clock import SECOND, now_ms
from mailhub.errors import MailhubError
from mailhub.files.facts import Mode
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.limits import inspection_limits
from mailhub.intake.ruling import JUDGING, LateJudge, LateRuling, NoRules, NotYet
from mailhub.intake.telling import brings_secret, document_fields, sightings_of, timeline_facts
from mailhub.intake.verdicts import verdicts_of
from mailhub.intake.verifying import Seen
from mailhub.queue import service as queue
from mailhub.queue.inspections import Ruling, Waiting
from mailhub.registry import service as registry
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
AGAIN = 5 * SECOND  # until a message that could not be read is tried again
LEASE = 60 * SECOND  # beyond the time that the reading itself may take
MOST_LET_GO = 100  # messages at a time


class LateInspector:
    """Takes held messages one after another, as many at a time as there are slow sandboxes."""

    def __init__(
        self,
        name: str,
        settings: Callable[[], Settings],
        database: Database,
        spool: Spool,
        inspector: MailInspector,
        after: Callable[[], None],
        rules: LateJudge | None = None,
    ) -> None:
        self.name = name
        self._settings = settings
        self._database = database
        self._spool = spool
        self._inspector = inspector
        self._after = after
        self._rules = rules or NoRules()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def nudge(self) -> None:
        """Say that there may be something to read."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; what is being read then is taken up by the next process of this name."""
        await self._repeat(self._recover)
        try:
            while True:
                self._wake.clear()
                free = self._settings().inspector.slow - len(self._tasks)
                if free > 0:
                    await self._take(free)
                else:
                    await self._let_go()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _repeat(self, act: Callable[[], None]) -> None:
        while True:
            try:
                return await asyncio.to_thread(act)
            except MailhubError as error:
                log.warning("the queue cannot be read yet: %s", error)
                await asyncio.sleep(POLL_SECONDS)

    def _recover(self) -> None:
        with self._database.write() as connection:
            queue.release_inspections(connection, worker=self.name, now=now_ms())

    async def _take(self, free: int) -> None:
        try:
            claimed = await asyncio.to_thread(self._claim, free)
        except MailhubError as error:
            log.warning("the queue cannot be read: %s", error)
            return
        for waiting in claimed:
            task = asyncio.create_task(self._handle(waiting))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    async def _let_go(self) -> None:
        """What comes to its latest time behind others that take long goes on unread."""
        try:
            overdue = await asyncio.to_thread(self._claim, MOST_LET_GO, overdue=True)
        except MailhubError as error:
            log.warning("the queue cannot be read: %s", error)
            return
        for waiting in overdue:
            try:
                await self._finish(waiting, None, None)
            except Exception:  # one that trips us must not stop the others: its lease runs out
                log.exception("%s cannot be let go", waiting.message.code)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    def _claim(self, most: int, *, overdue: bool = False) -> list[Waiting]:
        now = now_ms()
        with self._database.read() as connection:
            if not queue.is_inspection_due(connection, now=now):
                return []
        lease = now + int(self._settings().inspector.latest_minutes * 60 * SECOND) + LEASE
        with self._database.write() as connection:
            return queue.claim_inspections(
                connection, worker=self.name, now=now, lease_until=lease, limit=most, overdue=overdue
            )

    # ------------------------------------------------------------ one message

    async def _handle(self, waiting: Waiting) -> None:
        """Read one message; whatever goes wrong, it is tried again or goes on.

        What was begun before and is late by now is not begun again: it may be what ended the process that read it.
        """
        if waiting.attempts > 1 and now_ms() >= waiting.until:
            await self._finish(waiting, None, None)
            return
        try:
            inspection, desk = await self._inspect(waiting)
        except Exception as error:
            if not isinstance(error, MailhubError):
                log.exception("reading %s failed", waiting.message.code)
            await self._put_off(waiting, error)
            return
        if inspection.pending and now_ms() + AGAIN < waiting.until:
            await self._put_off(waiting, None)
            return
        try:
            await self._finish(waiting, inspection, desk)
        except NotYet as error:
            log.warning("%s waits: %s", waiting.message.code, error)
            await self._put_off(waiting, None)

    async def _inspect(self, waiting: Waiting) -> tuple[Inspection, int | None]:
        message = waiting.message
        data, desk = await asyncio.to_thread(self._load, waiting)
        settings = self._settings()
        limits = inspection_limits(settings, Mode.FULL, want_text=desk is not None)
        seconds = max(1.0, (waiting.until - now_ms()) / SECOND)
        seen = Seen(at=message.received_at, sender=message.sender)
        found = await self._inspector.inspect(data, subject=message.subject, limits=limits, seconds=seconds, seen=seen)
        return found, desk

    def _load(self, waiting: Waiting) -> tuple[bytes, int | None]:
        message = waiting.message
        data = b"".join(self._spool.read(message.location))
        with self._database.read() as connection:
            return data, desk_agency(connection, [message.sender, *queue.recipients_of(connection, message.id)])

    async def _put_off(self, waiting: Waiting, error: Exception | None) -> None:
        """Later again; at the latest time the message goes on unread, and the timeline says so."""
        if error is not None:
            log.warning("%s could not be read: %s", waiting.message.code, error)
            if now_ms() + AGAIN >= waiting.until or await self._is_finished(waiting):
                await self._finish(waiting, None, None)
                return
        try:
            await asyncio.to_thread(self._postpone, waiting)
        except MailhubError as fault:
            log.warning("%s waits until its lease runs out: %s", waiting.message.code, fault)

    async def _is_finished(self, waiting: Waiting) -> bool:
        """Whether a person released or dropped it meanwhile, so that there is nothing to wait for."""

        def ask() -> bool:
            with self._database.read() as connection:
                return queue.is_finished(connection, waiting.message.id)

        try:
            return await asyncio.to_thread(ask)
        except MailhubError:
            return False

    def _postpone(self, waiting: Waiting) -> None:
        due_at = min(now_ms() + AGAIN, waiting.until)
        with self._database.write() as connection:
            queue.postpone_inspection(connection, waiting, worker=self.name, due_at=due_at)

    async def _finish(self, waiting: Waiting, inspection: Inspection | None, desk: int | None) -> None:
        """Ask the rules, and write down what comes of it; until that is done nobody gets the message."""
        found = await self._ask_rules(waiting, inspection)
        while True:
            try:
                mine = await asyncio.to_thread(self._write, waiting, inspection, desk, found)
            except MailhubError as error:
                log.warning("%s was read but cannot be written: %s", waiting.message.code, error)
                await asyncio.sleep(POLL_SECONDS)
            except Exception:
                if found.ruling.fault:
                    raise
                log.exception("what was read of %s cannot be kept", waiting.message.code)
                if inspection is None:  # not the records of its documents, then: what the rules say of it
                    await asyncio.to_thread(found.undone)
                    found = _held(JUDGING)
                inspection = None
            else:
                await asyncio.to_thread(found.afterwards if mine else found.undone)
                self._after()
                return

    async def _ask_rules(self, waiting: Waiting, inspection: Inspection | None) -> LateRuling:
        while True:
            try:
                return await self._rules.judge(waiting.message, inspection)
            except NotYet:
                raise
            except MailhubError as error:
                log.warning("%s was read but cannot be judged yet: %s", waiting.message.code, error)
                await asyncio.sleep(POLL_SECONDS)
            except Exception:
                log.exception("judging %s failed; it is held", waiting.message.code)
                return _held(JUDGING)

    def _write(self, waiting: Waiting, inspection: Inspection | None, desk: int | None, found: LateRuling) -> bool:
        """In one transaction; whether the message was ours to let go."""
        message, now = waiting.message, now_ms()
        unread = inspection is None or bool(inspection.pending)
        with self._database.write() as connection:
            mine = queue.finish_inspection(
                connection,
                waiting,
                worker=self.name,
                now=now,
                facts=timeline_facts(inspection) if inspection is not None else {},
                local_prefix=document_fields(inspection) if inspection is not None else b"",
                reason="latest time" if unread else "read",
                forget=inspection is not None and brings_secret(inspection),
                ruling=found.ruling,
            )
            if mine and inspection is not None:
                registry.keep(
                    connection,
                    sightings_of(
                        inspection,
                        message_id=message.id,
                        code=message.code,
                        at=message.received_at,
                        account_id=message.account_id,
                        desk_agency_id=desk,
                    ),
                )
                if found.ruling.destroyed is None:
                    for freeze in verdicts_of(inspection, message.id, message.code, message.received_at):
                        freeze(connection)
            for write in found.also if mine else ():
                write(connection)
        return mine


def _held(fault: str) -> LateRuling:
    return LateRuling(ruling=Ruling(fault=fault))
