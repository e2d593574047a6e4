"""Who lets whom into which mailbox, for how long, and who hears of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from mailhub.accounts import service
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Agency, DelegationRight
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Held, Role
from mailhub.accounts.sharing.access import OpeningRight, opens
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

LEADER, CLERK, OTHER = "gd.snv@tinh.gov.vn", "thuky@tinh.gov.vn", "nguoi.la@tinh.gov.vn"
NOW = now_ms()


@pytest.fixture
def office(province: Database) -> dict[str, int]:
    return {
        LEADER: make_account(province, LEADER, agency="snv", password=None, name="Lê Văn Giám Đốc"),
        CLERK: make_account(province, CLERK, agency="snv-vp", password=None, name="Trần Thị Thư Ký"),
        OTHER: make_account(province, OTHER, agency="syt", password=None, name="Đỗ Người Lạ"),
    }


def right_at(database: Database, office: dict[str, int], at: int, person: str = CLERK) -> OpeningRight | None:
    with database.read() as c:
        found = opens(c, office[person], office[LEADER], at)
    return None if found is None else found.right


def give(
    database: Database,
    right: DelegationRight = DelegationRight.READ,
    *,
    from_at: int | None = None,
    until_at: int | None = None,
) -> None:
    with database.write() as c:
        service.delegate_mailbox(
            c, ROOT, LEADER, CLERK, right, from_at=from_at, until_at=until_at, because="CV 15/SNV-VP", at=NOW
        )


def actor(database: Database, role: Role, agency: str, account: int, *also: Held) -> Actor:
    with database.read() as c:
        return Actor(name="x", role=role, agency_id=find_agency(c, agency), account_id=account, also=also)


def test_a_delegation_opens_the_mailbox_within_its_days_only(province: Database, office: dict[str, int]) -> None:
    give(province, DelegationRight.DRAFT, from_at=NOW + DAY, until_at=NOW + 2 * DAY)
    moments = (NOW, NOW + DAY - 1, NOW + DAY, NOW + 2 * DAY - 1, NOW + 2 * DAY)
    rights = [right_at(province, office, at) for at in moments]
    assert rights == [None, None, OpeningRight.DRAFT, OpeningRight.DRAFT, None]


def test_of_two_delegations_the_greater_counts(province: Database, office: dict[str, int]) -> None:
    give(province, DelegationRight.READ)
    give(province, DelegationRight.SEND, until_at=NOW + DAY)
    assert right_at(province, office, NOW) is OpeningRight.SEND
    assert right_at(province, office, NOW + DAY) is OpeningRight.READ


@pytest.mark.parametrize("closed", [LEADER, CLERK])
def test_a_suspension_of_either_closes_it_and_a_restoring_gives_it_back(
    province: Database, office: dict[str, int], closed: str
) -> None:
    give(province)
    with province.write() as c:
        service.suspend_account(c, ROOT, closed, reason="mất điện thoại")
    assert right_at(province, office, NOW) is None
    with province.write() as c:
        service.restore_account(c, ROOT, closed)
    assert right_at(province, office, NOW) is OpeningRight.READ


def test_the_end_is_at_once_and_both_hear_of_beginning_and_end(province: Database, office: dict[str, int]) -> None:
    give(province)
    with province.write() as c:
        assert service.end_delegations(c, ROOT, LEADER, CLERK, reason="chuyển công tác", at=NOW + 5) == 1
        assert service.list_delegations(c, ROOT, at=NOW + 5) == []
        letters = c.execute(select(Letter.to_address, Letter.facts).order_by(Letter.id)).all()
    assert right_at(province, office, NOW + 4) is OpeningRight.READ
    assert right_at(province, office, NOW + 5) is None
    told = [(row.to_address, json.loads(row.facts)["ended"]) for row in letters]
    assert told == [(CLERK, False), (LEADER, False), (CLERK, True), (LEADER, True)]
    with province.write() as c, pytest.raises(NoSuchAccount):
        service.end_delegations(c, ROOT, LEADER, CLERK, at=NOW + 6)


def test_the_owner_gives_the_own_mailbox_and_the_delegate_gives_it_back(
    province: Database, office: dict[str, int]
) -> None:
    owner = Actor(name=LEADER, role=Role.OFFICIAL, account_id=office[LEADER])
    delegate = Actor(name=OTHER, role=Role.OFFICIAL, account_id=office[OTHER])
    with province.write() as c:
        service.delegate_mailbox(c, owner, LEADER, OTHER, DelegationRight.READ, at=NOW)
        assert [row.delegate for row in service.list_delegations(c, delegate, at=NOW)] == [OTHER]
        service.end_delegations(c, delegate, LEADER, OTHER, at=NOW + 1)
    assert right_at(province, office, NOW + 1, OTHER) is None


def test_an_administrator_gives_below_and_to_those_below_only(province: Database, office: dict[str, int]) -> None:
    admin = actor(province, Role.AGENCY_ADMIN, "snv", office[OTHER])
    with province.write() as c:
        service.delegate_mailbox(c, admin, LEADER, CLERK, DelegationRight.READ, at=NOW)
    stranger = make_account(province, "la2@tinh.gov.vn", agency="syt", password=None)
    assert stranger
    foreign = actor(province, Role.AGENCY_ADMIN, "syt", office[OTHER])
    for who, to in ((admin, "la2@tinh.gov.vn"), (foreign, CLERK)):
        with province.write() as c, pytest.raises(NotAllowed):
            service.delegate_mailbox(c, who, LEADER, to, DelegationRight.READ, at=NOW)


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.SYSTEM_ADMIN])
def test_nobody_lets_themselves_in(province: Database, office: dict[str, int], role: Role) -> None:
    admin = actor(province, role, "snv", office[CLERK])
    with province.write() as c, pytest.raises(NotAllowed):
        service.delegate_mailbox(c, admin, LEADER, CLERK, DelegationRight.READ, at=NOW)


def test_a_blocks_mailbox_stays_within_the_block(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        c.execute(update(Agency).where(Agency.code == "snv").values(block=True))
    give(province)  # snv-vp lies within
    owner = Actor(name=LEADER, role=Role.OFFICIAL, account_id=office[LEADER])
    for who in (ROOT, owner):
        with province.write() as c, pytest.raises(NotAllowed):
            service.delegate_mailbox(c, who, LEADER, OTHER, DelegationRight.READ, at=NOW)


def test_a_person_delegates_to_another_person(province: Database, office: dict[str, int]) -> None:
    with province.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
    for mailbox, delegate in (
        (LEADER, LEADER),
        (LEADER, "vanthu.snv@tinh.gov.vn"),
        ("vanthu.snv@tinh.gov.vn", CLERK),
    ):
        with province.write() as c, pytest.raises(InvalidValue):
            service.delegate_mailbox(c, ROOT, mailbox, delegate, DelegationRight.READ, at=NOW)


def test_times_that_make_no_sense_are_refused(province: Database, office: dict[str, int]) -> None:
    for begins, ends in ((None, NOW), (NOW + DAY, NOW + 1)):
        with pytest.raises(InvalidValue):
            give(province, from_at=begins, until_at=ends)


def test_the_audit_log_has_what_was_given_and_why(province: Database, office: dict[str, int]) -> None:
    give(province, DelegationRight.SEND)
    with province.read() as c:
        row = c.execute(select(AuditRow.__table__).order_by(AuditRow.id.desc()).limit(1)).mappings().one()
    assert (row["action"], row["object"], row["reason"]) == ("delegation.change", LEADER, "CV 15/SNV-VP")
    assert json.loads(row["after"])["delegate"] == CLERK


def test_a_list_shows_what_the_actor_may_see(province: Database, office: dict[str, int]) -> None:
    give(province)
    seen = actor(province, Role.AGENCY_ADMIN, "snv", 1)
    unseen = actor(province, Role.AGENCY_ADMIN, "syt", 1)
    with province.read() as c:
        assert [row.mailbox for row in service.list_delegations(c, seen, at=NOW)] == [LEADER]
        assert service.list_delegations(c, unseen, at=NOW) == []
        assert [row.delegate for row in service.list_delegations(c, ROOT, account=CLERK, at=NOW)] == [CLERK]
        assert service.list_delegations(c, ROOT, account=OTHER, at=NOW) == []
