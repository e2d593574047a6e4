"""An office's mailbox goes from hand to hand, and it is known whose hands."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection, select, update

from mailhub.accounts import service
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed, ReasonMissing
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Agency
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.sharing.access import OpeningRight, opens
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

ROLE, AN, BINH = "vanthu.snv@tinh.gov.vn", "an@tinh.gov.vn", "binh@tinh.gov.vn"
NOW = now_ms()


@pytest.fixture
def office(province: Database) -> dict[str, int]:
    found = {name: make_account(province, name, agency="snv", password=None) for name in (AN, BINH)}
    with province.write() as c:
        return {**found, ROLE: service.add_role_mailbox(c, ROOT, ROLE, "Văn thư Sở Nội vụ", agency="snv")}


def holds(database: Database, office: dict[str, int], person: str, at: int) -> bool:
    with database.read() as c:
        found = opens(c, office[person], office[ROLE], at)
    assert found is None or found.right is OpeningRight.FULL
    return found is not None


def test_a_hand_over_leaves_no_moment_between(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, at=NOW)
        service.hand_over_role(c, ROOT, ROLE, AN, BINH, reason="Biên bản 12/BB-SNV", at=NOW + DAY)
    assert [holds(province, office, AN, at) for at in (NOW, NOW + DAY - 1, NOW + DAY)] == [True, True, False]
    assert [holds(province, office, BINH, at) for at in (NOW, NOW + DAY - 1, NOW + DAY)] == [False, False, True]
    with province.read() as c:
        row = c.execute(select(AuditRow.__table__).order_by(AuditRow.id.desc()).limit(1)).mappings().one()
    assert (row["action"], row["object"], row["reason"]) == ("role.hold", ROLE, "Biên bản 12/BB-SNV")
    assert (json.loads(row["before"])["holder"], json.loads(row["after"])["holder"]) == (AN, BINH)


def test_who_held_it_when_can_be_looked_up(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, at=NOW)
        service.hand_over_role(c, ROOT, ROLE, AN, BINH, reason="Biên bản 12", at=NOW + DAY)
        listed = service.list_holdings(c, ROOT, ROLE, at=NOW + DAY)
        assert [(one.holder, one.from_at, one.until_at, one.now) for one in listed] == [
            (BINH, NOW + DAY, None, True),
            (AN, NOW, NOW + DAY, False),
        ]
        assert [one.holder for one in service.list_holdings(c, ROOT, ROLE, past=False, at=NOW + DAY)] == [BINH]


def test_a_holding_that_is_over_already_is_refused_for_what_it_is(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        with pytest.raises(InvalidValue, match="over already"):
            service.hold_role(c, ROOT, ROLE, AN, from_at=NOW - 9 * DAY, until_at=NOW - DAY, at=NOW)
        with pytest.raises(InvalidValue, match="before it begins"):
            service.hold_role(c, ROOT, ROLE, AN, from_at=NOW + 9 * DAY, until_at=NOW + DAY, at=NOW)
    assert not holds(province, office, AN, NOW)


def enter(c: Connection, begins: int, ends: int, *, holder: str = AN, reason: str = "QĐ 5/QĐ-SNV") -> None:
    """A past holding, in days before NOW."""
    times = {"from_at": NOW - begins * DAY, "until_at": NOW - ends * DAY}
    service.enter_past_holding(c, ROOT, ROLE, holder, **times, reason=reason, at=NOW)


def test_a_past_holding_is_on_record_with_its_decision_and_opens_nothing(
    province: Database, office: dict[str, int]
) -> None:
    with province.write() as c:
        enter(c, 90, 60)
        service.hold_role(c, ROOT, ROLE, BINH, from_at=NOW - 60 * DAY, reason="QĐ 6", at=NOW)
        latest, earlier = service.list_holdings(c, ROOT, ROLE, at=NOW)
        held = service.list_held(c, ROOT, AN, at=NOW)
        letters = c.execute(select(Letter.to_address)).scalars().all()
        audit = c.execute(select(AuditRow.__table__).order_by(AuditRow.id)).mappings().all()[-2]
    assert (earlier.holder, earlier.because) == (AN, "QĐ 5/QĐ-SNV")
    assert (earlier.entered_at, earlier.entered_by) == (NOW, ROOT.name)
    assert earlier.late
    assert earlier.past_when_entered
    assert latest.late
    assert not latest.past_when_entered
    assert [one.role for one in held] == [ROLE]
    assert letters == [BINH]
    assert [holds(province, office, AN, NOW + shift) for shift in (0, DAY)] == [False, False]
    assert (audit["action"], audit["object"], audit["reason"]) == ("role.hold", ROLE, "QĐ 5/QĐ-SNV")
    assert json.loads(audit["after"])["past"] is True


def test_a_past_holding_with_odd_or_doubled_days_is_refused(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        enter(c, 90, 60)
        service.hold_role(c, ROOT, ROLE, AN, from_at=NOW - 20 * DAY, at=NOW)
        for begins, ends, why in (
            (60, 90, "before it begins"),
            (60, 60, "before it begins"),
            (10, -1, "not over yet"),
            (95, 89, "on record for .* from .* to .* already"),
            (61, 50, "on record"),
            (80, 70, "on record"),
            (30, 5, "without an end"),
        ):
            with pytest.raises(InvalidValue, match=why):
                enter(c, begins, ends)
        enter(c, 60, 20)  # between the two, day by day
        enter(c, 90, 60, holder=BINH)  # several may hold one office
        assert len(service.list_holdings(c, ROOT, ROLE, at=NOW)) == 4


def test_a_past_holding_needs_its_decision_and_another_person(province: Database, office: dict[str, int]) -> None:
    with province.read() as c:
        admin = Actor(name=AN, role=Role.AGENCY_ADMIN, agency_id=find_agency(c, "snv"), account_id=office[AN])
    with province.write() as c:
        with pytest.raises(ReasonMissing):
            enter(c, 90, 60, reason=" ")
        with pytest.raises(InvalidValue, match="characters"):
            enter(c, 90, 60, reason="x" * 501)
        with pytest.raises(NotAllowed):
            service.enter_past_holding(c, admin, ROLE, AN, from_at=NOW - 9, until_at=NOW - 1, reason="x", at=NOW)
        assert not service.list_holdings(c, ROOT, ROLE, at=NOW)


def test_what_was_called_off_before_it_began_counts_on_no_day(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, from_at=NOW + 9 * DAY, at=NOW)
        service.release_role(c, ROOT, ROLE, AN, at=NOW + DAY)
        (one,) = service.list_holdings(c, ROOT, ROLE, at=NOW + 20 * DAY)
        assert one.void
        assert not any(one.on_day(NOW + day * DAY) for day in range(20))
        service.hold_role(c, ROOT, ROLE, AN, from_at=NOW + 9 * DAY, at=NOW + DAY)


@pytest.mark.parametrize(("note", "successor"), [(" ", BINH), ("Biên bản", AN)])
def test_a_hand_over_needs_a_record_and_two_people(
    province: Database, office: dict[str, int], note: str, successor: str
) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, at=NOW)
    with province.write() as c, pytest.raises(InvalidValue):
        service.hand_over_role(c, ROOT, ROLE, AN, successor, reason=note, at=NOW + 1)
    assert holds(province, office, AN, NOW + 1)


def test_what_somebody_does_not_hold_cannot_be_handed_over(province: Database, office: dict[str, int]) -> None:
    with pytest.raises(NoSuchAccount), province.write() as c:
        service.hand_over_role(c, ROOT, ROLE, AN, BINH, reason="Biên bản", at=NOW)
    assert not holds(province, office, BINH, NOW)


@pytest.mark.parametrize("closed", [ROLE, AN])
def test_a_suspension_of_either_closes_it_and_a_restoring_gives_it_back(
    province: Database, office: dict[str, int], closed: str
) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, at=NOW)
        service.suspend_account(c, ROOT, closed, reason="thanh tra")
    assert not holds(province, office, AN, NOW)
    with province.write() as c:
        service.restore_account(c, ROOT, closed)
    assert holds(province, office, AN, NOW)


def test_an_administrator_takes_no_office_for_themselves(province: Database, office: dict[str, int]) -> None:
    with province.read() as c:
        admin = Actor(name=AN, role=Role.AGENCY_ADMIN, agency_id=find_agency(c, "snv"), account_id=office[AN])
    with province.write() as c:
        with pytest.raises(NotAllowed):
            service.hold_role(c, admin, ROLE, AN, at=NOW)
        service.hold_role(c, admin, ROLE, BINH, at=NOW)


def test_a_blocks_office_is_held_within_the_block(province: Database, office: dict[str, int]) -> None:
    make_account(province, "la@tinh.gov.vn", agency="syt", password=None)
    with province.write() as c:
        c.execute(update(Agency).where(Agency.code == "snv").values(block=True))
        with pytest.raises(NotAllowed):
            service.hold_role(c, ROOT, ROLE, "la@tinh.gov.vn", at=NOW)


def test_the_holder_hears_of_it(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, AN, at=NOW)
        service.release_role(c, ROOT, ROLE, AN, at=NOW + 1)
        letters = c.execute(select(Letter.kind, Letter.to_address, Letter.facts).order_by(Letter.id)).all()
    assert [(row.kind, row.to_address, json.loads(row.facts)["ended"]) for row in letters] == [
        ("role-held", AN, False),
        ("role-held", AN, True),
    ]
