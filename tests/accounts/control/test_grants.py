"""Who administers what: given, taken, and never to oneself."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from mailhub.accounts import service
from mailhub.accounts.control.errors import LastAdministrator, NoSuchGrant
from mailhub.accounts.control.grants import actor_of, grant_role, keep_an_administrator, list_grants, take_role
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor, Role, may
from mailhub.accounts.tree import agency_subject, find_agency, scope_of
from mailhub.clock import DAY, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

ADMIN, OTHER, LOCAL, NEW = ("admin@tinh.gov.vn", "hai@tinh.gov.vn", "ba@tinh.gov.vn", "tu@tinh.gov.vn")


@pytest.fixture
def people(province: Database) -> Database:
    for address, agency in ((ADMIN, ""), (OTHER, ""), (LOCAL, "snv"), (NEW, "snv-vp")):
        make_account(province, address, agency=agency, password=None)
    return province


def actor(database: Database, address: str, at: int | None = None) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=now_ms() if at is None else at)


def give(database: Database, who: Actor, address: str, role: Role, agency: str = "", until: int | None = None) -> None:
    with database.write() as c:
        grant_role(c, who, address, role, agency=agency, until_at=until, reason="QĐ 1")


def reaches(database: Database, address: str, action: Action, agency: str) -> bool:
    with database.read() as c:
        subject = agency_subject(c, "agency", agency, find_agency(c, agency))
    return may(actor(database, address), action, subject)


def test_a_role_reaches_its_agency_and_those_below_and_nothing_beside(people: Database) -> None:
    give(people, ROOT, LOCAL, Role.AGENCY_ADMIN, "snv")
    assert reaches(people, LOCAL, Action.ACCOUNT_SUSPEND, "snv-vp")
    assert not reaches(people, LOCAL, Action.ACCOUNT_SUSPEND, "syt")
    assert not reaches(people, LOCAL, Action.ACCOUNT_CREATE, "snv")


def test_a_role_for_the_province_is_one_for_its_root(people: Database) -> None:
    give(people, ROOT, OTHER, Role.HELP_DESK)
    assert reaches(people, OTHER, Action.ACCOUNT_UNLOCK, "syt")
    assert not reaches(people, OTHER, Action.ACCOUNT_SUSPEND, "syt")


def test_a_role_ends_by_itself_and_with_the_account(people: Database) -> None:
    give(people, ROOT, OTHER, Role.AUDITOR, until=now_ms() + DAY)
    assert Role.AUDITOR in {held.role for held in actor(people, OTHER).holds}
    assert Role.AUDITOR not in {held.role for held in actor(people, OTHER, now_ms() + 2 * DAY).holds}
    with people.write() as c:
        service.suspend_account(c, ROOT, OTHER, reason="thử")
    assert {held.role for held in actor(people, OTHER).holds} == {Role.OFFICIAL}


def test_nobody_gives_themselves_a_role_nor_takes_their_own(people: Database) -> None:
    give(people, ROOT, ADMIN, Role.SYSTEM_ADMIN)
    with pytest.raises(NotAllowed, match="of their own"):
        give(people, actor(people, ADMIN), ADMIN, Role.APPROVER)
    with pytest.raises(NotAllowed, match="of their own"), people.write() as c:
        take_role(c, actor_of(c, find_mailbox(c, ADMIN), at=now_ms()), ADMIN, Role.SYSTEM_ADMIN, reason="thử")


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AGENCY_ADMIN, Role.APPROVER, Role.AUDITOR])
def test_an_agencys_administrator_makes_no_other_administrator(people: Database, role: Role) -> None:
    give(people, ROOT, LOCAL, Role.AGENCY_ADMIN, "snv")
    local = actor(people, LOCAL)
    with pytest.raises(NotAllowed):
        give(people, local, NEW, role, "" if role in (Role.SYSTEM_ADMIN, Role.AUDITOR) else "snv-vp")
    give(people, local, NEW, Role.CLERK, "snv-vp")


def test_an_agencys_administrator_gives_nothing_outside_the_own_tree(people: Database) -> None:
    give(people, ROOT, LOCAL, Role.AGENCY_ADMIN, "snv")
    for address, agency in ((NEW, "syt"), (OTHER, "snv"), (NEW, "")):
        with pytest.raises(NotAllowed):
            give(people, actor(people, LOCAL), address, Role.CLERK, agency)


def test_who_administers_the_province_does_not_watch_over_it_as_well(people: Database) -> None:
    give(people, ROOT, ADMIN, Role.SYSTEM_ADMIN)
    for role in (Role.SECURITY_OFFICER, Role.AUDITOR):
        with pytest.raises(InvalidValue, match="as well as"):
            give(people, ROOT, ADMIN, role)


def test_the_last_administrator_stays(people: Database) -> None:
    give(people, ROOT, ADMIN, Role.SYSTEM_ADMIN)
    with pytest.raises(LastAdministrator), people.write() as c:
        take_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason="thử")
    give(people, ROOT, OTHER, Role.SYSTEM_ADMIN)
    with people.write() as c:
        keep_an_administrator(c, find_mailbox(c, ADMIN).id, at=now_ms())
        take_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason="thử")
    assert not reaches(people, ADMIN, Action.ACCOUNT_READ, "syt")


def test_taking_what_is_not_held_is_refused(people: Database) -> None:
    with pytest.raises(NoSuchGrant), people.write() as c:
        take_role(c, ROOT, OTHER, Role.CLERK, agency="snv", reason="thử")


def test_the_list_shows_each_only_what_lies_within_reach(people: Database) -> None:
    give(people, ROOT, LOCAL, Role.AGENCY_ADMIN, "snv")
    give(people, ROOT, OTHER, Role.APPROVER)
    with people.read() as c:
        assert {row.account for row in list_grants(c, ROOT)} == {LOCAL, OTHER}
        assert {row.account for row in list_grants(c, actor_of(c, find_mailbox(c, LOCAL), at=now_ms()))} == {LOCAL}


def test_a_block_is_beyond_the_provinces_administrator_and_not_beyond_its_own(people: Database) -> None:
    with people.write() as c:
        service.add_agency(c, ROOT, "tinhuy", "Tỉnh ủy")
        service.add_agency(c, ROOT, "vptu", "Văn phòng Tỉnh ủy", parent="tinhuy")
        c.execute(update(Agency).where(Agency.code == "tinhuy").values(block=True))
    make_account(people, "dang@tinh.gov.vn", agency="vptu", password=None)
    give(people, ROOT, ADMIN, Role.SYSTEM_ADMIN)
    give(people, ROOT, "dang@tinh.gov.vn", Role.AGENCY_ADMIN, "tinhuy")
    assert not reaches(people, ADMIN, Action.ACCOUNT_READ, "vptu")
    assert reaches(people, "dang@tinh.gov.vn", Action.ACCOUNT_READ, "vptu")
    with people.read() as c:
        block = find_agency(c, "vptu")
        assert block not in (scope_of(c, actor(people, ADMIN), Action.ACCOUNT_READ).agencies or ())
        assert block in (scope_of(c, actor(people, "dang@tinh.gov.vn"), Action.ACCOUNT_READ).agencies or ())
        listed = {line.address for line in service.list_accounts(c, actor(people, ADMIN))}
    assert "dang@tinh.gov.vn" not in listed
    assert ADMIN in listed
