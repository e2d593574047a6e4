"""A right over an account is no way into one that administers more (threats 4.13 to 4.16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from mailhub.accounts import service
from mailhub.accounts.control import opening, proposals
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.control.log_reading import LogFilter, note_log_read, read_log
from mailhub.accounts.control.opening import Order
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.creating import create_account
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life import deciding, requests
from mailhub.accounts.life.models import Letter
from mailhub.accounts.life.moving import Move, transfer
from mailhub.accounts.login import codes, recovery, second_factor
from mailhub.accounts.models import DelegationRight, Grant, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.people.people import PersonFacts, change_person
from mailhub.accounts.rights import Actor, Role, console
from mailhub.accounts.sharing.group_views import show_group
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, now_ms
from mailhub.registry.access import may_read_text
from mailhub.registry.access import subject_of as document_subject
from mailhub.store.database import Database
from mailhub.store.sealing import Sealer
from tests.accounts.life.support import make_actor
from tests.registry.parts import keep, received, sighting
from tests.support.accounts import ROOT, Settings, make_account

HIGH, LOW = "cao@tinh.gov.vn", "thap@tinh.gov.vn"
SECOND = console("nguoi-thu-hai")
SETTINGS = Settings()
SEALER = Sealer(b"k" * 32)
NOW = now_ms()
WAYS_IN: dict[str, Callable[[Connection, Actor, str], Any]] = {
    "a slip": lambda c, a, of: codes.issue(c, a, of, at=NOW, settings=SETTINGS.accounts),
    "help by hand": lambda c, a, of: recovery.hand_over(c, a, of, at=NOW, settings=SETTINGS.accounts, reason="quên"),
    "a second factor less": lambda c, a, of: second_factor.reset(c, a, of, reason="mất điện thoại"),
    "a recovery address": lambda c, a, of: change_person(
        c, a, of, PersonFacts(recovery_address="toi@example.org", consent=True)
    ),
    "a delegation": lambda c, a, of: service.delegate_mailbox(c, a, of, "ban@tinh.gov.vn", DelegationRight.READ),
    "restoring it": service.restore_account,
}


@pytest.fixture
def agency(province: Database) -> Actor:
    """The administrator of snv, in which an administrator of the province has an account as well."""
    for address in (HIGH, LOW, "ban@tinh.gov.vn"):
        make_account(province, address, agency="snv-vp", password=None)
    return make_actor(province, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")


def enter(database: Database, name: str, actor: Actor, of: str) -> None:
    with database.write() as c:
        if name == "a second factor less":
            made = second_factor.set_up(c, ROOT, of, SEALER, issuer="x", at=NOW)
            assert made.key
        if name == "restoring it":
            service.suspend_account(c, ROOT, of, reason="bị lộ mật khẩu")
        WAYS_IN[name](c, actor, of)


@pytest.mark.parametrize("name", WAYS_IN)
def test_an_agencys_administrator_gets_into_no_account_above(province: Database, agency: Actor, name: str) -> None:
    with province.write() as c:
        grant_role(c, ROOT, HIGH, Role.APPROVER, reason="QĐ 1")
    with pytest.raises(NotAllowed):
        enter(province, name, agency, HIGH)
    enter(province, name, agency, LOW)


@pytest.mark.parametrize("name", WAYS_IN)
def test_nor_into_one_that_is_going_to_be_above(province: Database, agency: Actor, name: str) -> None:
    with province.write() as c:
        grant_role(c, ROOT, HIGH, Role.SECURITY_OFFICER, from_at=NOW + DAY, reason="QĐ 1")
    with pytest.raises(NotAllowed):
        enter(province, name, agency, HIGH)


@pytest.mark.parametrize("name", WAYS_IN)
def test_a_clerk_of_the_own_tree_is_not_above_and_one_of_others_is(
    province: Database, agency: Actor, name: str
) -> None:
    with province.write() as c:
        grant_role(c, ROOT, LOW, Role.CLERK, agency="snv-vp", reason="QĐ 1")
        grant_role(c, ROOT, HIGH, Role.CLERK, agency="syt", reason="QĐ 1")
    enter(province, name, agency, LOW)
    with pytest.raises(NotAllowed):
        enter(province, name, agency, HIGH)


def test_opening_an_office_is_no_right_to_say_where_its_mail_goes(province: Database, agency: Actor) -> None:
    for more in ({"home": "smtp://198.51.100.9:25"}, {"password_hash": "x"}):
        for kind, state in ((MailboxKind.ROLE, MailboxState.ACTIVE), (MailboxKind.PERSONAL, MailboxState.REQUESTED)):
            given: Any = {"kind": kind, "state": state, **more}
            with pytest.raises(NotAllowed), province.write() as c:
                create_account(c, agency, "moi@tinh.gov.vn", "Một Cửa", agency="snv", **given)


def test_an_agency_does_not_move_itself_away_from_the_one_above(province: Database) -> None:
    make_actor(province, "hai@tinh.gov.vn", Role.AGENCY_ADMIN, "syt")
    with province.write() as c:
        grant_role(c, ROOT, "hai@tinh.gov.vn", Role.AGENCY_ADMIN, agency="snv-vp", reason="QĐ")
        both = actor_of(c, find_mailbox(c, "hai@tinh.gov.vn"), at=now_ms())
    with pytest.raises(NotAllowed), province.write() as c:
        service.move_agency(c, both, "snv-vp", "syt")


def test_who_moved_since_the_request_is_decided_about_by_the_agency_of_now(province: Database, agency: Actor) -> None:
    decider = make_actor(province, "duyet@tinh.gov.vn", Role.APPROVER, "snv")
    with province.write() as c:
        code = requests.request_end(c, agency, LOW, basis="", reason="nghỉ").code
        transfer(c, ROOT, LOW, Move(agency="syt"), reason="QĐ 5")
    with pytest.raises(NotAllowed), province.write() as c:
        deciding.approve(c, decider, code, settings=SETTINGS.accounts)
    with province.read() as c:
        assert find_mailbox(c, LOW).state is MailboxState.ACTIVE


def test_nobody_releases_the_order_that_holds_the_own_account(province: Database) -> None:
    officer = make_actor(province, "atan@tinh.gov.vn", Role.SECURITY_OFFICER)
    with province.write() as c:
        service.hold_account(c, ROOT, "atan@tinh.gov.vn", order="QĐ 9", reason="điều tra")
    with pytest.raises(NotAllowed), province.write() as c:
        service.release_hold(c, officer, "atan@tinh.gov.vn", reason="xong")


def test_an_auditor_is_one_of_the_whole_province(province: Database, agency: Actor) -> None:
    with pytest.raises(InvalidValue), province.write() as c:
        grant_role(c, ROOT, LOW, Role.AUDITOR, agency="snv", reason="QĐ")


def test_a_further_role_lets_one_read_the_log_of_its_agency(province: Database, agency: Actor) -> None:
    make_actor(province, "hai@tinh.gov.vn", Role.CLERK, "syt")
    with province.write() as c:
        grant_role(c, ROOT, "hai@tinh.gov.vn", Role.AGENCY_ADMIN, agency="snv", reason="QĐ")
        both = actor_of(c, find_mailbox(c, "hai@tinh.gov.vn"), at=now_ms())
        note_log_read(c, both, "x")
        assert any(row["object"] == LOW for row in read_log(c, both, LogFilter()))


@pytest.fixture
def party(province: Database) -> Database:
    """The province with a block in it, and two people there."""
    with province.write() as c:
        service.add_agency(c, ROOT, "tu", "Tỉnh ủy", block=True)
        service.add_agency(c, ROOT, "tu-vp", "Văn phòng Tỉnh ủy", parent="tu")
    make_account(province, "dang@tinh.gov.vn", agency="tu", password=None, name="Trần Văn Đảng")
    make_account(province, "ban@tinh.gov.vn", agency="syt", password=None)
    return province


def test_letters_about_a_block_go_to_nobody_outside_it(party: Database) -> None:
    make_actor(party, "duyet@tinh.gov.vn", Role.APPROVER)
    with party.write() as c:
        c.execute(update(Grant).values(agency_id=None))  # the whole province
        for of in ("dang@tinh.gov.vn", "ban@tinh.gov.vn"):
            subject = subject_of(c, find_mailbox(c, of))
            proposals.propose(c, ROOT, ProposalKind.OPEN_MAILBOX, subject, {}, reason="x")
        told = list(c.execute(select(Letter.facts).where(Letter.to_address == "duyet@tinh.gov.vn")).scalars())
    assert len(told) == 1
    assert "ban@tinh.gov.vn" in told[0]


def test_an_order_opens_a_blocks_mailbox_to_its_own_people_only(party: Database) -> None:
    order = Order(mailbox="dang@tinh.gov.vn", reader="ban@tinh.gov.vn", decision="QĐ 1", days=3)
    with pytest.raises(NotAllowed), party.write() as c:
        opening.propose_opening(c, ROOT, order, reason="x")


def test_a_block_stays_out_of_the_log_under_its_peoples_former_addresses_too(party: Database) -> None:
    admin = make_actor(party, "quantri@tinh.gov.vn", Role.SYSTEM_ADMIN)
    with party.write() as c:
        transfer(c, ROOT, "dang@tinh.gov.vn", Move(agency="tu-vp", address="dangtv@tinh.gov.vn"), reason="QĐ")
        seen = {row["object"] for row in read_log(c, admin, LogFilter())}
    assert "ban@tinh.gov.vn" in seen
    assert not seen & {"dang@tinh.gov.vn", "dangtv@tinh.gov.vn"}


def test_the_owner_of_a_group_learns_no_names_of_a_block(party: Database) -> None:
    with party.write() as c:
        service.add_group(c, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="syt", owner="ban@tinh.gov.vn")
        service.add_member(c, ROOT, "nhom@tinh.gov.vn", "dang@tinh.gov.vn")
        owner = actor_of(c, find_mailbox(c, "ban@tinh.gov.vn"), at=now_ms())
        shown = show_group(c, owner, "nhom@tinh.gov.vn")
        assert [(one.address, one.name) for one in shown.members] == [("dang@tinh.gov.vn", "")]
        assert [one.name for one in show_group(c, ROOT, "nhom@tinh.gov.vn").members] == ["Trần Văn Đảng"]


def test_what_passed_a_blocks_desk_is_read_by_nobody_above_it(party: Database) -> None:
    with party.write() as c:
        block, root = find_agency(c, "tu"), find_agency(c, "tinh")
        assert c.execute(select(Mailbox.id).where(Mailbox.agency_id == block)).first() is not None
    seen = sighting("quyet-dinh", desk_agency_id=block)
    [kept] = keep(party, seen)
    received(party, seen.message_id, "dang@tinh.gov.vn")
    assert kept.document_id is not None
    with party.read() as c:
        for actor in (Actor(name="x", role=Role.SYSTEM_ADMIN), Actor(name="x", role=Role.CLERK, agency_id=root)):
            assert not may_read_text(actor, c, kept.document_id)
            assert document_subject(c, actor, kept.document_id, "x").in_block
        assert may_read_text(Actor(name="x", role=Role.CLERK, agency_id=block), c, kept.document_id)
