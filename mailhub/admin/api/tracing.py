"""`/trace`: where is that mail? By its code or Message-ID, by who gets it, by who sent it."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import Endpoints
from mailhub.admin.api.models import Answer, Given, Line, Nothing, Time
from mailhub.clock import DAY, iso_time, midnight
from mailhub.queue.timeline import Line as TimelineLine
from mailhub.queue.timeline import Timeline, Waiting, trace_message, trace_recipient, trace_sender
from mailhub.registry.closed import read_day

READ = TokenScope.TRACE_READ
DEFAULT_DAYS = 7
endpoints = Endpoints("trace")


class TraceWanted(Given):
    """Exactly one of `id`, `recipient`, `sender`."""

    id: Line = ""
    recipient: Line = ""
    sender: Line = ""
    since: Line = ""

    @model_validator(mode="after")
    def _one(self) -> TraceWanted:
        if sum(map(bool, (self.id, self.recipient, self.sender))) != 1:
            raise ValueError("give one of id, recipient, sender")
        return self


class TraceEvent(Answer):
    """Something that happened to a message. `message` is its code; `facts` depend on the kind."""

    time: Time
    message: str
    recipient: str | None
    kind: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, line: TimelineLine) -> TraceEvent:
        """As the service tells it."""
        return cls(
            time=iso_time(line.at), message=line.message, recipient=line.recipient, kind=line.kind.value,
            facts=line.facts,
        )  # fmt: skip


class TraceWaiting(Answer):
    """A recipient whose story has not ended."""

    message: str
    recipient: str
    state: str
    due: Time | None
    last_reply: str | None

    @classmethod
    def of(cls, one: Waiting) -> TraceWaiting:
        """As the service tells it."""
        due = None if one.due_at is None else iso_time(one.due_at)
        return cls(message=one.message, recipient=one.recipient, state=one.state, due=due, last_reply=one.last_reply)


class Trace(Answer):
    """What was found, in the order of time; `cut`: older messages than these are left out, ask with an earlier end."""

    events: tuple[TraceEvent, ...]
    waiting: tuple[TraceWaiting, ...]
    cut: bool

    @classmethod
    def of(cls, found: Timeline) -> Trace:
        """As the service tells it."""
        return cls(
            events=tuple(map(TraceEvent.of, found.lines)), waiting=tuple(map(TraceWaiting.of, found.waiting)),
            cut=found.cut,
        )  # fmt: skip


@endpoints.get("/trace", READ, query=TraceWanted, answers=Trace, says="What happened to mail.")
def trace(call: Call[TraceWanted, Nothing]) -> Trace:
    """Asking is written down."""
    wanted = call.query
    since = _since(wanted.since, call.at)
    with call.acting() as (connection, actor):
        if wanted.id:
            return Trace.of(trace_message(connection, actor, wanted.id))
        if wanted.sender:
            return Trace.of(trace_sender(connection, actor, wanted.sender, since=since))
        return Trace.of(trace_recipient(connection, actor, wanted.recipient, since=since))


def _since(text: str, at: int) -> int:
    if not text:
        return at - DEFAULT_DAYS * DAY
    day = read_day(text)
    if day is None:
        raise InvalidValue(f"since: not a day such as 2026-11-22: {text[:40]}")
    return midnight(day)
