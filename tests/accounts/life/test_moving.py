"""A transfer: the address stays, what the old unit gave ends, what the province gave stays."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import AddressTaken, InvalidValue, NotAllowed, Protected, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.moving import Move, transfer
from mailhub.accounts.models import (
    Agency,
    Delegation,
    DelegationRight,
    GroupMember,
    Mailbox,
    MailboxKind,
    MailGroup,
    Person,
    Rank,
)
from mailhub.accounts.rights import Role
from mailhub.ids import new_id
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, letters, make_actor
from tests.support.accounts import ROOT, make_account

WHY = "điều động"


def test_what_the_old_unit_gave_ends_and_what_stands_above_both_stays(province: Database) -> None:
    number = make_account(province, NVA, agency="snv-vp")
    make_account(province, "gd@tinh.gov.vn", agency="snv")
    make_account(province, "ct@tinh.gov.vn")
    with province.write() as c:
        for address, agency in (("vanthu.snv@tinh.gov.vn", "snv"), ("vanthu@tinh.gov.vn", "")):
            service.add_role_mailbox(c, ROOT, address, "Văn thư", agency=agency)
            service.hold_role(c, ROOT, address, NVA, at=AT - 5)
        for address, agency in (("phong@tinh.gov.vn", "snv-vp"), ("tatca@tinh.gov.vn", "")):
            service.add_group(c, ROOT, address, "Nhóm", agency=agency)
            service.add_member(c, ROOT, address, NVA)
        for owner in ("gd@tinh.gov.vn", "ct@tinh.gov.vn"):
            row = {"mailbox_id": find_mailbox(c, owner).id, "delegate_id": number, "right": DelegationRight.READ}
            c.execute(insert(Delegation).values(id=new_id(), from_at=0, until_at=None, because="", **row))
        left = transfer(c, ROOT, NVA, Move(agency="syt"), reason=WHY, at=AT)
        report = service.show_account(c, ROOT, NVA, at=AT)
        running = select(Delegation.mailbox_id).where(Delegation.until_at.is_(None))
        assert list(c.execute(running).scalars()) == [find_mailbox(c, "ct@tinh.gov.vn").id]
    assert (left.offices, left.groups) == (("vanthu.snv@tinh.gov.vn",), ("phong@tinh.gov.vn",))
    assert left.delegations == ("gd@tinh.gov.vn",)
    assert (report.agency, report.holds, report.groups) == ("syt", ("vanthu@tinh.gov.vn",), ("tatca@tinh.gov.vn",))


def test_into_the_agency_above_its_things_stay(province: Database) -> None:
    make_account(province, NVA, agency="snv-vp")
    with province.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        service.hold_role(c, ROOT, "vanthu.snv@tinh.gov.vn", NVA, at=AT - 5)
        left = transfer(c, ROOT, NVA, Move(agency="snv"), reason=WHY, at=AT)
    assert left.offices == ()


def test_a_delegate_of_the_old_unit_no_longer_reads_the_box_of_who_left(province: Database) -> None:
    number = make_account(province, NVA, agency="snv")
    other = make_account(province, "tk@tinh.gov.vn", agency="snv")
    with province.write() as c:
        row = {"mailbox_id": number, "delegate_id": other, "right": DelegationRight.READ, "because": ""}
        c.execute(insert(Delegation).values(id=new_id(), from_at=0, until_at=None, **row))
        assert transfer(c, ROOT, NVA, Move(agency="syt"), reason=WHY, at=AT).delegations == ("tk@tinh.gov.vn",)


def test_a_role_of_administration_ends_with_its_agency(province: Database) -> None:
    make_actor(province, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    with province.write() as c:
        left = transfer(c, ROOT, "qt@tinh.gov.vn", Move(agency="syt"), reason=WHY, at=AT)
    assert left.rights == ("agency_admin (snv)",)


def test_ownership_of_a_list_is_given_up_and_computed_lists_are_left_alone(province: Database) -> None:
    number = make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.add_group(c, ROOT, "ds@tinh.gov.vn", "Danh sách", agency="snv")
        c.execute(update(MailGroup).values(owner_id=number))
        left = transfer(c, ROOT, NVA, Move(agency="syt"), reason=WHY, at=AT)
        assert c.execute(select(MailGroup.owner_id)).scalar_one() is None
    assert left.groups == ("ds@tinh.gov.vn",)


def test_a_new_first_address_leaves_the_old_one_receiving_and_the_files_where_they_lie(
    province: Database, directory: Directory
) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.add_group(c, ROOT, "tatca@tinh.gov.vn", "Nhóm")
        service.add_member(c, ROOT, "tatca@tinh.gov.vn", NVA)
        transfer(c, ROOT, NVA, Move(agency="syt", address="nva.syt@tinh.gov.vn"), reason=WHY, at=AT)
        moved = find_mailbox(c, NVA)
        assert (moved.address, moved.stored_as) == ("nva.syt@tinh.gov.vn", NVA)
        assert c.execute(select(GroupMember.member)).scalar_one() == "nva.syt@tinh.gov.vn"
        assert "nva.syt" in moved.folded
    for address in (NVA, "nva.syt@tinh.gov.vn", "tatca@tinh.gov.vn"):
        found = directory.resolve(address)
        assert found is not None
        assert [target.mailbox_id for target in found.targets] == [moved.id]
    with pytest.raises(Protected), province.write() as c:
        service.remove_alias(c, ROOT, NVA)
    with province.write() as c:  # and back: its own alias is no stranger's address
        transfer(c, ROOT, NVA, Move(agency="snv", address=NVA), reason=WHY, at=AT)
        back = find_mailbox(c, "nva.syt@tinh.gov.vn")
    assert (back.address, back.stored_as) == (NVA, NVA)


def test_a_taken_address_stops_the_whole_transfer(province: Database) -> None:
    make_account(province, NVA, agency="snv")
    make_account(province, "nva.syt@tinh.gov.vn", agency="syt")
    with pytest.raises(AddressTaken), province.write() as c:
        transfer(c, ROOT, NVA, Move(agency="syt", address="nva.syt@tinh.gov.vn"), reason=WHY, at=AT)
    with province.read() as c:
        assert service.show_account(c, ROOT, NVA, at=AT).agency == "snv"


@pytest.mark.parametrize("block", ["snv", "syt"])
def test_the_right_is_needed_over_both_agencies(province: Database, block: str) -> None:
    make_account(province, NVA, agency="snv")
    admin = make_actor(province, "qt@tinh.gov.vn", Role.SYSTEM_ADMIN)
    with province.write() as c:  # the province's administrator reaches into no block, and takes nobody out of one
        c.execute(update(Agency).where(Agency.code == block).values(block=True))
    with pytest.raises(NotAllowed), province.write() as c:
        transfer(c, admin, NVA, Move(agency="syt"), reason=WHY, at=AT)
    with province.write() as c:
        c.execute(update(Agency).values(block=False))
        transfer(c, admin, NVA, Move(agency="syt"), reason=WHY, at=AT)


def test_offices_do_not_move_and_nobody_moves_to_where_they_are(province: Database) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.create_account(c, ROOT, "may@tinh.gov.vn", "Máy", kind=MailboxKind.SERVICE)
    with pytest.raises(InvalidValue, match="official's"), province.write() as c:
        transfer(c, ROOT, "may@tinh.gov.vn", Move(agency="syt"), reason=WHY, at=AT)
    with pytest.raises(WrongState, match="already"), province.write() as c:
        transfer(c, ROOT, NVA, Move(agency="snv"), reason=WHY, at=AT)


def test_a_transfer_tells_the_person_and_the_old_unit_and_takes_the_new_post(province: Database) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        move = Move(agency="syt", title="Trưởng phòng Tổ chức", because="QĐ 9/QĐ-UBND")
        transfer(c, ROOT, NVA, move, reason=WHY, at=AT)
        told = [one for one in letters(c) if one[0] == "moved"]
        person = c.execute(select(Person.title, Person.rank, Person.agency_id)).one()
        assert person.agency_id == c.execute(select(Mailbox.agency_id).where(Mailbox.address == NVA)).scalar_one()
    assert [to for _, to, _ in told] == [NVA, "vanthu.snv@tinh.gov.vn"]
    assert (told[0][2]["former_agency"], told[0][2]["agency"]) == ("Sở Nội vụ", "Sở Y tế")
    assert told[0][2]["because"] == "QĐ 9/QĐ-UBND"
    assert (person.title, person.rank) == ("Trưởng phòng Tổ chức", Rank.HEAD)
