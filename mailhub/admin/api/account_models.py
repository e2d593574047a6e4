"""Accounts as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from mailhub.accounts.attempts import Attempt
from mailhub.accounts.life.story import Change, Story
from mailhub.accounts.models import MailboxKind, MailboxState
from mailhub.accounts.reading import AccountLine, AccountReport, Only
from mailhub.admin.api.models import Answer, Code, Day, Given, Id, Line, Paged, Reason, Time, Words
from mailhub.clock import iso_time


class AccountsWanted(Paged):
    """Which accounts; every filter that is set must fit."""

    words: Line = Field(default="", description="Words of name, address or post, with or without marks.")
    agency: Code = Field(default="", description="The code of an agency: that one and those below it.")
    state: MailboxState | None = None
    kind: MailboxKind | None = None
    only: Annotated[Words, Field(description=f"Several of {', '.join(Only)}, with commas.")] = ()


class AccountShort(Answer):
    """An account in a list."""

    id: Id
    address: str
    name: str
    title: str
    kind: str
    agency: str
    state: str
    login_closed: str
    ends_on: Day | None
    last_login: Time | None

    @classmethod
    def of(cls, line: AccountLine) -> AccountShort:
        """As the service lists it."""
        return cls(
            id=str(line.id), address=line.address, name=line.name, title=line.title, kind=line.kind,
            agency=line.agency, state=line.state, login_closed=line.login_closed, ends_on=line.ends_on,
            last_login=_time(line.last_login_at),
        )  # fmt: skip


class Account(Answer):
    """One account in full. Give `revision` as `expect` to act only on what you saw."""

    id: Id
    address: str
    name: str
    title: str
    kind: str
    agency: str
    agency_name: str
    state: str
    revision: int
    login: bool
    sending: bool
    receives: bool
    aliases: tuple[str, ...]
    groups: tuple[str, ...]
    holds: tuple[str, ...]
    held_by: tuple[str, ...]
    quota_mib: int | None
    created: Time
    ends_on: Day | None
    ended: Time | None
    retained_until: Day | None
    last_login: Time | None

    @classmethod
    def of(cls, report: AccountReport) -> Account:
        """As the service reports it."""
        box = report.mailbox
        return cls(
            id=str(box.id), address=box.address, name=box.name, title=report.title, kind=box.kind,
            agency=report.agency, agency_name=report.agency_name, state=box.state, revision=box.revision,
            login=box.logs_in, sending=box.sends, receives=box.takes_mail, aliases=report.aliases,
            groups=report.groups, holds=report.holds, held_by=report.held_by, quota_mib=box.quota_mib,
            created=iso_time(box.created_at), ends_on=_day(box.ends_on), ended=_time(box.ended_at),
            retained_until=_day(box.retained_until), last_login=_time(report.last_login_at),
        )  # fmt: skip


class NewAccount(Given):
    """An account to be opened. It has no password yet: a slip, or its approver, gives the first one."""

    address: Annotated[str, Field(max_length=254)] = Field(
        default="", description="Empty: the best free one that the naming rule makes of the name."
    )
    name: Annotated[str, Field(min_length=1, max_length=200)]
    agency: Code = Field(description="The agency's code.")
    title: Line = ""
    kind: MailboxKind = MailboxKind.PERSONAL
    quota_mib: Annotated[int, Field(ge=1, le=10_000_000)] | None = None


class Suspension(Given):
    """Login and sending close; mail still arrives unless `refuse_mail`."""

    reason: Reason
    because: Line = Field(default="", description="The deciding document.")
    refuse_mail: bool = False
    expect: int | None = Field(default=None, description="The revision that you saw.")


class Restoring(Given):
    """What the last suspension or the end took is given back, and no more."""

    reason: Line = ""
    because: Line = ""
    expect: int | None = None


class Ending(Given):
    """The account is revoked, or with `on` its end announced for that day."""

    reason: Reason
    because: Line = ""
    on: date | None = Field(default=None, description="The first day without the account.")
    unit_address: Line = Field(default="", description="Whom senders are told instead; empty: the agency's.")
    handover: Line = Field(default="", description="The account that takes over the work.")
    expect: int | None = None


class WhyWanted(Given):
    """Looking into somebody's tries to log in is written down with its reason."""

    reason: Reason


class ChangeLine(Answer):
    """Something that was done to the account."""

    time: Time
    action: str
    actor: str
    reason: str
    because: str

    @classmethod
    def of(cls, change: Change) -> ChangeLine:
        """As the service tells it."""
        return cls(
            time=iso_time(change.at), action=change.action, actor=change.actor, reason=change.reason,
            because=change.because,
        )  # fmt: skip


class AttemptLine(Answer):
    """A try to log in."""

    time: Time
    service: str
    ip: str
    cause: str
    hints: tuple[str, ...]
    device: str
    times: int

    @classmethod
    def of(cls, one: Attempt) -> AttemptLine:
        """As the service tells it."""
        return cls(
            time=iso_time(one.at), service=one.service, ip=one.ip, cause=one.cause, hints=one.hints,
            device=one.device, times=one.times,
        )  # fmt: skip


class Why(Answer):
    """Why an account is as it is: changes and tries, newest first."""

    address: str
    state: str
    login: bool
    sending: bool
    receives: bool
    password_set: Time | None
    changes: tuple[ChangeLine, ...]
    attempts: tuple[AttemptLine, ...]

    @classmethod
    def of(cls, story: Story) -> Why:
        """As the service tells it."""
        box = story.mailbox
        return cls(
            address=box.address, state=box.state, login=box.logs_in, sending=box.sends, receives=box.takes_mail,
            password_set=_time(story.password_set_at), changes=tuple(map(ChangeLine.of, story.changes)),
            attempts=tuple(map(AttemptLine.of, story.attempts)),
        )  # fmt: skip


def _time(at: int | None) -> str | None:
    return None if at is None else iso_time(at)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
