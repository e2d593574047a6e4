"""One person, one mailbox; what is known of people and who may change it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.errors import InvalidAddress, InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Listing, Mailbox, MailboxKind, MailboxState, Person, Rank
from mailhub.accounts.organisation import AgencyChanges
from mailhub.accounts.people.errors import PersonExists
from mailhub.accounts.people.identity import agrees, identifier_digest, read_identifier
from mailhub.accounts.people.naming import Naming, NamingRule
from mailhub.accounts.people.people import PersonFacts
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.store.database import Database
from mailhub.store.sealing import Sealer, open_sealer
from tests.support.accounts import ROOT, make_account

CCCD = "025 085 001234"


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return open_sealer(tmp_path)


def admin(database: Database, code: str) -> Actor:
    with database.read() as c:
        return Actor(name=f"admin@{code}", role=Role.AGENCY_ADMIN, agency_id=find_agency(c, code), account_id=1)


@pytest.mark.unit
@pytest.mark.parametrize("text", ["025085001234", "025.085.001234", " 025 085 001234\u00a0", "123456789"])
def test_identifiers_are_read_however_they_are_spaced(text: str) -> None:
    assert read_identifier(text).isdigit()


@pytest.mark.unit
@pytest.mark.parametrize("text", ["", "12345678", "2508500123", "997085001234", "000085001234", "025O85001234"])
def test_a_number_that_is_no_identifier_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        read_identifier(text)
    assert not text or text not in str(refusal.value)


@pytest.mark.unit
def test_a_citizen_number_tells_its_year_of_birth() -> None:
    assert agrees(CCCD, date(1985, 9, 2))
    assert not agrees(CCCD, date(1958, 9, 2))
    assert agrees("025204001234", date(2004, 1, 1))
    assert agrees("123456789", date(1958, 9, 2))


def test_the_same_identifier_is_refused_with_the_address_that_is_there(province: Database, sealer: Sealer) -> None:
    digest = identifier_digest(sealer, CCCD)
    with province.write() as c:
        whose = NewPerson(identifier_digest=digest)
        service.create_account(c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="snv", person=whose)
    again = NewPerson(identifier_digest=identifier_digest(sealer, "025085001234"))
    with pytest.raises(PersonExists, match=r"annv@tinh\.gov\.vn \(active\)") as refusal, province.write() as c:
        service.create_account(c, ROOT, "annv2@tinh.gov.vn", "Nguyễn Văn Ân", person=again)
    assert refusal.value.address == "annv@tinh.gov.vn"
    with province.read() as c:
        assert len(c.execute(select(Person.id)).all()) == 1


def test_whose_the_identifier_is_is_not_told_to_another_agency(province: Database, sealer: Sealer) -> None:
    whose = NewPerson(identifier_digest=identifier_digest(sealer, CCCD))
    with province.write() as c:
        service.create_account(c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="snv", person=whose)
    asked = MailboxState.REQUESTED
    with pytest.raises(PersonExists) as refusal, province.write() as c:
        service.create_account(
            c, admin(province, "syt"), "an@tinh.gov.vn", "Nguyễn An", agency="syt", person=whose, state=asked
        )
    assert "annv" not in str(refusal.value)
    assert refusal.value.address == ""


def test_the_number_itself_is_nowhere(province: Database, sealer: Sealer) -> None:
    whose = NewPerson(identifier_digest=identifier_digest(sealer, CCCD), recovery_address="an@gmail.com", consent=True)
    assert "identifier" not in repr(whose)
    assert "gmail" not in repr(whose)
    with province.write() as c:
        service.create_account(c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", person=whose)
        told = " ".join(str(tuple(row)) for row in c.execute(select(AuditRow.before, AuditRow.after, AuditRow.reason)))
    assert "085001234" not in told
    assert "gmail" not in told


def test_what_is_said_of_a_newcomer_is_kept(province: Database) -> None:
    known = NewPerson(title="Phó Giám đốc", birth_date=date(1985, 9, 2), phone="0912.345.678")
    with province.write() as c:
        number = service.create_account(
            c, ROOT, "annv@tinh.gov.vn", " Nguyễn  Văn An", agency="snv", person=known, listing=Listing.PUBLIC
        )
        row = c.execute(select(Person.__table__)).mappings().one()
        box = find_mailbox(c, "annv@tinh.gov.vn")
    assert (row["full_name"], row["folded"], row["rank"]) == ("Nguyễn Văn An", "nguyen van an", Rank.LEADER)
    assert (row["birth_date"], row["phone"], row["title"]) == (date(1985, 9, 2), "0912345678", "Phó Giám đốc")
    assert (box.id, box.folded) == (number, "nguyen van an annv@tinh.gov.vn pho giam doc")
    assert (box.listing, box.state) == (Listing.PUBLIC, MailboxState.ACTIVE)


@pytest.mark.parametrize(
    "known",
    [
        NewPerson(birth_date=date(2026, 1, 1)),
        NewPerson(birth_date=date(1885, 1, 1)),
        NewPerson(phone="không có"),
        NewPerson(recovery_address="an@gmail.com"),
        NewPerson(recovery_address="an@tinh.gov.vn", consent=True),
        NewPerson(recovery_address="an gmail.com", consent=True),
        NewPerson(title="x" * 201),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_entered(province: Database, known: NewPerson) -> None:
    with pytest.raises(InvalidValue), province.write() as c:
        service.create_account(c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", person=known)
    with province.read() as c:
        assert c.execute(select(Person.id)).all() == []


@pytest.mark.parametrize("name", ["H'Hen Niê", "Y Bhiêu Êban", "An", "Nguyễn " * 7 + "An", "O’Connor-Mai"])
def test_unusual_names_are_ordinary(province: Database, name: str) -> None:
    rule = Naming(NamingRule.INITIALS_GIVEN)
    with province.write() as c:
        for _ in range(2):  # the same name twice in one office
            service.create_account(c, ROOT, "", name, agency="snv", naming=rule)
        first, second = c.execute(select(Mailbox.address).where(Mailbox.kind == "personal").order_by(Mailbox.id))
    assert second[0].replace("2@", "@") == first[0]


def test_without_an_address_the_agencys_domain_and_code_make_one(province: Database) -> None:
    with province.write() as c:
        service.add_domain(c, ROOT, "snv.tinh.gov.vn")
        service.change_agency(c, ROOT, "snv", AgencyChanges(domain="snv.tinh.gov.vn"))
        naming = Naming(NamingRule.GIVEN_INITIALS, unit_suffix=True)
        service.create_account(c, ROOT, "", "Nguyễn Văn An", agency="snv-vp", naming=naming)
        assert find_mailbox(c, "annv.snv-vp@snv.tinh.gov.vn").name == "Nguyễn Văn An"
        with pytest.raises(InvalidAddress):
            service.create_account(c, ROOT, "", "Nguyễn Văn An", agency="snv-vp")


def test_an_agencys_administrator_may_ask_for_an_account_and_not_open_one(province: Database) -> None:
    mine = admin(province, "snv")
    with pytest.raises(NotAllowed), province.write() as c:
        service.create_account(c, mine, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="snv")
    with pytest.raises(NotAllowed), province.write() as c:
        service.create_account(c, mine, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="syt", state=MailboxState.REQUESTED)
    with province.write() as c:
        service.create_account(c, mine, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="snv", state=MailboxState.REQUESTED)
        assert find_mailbox(c, "annv@tinh.gov.vn").state is MailboxState.REQUESTED
        with pytest.raises(WrongState):
            service.create_account(c, ROOT, "b@tinh.gov.vn", "B", state=MailboxState.ERASED)


def test_an_office_is_a_role_mailboxs_only(province: Database) -> None:
    with province.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư Sở Nội vụ", agency="snv", office="Van-Thu")
        box = find_mailbox(c, "vanthu.snv@tinh.gov.vn")
        assert (box.office, box.kind) == ("van-thu", MailboxKind.ROLE)
        assert "van thu so noi vu" in box.folded
        with pytest.raises(InvalidValue):
            service.create_account(c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", office="van-thu")


def test_changing_a_person_says_what_and_never_the_values(province: Database, sealer: Sealer) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv")
    digest = identifier_digest(sealer, CCCD)
    facts = PersonFacts(
        phone="+84 912 345 678", recovery_address="an@gmail.com", consent=True, identifier_digest=digest
    )
    with province.write() as c:
        service.change_person(c, ROOT, "annv@tinh.gov.vn", facts, reason="hồ sơ")
        report = service.show_person(c, ROOT, "annv@tinh.gov.vn")
        told = c.execute(select(AuditRow.after).order_by(AuditRow.id.desc()).limit(1)).scalar_one()
        assert find_mailbox(c, "annv@tinh.gov.vn").revision == 1
    assert (report.phone, report.has_recovery, report.has_identifier) == ("+84912345678", True, True)
    assert "recovery_address" in str(told)
    assert "gmail" not in str(told)


def test_two_people_cannot_come_to_share_an_identifier(province: Database, sealer: Sealer) -> None:
    make_account(province, "annv@tinh.gov.vn")
    make_account(province, "binhtt@tinh.gov.vn", name="Trần Thị Bình")
    facts = PersonFacts(identifier_digest=identifier_digest(sealer, CCCD))
    with province.write() as c:
        service.change_person(c, ROOT, "annv@tinh.gov.vn", facts)
        service.change_person(c, ROOT, "annv@tinh.gov.vn", facts)
        with pytest.raises(PersonExists):
            service.change_person(c, ROOT, "binhtt@tinh.gov.vn", facts)


def test_people_of_another_agency_are_neither_seen_nor_changed(province: Database) -> None:
    make_account(province, "annv@tinh.gov.vn", agency="snv")
    other = admin(province, "syt")
    with province.write() as c:
        with pytest.raises(NotAllowed):
            service.show_person(c, other, "annv@tinh.gov.vn")
        with pytest.raises(NotAllowed):
            service.change_person(c, other, "annv@tinh.gov.vn", PersonFacts(phone="0912345678"))
