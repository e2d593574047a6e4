"""`/trace`: where is that mail? By its code or Message-ID, by who gets it, by who sent it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import Endpoints
from mailhub.admin.api.models import Answer, Code, Given, Line, Nothing, Page, Paged, Time
from mailhub.clock import DAY, iso_time, midnight
from mailhub.queue.finding import find_mail
from mailhub.queue.found_rows import FoundMail
from mailhub.queue.sought import MOST_WORDS, MailState, Sought
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


class MailWanted(Paged):
    """Which messages; every filter that is set must fit. Addresses may be parts of one."""

    sender: Line = ""
    recipient: Line = ""
    number: Line = Field(default="", description="Number and symbol of a document that came with it.")
    state: MailState | None = Field(default=None, description="How it stands for one recipient at least.")
    since: Code = Field(default="", description="The first day, 2026-11-01.")
    until: Code = Field(default="", description="The last day.")
    words: Line = Field(default="", description="Words of the subject.")


class Mail(Answer):
    """A message in a list; `/trace?id=` tells its story. `refused`: the door did not take it."""

    message: str
    time: Time
    sender: str
    subject: str
    recipient: str = Field(description="One of its `recipients`.")
    recipients: int
    states: dict[str, int] = Field(description="For how many recipients each state holds.")
    refused: bool

    @classmethod
    def of(cls, row: FoundMail) -> Mail:
        """As the service finds it."""
        states = {state.value: number for state, number in row.states.items()}
        return cls(
            message=row.code, time=iso_time(row.at), sender=row.sender, subject=row.subject, recipient=row.first,
            recipients=row.number, states=states, refused=row.refused,
        )  # fmt: skip


@endpoints.get("/trace", READ, query=TraceWanted, answers=Trace, says="What happened to mail.")
def trace(call: Call[TraceWanted, Nothing]) -> Trace:
    """Asking is written down."""
    wanted = call.query
    found = _moment("since", wanted.since)
    since = call.at - DEFAULT_DAYS * DAY if found is None else found
    with call.acting() as (connection, actor):
        if wanted.id:
            return Trace.of(trace_message(connection, actor, wanted.id))
        if wanted.sender:
            return Trace.of(trace_sender(connection, actor, wanted.sender, since=since))
        return Trace.of(trace_recipient(connection, actor, wanted.recipient, since=since))


@endpoints.get("/mail", READ, query=MailWanted, answers=Page[Mail], says="Messages, newest first.")
def find(call: Call[MailWanted, Nothing]) -> Page[Mail]:
    """A page may hold fewer items than it could, and `next` all the same: it looked through enough."""
    wanted = call.query
    sought = Sought(
        sender=wanted.sender,
        to=wanted.recipient,
        number=wanted.number,
        state=wanted.state,
        since=_moment("since", wanted.since),
        until=_moment("until", wanted.until, beyond=True),
        words=tuple(wanted.words.split()[:MOST_WORDS]),
    )
    with call.acting() as (connection, actor):
        found = find_mail(connection, actor, sought, after=wanted.after, limit=wanted.limit)
    return Page(items=tuple(map(Mail.of, found.rows)), next=found.next or None)


def _moment(name: str, text: str, *, beyond: bool = False) -> int | None:
    """The beginning of a day, or with `beyond` its end."""
    if not text:
        return None
    day = read_day(text)
    if day is None:
        raise InvalidValue(f"{name}: not a day such as 2026-11-22: {text[:40]}")
    return midnight(day) + (DAY if beyond else 0)
