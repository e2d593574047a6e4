"""Private mail in public work: what is summed, who sees it, what a public version hides."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from mailhub.accounts.errors import InvalidValue, NoSuchAgency, NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.clock import midnight
from mailhub.reports.periods import month, of_days, quarter, whole_year
from mailhub.reports.values import SUPPRESSED, Rate, ReportKind
from mailhub.screening.records.usage import figures
from mailhub.store.database import Database
from tests.reports.world import OCTOBER, ROOT, Mail, add_agency, cell, headline, report, set_agency, used

USAGE = ReportKind.USAGE
IN, EARLY, LATE = date(2026, 9, 15), date(2026, 9, 14), date(2026, 10, 15)
Q4, CLOSED = quarter(2026, 4), midnight(date(2026, 12, 15))
LAST = date(2026, 10, 14)
AN = "nva@tinh.gov.vn"


@pytest.fixture
def told(province: Database) -> Database:
    """Private mail in two agencies and the Party's block, on the edges of October and beyond."""
    with province.write() as c:
        add_agency(c, "tu", "Tỉnh ủy", block=True)
        an = Mail(c).person(AN, "snv-vp")
        used(c, "snv-vp", IN, account=an, sent=3, documents=1, own_private=2)
        used(c, "snv-vp", LAST, account=an, sent=20, received=4)
        used(c, "snv-vp", EARLY, account=an, sent=100)
        used(c, "snv-vp", LATE, account=an, sent=7)
        used(c, "snv", IN, "yahoo.com", forwarded=6)
        used(c, "syt", IN, "yahoo.com", sent=40, received=30)
        used(c, "syt", IN, "drive.google.com", links=9)
        used(c, "tu", IN, sent=11)
    return province


def manager(database: Database, code: str) -> Actor:
    with database.read() as c:
        return Actor(name="truongphong@tinh.gov.vn", role=Role.MANAGER, agency_id=find_agency(c, code), account_id=1)


def test_a_period_ends_with_its_closing_day_and_agencies_hold_those_below(told: Database) -> None:
    made = report(told, USAGE)
    assert cell(made, "usage.agencies", "snv", "sent") == 23
    assert cell(made, "usage.agencies", "snv", "own_private") == 2
    assert cell(made, "usage.agencies", "snv", "messages") == 33
    assert cell(made, "usage.agencies", "syt", "links") == 9
    assert cell(made, "usage.providers", "yahoo.com", "messages") == 76
    assert cell(made, "usage.links", "drive.google.com", "links") == 9
    assert headline(made, "overall", "sent") == 74
    before = next(one for one in made.section("overall").headlines if one.key == "sent")
    assert before.before == 100
    assert next(row for row in made.table("usage.agencies").rows if row.key == "syt").filters == (
        ("agency", "syt"), ("from", "2026-09-15"), ("to", "2026-10-14")
    )  # fmt: skip


def test_the_same_figure_is_the_same_number_everywhere(told: Database) -> None:
    made = report(told, USAGE, Q4)
    with told.read() as c:
        console = sum(one.counts.sent for one in figures(c, ROOT, Q4.first, Q4.last))
    totals = [cell(made, table, "total", "sent") for table in ("usage.months", "usage.agencies", "usage.providers")]
    assert totals == [console] * 3 == [headline(made, "overall", "sent")] * 3
    for key in ("sent", "received", "forwarded", "documents", "messages"):
        for table in ("usage.months", "usage.agencies", "usage.providers"):
            assert sum(cell(made, table, row.key, key) for row in made.table(table).rows) == headline(
                made, "overall", key
            )
    months = report(told, USAGE, OCTOBER)
    assert cell(made, "usage.months", "2026-10", "sent") == headline(months, "overall", "sent")
    assert cell(made, "usage.agency_months", "snv", "2026-10") == cell(months, "usage.agencies", "snv", "messages")


def test_a_manager_reads_the_own_agency_and_no_other(told: Database) -> None:
    actor = manager(told, "snv")
    made = report(told, USAGE, actor=actor)
    assert made.agency == "snv"
    assert {row.key for row in made.table("usage.agencies").rows} == {"snv", "snv-vp"}
    assert headline(made, "overall", "messages") == 33
    assert cell(made, "usage.people", AN, "sent") == 23
    for foreign in ("syt", "tinh", "tu", "nothing"):
        with pytest.raises(NoSuchAgency):
            report(told, USAGE, actor=actor, agency=foreign)


def test_a_block_is_nobody_elses_and_officials_read_no_reports(told: Database) -> None:
    made = report(told, USAGE, actor=Actor(name="kt@tinh.gov.vn", role=Role.AUDITOR))
    assert headline(made, "overall", "sent") == 63
    assert "tu" not in {row.key for row in made.table("usage.agencies").rows}
    assert "people" not in {section.key for section in made.sections}  # an auditor is not entitled to names
    with pytest.raises(NotAllowed):
        report(told, USAGE, actor=Actor(name=AN, role=Role.OFFICIAL, account_id=1))


def test_making_a_report_is_written_down_and_a_refusal_makes_none(told: Database) -> None:
    report(told, USAGE, actor=manager(told, "snv"))
    with pytest.raises(InvalidValue):
        report(told, USAGE, actor=manager(told, "snv"), public=True)
    with told.read() as c:
        rows = c.execute(select(AuditRow.actor, AuditRow.object).where(AuditRow.action == "report.read")).all()
    assert [tuple(row) for row in rows] == [("truongphong@tinh.gov.vn", "usage 2026-10 snv")]


def test_a_public_version_names_nobody_and_tells_no_small_number(told: Database) -> None:
    made = report(told, USAGE, Q4, public=True, at=CLOSED)
    assert "people" not in {section.key for section in made.sections}
    assert not any(AN in str(row) for section in made.sections for table in section.tables for row in table.rows)
    numbers = [
        one
        for section in made.sections
        for table in section.tables
        for row in (*table.rows, *([table.total] if table.total else []))
        for one, column in zip(row.cells, table.columns, strict=True)
        if isinstance(one, int) and column.key != "staff"
    ]
    assert not [one for one in numbers if 0 < one < 5]
    assert cell(made, "usage.agencies", "snv", "received") is SUPPRESSED  # 4
    assert cell(made, "usage.agencies", "syt", "received") is SUPPRESSED  # or it would follow from the total
    assert headline(made, "overall", "links") == 9
    assert cell(made, "usage.agencies", "syt", "links") == 9
    assert "*" in made.notes[-1]


def test_a_public_version_does_not_tell_what_the_one_before_it_left_out(told: Database) -> None:
    """October's `sent 100` beside a total of 104 in September would tell the 4 that September's version leaves out."""
    assert headline(report(told, USAGE, Q4, public=True, at=CLOSED), "overall", "links") == 9
    for kind in ReportKind:
        made = report(told, kind, Q4, public=True, at=CLOSED)
        assert {one.before for section in made.sections for one in section.headlines} == {None}
        said = " ".join(words for section in made.sections for words in section.paragraphs)
        assert "kỳ trước" not in said


def test_the_limit_of_small_numbers_is_a_setting(told: Database) -> None:
    made = report(told, USAGE, public=True, section={"suppress_below": 1})
    assert cell(made, "usage.agencies", "snv", "received") == 4


def test_what_the_hub_cannot_see_is_said(told: Database) -> None:
    notes = " ".join(report(told, USAGE).notes)
    for word in ("gmail.com", "Zalo", "điện thoại"):
        assert word in notes


def test_a_month_to_come_is_no_month_in_which_nothing_happened(told: Database) -> None:
    """A year's report in November ends with the month that has begun: no line and no point of a chart at nought."""
    made = report(told, USAGE, whole_year(2027))
    assert [row.cells[0] for row in made.table("usage.months").rows] == ["01/2027"]  # none has begun: the first alone
    made = report(told, USAGE, whole_year(2026), at=midnight(date(2026, 10, 20)))
    assert [row.key for row in made.table("usage.months").rows][-1] == "2026-11"


def test_a_total_that_is_left_out_stands_in_no_other_table_of_the_report(province: Database) -> None:
    """20 messages waited for one rule, 3 were told: `waited` goes with `told`, or 53 judged less 20 and 30 tell the 3.
    The table of rules must not say the 20 either."""
    with province.write() as c:
        mail = Mail(c)
        effects = [("r1", "hold", 20), ("r2", "warn", 3), ("r3", "none", 20), ("r4", "none", 10)]
        for rule, effect, number in effects:
            for _ in range(number):
                mail.decision(
                    OCTOBER.first, "snv", effect, {"rule": rule, "stage": "warn", "effect": effect, "recipients": 1}
                )
    made = report(province, ReportKind.RULES, public=True)
    assert cell(made, "rules.agencies", "total", "waited") is SUPPRESSED
    assert cell(made, "rules.rules", "total", "waited") is SUPPRESSED
    assert headline(made, "decisions", "waited") is SUPPRESSED


def test_agencies_are_ranked_by_messages_per_hundred_staff(told: Database) -> None:
    """The staff are those of the report on adoption, the messages those of the table of agencies."""
    with told.write() as c:
        set_agency(c, "snv", staff=11)
        set_agency(c, "syt", staff=300)
    made, adoption = report(told, USAGE), report(told, ReportKind.ADOPTION)
    assert [row.cells[1:] for row in made.table("usage.league").rows] == [
        ("snv", 11, 33, Rate(33, 11)), ("syt", 300, 70, Rate(70, 300)), ("tu", 0, 11, Rate(11, 0))
    ]  # fmt: skip
    assert Rate(70, 300).per_hundred == 23.3
    assert Rate(11, 0).per_hundred is None
    for row in ("snv", "syt", "total"):
        assert cell(made, "usage.league", row, "staff") == cell(adoption, "adoption.agencies", row, "staff")
        assert cell(made, "usage.league", row, "messages") == cell(made, "usage.agencies", row, "messages")
    assert "do đơn vị khai" in made.table("usage.league").columns[-1].definition


def test_a_public_version_tells_no_small_number_by_its_rate_or_its_place(province: Database) -> None:
    """Sở Nội vụ's 40 are left out for the sake of Sở Giáo dục's 3, and stand behind with them, by their codes."""
    with province.write() as c:
        add_agency(c, "sgd", "Sở Giáo dục")
        add_agency(c, "sct", "Sở Công thương")
        for code, number in (("sct", 50), ("snv", 40), ("syt", 90), ("sgd", 3)):
            used(c, code, IN, sent=number)
            set_agency(c, code, staff=50)
    league = report(province, USAGE, public=True).table("usage.league")
    assert [row.cells[1:] for row in league.rows] == [
        ("syt", 50, 90, Rate(90, 50)), ("sct", 50, 50, Rate(50, 50)),
        ("sgd", 50, SUPPRESSED, SUPPRESSED), ("snv", 50, SUPPRESSED, SUPPRESSED),
    ]  # fmt: skip
    assert league.total is not None
    assert league.total.cells[-1] == Rate(183, 200)


def test_public_versions_are_of_closed_standard_periods_and_of_everything(told: Database) -> None:
    """Two versions that overlap by a few days, or by a department, would tell the difference."""
    for period, at in ((of_days(OCTOBER.first, OCTOBER.last), CLOSED), (OCTOBER, midnight(LAST))):
        with pytest.raises(InvalidValue):
            report(told, USAGE, period, public=True, at=at)
    for agency in ("snv", "syt"):
        with pytest.raises(InvalidValue):
            report(told, USAGE, public=True, agency=agency)
    auditor = report(told, USAGE, actor=Actor(name="kt@tinh.gov.vn", role=Role.AUDITOR), public=True)
    console = report(told, USAGE, public=True)
    assert auditor.sections == console.sections
    assert "tu" not in {row.key for row in console.table("usage.agencies").rows}  # what lies in a block, for nobody


def test_a_quarter_less_its_months_does_not_tell_what_a_month_leaves_out(province: Database) -> None:
    """Sở Nội vụ sent 3 in November: 53 in the quarter, less what October and December say."""
    with province.write() as c:
        for day, number in ((IN, 20), (date(2026, 10, 20), 3), (date(2026, 11, 20), 30)):
            used(c, "snv", day, sent=number)
            used(c, "syt", day, sent=number + 50)
    whole = report(province, USAGE, Q4, public=True, at=CLOSED)
    one = report(province, USAGE, month(2026, 11), public=True, at=CLOSED)
    for table, row, column in (
        ("usage.agencies", "snv", "sent"), ("usage.agencies", "snv", "messages"), ("usage.agencies", "syt", "sent"),
    ):  # fmt: skip
        assert cell(one, table, row, column) is SUPPRESSED
        assert cell(whole, table, row, column) is SUPPRESSED
    assert cell(whole, "usage.agency_months", "snv", "2026-11") is SUPPRESSED
    assert cell(whole, "usage.agency_months", "snv", "2026-10") == 20
    assert cell(whole, "usage.agencies", "total", "sent") == cell(whole, "usage.months", "total", "sent") == 256
