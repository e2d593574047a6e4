"""Who may be one and the same."""

from __future__ import annotations

import time
from datetime import date

from sqlalchemy import insert

from mailhub.accounts import service
from mailhub.accounts.models import Mailbox, MailboxKind, Person
from mailhub.accounts.organisation import AgencyChanges
from mailhub.accounts.people.duplicates import Candidate, Strength, all_suspects, load_register, suspects
from mailhub.accounts.people.folded import person_words
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.ids import new_id
from mailhub.store.database import Database
from tests.support.accounts import ROOT

BORN, DIGEST = date(1985, 9, 2), b"d" * 32


def enter(database: Database, local: str, name: str, agency: str, **known: object) -> None:
    with database.write() as c:
        whose = NewPerson(**known)  # type: ignore[arg-type]
        service.create_account(c, ROOT, f"{local}@tinh.gov.vn", name, agency=agency, person=whose)


def found(database: Database, actor: Actor = ROOT, **candidate: object) -> list[tuple[str, str]]:
    wanted = {"name": "Nguyễn Văn An"} | candidate
    with database.read() as c:
        if "agency" in wanted:
            wanted["agency_id"] = find_agency(c, str(wanted.pop("agency")))
        who = Candidate(**wanted)  # type: ignore[arg-type]
        listed = suspects(c, actor, who)
        assert listed == load_register(c, actor).suspects(who)
        return [(one.because.sign, one.address) for one in listed]


def test_each_suspicion_says_why_and_the_strongest_comes_first(province: Database) -> None:
    enter(province, "a", "Nguyễn Văn An", "syt")
    enter(province, "b", "Nguyễn Văn Ân", "snv")
    enter(province, "c", "Trần Thị Bình", "syt", identifier_digest=DIGEST)
    enter(province, "d", "Nguyễn Văn An", "syt", birth_date=BORN)
    enter(province, "e", "NGUYỄN VĂN AN", "syt", birth_date=date(1985, 2, 9))
    enter(province, "f", "Nguyễn Văn An", "snv", birth_date=date(1990, 1, 1))
    enter(province, "g", "Nguyễn Văn Anh", "snv")
    assert found(province, agency="snv", birth_date=BORN, identifier_digest=DIGEST) == [
        ("identifier", "c@tinh.gov.vn"),
        ("name-birth-date", "d@tinh.gov.vn"),
        ("folded-unit", "b@tinh.gov.vn"),
        ("name-turned-date", "e@tinh.gov.vn"),
        ("name", "a@tinh.gov.vn"),
    ]


def test_a_birth_date_that_differs_speaks_against_a_shared_name(province: Database) -> None:
    enter(province, "a", "Nguyễn Văn An", "snv", birth_date=BORN)
    assert found(province, agency="snv", birth_date=date(1986, 9, 2)) == []
    assert found(province, agency="snv") == [("name-unit", "a@tinh.gov.vn")]


def test_whom_one_may_not_see_is_left_out_unless_it_is_certain(province: Database) -> None:
    enter(province, "a", "Nguyễn Văn An", "syt", birth_date=BORN, identifier_digest=DIGEST)
    with province.write() as c:
        service.change_agency(c, ROOT, "syt", AgencyChanges(block=True))
    system = Actor(name="quantri@tinh.gov.vn", role=Role.SYSTEM_ADMIN)
    assert found(province, system, birth_date=BORN) == []
    assert found(province, system, identifier_digest=DIGEST) == [("identifier", "")]
    assert found(province, birth_date=BORN) == [("name-birth-date", "a@tinh.gov.vn")]


def test_the_whole_province_is_compared_within_its_names(province: Database) -> None:
    enter(province, "a", "Nguyễn Văn An", "syt", birth_date=BORN)
    enter(province, "b", "Nguyễn Văn Ân", "snv", birth_date=BORN)
    enter(province, "c", "Nguyễn Văn An", "snv")
    enter(province, "d", "Nguyễn Văn An", "syt", birth_date=date(1970, 1, 1))
    with province.read() as c:
        pairs = [(p.because.sign, p.first.address[0], p.second.address[0]) for p in all_suspects(c, ROOT)]
        weak = all_suspects(c, ROOT, minimum=Strength.WEAK)
        assert len(all_suspects(c, ROOT, limit=1)) == 1
    assert pairs == [("folded-birth-date", "a", "b"), ("folded-unit", "b", "c")]
    assert {(p.first.address[0], p.second.address[0]) for p in weak} == {("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")}


def test_twenty_thousand_people_with_three_hundred_names_are_compared_in_seconds(sqlite_database: Database) -> None:
    with sqlite_database.write() as c:
        service.add_agency(c, ROOT, "tinh", "Tỉnh")
        service.add_domain(c, ROOT, "tinh.gov.vn")
        units = [service.add_agency(c, ROOT, f"u{n}", f"Đơn vị {n}") for n in range(200)]
        names = [f"Nguyễn Văn {chr(65 + n % 26)}{chr(97 + n // 26)}" for n in range(300)]
        people, boxes = [], []
        for n in range(20_000):
            name, unit, number = names[n % 300], units[n % 199], new_id()
            people.append(
                {"id": number, "full_name": name, "folded": person_words(name), "agency_id": unit}
                | {"birth_date": date(1970 + n % 30, 1 + n % 12, 1 + n % 28)}
            )
            boxes.append(
                {"id": new_id(), "address": f"p{n}@tinh.gov.vn", "kind": MailboxKind.PERSONAL, "name": name}
                | {"agency_id": unit, "person_id": number, "created_at": 0}
            )
        c.execute(insert(Person), people)
        c.execute(insert(Mailbox), boxes)
    began = time.process_time()
    with sqlite_database.read() as c:
        pairs = all_suspects(c, ROOT, limit=100_000)
    assert time.process_time() - began < 10
    assert pairs
    assert all(pair.because.sign == "name-birth-date" for pair in pairs)
