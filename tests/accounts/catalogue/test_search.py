"""The directory: who is found, in which order, by whom."""

from __future__ import annotations

import pytest

from mailhub.accounts import service
from mailhub.accounts.catalogue.entries import View
from mailhub.accounts.catalogue.search import every_entry, search_directory
from mailhub.accounts.errors import InvalidValue, NoSuchAgency
from mailhub.accounts.models import Listing, MailboxKind
from mailhub.accounts.organisation import AgencyChanges
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT

OFFICIAL = Actor(name="x@tinh.gov.vn", role=Role.OFFICIAL)
SYSTEM = Actor(name="quantri@tinh.gov.vn", role=Role.SYSTEM_ADMIN)


def enter(database: Database, local: str, name: str, agency: str, title: str = "", **more: object) -> int:
    with database.write() as c:
        person = NewPerson(title=title, phone="0912345678")
        address = f"{local}@tinh.gov.vn"
        return service.create_account(c, ROOT, address, name, agency=agency, person=person, **more)  # type: ignore[arg-type]


@pytest.fixture
def listed(province: Database) -> Database:
    """Five people, an office that is public, and somebody hidden."""
    enter(province, "annv", "Nguyễn Văn An", "snv", "Phó Giám đốc", listing=Listing.PUBLIC)
    enter(province, "anhnt", "Nguyễn Thị Anh", "snv-vp", "Chuyên viên")
    enter(province, "hhenn", "H'Hen Niê", "syt", "Văn thư")
    enter(province, "lan", "Đặng An Lan", "syt", "Chuyên viên")
    enter(province, "kin", "Kín Đáo", "syt", listing=Listing.HIDDEN)
    with province.write() as c:
        office = {"agency": "snv", "office": "van-thu", "listing": Listing.PUBLIC}
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư Sở Nội vụ", **office)  # type: ignore[arg-type]
        service.create_account(c, ROOT, "may-in@tinh.gov.vn", "Máy in", kind=MailboxKind.SERVICE)
    return province


def found(database: Database, words: str = "", actor: Actor | None = OFFICIAL, **more: object) -> list[str]:
    with database.read() as c:
        page = search_directory(c, actor, words, at=now_ms(), **more)  # type: ignore[arg-type]
        return [entry.address.partition("@")[0] for entry in page.entries]


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("nguyen van an", ["annv", "anhnt"]),
        ("NGUYỄN VĂN AN", ["annv", "anhnt"]),
        ("pho giam doc", ["annv"]),
        ("an so noi vu", ["anhnt", "annv", "vanthu.snv"]),
        ("văn thư sở nội vụ", ["vanthu.snv"]),
        ("van thu", ["vanthu.snv", "hhenn"]),
        ("h'hen", ["hhenn"]),
        ("hhenn@tinh.gov.vn", ["hhenn"]),
        ("chuyên viên y tế", ["lan"]),
        ("snv-vp", ["anhnt"]),
        ("dang", ["lan"]),
        ("kín", []),
        ("may-in", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("nguyen gmail", []),
    ],
)
def test_any_words_find_without_marks(listed: Database, words: str, who: list[str]) -> None:
    assert found(listed, words) == who


def test_what_fits_best_comes_first(listed: Database) -> None:
    enter(listed, "an", "An", "syt")
    enter(listed, "x1", "An Bình", "syt")
    enter(listed, "x2", "Trần Thanh", "syt", "Ban quản lý")
    assert found(listed, "an")[:2] == ["an", "x1"]
    assert found(listed, "an").index("lan") < found(listed, "an").index("x2")


def test_pages_join_without_a_gap_and_without_anybody_twice(listed: Database) -> None:
    for number in range(23):
        enter(listed, f"p{number}", "Nguyễn Văn An", "syt")
    whole = found(listed, "nguyen", limit=500)
    assert len(whole) == len(set(whole)) == 25
    paged, cursor = [], ""
    with listed.read() as c:
        while True:
            page = search_directory(c, OFFICIAL, "nguyen", cursor=cursor, limit=4, at=now_ms())
            paged += [entry.address.partition("@")[0] for entry in page.entries]
            cursor = page.cursor
            if not cursor:
                break
    assert paged == whole


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "W10", "é"])
def test_a_cursor_of_elsewhere_is_refused(listed: Database, cursor: str) -> None:
    with pytest.raises(InvalidValue):
        found(listed, "an", cursor=cursor)


def test_the_public_sees_what_is_public_and_no_telephone(listed: Database) -> None:
    assert sorted(found(listed, "", None)) == ["annv", "vanthu.snv"]
    assert sorted(found(listed, "", ROOT, view=View.PUBLIC)) == ["annv", "vanthu.snv"]
    with listed.read() as c:
        assert {entry.phone for entry in every_entry(c, None, at=now_ms())} == {""}
        assert {entry.phone for entry in every_entry(c, OFFICIAL, at=now_ms())} == {"", "0912345678"}


def test_somebody_who_may_not_see_internal_entries_does_not_by_asking_for_them(listed: Database) -> None:
    assert sorted(found(listed, "", None, view=View.INTERNAL)) == ["annv", "vanthu.snv"]


def test_a_block_is_found_by_its_own_people_only(listed: Database) -> None:
    inside = enter(listed, "dang", "Trần Văn Đảng", "snv-vp")
    with listed.write() as c:
        service.change_agency(c, ROOT, "snv", AgencyChanges(block=True))
    own = Actor(name="dang@tinh.gov.vn", role=Role.OFFICIAL, account_id=inside)
    for stranger in (OFFICIAL, SYSTEM):
        assert found(listed, "an so noi vu", stranger) == []
        assert found(listed, "", stranger) == ["lan", "hhenn"]
        with pytest.raises(NoSuchAgency):
            found(listed, "", stranger, agency="snv")
    assert found(listed, "an so noi vu", own) == ["anhnt", "annv", "dang", "vanthu.snv"]
    assert found(listed, "", None) == []
    assert found(listed, "", own, view=View.PUBLIC) == []


def test_only_what_takes_mail_is_in_the_directory(listed: Database) -> None:
    with listed.write() as c:
        service.end_account(c, ROOT, "annv@tinh.gov.vn", reason="nghỉ hưu")
        service.suspend_account(c, ROOT, "anhnt@tinh.gov.vn", reason="nghỉ thai sản")
    assert found(listed, "nguyen") == ["anhnt"]


def test_the_directory_of_one_agency_holds_those_below_it(listed: Database) -> None:
    assert sorted(found(listed, "", agency="snv")) == ["anhnt", "annv", "vanthu.snv"]
    assert found(listed, "", agency="snv-vp") == ["anhnt"]
