"""Groups as people keep them: owners, officers, members, ends, and what the kill switch takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.directory import Directory, Resolution
from mailhub.accounts.errors import (
    AddressTaken,
    InvalidValue,
    NoSuchAccount,
    NotAllowed,
    ReasonMissing,
    WrongState,
)
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import GroupSenders, GroupTask
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.sharing.groups import GroupChange
from mailhub.accounts.sharing.officers import offices_in_force, offices_kept
from mailhub.accounts.sharing.passage import Writer, passage
from mailhub.accounts.tree import find_agency
from mailhub.clock import now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

LIST, AN, BINH, CHI = "duan@tinh.gov.vn", "an@tinh.gov.vn", "binh@tinh.gov.vn", "chi@tinh.gov.vn"


@pytest.fixture
def office(province: Database) -> Database:
    """an and binh of snv, chi of syt; the list duan of snv, which an owns."""
    for address, agency in ((AN, "snv"), (BINH, "snv"), (CHI, "syt")):
        make_account(province, address, agency=agency, password=None)
    with province.write() as c:
        service.add_group(c, ROOT, LIST, "Dự án", agency="snv", owner=AN, senders=GroupSenders.MEMBERS)
    return province


@pytest.fixture
def names(office: Database) -> Iterator[Directory]:
    opened = Directory(office)
    yield opened
    opened.close()


def actor(database: Database, address: str) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=now_ms())


def admin(database: Database, agency: str) -> Actor:
    with database.read() as c:
        return Actor(name=f"quantri.{agency}", role=Role.AGENCY_ADMIN, agency_id=find_agency(c, agency))


def do(database: Database, name: str, by: Actor, *words: object, **more: object) -> None:
    with database.write() as c:
        getattr(service, name)(c, by, *words, **more)


def resolved(names: Directory, address: str = LIST) -> Resolution:
    found = names.resolve(address)
    assert found is not None
    return found


def lets_in(names: Directory, address: str, group: str = LIST) -> bool:
    tree = resolved(names, group).group
    assert tree is not None
    return passage(tree, Writer(own=True, addresses=frozenset({address}))).refused is None


def test_the_owner_looks_after_the_members_and_nobody_else_does(office: Database) -> None:
    owner = actor(office, AN)
    do(office, "add_member", owner, LIST, BINH)
    do(office, "add_member", owner, LIST, CHI)  # anybody of the province
    do(office, "remove_member", owner, LIST, CHI)
    with pytest.raises(NotAllowed):
        do(office, "add_member", actor(office, BINH), LIST, CHI)
    for name, words in (("change_group", (GroupChange(senders=GroupSenders.ANYONE),)), ("end_group", ())):
        with pytest.raises(NotAllowed):  # its rules are the administrator's
            do(office, name, owner, LIST, *words, reason="thử")
    with office.read() as c:
        assert [one.address for one in service.show_group(c, owner, LIST).members] == [BINH]


def test_a_suspended_owner_owns_nothing_until_restored(office: Database, names: Directory) -> None:
    do(office, "add_officer", ROOT, LIST, AN, GroupTask.SENDER)
    assert lets_in(names, AN)
    mailbox = find(office, AN)
    do(office, "suspend_account", ROOT, AN, reason="điều tra")
    assert not lets_in(names, AN)
    with office.read() as c:
        assert (offices_in_force(c, mailbox), offices_kept(c, mailbox)) == (0, 1)
    with pytest.raises(NotAllowed):
        do(office, "add_member", actor(office, AN), LIST, BINH)
    do(office, "restore_account", ROOT, AN, reason="xong")
    assert lets_in(names, AN)
    do(office, "add_member", actor(office, AN), LIST, BINH)
    with office.read() as c:
        assert offices_in_force(c, mailbox) == 1


def find(database: Database, address: str) -> int:
    with database.read() as c:
        return find_mailbox(c, address).id


def test_an_office_owns_a_list_and_whoever_holds_it_looks_after_it(office: Database) -> None:
    role = "vanthu.snv@tinh.gov.vn"
    do(office, "add_role_mailbox", ROOT, role, "Văn thư", agency="snv")
    do(office, "change_group", ROOT, LIST, GroupChange(owner=role))
    with pytest.raises(NotAllowed):
        do(office, "add_member", actor(office, BINH), LIST, CHI)
    do(office, "hold_role", ROOT, role, BINH)
    do(office, "add_member", actor(office, BINH), LIST, CHI)


def test_owner_and_officers_lie_within_the_administrators_reach(office: Database) -> None:
    snv = admin(office, "snv")
    do(office, "change_group", snv, LIST, GroupChange(owner=BINH))
    do(office, "add_officer", snv, LIST, AN, GroupTask.MODERATOR)
    with pytest.raises(NotAllowed):
        do(office, "change_group", snv, LIST, GroupChange(owner=CHI))
    with pytest.raises(NotAllowed):
        do(office, "add_officer", snv, LIST, CHI, GroupTask.SENDER)
    with pytest.raises(NotAllowed):
        do(office, "change_group", admin(office, "syt"), LIST, GroupChange(moderated=True))


def test_a_list_that_is_not_for_everybody_is_put_into_another_by_its_own_people_only(office: Database) -> None:
    other = "syt.tatca@tinh.gov.vn"
    do(office, "add_group", admin(office, "syt"), other, "Sở Y tế", agency="syt")
    with pytest.raises(NotAllowed, match="owner"):
        do(office, "add_member", admin(office, "syt"), other, LIST)
    do(office, "add_member", ROOT, other, LIST)


def test_the_inner_group_decides_too(office: Database, names: Directory) -> None:
    do(office, "add_member", ROOT, LIST, BINH)
    do(office, "add_group", ROOT, "tatca@tinh.gov.vn", "Tất cả")
    for member in (LIST, CHI):
        do(office, "add_member", ROOT, "tatca@tinh.gov.vn", member)
    assert lets_in(names, CHI, "tatca@tinh.gov.vn")  # a member of the whole
    assert not lets_in(names, "dung@tinh.gov.vn", "tatca@tinh.gov.vn")
    assert not lets_in(names, CHI)


def test_an_ended_group_takes_no_mail_and_its_address_is_gone(office: Database, names: Directory) -> None:
    do(office, "add_member", ROOT, LIST, BINH)
    do(office, "add_group", ROOT, "tatca@tinh.gov.vn", "Tất cả")
    do(office, "add_member", ROOT, "tatca@tinh.gov.vn", LIST)
    with pytest.raises(ReasonMissing):
        do(office, "end_group", ROOT, LIST, reason=" ")
    do(office, "end_group", ROOT, LIST, reason="xong dự án")
    found = resolved(names)
    assert (found.kind, found.targets, found.unit_address) == ("ended", (), "vanthu.snv@tinh.gov.vn")
    assert resolved(names, "tatca@tinh.gov.vn").targets == ()
    with pytest.raises(WrongState):
        do(office, "add_member", ROOT, LIST, CHI)
    with pytest.raises(AddressTaken):
        do(office, "add_group", ROOT, LIST, "Lại")
    with office.read() as c:
        assert [row.address for row in service.list_groups(c, ROOT)] == ["tatca@tinh.gov.vn"]
        assert len(service.list_groups(c, ROOT, ended=True)) == 2


def test_lists_show_what_is_in_reach(office: Database) -> None:
    do(office, "add_member", ROOT, LIST, BINH)
    do(office, "add_member", ROOT, LIST, CHI)
    with office.read() as c:
        assert [row.address for row in service.list_groups(c, admin(office, "snv"))] == [LIST]
        assert service.list_groups(c, admin(office, "syt")) == []
        assert [row.address for row in service.list_groups(c, actor(office, AN))] == [LIST]
        assert service.list_groups(c, actor(office, CHI)) == []
        seen = service.show_group(c, admin(office, "snv"), LIST)
        assert (seen.number, [one.address for one in seen.members]) == (2, [BINH])
        with pytest.raises(NotAllowed):
            service.show_group(c, actor(office, CHI), LIST)


def test_a_list_with_members_does_not_become_computed_unawares(office: Database) -> None:
    do(office, "add_member", ROOT, LIST, BINH)
    with pytest.raises(InvalidValue, match="by hand"):
        do(office, "change_group", ROOT, LIST, GroupChange(rule='{"unit":"snv"}'))
    do(office, "remove_member", ROOT, LIST, BINH)
    do(office, "change_group", ROOT, LIST, GroupChange(rule='{"unit":"snv"}'))
    with office.read() as c:
        assert service.show_group(c, ROOT, LIST).number == 2


def test_odd_officers_are_refused(office: Database) -> None:
    do(office, "end_account", ROOT, CHI, reason="nghỉ hưu")
    with pytest.raises(InvalidValue, match="not in use"):
        do(office, "add_officer", ROOT, LIST, CHI, GroupTask.MODERATOR)
    with pytest.raises(NoSuchAccount):
        do(office, "remove_officer", ROOT, LIST, BINH, GroupTask.MODERATOR)
    with pytest.raises(InvalidValue, match="different"):
        do(office, "change_group", ROOT, LIST, GroupChange())
