"""What time alone does to accounts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from mailhub.accounts import audit, service
from mailhub.accounts.finding import MailboxRow, find_mailbox
from mailhub.accounts.life import ending, holding, idle, review
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.accounts.life.review import Answer
from mailhub.accounts.life.review_reading import list_reviews, show_review
from mailhub.accounts.models import Mailbox, MailboxState, Person, Rank
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, local_time, now_ms
from mailhub.ids import first_id
from mailhub.lifecycle.archiving import archive_path
from mailhub.lifecycle.daily import Schedule
from mailhub.lifecycle.done import Done
from mailhub.screening.models import PolicyDecision, PrivateMailUse
from mailhub.settings import Settings
from mailhub.settings.sections import AccountsSection, AuditSection, Hub
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

NVA, TTB = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
NOW = now_ms()
TODAY = local_time(NOW).date()


class Hubs:
    """A province with a schedule over it."""

    def __init__(self, database: Database, directory: Path) -> None:
        (directory / "keys").mkdir()
        self.database, self.directory = database, directory
        self.settings = Settings(
            directory=directory,
            hub=Hub(domain="tinh.gov.vn", hostname="mail.tinh.gov.vn"),
            accounts=AccountsSection(),
            audit=AuditSection(witnesses=("nhatky@khac.gov.vn",)),
        )
        self.schedule = Schedule(lambda: self.settings, database, self.home)

    def home(self, address: str) -> Path:
        return self.directory / "mail" / address

    def on(self, days: int) -> Done:
        """Run what is due so many days from now."""
        done = self.schedule.run_once(at=NOW + days * DAY)
        assert done.faults == []
        return done

    def account(self, address: str = NVA) -> MailboxRow:
        with self.database.read() as c:
            return find_mailbox(c, address)

    def letters(self, kind: str) -> list[dict[str, object]]:
        with self.database.read() as c:
            rows = c.execute(select(Letter.to_address, Letter.facts).where(Letter.kind == kind).order_by(Letter.id))
            return [{"to": row.to_address, **json.loads(row.facts)} for row in rows]


@pytest.fixture
def hub(province: Database, tmp_path: Path) -> Hubs:
    make_account(province, NVA, agency="snv", password=None)
    make_account(province, TTB, agency="syt", password=None, name="Trần Thị Bình")
    with province.write() as c:
        c.execute(update(Mailbox).values(created_at=NOW))
    return Hubs(province, tmp_path)


def test_an_end_is_announced_three_times_and_comes_on_its_day(hub: Hubs) -> None:
    with hub.database.write() as c:
        ending.announce(c, ROOT, NVA, TODAY + timedelta(days=40), reason="nghỉ hưu", because="QĐ 9", handover=TTB)
    told = [day for day in range(40) if "announced" in hub.on(day).acts]
    assert told == [10, 33, 39]
    letters = hub.letters("ending")
    assert [letter["to"] for letter in letters] == [NVA] * 3
    assert (letters[0]["because"], letters[0]["handover"]) == ("QĐ 9", TTB)
    assert hub.account().state is MailboxState.ACTIVE
    assert hub.on(40).acts["ended"] == [NVA]
    assert hub.account().state is MailboxState.RETAINED
    assert "ended" not in hub.on(41).acts


def test_an_end_announced_late_is_told_at_once(hub: Hubs) -> None:
    with hub.database.write() as c:
        ending.announce(c, ROOT, NVA, TODAY + timedelta(days=5), reason="thôi việc")
    assert [day for day in range(5) if "announced" in hub.on(day).acts] == [0, 4]


def test_who_does_not_log_in_is_warned_and_then_kept_from_logging_in_but_gets_mail(hub: Hubs) -> None:
    acts = {day: hub.on(day).acts for day in range(47)}
    assert [day for day in acts if NVA in acts[day].get("idle-warned", [])] == [31, 42]
    assert [day for day in acts if NVA in acts[day].get("idle-closed", [])] == [45]
    account = hub.account()
    assert (account.state, account.login_closed, account.logs_in) == (MailboxState.ACTIVE, "idle", False)
    assert account.takes_mail
    with hub.database.write() as c:
        idle.reopen(c, ROOT, NVA, at=NOW + 46 * DAY)
    assert hub.account().logs_in
    assert NVA not in hub.on(50).acts.get("idle-closed", [])


def test_a_login_counts_and_leaders_and_offices_are_spared(hub: Hubs) -> None:
    with hub.database.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu@tinh.gov.vn", "Văn thư", agency="snv")
        c.execute(update(Mailbox).values(created_at=NOW))
        c.execute(update(Mailbox).where(Mailbox.address == NVA).values(last_login_at=NOW + 10 * DAY))
        c.execute(update(Person).where(Person.full_name == "Trần Thị Bình").values(rank=Rank.LEADER))
    assert "idle-closed" not in hub.on(46).acts
    assert hub.on(55).acts["idle-closed"] == [NVA]


def test_what_nobody_confirms_is_reminded_of_and_suspended_and_the_rest_is_not(hub: Hubs) -> None:
    with hub.database.write() as c:
        review.open_review(c, ROOT, "2026-Q4", TODAY + timedelta(days=15), at=NOW)
        review.answer_for(c, ROOT, "2026-Q4", TTB, Answer.KEPT)
    assert [letter["to"] for letter in hub.letters("review-opened")] == ["vanthu.snv@tinh.gov.vn"]
    assert [day for day in range(16) if "review-reminded" in hub.on(day).acts] == [8, 12, 14]
    assert hub.on(16).acts["review-suspended"] == [NVA]
    assert hub.account().state is MailboxState.SUSPENDED
    assert hub.account(TTB).state is MailboxState.ACTIVE
    with hub.database.read() as c:
        answers = {line.address: line.answer for line in show_review(c, ROOT, "2026-Q4")}
        (round_,) = list_reviews(c, ROOT)
    assert answers == {NVA: "suspended", TTB: "kept"}
    assert round_.closed_at is not None


def test_mail_is_kept_then_archived_then_erased_and_a_hold_stops_both(hub: Hubs) -> None:
    folder = hub.home(NVA) / "Maildir" / "cur"
    folder.mkdir(parents=True)
    (folder / "1").write_text("thư")
    with hub.database.write() as c:
        service.end_account(c, ROOT, NVA, reason="nghỉ hưu", at=NOW)
        holding.hold_account(c, ROOT, NVA, order="QĐ 12/QĐ-CQĐT", reason="điều tra")
    assert "archived" not in hub.on(400).acts
    with hub.database.write() as c:
        holding.release_hold(c, ROOT, NVA, order="QĐ 12/QĐ-CQĐT", reason="kết thúc điều tra")
    assert "archived" not in hub.on(100).acts
    assert hub.on(400).acts["archived"] == [NVA]
    account = hub.account()
    packed = archive_path(hub.directory / "data" / "archive", account.id)
    assert account.state is MailboxState.ARCHIVED
    assert packed.exists()
    assert not hub.home(NVA).exists()
    assert hub.on(400 + 366 * 6).acts["erased"] == [NVA]
    assert hub.account().state is MailboxState.ERASED
    assert hub.account().name == "(đã xóa)"
    assert not packed.exists()


def test_the_log_is_sealed_once_a_day_for_its_witnesses(hub: Hubs) -> None:
    assert [day for day in (0, 0, 1) if "log-sealed" in hub.on(day).acts] == [0, 1]
    assert [letter["to"] for letter in hub.letters("audit-head")] == ["nhatky@khac.gov.vn"] * 2


def test_a_fault_in_one_account_stops_no_other(hub: Hubs) -> None:
    with hub.database.write() as c:
        service.ensure_system_addresses(c, ROOT, "tinh.gov.vn", admin=TTB)
        for address in (NVA, TTB):
            c.execute(update(Mailbox).where(Mailbox.address == address).values(ends_on=TODAY))
    done = hub.schedule.run_once(at=NOW)
    assert done.acts["ended"] == [NVA]
    assert len(done.faults) == 1
    assert "postmaster" in done.faults[0]


def test_running_again_writes_nothing_more(hub: Hubs) -> None:
    hub.on(46)
    with hub.database.read() as c:
        rows = audit.verify_chain(c).rows
    hub.on(46)
    with hub.database.read() as c:
        assert audit.verify_chain(c).rows == rows


def test_codes_and_letters_of_long_ago_are_forgotten_and_those_of_this_year_are_not(hub: Hubs) -> None:
    with hub.database.write() as c:
        tell(c, LetterKind.WELCOME, NVA, {}, at=NOW)
        tell(c, LetterKind.WELCOME, TTB, {}, at=NOW)
        c.execute(update(Letter).where(Letter.to_address == NVA).values(sent_at=NOW))
    hub.on(300)
    assert [letter["to"] for letter in hub.letters("welcome")] == [NVA, TTB]
    hub.on(420)
    assert [letter["to"] for letter in hub.letters("welcome")] == [TTB]  # it was never sent


def test_a_clock_that_leaps_ahead_destroys_nothing_until_days_have_passed_there(hub: Hubs) -> None:
    with hub.database.write() as c:
        service.end_account(c, ROOT, NVA, reason="nghỉ hưu", at=NOW)
    for day, state in ((0, "retained"), (4000, "retained"), (4001, "retained"), (4002, "archived")):
        hub.schedule._run_alone(NOW + day * DAY)
        assert hub.account().state == state, day


def test_what_policy_remembers_is_told_in_time_and_forgotten_in_time(hub: Hubs) -> None:
    with hub.database.write() as c:
        snv, last = find_agency(c, "snv"), TODAY.replace(day=1) - timedelta(days=1)
        row = {"day": last, "account_id": 0, "agency_id": snv, "provider": "gmail.com", "issued": 4}
        c.execute(insert(PrivateMailUse).values(row))
        decided = {"code": "x", "version": 1, "facts": "{}", "outcome": "{}"}
        c.execute(insert(PolicyDecision).values(decided | {"message_id": first_id(NOW)}))
    assert hub.on(0).acts["private-senders-told"] == ["snv"]
    assert "private-senders-told" not in hub.on(0).acts
    [facts] = hub.letters("private-senders")
    assert facts["documents"] == 4
    assert "forgotten" not in hub.on(399).acts
    held_back = hub.schedule.run_once(at=NOW + 402 * DAY, destroys=False)
    assert "forgotten" not in held_back.acts
    assert hub.on(402).acts["forgotten"] == ["decisions 1"]
