"""Reports by mail: one asks for them for one's own mailbox, sees and ends one's own.

What is sent is what the owner may read at that moment (`sending.py`); to ask, one has to have the right today as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.errors import InvalidValue, NotFound
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.clock import local_time
from mailhub.ids import new_id
from mailhub.reports.mailing.models import ReportSchedule
from mailhub.reports.periods import Period, PeriodKind, last_closed, month, read_period
from mailhub.reports.rendering import Format
from mailhub.reports.units import public_units, units_for
from mailhub.reports.values import ReportKind

EVERY = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.YEAR)
MOST = 20  # that one mailbox has at a time


class NoSuchSchedule(NotFound):
    """There is no such report by mail, or it is somebody else's, or it has ended."""


class Trouble(StrEnum):
    """Why a report that was due was not sent."""

    CLOSED = "closed"  # the owner's account does not log in: suspended, ended, on leave
    NO_RIGHT = "no-right"  # the owner may not read it any more
    NO_MAIL = "no-mail"  # the mailbox takes no mail
    NO_AGENCY = "no-agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What is asked for. `agency` is a code; "" is the province."""

    kind: ReportKind
    agency: str = ""
    every: PeriodKind
    formats: tuple[Format, ...]
    language: str = "vi"
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A report by mail as its owner sees it; times in ms."""

    id: int
    owner: str
    kind: ReportKind
    agency: str
    agency_name: str
    every: PeriodKind
    formats: tuple[Format, ...]
    language: str
    public: bool
    next_due_on: date
    sent_at: int | None
    sent_period: str
    trouble: Trouble | None
    trouble_at: int | None
    ended_at: int | None


def add_schedule(connection: Connection, actor: Actor, wanted: NewSchedule, *, closing_day: int, at: int) -> Schedule:
    """Have the report sent to the actor's own mailbox from the next closing day on.

    Raises:
        NoSuchAgency. NotAllowed: the actor may not read it. InvalidValue: nobody to send it to (the console), no public
        version of it, no format, a period without a calendar, the same again, or too many.
    """
    audit.take_turn(connection)
    # Without a code: as far as the actor's right reaches, as a report that is asked for.
    agency = find_agency(connection, wanted.agency) if wanted.agency else units_for(connection, actor, "").top.id
    subject = agency_subject(connection, "report-schedule", wanted.kind.value, agency)
    if not may(actor, Action.REPORT_READ, subject):
        raise refusal(actor, Action.REPORT_READ, subject.name)
    if actor.account_id is None:
        raise InvalidValue("a report is sent to the mailbox of who asks for it: use --as ADDRESS")
    if wanted.public:
        public_units(connection, actor, wanted.agency)
    _check(connection, actor.account_id, wanted, agency)
    row = {
        "id": new_id(),
        "account_id": actor.account_id,
        "kind": wanted.kind.value,
        "agency_id": agency,
        "every": wanted.every.value,
        "formats": ",".join(dict.fromkeys(one.value for one in wanted.formats)),
        "language": wanted.language,
        "public": wanted.public,
        "made_at": at,
        "next_due_on": next_due(wanted.every, local_time(at).date(), closing_day),
    }
    connection.execute(insert(ReportSchedule).values(row))
    told = {key: str(row[key]) for key in ("kind", "every", "formats", "language", "public", "next_due_on")}
    audit.record(connection, actor, Action.REPORT_READ, subject, after=told | {"agency": wanted.agency}, at=at)
    return find_schedule(connection, int(str(row["id"])))


def list_schedules(connection: Connection, actor: Actor, *, ended: bool = False) -> Sequence[Schedule]:
    """The actor's own, the next one due first; with `ended` those that are over as well."""
    if actor.account_id is None:
        return []
    query = _query().where(ReportSchedule.account_id == actor.account_id)
    if not ended:
        query = query.where(ReportSchedule.ended_at.is_(None))
    return [_schedule(row) for row in connection.execute(query.order_by(ReportSchedule.next_due_on, ReportSchedule.id))]


def end_schedule(connection: Connection, actor: Actor, schedule_id: int, *, at: int) -> Schedule:
    """No more of them.

    Raises:
        NoSuchSchedule: as well when it is somebody else's, so that nobody learns of it.
    """
    audit.take_turn(connection)
    own = (ReportSchedule.id == schedule_id, ReportSchedule.account_id == (actor.account_id or 0))
    over = update(ReportSchedule).where(*own, ReportSchedule.ended_at.is_(None)).values(ended_at=at)
    if connection.execute(over).rowcount != 1:
        raise NoSuchSchedule(f"no such report by mail: {schedule_id}")
    found = find_schedule(connection, schedule_id)
    subject = Subject(kind="report-schedule", name=found.kind.value, account_id=actor.account_id)
    before = {"agency": found.agency, "every": found.every.value}
    audit.record(connection, actor, Action.REPORT_READ, subject, before=before, after={"ended_at": at}, at=at)
    return found


def find_schedule(connection: Connection, schedule_id: int) -> Schedule:
    """The report by mail with that number, whosever it is.

    Raises:
        NoSuchSchedule
    """
    row = connection.execute(_query().where(ReportSchedule.id == schedule_id)).one_or_none()
    if row is None:
        raise NoSuchSchedule(f"no such report by mail: {schedule_id}")
    return _schedule(row)


def next_due(every: PeriodKind, today: date, closing_day: int) -> date:
    """The first day after the closing day of the period that `today` lies in."""
    return following(last_closed(every, today, closing_day), closing_day).last + timedelta(days=1)


def following(period: Period, closing_day: int) -> Period:
    """The period after this one."""
    parts = {PeriodKind.MONTH: 12, PeriodKind.QUARTER: 4, PeriodKind.HALF: 2, PeriodKind.YEAR: 1}[period.kind]
    year, number = (period.year, period.number + 1) if period.number < parts else (period.year + 1, 1)
    if period.kind is PeriodKind.MONTH:
        return month(year, number, closing_day)
    mark = {PeriodKind.QUARTER: f"-Q{number}", PeriodKind.HALF: f"-H{number}"}.get(period.kind, "")
    return read_period(f"{year}{mark}", closing_day)


def _check(connection: Connection, account_id: int, wanted: NewSchedule, agency: int) -> None:
    if not wanted.formats:
        raise InvalidValue("at least one format is needed")
    if wanted.every not in EVERY:
        raise InvalidValue("a report by mail comes every month, quarter, half-year or year")
    own = select(ReportSchedule.kind, ReportSchedule.agency_id, ReportSchedule.every, ReportSchedule.public)
    own = own.where(ReportSchedule.account_id == account_id, ReportSchedule.ended_at.is_(None))
    found = [tuple(row) for row in connection.execute(own)]
    if (wanted.kind.value, agency, wanted.every.value, wanted.public) in found:
        raise InvalidValue("this report comes by mail already")
    if len(found) >= MOST:
        raise InvalidValue(f"a mailbox gets at most {MOST} reports by mail")


def _query() -> Any:
    columns = ReportSchedule.__table__.c
    query = select(*columns, Mailbox.address, Agency.code, Agency.name.label("agency_name"))
    query = query.join(Mailbox, Mailbox.id == ReportSchedule.account_id)
    return query.join(Agency, Agency.id == ReportSchedule.agency_id)


def _schedule(row: Any) -> Schedule:
    return Schedule(
        id=row.id,
        owner=row.address,
        kind=ReportKind(row.kind),
        agency=row.code,
        agency_name=row.agency_name,
        every=PeriodKind(row.every),
        formats=tuple(Format(one) for one in row.formats.split(",")),
        language=row.language,
        public=row.public,
        next_due_on=row.next_due_on,
        sent_at=row.sent_at,
        sent_period=row.sent_period,
        trouble=Trouble(row.trouble) if row.trouble else None,
        trouble_at=row.trouble_at,
        ended_at=row.ended_at,
    )
