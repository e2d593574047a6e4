"""The rules are asked about what was read after 250: the case as it came, with what is known now (architecture § 5).

At the dot only secrets were decided. What the door knew and the queue's rows do not say travels in the message's first
line (`screening`). Whom a person holds meanwhile is judged as well, and waits on for that person; a secret nobody gets.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts.directory import Directory
from mailhub.errors import MailhubError
from mailhub.incidents import service as incidents
from mailhub.intake.inspection import Inspection
from mailhub.intake.ruling import LateRuling
from mailhub.mail.body_text import read_body
from mailhub.mail.headers import Field, header_end, read_fields
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import Door, EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.records import NewMessage, NewRecipient, StoredMessage
from mailhub.queue.tables import event_table, recipient_table
from mailhub.screening.case import Case
from mailhub.screening.consequences.carrying_out import Judged, Write
from mailhub.screening.guarding import guarded
from mailhub.screening.screen import Screen
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

_WAITING = (HeldFor.INSPECTION, HeldFor.MODERATION, HeldFor.PERSON)
KNOWN = "screening"  # the fact of a message's first line that says what the door knew


def to_be_judged(message: NewMessage, case: Case, records: tuple[Write, ...]) -> NewMessage:
    """A message that waits to be read, with what the door knew of it."""
    known: dict[str, Any] = {"origin": case.origin.value, "proof": case.proof.value}
    known |= {"groups": dict(case.groups)} if case.groups else {}
    known |= {"account": case.account.id} if case.account is not None else {}
    return replace(message, facts={**message.facts, KNOWN: known}, records=(*message.records, *records))


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the queue knows of a message besides its row."""

    facts: dict[str, Any]
    recipients: tuple[NewRecipient, ...]
    waiting: frozenset[str]  # those about whom nothing is decided


class LateScreening:
    """A `LateJudge` for one worker."""

    def __init__(
        self, settings: Callable[[], Settings], database: Database, directory: Directory, spool: Spool, screen: Screen
    ) -> None:
        self._settings = settings
        self._database = database
        self._directory = directory
        self._spool = spool
        self._screen = screen

    async def judge(self, message: StoredMessage, inspection: Inspection | None) -> LateRuling:
        """What becomes of a message whose files were read, or could not be.

        Raises:
            MailhubError: it cannot be judged now.
        """
        rows = await asyncio.to_thread(self._rows, message.id)
        data = await asyncio.to_thread(self._data, message)
        case = await asyncio.to_thread(self._case, message, rows, data, inspection)
        judged = await self._screen.judge(case)
        if judged.decision.secret is not None:
            return await self._destroy(judged, message, data)
        open_ones = _about(judged, rows.waiting)
        outcome = await self._screen.outcome(
            open_ones, message_id=message.id, code=message.code, at=message.received_at
        )
        return LateRuling(
            ruling=Ruling(fates=outcome.fates, judged=outcome.told),
            also=(*outcome.letters, *self._records(judged, message)),
        )

    def _records(self, judged: Judged, message: StoredMessage) -> tuple[Write, ...]:
        found = self._screen.records(judged, message_id=message.id, code=message.code)
        return tuple(guarded(write, f"the record of {message.code}") for write in found)

    async def _destroy(self, judged: Judged, message: StoredMessage, data: bytes) -> LateRuling:
        settings = self._settings()
        secret = self._screen.secret_mail(judged, Door(message.door), data, code=message.code, message_id=message.id)
        prepared = await asyncio.to_thread(incidents.prepare_late, settings, secret)

        def enter(connection: Connection) -> None:
            incidents.enter_late(connection, settings, prepared, message_id=message.id)

        told = {"level": secret.level, "in": sorted(secret.found_in), "rule": secret.rule, "kept": prepared.kept.value}
        return LateRuling(
            ruling=Ruling(destroyed=told),
            also=(enter, *self._records(judged, message)),
            afterwards=partial(incidents.after_late, self._database, self._spool, settings, message.id),
            undone=partial(incidents.give_up, settings, prepared),
        )

    # ------------------------------------------------------------------ the case

    def _rows(self, message_id: int) -> _Rows:
        event, recipient = event_table.c, recipient_table.c
        first = select(event.facts).where(event.message_id == message_id, event.kind == EventKind.RECEIVED.value)
        written_to = recipient.purpose == Purpose.MAIL.value
        columns = (recipient.address, recipient.destination, recipient.original, recipient.notify)
        query = select(*columns, recipient.state, recipient.held_for)
        with self._database.read() as connection:
            facts = connection.execute(first.order_by(event.id).limit(1)).scalar()
            rows = connection.execute(
                query.where(recipient.message_id == message_id, written_to).order_by(recipient.id)
            ).all()
            people = tuple(
                NewRecipient(address=r.address, destination=r.destination, original=r.original, notify=r.notify)
                for r in rows
            )
            waiting = frozenset(r.address for r in rows if r.state == RecipientState.HELD and r.held_for in _WAITING)
        return _Rows(json.loads(facts) if facts else {}, people, waiting)

    def _data(self, message: StoredMessage) -> bytes:
        """The body; b"" when it is gone or cannot be read, and then nobody will get it either."""
        try:
            return b"".join(self._spool.read(message.location))
        except MailhubError as error:
            log.warning("%s is judged without its text: %s", message.code, error)
            return b""

    def _case(self, message: StoredMessage, rows: _Rows, data: bytes, inspection: Inspection | None) -> Case:
        known = rows.facts.get(KNOWN) or {}
        own = known.get("account", message.account_id)
        structure = None if inspection is None else inspection.structure
        fields: list[Field] = read_fields(data[: header_end(data)]) if data else []
        return Case(
            origin=Origin(known.get("origin", _origin_of(message))),
            proof=Proof(known.get("proof", Proof.NONE)),
            sender=message.sender,
            account=None if own is None else self._directory.account(own),
            client=str(rows.facts.get("client") or ""),
            fields=fields,
            subject=message.subject,
            message_id=message.message_id,
            size=message.size,
            at=message.received_at,
            recipients=rows.recipients,
            groups=known.get("groups", {}),
            inspection=inspection,
            body=read_body(data, structure) if data else None,
            unread=inspection is None or bool(inspection.pending),
            late=True,
        )


def _about(judged: Judged, addresses: frozenset[str]) -> Judged:
    """The same about these recipients alone: the others' copies are dropped, or judged, by now."""
    verdicts = (
        replace(verdict, addresses=tuple(one for one in verdict.addresses if one in addresses))
        for verdict in judged.decision.verdicts
    )
    decision = replace(judged.decision, verdicts=tuple(verdict for verdict in verdicts if verdict.addresses))
    case = replace(judged.case, recipients=[one for one in judged.case.recipients if one.address in addresses])
    return replace(judged, case=case, decision=decision)


def _origin_of(message: StoredMessage) -> Origin:
    return Origin.OWN if message.account_id is not None else Origin.OUTSIDE


__all__ = ["KNOWN", "LateScreening", "to_be_judged"]
