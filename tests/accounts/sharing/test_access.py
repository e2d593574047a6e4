"""What a shared right opens: addresses to send from, sessions, logins; and what is written down of it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from mailhub.accounts import service
from mailhub.accounts.attempts import Cause, last_attempts
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.models import Delegation, DelegationRight
from mailhub.accounts.records import AuditRow
from mailhub.accounts.sharing.access import OpeningRight, opens, sessions_to_end
from mailhub.accounts.sharing.login import OPENED, open_shared
from mailhub.accounts.verifier import Accepted, Rejected, Verifier
from mailhub.clock import DAY, now_ms
from mailhub.mail.login_name import concerns, split_login
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Settings, make_account

LEADER, CLERK, ROLE = "gd.snv@tinh.gov.vn", "thuky@tinh.gov.vn", "vanthu.snv@tinh.gov.vn"
NOW = now_ms()


@pytest.fixture
def office(province: Database) -> dict[str, int]:
    found = {name: make_account(province, name, agency="snv") for name in (LEADER, CLERK)}
    with province.write() as c:
        return {**found, ROLE: service.add_role_mailbox(c, ROOT, ROLE, "Văn thư Sở Nội vụ", agency="snv")}


def delegate(database: Database, right: DelegationRight, *, until_at: int | None = None) -> int:
    with database.write() as c:
        return service.delegate_mailbox(c, ROOT, LEADER, CLERK, right, until_at=until_at, at=NOW)


@pytest.mark.parametrize("right", list(DelegationRight))
def test_only_the_right_to_send_gives_an_address_to_send_from(
    province: Database, office: dict[str, int], right: DelegationRight
) -> None:
    delegate(province, right, until_at=NOW + DAY)
    moment = [NOW]
    directory = Directory(province, clock=lambda: moment[0])
    account = directory.account(office[CLERK])
    assert account is not None
    assert (LEADER in account.addresses) == (right is DelegationRight.SEND)
    assert account.shared == ({LEADER: office[LEADER]} if right is DelegationRight.SEND else {})
    moment[0] = NOW + DAY  # no act moved the directory's version
    account = directory.account(office[CLERK])
    assert account is not None
    assert account.addresses == {CLERK}
    directory.close()


def test_a_leader_who_may_not_send_is_not_sent_for(province: Database, office: dict[str, int]) -> None:
    delegate(province, DelegationRight.SEND)
    with province.write() as c:
        service.suspend_account(c, ROOT, LEADER, reason="thanh tra")
    directory = Directory(province)
    account = directory.account(office[CLERK])
    assert account is not None
    assert LEADER not in account.addresses
    directory.close()


def test_sessions_end_with_the_right_that_opened_them(province: Database, office: dict[str, int]) -> None:
    delegate(province, DelegationRight.SEND, until_at=NOW + 1)
    delegate(province, DelegationRight.READ, until_at=NOW + DAY)
    with province.write() as c:
        service.hold_role(c, ROOT, ROLE, CLERK, until_at=NOW + DAY, at=NOW)
    leaders, roles = f"{LEADER}*{CLERK}", f"{ROLE}*{CLERK}"
    users = {LEADER, CLERK, leaders, roles, f"{CLERK}*{LEADER}", "ai@tinh.gov.vn", f"{LEADER}*ai@tinh.gov.vn"}
    unknown = {f"{CLERK}*{LEADER}", "ai@tinh.gov.vn", f"{LEADER}*ai@tinh.gov.vn"}
    came_in_with = {leaders: OpeningRight.SEND}
    with province.read() as c:
        assert sessions_to_end(c, users, NOW, granted=came_in_with) == unknown
        assert sessions_to_end(c, users, NOW + DAY, granted=came_in_with) == unknown | {leaders, roles}
    with province.write() as c:
        assert sessions_to_end(c, users, NOW + 1, granted=came_in_with) == unknown | {leaders}  # it is less now
        assert sessions_to_end(c, users, NOW + 1, granted={leaders: OpeningRight.READ}) == unknown
        service.suspend_account(c, ROOT, CLERK, reason="mất máy")
        assert sessions_to_end(c, users, NOW + 1) == unknown | {CLERK, leaders, roles}


def test_a_session_concerns_both_its_mailbox_and_whoever_opened_it() -> None:
    assert concerns(f"{LEADER}*{CLERK}", LEADER)
    assert concerns(f"{LEADER}*{CLERK}", CLERK)
    assert concerns(CLERK, CLERK)
    assert not concerns(f"{LEADER}*{CLERK}", ROLE)
    assert split_login(CLERK) == (CLERK, "")


async def test_the_persons_own_secret_opens_the_mailbox(province: Database, office: dict[str, int]) -> None:
    delegate(province, DelegationRight.DRAFT)
    verifier = Verifier(province, Settings())
    name = f"{LEADER}*{CLERK}"
    found = await verifier.check(name, PASSWORD, service="imap", ip="192.0.2.1")
    assert isinstance(found, Accepted)
    assert found.opened is not None
    assert (found.account_id, found.opened.address, found.opened.right) == (office[CLERK], LEADER, OpeningRight.DRAFT)
    assert isinstance(
        await verifier.check(name, "Sai-mat-khau.1", service="imap", ip="192.0.2.1", wait=False), Rejected
    )
    swapped = await verifier.check(f"{CLERK}*{LEADER}", PASSWORD, service="imap", ip="192.0.2.1", wait=False)
    assert isinstance(swapped, Rejected)
    verifier.close()


def test_reading_is_recorded_once_a_day_by_name(province: Database, office: dict[str, int]) -> None:
    delegate(province, DelegationRight.READ)
    for at in (NOW, NOW + 1, NOW + DAY):
        opened = open_shared(province, office[CLERK], LEADER, service="imap", ip="192.0.2.1", at=at)
        assert opened is not None
    open_shared(province, office[CLERK], LEADER, service="submission", ip="192.0.2.1", at=NOW + 2 * DAY)
    with province.read() as c:
        rows = c.execute(select(AuditRow.actor, AuditRow.object, AuditRow.actor_ip).where(AuditRow.action == OPENED))
        assert [tuple(row) for row in rows] == [(CLERK, LEADER, "192.0.2.1")] * 2
        assert service.verify_chain(c).ok


def test_the_persons_story_names_the_mailbox(province: Database, office: dict[str, int]) -> None:
    delegate(province, DelegationRight.READ)
    open_shared(province, office[CLERK], LEADER, service="imap", ip="192.0.2.1", at=NOW)
    for name in (ROLE, "khong.co@tinh.gov.vn", "x\0y"):
        assert open_shared(province, office[CLERK], name, service="imap", ip="192.0.2.1", at=NOW) is None
    with province.read() as c:
        tries = last_attempts(c, office[CLERK])
    assert [(one.cause, one.about) for one in reversed(tries)][:2] == [
        (Cause.SUCCESS, LEADER),
        (Cause.NOT_SHARED, ROLE),
    ]
    assert f"hộp thư {LEADER}" in tries[-1].words()


@pytest.mark.parametrize("ended", [False, True])
def test_an_order_opens_a_closed_mailbox_and_is_nobodys_to_see_or_end(
    province: Database, office: dict[str, int], ended: bool
) -> None:
    row = {"mailbox_id": office[LEADER], "delegate_id": office[CLERK], "right": "read", "by_order": True}
    with province.write() as c:
        c.execute(insert(Delegation).values(id=1, from_at=NOW, until_at=NOW + DAY, **row))
        close = service.end_account if ended else service.suspend_account
        close(c, ROOT, LEADER, reason="thanh tra")
        found = opens(c, office[CLERK], office[LEADER], NOW)
        assert found is not None
        assert found.right is OpeningRight.READ
        assert opens(c, office[CLERK], office[LEADER], NOW + DAY) is None
        assert sessions_to_end(c, [f"{LEADER}*{CLERK}", LEADER], NOW, granted={f"{LEADER}*{CLERK}": found.right}) == {
            LEADER
        }
        assert service.list_delegations(c, ROOT, at=NOW) == []
        with pytest.raises(NoSuchAccount):
            service.end_delegations(c, ROOT, LEADER, CLERK, at=NOW)
