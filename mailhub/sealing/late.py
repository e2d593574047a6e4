"""A desk's mail after it was read: the rules are asked, its documents are sealed, and the sealed copy takes its place.

Stands between the late inspection and the rules (`intake/ruling.LateJudge`). Nothing is written here but the record of
each act: the new message, its recipients and the end of the first one are rows of the transaction that lets the first
go. A crash before it leaves a body that nobody names, which housekeeping clears, and the mail is sealed anew.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Connection, select

from mailhub.clock import SECOND, now_ms
from mailhub.errors import MailhubError
from mailhub.intake.inspection import Inspection
from mailhub.intake.ruling import LateJudge, LateRuling, NotYet
from mailhub.mail.replacing import Untouchable
from mailhub.queue.inspections import latest_of
from mailhub.queue.leases import load_message
from mailhub.queue.models import EventKind
from mailhub.queue.records import NewMessage, StoredMessage
from mailhub.queue.senders import closed_accounts
from mailhub.queue.tables import event_table
from mailhub.queue.waiting import recipients_of
from mailhub.registry.matching import Agencies, load_agencies
from mailhub.sealing import acts
from mailhub.sealing.acts import Clerk, Wanted
from mailhub.sealing.choosing import Choice, ToSeal, choose
from mailhub.sealing.committing import octets_of, successor_of, with_files
from mailhub.sealing.gate import SEALING
from mailhub.sealing.holding import Stopped, held_fates, is_over, nobody
from mailhub.sealing.ordering import SealedFile, Sealer
from mailhub.sealing.papers import papers_of
from mailhub.sealing.reasons import OF_PART, NotSealed, Refused
from mailhub.sealing.switching import SealingDesk, sealing_desk_named
from mailhub.sealing.telling import as_if_sealed, file_line, judged_in, passed_lines, sealed_lines, story_line
from mailhub.settings import Settings
from mailhub.signatures.verdict import Verdict
from mailhub.signer.orders import TEMPORARY, Refusal, SealKind
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

DESK_OFF = "desk off"  # seals no more: somebody switched it off after the mail was taken
# The signer is waited for as the readers are; at the latest time the desk is asked.
_AWAY = frozenset(word.value for word in TEMPORARY)
_ANOTHER_TRY = 30 * SECOND
_GOOD = (Verdict.VALID, Verdict.UNKNOWN)


class Look(Protocol):
    """Reads a message, and judges what is signed in it; the worker hands it in."""

    async def inspect(self, data: bytes, message: StoredMessage) -> Inspection:
        """What the sealed mail `data`, which takes the place of `message`, brings with it.

        Raises:
            InspectorUnavailable, StoreUnavailable
        """
        ...

    def keep(self, connection: Connection, inspection: Inspection, message: NewMessage, desk_agency_id: int) -> None:
        """Write down what was read and judged of the sealed mail."""
        ...


@dataclass(frozen=True, slots=True)
class _Task:
    """A mail of a desk that seals."""

    desk: SealingDesk
    clerk: Clerk
    addresses: tuple[str, ...]
    first_line: Mapping[str, Any]
    data: bytes
    agencies: Agencies
    until: int  # its latest time


class SealingJudge:
    """A `LateJudge` around the rules' own, for one worker."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        spool: Spool,
        rules: LateJudge,
        sealer: Sealer,
        look: Look,
    ) -> None:
        self._settings = settings
        self._database = database
        self._spool = spool  # of its own: commits to a spool take turns in one thread
        self._rules = rules
        self._sealer = sealer
        self._look = look
        self._turn = asyncio.Lock()

    async def judge(self, message: StoredMessage, inspection: Inspection | None) -> LateRuling:
        """What becomes of it, sealed where it is to be.

        Raises:
            NotYet: the signer is away. MailhubError: not now.
        """
        task = await asyncio.to_thread(self._task, message)
        if not isinstance(task, _Task):
            ruling = await self._rules.judge(message, inspection)
            return _with_words(ruling, {"desk": task, "files": [file_line("", task, DESK_OFF)]}) if task else ruling
        try:
            return await self._seal(message, inspection, task)
        except MailhubError:
            raise
        except Exception as error:  # a fault of ours must not send out, unsealed, what was to be sealed
            log.exception("sealing %s failed", message.code)
            why = NotSealed(Refused.FAULT.value, type(error).__name__)
            return await self._held(message, inspection, task, [Stopped("", message.subject or message.code, why)])

    def _task(self, message: StoredMessage) -> _Task | str:
        """What there is to do; the desk's address when it has been switched off since, "" when nothing was promised."""
        event = event_table.c
        first = select(event.facts).where(event.message_id == message.id, event.kind == EventKind.RECEIVED.value)
        with self._database.read() as connection:
            facts = json.loads(connection.scalar(first.order_by(event.id).limit(1)) or "{}")
            named = str(facts.get(SEALING) or "")
            desk = sealing_desk_named(connection, named) if named else None
            if desk is None:
                return named
            clerk = Clerk(
                address=str(facts.get("account") or message.sender),
                account_id=message.account_id,
                ip=str(facts.get("client") or ""),
            )
            until = latest_of(connection, message.id)
            addresses, agencies = tuple(recipients_of(connection, message.id)), load_agencies(connection)
        try:
            data = b"".join(self._spool.read(message.location))
        except MailhubError as error:  # somebody dropped it, and the body is gone: nobody will get it either
            log.warning("%s is not sealed: %s", message.code, error)
            return ""
        return _Task(desk, clerk, addresses, facts, data, agencies, until)

    # ------------------------------------------------------------------ one mail

    async def _seal(self, message: StoredMessage, inspection: Inspection | None, task: _Task) -> LateRuling:
        """The rules are asked twice: as if it were sealed already, so that nothing is sealed which they let nobody
        have, and about what came of it."""
        if inspection is None:
            asked = await asyncio.to_thread(self._give_up, message)
            why = NotSealed(Refusal.UNAVAILABLE.value if asked else Refused.UNREAD.value)
            return await self._held(message, None, task, [Stopped("", message.subject or message.code, why)])
        papers = await asyncio.to_thread(
            papers_of, inspection, task.data, judged_in(inspection), task.desk, task.agencies
        )
        choice = choose(papers)
        if choice.refused:
            stopped = [Stopped(one.path, one.name, NotSealed(why.value)) for one, why in choice.refused]
            return await self._held(message, inspection, task, stopped)
        foreseen = await self._rules.judge(message, as_if_sealed(inspection, choice))
        if not choice.orders:
            return _with_line(foreseen, task, passed_lines(choice)) if choice.passed else foreseen
        if is_over(foreseen.ruling) or nobody(foreseen.ruling, task.addresses):
            return foreseen
        files, broken = await self._order(message, choice.orders, task)
        if broken is not None:
            return await self._held(message, inspection, task, [broken])
        return await self._replace(message, inspection, task, choice, files)

    async def _order(
        self, message: StoredMessage, orders: Sequence[ToSeal], task: _Task
    ) -> tuple[dict[str, SealedFile], Stopped | None]:
        """The sealed files by their parts' paths; or the first that was not sealed.

        Raises:
            NotYet: the signer is away, and may be back before the latest time.
        """
        again = now_ms() + _ANOTHER_TRY < task.until
        octets = await asyncio.to_thread(octets_of, task.data, [one.paper.path for one in orders])
        found: dict[str, SealedFile] = {}
        main = ""
        for order in orders:
            paper, original = order.paper, octets[order.paper.path]
            if await asyncio.to_thread(self._is_closed, task.clerk):
                return found, Stopped(paper.path, paper.name, NotSealed(Refused.CLERK.value))
            wanted = Wanted(
                desk=task.desk,
                clerk=task.clerk,
                path=paper.path,
                kind=order.kind.value,
                original=sha256(original).digest(),
                message_id=message.id,
                code=message.code,
                doc_type=paper.doc_type,
                number=paper.number,
            )
            main_of = main if order.kind is SealKind.ATTACHMENT else ""
            sealed = await self._sealer.seal(wanted, original, main=main_of, again=again)
            if isinstance(sealed, NotSealed) and again and sealed.word in _AWAY:
                raise NotYet(f"{sealed.word}: {sealed.detail}")
            if isinstance(sealed, NotSealed):
                return found, Stopped(paper.path, paper.name, sealed)
            found[paper.path] = sealed
            main = main or wanted.original.hex()
        return found, None

    def _give_up(self, message: StoredMessage) -> bool:
        with self._database.write() as connection:
            return acts.give_up(connection, message.id, Refusal.UNAVAILABLE.value, at=now_ms())

    def _is_closed(self, clerk: Clerk) -> bool:
        """Whether the clerk's account may not send any more: what it asked for is not sealed (threats 4.12)."""
        with self._database.read() as connection:
            return bool(closed_accounts(connection, [clerk.account_id] if clerk.account_id is not None else []))

    async def _replace(
        self,
        message: StoredMessage,
        before: Inspection,
        task: _Task,
        choice: Choice,
        files: Mapping[str, SealedFile],
    ) -> LateRuling:
        """The mail anew with its sealed files in it, looked at as any mail would be."""
        contents = {path: sealed.content for path, sealed in files.items()}
        data = await asyncio.to_thread(with_files, task.data, contents)
        if isinstance(data, Untouchable):
            why = NotSealed(OF_PART[data].value)
            return await self._bad(message, before, task, files, Stopped("", message.subject, why))
        inspection = await self._look.inspect(data, message)
        judged = judged_in(inspection)
        for order in choice.orders:
            path = order.paper.path
            if path not in judged or judged[path].verdict not in _GOOD:
                said = judged[path].verdict.value if path in judged else "not read"
                why = NotSealed(Refused.BAD_RESULT.value, said)
                return await self._bad(message, before, task, files, Stopped(path, order.paper.name, why))
        ruling = await self._rules.judge(message, inspection)
        if is_over(ruling.ruling):
            return ruling
        told = story_line(task.desk, task.clerk, sealed_lines(choice.orders, files) + passed_lines(choice))
        enter = partial(successor_of, self._spool, message, data, inspection, first_line=task.first_line, told=told)
        async with self._turn:
            successor = await asyncio.to_thread(enter)
        new = successor.message
        numbers = [one.act for one in files.values()]

        def write(connection: Connection) -> None:
            if load_message(connection, new.id) is None:  # nobody waited for it any more: somebody dropped the first
                return
            acts.note_code(connection, numbers, new.code)
            self._look.keep(connection, inspection, new, task.desk.agency_id)

        return replace(ruling, ruling=replace(ruling.ruling, successor=successor), also=(*ruling.also, write))

    async def _bad(
        self, message: StoredMessage, before: Inspection, task: _Task, files: Mapping[str, SealedFile], bad: Stopped
    ) -> LateRuling:
        """What came out is not used."""
        log.error("what was sealed of %s is not used: %s %s", message.code, bad.why.word, bad.why.detail)
        held = await self._held(message, before, task, [bad])
        numbers = [one.act for one in files.values()]
        return replace(held, also=(*held.also, lambda connection: acts.note_bad(connection, numbers, bad.why.word)))

    async def _held(
        self, message: StoredMessage, inspection: Inspection | None, task: _Task, stopped: Sequence[Stopped]
    ) -> LateRuling:
        """The mail as it is, for the desk to decide; what the rules say of it holds as well."""
        ruling = await self._rules.judge(message, inspection)
        if is_over(ruling.ruling):
            return ruling
        hours = self._settings().policy.hold_hours
        fates = held_fates(ruling.ruling.fates, task.addresses, stopped, task.desk, at=message.received_at, hours=hours)
        lines = [file_line(one.path, one.name, one.why.word, detail=one.why.detail) for one in stopped]
        return _with_line(replace(ruling, ruling=replace(ruling.ruling, fates=fates)), task, lines)


def _with_line(ruling: LateRuling, task: _Task, lines: list[dict[str, Any]]) -> LateRuling:
    return _with_words(ruling, story_line(task.desk, task.clerk, lines))


def _with_words(ruling: LateRuling, facts: dict[str, Any]) -> LateRuling:
    line = (EventKind.SEALED, facts)
    return replace(ruling, ruling=replace(ruling.ruling, told=(*ruling.ruling.told, line)))


__all__ = ["Look", "SealingJudge"]
