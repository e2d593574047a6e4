"""What a recipient outside is to the sender: on both engines, and what must not be taken for more than it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailhub.accounts import service
from mailhub.accounts.people.person import NewPerson
from mailhub.clock import DAY, HOUR
from mailhub.policy.facts import MailClass, Origin, Proof, Relation
from tests.screening.gathered import AN, AT, BINH, CUONG, DESK, Office, file, inspection, named, paper
from tests.support.accounts import ROOT

FIRST, KNOWN, WROTE = Relation.FIRST_CONTACT, Relation.KNOWN, Relation.WROTE_FIRST
OWN, OFFICIAL, NAMED = Relation.OWN_PRIVATE, Relation.OFFICIAL_PRIVATE, Relation.NAMED
CITIZEN = "dan@gmail.com"


def to(shown: str, address: str) -> str:
    return f"To: {named(shown, address)}"


# ------------------------------------------------------------ private addresses


@pytest.mark.parametrize("address", ["hoahuongduong@gmail.com", "Hoa.Huong.Duong@googlemail.com"])
def test_the_address_given_for_recovery_is_ones_own(office: Office, address: str) -> None:
    assert office.recipient(address).relation == {OWN, FIRST}


def test_another_officials_address_for_recovery(office: Office) -> None:
    assert office.recipient("binh.tran@yahoo.com").relation == {OFFICIAL, FIRST}


def test_an_address_entered_a_moment_ago_is_known(office: Office) -> None:
    assert OFFICIAL not in office.recipient("moi@gmail.com").relation
    with office.database.write() as c:
        person = NewPerson(recovery_address="moi@gmail.com", consent=True)
        service.create_account(c, ROOT, "moi@tinh.gov.vn", "Phạm Mới", agency="syt", person=person)
    assert OFFICIAL in office.recipient("moi@gmail.com").relation


def test_ones_whole_name_at_a_provider_is_ones_own_private_address(office: Office) -> None:
    assert OWN in office.recipient("nguyenvanan85@gmail.com").relation
    assert OWN not in office.recipient("nguyenvanan@minhlong.com.vn").relation


def test_a_short_form_of_ones_name_only_with_the_name_beside_it(office: Office) -> None:
    header = [to("NGUYỄN VĂN AN", "annv@gmail.com")]
    assert OWN in office.recipient("annv@gmail.com", header=header).relation
    assert OWN not in office.recipient("annv@gmail.com").relation
    assert OWN not in office.recipient("annv@gmail.com", header=[to("Ngô Vĩnh An", "annv@gmail.com")]).relation


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("Nguyễn Vân Anh", "nguyenvananh@gmail.com"),
        ("Trần Văn Bảo", "nguyenvanan@gmail.com"),  # the name beside it is somebody else's
        ("", "nguyenvanan1960@gmail.com"),  # and so is the year
        ("Nguyễn Văn An", "hoahong88@gmail.com"),  # a namesake
    ],
)
def test_citizens_with_similar_names_are_citizens(office: Office, shown: str, address: str) -> None:
    header = [to(shown, address)] if shown else []
    assert office.recipient(address, header=header).relation == {FIRST}


def test_a_colleague_by_name_and_address_but_a_namesake_of_one_elsewhere_is_a_citizen(office: Office) -> None:
    beside = [to("Nguyễn Văn An", "nguyenvanan@gmail.com"), f"Cc: {named('Lê Văn Cường', 'levancuong@gmail.com')}"]
    case = office.case("nguyenvanan@gmail.com", "levancuong@gmail.com", header=beside, sender=BINH)
    found = office.facts(case).recipients
    assert OFFICIAL in found["nguyenvanan@gmail.com"].relation  # An is in the agency above Bình's unit
    assert OFFICIAL not in found["levancuong@gmail.com"].relation  # Cường is in another one
    alone = office.recipient("nguyenvanan@gmail.com", sender=BINH)
    assert OFFICIAL not in alone.relation  # nothing but the address
    header = [to("Trần Thị Bình", "tranthibinh@gmail.com")]
    assert OFFICIAL not in office.recipient("tranthibinh@gmail.com", header=header).relation  # a unit below


def test_an_official_who_writes_from_a_private_mailbox_is_told(office: Office) -> None:
    mine = office.facts(office.from_outside("hoahuongduong@gmail.com", AN))
    assert OWN in mine.sender.relation
    assert OFFICIAL in office.facts(office.from_outside("hoahuongduong@gmail.com", BINH)).sender.relation


def test_an_official_who_writes_home_from_an_address_of_that_name(office: Office) -> None:
    def relation(shown: str, to_whom: str) -> frozenset[str]:
        return office.facts(office.from_outside("nguyenvanan85@gmail.com", to_whom, shown=shown)).sender.relation

    assert OWN in relation("Nguyễn Văn An", AN)
    assert OWN not in relation("", AN)  # the address alone: a citizen of that name may write to the official
    assert OWN not in relation("Nguyễn Văn An", CUONG)


def test_whoever_sends_back_a_paper_that_names_them(office: Office) -> None:
    found = inspection(file("cv.pdf", "pdf", paper(to=["Bà Phạm Thị Dung, thôn 3"])))
    case = office.from_outside("dung@gmail.com", AN, shown="Phạm Thị Dung", inspection=found)
    assert NAMED in office.facts(case).sender.relation


# ------------------------------------------------------------ who wrote first


def test_whoever_wrote_first_stays_it(office: Office) -> None:
    office.passed(office.from_outside(CITIZEN, AN, at=AT - DAY))
    assert office.recipient(CITIZEN).relation == {KNOWN, WROTE}
    office.passed(office.case(CITIZEN, at=AT - HOUR))
    assert office.recipient(CITIZEN).relation == {KNOWN, WROTE}


def test_whom_we_wrote_to_first_is_known_whatever_comes_back(office: Office) -> None:
    office.passed(office.case(CITIZEN, at=AT - DAY))
    office.passed(office.from_outside(CITIZEN, AN, at=AT - HOUR))
    assert office.recipient(CITIZEN).relation == {KNOWN}


def test_mail_to_the_desk_counts_for_the_agencys_people_and_for_no_other_agency(office: Office) -> None:
    office.passed(office.from_outside(CITIZEN, DESK, at=AT - DAY))
    assert WROTE in office.recipient(CITIZEN).relation
    assert WROTE in office.recipient(CITIZEN, sender=DESK, account=office.directory.account_named(AN)).relation
    assert WROTE in office.recipient(CITIZEN, sender=BINH).relation  # a unit of that agency
    assert office.recipient(CITIZEN, sender=CUONG).relation == {FIRST}


def test_mail_to_a_colleague_is_that_colleagues_matter(office: Office) -> None:
    office.passed(office.from_outside(CITIZEN, BINH, at=AT - DAY))
    assert office.recipient(CITIZEN).relation == {FIRST}


def test_a_forged_author_wrote_nothing(office: Office) -> None:
    office.passed(office.from_outside(CITIZEN, AN, at=AT - DAY, proof=Proof.NONE))
    assert office.recipient(CITIZEN).relation == {FIRST}


def test_proof_of_another_domain_speaks_for_that_one_only(office: Office) -> None:
    forged = office.from_outside(CITIZEN, AN, at=AT - DAY, proof=Proof.SPF)
    office.passed(replace(forged, sender="bulk@spam.example"))
    assert office.recipient(CITIZEN).relation == {FIRST}


def test_automatic_answers_make_nobody_known(office: Office) -> None:
    office.passed(office.case(CITIZEN, at=AT - DAY, origin=Origin.AUTOMATIC))
    assert office.recipient(CITIZEN).relation == {FIRST}


def test_the_messages_own_row_does_not_count_when_it_is_judged_again(office: Office) -> None:
    case = office.case(CITIZEN)
    office.passed(case)
    assert office.facts(case).recipients[CITIZEN].relation == {FIRST}


def test_mail_between_our_own_leaves_nothing(office: Office) -> None:
    assert office.gatherer.pairs(office.case(BINH, CUONG)) == ()


def test_whoever_does_not_get_it_was_not_written_to(office: Office) -> None:
    pairs = office.gatherer.pairs(office.case(CITIZEN, "b@gmail.com"), leaving_out={CITIZEN})
    assert [pair.address for pair in pairs] == ["b@gmail.com"]


# ------------------------------------------------------------ named in the paper


@pytest.mark.parametrize(
    ("shown", "address", "to_whom"),
    [
        ("Phạm Thị Dung", "dung@gmail.com", "Ông Phạm Văn B; bà Phạm Thị Dung, thôn 3, xã Tân Hồng;"),
        ("Bà PHAM THI DUNG", "dung@gmail.com", "Bà Phạm Thị Dung"),
        ("Công ty TNHH Minh Long", "info@gmail.com", "Công ty TNHH Minh Long;"),
        ("", "info@minhlong.com.vn", "Công ty TNHH Minh Long;"),
    ],
)
def test_named_in_the_paper(office: Office, shown: str, address: str, to_whom: str) -> None:
    found = inspection(file("cv.pdf", "pdf", paper(to=[to_whom])))
    header = [to(shown, address)] if shown else []
    assert NAMED in office.recipient(address, header=header, inspection=found).relation


@pytest.mark.parametrize(
    ("shown", "address", "to_whom"),
    [
        ("Dung", "dung@gmail.com", "Bà Phạm Thị Dung"),  # a word is no name
        ("Phạm Thị Dung", "dung@gmail.com", "Bà Phạm Thị Dung Hạnh".replace("Dung ", "Dungg ")),
        ("Sở Nội vụ", "snv.tinh@gmail.com", "Sở Nội vụ"),  # a state body has no mailbox there
        ("UBND xã Tân Hồng", "tanhong@gmail.com", "UBND xã Tân Hồng"),
        ("", "info@vnpt.vn", "Công ty vận tải"),
        ("", "dung@gmail.com", "Ông Gmail"),
    ],
)
def test_not_named_in_the_paper(office: Office, shown: str, address: str, to_whom: str) -> None:
    found = inspection(file("cv.pdf", "pdf", paper(to=[to_whom])))
    header = [to(shown, address)] if shown else []
    assert NAMED not in office.recipient(address, header=header, inspection=found).relation


# ------------------------------------------------------------ what costs nothing


def test_nothing_is_looked_up_that_no_rule_asks_for(office: Office) -> None:
    case = office.case(CITIZEN, BINH)
    office.gatherer.message_facts(case)
    found = office.gatherer.recipient_facts(case, frozenset({"mail_class"}))
    assert found[CITIZEN].relation == frozenset()
    assert found[CITIZEN].mail_class is MailClass.PRIVATE


@pytest.mark.parametrize(
    "header",
    [
        ['To: "<<>>,,;;:'],
        ["To: =?utf-8?b?////?= <x@gmail.com"],
        ["To: \udcff".encode("utf-8", "ignore").decode()],
        ["To:"],
        ["From: a, b", "From: c"],
    ],
)
def test_hostile_headers_say_nothing_and_break_nothing(office: Office, header: list[str]) -> None:
    assert office.recipient(CITIZEN, header=header).relation == {FIRST}
