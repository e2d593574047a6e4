"""What a late inspection asks about a message before it lets it go. The answer is `screening/late.py`'s, which is
above this folder, and is handed in by the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from mailhub.errors import MailhubError
from mailhub.intake.inspection import Inspection
from mailhub.queue.inspections import Ruling
from mailhub.queue.records import StoredMessage


class NotYet(MailhubError):
    """What is to be done with the message cannot be done just now, and may be in a moment: it is judged again later."""


def nothing() -> None:
    """Nothing is left to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRuling:
    """What becomes of a message. `also` runs last in the transaction that lets it go, `afterwards` in a thread once
    that is committed, `undone` when it was not, or when another worker had the message."""

    ruling: Ruling = field(default_factory=Ruling)
    also: tuple[Callable[[Connection], None], ...] = ()
    afterwards: Callable[[], None] = nothing
    undone: Callable[[], None] = nothing


NO_RULING = LateRuling()
JUDGING = "late"  # what is named where judging failed and no rule is to blame


class LateJudge(Protocol):
    """Judges what was read late."""

    async def judge(self, message: StoredMessage, inspection: Inspection | None) -> LateRuling:
        """What becomes of it; `inspection` is None when its files could not be read in time.

        Raises:
            NotYet: put it off. MailhubError: not now; asked again at once.
        """
        ...


class NoRules:
    """Where there are none: everything goes on."""

    async def judge(self, message: StoredMessage, inspection: Inspection | None) -> LateRuling:  # noqa: ARG002
        """Nothing to say."""
        return NO_RULING
