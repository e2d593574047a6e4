"""Adoption: mailboxes against staff, regular use, levels, targets, communes."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.accounts.life.activity import days_used
from mailhub.accounts.models import MailboxState
from mailhub.clock import midnight
from mailhub.reports.periods import whole_year
from mailhub.reports.showing import shown
from mailhub.reports.values import Met, ReportKind, Share, Unit
from mailhub.store.database import Database
from tests.reports.world import OCTOBER, active, add_agency, cell, headline, people, report, set_agency
from tests.support.accounts import PASSWORD, make_account, make_province
from tests.support.logins import Client

ADOPTION = ReportKind.ADOPTION
DAYS = [date(2026, 9, 20 + number) for number in range(4)]


def boxes(number: int, name: str) -> list[str]:
    return [f"{name}{place}@tinh.gov.vn" for place in range(number)]


def test_the_plan_of_2013_comes_out_at_its_own_numbers(province: Database) -> None:
    """93 % and 52 % of 1,300 at the province's agencies (1210, 676), 70 % and 25 % at the districts'."""
    with province.write() as c:
        set_agency(c, "snv", level="tinh", staff=1_300)
        add_agency(c, "huyen", "UBND huyện Minh Họa", level="huyen")
        issued = people(c, "snv", boxes(1_000, "a")) + people(c, "snv-vp", boxes(210, "b"))
        active(c, issued[:676], DAYS)
        active(c, issued[676:], DAYS[:3])  # a day too few
        rural = people(c, "huyen", boxes(700, "c"))
        people(c, "huyen", boxes(300, "d"), boxes=False)
        active(c, rural[:250], DAYS)
    targets = ["2013 tinh issued 93", "2013 tinh used 52", "2013 huyen issued 70", "2013 huyen used 25.5"]
    made = report(province, ADOPTION, section={"targets": tuple(targets)})
    table = "adoption.levels"
    assert cell(made, table, "tinh", "issued_share") == Share(1_210, 1_300)
    assert cell(made, table, "tinh", "used_share") == Share(676, 1_300)
    words = [
        shown(cell(made, table, level, column), Unit.SHARE, "vi").partition(" ")[0].partition(",")[0]
        for level in ("tinh", "huyen")
        for column in ("issued_share", "used_share")
    ]
    assert words == ["93", "52", "70", "25"]
    met = [
        cell(made, "adoption.targets", f"{level}/{one}", "met")
        for level in ("tinh", "huyen")
        for one in ("issued", "used")
    ]
    assert met == [Met.MET, Met.MET, Met.MET, Met.MISSED]
    assert headline(made, "overall", "issued_share") == Share(1_910, 2_300)
    assert cell(made, "adoption.agencies", "snv", "without_mailbox") == 90


def test_who_has_left_is_no_staff_and_who_waits_has_no_mailbox(province: Database) -> None:
    with province.write() as c:
        people(c, "syt", boxes(3, "a"))
        people(c, "syt", boxes(1, "b"), state=MailboxState.REQUESTED)
        people(c, "syt", boxes(2, "c"), state=MailboxState.RETAINED)
    made = report(province, ADOPTION)
    assert cell(made, "adoption.agencies", "syt", "issued_share") == Share(3, 4)


def test_those_without_a_mailbox_come_to_the_same_by_level_and_by_agency(province: Database) -> None:
    """Where one agency has more mailboxes than posts, that makes up for no other: in no table."""
    with province.write() as c:
        for code, posts, boxes_of in (("snv", 5, 3), ("syt", 2, 6)):
            set_agency(c, code, staff=posts, level="tinh")
            people(c, code, boxes(boxes_of, code))
    made = report(province, ADOPTION)
    tables = ("adoption.levels", "adoption.agencies")
    assert [cell(made, table, "total", "without_mailbox") for table in tables] == [2, 2]
    assert cell(made, "adoption.levels", "tinh", "without_mailbox") == 2


def test_posts_take_the_place_of_persons_and_hold_those_below(province: Database) -> None:
    with province.write() as c:
        set_agency(c, "snv", staff=10)
        set_agency(c, "snv-vp", staff=4)
        people(c, "snv-vp", boxes(2, "a"))
        people(c, "syt", boxes(2, "b"))
    made = report(province, ADOPTION)
    assert cell(made, "adoption.agencies", "snv", "staff") == 10
    assert cell(made, "adoption.agencies", "total", "staff") == 12
    assert cell(report(province, ADOPTION, agency="snv"), "adoption.agencies", "snv-vp", "staff") == 4


@pytest.mark.parametrize(("days", "regular", "counts"), [(4, 4, 1), (3, 4, 0), (3, 3, 1)])
def test_what_counts_as_regular_is_a_setting_and_is_said(
    sqlite_database: Database, days: int, regular: int, counts: int
) -> None:
    make_province(sqlite_database)
    with sqlite_database.write() as c:
        active(c, people(c, "syt", boxes(1, "a")), DAYS[:days])
    made = report(sqlite_database, ADOPTION, section={"regular_days": regular})
    assert headline(made, "overall", "used_share") == Share(counts, 1)
    column = made.table("adoption.levels").columns[-1]
    assert f" {regular} ngày" in column.definition


def test_a_longer_period_asks_for_more_days_and_a_running_one_for_those_that_are_over(province: Database) -> None:
    with province.write() as c:
        active(c, people(c, "syt", boxes(1, "a")), DAYS)
    assert headline(report(province, ADOPTION, OCTOBER), "overall", "used_share") == Share(1, 1)
    assert headline(report(province, ADOPTION, whole_year(2026)), "overall", "used_share") == Share(0, 1)


def test_communes_without_a_mailbox_in_use_are_named(province: Database) -> None:
    """S0-04."""
    with province.write() as c:
        for code, name in (("x1", "Xã Một"), ("x2", "Phường Hai"), ("x3", "Xã Ba")):
            add_agency(c, code, name, kind="commune", level="xa")
        add_agency(c, "x2-vp", "Văn phòng", parent="x2")
        active(c, people(c, "x1", boxes(1, "a")), [date(2026, 9, 14)])  # the day before the period
        active(c, people(c, "x2-vp", boxes(1, "b")), DAYS[:1])
        people(c, "x3", boxes(1, "c"))
    made = report(province, ADOPTION, section={"targets": ("2020 * communes 100",)})
    assert [row.key for row in made.table("adoption.communes").rows] == ["x1", "x3"]
    assert headline(made, "overall", "communes_active") == Share(1, 3)
    assert cell(made, "adoption.targets", "*/communes", "met") is Met.MISSED


def test_a_target_holds_until_a_newer_one(province: Database) -> None:
    with province.write() as c:
        people(c, "syt", boxes(1, "a"))
    written = ("2026 * issued 80", "2020 * issued 50", "2027 * issued 100")
    made = report(province, ADOPTION, section={"targets": written})
    assert [row.cells[2:4] for row in made.table("adoption.targets").rows] == [("2026", "80 %")]


def test_each_day_of_logging_in_counts_once_and_a_refusal_does_not(sqlite_database: Database) -> None:
    make_province(sqlite_database)
    number = make_account(sqlite_database, "nva@tinh.gov.vn")
    client = Client(sqlite_database, at=midnight(DAYS[0]))
    for day, secret in ((0, PASSWORD), (0, PASSWORD), (1, "wrong"), (2, PASSWORD)):
        client.at = max(client.at, midnight(DAYS[day]))
        client.gets_in(secret)
    with sqlite_database.read() as c:
        assert days_used(c, DAYS[0], DAYS[3]) == {number: 2}
        assert days_used(c, DAYS[1], DAYS[1]) == {}
