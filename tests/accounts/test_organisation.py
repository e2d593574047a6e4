"""The tree of agencies: entered, changed, moved, ended; pools; blocks."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role, roles_of
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import InvalidValue, NameTaken, NoSuchAgency, NoSuchDomain, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Agency, MailboxState
from mailhub.accounts.organisation import AgencyChanges, find_agency_row, take_over_due
from mailhub.accounts.organisation.ending import StillInUse
from mailhub.accounts.organisation.identifiers import level_one, read_former_identifier, read_identifier
from mailhub.accounts.organisation.pools import PoolFull, check_room, pool_of
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency, mail_domain, unit_address
from mailhub.clock import DAY, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

SYSTEM = Actor(name="quantri@tinh.gov.vn", role=Role.SYSTEM_ADMIN)


def admin(connection: Connection, code: str) -> Actor:
    return Actor(name=f"admin@{code}", role=Role.AGENCY_ADMIN, agency_id=find_agency(connection, code))


def shown(connection: Connection, actor: Actor = ROOT, root: str = "", **more: bool | int) -> list[str]:
    lines = service.tree(connection, actor, root, at=now_ms(), **more)  # type: ignore[arg-type]
    return [f"{'.' * line.depth}{line.code}" for line in lines]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "kept"),
    [("H40", "H40"), ("h40.01.02", "H40.01.02"), (" H40. 12 .3 ", "H40.12.3"), ("Z01.2", "Z01.2"), ("", None)],
)
def test_identifiers_of_the_form_in_force_are_kept_in_one_spelling(text: str, kept: str | None) -> None:
    assert read_identifier(text) == kept


@pytest.mark.unit
@pytest.mark.parametrize(
    "text", ["000.01.02.H40", "40", "H4", "H40..01", "H40.01-02", "H40." + "1" * 40, "Đ40", "ZZ-1"]
)
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        read_identifier(text)


@pytest.mark.unit
def test_the_former_form_has_level_one_last_and_short_forms_exist() -> None:
    assert read_former_identifier("000.01.02.h40") == "000.01.02.H40"
    assert read_former_identifier("01.02.G22") == "01.02.G22"
    assert (level_one("H40.01.02"), level_one("000.01.02.H40"), level_one("01.02.G22")) == ("H40", "H40", "G22")
    for text in ("H40.01.02", "000.1.02.H40", "0000.01.02.H40", "000.01.02"):
        with pytest.raises(InvalidValue):
            read_former_identifier(text)


@pytest.mark.unit
def test_a_form_in_the_wrong_field_is_named() -> None:
    with pytest.raises(InvalidValue, match="as the former identifier"):
        read_identifier("000.00.15.H44")
    with pytest.raises(InvalidValue, match="as the identifier"):
        read_former_identifier("H44.15")


def test_an_agency_keeps_both_identifiers_and_nobody_elses(province: Database) -> None:
    with province.write() as c:
        service.add_agency(c, ROOT, "stp", "Sở Tư pháp", identifier="H44.15", former_identifier="000.00.15.H44")
        row = find_agency_row(c, "stp")
        assert (row["identifier"], row["former_identifier"], row["folded"]) == ("H44.15", "000.00.15.H44", "so tu phap")
        with pytest.raises(NameTaken, match="stp"):
            service.add_agency(c, ROOT, "stc", "Sở Tài chính", identifier="h44.15")
        service.change_agency(c, ROOT, "stp", AgencyChanges(identifier="H44.15", name="Sở  Tư pháp mới"))
        assert find_agency_row(c, "stp")["folded"] == "so tu phap moi"
        service.change_agency(c, ROOT, "stp", AgencyChanges(identifier=""))
        service.add_agency(c, ROOT, "stc", "Sở Tài chính", identifier="H44.15")


def test_any_depth_is_shown_in_order_with_what_lies_below(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv-vp")
    above = "snv-vp"
    with province.write() as c:
        for depth in range(12):
            service.add_agency(c, ROOT, f"d{depth}", f"Tổ {depth}", parent=above)
            above = f"d{depth}"
        lines = {line.code: line for line in service.tree(c, ROOT, at=now_ms())}
        assert shown(c, depth=1) == ["tinh", ".snv", ".syt"]
        assert shown(c, root="snv", depth=1) == ["snv", ".snv-vp"]
    assert (lines["d11"].depth, lines["snv"].below, lines["snv"].accounts, lines["tinh"].below) == (14, 1, 0, 1)


def test_a_unit_moves_with_all_below_and_never_into_itself(province: Database) -> None:
    with province.write() as c:
        with pytest.raises(InvalidValue, match="circle"):
            service.move_agency(c, ROOT, "snv", "snv-vp")
        with pytest.raises(InvalidValue, match="circle"):
            service.move_agency(c, ROOT, "snv", "snv")
        with pytest.raises(InvalidValue):
            service.move_agency(c, ROOT, "tinh", "snv")
        service.move_agency(c, ROOT, "snv", "syt")
        assert shown(c) == ["tinh", ".syt", "..snv", "...snv-vp"]
        service.move_agency(c, ROOT, "snv-vp", "")
        assert shown(c) == ["tinh", ".syt", "..snv", ".snv-vp"]


def test_an_administrator_draws_nothing_out_of_a_foreign_agency_nor_pushes_into_one(province: Database) -> None:
    with province.write() as c:
        mine = admin(c, "snv")
        for code, parent in (("syt", "snv"), ("snv-vp", "syt"), ("snv", "")):
            with pytest.raises(NotAllowed):
                service.move_agency(c, mine, code, parent)
        with pytest.raises(NotAllowed):
            service.add_agency(c, mine, "x", "X", parent="syt")
        with pytest.raises(NotAllowed):
            service.end_agency(c, mine, "snv-vp", reason="thử")
        service.add_agency(c, mine, "snv-tc", "Phòng Tổ chức", parent="snv")
        service.move_agency(c, mine, "snv-tc", "snv-vp")


def test_a_code_is_found_in_any_capitals_unless_two_differ_in_nothing_else(province: Database) -> None:
    with province.write() as c:
        number = find_agency(c, "snv")
        assert find_agency(c, "SNV") == number
        other = service.add_agency(c, ROOT, "SNV", "Sở Nhà văn")
        assert (find_agency(c, "snv"), find_agency(c, "SNV")) == (number, other)
        with pytest.raises(NoSuchAgency):
            find_agency(c, "Snv")


@pytest.mark.parametrize("code", ["", " ", "a b", "a/b", "-a", "a" * 65, "snv"])
def test_codes_that_cannot_be_or_are_taken_are_refused(province: Database, code: str) -> None:
    with pytest.raises((InvalidValue, NameTaken)), province.write() as c:
        service.add_agency(c, ROOT, code, "Sở X")


def test_new_addresses_are_made_in_the_nearest_domain(province: Database) -> None:
    with province.write() as c:
        service.add_domain(c, ROOT, "snv.tinh.gov.vn")
        service.add_domain(c, ROOT, "cu.gov.vn", alias_of="tinh.gov.vn")
        service.change_agency(c, ROOT, "snv", AgencyChanges(domain="snv.tinh.gov.vn"))
        assert mail_domain(c, find_agency(c, "snv-vp")) == "snv.tinh.gov.vn"
        assert mail_domain(c, find_agency(c, "syt")) == "tinh.gov.vn"
        with pytest.raises(NoSuchDomain):
            service.change_agency(c, ROOT, "syt", AgencyChanges(domain="gmail.com"))
        with pytest.raises(InvalidValue):
            service.change_agency(c, ROOT, "syt", AgencyChanges(domain="cu.gov.vn"))


def test_an_agency_in_use_does_not_end_and_the_refusal_lists_what_lives_there(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv")
    with province.write() as c:
        with pytest.raises(StillInUse, match="annv@tinh") as refusal:
            service.end_agency(c, ROOT, "snv", reason="giải thể")
        assert (refusal.value.agencies, refusal.value.accounts) == (("snv-vp",), ("annv@tinh.gov.vn",))
        service.end_account(c, ROOT, "annv@tinh.gov.vn", reason="nghỉ hưu")
        service.end_agency(c, ROOT, "snv-vp", reason="giải thể")
        service.end_agency(c, ROOT, "snv", reason="giải thể")
        assert shown(c) == ["tinh", ".syt"]
        assert shown(c, ended=True) == ["tinh", ".snv", "..snv-vp", ".syt"]
        with pytest.raises(WrongState):
            service.end_agency(c, ROOT, "snv", reason="lần nữa")
        with pytest.raises(WrongState):
            service.create_account(c, ROOT, "moi@tinh.gov.vn", "Mới", agency="snv")
        with pytest.raises(WrongState):
            service.add_agency(c, ROOT, "snv-x", "X", parent="snv-vp")
        with pytest.raises(InvalidValue):
            service.end_agency(c, ROOT, "tinh", reason="không thể")


def test_a_successor_takes_over_everything_that_lives(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv")
    make_account(province, "cu@tinh.gov.vn", agency="snv", name="Đã Nghỉ")
    with province.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.syt@tinh.gov.vn", "Văn thư", agency="syt")
        service.change_agency(c, ROOT, "syt", AgencyChanges(unit_address="vanthu.syt@tinh.gov.vn"))
        service.add_group(c, ROOT, "all.snv@tinh.gov.vn", "Toàn Sở", agency="snv")
        service.end_account(c, ROOT, "cu@tinh.gov.vn", reason="nghỉ hưu")
        grant_role(c, ROOT, "annv@tinh.gov.vn", Role.AGENCY_ADMIN, agency="snv")
        old, new = find_agency(c, "snv"), find_agency(c, "syt")
        assert unit_address(c, old) == "vanthu.snv@tinh.gov.vn"
        done = service.end_agency(c, ROOT, "snv", successor="syt", reason="Nghị quyết 12")
        assert (done.agencies, done.accounts, done.people) == (("snv-vp",), ("annv@tinh.gov.vn",), 1)
        assert done.groups == ("all.snv@tinh.gov.vn",)
        box, gone = find_mailbox(c, "annv@tinh.gov.vn"), find_mailbox(c, "cu@tinh.gov.vn")
        assert (box.agency_id, box.revision > 0, gone.agency_id) == (new, True, old)
        assert shown(c) == ["tinh", ".syt", "..snv-vp"]
        assert unit_address(c, old) == "vanthu.syt@tinh.gov.vn"
        assert roles_of(c, box.id, at=now_ms()) == ()
        moved = select(AuditRow.action).where(AuditRow.object == "annv@tinh.gov.vn").order_by(AuditRow.id.desc())
        assert c.execute(moved.limit(1)).scalar_one() == "account.move"


def test_senders_to_the_ended_agencys_mailboxes_are_sent_to_the_successor(province: Database) -> None:
    make_account(province, "cu@tinh.gov.vn", agency="snv")
    with province.write() as c:
        service.change_agency(c, ROOT, "syt", AgencyChanges(unit_address="vanthu.syt@tinh.gov.vn"))
        service.end_account(c, ROOT, "cu@tinh.gov.vn", reason="nghỉ hưu")
        service.end_agency(c, ROOT, "snv", successor="syt", reason="Nghị quyết 12")
    directory = Directory(province)
    try:
        found = directory.resolve("cu@tinh.gov.vn")
        assert found is not None
        assert found.unit_address == "vanthu.syt@tinh.gov.vn"
    finally:
        directory.close()


def test_an_end_to_come_is_written_down_and_done_on_its_day(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv")
    with province.write() as c:
        service.end_agency(c, ROOT, "snv", ends_on=date(2099, 1, 1), successor="syt", reason="Nghị quyết 12")
        box = find_mailbox(c, "annv@tinh.gov.vn")
        assert box.agency_id == find_agency(c, "snv")
        assert take_over_due(c, ROOT, at=now_ms()) == {}
        late = now_ms() + 100 * 366 * DAY
        done = take_over_due(c, ROOT, at=late)
        assert list(done) == ["snv"]
        assert find_mailbox(c, "annv@tinh.gov.vn").agency_id == find_agency(c, "syt")
        assert take_over_due(c, ROOT, at=late) == {}


def test_an_end_is_called_off(province: Database) -> None:
    with province.write() as c:
        with pytest.raises(WrongState):
            service.reopen_agency(c, ROOT, "snv-vp", reason="nhầm")
        service.end_agency(c, ROOT, "snv-vp", reason="giải thể")
        service.reopen_agency(c, ROOT, "snv-vp", reason="nhầm")
        assert shown(c) == ["tinh", ".snv", "..snv-vp", ".syt"]


def test_a_successor_lies_neither_within_nor_in_the_past(province: Database) -> None:
    with province.write() as c:
        with pytest.raises(InvalidValue):
            service.end_agency(c, ROOT, "snv", successor="snv-vp", reason="thử")
        with pytest.raises(InvalidValue):
            service.end_agency(c, ROOT, "snv", successor="snv", reason="thử")
        service.end_agency(c, ROOT, "syt", reason="giải thể")
        with pytest.raises(WrongState):
            service.end_agency(c, ROOT, "snv", successor="syt", reason="thử")
        with pytest.raises(NoSuchAgency):
            service.end_agency(c, ROOT, "snv", successor="none", reason="thử")


def test_a_pool_bounds_what_lies_below_and_only_the_province_gives_it(province: Database) -> None:
    with province.write() as c:
        with pytest.raises(NotAllowed):
            service.set_pool(c, admin(c, "snv"), "snv", 9999)
        service.set_pool(c, SYSTEM, "snv", 1000)
        service.create_account(c, ROOT, "a@tinh.gov.vn", "A", agency="snv-vp", quota_mib=600)
        with pytest.raises(PoolFull, match="400 of 1000"):
            service.create_account(c, ROOT, "b@tinh.gov.vn", "B", agency="snv", quota_mib=401)
        with pytest.raises(PoolFull, match="needs 2048"):
            service.create_account(c, ROOT, "b@tinh.gov.vn", "B", agency="snv")
        with pytest.raises(PoolFull, match="how large"):
            service.create_account(c, ROOT, "b@tinh.gov.vn", "B", agency="snv", default_quota_mib=0)
        service.create_account(c, ROOT, "b@tinh.gov.vn", "B", agency="snv", default_quota_mib=300)
        pool = pool_of(c, find_agency(c, "snv-vp"), 300)
        assert pool is not None
        assert (pool.code, pool.given_mib, pool.pool_mib) == ("snv", 900, 1000)
        with pytest.raises(PoolFull):
            service.set_pool(c, SYSTEM, "snv", 899, default_quota_mib=300)
        check_room(c, find_agency(c, "snv"), 100, default_quota_mib=300)


def test_what_moves_within_a_pool_needs_no_more_of_it(province: Database) -> None:
    with province.write() as c:
        service.create_account(c, ROOT, "a@tinh.gov.vn", "A", agency="snv-vp", quota_mib=600)
        service.set_pool(c, SYSTEM, "snv", 600)
        service.add_agency(c, ROOT, "snv-tc", "Phòng Tổ chức", parent="snv")
        service.move_agency(c, ROOT, "snv-vp", "snv-tc")
        service.set_pool(c, SYSTEM, "syt", 599)
        with pytest.raises(PoolFull):
            service.move_agency(c, ROOT, "snv-vp", "syt")
        service.set_pool(c, SYSTEM, "syt", None)
        service.move_agency(c, ROOT, "snv-vp", "syt")


def test_a_block_is_closed_to_those_above_and_open_to_its_own(province: Database) -> None:
    inside = make_account(province, "dang@tinh.gov.vn", agency="snv-vp")
    with province.write() as c:
        with pytest.raises(NotAllowed):
            service.change_agency(c, admin(c, "snv"), "snv", AgencyChanges(block=True))
        with pytest.raises(InvalidValue):
            service.change_agency(c, ROOT, "tinh", AgencyChanges(block=True))
        service.change_agency(c, SYSTEM, "snv", AgencyChanges(block=True))
        assert shown(c, SYSTEM) == ["tinh", ".syt"]
        assert [row["code"] for row in service.list_agencies(c, SYSTEM)] == ["syt", "tinh"]
        with pytest.raises(NoSuchAgency):
            shown(c, SYSTEM, "snv-vp")
        official = Actor(name="dang@tinh.gov.vn", role=Role.OFFICIAL, account_id=inside)
        assert shown(c, official) == ["tinh", ".snv", "..snv-vp", ".syt"]
        assert shown(c, admin(c, "snv")) == ["tinh", ".snv", "..snv-vp", ".syt"]
        assert shown(c, ROOT) == ["tinh", ".snv", "..snv-vp", ".syt"]
        for change in (AgencyChanges(name="Khác"), AgencyChanges(block=False)):
            with pytest.raises(NotAllowed):
                service.change_agency(c, SYSTEM, "snv", change)
        assert c.execute(select(Agency.block).where(Agency.code == "snv")).scalar_one()


def test_requested_accounts_are_no_reason_to_count_them_but_one_to_refuse_an_end(province: Database) -> None:
    with province.write() as c:
        service.create_account(c, ROOT, "a@tinh.gov.vn", "A", agency="syt", state=MailboxState.REQUESTED)
        assert {line.code: line.accounts for line in service.tree(c, ROOT, at=now_ms())}["syt"] == 0
        with pytest.raises(StillInUse):
            service.end_agency(c, ROOT, "syt", reason="giải thể")
