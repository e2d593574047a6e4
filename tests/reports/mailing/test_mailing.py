"""Reports by mail: to their owner alone, with the owner's rights of that day, once a period."""

from __future__ import annotations

import email
import email.policy
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role, take_role
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import HOUR, midnight
from mailhub.lifecycle.done import Done
from mailhub.queue.tables import message_table, recipient_table
from mailhub.reports import rendering
from mailhub.reports.mailing import sending
from mailhub.reports.mailing.sending import ReportMail
from mailhub.reports.mailing.service import (
    EVERY,
    MOST,
    NewSchedule,
    NoSuchSchedule,
    Schedule,
    Trouble,
    add_schedule,
    end_schedule,
    following,
    list_schedules,
    next_due,
)
from mailhub.reports.periods import PeriodKind, month, quarter, read_period
from mailhub.reports.rendering import Format
from mailhub.reports.values import ReportKind
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Location, Spool
from tests.support.accounts import ROOT, make_account, make_province

BOSS, OTHER, NOBODY = "gd@tinh.gov.vn", "pgd@tinh.gov.vn", "cv@tinh.gov.vn"
ASKED_AT = midnight(date(2027, 2, 2))
DUE = date(2027, 2, 15)
USAGE = NewSchedule(
    kind=ReportKind.USAGE, agency="snv", every=PeriodKind.MONTH, formats=(Format.DOCX, Format.CSV), language="vi"
)


class Desk:
    """A hub in which two managers of one agency may ask for reports, and somebody else may not."""

    def __init__(self, database: Database, folder: Path) -> None:
        hub = Hub(domain="tinh.gov.vn", hostname="thu.tinh.gov.vn", support="Phòng CNTT, 0214 3840 111")
        self.settings = Settings(directory=folder, hub=hub)
        self.database, self.directory = database, Directory(database)
        self.spool = Spool(folder / "spool", "reports")
        self.spool.prepare()
        self.mail = ReportMail(lambda: self.settings, self.directory, database, self.spool)
        for address in (BOSS, OTHER, NOBODY):
            make_account(database, address, agency="snv")
        with database.write() as c:
            for address in (BOSS, OTHER):
                grant_role(c, ROOT, address, Role.MANAGER, agency="snv", reason="thử", from_at=ASKED_AT)

    def actor(self, address: str) -> Actor:
        with self.database.read() as c:
            return actor_of(c, find_mailbox(c, address), at=ASKED_AT)

    def ask(self, wanted: NewSchedule = USAGE, address: str = BOSS) -> Schedule:
        actor = self.actor(address)
        with self.database.write() as c:
            return add_schedule(c, actor, wanted, closing_day=14, at=ASKED_AT)

    def run(self, day: date = DUE, hour: int = 1) -> Done:
        done = Done()
        self.mail.run(done, midnight(day) + hour * HOUR, day)
        return done

    def own(self, address: str = BOSS, *, ended: bool = False) -> list[Schedule]:
        actor = self.actor(address)
        with self.database.read() as c:
            return list(list_schedules(c, actor, ended=ended))

    def queued(self) -> list[tuple[EmailMessage, list[str]]]:
        with self.database.read() as c:
            messages = c.execute(select(message_table).order_by(message_table.c.id)).all()
            recipients = c.execute(select(recipient_table)).all()
        found = []
        for row in messages:
            raw = b"".join(self.spool.read(Location(row.spool_file, row.spool_offset, row.spool_length)))
            parsed = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append((parsed, [one.address for one in recipients if one.message_id == row.id]))
        return found


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[Desk]:
    make_province(sqlite_database)
    made = Desk(sqlite_database, tmp_path / "hub")
    yield made
    made.directory.close()


@pytest.fixture
def either(province: Database, tmp_path: Path) -> Iterator[Desk]:
    """The same on either engine."""
    made = Desk(province, tmp_path / "hub")
    yield made
    made.directory.close()


def test_a_report_goes_to_its_owner_with_its_files_the_day_after_the_closing_day_and_once(either: Desk) -> None:
    desk = either
    asked = desk.ask()
    assert asked.next_due_on == DUE
    assert not desk.run(date(2027, 2, 14)).acts
    done = desk.run()
    assert done.acts == {"report-sent": [f"{BOSS} usage 2027-02"]}
    assert not done.faults
    desk.run(hour=5)
    ((message, recipients),) = desk.queued()
    assert recipients == [BOSS]
    assert message["From"] == "Quản trị thư điện tử <postmaster@tinh.gov.vn>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "15/01/2027" in message["Subject"]
    text, docx, csv = message.iter_parts()
    assert "Sở Nội vụ" in text.get_content()
    assert [part.get_filename() for part in (docx, csv)] == [
        "mailhub-usage-2027-02-snv.docx",
        "mailhub-usage-2027-02-snv.csv",
    ]
    assert all(part.get_content_disposition() == "attachment" for part in (docx, csv))
    paper = Document(io.BytesIO(docx.get_content()))
    assert any("Tháng 2 năm 2027" in paragraph.text for paragraph in paper.paragraphs)
    assert bytes(csv.get_content(), "utf-8").startswith(b"\xef\xbb\xbf")
    (now,) = desk.own()
    assert (now.sent_period, now.trouble, now.next_due_on) == ("2027-02", None, date(2027, 3, 15))


def test_a_hub_that_was_off_sends_the_newest_period_alone(desk: Desk) -> None:
    desk.ask()
    assert desk.run(date(2027, 5, 20)).acts == {"report-sent": [f"{BOSS} usage 2027-05"]}
    (now,) = desk.own()
    assert now.next_due_on == date(2027, 6, 15)


def test_who_was_suspended_or_lost_the_right_gets_nothing_and_the_schedule_says_why(desk: Desk) -> None:
    desk.ask()
    desk.ask(address=OTHER)
    with desk.database.write() as c:
        service.suspend_account(c, ROOT, BOSS, reason="thử")
        take_role(c, ROOT, OTHER, Role.MANAGER, agency="snv", reason="thử", at=ASKED_AT + HOUR)
    done = desk.run()
    assert sorted(done.acts["report-not-sent"]) == [f"{BOSS} usage: closed", f"{OTHER} usage: no-right"]
    assert not desk.queued()
    assert [one.trouble for one in desk.own()] == [Trouble.CLOSED]
    assert [one.trouble for one in desk.own(OTHER)] == [Trouble.NO_RIGHT]
    assert desk.own()[0].sent_at is None
    with desk.database.write() as c:
        service.restore_account(c, ROOT, BOSS, reason="thử")
    assert not desk.run(hour=9).acts  # what was not sent is not sent late
    assert desk.run(date(2027, 3, 15)).acts["report-sent"] == [f"{BOSS} usage 2027-03"]
    assert desk.own()[0].trouble is None


def test_a_right_that_is_taken_while_the_report_is_made_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    real = rendering.render

    def slowly(*arguments: object, **named: object) -> object:
        with desk.database.write() as c:
            service.suspend_account(c, ROOT, BOSS, reason="thử")
        monkeypatch.setattr(sending, "render", real)
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "render", slowly)
    assert desk.run().acts == {"report-not-sent": [f"{BOSS} usage: closed"]}
    assert not desk.queued()


def test_a_full_disk_leaves_the_report_due_and_stops_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    desk.ask(address=OTHER)
    real = desk.spool.commit

    def full(_bodies: object) -> list[Location]:
        monkeypatch.setattr(desk.spool, "commit", real)
        raise StoreUnavailable("spool: No space left on device")

    monkeypatch.setattr(desk.spool, "commit", full)
    done = desk.run()
    assert len(done.faults) == 1
    assert len(done.acts["report-sent"]) == 1
    assert len(desk.run(hour=2).acts["report-sent"]) == 1
    assert len(desk.queued()) == 2


def test_one_asks_only_for_what_one_may_read_and_only_for_oneself(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        desk.ask(address=NOBODY)
    with pytest.raises(NotAllowed):
        desk.ask(NewSchedule(kind=ReportKind.USAGE, agency="syt", every=PeriodKind.MONTH, formats=(Format.PDF,)))
    with desk.database.write() as c, pytest.raises(InvalidValue):
        add_schedule(c, ROOT, USAGE, closing_day=14, at=ASKED_AT)


def test_one_sees_and_ends_ones_own_alone(desk: Desk) -> None:
    asked = desk.ask()
    assert not desk.own(OTHER)
    other = desk.actor(OTHER)
    with desk.database.write() as c, pytest.raises(NoSuchSchedule):
        end_schedule(c, other, asked.id, at=ASKED_AT)
    boss = desk.actor(BOSS)
    with desk.database.write() as c:
        end_schedule(c, boss, asked.id, at=ASKED_AT)
    assert not desk.own()
    assert [one.ended_at for one in desk.own(ended=True)] == [ASKED_AT]
    assert not desk.run().acts


@pytest.mark.parametrize(
    "wanted",
    [
        NewSchedule(kind=ReportKind.USAGE, agency="snv", every=PeriodKind.MONTH, formats=()),
        NewSchedule(kind=ReportKind.USAGE, agency="snv", every=PeriodKind.DAYS, formats=(Format.PDF,)),
        USAGE,
    ],
)
def test_what_makes_no_sense_or_is_there_already_is_refused(desk: Desk, wanted: NewSchedule) -> None:
    desk.ask()
    with pytest.raises(InvalidValue):
        desk.ask(wanted)


def test_a_mailbox_gets_only_so_many(desk: Desk) -> None:
    others = [(kind, every) for kind in ReportKind for every in EVERY for _ in (0, 1)][:MOST]
    for number, (kind, every) in enumerate(others):
        desk.ask(replace(USAGE, kind=kind, every=every, agency=("snv", "snv-vp")[number % 2]))
    with pytest.raises(InvalidValue, match="whole organisation"):
        desk.ask(replace(USAGE, public=True))
    with pytest.raises(InvalidValue, match=str(MOST)):
        desk.ask(replace(USAGE, kind=ReportKind.RULES, every=PeriodKind.YEAR))


def test_periods_follow_each_other_over_the_year() -> None:
    assert following(month(2026, 12), 14) == month(2027, 1)
    assert following(quarter(2026, 4), 14) == quarter(2027, 1)
    assert following(read_period("2026-H1"), 14) == read_period("2026-H2")
    assert following(read_period("2026"), 14) == read_period("2027")
    assert next_due(PeriodKind.YEAR, date(2026, 12, 14), 14) == date(2026, 12, 15)
    assert next_due(PeriodKind.YEAR, date(2026, 12, 15), 14) == date(2027, 12, 15)
