"""A box in strange hands: counting bursts, stopping its sending, calling people; and telling leaders of imitators."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import NotAllowed, ReasonMissing, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.closings import STOP_SENDING, open_closings, proof_of
from mailhub.accounts.life.models import DoorState, Letter
from mailhub.accounts.life.sending import allow_sending, stop_sending
from mailhub.accounts.models import Rank
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import DAY, MINUTE, SECOND, midnight, now_ms
from mailhub.lifecycle.closing import close_now
from mailhub.lifecycle.scene import Scene
from mailhub.policy.facts import Origin, Proof
from mailhub.policy.rules.rule import Action, Stage
from mailhub.policy.rules.rule import Test as Condition
from mailhub.queue import service as queue
from mailhub.queue.models import HeldFor, Recipient, RecipientState
from mailhub.screening.case import Case
from mailhub.screening.consequences import stopping
from mailhub.screening.consequences.imitated import MOST_A_DAY, tell_imitated, telling
from mailhub.screening.facts.bursts import NEAR, WINDOW, Bursts
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from tests.queue.parts import PLACE, message
from tests.screening.gathered import fields
from tests.screening.judged_mail import DAY as TODAY
from tests.screening.judged_mail import arrived, judged, own, rule
from tests.support.accounts import ROOT, Settings, make_account

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
AT = midnight(TODAY)
BURST = rule("gui-hang-loat", Stage.HOLD, action=Action.STOP_SENDING)


@pytest.fixture
def an(province: Database) -> int:
    make_account(province, BINH, agency="snv", password=None, name="Trần Thị Bình")
    return make_account(province, AN, agency="snv-vp", password=None)


def stop(database: Database, account_id: int, *, officers: tuple[str, ...] = (), at: int = AT) -> bool:
    with database.write() as connection:
        return stopping.stop_sending(connection, account_id, BURST, code="7K4-QW2-M9", officers=officers, at=at)


def letters(database: Database, kind: str = "sending-stopped") -> dict[str, dict[str, Any]]:
    with database.read() as connection:
        rows = connection.execute(select(Letter).where(Letter.kind == kind)).all()
    return {row.to_address: json.loads(row.facts) for row in rows}


# ---------------------------------------------------------------------- stopping


def test_sending_stops_reading_goes_on_and_every_process_knows_at_once(province: Database, an: int) -> None:
    directory = Directory(province)
    before = directory.account(an)
    assert before is not None
    assert before.may_send
    assert stop(province, an) is True
    now = directory.account(an)
    assert now is not None
    assert (now.may_send, now.may_login, now.receives, now.state) == (False, True, True, "active")
    directory.close()
    with province.read() as connection:
        row = connection.execute(select(AuditRow).where(AuditRow.action == "account.suspend")).one()
        assert len(open_closings(connection)) == 1
        assert proof_of(connection, ROOT, AN).act == STOP_SENDING
    assert (row.actor, row.object) == ("mailhub:policy", AN)
    assert "gui-hang-loat" in row.reason
    assert "7K4-QW2-M9" in row.reason


def test_a_second_burst_does_nothing_and_calls_nobody_again(province: Database, an: int) -> None:
    assert stop(province, an) is True
    told = len(letters(province))
    assert stop(province, an) is False
    assert stop(province, 12345) is False
    assert len(letters(province)) == told


def test_those_who_can_telephone_are_called_and_the_box_itself_is_not(province: Database, an: int) -> None:
    for address, role, agency in (
        ("hotro@tinh.gov.vn", Role.HELP_DESK, "snv"),
        ("hotro.syt@tinh.gov.vn", Role.HELP_DESK, "syt"),
        ("at@tinh.gov.vn", Role.SECURITY_OFFICER, ""),
        (AN, Role.AGENCY_ADMIN, "snv"),
    ):
        if address != AN:
            make_account(province, address, agency="snv", password=None, name="Người Khác")
        with province.write() as connection:
            grant_role(connection, ROOT, address, role, agency=agency, at=AT - DAY)
    stop(province, an, officers=("attt@tinh.gov.vn",))
    found = letters(province)
    assert set(found) == {"hotro@tinh.gov.vn", "at@tinh.gov.vn", "attt@tinh.gov.vn"}
    facts = found["at@tinh.gov.vn"]
    assert (facts["address"], facts["agency"], facts["code"]) == (AN, "Văn phòng Sở Nội vụ", "7K4-QW2-M9")


def test_where_nobody_helps_the_unit_hears_of_it(province: Database, an: int) -> None:
    stop(province, an)
    assert set(letters(province)) == {"vanthu.snv@tinh.gov.vn"}


def test_what_waits_is_held_and_goes_on_when_somebody_allows_it(province: Database, an: int) -> None:
    with province.write() as connection:
        queue.enqueue(connection, [message("x@so.vn", sender=AN, account_id=an, received_at=now_ms())], [PLACE])
    stop(province, an, at=now_ms())
    scene = Scene(database=province, node="here", mailboxes=None, script=lambda _view: "", settings=Settings())
    with province.read() as connection:
        proof = proof_of(connection, ROOT, AN)
    proof = asyncio.run(close_now(scene, proof.closing_id, AN))
    assert {one.door: one.state for one in proof.doors} == {
        "submission-sessions": DoorState.ABSENT,
        "sieve-redirects": DoorState.ABSENT,
        "queued-mail": DoorState.CLOSED,
    }
    assert waiting(province) == [(RecipientState.HELD, HeldFor.SENDER_CLOSED)]
    with province.write() as connection:
        allow_sending(connection, ROOT, AN, reason="đã gọi điện")
    with province.read() as connection:
        again = proof_of(connection, ROOT, AN)
    asyncio.run(close_now(scene, again.closing_id, AN))
    assert waiting(province) == [(RecipientState.QUEUED, None)]


def waiting(database: Database) -> list[tuple[str, str | None]]:
    with database.read() as connection:
        return [(row.state, row.held_for) for row in connection.execute(select(Recipient.state, Recipient.held_for))]


def test_opening_again_needs_a_reason_and_somebody_else(province: Database, an: int) -> None:
    stop(province, an)
    with province.write() as connection:
        grant_role(connection, ROOT, AN, Role.AGENCY_ADMIN, agency="snv", at=AT - DAY)
        number = find_mailbox(connection, AN).agency_id
    mine = Actor(name=AN, role=Role.AGENCY_ADMIN, agency_id=number, account_id=an)
    with province.write() as connection:
        with pytest.raises(ReasonMissing):
            allow_sending(connection, ROOT, AN, reason=" ")
        with pytest.raises(NotAllowed):
            allow_sending(connection, mine, AN, reason="tôi đây")
    with province.write() as connection:
        assert allow_sending(connection, ROOT, AN, reason="đã gọi điện").sends
        with pytest.raises(WrongState):
            allow_sending(connection, ROOT, AN, reason="lần nữa")


def test_a_suspended_account_stays_suspended_when_its_sending_is_allowed(province: Database, an: int) -> None:
    stop(province, an)
    with province.write() as connection:
        service.suspend_account(connection, ROOT, AN, reason="điều tra")
        assert not allow_sending(connection, ROOT, AN, reason="đã gọi điện").sends
        assert len(open_closings(connection)) == 2
        with pytest.raises(WrongState):
            stop_sending(connection, ROOT, AN, reason="nữa")


# ---------------------------------------------------------------------- bursts


class Queue:
    """What the queue knows of, how often it was asked, and how long an answer takes."""

    def __init__(self, sent: int = 0, *, seconds: float = 0.0) -> None:
        self.sent = sent
        self.seconds = seconds
        self.now = 100.0
        self.asked: list[int] = []

    def __call__(self, _account: int, since: int) -> int:
        self.asked.append(since)
        self.now += self.seconds
        return self.sent

    def bursts(self) -> Bursts:
        """Counts that wait for each answer."""
        return Bursts(self, later=lambda work: work(), tick=lambda: self.now)


def test_recipients_are_counted_for_ten_minutes() -> None:
    bursts = Queue().bursts()
    assert [bursts.add(1, 5, at=AT + minute * MINUTE) for minute in (0, 4, 9)] == [5, 10, 15]
    assert bursts.add(2, 1, at=AT + 9 * MINUTE) == 1
    assert bursts.add(1, 1, at=AT + 10 * MINUTE) == 11
    assert bursts.look(1, at=AT + 10 * MINUTE) == 11
    assert bursts.look(3, at=AT) == 0
    assert bursts.add(1, 1, at=AT + 2 * DAY) == 1


def test_the_queue_is_asked_only_near_what_matters_and_not_for_each_message() -> None:
    known = Queue(sent=500)
    bursts = known.bursts()
    for number in range(NEAR - 1):
        bursts.add(1, 1, at=AT + number)
    assert known.asked == []
    assert bursts.add(1, 1, at=AT + 100) == 500
    assert known.asked == [AT + 100 - WINDOW]
    assert bursts.add(1, 10, at=AT + SECOND) == 510
    assert len(known.asked) == 1
    known.sent = 600
    assert bursts.add(1, 1, at=AT + 6 * SECOND) == 600
    assert len(known.asked) == 2


def test_what_this_process_took_is_not_counted_twice() -> None:
    known = Queue()
    bursts = known.bursts()
    for number in range(10):
        known.sent = 10 * number  # the queue knows of the ones before
        assert bursts.add(1, 10, at=AT + number * 10 * SECOND) == 10 * (number + 1)


def test_slow_answers_are_asked_for_seldom_and_old_ones_do_not_count() -> None:
    known = Queue(sent=200, seconds=1.0)
    bursts = known.bursts()
    assert bursts.add(1, NEAR, at=AT) == 200
    for second in range(5, 20):
        known.now = 101.0 + second
        bursts.add(2, NEAR, at=AT + second * SECOND)
    assert len(known.asked) == 1
    known.now = 122.0
    bursts.add(2, NEAR, at=AT + 21 * SECOND)
    assert len(known.asked) == 2
    known.sent = 0
    assert bursts.look(1, at=AT + WINDOW) == 0


def test_a_queue_that_does_not_answer_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_account: int, _since: int) -> int:
        raise StoreUnavailable("database: away")

    bursts = Bursts(broken, later=lambda work: work())
    assert bursts.add(1, NEAR, at=AT) == NEAR
    assert bursts.add(1, NEAR, at=AT + 10 * SECOND) == 2 * NEAR
    assert "database: away" in caplog.text


def test_answers_come_from_a_thread_of_its_own() -> None:
    answered = threading.Event()

    def count(_account: int, _since: int) -> int:
        answered.set()
        return 300

    bursts = Bursts(count)
    assert bursts.add(1, NEAR, at=AT) in (NEAR, 300)
    assert answered.wait(10)


# ---------------------------------------------------------------------- imitation


@pytest.fixture
def leader(province: Database) -> str:
    with province.write() as connection:
        person = NewPerson(title="Giám đốc", rank=Rank.LEADER)
        service.create_account(connection, ROOT, "lvc@tinh.gov.vn", "Lê Văn Cường", agency="snv", person=person)
    return "lvc@tinh.gov.vn"


def imitate(database: Database, shown: str, address: str = "gd.cuong@gmail.com", *, at: int = AT) -> list[str]:
    with database.write() as connection:
        return tell_imitated(connection, shown, address, code="7K4-QW2-M9", at=at)


@pytest.mark.usefixtures("an")
def test_a_leader_hears_of_an_imitator_once_a_day(province: Database, leader: str) -> None:
    assert imitate(province, "GĐ Le Van Cuong") == [leader]
    assert imitate(province, "Lê Văn Cường", at=AT + DAY - 1) == []
    assert imitate(province, "Lê Văn Cường", at=AT + DAY) == [leader]
    assert imitate(province, "Lê Văn Cường", "khac@gmail.com") == [leader]
    with province.read() as connection:
        assert len(connection.execute(select(Letter).where(Letter.kind == "imitated")).all()) == 3
    assert letters(province, "imitated")[leader]["name"] == "Lê Văn Cường"


@pytest.mark.usefixtures("an", "leader")
def test_an_imitator_with_many_addresses_does_not_fill_the_mailbox(province: Database) -> None:
    told = [imitate(province, "Lê Văn Cường", f"a{number}@gmail.com") for number in range(MOST_A_DAY + 5)]
    assert sum(map(bool, told)) == MOST_A_DAY


@pytest.mark.usefixtures("an", "leader")
def test_others_hear_nothing(province: Database) -> None:
    for shown in ("Trần Thị Bình", "Nguyễn Văn An", "Cường", ""):
        assert imitate(province, shown) == []
    assert letters(province, "imitated") == {}


IMITATION = Condition("sender.imitates", "is", ("leader",))


@pytest.mark.parametrize(
    ("stage", "imitates", "told"),
    [(Stage.HOLD, "leader", 1), (Stage.WARN, "leader", 1), (Stage.SHADOW, "leader", 0), (Stage.HOLD, "hub", 0)],
)
def test_the_imitated_is_told_when_a_rule_about_it_does_something(
    province: Database, leader: str, stage: Stage, imitates: str, told: int
) -> None:
    facts = arrived({"nva@tinh.gov.vn": own()}, imitates=frozenset({imitates}))
    head = fields("From: =?utf-8?b?TMOqIFbEg24gQ8aw4budbmc=?= <ai@gmail.com>")
    case = Case(origin=Origin.OUTSIDE, proof=Proof.DMARC, sender="ai@gmail.com", fields=head, at=AT)
    tag = rule("gia-danh", stage, IMITATION, action=Action.TAG)
    other = rule("khac", Stage.HOLD, Condition("message.origin", "is", (Origin.OUTSIDE,)))
    writes = telling(judged(facts, tag, other), facts, case, code="7K4-QW2-M9", at=AT)
    with province.write() as connection:
        for write in writes:
            write(connection)
    assert len(letters(province, "imitated")) == told
    assert leader
