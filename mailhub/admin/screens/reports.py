"""Báo cáo: the four reports with charts, their files, and reports by mail. Managers land here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from mailhub.accounts.errors import InvalidValue, NoSuchAgency, NotFound
from mailhub.accounts.rights import Action
from mailhub.admin.charts import draw
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.refusals import in_words
from mailhub.clock import local_time
from mailhub.ids import read_id
from mailhub.reports.choosing import report_agencies
from mailhub.reports.mailing import service as mailing
from mailhub.reports.periods import NoSuchPeriod, Period, PeriodKind, before, last_closed, of_days, read_period
from mailhub.reports.rendering import Format, letterhead_of, render
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.showing import number_of_period, percent_words, shown
from mailhub.reports.units import publishes
from mailhub.reports.values import Headline, Report, ReportKind, Row, Share, Unit

screens = Screens()
READS = needs(Action.REPORT_READ)
_OFFERED = {PeriodKind.MONTH: 13, PeriodKind.QUARTER: 6, PeriodKind.HALF: 4, PeriodKind.YEAR: 3}
_FIGURES = (Unit.NUMBER, Unit.SHARE, Unit.RATE, Unit.DURATION)


class Asked:
    """What the address asks for, and addresses of the same with something changed."""

    def __init__(self, visit: Visit, values: Mapping[str, str]) -> None:
        self.settings = visit.site.settings.reports
        self.today = local_time(visit.at).date()
        self.kind = _one_of(ReportKind, values.get("kind", ""), ReportKind.USAGE)
        self.agency = values.get("agency", "").partition(" ")[0].strip()[:64]
        self.public = bool(values.get("public"))
        self.wrong = ""
        self.first, self.last = values.get("from", "").strip(), values.get("to", "").strip()
        self.period = self._period(values.get("period", "").strip())

    def wanted(self, language: str) -> Wanted:
        """For the service."""
        return Wanted(kind=self.kind, period=self.period, agency=self.agency, public=self.public, language=language)

    def link(self, path: str = "/reports", **changes: str) -> str:
        """The address of the same report, with these changes; "" takes one away."""
        query = {"kind": self.kind.value, "period": self.period.name, "agency": self.agency}
        query |= {"public": "1" if self.public else ""} | changes
        return path + "?" + urlencode({key: value for key, value in query.items() if value})

    def file(self, form: Format) -> str:
        """The address of the file."""
        return self.link(f"/reports/file/{form.value}")

    def _period(self, name: str) -> Period:
        usual = last_closed(PeriodKind.MONTH, self.today, self.settings.closing_day)
        try:
            if self.first or self.last:
                return of_days(date.fromisoformat(self.first), date.fromisoformat(self.last or self.today.isoformat()))
            return read_period(name, self.settings.closing_day) if name else usual
        except (NoSuchPeriod, ValueError):
            self.wrong = name or f"{self.first} – {self.last}"
            return usual

    def now(self, visit: Visit) -> list[tuple[str, str]]:
        """(address, words) of the period that runs, and of the days of this month: whoever asks for "this month" while
        the last closed one is shown means one of them. Empty for every other period."""
        closing = self.settings.closing_day
        if self.period != last_closed(PeriodKind.MONTH, self.today, closing):
            return []
        running = mailing.following(self.period, closing)
        days = {"period": "", "from": self.today.replace(day=1).isoformat(), "to": self.today.isoformat()}
        words = visit.t("web.reports.now.month", first=f"{self.today:01/%m/%Y}", last=f"{self.today:%d/%m/%Y}")
        return [
            (self.link(period=running.name), _period_words(visit, running, open_=True)),
            (self.link(**days), words),
        ]

    def offered(self, visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
        """Groups of periods to choose from: those that are closed, the newest first, and the one that runs."""
        groups, closing = [], self.settings.closing_day
        for kind, number in _OFFERED.items():
            periods = [mailing.following(last_closed(kind, self.today, closing), closing)]
            while len(periods) < number:
                periods.append(before(periods[-1], closing))
            words = [(one.name, _period_words(visit, one, open_=at == 0)) for at, one in enumerate(periods)]
            groups.append((visit.t(f"web.reports.every.{kind.value}"), words))
        return groups


@screens.get("/reports", READS)
def show_report(visit: Visit) -> Response:
    """The report that the address names, with charts; the form to choose another, the files, reports by mail."""
    return _page(visit, Asked(visit, visit.query))


@screens.get("/reports/file/{form}", READS)
def download(visit: Visit) -> Response:
    """The same report as a file."""
    form = _one_of(Format, visit.path["form"], None)
    asked = Asked(visit, visit.query)
    if form is None or asked.wrong:
        raise NotFound("no such page")
    report = _report(visit, asked)
    with visit.reading() as (connection, _):
        head = letterhead_of(connection, report.agency, visit.site.settings)
    made = render(report, form, head=head)
    headers = {"Content-Disposition": f'attachment; filename="{made.filename}"', "X-Content-Type-Options": "nosniff"}
    return Response(made.content, media_type=made.media_type, headers=headers)


@screens.post("/reports/schedules", READS)
def add_schedule(visit: Visit) -> Response:
    """Have the report come by mail."""
    form, settings = visit.form, visit.site.settings
    asked = Asked(visit, form.typed)
    every = form.choice("every", [one.value for one in mailing.EVERY], required=True)
    formats = tuple(one for one in Format if one.value in form.several("formats"))
    if not formats:
        form.mend("formats", "web.reports.schedule.no-format")
    if not form:
        return _page(visit, asked, status=422)
    wanted = mailing.NewSchedule(
        kind=asked.kind,
        agency=asked.agency,
        every=PeriodKind(every),
        formats=formats,
        language=visit.language,
        public=asked.public,
    )
    try:
        with visit.writing() as (connection, actor):
            made = mailing.add_schedule(
                connection, actor, wanted, closing_day=settings.reports.closing_day, at=visit.at
            )
    except InvalidValue as error:
        form.mend("", "web.form.refused", detail=str(error))
        return _page(visit, asked, status=422)
    return visit.go(asked.link(), "web.reports.schedule.added", day=f"{made.next_due_on:%d/%m/%Y}")


@screens.post("/reports/schedules/{number}/end", READS)
def end_schedule(visit: Visit) -> Response:
    """No more of it by mail."""
    number = read_id(visit.path["number"])
    if number is None:
        raise NotFound("no such page")
    with visit.writing() as (connection, actor):
        mailing.end_schedule(connection, actor, number, at=visit.at)
    return visit.go("/reports", "web.reports.schedule.ended")


# ---------------------------------------------------------------- the page


def _page(visit: Visit, asked: Asked, *, status: int = 200) -> Response:
    report, missing, refused = None, False, ""
    try:
        report = _report(visit, asked)
    except NoSuchAgency:  # of another branch of the tree, or of none: both read the same
        missing = True
    except InvalidValue as error:  # there is no public version of it
        refused = in_words(visit.t, str(error))
    with visit.reading() as (connection, actor):
        public = publishes(connection, actor)
        agencies = report_agencies(connection, actor)
        schedules = mailing.list_schedules(connection, actor)
    people = visit.actor is not None and reaches_others(visit.actor, (Action.USE_PEOPLE,))
    view = None if report is None else ReportView(report, asked, people=people)
    values: dict[str, Any] = {"asked": asked, "report": report, "view": view, "missing": missing}
    values |= {"agencies": agencies, "schedules": schedules, "formats": Format, "kinds": ReportKind}
    values |= {"refused": refused, "publishes": public}
    values |= {"offered": asked.offered(visit), "every": mailing.EVERY, "form": visit.form}
    return visit.page("reports/report.html", status=status if not missing else 404, **values)


def _report(visit: Visit, asked: Asked) -> Report:
    """The report with the rights of who comes, read again here."""
    with visit.reading() as (_, actor):
        pass
    return make_report(
        visit.site.database, actor, asked.wanted(visit.language), settings=visit.site.settings, at=visit.at
    )


class ReportView:
    """What the template asks of a report: words of cells, changes, where a figure leads to."""

    def __init__(self, report: Report, asked: Asked, *, people: bool) -> None:
        self._report, self._asked, self._people = report, asked, people
        self.charts = {
            table.key: draw(table, report.language) for section in report.sections for table in section.tables
        }

    def words(self, cell: Any, unit: Unit) -> str:
        """As in every file."""
        return shown(cell, unit, self._report.language)

    def is_figure(self, unit: Unit) -> bool:
        """Whether it stands at the right."""
        return unit in _FIGURES

    def share(self, headline: Headline) -> tuple[str, str]:
        """A share's percentage, and its two numbers."""
        if not isinstance(headline.value, Share):
            return self.words(headline.value, headline.unit), ""
        percent, _, numbers = self.words(headline.value, headline.unit).partition(" (")
        return percent, numbers.removesuffix(")")

    def target(self, headline: Headline) -> str:
        """`93 %`."""
        return percent_words(headline.target, self._report.language)

    def change(self, headline: Headline) -> tuple[str, int]:
        """How far it moved since the period before: (`+12`, 1), (`-3`, -1); of shares in points of per cent."""
        now, then = headline.value, headline.before
        if isinstance(now, Share) and isinstance(then, Share):
            if now.percent is None or then.percent is None:
                return "", 0
            moved = round(now.percent - then.percent, 1)
        elif type(now) is int and type(then) is int:
            moved = now - then
        else:
            return "", 0
        words = shown(abs(int(moved)), Unit.NUMBER, self._report.language) if moved == int(moved) else f"{abs(moved)}"
        if self._report.language == "vi":
            words = words.replace(".", ",") if moved != int(moved) else words
        sign = "+" if moved > 0 else "-" if moved < 0 else "±"
        return f"{sign}{words}", (moved > 0) - (moved < 0)

    def lines_link(self, row: Row) -> str:
        """The report of the agency that a row is about; "" for others, and for the one that is shown."""
        filters = dict(row.filters)
        code = filters.get("agency", "")
        if set(filters) <= {"agency", "from", "to"} and code and code != self._report.agency:
            return self._asked.link(agency=code)
        return ""

    def drill(self, row: Row) -> str:
        """The messages behind a row, for those who may see people; "" when there is nothing to go to."""
        if not self._people or self._report.public or self._report.kind is not ReportKind.USAGE or not row.filters:
            return ""
        filters = {key: value for key, value in row.filters if key in ("agency", "provider", "address", "from", "to")}
        if len(filters) < len(row.filters):
            return ""
        filters.setdefault("agency", self._report.agency)
        return "/reports/private-mail?" + urlencode(filters)


def _period_words(visit: Visit, period: Period, *, open_: bool) -> str:
    """`Tháng 10/2026 (15/09 – 14/10/2026)`."""
    number = number_of_period(period, visit.language)
    name = visit.t(f"web.reports.period.{period.kind.value}", number=number, year=period.year)
    days = f"{period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
    return visit.t("web.reports.period.open", name=name, days=days) if open_ else f"{name} ({days})"


def _one_of(kind: Any, text: str, default: Any) -> Any:
    try:
        return kind(text)
    except ValueError:
        return default
