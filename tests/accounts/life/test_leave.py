"""Leave: mail keeps arriving, somebody acts, the login closes and opens by days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailhub.accounts import service
from mailhub.accounts.errors import InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.leave import (
    Leave,
    NoSuchLeave,
    begin_leave,
    come_back,
    due,
    end_leave,
    enter_leave,
    leaves_of,
)
from mailhub.accounts.models import Delegation, DelegationRight, Mailbox
from mailhub.accounts.rights import Role, schedule
from mailhub.clock import midnight
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, TODAY, letters, make_actor, noon
from tests.support.accounts import ROOT, make_account

TKB = "tkb@tinh.gov.vn"


def away(first: int, last: int, **more: object) -> Leave:
    return Leave(from_on=TODAY + timedelta(days=first), until_on=TODAY + timedelta(days=last), **more)  # type: ignore[arg-type]


@pytest.fixture
def office(province: Database) -> Database:
    make_account(province, NVA, agency="snv")
    make_account(province, TKB, agency="snv", name="Trần Kim Bình")
    return province


def test_from_the_first_midnight_the_login_is_closed_mail_arrives_and_somebody_acts(office: Database) -> None:
    with office.write() as c:
        number = enter_leave(c, ROOT, NVA, away(2, 9, acting=TKB, because="QĐ 7/QĐ-SNV"), at=AT)
        assert find_mailbox(c, NVA).logs_in
        assert [len(found) for found in due(c, TODAY + timedelta(days=1))] == [0, 0]
        begin, over = due(c, TODAY + timedelta(days=2))
        assert ([one.id for one in begin], over) == ([number], [])
        begin_leave(c, schedule(), number, at=midnight(TODAY + timedelta(days=2)))
        row = find_mailbox(c, NVA)
        assert (row.logs_in, row.takes_mail, row.login_closed) == (False, True, "leave")
        acting = c.execute(select(Delegation.right, Delegation.from_at, Delegation.until_at)).one()
        assert acting.right == DelegationRight.READ
        assert acting.from_at == midnight(TODAY + timedelta(days=2))
        assert acting.until_at == midnight(TODAY + timedelta(days=10))
        begin_leave(c, schedule(), number, at=noon(2))
        told = [(kind, to) for kind, to, _ in letters(c)]
        assert told == [("leave-begins", TKB)]
        assert due(c, TODAY + timedelta(days=9)) == ([], [])
        assert [one.id for one in due(c, TODAY + timedelta(days=10))[1]] == [number]
        end_leave(c, schedule(), number, at=midnight(TODAY + timedelta(days=10)))
        end_leave(c, schedule(), number, at=noon(10))
        assert find_mailbox(c, NVA).logs_in
        assert [(kind, to) for kind, to, _ in letters(c)][-1] == ("leave-over", NVA)
        assert leaves_of(c, row.id) == []


def test_a_leave_that_starts_today_begins_at_once_and_ends_when_somebody_is_back(office: Database) -> None:
    with office.write() as c:
        enter_leave(c, ROOT, NVA, away(0, 30, acting=TKB, right=DelegationRight.DRAFT), at=AT)
        assert not find_mailbox(c, NVA).logs_in
        assert c.execute(select(Delegation.from_at)).scalar_one() == AT
        come_back(c, ROOT, NVA, reason="về sớm", at=noon(3))
        assert find_mailbox(c, NVA).logs_in
        assert c.execute(select(Delegation.until_at)).scalar_one() == noon(3)
        assert due(c, TODAY + timedelta(days=99)) == ([], [])
    with pytest.raises(NoSuchLeave), office.write() as c:
        come_back(c, ROOT, NVA, at=noon(4))


def test_a_decision_may_leave_the_login_open(office: Database) -> None:
    with office.write() as c:
        enter_leave(c, ROOT, NVA, away(0, 30, closes_login=False), at=AT)
        assert find_mailbox(c, NVA).logs_in


def test_what_else_keeps_the_login_closed_stays_closed(office: Database) -> None:
    with office.write() as c:
        c.execute(update(Mailbox).where(Mailbox.address == NVA).values(login_closed="idle"))
        enter_leave(c, ROOT, NVA, away(0, 30), at=AT)
        assert find_mailbox(c, NVA).login_closed == "idle,leave"
        come_back(c, ROOT, NVA, at=AT)
        assert find_mailbox(c, NVA).login_closed == "idle"


@pytest.mark.parametrize(("first", "last"), [(5, 9), (0, 2), (2, 5), (3, 4), (0, 20)])
def test_leaves_do_not_overlap(office: Database, first: int, last: int) -> None:
    with office.write() as c:
        enter_leave(c, ROOT, NVA, away(2, 5), at=AT)
    with pytest.raises(InvalidValue, match="24/11/2026 to 27/11/2026"), office.write() as c:
        enter_leave(c, ROOT, NVA, away(first, last), at=AT)


def test_one_leave_may_follow_another(office: Database) -> None:
    with office.write() as c:
        enter_leave(c, ROOT, NVA, away(2, 5), at=AT)
        enter_leave(c, ROOT, NVA, away(6, 9), at=AT)


@pytest.mark.parametrize(("first", "last"), [(3, 2), (-5, -1)])
def test_days_that_make_no_sense_are_refused(office: Database, first: int, last: int) -> None:
    with pytest.raises(InvalidValue), office.write() as c:
        enter_leave(c, ROOT, NVA, away(first, last), at=AT)


def test_who_acts_is_another_official_who_is_there(office: Database) -> None:
    with office.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        enter_leave(c, ROOT, TKB, away(4, 8), at=AT)
    for acting, why in ((NVA, "cannot act"), ("vanthu.snv@tinh.gov.vn", "cannot act"), (TKB, "is away too")):
        with pytest.raises(InvalidValue, match=why), office.write() as c:
            enter_leave(c, ROOT, NVA, away(2, 5, acting=acting), at=AT)
    with pytest.raises(InvalidValue, match="reads or drafts"), office.write() as c:
        enter_leave(c, ROOT, NVA, away(20, 22, acting=TKB, right=DelegationRight.SEND), at=AT)


def test_who_is_suspended_goes_on_no_leave(office: Database) -> None:
    with office.write() as c:
        service.suspend_account(c, ROOT, NVA, reason="x", at=AT)
    with pytest.raises(WrongState, match="suspended"), office.write() as c:
        enter_leave(c, ROOT, NVA, away(2, 5), at=AT)


def test_an_administrator_enters_leave_for_the_own_agency_only(office: Database) -> None:
    admin = make_actor(office, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "syt")
    with pytest.raises(NotAllowed), office.write() as c:
        enter_leave(c, admin, NVA, away(2, 5), at=AT)
    own = make_actor(office, "qt2@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    with office.write() as c:
        enter_leave(c, own, NVA, away(2, 5, acting=TKB), at=AT)
