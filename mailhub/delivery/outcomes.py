"""From what a next hop said to what becomes of the recipient: pure, one decision."""

from __future__ import annotations

from typing import Any, Protocol

from mailhub.clock import HOUR, MINUTE
from mailhub.delivery.outgoing import Outcome as Result
from mailhub.delivery.outgoing import RecipientResult
from mailhub.delivery.schedule import retry_at
from mailhub.queue.models import EventKind, Purpose, RecipientState
from mailhub.queue.records import Claimed, Outcome


class DeliverySettings(Protocol):
    """The settings that decide."""

    @property
    def retry_minutes(self) -> tuple[int, ...]: ...
    @property
    def expire_hours(self) -> int: ...
    @property
    def delay_notice_minutes(self) -> int: ...


def judge(recipient: Claimed, result: RecipientResult, *, now: int, settings: DeliverySettings) -> Outcome:
    """What to write for `recipient` after `result`."""
    local = recipient.destination == "local"
    reply = reply_line(result)
    facts: dict[str, Any] = {"reply": reply, "host": result.host, "attempt": recipient.attempts}
    if result.tls:
        facts["tls"] = result.tls
    filing = recipient.purpose is Purpose.SENT_COPY
    if filing:
        facts |= {"purpose": recipient.purpose.value, "by": recipient.sent_by}
    if result.outcome is Result.DELIVERED:
        kind = EventKind.FILED if filing else EventKind.DELIVERED if local else EventKind.RELAYED
        facts["dsn_passed"] = result.dsn_passed
        return Outcome(
            recipient=recipient, state=RecipientState.DELIVERED, due_at=None, reply=reply, event=kind, facts=facts
        )
    # A copy of the hub's own is nobody's mail: it is tried until it lapses, and nobody is told of that.
    if result.outcome is Result.PERMANENT and not filing:
        return Outcome(
            recipient=recipient,
            state=RecipientState.BOUNCED,
            due_at=None,
            reply=reply,
            event=EventKind.BOUNCED,
            facts=facts,
        )
    age = now - recipient.message.received_at
    if age >= settings.expire_hours * HOUR:
        return Outcome(
            recipient=recipient,
            state=RecipientState.EXPIRED,
            due_at=None,
            reply=reply,
            event=EventKind.EXPIRED,
            facts=facts,
        )
    if result.crowded:  # one transaction took as many as it could: the others follow at once
        return Outcome(
            recipient=recipient, state=RecipientState.QUEUED, due_at=now, reply=reply, event=None, facts=facts
        )
    due = retry_at(now, recipient.attempts, local=local, retry_minutes=settings.retry_minutes)
    facts["next"] = due
    late = bool(settings.delay_notice_minutes) and age >= settings.delay_notice_minutes * MINUTE
    return Outcome(
        recipient=recipient,
        state=RecipientState.DEFERRED,
        due_at=due,
        reply=reply,
        event=EventKind.DEFERRED,
        facts=facts,
        delay_notified=late,
    )


def reply_line(result: RecipientResult) -> str:
    """`550 5.1.1 No such user`, or `4.4.1 cannot connect` where the words are our own."""
    return " ".join(str(part) for part in (result.code or "", result.enhanced, result.text) if part)
