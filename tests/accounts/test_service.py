"""What the services promise, on both engines."""

from __future__ import annotations

import inspect
import threading
from datetime import date

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from mailhub.accounts import service
from mailhub.accounts.errors import (
    AddressTaken,
    InvalidAddress,
    InvalidValue,
    NameTaken,
    NoSuchAccount,
    NoSuchAgency,
    NoSuchDomain,
    NotAllowed,
    Protected,
    ReasonMissing,
    WrongState,
)
from mailhub.accounts.life.changing import Change
from mailhub.accounts.life.leave import Leave
from mailhub.accounts.life.moving import Move
from mailhub.accounts.models import Address, DelegationRight, GroupTask, Mailbox, MailboxKind, Person
from mailhub.accounts.organisation import AgencyChanges
from mailhub.accounts.people.people import PersonFacts
from mailhub.accounts.records import AuditRow, DirectoryVersion
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.sharing.groups import GroupChange
from mailhub.clock import now_ms
from mailhub.ids import new_id
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

NOBODY = Actor(name="nobody@tinh.gov.vn", role=Role.OFFICIAL)

# Every write of the services, called so that it succeeds in the order given: a new one without a line here fails.
ACTS: dict[str, tuple[object, ...]] = {
    "add_agency": ("stp", "Sở Tư pháp"),
    "change_agency": ("stp", AgencyChanges(name="Sở Tư pháp và Pháp chế")),
    "move_agency": ("stp", "snv"),
    "set_pool": ("stp", 100),
    "end_agency": ("stp",),
    "reopen_agency": ("stp",),
    "add_domain": ("cu.gov.vn",),
    "create_account": ("nva@tinh.gov.vn", "Nguyễn Văn An"),
    "add_role_mailbox": ("vanthu@tinh.gov.vn", "Văn thư"),
    "change_person": ("nva@tinh.gov.vn", PersonFacts(phone="0912 345 678")),
    "set_password": ("nva@tinh.gov.vn", "$argon2id$fake"),
    "unlock_account": ("nva@tinh.gov.vn",),
    "revoke_app_passwords": ("nva@tinh.gov.vn", None),
    "import_hash": ("vanthu@tinh.gov.vn", "{SSHA}4dTaKROT80VBKlLT+6R5x5vFJSUBAgME//79/A=="),
    "add_alias": ("an@tinh.gov.vn", "nva@tinh.gov.vn"),
    "add_group": ("tatca@tinh.gov.vn", "Tất cả"),
    "add_member": ("tatca@tinh.gov.vn", "nva@tinh.gov.vn"),
    "hold_role": ("vanthu@tinh.gov.vn", "nva@tinh.gov.vn"),
    "enter_past_holding": ("vanthu@tinh.gov.vn", "ttb@tinh.gov.vn"),
    "hand_over_role": ("vanthu@tinh.gov.vn", "nva@tinh.gov.vn", "ttb@tinh.gov.vn"),
    "release_role": ("vanthu@tinh.gov.vn", "ttb@tinh.gov.vn"),
    "delegate_mailbox": ("nva@tinh.gov.vn", "ttb@tinh.gov.vn", DelegationRight.READ),
    "end_delegations": ("nva@tinh.gov.vn", "ttb@tinh.gov.vn"),
    "remove_member": ("tatca@tinh.gov.vn", "nva@tinh.gov.vn"),
    "remove_alias": ("an@tinh.gov.vn",),
    "set_home": ("nva@tinh.gov.vn", "smtp://old.gov.vn:25"),
    "set_domain_home": ("cu.gov.vn", "smtp://old.gov.vn:25"),
    "end_domain": ("cu.gov.vn",),
    "ensure_system_addresses": ("tinh.gov.vn",),
    "change_account": ("nva@tinh.gov.vn", Change(title="Trưởng phòng")),
    "transfer": ("nva@tinh.gov.vn", Move(agency="syt")),
    "enter_leave": ("nva@tinh.gov.vn", Leave(from_on=date(2098, 1, 1), until_on=date(2098, 2, 1))),
    "come_back": ("nva@tinh.gov.vn",),
    "announce": ("nva@tinh.gov.vn", date(2099, 1, 1)),
    "call_off": ("nva@tinh.gov.vn",),
    "hold_account": ("nva@tinh.gov.vn",),
    "release_hold": ("nva@tinh.gov.vn",),
    "suspend_account": ("nva@tinh.gov.vn",),
    "restore_account": ("nva@tinh.gov.vn",),
    "change_group": ("tatca@tinh.gov.vn", GroupChange(moderated=True)),
    "add_officer": ("tatca@tinh.gov.vn", "nva@tinh.gov.vn", GroupTask.MODERATOR),
    "remove_officer": ("tatca@tinh.gov.vn", "nva@tinh.gov.vn", GroupTask.MODERATOR),
    "end_group": ("tatca@tinh.gov.vn",),
    "end_account": ("nva@tinh.gov.vn",),
}
NAMED: dict[str, dict[str, int]] = {"enter_past_holding": {"from_at": 1, "until_at": 2}}
READS = {
    "list_accounts",
    "list_agencies",
    "list_delegations",
    "list_domains",
    "list_groups",
    "list_held",
    "list_holdings",
    "note_reading",
    "show_account",
    "show_group",
    "show_person",
    "tree",
    "verify_chain",
    "why",
}


def count(connection: Connection, table: type) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def version(connection: Connection) -> int:
    return connection.execute(select(DirectoryVersion.version)).scalar_one()


def test_every_act_is_checked_recorded_and_moves_the_directory_on(province: Database) -> None:
    assert set(ACTS) == set(service.__all__) - READS
    make_account(province, "ttb@tinh.gov.vn", password=None)
    for name, arguments in ACTS.items():
        function = getattr(service, name)
        named = inspect.signature(function).parameters
        extra = {name: "theo quyết định" for name in ("reason", "order") if name in named}
        times = NAMED.get(name, {})
        with pytest.raises(NotAllowed), province.write() as c:
            function(c, NOBODY, *arguments, **times, **extra)
        with province.write() as c:
            before = count(c, AuditRow), version(c)
            function(c, ROOT, *arguments, **times, **extra)
            assert (count(c, AuditRow), version(c)) == (before[0] + 1, before[1] + 1), name


def test_a_refused_act_leaves_nothing_behind(province: Database) -> None:
    with province.read() as c:
        before = count(c, AuditRow), count(c, Mailbox), count(c, Person), version(c)
    with pytest.raises(NoSuchAgency), province.write() as c:
        service.create_account(c, ROOT, "nva@tinh.gov.vn", "Nguyễn Văn An", agency="none")
    with province.read() as c:
        assert (count(c, AuditRow), count(c, Mailbox), count(c, Person), version(c)) == before


def test_two_acts_can_be_one(province: Database) -> None:
    def both() -> None:
        with province.write() as c:
            service.create_account(c, ROOT, "nva@tinh.gov.vn", "Nguyễn Văn An")
            service.add_alias(c, ROOT, "nva@tinh.gov.vn", "nva@tinh.gov.vn")

    with pytest.raises(AddressTaken):
        both()
    with province.read() as c, pytest.raises(NoSuchAccount):
        service.show_account(c, ROOT, "nva@tinh.gov.vn", at=now_ms())


def test_of_two_who_want_the_same_address_one_gets_it(province: Database) -> None:
    both = threading.Barrier(4)
    outcomes: list[str] = []

    def want(name: str) -> None:
        both.wait()
        try:
            with province.write() as c:
                service.create_account(c, ROOT, "nva@tinh.gov.vn", name)
            outcomes.append("got it")
        except AddressTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=want, args=(f"Người {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["got it", "taken", "taken", "taken"]
    with province.read() as c:
        assert service.verify_chain(c).ok


def test_the_database_itself_keeps_one_address_to_one_owner(province: Database) -> None:
    number = make_account(province, "nva@tinh.gov.vn")
    row = {"address": "nva@tinh.gov.vn", "domain": "tinh.gov.vn", "kind": "alias", "mailbox_id": number}
    with pytest.raises(IntegrityError), province.write() as c:
        c.execute(insert(Address).values(**row))


def test_the_database_itself_keeps_one_personal_mailbox_to_a_person(province: Database) -> None:
    number = make_account(province, "nva@tinh.gov.vn")
    with province.read() as c:
        person, agency = c.execute(select(Mailbox.person_id, Mailbox.agency_id).where(Mailbox.id == number)).one()
    for person_id in (person, None):
        row = {"id": new_id(), "address": "x@tinh.gov.vn", "kind": MailboxKind.PERSONAL, "name": "x", "created_at": 0}
        with pytest.raises(IntegrityError), province.write() as c:
            c.execute(insert(Mailbox).values(agency_id=agency, person_id=person_id, **row))


@pytest.mark.parametrize("other", ["NVA@Tinh.GOV.vn", " nva@tinh.gov.vn "])
def test_letter_case_makes_no_second_address(province: Database, other: str) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with pytest.raises(AddressTaken), province.write() as c:
        service.create_account(c, ROOT, other, "Nguyễn Văn Ân")


BAD_LOCALS = ["", "nv a", "n+va", "ương", "a..b", ".a", "a.", "../x", "a/b", "a@", "x" * 65, "a\n", '"a"', "-a"]


@pytest.mark.parametrize("address", ["nva", "a@tinh", *(f"{local}@tinh.gov.vn" for local in BAD_LOCALS)])
def test_an_address_that_cannot_be_given_out_is_refused(province: Database, address: str) -> None:
    with pytest.raises(InvalidAddress), province.write() as c:
        service.create_account(c, ROOT, address, "Nguyễn Văn An")


@pytest.mark.parametrize(
    "address", ["o'brien@tinh.gov.vn", "a@tinh.gov.vn", "nva2.snv-vp@tinh.gov.vn", "1@tinh.gov.vn"]
)
def test_ordinary_addresses_are_given_out(province: Database, address: str) -> None:
    assert make_account(province, address)


def test_an_address_in_a_foreign_domain_is_refused(province: Database) -> None:
    with pytest.raises(NoSuchDomain), province.write() as c:
        service.create_account(c, ROOT, "nva@gmail.com", "Nguyễn Văn An")


def test_an_ended_accounts_address_is_never_given_again(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with province.write() as c:
        service.end_account(c, ROOT, "nva@tinh.gov.vn", reason="nghỉ hưu")
    with pytest.raises(AddressTaken), province.write() as c:
        service.create_account(c, ROOT, "nva@tinh.gov.vn", "Nguyễn Vân Anh")
    with pytest.raises(WrongState), province.write() as c:
        service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason="x")


def test_a_suspension_and_an_end_need_a_reason(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with pytest.raises(ReasonMissing), province.write() as c:
        service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason=" ")
    with pytest.raises(ReasonMissing), province.write() as c:
        service.end_account(c, ROOT, "nva@tinh.gov.vn", reason="")


def test_suspending_twice_is_suspending_once(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn")
    for _ in range(2):
        with province.write() as c:
            assert not service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason="x").logs_in


def test_restoring_gives_back_what_was_and_no_more(province: Database) -> None:
    with province.write() as c:
        service.create_account(c, ROOT, "may-quet@tinh.gov.vn", "Máy quét", kind=MailboxKind.SERVICE, may_login=False)
        service.suspend_account(c, ROOT, "may-quet@tinh.gov.vn", reason="x", refuse_mail=True)
        restored = service.restore_account(c, ROOT, "may-quet@tinh.gov.vn")
    assert (restored.logs_in, restored.sends, restored.takes_mail) == (False, True, True)
    with pytest.raises(WrongState), province.write() as c:
        service.restore_account(c, ROOT, "may-quet@tinh.gov.vn")


def test_postmaster_and_abuse_come_with_a_domain_and_stay(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with province.write() as c:
        service.add_domain(c, ROOT, "cu.gov.vn")
        service.ensure_system_addresses(c, ROOT, "cu.gov.vn", admin="nva@tinh.gov.vn")
    for alias in ("postmaster@cu.gov.vn", "abuse@tinh.gov.vn"):
        with pytest.raises(Protected), province.write() as c:
            service.remove_alias(c, ROOT, alias)
    with pytest.raises(Protected), province.write() as c:
        service.end_account(c, ROOT, "nva@tinh.gov.vn", reason="x")
    with pytest.raises(Protected), province.write() as c:
        service.suspend_account(c, ROOT, "nva@tinh.gov.vn", reason="x", refuse_mail=True)
    with pytest.raises(Protected), province.write() as c:
        service.end_account(c, ROOT, "hub-admin@tinh.gov.vn", reason="x")


def test_the_first_domain_needs_the_province_itself(database: Database) -> None:
    with pytest.raises(NoSuchAgency), database.write() as c:
        service.add_domain(c, ROOT, "tinh.gov.vn")


def test_names_of_agencies_and_domains_are_given_once(province: Database) -> None:
    with pytest.raises(NameTaken), province.write() as c:
        service.add_agency(c, ROOT, "snv", "Sở khác")
    with pytest.raises(NameTaken), province.write() as c:
        service.add_domain(c, ROOT, "TINH.gov.vn.")


@pytest.mark.parametrize(
    "home", ["old.gov.vn", "smtp://old.gov.vn", "smtp://old.gov.vn:0", "lmtp://x:24", "smtp://a b:25"]
)
def test_a_home_that_is_none_is_refused(province: Database, home: str) -> None:
    make_account(province, "nva@tinh.gov.vn")
    with pytest.raises(InvalidValue), province.write() as c:
        service.set_home(c, ROOT, "nva@tinh.gov.vn", home)


def test_lists_page_by_key_and_show_only_ones_own_tree(province: Database) -> None:
    for n in range(5):
        make_account(province, f"a{n}@tinh.gov.vn", agency="snv-vp", password=None)
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    with province.read() as c:
        snv = service.list_agencies(c)[0]["id"]
        admin = Actor(name="x", role=Role.AGENCY_ADMIN, agency_id=snv)
        first = service.list_accounts(c, admin, limit=3)
        rest = service.list_accounts(c, admin, after=first[-1].address, limit=3)
        assert [line.address for line in (*first, *rest)] == [f"a{n}@tinh.gov.vn" for n in range(5)]
        assert [line.address for line in service.list_accounts(c, ROOT, agency="syt")] == ["b@tinh.gov.vn"]
        with pytest.raises(NotAllowed):
            service.show_account(c, admin, "b@tinh.gov.vn", at=now_ms())
