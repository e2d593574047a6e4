"""The sealed mail is looked at as any other: read in the sandbox, its signatures judged, its documents entered."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from mailhub.files.facts import Mode
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.limits import inspection_limits
from mailhub.intake.telling import sightings_of
from mailhub.intake.verdicts import verdicts_of
from mailhub.intake.verifying import Seen
from mailhub.queue.records import NewMessage, StoredMessage
from mailhub.registry import service as registry
from mailhub.settings import Settings

SECONDS = 60.0


class MailLook:
    """As `late.Look` wants it, for one worker."""

    def __init__(self, settings: Callable[[], Settings], inspector: MailInspector) -> None:
        self._settings = settings
        self._inspector = inspector

    async def inspect(self, data: bytes, message: StoredMessage) -> Inspection:
        """Everything about the mail `data`, which takes the place of `message`.

        Raises:
            InspectorUnavailable, StoreUnavailable
        """
        limits = inspection_limits(self._settings(), Mode.FULL, want_text=True)
        seen = Seen(at=message.received_at, sender=message.sender)
        return await self._inspector.inspect(data, subject=message.subject, limits=limits, seconds=SECONDS, seen=seen)

    def keep(self, connection: Connection, inspection: Inspection, message: NewMessage, desk_agency_id: int) -> None:
        """Its documents and its verdicts, in the transaction that enters it."""
        registry.keep(
            connection,
            sightings_of(
                inspection,
                message_id=message.id,
                code=message.code,
                at=message.received_at,
                account_id=message.account_id,
                desk_agency_id=desk_agency_id,
            ),
        )
        for write in verdicts_of(inspection, message.id, message.code, message.received_at):
            write(connection)
