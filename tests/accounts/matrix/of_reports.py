"""The services of the reports."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection

from mailhub.accounts.rights import Action, Actor
from mailhub.reports.periods import whole_year
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.units import units_for
from mailhub.reports.values import Report, ReportKind
from mailhub.settings import Settings
from mailhub.settings.sections.reports import ReportsSection
from mailhub.store.database import Database
from tests.accounts.matrix.cases import Row
from tests.accounts.matrix.of_policy import used
from tests.accounts.matrix.world import Spot

A = Action
_SETTINGS = cast("Settings", SimpleNamespace(reports=ReportsSection()))


def made(c: Connection, actor: Actor, spot: Spot) -> Report:
    database = cast("Database", SimpleNamespace(read=lambda: nullcontext(c), write=lambda: nullcontext(c)))
    wanted = Wanted(kind=ReportKind.USAGE, period=whole_year(2026), agency=spot.code)
    return make_report(database, actor, wanted, settings=_SETTINGS)


REPORT_ROWS: dict[Any, list[Row]] = {
    make_report: [
        Row(action=A.REPORT_READ, prepare=used, call=made,
            sees=lambda found, s: any(row.key == s.code for row in found.table("usage.agencies").rows)),
    ],
    units_for: [
        Row(action=A.REPORT_READ, call=lambda c, a, s: units_for(c, a, s.code)),
    ],
}  # fmt: skip
