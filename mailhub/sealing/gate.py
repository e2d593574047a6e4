"""At the dot: what a desk that seals sends with a PDF waits until the late inspection has sealed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mailhub.intake.inspection import InspectedFile
from mailhub.intake.limits import latest_time
from mailhub.mail.parts import Part
from mailhub.queue.records import Inspecting, NewMessage
from mailhub.sealing.switching import SealingDesk, sealing_desk
from mailhub.settings import Settings
from mailhub.store.database import Database

SEALING = "seal"  # the fact of a message's first line that names the desk
_WHY = "to be sealed"
_CARRIERS = ("application/pdf", "application/octet-stream", "application/zip", "application/x-zip-compressed")


def may_be_sealed(files: Sequence[InspectedFile]) -> bool:
    """Whether some file is a PDF, or holds one."""
    return any(
        file.facts.type == "pdf" or bool(file.facts.members) if file.facts is not None else _may_be_pdf(file.part)
        for file in files
    )


def _may_be_pdf(part: Part) -> bool:
    named = any(name.lower().endswith((".pdf", ".zip", ".rar", ".7z")) for name in part.names)
    return named or any(kind in _CARRIERS for kind in part.types)


class SealGate:
    """Asks, for one process of doors, whether what is sent as a desk is to be sealed."""

    def __init__(self, settings: Callable[[], Settings], database: Database) -> None:
        self._settings = settings
        self._database = database

    def held(self, message: NewMessage, files: Sequence[InspectedFile], desks: Sequence[int]) -> NewMessage:
        """The message, held when one of `desks` (mailboxes that it is sent as) seals and a file may be one to seal.

        Reads the database then: for threads.

        Raises:
            StoreUnavailable
        """
        if not desks or not may_be_sealed(files):
            return message
        with self._database.read() as connection:
            desk = sealing_desk(connection, desks)
        return message if desk is None else _held(message, files, desk, self._settings())


def _held(message: NewMessage, files: Sequence[InspectedFile], desk: SealingDesk, settings: Settings) -> NewMessage:
    facts = {**message.facts, SEALING: desk.desk}
    if message.inspecting is not None:
        return replace(message, facts=facts)
    until = latest_time(settings, now=message.received_at, subject=message.subject, files=tuple(files))
    what = tuple(f"{file.part.name or file.part.path}: {_WHY}" for file in files if may_be_sealed([file]))
    # What was read and judged by now is read and judged once more then: nothing of it is written twice.
    held = Inspecting(until=max(until, message.received_at + 1), what=what)
    return replace(message, facts=facts, inspecting=held, inspected={}, records=())


__all__ = ["SEALING", "SealGate", "may_be_sealed"]
