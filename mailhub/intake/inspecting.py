"""The inspection within a session: what a door asks at the dot, and what it then adds to the message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from mailhub.accounts.desks import desk_agency
from mailhub.clock import now_ms
from mailhub.files.facts import Mode
from mailhub.intake.inspection import BLOCKING_OCTETS, Inspection, MailInspector, Octets
from mailhub.intake.limits import inspection_limits, latest_time
from mailhub.intake.telling import brings_secret, document_fields, sightings_of, timeline_facts
from mailhub.intake.verdicts import verdicts_of
from mailhub.intake.verifying import Seen
from mailhub.mail.headers import Field, first, unfold
from mailhub.mail.structure import read_structure
from mailhub.queue.records import Inspecting, NewMessage
from mailhub.settings import Settings
from mailhub.store.database import Database

_PLAIN = (b"text/plain", b"text/html")
_WHY = {"ocr": "scanned pages", "unread": "not read in time"}


def may_have_files(fields: Sequence[Field]) -> bool:
    """Whether the message can have anything but text in it: plain mail is told from its header alone (RFC 2045 § 5)."""
    kind, placed = first(fields, b"content-type"), first(fields, b"content-disposition")
    if placed is not None:
        return True
    if kind is None:
        return False
    value = unfold(kind.raw).lower()
    # A name makes an attachment of a text; several such fields are for the reader of the structure to tell apart.
    alone = sum(field.name.lower() == b"content-type" for field in fields) == 1
    return not (alone and value.partition(b";")[0].rstrip() in _PLAIN and b"name" not in value)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was read at the dot. `desk` is the agency whose desk the message concerns."""

    inspection: Inspection
    desk: int | None

    def added_to(self, message: NewMessage, settings: Settings) -> NewMessage:
        """The message with what was read of it; held when something still has to be."""
        found, secret = self.inspection, brings_secret(self.inspection)
        inspecting = None
        until = latest_time(settings, now=message.received_at, subject=message.subject, files=found.files)
        if found.pending and until > message.received_at:
            inspecting = Inspecting(
                until=until,
                what=tuple(
                    f"{(not secret and file.part.name) or file.part.path}: {_WHY[file.waits]}" for file in found.pending
                ),
            )
        frozen = (
            ()
            if inspecting is not None or secret
            else verdicts_of(found, message.id, message.code, message.received_at)
        )
        return replace(
            message,
            records=(*message.records, *frozen),
            subject="" if secret else message.subject,
            inspecting=inspecting,
            inspected={} if inspecting is not None else timeline_facts(found),
            local_prefix=document_fields(found),
            sightings=sightings_of(
                found,
                message_id=message.id,
                code=message.code,
                at=message.received_at,
                account_id=message.account_id,
                desk_agency_id=self.desk,
            ),
        )


class SessionInspection:
    """Asks the quick sandboxes on behalf of the doors of one process."""

    def __init__(self, settings: Callable[[], Settings], database: Database, inspector: MailInspector) -> None:
        self._settings = settings
        self._database = database
        self._inspector = inspector

    async def at_the_dot(
        self, data: Octets, *, subject: str, sender: str, addresses: Collection[str], seconds: float
    ) -> Inspected | None:
        """What the message from the envelope's `sender` brings with it; None when that is nothing.

        Raises:
            InspectorUnavailable, StoreUnavailable
        """
        # A hostile header takes hundreds of milliseconds, which must not be everybody's.
        large = len(data) > BLOCKING_OCTETS
        structure = await asyncio.to_thread(read_structure, data) if large else read_structure(data)
        if not structure.files:
            return Inspected(Inspection(structure), None) if structure.problems else None
        desk = await asyncio.to_thread(self._desk, addresses)
        limits = inspection_limits(self._settings(), Mode.QUICK, want_text=desk is not None)
        found = await self._inspector.inspect(
            data,
            subject=subject,
            limits=limits,
            seconds=seconds,
            structure=structure,
            seen=Seen(at=now_ms(), sender=sender),
        )
        return Inspected(found, desk)

    def _desk(self, addresses: Collection[str]) -> int | None:
        with self._database.read() as connection:
            return desk_agency(connection, addresses)
