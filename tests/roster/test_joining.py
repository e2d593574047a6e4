"""The map of a domain that joins: planned, applied, cut over, undone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.models import Domain, Mailbox
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.roster.cutting_over import cut_over
from mailhub.roster.errors import NoTable
from mailhub.roster.joining import Joining, JoinPlan, make_join_plan
from mailhub.roster.keeping import RowState, find_import, list_imports
from mailhub.roster.planning import Source
from mailhub.roster.table import Sheet
from mailhub.store.database import Database
from tests.support import rosters
from tests.support.rosters import ROOT, SEALER, SETTINGS, apply, everything, undo

OLD, HOME = "yenbai.gov.vn", "smtp://mail.yenbai.gov.vn:25"
HEADER = ("STT", "Địa chỉ cũ", "Địa chỉ mới", "Họ và tên", "Mã đơn vị", "Chức vụ", "Số định danh", "Ngày sinh")
AN = ("1", f"an.nv@{OLD}", "", "Nguyễn Văn An", "snv-vp", "Trưởng phòng", "015075000001", "05/03/1975")
ANOTHER_AN = ("2", f"annv@{OLD}", "", "Nguyễn Văn An", "snv", "Chuyên viên", "015075000009", "08/09/1980")
BINH = ("3", f"BinhTT@{OLD}", "binh.tran@tinh.gov.vn", "Trần Thị Bình", "", "Chuyên viên", "", "06/04/1985")
VAN_THU = ("4", f"vanthu@{OLD}", "", "Văn thư Sở Nội vụ", "snv", "", "", "")


def plan(
    database: Database,
    *rows: Sequence[str],
    header: Sequence[str] = HEADER,
    domain: str = OLD,
    home: str = HOME,
    actor: Actor = ROOT,
) -> JoinPlan:
    sheets = [Sheet("", [("BẢNG ĐỊA CHỈ",), header, *rows])]
    source = Source(name="map.xlsx", digest=hashlib.sha256(repr(sheets).encode()).digest(), sheets=sheets)
    with database.write() as connection:
        joining = Joining(domain=domain, home=home)
        return make_join_plan(connection, actor, "", source, joining, settings=SETTINGS, sealer=SEALER)


def cut(database: Database, code: str, home: str = "here", **more: Any) -> int:
    moved = after = 0
    while True:
        with database.write() as connection:
            done, after = cut_over(connection, ROOT, code, home, after=after, size=1, **more)
        moved += done
        if not after:
            return moved


def goes(database: Database, address: str) -> tuple[str, str, str]:
    """What it is, the address that the mail has on its way, and where to ('' = here)."""
    directory = Directory(database)
    try:
        found = directory.resolve(address)
    finally:
        directory.close()
    assert found is not None
    return (found.kind, *((found.targets[0].address, found.targets[0].home) if found.targets else ("", "")))


def mailbox(database: Database, address: str) -> Any:
    with database.read() as connection:
        return connection.execute(select(Mailbox.__table__).where(Mailbox.address == address)).one()


def test_newcomers_get_an_address_here_and_their_mail_goes_on_to_the_old_server(province: Database) -> None:
    made = plan(province, AN, ANOTHER_AN, BINH, VAN_THU)
    assert made.adds
    assert [row.address for row in made.plan.rows] == [
        "annv@tinh.gov.vn", "annv2@tinh.gov.vn", "binh.tran@tinh.gov.vn", "vanthu@tinh.gov.vn",
    ]  # fmt: skip
    assert apply(province, made.plan.code) == {"done": 4}
    for old, new in ((AN[1], "annv@tinh.gov.vn"), (f"binhtt@{OLD}", "binh.tran@tinh.gov.vn")):
        assert goes(province, old) == ("alias", old, HOME)
        assert goes(province, new) == ("mailbox", old, HOME)  # the old server knows no other name
    assert goes(province, f"somebody@{OLD}") == ("domain-relay", f"somebody@{OLD}", HOME)
    office, an = mailbox(province, "vanthu@tinh.gov.vn"), mailbox(province, "annv@tinh.gov.vn")
    assert (office.kind, office.office, office.person_id) == ("role", "van-thu", None)
    with province.read() as connection:
        assert an.agency_id == find_agency(connection, "snv-vp")
    assert an.state == "approved"


def test_who_is_here_already_gets_the_old_address_as_another_name(province: Database) -> None:
    rosters.apply(province, rosters.plan(province, rosters.sheet(
        ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "015075000001", ""))).code)  # fmt: skip
    made = plan(province, AN, ANOTHER_AN)
    assert [row.act.value for row in made.plan.rows] == ["change", "create"]
    apply(province, made.plan.code)
    assert goes(province, AN[1]) == ("alias", "annv@tinh.gov.vn", "")
    again = plan(province, AN, ANOTHER_AN)
    assert [row.act.value for row in again.plan.rows] == ["same", "same"]


def test_somebody_who_may_be_here_waits_for_a_persons_word(province: Database) -> None:
    rosters.apply(province, rosters.plan(province, rosters.sheet(
        ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "", ""))).code)  # fmt: skip
    made = plan(province, AN)
    assert "annv@tinh.gov.vn" in made.plan.rows[0].doubt
    assert apply(province, made.plan.code) == {"doubt": 1}
    assert goes(province, AN[1]) == ("domain-relay", AN[1], HOME)


@pytest.mark.parametrize("cut_before", [False, True])
def test_undo_gives_back_what_was(province: Database, cut_before: bool) -> None:
    rosters.apply(province, rosters.plan(province, rosters.sheet(
        ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "015075000001", ""))).code)  # fmt: skip
    before = everything(province)
    made = plan(province, AN, ANOTHER_AN, BINH, VAN_THU)
    apply(province, made.plan.code)
    if cut_before:
        assert cut(province, made.plan.code) == 3
    assert undo(province, made.plan.code) == {"undone": 4, "kept": 0}
    assert everything(province) == before


def test_the_domain_stays_while_somebody_of_it_is_kept(province: Database) -> None:
    made = plan(province, BINH, VAN_THU)
    apply(province, made.plan.code)
    cut(province, made.plan.code, addresses=frozenset({f"binhtt@{OLD}"}))
    counts = undo(province, made.plan.code, mail=["binh.tran@tinh.gov.vn"])
    assert counts == {"undone": 1, "kept": 1}
    assert goes(province, f"binhtt@{OLD}") == ("alias", "binh.tran@tinh.gov.vn", "")
    assert goes(province, f"vanthu@{OLD}")[0] == "domain-relay"


def test_cut_over_by_agency_by_address_and_back(province: Database) -> None:
    made = plan(province, AN, ANOTHER_AN, BINH, VAN_THU)
    apply(province, made.plan.code)
    assert cut(province, made.plan.code, agency="snv-vp") == 1
    assert goes(province, AN[1]) == ("alias", "annv@tinh.gov.vn", "")
    assert cut(province, made.plan.code, addresses=frozenset({ANOTHER_AN[1], "vanthu@tinh.gov.vn"})) == 2
    assert goes(province, BINH[1])[2] == HOME
    assert cut(province, made.plan.code) == 1
    assert cut(province, made.plan.code, HOME) == 4
    assert goes(province, AN[1]) == ("alias", AN[1], HOME)


def test_groups_pass_on_under_the_old_name_too(province: Database) -> None:
    made = plan(province, BINH)
    apply(province, made.plan.code)
    with province.write() as connection:
        service.add_group(connection, ROOT, "ca-phong@tinh.gov.vn", "Cả phòng")
        service.add_member(connection, ROOT, "ca-phong@tinh.gov.vn", "binh.tran@tinh.gov.vn")
    assert goes(province, "ca-phong@tinh.gov.vn") == ("group", f"binhtt@{OLD}", HOME)


def test_each_faulty_row_says_what_and_the_others_are_done(province: Database) -> None:
    wrong = [
        ("1", "", "", "Lê Thị Cúc", "", "", "", ""),
        ("2", "cuc@khac.gov.vn", "", "Lê Thị Cúc", "", "", "", ""),
        ("3", f"d@{OLD}", "", "Phạm Văn Dũng", "khong-co", "", "", ""),
        ("4", f"e@{OLD}", f"e@{OLD}", "Đỗ Văn Em", "", "", "", ""),
        ("5", f"hub@{OLD}", "hub-admin@tinh.gov.vn", "Hồ Văn Huy", "", "", "", ""),
        ("6", f"binhtt@{OLD}", "", "Trần Văn Kha", "", "", "", ""),
    ]
    made = plan(province, BINH, *wrong, ("9", f"postmaster@{OLD}", "", "Quản trị", "", "", "", ""))
    assert [row.act.value for row in made.plan.rows] == ["create", *["wrong"] * 6, "same"]
    told = [str(next(one for one in row.findings if one.fault)) for row in made.plan.rows[1:7]]
    for words, expected in zip(told, (
        "thiếu địa chỉ cũ", f"không thuộc tên miền {OLD}", "khong-co", "vẫn thuộc tên miền cũ", "đã có người dùng",
        "trùng địa chỉ cũ với dòng 3",
    ), strict=True):  # fmt: skip
        assert expected in words
    assert apply(province, made.plan.code) == {"done": 1}


def test_an_apply_that_was_cut_short_goes_on(province: Database) -> None:
    made = plan(province, AN, ANOTHER_AN, BINH, VAN_THU)
    assert apply(province, made.plan.code, size=1, batches=2) == {}
    assert apply(province, made.plan.code) == {"done": 4}
    assert goes(province, f"vanthu@{OLD}") == ("alias", f"vanthu@{OLD}", HOME)


def test_a_map_without_a_column_of_old_addresses_or_without_a_server_is_refused(province: Database) -> None:
    with pytest.raises(NoTable):
        plan(province, BINH, header=("STT", "Cột 1", *HEADER[2:]))
    with pytest.raises(InvalidValue):
        plan(province, BINH, home="")
    with pytest.raises(InvalidValue):
        plan(province, BINH, domain="tinh.gov.vn")


def test_only_the_provinces_administrator_lets_a_domain_join(province: Database) -> None:
    with province.read() as connection:
        agency = find_agency(connection, "snv")
    admin = Actor(name="qt@tinh.gov.vn", role=Role.AGENCY_ADMIN, agency_id=agency)
    with pytest.raises(NotAllowed):
        plan(province, BINH, actor=admin)
    made = plan(province, BINH)
    with pytest.raises(NotAllowed):
        apply(province, made.plan.code, actor=admin)


def test_maps_and_staff_lists_are_listed_apart(province: Database) -> None:
    made = plan(province, BINH)
    with province.read() as connection:
        assert list_imports(connection, ROOT) == []
        assert [one.code for one in list_imports(connection, ROOT, kind="join")] == [made.plan.code]
        assert find_import(connection, made.plan.code).options["home"] == HOME


def test_a_change_after_the_plan_is_told(province: Database) -> None:
    rosters.apply(province, rosters.plan(province, rosters.sheet(
        ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "", "015075000001", ""))).code)  # fmt: skip
    made = plan(province, AN)
    with province.write() as connection:
        service.suspend_account(connection, ROOT, "annv@tinh.gov.vn", reason="thử")
    assert apply(province, made.plan.code) == {"conflict": 1}
    assert "đã được" in rosters.rows(province, made.plan.code, RowState.CONFLICT)[0].problem


def test_a_domain_that_was_ours_before_is_left_as_it_was(province: Database) -> None:
    with province.write() as connection:
        service.add_domain(connection, ROOT, OLD, home=HOME, relay=True)
    made = plan(province, BINH, home="")
    assert (made.adds, made.home, made.relays) == (False, HOME, True)
    apply(province, made.plan.code)
    undo(province, made.plan.code)
    with province.read() as connection:
        assert connection.scalar(select(Domain.relay).where(Domain.name == OLD))
