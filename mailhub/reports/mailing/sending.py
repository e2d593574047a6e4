"""Reports that are due go out: made with the owner's rights of that moment, attached to a letter, queued once.

A report is made outside any writer's turn (a year's takes seconds); the row is moved on and the message queued in one
transaction, in which the owner's right is looked at again. What cannot go is said in the row, and comes again with the
next period: a report is never sent late to somebody who was let back in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select, update

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import InvalidValue, NoSuchAgency, NotAllowed
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.ids import new_code
from mailhub.lifecycle.done import Done
from mailhub.lifecycle.hub_message import NotSent, recipients_of, stage_message
from mailhub.lifecycle.letter_mail import AttachedFile, build_letter
from mailhub.lifecycle.words import LetterText, subject_line
from mailhub.queue import service as queue
from mailhub.queue.records import NewMessage
from mailhub.reports.mailing.models import ReportSchedule
from mailhub.reports.mailing.service import Schedule, Trouble, find_schedule, next_due
from mailhub.reports.periods import Period, last_closed
from mailhub.reports.rendering import letterhead_of, render
from mailhub.reports.service import Wanted, make_report
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool


class _NotNow(Exception):
    """It is not sent, and why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A report by mail whose day has come, and its owner as of now."""

    schedule: Schedule
    owner: MailboxRow
    actor: Actor
    period: Period


class ReportMail:
    """A task of the daily schedule (`lifecycle/daily.py`). `spool` is this object's own."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        directory: Directory,
        database: Database,
        spool: Spool,
        *,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._directory, self._database, self._spool = settings, directory, database, spool
        self._after = after

    def run(self, done: Done, at: int, today: date) -> None:
        """Send what is due on `today`; each by itself, so that a fault in one stops no other and is tried again."""
        query = select(ReportSchedule.id).where(ReportSchedule.ended_at.is_(None), ReportSchedule.next_due_on <= today)
        with self._database.read() as connection:
            due = list(connection.scalars(query.order_by(ReportSchedule.id)))
        for number in due:
            with done.caught(f"report by mail {number}"):
                self._run_one(done, number, at, today)

    def _run_one(self, done: Done, number: int, at: int, today: date) -> None:
        closing = self._settings().reports.closing_day
        with self._database.read() as connection:
            schedule = find_schedule(connection, number)
        following = next_due(schedule.every, today, closing)
        try:
            due = self._due(schedule, last_closed(schedule.every, today, closing), at)
            self._send(due, following, at)
        except _NotNow as reason:
            with self._database.write() as connection:
                values = {"trouble": reason.trouble.value, "trouble_at": at}
                _move_on(connection, schedule, following, values)
            done.add("report-not-sent", f"{schedule.owner} {schedule.kind}: {reason.trouble}")
        else:
            done.add("report-sent", f"{schedule.owner} {schedule.kind} {due.period.name}")

    def _due(self, schedule: Schedule, period: Period, at: int) -> _Due:
        with self._database.read() as connection:
            owner, actor = _owner(connection, schedule, at)
        return _Due(schedule=schedule, owner=owner, actor=actor, period=period)

    def _send(self, due: _Due, following: date, at: int) -> None:
        message = self._message(due, at)
        try:
            located = self._spool.commit([message.body])
            with self._database.write() as connection:
                self._spool.check(located)
                _owner(connection, due.schedule, at)  # a right that was taken while the report was made counts
                values = {"sent_at": at, "sent_period": due.period.name, "trouble": "", "trouble_at": None}
                if _move_on(connection, due.schedule, following, values):
                    queue.enqueue(connection, [message], located)
        finally:
            message.body.discard()
        self._after()

    def _message(self, due: _Due, at: int) -> NewMessage:
        """The letter with its files."""
        settings, code, schedule = self._settings(), new_code(), due.schedule
        try:
            recipients = recipients_of(self._directory, settings, schedule.owner)
        except NotSent as reason:
            raise _NotNow(Trouble.NO_MAIL) from reason
        text = self._text(due, code)
        ident = f"report.{schedule.id}.{due.period.last:%Y%m%d}@{settings.hub.hostname}"
        octets = build_letter(
            text, to=schedule.owner, domain=settings.hub.domain, message_id=ident, at=at, files=self._files(due, at)
        )
        named = (f"<{ident}>", subject_line(text))
        facts = {"letter": LetterKind.REPORT.value}
        return stage_message(
            self._spool, octets, to=schedule.owner, recipients=recipients, code=code, at=at, named=named, facts=facts
        )

    def _files(self, due: _Due, at: int) -> list[AttachedFile]:
        schedule, settings = due.schedule, self._settings()
        wanted = Wanted(
            kind=schedule.kind,
            period=due.period,
            agency=schedule.agency,
            public=schedule.public,
            language=schedule.language,
        )
        try:
            report = make_report(self._database, due.actor, wanted, settings=settings, at=at)
            with self._database.read() as connection:
                head = letterhead_of(connection, report.agency, settings)
        except (NotAllowed, InvalidValue) as error:  # as well when the public version is not theirs to make any more
            raise _NotNow(Trouble.NO_RIGHT) from error
        except NoSuchAgency as error:
            raise _NotNow(Trouble.NO_AGENCY) from error
        made = [render(report, form, head=head) for form in schedule.formats]
        return [AttachedFile(one.filename, one.media_type, one.content) for one in made]

    def _text(self, due: _Due, code: str) -> LetterText:
        settings, schedule = self._settings(), due.schedule
        facts = {
            "figures": schedule.kind.value,
            "agency": schedule.agency_name,
            "first": due.period.first.isoformat(),
            "last": due.period.last.isoformat(),
            "every": schedule.every.value,
        }
        return LetterText(
            kind=LetterKind.REPORT,
            facts=facts,
            name=due.owner.name,
            office=due.owner.kind is not MailboxKind.PERSONAL,
            code=code,
            support=settings.hub.support or f"postmaster@{settings.hub.domain}",
            host=settings.hub.hostname,
        )


def _owner(connection: Connection, schedule: Schedule, at: int) -> tuple[MailboxRow, Actor]:
    """The owner, who may log in and read the report as of now; raises _NotNow."""
    number = connection.execute(select(ReportSchedule.account_id).where(ReportSchedule.id == schedule.id)).scalar_one()
    owner = load_mailbox(connection, number)
    if owner is None or not owner.logs_in:
        raise _NotNow(Trouble.CLOSED)
    actor = actor_of(connection, owner, at=at, via="mailhub:schedule")
    try:
        agency = find_agency(connection, schedule.agency)
    except NoSuchAgency as error:
        raise _NotNow(Trouble.NO_AGENCY) from error
    if not may(actor, Action.REPORT_READ, agency_subject(connection, "report", schedule.kind.value, agency)):
        raise _NotNow(Trouble.NO_RIGHT)
    return owner, actor


def _move_on(connection: Connection, schedule: Schedule, following: date, values: Mapping[str, object]) -> bool:
    """Whether the report was still due: another process may have sent it meanwhile, or its owner ended it."""
    due = (
        ReportSchedule.id == schedule.id,
        ReportSchedule.next_due_on == schedule.next_due_on,
        ReportSchedule.ended_at.is_(None),
    )
    moved = update(ReportSchedule).where(*due).values(next_due_on=following, **values)
    return connection.execute(moved).rowcount == 1
