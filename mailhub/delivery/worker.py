"""Takes recipients that are due out of the queue, has them delivered, and writes down what came of it.

Each turn is one transaction: the results gathered since the last turn, the notices they cause, and the leases
of new work. The busier the worker, the more each turn carries.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from mailhub.clock import SECOND, now_ms
from mailhub.delivery.content import Content
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.outcomes import judge
from mailhub.delivery.outgoing import Outcome as Result
from mailhub.delivery.outgoing import Outgoing, RecipientResult, To
from mailhub.delivery.pool import Pool
from mailhub.delivery.room import IN_FLIGHT, Room, room_for
from mailhub.delivery.routes import LOCAL
from mailhub.delivery.signing import Signer
from mailhub.errors import MailhubError
from mailhub.mailboxes.render import FILED_HEADER, FOLDER_HEADER, JUNK_HEADER, folder_value
from mailhub.queue import service as queue
from mailhub.queue.models import EventKind, Purpose
from mailhub.queue.records import Claimed, NewEvent, NewMessage, Outcome
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import CHUNK, Location, Spool

log = logging.getLogger(__name__)

PER_TRANSACTION = 100  # RFC 5321 § 4.5.3.1.8
JUNK_FIELD = f"{JUNK_HEADER}: yes\r\n".encode("ascii")
SENT_BY_HEADER = "X-Mailhub-Sent-By"  # in the copy that a shared mailbox keeps of what was sent from it
POLL = 1 * SECOND  # the longest a worker goes without looking, should a nudge get lost


@dataclass(slots=True)
class _Turn:
    claimed: list[Claimed]
    next_due: int | None


class Worker:
    """One delivery process. `name` is its own among all that share the database."""

    def __init__(
        self,
        name: str,
        settings: Callable[[], Settings],
        database: Database,
        spool: Spool,
        pool: Pool,
        signer: Signer,
        notices: NoticeWriter,
    ) -> None:
        self.name = name
        self._settings = settings
        self._database = database
        self._spool = spool
        self._pool = pool
        self._signer = signer
        self._notices = notices
        self._wake = asyncio.Event()
        self._stopping = False
        self._outcomes: list[Outcome] = []
        self._signed: dict[int, bytes] = {}
        self._in_flight: dict[int, Claimed] = {}
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tripped = False  # the last turn failed for a reason that nobody foresaw

    def nudge(self) -> None:
        """Say that there may be work."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has ended."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop`."""
        await self._recover()
        renewer = asyncio.create_task(self._renew())
        try:
            while not (self._stopping and not self._in_flight and not self._outcomes):
                self._wake.clear()
                next_due = await self._take_turn()
                await self._rest(next_due)
        finally:
            renewer.cancel()

    async def _recover(self) -> None:
        """What an earlier process of this name held is due at once, not when its leases run out."""
        while not self._stopping:
            try:
                freed = await asyncio.to_thread(self._release_leases)
            except StoreUnavailable as error:
                log.warning("the queue cannot be read yet: %s", error)
                await asyncio.sleep(1)
            else:
                if freed:
                    log.info("%d recipients taken over from an earlier process", freed)
                return

    def _release_leases(self) -> int:
        with self._database.write() as connection:
            return queue.release_leases(connection, worker=self.name, now=now_ms())

    async def _rest(self, next_due: int | None) -> None:
        if self._wake.is_set():
            return
        wait = POLL if next_due is None else min(POLL, max(0, next_due - now_ms()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait / 1000)

    # --------------------------------------------------------------- one turn

    async def _take_turn(self) -> int | None:
        outcomes, self._outcomes = self._outcomes, []
        signed: dict[int, bytes] = {}
        if outcomes:  # a turn without results may well write nothing
            signed, self._signed = self._signed, {}
        # Those whose results are written now make room in the same turn.
        free = 0 if self._stopping else IN_FLIGHT - len(self._in_flight) + len(outcomes)
        try:
            turn = await self._write(outcomes, signed, room_for(self._busy, free))
        except MailhubError as error:
            log.warning("the queue cannot be written: %s", error)
            await self._keep(outcomes, signed)
            return None
        except Exception:
            if not self._tripped:
                self._tripped = True
                log.exception("a turn with %d results failed; it is tried again", len(outcomes))
                await self._keep(outcomes, signed)
                return None
            if not outcomes:
                raise
            log.exception("a turn with %d results failed again; they are written one by one", len(outcomes))
            self._tripped = False
            await self._write_singly(outcomes, signed)
            return now_ms()
        self._tripped = False
        self._forget(outcomes)
        self._dispatch(turn.claimed)
        return turn.next_due if not turn.claimed else now_ms()

    async def _keep(self, outcomes: Sequence[Outcome], signed: Mapping[int, bytes]) -> None:
        """What was delivered stays delivered: the results are kept, to be written as soon as it is possible."""
        self._outcomes[:0] = outcomes
        self._signed = {**signed, **self._signed}
        await asyncio.sleep(1)

    def _forget(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._in_flight.pop(outcome.recipient.id, None)

    async def _write_singly(self, outcomes: Sequence[Outcome], signed: dict[int, bytes]) -> None:
        """Give up only the results that cannot be written: their leases run out, and they are tried anew."""
        for at, outcome in enumerate(outcomes):
            message = outcome.recipient.message
            own = {message.id: signed[message.id]} if message.id in signed else {}
            try:
                await self._write([outcome], own, Room(0, 0))
            except MailhubError as error:
                log.warning("the queue cannot be written: %s", error)
                await self._keep(outcomes[at:], signed)
                return
            except Exception:
                log.exception("what became of %s to %s is lost", message.code, outcome.recipient.address)
            self._forget([outcome])

    async def _write(self, outcomes: Sequence[Outcome], signed: dict[int, bytes], room: Room) -> _Turn:
        notices: Sequence[NewMessage] = ()
        try:
            notices = await self._notices.compose(outcomes)
            return await asyncio.to_thread(self._write_turn, outcomes, signed, notices, room)
        finally:
            for notice in notices:
                notice.body.discard()

    def _write_turn(
        self, outcomes: Sequence[Outcome], signed: dict[int, bytes], notices: Sequence[NewMessage], room: Room
    ) -> _Turn:
        now = now_ms()
        if not outcomes and not self._is_due(now):
            return _Turn([], self._next_due(now))
        locations = self._spool.commit([notice.body for notice in notices]) if notices else []
        with self._database.write() as connection:
            if notices:
                self._spool.check(locations)
                self._enqueue(connection, outcomes, list(zip(notices, locations, strict=True)))
            queue.settle(connection, outcomes, worker=self.name, now=now, signed=signed)
            claimed = self._claim(connection, room, now)
        return _Turn(claimed, None if claimed else self._next_due(now))

    def _claim(self, connection: Connection, room: Room, now: int) -> list[Claimed]:
        take = partial(
            queue.claim,
            connection,
            worker=self.name,
            now=now,
            lease_until=now + self._settings().delivery.lease_seconds * SECOND,
        )
        claimed = take(limit=room.shared, without=room.without) if room.shared else []
        if len(claimed) == room.shared and room.second_look:
            claimed += take(limit=room.free - room.shared, only=LOCAL)
        return claimed

    def _enqueue(
        self, connection: Connection, outcomes: Sequence[Outcome], notices: Sequence[tuple[NewMessage, Location]]
    ) -> None:
        """Send `notices`, except those about recipients that were taken from us (dropped, another's by now)."""
        ours = queue.still_leased(connection, outcomes, worker=self.name)
        about = {(o.recipient.message.id, o.recipient.address) for o in outcomes if o.recipient.id in ours}
        sent = [(n, at) for n, at in notices if any((n.derived_from, to) in about for to in n.facts["for"])]
        queue.enqueue(connection, [notice for notice, _ in sent], [at for _, at in sent])
        queue.append_events(connection, [_told(notice) for notice, _ in sent])

    def _is_due(self, now: int) -> bool:
        with self._database.read() as connection:
            return queue.is_due(connection, now=now)

    def _next_due(self, now: int) -> int | None:
        with self._database.read() as connection:
            return queue.next_due(connection, after=now)

    def _dispatch(self, claimed: Sequence[Claimed]) -> None:
        groups: defaultdict[tuple[int, str, str, str], list[Claimed]] = defaultdict(list)
        for recipient in claimed:
            if recipient.id in self._in_flight:
                continue  # its lease ran out while nobody could renew it; the attempt under way will tell
            self._in_flight[recipient.id] = recipient
            self._busy[recipient.destination] += 1
            # A copy for a shared mailbox's Sent is another text: it names who sent it. So is one with a folder's name.
            key = (recipient.message.id, recipient.destination, recipient.sent_by, recipient.folder)
            groups[key].append(recipient)
        for group in groups.values():
            for start in range(0, len(group), PER_TRANSACTION):
                task = asyncio.create_task(self._deliver(group[start : start + PER_TRANSACTION]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    # --------------------------------------------------------------- delivery

    async def _deliver(self, group: list[Claimed]) -> None:
        key = group[0].destination
        try:
            results = await self._attempt(group)
        except Exception as error:
            # A message that trips us must not stop the others (poison message): it waits, and the log says why.
            log.exception("delivery of %s failed", group[0].message.code)
            fault = f"local fault: {type(error).__name__}: {error}"[:500]
            results = [RecipientResult(r.address, Result.TEMPORARY, 0, "4.3.0", fault) for r in group]
        now = now_ms()
        settings = self._settings().delivery
        for recipient, result in zip(group, results, strict=True):
            self._outcomes.append(judge(recipient, result, now=now, settings=settings))
        self._busy[key] -= len(group)
        if not self._busy[key]:
            del self._busy[key]
        self._wake.set()

    async def _attempt(self, group: list[Claimed]) -> list[RecipientResult]:
        message = group[0].message
        local = group[0].destination == LOCAL
        # A small body is read once, for the signature and for sending.
        small = message.location.length <= CHUNK
        body = b"".join(self._spool.read(message.location)) if small else None
        above = b""
        if not local:
            signature = message.dkim
            if signature is None:
                signature = self._signer.sign(message, self._spool.read(message.location) if body is None else (body,))
                if signature:
                    self._signed[message.id] = signature
            above = signature or b""
        else:
            above = _local_fields(group[0])
        outgoing = Outgoing(
            sender=message.sender,
            recipients=[To(r.address, r.notify, r.original) for r in group],
            content=Content(self._spool, message, above, body),
        )
        return await self._pool.deliver(group[0].destination, outgoing)

    async def _renew(self) -> None:
        while True:
            lease = self._settings().delivery.lease_seconds
            await asyncio.sleep(lease / 3)
            ids = list(self._in_flight)
            try:
                await asyncio.to_thread(self._renew_now, ids, now_ms() + lease * SECOND)
            except StoreUnavailable as error:
                log.warning("leases cannot be renewed: %s", error)
            except Exception:
                # Without renewal, whatever takes longer than a lease would be delivered twice, by another worker.
                log.exception("leases cannot be renewed")

    def _renew_now(self, ids: list[int], until: int) -> None:
        with self._database.write() as connection:
            queue.renew_leases(connection, ids, worker=self.name, lease_until=until)


def _local_fields(recipient: Claimed) -> bytes:
    """What stands above a message in our own mailboxes alone."""
    message = recipient.message
    if recipient.purpose is Purpose.SENT_COPY:
        return f"{FILED_HEADER}: sent\r\n{SENT_BY_HEADER}: {recipient.sent_by}\r\n".encode() + message.local_prefix
    folder = f"{FOLDER_HEADER}: {folder_value(recipient.folder)}\r\n".encode() if recipient.folder else b""
    return folder + message.local_prefix + (JUNK_FIELD if message.junk else b"")


def _told(notice: NewMessage) -> NewEvent:
    """The line in the story of the message that `notice` is about."""
    return NewEvent(
        at=notice.received_at,
        message_id=notice.derived_from,
        code=str(notice.facts["about"]),
        recipient=None,
        kind=EventKind.NOTIFIED,
        facts={"notice": notice.code, "about": notice.facts["notice"], "for": notice.facts["for"]},
    )
