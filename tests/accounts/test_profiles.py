"""Who is behind an address, as rules ask: from the directory's cache, and never out of date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.profiles import GROUP
from mailhub.accounts.sharing.groups import add_group
from mailhub.store.database import Database
from tests.support.accounts import ROOT

AN = "annv@tinh.gov.vn"


@pytest.fixture
def people(province: Database) -> Iterator[Directory]:
    with province.write() as c:
        person = NewPerson(
            title="Giám đốc", birth_date=date(1980, 1, 2), recovery_address="an@example.com", consent=True
        )
        service.create_account(c, ROOT, AN, "Nguyễn Văn An", agency="snv-vp", person=person)
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        add_group(c, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="syt")
    opened = Directory(province)
    yield opened
    opened.close()


def test_an_official_with_everything_that_rules_ask(people: Directory) -> None:
    found = people.look([AN]).profiles[AN]
    assert found is not None
    assert (found.kind, found.name, found.rank, found.private, found.birth_year) == (
        "personal", "Nguyễn Văn An", "leader", "an@example.com", 1980,
    )  # fmt: skip
    assert found.agency.codes == ("snv-vp", "snv", "tinh")
    assert found.agency.name == "Văn phòng Sở Nội vụ"


def test_what_is_private_is_not_shown_in_logs(people: Directory) -> None:
    shown = repr(people.look([AN]).profiles)
    assert "example.com" not in shown
    assert "1980" not in shown


def test_offices_groups_and_nobody(people: Directory) -> None:
    asked = [
        "VanThu.SNV@tinh.gov.vn",
        "nhom@tinh.gov.vn",
        "annv+x@tinh.gov.vn",
        "ai@tinh.gov.vn",
        "ai@gmail.com",
        "",
        "\0@tinh.gov.vn",
    ]
    found = people.look(asked).profiles
    kinds = [None if (one := found[address]) is None else (one.kind, one.office) for address in asked]
    assert kinds == [("role", "van-thu"), (GROUP, ""), ("personal", ""), None, None, None, None]


def test_the_second_question_reads_nothing(people: Directory, province: Database) -> None:
    asked = [AN, "ai@tinh.gov.vn", "ai@gmail.com"]
    people.look(asked)
    statements: list[str] = []
    event.listen(province._reader, "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert people.look(asked).profiles[AN] is not None
    assert statements == []


def test_many_addresses_are_few_questions(people: Directory, province: Database) -> None:
    people.look([AN])
    statements: list[str] = []
    event.listen(province._reader, "before_cursor_execute", lambda *a: statements.append(a[2]))
    people.look([f"a{n}@tinh.gov.vn" for n in range(400)])
    assert len(statements) <= 6


def test_an_act_elsewhere_is_seen_at_once(people: Directory, province: Database) -> None:
    before = people.look([AN, "moi@tinh.gov.vn"])
    with province.write() as c:
        service.create_account(c, ROOT, "moi@tinh.gov.vn", "Phạm Mới", agency="syt", person=NewPerson())
    after = people.look([AN, "moi@tinh.gov.vn"])
    assert before.profiles["moi@tinh.gov.vn"] is None
    assert after.profiles["moi@tinh.gov.vn"] is not None
    assert after.version > before.version
    assert after.ours == {"tinh.gov.vn"}


def test_another_name_of_a_domain_leads_to_the_same_mailbox(people: Directory, province: Database) -> None:
    with province.write() as c:
        service.add_domain(c, ROOT, "khac.gov.vn", alias_of="tinh.gov.vn")
    found = people.look(["annv@khac.gov.vn"]).profiles["annv@khac.gov.vn"]
    assert found is not None
    assert found.address == AN
