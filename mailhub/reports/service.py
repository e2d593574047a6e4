"""Reports are made here: who may, about whom, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from mailhub.accounts import audit
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, scope_of
from mailhub.clock import local_time, now_ms
from mailhub.i18n import texts
from mailhub.reports.figures.scene import Scene, snapshot
from mailhub.reports.layout.adoption import adoption_sections
from mailhub.reports.layout.building import Maker
from mailhub.reports.layout.documents import document_sections
from mailhub.reports.layout.rules import rule_sections
from mailhub.reports.layout.usage import usage_sections
from mailhub.reports.periods import Period, PeriodKind
from mailhub.reports.publishing import publish
from mailhub.reports.units import Units, public_units, units_for
from mailhub.reports.values import Report, ReportKind, Section
from mailhub.settings import Settings
from mailhub.store.database import Database

_LAYOUTS: Mapping[ReportKind, Callable[[Scene, Maker], tuple[Section, ...]]] = {
    ReportKind.USAGE: usage_sections,
    ReportKind.ADOPTION: adoption_sections,
    ReportKind.DOCUMENTS: document_sections,
    ReportKind.RULES: rule_sections,
}
# What limits the figures, said in every report of that kind.
_NOTES: Mapping[ReportKind, tuple[str, ...]] = {
    ReportKind.USAGE: ("unseen", "webmail", "phones", "chat", "names", "twice"),
    ReportKind.ADOPTION: ("staff", "activity"),
    ReportKind.DOCUMENTS: ("paper", "other_channels", "secret", "recognised", "late"),
    ReportKind.RULES: ("delay", "kept"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which report. `agency` is a code ('': as far as the right reaches); `public`: small numbers suppressed, nobody
    named; `language` vi or en."""

    kind: ReportKind
    period: Period
    agency: str = ""
    public: bool = False
    language: str = "vi"


def make_report(
    database: Database, actor: Actor, wanted: Wanted, *, settings: Settings, at: int | None = None
) -> Report:
    """The report as of now (`at`, ms). Making one is written down before it is counted, in a transaction of its own;
    then everything is read as of one moment, and nobody waits for it.

    Raises:
        NotAllowed. NoSuchAgency: there is none, or not for this actor. InvalidValue: there is no public version of it.
        StoreUnavailable.
    """
    moment = now_ms() if at is None else at
    with database.read() as connection:
        units = _units(connection, actor, wanted)
    if wanted.public:
        check_public_period(wanted.period, local_time(moment).date())
    with database.write() as connection:
        _note(connection, actor, wanted, units, at=moment)
    with database.read() as connection, snapshot(connection):
        units = _units(connection, actor, wanted)
        scene = Scene(
            connection=connection,
            actor=actor,
            units=units,
            period=wanted.period,
            section=settings.reports,
            at=moment,
            people=not wanted.public and _sees_people(connection, actor),
            public=wanted.public,
        )
        return _laid_out(scene, wanted, settings.reports.suppress_below)


def check_public_period(period: Period, today: date) -> None:
    """Public versions are of whole standard periods that are over: of two that overlap otherwise, one less the other
    tells of a few days.

    Raises:
        InvalidValue
    """
    if period.kind is PeriodKind.DAYS:
        raise InvalidValue("a public version is of a whole month, quarter, half-year or year")
    if period.last >= today:
        raise InvalidValue("a public version is of a period that is over")


def _units(connection: Connection, actor: Actor, wanted: Wanted) -> Units:
    return (public_units if wanted.public else units_for)(connection, actor, wanted.agency)


def _laid_out(scene: Scene, wanted: Wanted, below: int) -> Report:
    report = _report(scene, wanted, below)
    if not wanted.public:
        return report
    months = scene.months if len(scene.months) > 1 else ()
    return publish(report, below, [_report(replace(scene, period=month), wanted, below) for month in months])


def _report(scene: Scene, wanted: Wanted, below: int) -> Report:
    maker = Maker(texts(wanted.language), wanted.language, {"soon": scene.section.ends_soon_days})
    return Report(
        kind=wanted.kind,
        language=wanted.language,
        title=maker.say(f"report.title.{wanted.kind.value}"),
        period=scene.period,
        period_words=maker.period_words(scene.period),
        agency=scene.units.top.code,
        agency_name=scene.units.top.name,
        made_at=scene.at,
        public=wanted.public,
        sections=_LAYOUTS[wanted.kind](scene, maker),
        notes=_notes(scene, maker, wanted, below),
    )


def _notes(scene: Scene, maker: Maker, wanted: Wanted, below: int) -> tuple[str, ...]:
    found = [maker.say(f"report.note.{key}") for key in _NOTES[wanted.kind]]
    if scene.period.last >= scene.today:
        found.insert(0, maker.say("report.note.open", day=f"{local_time(scene.at):%d/%m/%Y}"))
    if wanted.public:
        found.append(maker.say("report.note.public", below=below))
    return tuple(found)


def _sees_people(connection: Connection, actor: Actor) -> bool:
    try:
        scope = scope_of(connection, actor, Action.USE_PEOPLE)
    except NotAllowed:
        return False
    return scope.account_id is None


def _note(connection: Connection, actor: Actor, wanted: Wanted, units: Units, *, at: int) -> None:
    name = f"{wanted.kind.value} {wanted.period.name}"
    subject = agency_subject(connection, "report", f"{name} {units.top.code}", units.top.id)
    told = {"agency": units.top.code, "public": wanted.public}
    audit.record(connection, actor, Action.REPORT_READ, subject, after=told, at=at)
