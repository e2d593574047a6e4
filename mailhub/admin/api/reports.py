"""`/reports/{kind}`: the four reports, with the same figures as on the pages and in the files."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import Endpoints
from mailhub.admin.api.models import Answer, Code, Day, FieldFault, Given, Line, Nothing, Time
from mailhub.admin.api.problems import Fault
from mailhub.reports.periods import NoSuchPeriod, read_period
from mailhub.reports.rendering.json import json_of
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.values import ReportKind

READ = TokenScope.REPORTS_READ
endpoints = Endpoints("reports")
Cell = Any  # a number, text, a day, {"part", "whole", "percent"}, {"number", "of", "per_hundred"}, {"suppressed": true}


class ReportWanted(Given):
    """Which report."""

    period: Line = Field(examples=["2026-10"], description="2026-10, 2026-Q4, 2026-H2, 2026, 2026-10-01..2026-10-09.")
    agency: Code = Field(default="", description="The code of an agency: that one and those below it.")
    public: bool = Field(default=False, description="Small numbers suppressed, nobody named.")


class AgencyOf(Answer):
    """The agency that it is about."""

    code: str
    name: str


class PeriodOf(Answer):
    """Both days are counted."""

    name: str
    first: Day
    last: Day
    words: str


class Figure(Answer):
    """A figure that stands alone, with its definition."""

    key: str
    title: str
    definition: str
    unit: str
    value: Cell = None
    before: Cell = None
    target: float | None = None
    met: str | None = None


class ReportSection(Answer):
    """A chapter. A table has `columns` with their definitions, and `rows`."""

    key: str
    title: str
    figures: tuple[Figure, ...]
    paragraphs: tuple[str, ...]
    tables: tuple[dict[str, Any], ...]


class ReportAnswer(Answer):
    """A whole report, in the language of Accept-Language."""

    report: str
    title: str
    language: str
    agency: AgencyOf
    period: PeriodOf
    made_at: Time
    public: bool
    notes: tuple[str, ...]
    sections: tuple[ReportSection, ...]


@endpoints.get(
    "/reports/{kind}", READ, query=ReportWanted, answers=ReportAnswer, says="One of the four reports.",
    places={"kind": f"One of {', '.join(ReportKind)}."},
)  # fmt: skip
def report(call: Call[ReportWanted, Nothing]) -> ReportAnswer:
    """Making it is written down. A year's takes seconds."""
    wanted, settings = call.query, call.site.settings
    if call.path["kind"] not in tuple(ReportKind):
        raise Fault("not-found")
    try:
        period = read_period(wanted.period, settings.reports.closing_day)
    except NoSuchPeriod as error:
        raise Fault("bad-request", str(error), (FieldFault(field="period", message="no period"),)) from None
    found = make_report(
        call.site.database,
        call.actor_now(),
        Wanted(
            kind=ReportKind(call.path["kind"]),
            period=period,
            agency=wanted.agency,
            public=wanted.public,
            language=call.language,
        ),
        settings=settings,
        at=call.at,
    )
    return ReportAnswer.model_validate(json_of(found))
